//! `GET /metrics` for Prometheus. `collect` copies the figures on the control loop, `text` writes them elsewhere.
//!
//! Counters grow within a run and begin anew with a run or a reset of the statistics, which Prometheus' `rate()` copes with.

mod collect;
mod text;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use self::collect::Figures;
use super::face::Face;

const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Its routes.
pub(super) fn routes() -> Router<Face> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(State(face): State<Face>) -> Response {
    match render(&face).await {
        Ok(text) => ([(header::CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}

async fn render(face: &Face) -> Result<String, String> {
    let figures = face.control.read(|reading| Figures::of(&reading.view)).await?;
    face.compute(move || text::render(&figures)).await
}
