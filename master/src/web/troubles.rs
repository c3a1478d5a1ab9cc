//! `GET /exceptions`, `/exceptions/csv` and `/logs` (reference § 5.1), in Locust's formats.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::face::Face;
use crate::report::{csv, json as results, kept_log};

/// What users' code raised in this run, on all workers.
pub(super) async fn exceptions(State(face): State<Face>) -> Response {
    let rows = face
        .control
        .read(|reading| results::exceptions(reading.view.exceptions))
        .await;
    answer(rows.map(|rows| Json(json!({"exceptions": rows}))))
}

/// The same as a file.
pub(super) async fn exceptions_csv(State(face): State<Face>) -> Response {
    let file = face
        .control
        .read(|reading| csv::exceptions_file(reading.view.exceptions))
        .await;
    let headers = [
        (header::CONTENT_TYPE, "text/csv"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"acrida_exceptions.csv\"",
        ),
    ];
    answer(file.map(|file| (headers, file)))
}

/// The newest log lines of the master and of each worker.
pub(super) async fn logs(State(face): State<Face>) -> Response {
    let workers = face.control.read(|reading| json!(reading.view.logs)).await;
    answer(workers.map(|workers: Value| Json(json!({"master": kept_log::lines(), "workers": workers}))))
}

fn answer(result: Result<impl IntoResponse, String>) -> Response {
    match result {
        Ok(found) => found.into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}
