//! The REST face: Locust's routes, fields and errors.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use master::server::ControlHandle;
use master::web;
use serde_json::Value;
use tower::ServiceExt;

use crate::support::{Bench, config};
use master::events::RunState;

async fn call(control: &ControlHandle, method: &str, path: &str, form: &str) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    let response = web::router("/load", control.clone(), web::FaceConfig::default())
        .oneshot(request)
        .await
        .unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn json(control: &ControlHandle, method: &str, path: &str, form: &str) -> Value {
    let (status, body) = call(control, method, path, form).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_run_is_started_watched_and_stopped() {
    let bench = Bench::new(config()).await;
    let worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    let form = "user_count=3&spawn_rate=10&host=http%3A%2F%2Ftarget&user_classes=A";
    let started = json(&bench.control, "POST", "/load/swarm", form).await;
    assert_eq!(started["success"], true);
    assert_eq!(started["host"], "http://target");
    bench.until(RunState::Running).await;
    assert_eq!(worker.spawns()[0].host.as_deref(), Some("http://target"));
    assert_eq!(
        worker.spawns()[0].user_classes_count.keys().collect::<Vec<_>>(),
        ["A"]
    );

    let stats = json(&bench.control, "GET", "/load/stats/requests", "").await;
    assert_eq!(
        (&stats["state"], &stats["user_count"], &stats["worker_count"]),
        (&"running".into(), &3.into(), &1.into())
    );
    let rows = stats["stats"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &rows[1]["name"], &rows[1]["method"]),
        (2, &"Aggregated".into(), &"".into())
    );
    let fields: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    let expected = [
        "method",
        "name",
        "num_requests",
        "num_failures",
        "min_response_time",
        "max_response_time",
        "avg_response_time",
        "median_response_time",
        "current_rps",
        "current_fail_per_sec",
        "total_rps",
        "total_fail_per_sec",
        "response_time_percentile_0.95",
        "response_time_percentile_0.99",
        "avg_content_length",
    ];
    assert_eq!(fields, expected);

    assert_eq!(
        call(&bench.control, "POST", "/load/stats/reset", "").await,
        (StatusCode::OK, "ok".to_owned())
    );
    assert_eq!(bench.requests().await, 0);
    let stopped = json(&bench.control, "POST", "/load/stop", "").await;
    assert_eq!(
        stopped,
        serde_json::json!({"success": true, "message": "Test stopped"})
    );
    assert_eq!(bench.state().await, RunState::Stopped);
    let count = json(&bench.control, "GET", "/load/worker-count", "").await;
    assert_eq!(count, serde_json::json!({"worker_count": 1}));
}

#[tokio::test(start_paused = true)]
async fn what_changes_something_is_post_only() {
    let bench = Bench::new(config()).await;
    for path in ["/load/swarm", "/load/stop", "/load/stats/reset"] {
        assert_eq!(
            call(&bench.control, "GET", path, "").await.0,
            StatusCode::METHOD_NOT_ALLOWED,
            "{path}"
        );
    }
}

async fn respond(control: &ControlHandle, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let face = web::FaceConfig {
        locustfile: "file.py".to_owned(),
        ..web::FaceConfig::default()
    };
    let response = web::router("/load", control.clone(), face)
        .oneshot(request)
        .await
        .unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, headers, String::from_utf8(body.to_vec()).unwrap())
}

async fn get(control: &ControlHandle, path: &str) -> (StatusCode, HeaderMap, String) {
    respond(control, Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn results_are_downloaded_under_locusts_names() {
    let bench = Bench::new(config()).await;
    let _worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    let form = "user_count=1&spawn_rate=1&host=http%3A%2F%2Ft";
    assert_eq!(
        json(&bench.control, "POST", "/load/swarm", form).await["success"],
        true
    );
    bench.until(RunState::Running).await;
    for (path, kind, header) in [
        ("/load/stats/requests/csv", "requests", "Type,Name,Request Count,"),
        ("/load/stats/failures/csv", "failures", "Method,Name,Error,"),
        ("/load/exceptions/csv", "exceptions", "Count,Message,Traceback,"),
    ] {
        let (status, headers, text) = get(&bench.control, path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(text.starts_with(header), "{text}");
        assert!(headers["content-type"].to_str().unwrap().starts_with("text/csv"));
        let name = headers["content-disposition"].to_str().unwrap();
        assert!(name.starts_with("attachment; filename=\"Locust_"), "{name}");
        assert!(
            name.ends_with(&format!("_file.py_http://t_{kind}.csv\"")),
            "{name}"
        );
    }
    let (status, _, text) = get(&bench.control, "/load/stats/requests_full_history/csv").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(text.contains("--csv-full-history"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn the_tasks_are_shared_as_the_users_that_run() {
    let bench = Bench::new(config()).await;
    let _worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    json(&bench.control, "POST", "/load/swarm", "user_count=4&spawn_rate=9").await;
    bench.until(RunState::Running).await;
    let tasks = json(&bench.control, "GET", "/load/tasks", "").await;
    assert_eq!(tasks["per_class"]["A"]["ratio"], 0.5);
    assert_eq!(tasks["total"]["B"]["tasks"], serde_json::json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_user_class_is_changed_on_the_workers() {
    let bench = Bench::new(config()).await;
    let worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    let post = |body: &'static str| Request::post("/load/user").body(Body::from(body)).unwrap();
    let body = r#"{"user_class_name": "A", "fixed_count": 1}"#;
    let (status, _, text) = respond(&bench.control, post(body)).await;
    assert_eq!((status, text.as_str()), (StatusCode::CREATED, "{}"));
    json(&bench.control, "POST", "/load/swarm", "user_count=4&spawn_rate=9").await;
    bench.until(RunState::Running).await;
    assert_eq!(worker.spawns()[0].user_classes_count["A"], 1);
    for wrong in ["[]", "{}", "{\"user_class_name\": 1}"] {
        let (status, _, text) = respond(&bench.control, post(wrong)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_in_is_not_asked_for() {
    let bench = Bench::new(config()).await;
    let (status, headers, _) = get(&bench.control, "/load/login").await;
    assert!(status.is_redirection());
    assert_eq!(headers["location"], "/load/");
}

#[tokio::test(start_paused = true)]
async fn a_bad_request_is_answered_with_success_false_and_a_message() {
    let bench = Bench::new(config()).await;
    let _worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    for (form, named) in [
        ("user_count=1&spawn_rate=NaN", "spawn_rate"),
        ("user_count=-1&spawn_rate=1", "user_count"),
        ("spawn_rate=1", "user_count"),
        ("user_count=1&spawn_rate=1&user_classes=Nobody", "Nobody"),
    ] {
        let answer = json(&bench.control, "POST", "/load/swarm", form).await;
        assert_eq!(answer["success"], false, "{form}");
        assert!(answer["message"].as_str().unwrap().contains(named), "{answer}");
    }
    let answer = json(&bench.control, "POST", "/load/stop", "").await;
    assert_eq!(answer["success"], false);
}

#[tokio::test]
async fn a_busy_web_port_is_an_error_that_names_it() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut config = config();
    config.web = Some(web::WebConfig {
        host: "127.0.0.1".to_owned(),
        port,
        base_path: String::new(),
        face: web::FaceConfig::default(),
    });
    let error = Bench::new(config)
        .await
        .master
        .await
        .unwrap()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&port.to_string()) && error.contains("--web-port"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_start_form_is_described() {
    let bench = Bench::new(config()).await;
    let form = json(&bench.control, "GET", "/load/form", "").await;
    let keys: Vec<&String> = form.as_object().unwrap().keys().collect();
    let expected = [
        "users",
        "spawn_rate",
        "host",
        "run_time",
        "profile",
        "class_picker",
        "user_classes",
        "shape_classes",
        "shape_class",
        "shape_uses_common_options",
        "arguments",
    ];
    assert_eq!(keys, expected);
    let started = json(&bench.control, "POST", "/load/swarm", "user_count=1&spawn_rate=1").await;
    assert_eq!(started["success"], false, "no worker: {started}");
}
