//! `/api/v1`: the versioned face, described by the OpenAPI document that it serves itself.
//!
//! An area of routes is a function `routes() -> OpenApiRouter<Face>` whose handlers carry `#[utoipa::path]` with paths
//! below `/api/v1`; it is merged in [`routes`]. Errors are [`super::error::ApiError`].

pub(super) mod summary;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::error::ApiError;
use super::face::Face;

#[derive(OpenApi)]
#[openapi(info(
    title = "Acrida",
    description = "Start, watch, edit and stop load tests, and read what they measured."
))]
struct Document;

/// The routes with their description.
fn described() -> OpenApiRouter<Face> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(super::live::routes())
        .merge(super::runs::routes())
    // report adds `.merge(super::…::routes())` here.
}

/// Everything below `/api/v1`, with its document.
pub(super) fn routes(base_path: &str) -> Router<Face> {
    let (routes, mut document) = OpenApiRouter::new()
        .nest("/api/v1", described())
        .split_for_parts();
    let base = if base_path.is_empty() { "/" } else { base_path };
    document.servers = Some(vec![utoipa::openapi::Server::new(base)]);
    document.info = Document::openapi().info;
    let text = document.to_json().unwrap_or_default();
    let serve = move || {
        let text = text.clone();
        async move { ([("content-type", "application/json")], text) }
    };
    routes
        .route("/api/v1/openapi.json", get(serve))
        .route("/api/v1/{*rest}", axum::routing::any(unknown))
}

async fn unknown() -> Response {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "There is no such path in the API; /api/v1/openapi.json lists all",
    )
    .into_response()
}

/// For handlers that answer JSON.
pub(crate) type Answer<T> = Result<Json<T>, ApiError>;
