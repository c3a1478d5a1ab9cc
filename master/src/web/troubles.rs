//! `GET /exceptions` and `/logs` (reference § 5.1), in Locust's formats.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::face::Face;
use crate::report::{json as results, kept_log};

/// What users' code raised in this run, on all workers.
pub(super) async fn exceptions(State(face): State<Face>) -> Response {
    let rows = face
        .control
        .read(|reading| results::exceptions(reading.view.exceptions))
        .await;
    answer(rows.map(|rows| Json(json!({"exceptions": rows}))))
}

/// The newest log lines of the master and of each worker.
pub(super) async fn logs(State(face): State<Face>) -> Response {
    let workers = face.control.read(|reading| reading.view.logs.clone()).await;
    answer(workers.map(|workers| Json(json!({"master": kept_log::lines(), "workers": workers}))))
}

fn answer(result: Result<impl IntoResponse, String>) -> Response {
    match result {
        Ok(found) => found.into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}
