//! `GET /healthz` and `GET /readyz`, for whoever starts the master and waits for it.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::face::Face;
use crate::limits::HEALTH_ANSWER_S;

/// Its routes.
pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
}

/// 200 while the control loop answers within [`HEALTH_ANSWER_S`].
async fn healthz(State(face): State<Face>) -> (StatusCode, Json<Value>) {
    match workers(&face).await {
        Ok(_) => (StatusCode::OK, Json(json!({"status": "ok"}))),
        Err(reason) => refused(&reason),
    }
}

/// 200 once the expected workers are there; 503 with how many are.
async fn readyz(State(face): State<Face>) -> (StatusCode, Json<Value>) {
    let expected = face.config.expect_workers.max(1) as usize;
    match workers(&face).await {
        Ok(there) => {
            let is_ready = there >= expected;
            let status = if is_ready {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            let word = if is_ready { "ok" } else { "waiting for workers" };
            (
                status,
                Json(json!({"status": word, "workers": there, "expected_workers": expected})),
            )
        }
        Err(reason) => refused(&reason),
    }
}

/// Workers that are heard, by the control loop's own word.
async fn workers(face: &Face) -> Result<usize, String> {
    let asked = face
        .control
        .read(|reading| reading.machine.cluster().active_count());
    tokio::time::timeout(Duration::from_secs_f64(HEALTH_ANSWER_S), asked)
        .await
        .unwrap_or_else(|_| {
            Err(format!(
                "the control loop has not answered within {HEALTH_ANSWER_S} s"
            ))
        })
}

fn refused(reason: &str) -> (StatusCode, Json<Value>) {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        Json(json!({"status": "failing", "reason": reason})),
    )
}
