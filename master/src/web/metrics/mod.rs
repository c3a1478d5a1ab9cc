//! `GET /metrics` for Prometheus. `collect` takes the figures, `text` writes them.
//!
//! Counters grow within a run and begin anew with a run or a reset of the statistics, which Prometheus' `rate()` copes with. They
//! are the statistics' own; the histograms are the record's, since nobody may walk them on the control loop.

mod collect;
mod text;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use self::collect::Present;
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
    let mut present = face.control.read(|reading| Present::of(&reading.view)).await?;
    let latest = face.config.runs.latest();
    face.compute(move || {
        if let Some(shown) = latest {
            collect::add_times(&mut present.requests, &shown);
        }
        text::render(&present)
    })
    .await
}
