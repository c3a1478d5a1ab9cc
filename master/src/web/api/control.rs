//! `/api/v1`: the state, the start form, and what changes a run.
//!
//! Two people may press the same button at the same moment: whether a start or an edit is allowed is decided on the
//! control loop at the moment it is carried out.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::error::{ApiError, ErrorBody, PresentPlan};
use super::super::face::Face;
use super::super::form::{FormView, StartForm};
use super::super::status::Status;
use super::Answer;
use super::body::{Body, Fields};
use super::plan::{EditBody, Present, StartBody, Wanted, read_edit, read_start};
use crate::events::RunState;
use crate::limits::{RECORD_ANSWER_WAIT_S, START_ANSWER_WAIT_S};
use crate::run::{StartPlan, UserClass};
use crate::server::Reading;

/// How often it is looked whether the hook is done.
const START_LOOK_EVERY: Duration = Duration::from_millis(50);

/// Its routes.
pub(super) fn routes() -> OpenApiRouter<Face> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(form))
        .routes(routes!(start))
        .routes(routes!(edit))
        .routes(routes!(stop))
        .routes(routes!(reset))
}

/// What holds now, copied for the reading of a body.
struct Now {
    classes: Vec<UserClass>,
    has_shape: bool,
    plan: StartPlan,
}

impl Now {
    async fn of(face: &Face) -> Result<Self, ApiError> {
        let look = |reading: &Reading<'_>| Self {
            classes: reading.machine.config().classes.clone(),
            has_shape: reading.machine.has_shape(),
            plan: StartPlan {
                users: reading.view.target_user_count,
                spawn_rate: reading.view.spawn_rate,
            },
        };
        face.control.read(look).await.map_err(ApiError::unavailable)
    }

    fn with<'a>(&'a self, form: &'a StartForm) -> Present<'a> {
        Present {
            form,
            classes: &self.classes,
            has_shape: self.has_shape,
            plan: self.plan,
        }
    }
}

/// The present state
///
/// The master, its run and its workers.
#[utoipa::path(get, path = "/status", tag = "control", responses((status = 200, body = Status)))]
async fn status(State(face): State<Face>) -> Answer<Status> {
    answer(&face).await
}

async fn answer(face: &Face) -> Answer<Status> {
    face.status().await.map(Json).map_err(ApiError::unavailable)
}

/// The start form
///
/// What a start may ask for, and the present values.
#[utoipa::path(get, path = "/form", tag = "control", responses((status = 200, body = FormView)))]
async fn form(State(face): State<Face>) -> Answer<FormView> {
    face.form_view().await.map(Json).map_err(ApiError::unavailable)
}

/// Start a run
///
/// Answered when the run has begun to start its users; a script that has changed is read again first. A `test_start` hook that
/// takes more than 10 s is not waited for: the state is still the old one then.
#[utoipa::path(post, path = "/start", tag = "control", request_body = StartBody, responses(
    (status = 200, body = Status),
    (status = 400, body = ErrorBody, description = "`invalid`: fields that make no sense, all at once"),
    (status = 409, body = ErrorBody, description = "`already_running`, `no_workers`, `headless`, `refused`"),
))]
async fn start(State(face): State<Face>, Body(body): Body) -> Answer<Status> {
    let Ok(_only_one_at_a_time) = Arc::clone(&face.starts).try_lock_owned() else {
        return Err(already_running());
    };
    let now = Now::of(&face).await?;
    let form = face.form();
    let wanted = read_start(&body, &now.with(&form))?;
    // Before the script is told anything; and once more at the moment of the start.
    let allowed = face.control.read(may_start).await;
    allowed.map_err(ApiError::unavailable)??;
    let earlier = run_id(&face);
    carry_out(&face, wanted, |reading, _| may_start(reading)).await?;
    until_begun(&face, earlier).await;
    answer(&face).await
}

fn run_id(face: &Face) -> Option<String> {
    let current = face.config.runs.current();
    current.map(|record| record.info.id.clone())
}

/// Waits until the run that was started has begun and has its record, so that the answer names it; but not for ever.
async fn until_begun(face: &Face, earlier: Option<String>) {
    let begun = async {
        let is_ahead = || face.control.read(|reading| reading.machine.is_about_to_start());
        while is_ahead().await == Ok(true) {
            tokio::time::sleep(START_LOOK_EVERY).await;
        }
    };
    // Whether it has, or the wait is over, is in the answer.
    let _in_time = tokio::time::timeout(Duration::from_secs(START_ANSWER_WAIT_S), begun).await;
    let mut changes = face.config.runs.subscribe();
    let recorded = async { while run_id(face) == earlier && changes.changed().await.is_ok() {} };
    let _in_time = tokio::time::timeout(Duration::from_secs(RECORD_ANSWER_WAIT_S), recorded).await;
}

fn may_start(reading: &Reading<'_>) -> Result<(), ApiError> {
    let machine = reading.machine;
    let is_idle = matches!(reading.view.state, RunState::Ready | RunState::Stopped);
    if machine.config().headless {
        return Err(ApiError::conflict(
            "headless",
            "The run was given by the command line (--headless), and the master ends with it; it can be edited or stopped",
        ));
    }
    if reading.view.state == RunState::Stopping {
        return Err(ApiError::conflict(
            "stopping",
            "The last run is still stopping; try again when its state is \"stopped\"",
        ));
    }
    if !is_idle || machine.is_about_to_start() {
        return Err(already_running());
    }
    let cluster = machine.cluster();
    if cluster.active_count() == 0 && cluster.returning().is_empty() {
        return Err(ApiError::conflict(
            "no_workers",
            "No worker is connected; start at least one (worker --master-host …), then start the run",
        ));
    }
    Ok(())
}

fn already_running() -> ApiError {
    ApiError::conflict(
        "already_running",
        "A run is on; edit it, or stop it before you start another",
    )
}

/// Change the run that is on
///
/// What is not given stays. With `if_plan_version` the edit is refused if somebody else changed the run meanwhile.
#[utoipa::path(post, path = "/edit", tag = "control", request_body = EditBody, responses(
    (status = 200, body = Status),
    (status = 400, body = ErrorBody, description = "`invalid`: fields that make no sense, all at once"),
    (status = 409, body = ErrorBody, description = "`not_running`, `changed_meanwhile` with what holds now, `refused`"),
))]
async fn edit(State(face): State<Face>, Body(body): Body) -> Answer<Status> {
    let now = Now::of(&face).await?;
    let form = face.form();
    let wanted = read_edit(&body, &now.with(&form))?;
    let version = wanted.if_plan_version;
    let allowed = face.control.read(move |reading| may_edit(reading, version));
    allowed.await.map_err(ApiError::unavailable)??;
    carry_out(&face, wanted, may_edit).await?;
    answer(&face).await
}

fn may_edit(reading: &Reading<'_>, wanted: Option<u64>) -> Result<(), ApiError> {
    if !matches!(reading.view.state, RunState::Spawning | RunState::Running) {
        return Err(ApiError::conflict(
            "not_running",
            "No run is on that could be edited; start one",
        ));
    }
    let present = reading.machine.plan_version();
    if wanted.is_some_and(|wanted| wanted != present) {
        return Err(ApiError::changed_meanwhile(PresentPlan {
            users: reading.view.target_user_count,
            spawn_rate: reading.view.spawn_rate,
            plan_version: present,
        }));
    }
    Ok(())
}

/// The script sees its options before `test_start`, so they are set first.
async fn carry_out(
    face: &Face,
    wanted: Wanted,
    check: fn(&Reading<'_>, Option<u64>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let options = rmpv::ext::to_value(&wanted.options);
    let options = options.map_err(|error| ApiError::field("options", error.to_string()))?;
    let set = face.control.set_options(options).await;
    set.map_err(|error| ApiError::field("options", error))?;
    // Compared where the number grows, so that of two edits with the same one only the first is carried out.
    let version = wanted.if_plan_version;
    let allowed = move |reading: &Reading<'_>| check(reading, version);
    let started = face.control.start_if(wanted.request, allowed).await?;
    face.cache.clear().await;
    started.map_err(|reason| ApiError::conflict("refused", reason))
}

/// How a stop is answered.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct StopQuery {
    /// Answer when the run has stopped, and not at once.
    #[serde(default)]
    wait: bool,
}

/// No fields.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoFields {}

/// Stop the run
///
/// A run that is stopping already, or has stopped, is no error.
#[utoipa::path(post, path = "/stop", tag = "control", params(StopQuery), request_body = NoFields, responses(
    (status = 202, body = Status, description = "it stops, or with `wait=true` has stopped"),
    (status = 400, body = ErrorBody, description = "`invalid`"),
    (status = 409, body = ErrorBody, description = "`not_running`: nothing was started yet"),
))]
async fn stop(
    State(face): State<Face>,
    query: Result<Query<StopQuery>, axum::extract::rejection::QueryRejection>,
    Body(body): Body,
) -> Result<(StatusCode, Json<Status>), ApiError> {
    let Query(query) = query.map_err(|_| ApiError::field("wait", "must be true or false"))?;
    Fields::of(&body, &[]).done(())?;
    let before = face.status().await.map_err(ApiError::unavailable)?;
    let mut stopped = face.control.begin_stop().await.map_err(ApiError::unavailable)?;
    let result = if query.wait {
        (&mut stopped).await.ok()
    } else {
        // Answered after the command to stop: what is wrong with that has been said by then. A headless master may have
        // ended by it, which is no error.
        let _present = face.status().await;
        stopped.try_recv().ok()
    };
    face.cache.clear().await;
    match result {
        Some(Err(reason)) if before.state == RunState::Ready.as_str() => {
            return Err(ApiError::conflict("not_running", reason));
        }
        _ => {}
    }
    let status = face.status().await;
    let status = status.unwrap_or_else(|_| before.after_the_end());
    Ok((StatusCode::ACCEPTED, Json(status)))
}

/// Clear the statistics
///
/// Requests, failures and exceptions count from now on.
#[utoipa::path(post, path = "/reset", tag = "control", request_body = NoFields, responses(
    (status = 200, body = Status),
    (status = 400, body = ErrorBody, description = "`invalid`"),
))]
async fn reset(State(face): State<Face>, Body(body): Body) -> Answer<Status> {
    Fields::of(&body, &[]).done(())?;
    face.control.reset_stats().await.map_err(ApiError::unavailable)?;
    face.cache.clear().await;
    answer(&face).await
}
