//! `/api/v1/runs` and `/api/v1/compare`: the run of this master and the kept ones, as one list.
//!
//! The run that is on is always the master's own record, a kept run comes out of the history. Whatever reads the file is
//! computed away from the tasks that serve.

mod answers;
mod asked;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::answers::{Comparison, RunDetails, RunList};
use self::asked::{CompareQuery, ListQuery, RunChange};
use super::api::Answer;
use super::api::body::Body;
use super::api::query::{Asked, Named};
use super::api::summary::RunSummary;
use super::error::{ApiError, ErrorBody};
use super::face::Face;
use crate::history::limits::LAST_WRITES;
use crate::history::{self, History, HistoryError};
use crate::timeline::RunRecord;

/// Id of the run that is on, or was last.
pub(super) const CURRENT: &str = "current";

/// Its routes.
pub(super) fn routes() -> OpenApiRouter<Face> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(details, change, delete))
        .routes(routes!(compare))
}

/// The record of a run: this master's own by its id or `current`, or a kept one.
///
/// # Errors
/// 404 if there is no such run, 503 if the history cannot be read.
pub(crate) async fn load(face: &Face, id: &str) -> Result<Arc<RunRecord>, ApiError> {
    if let Some(record) = own(face, id) {
        return Ok(Arc::new(record));
    }
    if id == CURRENT {
        return Err(ApiError::not_found("There was no run yet; start one"));
    }
    let asked = id.to_owned();
    let found = of_history(face, move |history| history.get(&asked)).await?;
    found.ok_or_else(|| no_such_run(id))
}

/// The present or last run of this master, if it is asked for.
fn own(face: &Face, id: &str) -> Option<RunRecord> {
    let record = face.config.runs.current()?;
    (id == CURRENT || record.info.id == id).then_some(record)
}

/// The id that the history knows a run by.
fn kept_id(face: &Face, id: &str) -> String {
    own(face, id).map_or_else(|| id.to_owned(), |record| record.info.id.clone())
}

async fn of_history<T: Send + 'static>(
    face: &Face,
    work: impl FnOnce(&History) -> Result<T, HistoryError> + Send + 'static,
) -> Result<T, ApiError> {
    let history = face.config.history.clone();
    let done = face
        .compute(move || work(&history))
        .await
        .map_err(ApiError::unavailable)?;
    done.map_err(|error| {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "history_unavailable",
            error.to_string(),
        )
    })
}

fn no_such_run(id: &str) -> ApiError {
    let id: String = id.chars().take(history::limits::MAX_SEARCH_CHARS).collect();
    ApiError::not_found(format!(
        "There is no run {id}; it may have been deleted. /api/v1/runs lists all"
    ))
}

/// The runs
///
/// This master's and the kept ones, newest first.
#[utoipa::path(get, path = "/runs", tag = "runs", params(ListQuery), responses(
    (status = 200, body = RunList),
    (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn list(State(face): State<Face>, Asked(query): Asked<ListQuery>) -> Answer<RunList> {
    let asked = query.read()?;
    let present = face.config.runs.current();
    let listed = of_history(&face, move |history| {
        answers::list(history, &asked, present.as_ref())
    })
    .await?;
    Ok(Json(listed))
}

/// A run
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", params(("id" = String, Path, description = "Its id, or `current`")),
    responses((status = 200, body = RunDetails), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn details(State(face): State<Face>, Named(id): Named<String>) -> Answer<RunDetails> {
    let (present, asked) = (own(&face, &id), kept_id(&face, &id));
    let found = of_history(&face, move |history| {
        let kept = match history.summary(&asked) {
            // The page of a run that goes on needs no history.
            Err(_) if present.is_some() => None,
            kept => kept?,
        };
        Ok(RunDetails::of(present.as_ref(), kept))
    });
    found.await?.map(Json).ok_or_else(|| no_such_run(&id))
}

/// Write notes and tags
///
/// Only what is given is changed. Tags are put into lower case, spaces in them become `-`. Runs tagged `keep` or `baseline`
/// are never deleted to make room.
#[utoipa::path(patch, path = "/runs/{id}", tag = "runs", params(("id" = String, Path, description = "Its id, or `current`")),
    request_body = RunChange, responses((status = 200, body = RunDetails), (status = 400, body = ErrorBody),
    (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn change(State(face): State<Face>, Named(id): Named<String>, Body(body): Body) -> Answer<RunDetails> {
    let wanted = RunChange::read(&body)?;
    let (present, asked) = (own(&face, &id), kept_id(&face, &id));
    let changed = of_history(&face, move |history| {
        let set = |history: &History| history.update(&asked, wanted.notes.as_deref(), wanted.tags.as_deref());
        let mut is_there = set(history)?;
        if let Some(record) = present.as_ref().filter(|_| !is_there) {
            // It has just begun: it is written now instead of soon.
            if let Some(trouble) = history.trouble() {
                return Err(trouble);
            }
            history.give(record.clone());
            history.flush(LAST_WRITES);
            is_there = set(history)?;
        }
        let kept = if is_there { history.summary(&asked)? } else { None };
        Ok(kept.and_then(|kept| RunDetails::of(present.as_ref(), Some(kept))))
    });
    changed.await?.map(Json).ok_or_else(|| no_such_run(&id))
}

/// Delete a kept run
#[utoipa::path(delete, path = "/runs/{id}", tag = "runs", params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "It is deleted"), (status = 404, body = ErrorBody),
    (status = 409, description = "It goes on", body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn delete(State(face): State<Face>, Named(id): Named<String>) -> Result<StatusCode, ApiError> {
    let asked = kept_id(&face, &id);
    let is_on = own(&face, &id).is_some_and(|record| record.is_live());
    let deleted = of_history(&face, move |history| {
        let is_alive = is_on || history.summary(&asked)?.is_some_and(|run| run.is_alive);
        Ok(if is_alive {
            None
        } else {
            Some(history.delete(&asked)?)
        })
    });
    match deleted.await? {
        Some(true) => Ok(StatusCode::NO_CONTENT),
        Some(false) => Err(no_such_run(&id)),
        None => Err(ApiError::conflict(
            "run_is_on",
            "The run goes on; stop it, then delete it",
        )),
    }
}

/// Compare runs
///
/// Two to five runs with a reference. The ramp-up and the stop are left out. A difference is `better` or `worse` only
/// beyond noise, as read off the runs themselves; `unknown` if they are too short to tell.
#[utoipa::path(get, path = "/compare", tag = "runs", params(CompareQuery), responses(
    (status = 200, body = Comparison),
    (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn compare(State(face): State<Face>, Asked(query): Asked<CompareQuery>) -> Answer<Comparison> {
    let (ids, reference) = query.read()?;
    let mut records = Vec::new();
    for id in &ids {
        records.push(load(&face, id).await?);
    }
    let compared = of_history(&face, move |history| {
        answers::compare(history, &records, reference)
    });
    Ok(Json(compared.await?))
}

#[cfg(test)]
mod tests;
