//! Locust's routes that start, stop, reset and read a run (reference § 5.1), and `GET /form`.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::face::Face;
use super::{swarm, troubles};
use crate::events::RunState;
use crate::limits::MAX_FORM_BYTES;
use crate::server::Reading;

/// Its routes.
pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/swarm", post(swarm))
        .route("/stop", post(stop))
        .route("/stats/reset", post(reset))
        .route("/stats/requests", get(requests))
        .route("/worker-count", get(worker_count))
        .route("/form", get(start_form))
        .route("/exceptions", get(troubles::exceptions))
        .route("/logs", get(troubles::logs))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

async fn swarm(State(face): State<Face>, posted: swarm::FormResult) -> Json<Value> {
    let started = start(&face, &posted).await;
    face.cache.clear().await;
    match started {
        Ok(asked) => {
            let host = face.host().await;
            Json(asked.answer(host.as_deref()))
        }
        Err(message) => Json(failure(&message)),
    }
}

/// The script sees its options before `test_start`, so they are set first.
async fn start(face: &Face, posted: &swarm::FormResult) -> Result<swarm::Asked, String> {
    let look = |reading: &Reading<'_>| swarm::Present {
        has_shape: reading.machine.has_shape(),
        is_idle: matches!(reading.view.state, RunState::Ready | RunState::Stopped),
    };
    let asked = swarm::parse(posted, &face.form(), face.control.read(look).await?)?;
    let options = rmpv::ext::to_value(&asked.options).map_err(|error| error.to_string())?;
    face.control.set_options(options).await?;
    face.control.start(asked.request.clone()).await?;
    Ok(asked)
}

async fn start_form(State(face): State<Face>) -> Response {
    match face.form_view().await {
        Ok(form) => Json(form).into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}

async fn stop(State(face): State<Face>) -> Json<Value> {
    let stopped = face.control.stop().await;
    face.cache.clear().await;
    Json(match stopped {
        Ok(()) => json!({"success": true, "message": "Test stopped"}),
        Err(message) => failure(&message),
    })
}

async fn reset(State(face): State<Face>) -> Response {
    let done = face.control.reset_stats().await;
    face.cache.clear().await;
    match done {
        Ok(()) => "ok".into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}

async fn requests(State(face): State<Face>) -> Response {
    match face.cache.get(&face.control).await {
        Ok(stats) => Json(&*stats).into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}

async fn worker_count(State(face): State<Face>) -> Response {
    match face
        .control
        .read(|reading| reading.machine.cluster().active_count())
        .await
    {
        Ok(count) => Json(json!({"worker_count": count})).into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}

fn failure(message: &str) -> Value {
    json!({"success": false, "message": message})
}
