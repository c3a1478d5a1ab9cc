//! Every path but the fast one. `docs/target.md` lists them for people who write locustfiles against the target.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::content::{BROTLI, DEFLATE, GZIP, Lines, TEXT, ZSTD};
use super::{Shared, echo, websocket};

/// The longest `/slow`, so that a mistyped number does not hang a test.
const MAX_SLOW_MS: u64 = 60_000;
/// The largest `/bytes`.
const MAX_BYTES: usize = 64 << 20;
/// The longest `/stream`.
const MAX_LINES: u64 = 1_000_000;
/// The longest chain of `/redirect`.
const MAX_REDIRECTS: u32 = 1000;
/// The cookie a login sets and the shopping cart wants.
const SESSION_COOKIE: &str = "session";

/// All routes over the shared state.
pub fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route(
            "/json",
            get(async || Json(json!({"message": "hello", "items": [1, 2, 3]}))),
        )
        .route("/text", get(async || TEXT.as_str()))
        .route("/gzip", get(async || encoded("gzip", &GZIP)))
        .route("/deflate", get(async || encoded("deflate", &DEFLATE)))
        .route("/br", get(async || encoded("br", &BROTLI)))
        .route("/zstd", get(async || encoded("zstd", &ZSTD)))
        .route("/slow", get(slow))
        .route("/status/{code}", any(status))
        .route("/redirect/{count}", get(redirect))
        .route("/cookies", get(cookies))
        .route("/cookies/set", get(set_cookies))
        .route("/stream/{count}", get(stream))
        .route("/bytes/{count}", get(bytes))
        .route("/echo", any(describe))
        .route("/basic-auth/{user}/{password}", get(basic_auth))
        .route("/client-certificate", get(async || "certificate accepted\n"))
        .route("/login", post(login))
        .route("/items/{id}", get(item))
        .route("/cart", post(cart))
        .route("/ws", any(websocket::upgrade))
        .route("/counters", get(counters))
        .route("/counters/reset", post(reset_counters))
        .with_state(shared)
}

type Params = Query<Vec<(String, String)>>;

async fn slow(Query(params): Params) -> Response {
    let ms = params
        .iter()
        .find(|(name, _)| name == "ms")
        .map_or(Ok(50), |(_, value)| value.parse::<u64>());
    match ms {
        Ok(ms) if ms <= MAX_SLOW_MS => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            format!("slow {ms}\n").into_response()
        }
        _ => (
            StatusCode::BAD_REQUEST,
            format!("ms must be a number up to {MAX_SLOW_MS}\n"),
        )
            .into_response(),
    }
}

async fn status(Path(code): Path<u16>) -> Response {
    match StatusCode::from_u16(code) {
        Ok(status) if !status.is_informational() => (status, format!("status {code}\n")).into_response(),
        _ => (StatusCode::BAD_REQUEST, "not a final status code\n").into_response(),
    }
}

async fn redirect(Path(count): Path<u32>) -> Response {
    match count {
        0 => "end of redirects\n".into_response(),
        1..=MAX_REDIRECTS => found(&format!("/redirect/{}", count - 1)),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn cookies(headers: HeaderMap) -> Json<Value> {
    let cookies: Map<String, Value> = echo::cookies(&headers)
        .into_iter()
        .map(|(k, v)| (k, Value::from(v)))
        .collect();
    Json(json!({ "cookies": cookies }))
}

async fn set_cookies(RawQuery(query): RawQuery) -> Response {
    let mut response = found("/cookies");
    for pair in query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        match HeaderValue::from_str(&format!("{pair}; Path=/")) {
            Ok(value) => drop(response.headers_mut().append(header::SET_COOKIE, value)),
            Err(_) => return StatusCode::BAD_REQUEST.into_response(),
        }
    }
    response
}

async fn stream(Path(count): Path<u64>) -> Response {
    if count > MAX_LINES {
        return StatusCode::BAD_REQUEST.into_response();
    }
    (
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::new(Lines::new(count)),
    )
        .into_response()
}

async fn bytes(Path(count): Path<usize>) -> Response {
    if count > MAX_BYTES {
        return StatusCode::BAD_REQUEST.into_response();
    }
    (
        [(header::CONTENT_TYPE, "application/octet-stream")],
        vec![b'x'; count],
    )
        .into_response()
}

async fn describe(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Json<Value> {
    Json(echo::describe(&method, &uri, &headers, &body))
}

async fn basic_auth(Path((user, password)): Path<(String, String)>, headers: HeaderMap) -> Response {
    if echo::has_basic_auth(&headers, &user, &password) {
        return Json(json!({"authenticated": true, "user": user})).into_response();
    }
    (
        StatusCode::UNAUTHORIZED,
        [(header::WWW_AUTHENTICATE, "Basic realm=\"target\"")],
        "who are you?\n",
    )
        .into_response()
}

async fn login(body: Bytes) -> Response {
    if body.is_empty() {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "no credentials"}))).into_response();
    }
    let cookie = format!("{SESSION_COOKIE}=open; Path=/; HttpOnly");
    (
        [(header::SET_COOKIE, cookie)],
        Json(json!({"token": "t-0123456789"})),
    )
        .into_response()
}

async fn item(Path(id): Path<u64>) -> Json<Value> {
    Json(json!({"id": id, "name": format!("item {id}"), "price": 100 + id % 900}))
}

async fn cart(headers: HeaderMap, body: Bytes) -> Response {
    let known = headers.contains_key(header::AUTHORIZATION)
        || echo::cookies(&headers)
            .iter()
            .any(|(name, _)| name == SESSION_COOKIE);
    if !known {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "log in first"}))).into_response();
    }
    let order: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    (StatusCode::CREATED, Json(json!({"accepted": order}))).into_response()
}

async fn counters(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let paths = shared.counters.by_path();
    Json(json!({"total": paths.values().sum::<u64>(), "paths": paths}))
}

async fn reset_counters(State(shared): State<Arc<Shared>>) -> &'static str {
    shared.counters.reset();
    "ok\n"
}

fn encoded(encoding: &'static str, body: &Bytes) -> ([(HeaderName, &'static str); 2], Bytes) {
    (
        [
            (header::CONTENT_TYPE, "text/plain"),
            (header::CONTENT_ENCODING, encoding),
        ],
        body.clone(),
    )
}

fn found(location: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, location.to_owned())]).into_response()
}
