//! `/api/v1/runs/{id}/report.…`: a run as one file, made by `report` of the run's record.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::error::{ApiError, ErrorBody};
use super::super::face::Face;
use super::super::runs::load;
use super::super::script::ratio_of;
use super::super::status::WorkerStatus;
use super::query::{Asked, Named};
use crate::report::html::{self, Theme};
use crate::report::record::{Beside, Report};
use crate::report::{junit, markdown};
use crate::timeline::RunRecord;

/// Its routes.
pub(super) fn routes() -> OpenApiRouter<Face> {
    OpenApiRouter::new()
        .routes(routes!(page))
        .routes(routes!(record))
        .routes(routes!(summary))
        .routes(routes!(suite))
}

/// Makes a report, away from the control loop.
///
/// # Errors
/// When the master is ending.
pub(in crate::web) async fn render<T: Send + 'static>(
    face: &Face,
    record: Arc<RunRecord>,
    form: impl FnOnce(&Report<'_>) -> T + Send + 'static,
) -> Result<T, String> {
    let mut beside = Beside::default();
    let is_own = face
        .config
        .runs
        .current()
        .is_some_and(|own| own.info.id == record.info.id);
    if is_own {
        let workers = face
            .control
            .read(|reading| {
                let workers = reading.view.workers.iter();
                workers.map(WorkerStatus::from).collect::<Vec<_>>()
            })
            .await?;
        beside.workers = Some(json!(workers));
    }
    beside.ratio = ratio_of(face, Some(&record)).await?;
    let history = face.config.history.clone();
    face.compute(move || {
        // A run that is not kept has no notes.
        if let Ok(Some(kept)) = history.summary(&record.info.id) {
            (beside.notes, beside.tags) = (kept.notes, kept.tags);
        }
        form(&Report::of(&record, &beside))
    })
    .await
}

async fn answer<T: IntoResponse + Send + 'static>(
    face: &Face,
    id: &str,
    content_type: &'static str,
    form: impl FnOnce(&Report<'_>) -> T + Send + 'static,
) -> Result<Response, ApiError> {
    let record = load(face, id).await?;
    let rendered = render(face, record, form).await.map_err(ApiError::unavailable)?;
    Ok(([(header::CONTENT_TYPE, content_type)], rendered).into_response())
}

/// How the page looks.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// `dark` or `light`; as the reader's system is set, if not given.
    #[serde(default)]
    #[param(required = false)]
    theme: String,
}

/// A run as one page
///
/// Self-contained HTML, readable without a network.
#[utoipa::path(get, path = "/runs/{id}/report.html", tag = "results", params(("id" = String, Path, description = "of a run, or `current`"), PageQuery), responses(
    (status = 200, body = String, content_type = "text/html"), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn page(
    State(face): State<Face>,
    Named(id): Named<String>,
    Asked(query): Asked<PageQuery>,
) -> Result<Response, ApiError> {
    let theme = Theme::parse(&query.theme);
    answer(&face, &id, "text/html; charset=utf-8", move |report| {
        html::render(report, theme)
    })
    .await
}

/// A run's record as JSON
///
/// The same as is inside the page: every figure of every window can be computed from it. docs/report.md has its format.
#[utoipa::path(get, path = "/runs/{id}/report.json", tag = "results", params(("id" = String, Path, description = "of a run, or `current`")), responses(
    (status = 200, body = Object), (status = 404, body = ErrorBody)))]
async fn record(State(face): State<Face>, Named(id): Named<String>) -> Result<Response, ApiError> {
    answer(&face, &id, "application/json", |report| report.json()).await
}

/// A run in Markdown
///
/// A summary for pull requests.
#[utoipa::path(get, path = "/runs/{id}/report.md", tag = "results", params(("id" = String, Path, description = "of a run, or `current`")), responses(
    (status = 200, body = String, content_type = "text/markdown"), (status = 404, body = ErrorBody)))]
async fn summary(State(face): State<Face>, Named(id): Named<String>) -> Result<Response, ApiError> {
    answer(&face, &id, "text/markdown; charset=utf-8", |report| {
        markdown::render(report)
    })
    .await
}

/// A run as a JUnit suite
///
/// A case for each request name.
#[utoipa::path(get, path = "/runs/{id}/junit.xml", tag = "results", params(("id" = String, Path, description = "of a run, or `current`")), responses(
    (status = 200, body = String, content_type = "application/xml"), (status = 404, body = ErrorBody)))]
async fn suite(State(face): State<Face>, Named(id): Named<String>) -> Result<Response, ApiError> {
    answer(&face, &id, "application/xml", junit::render).await
}
