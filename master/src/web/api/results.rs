//! `/api/v1`: log lines, workers, and results as files.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::downloads::{self, Sheet};
use super::super::error::{ApiError, ErrorBody};
use super::super::face::Face;
use super::super::runs::{CURRENT, load};
use super::super::status::WorkerStatus;
use super::Answer;
use super::query::Named;
use crate::report::kept_log;

/// Its routes.
pub(super) fn routes() -> OpenApiRouter<Face> {
    OpenApiRouter::new()
        .routes(routes!(logs))
        .routes(routes!(workers))
        .routes(routes!(csv))
}

/// The newest log lines, oldest first.
#[derive(Debug, Serialize, ToSchema)]
struct Logs {
    /// Of the master.
    master: Vec<String>,
    /// Of each worker by node id.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    workers: BTreeMap<String, Arc<Vec<String>>>,
}

/// Log lines
///
/// The newest 500 of the master and of each worker.
#[utoipa::path(get, path = "/logs", tag = "control", responses((status = 200, body = Logs)))]
async fn logs(State(face): State<Face>) -> Answer<Logs> {
    let workers = face.control.read(|reading| reading.view.logs.clone()).await;
    let workers = workers.map_err(ApiError::unavailable)?;
    Ok(Json(Logs {
        master: kept_log::lines(),
        workers,
    }))
}

/// Every known worker
///
/// Those that are missing say since when.
#[utoipa::path(get, path = "/workers", tag = "control", responses((status = 200, body = Vec<WorkerStatus>)))]
async fn workers(State(face): State<Face>) -> Answer<Vec<WorkerStatus>> {
    let workers = face
        .control
        .read(|reading| reading.view.workers.iter().map(WorkerStatus::from).collect());
    workers.await.map(Json).map_err(ApiError::unavailable)
}

/// Results as CSV
///
/// In Locust's columns: `requests`, `failures`, `exceptions`; and `full_history` of the run that is on or was last, with
/// --csv-full-history.
#[utoipa::path(get, path = "/runs/{id}/csv/{sheet}", tag = "results", params(
    ("id" = String, Path, description = "of a run, or `current`"),
    ("sheet" = String, Path, description = "`requests`, `failures`, `exceptions` or `full_history`"),
), responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = ErrorBody)))]
async fn csv(
    State(face): State<Face>,
    Named((id, sheet)): Named<(String, String)>,
) -> Result<Response, ApiError> {
    let current = face.config.runs.current();
    let is_own = id == CURRENT || current.is_some_and(|record| record.info.id == id);
    let sheet = match sheet.as_str() {
        "requests" => Sheet::Requests,
        "failures" => Sheet::Failures,
        "exceptions" => Sheet::Exceptions,
        "full_history" if !is_own => {
            load(&face, &id).await?;
            return Err(ApiError::not_found(
                "The full history is a file of its master and not kept with a run; the route series has the figures over time",
            ));
        }
        "full_history" => {
            let history = downloads::history(&face).await;
            return history.map_err(ApiError::unavailable)?.ok_or_else(|| {
                ApiError::not_found(
                    "There is no full history; start the master with --csv PREFIX --csv-full-history",
                )
            });
        }
        _ => {
            return Err(ApiError::not_found(
                "There is no such CSV; there are requests, failures, exceptions, full_history",
            ));
        }
    };
    let made = if is_own {
        downloads::sheet(&face, sheet).await
    } else {
        downloads::kept_sheet(&face, sheet, load(&face, &id).await?).await
    };
    made.map_err(ApiError::unavailable)
}
