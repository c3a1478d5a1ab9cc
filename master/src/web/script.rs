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
use crate::timeline::RunRecord;

/// Its routes.
pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/tasks", get(tasks))
        .route("/user", post(user))
        .route("/login", get(login))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

async fn tasks(State(face): State<Face>) -> Response {
    let look = |reading: &crate::server::Reading<'_>| {
        ratio::of_running(&reading.machine.config().classes, reading.view.user_classes_count)
    };
    match face.control.read(look).await {
        Ok(ratio) => Json(ratio).into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}

/// How the users share their time among tasks: those that are running, or, while none is, those that would.
///
/// # Errors
/// When the master is ending.
pub(super) async fn present_ratio(face: &Face) -> Result<Value, String> {
    let look = |reading: &crate::server::Reading<'_>| {
        ratio::of_present(&reading.machine.config().classes, reading.view.user_classes_count)
    };
    face.control.read(look).await
}

/// How users share their time: those that are running while this master's run goes on or none was started; afterwards those
/// that the run was started with, if that is known.
///
/// # Errors
/// When the master is ending.
pub(super) async fn ratio_of(face: &Face, record: Option<&RunRecord>) -> Result<Option<Value>, String> {
    let is_on = |record: &RunRecord| {
        let own = face.config.runs.current();
        record.is_live() && own.is_some_and(|own| own.info.id == record.info.id)
    };
    match record {
        Some(record) if !is_on(record) => {
            let ratio = &record.info.ratio;
            Ok((!ratio.is_null()).then(|| ratio.clone()))
        }
        _ => present_ratio(face).await.map(Some),
    }
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
