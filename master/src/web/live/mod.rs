//! The live feed: `GET /api/v1/events`, server-sent events for every open page.
//!
//! What a second brings is computed once, while anybody listens, and its bytes are shared by all pages. A page that
//! connects gets a `hello` with all there is, then a `tick` each second with what is new. One that comes back with the id of its
//! last event gets what it missed; one that is too slow skips ticks and gets a `hello`.

mod feed;
mod messages;
mod stream;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::{ApiError, ErrorBody};
use super::face::Face;
use crate::limits::MAX_FEEDS;
pub(crate) use feed::Feed;
use messages::{Hello, Tick};

/// The contents of the events, which no route answers with by themselves.
#[derive(OpenApi)]
#[openapi(components(schemas(Hello, Tick)))]
struct Document;

/// The feed's route, below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Face> {
    OpenApiRouter::with_openapi(Document::openapi()).routes(routes!(events))
}

/// The run as it goes: server-sent events. `hello` (see schema `Hello`) holds everything; it comes first, when a run begins, when
/// intervals are merged, and to whoever has missed too much. `tick` (schema `Tick`) comes each second with what is new: intervals
/// replace those with the same `t`, null means unchanged. A client that reconnects sends the id of its last event as
/// `Last-Event-ID`, as browsers do, and is told what it missed. At most 64 clients.
#[utoipa::path(get, path = "/events", tag = "live",
    params(("Last-Event-ID" = Option<String>, Header, description = "Id of the last event that was read")),
    responses(
        (status = 200, description = "Events, without end", content_type = "text/event-stream", body = String),
        (status = 503, description = "Too many clients, or the master is ending", body = ErrorBody),
    ))]
async fn events(State(face): State<Face>, headers: HeaderMap) -> Response {
    let last_id = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .and_then(messages::EventId::parse);
    let Some(place) = face.feed.join(&face) else {
        let message = format!(
            "{MAX_FEEDS} pages are connected, which is as many as are served; close one, or ask /api/v1/status"
        );
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_feeds", message).into_response();
    };
    let body = Body::from_stream(stream::of(face, place, last_id));
    let mut response = Response::new(body);
    let fields = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Proxies such as nginx would collect events otherwise.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    for (name, value) in fields {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
