//! Locust's routes about the script: `GET /tasks`, `POST /user`; and `GET /login`, which leads to the page.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::face::Face;
use crate::limits::MAX_FORM_BYTES;
use crate::report::ratio;

/// Its routes.
pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/tasks", get(tasks))
        .route("/user", post(user))
        .route("/login", get(login))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

async fn tasks(State(face): State<Face>) -> Response {
    match running_ratio(&face).await {
        Ok(ratio) => Json(ratio).into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}

/// How the users that are running share their time among tasks.
///
/// # Errors
/// When the master is ending.
pub(super) async fn running_ratio(face: &Face) -> Result<Value, String> {
    let look = |reading: &crate::server::Reading<'_>| {
        ratio::of_running(&reading.machine.config().classes, reading.view.user_classes_count)
    };
    face.control.read(look).await
}

/// The task ratio for the page: of the running users, or, while there are none, of those that `users` would be dealt to.
///
/// # Errors
/// When the master is ending.
pub(super) async fn shown_ratio(face: &Face, users: Option<u64>) -> Result<Value, String> {
    let look = move |reading: &crate::server::Reading<'_>| {
        let classes = &reading.machine.config().classes;
        let running = reading.view.user_classes_count;
        if running.values().any(|count| *count > 0) {
            ratio::of_running(classes, running)
        } else {
            ratio::of_plan(classes, users)
        }
    };
    face.control.read(look).await
}

/// Sets attributes of a User class, as a script's `environment.update_user_class` does. Like Locust it asks for no content
/// type.
async fn user(State(face): State<Face>, body: Bytes) -> Response {
    let bad = |message: String| (StatusCode::BAD_REQUEST, message).into_response();
    let settings: Map<String, Value> = match serde_json::from_slice(&body) {
        Ok(settings) => settings,
        Err(error) => return bad(format!("The body must be a JSON object: {error}")),
    };
    if !settings.get("user_class_name").is_some_and(Value::is_string) {
        return bad("user_class_name is missing: the User class to change".to_owned());
    }
    let settings = match rmpv::ext::to_value(&settings) {
        Ok(settings) => settings,
        Err(error) => return bad(error.to_string()),
    };
    match face.control.update_user_class(settings).await {
        Ok(()) => (StatusCode::CREATED, Json(json!({}))).into_response(),
        Err(message) => bad(message),
    }
}

/// There is no log-in: a proxy may ask for one.
async fn login(State(face): State<Face>) -> Redirect {
    Redirect::to(&format!("{}/", face.base_path))
}
