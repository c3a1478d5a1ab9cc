//! `/api/v1`: the versioned face, described by the OpenAPI document that it serves itself.
//!
//! An area of routes is a function `routes() -> OpenApiRouter<Face>` whose handlers carry `#[utoipa::path]` with paths
//! below `/api/v1`; it is merged in [`routes`]. Errors are [`super::error::ApiError`].

pub(super) mod body;
mod control;
mod plan;
pub(super) mod query;
pub(super) mod reports;
mod results;
mod runs;
pub(super) mod summary;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi as _;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder, Server};
use utoipa_axum::router::OpenApiRouter;

use super::error::ApiError;
use super::face::Face;
use crate::limits::MAX_FORM_BYTES;

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Acrida",
    description = "Start, watch, edit and stop load tests, and read what they measured."
))]
struct Document;

/// The routes with their description.
fn described() -> OpenApiRouter<Face> {
    OpenApiRouter::default()
        .merge(control::routes())
        .merge(runs::routes())
        .merge(results::routes())
        .merge(reports::routes())
        .merge(super::live::routes())
        .merge(super::runs::routes())
}

/// Everything below `/api/v1`, with its document.
pub(super) fn routes(base_path: &str) -> Router<Face> {
    let (routes, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .nest("/api/v1", described())
        .split_for_parts();
    let base = if base_path.is_empty() { "/" } else { base_path };
    document.servers = Some(vec![Server::new(base)]);
    add_common_answers(&mut document);
    let text = document.to_json().unwrap_or_default();
    let serve = move || {
        let text = text.clone();
        async move { ([("content-type", "application/json")], text) }
    };
    routes
        .route("/api/v1/openapi.json", get(serve))
        .method_not_allowed_fallback(wrong_method)
        .route("/api/v1/{*rest}", axum::routing::any(unknown))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

/// What any route may answer besides its own.
fn add_common_answers(document: &mut OpenApi) {
    let error = RefOr::Ref(Ref::from_schema_name("ErrorBody"));
    let content = Content::new(Some(error));
    let answer = ResponseBuilder::new()
        .description("any other error: `foreign_origin` (403), `too_large` (413), `not_json` (415), `unavailable` (503)")
        .content("application/json", content)
        .build();
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.patch, &mut path.delete];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.insert("default".to_owned(), RefOr::T(answer.clone()));
        }
    }
}

async fn wrong_method() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "This path takes another method; the header Allow names it",
    )
}

async fn unknown() -> ApiError {
    ApiError::not_found("There is no such path in the API; /api/v1/openapi.json lists all")
}

/// For handlers that answer JSON.
pub(crate) type Answer<T> = Result<Json<T>, ApiError>;
