//! `/api/v1`, the metrics and the health of a master with a worker.

mod results;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use master::events::RunState;
use master::history::{History, Keep};
use master::server::{ControlHandle, MasterConfig};
use master::timeline::{Cell, Interval, RequestKey, RunInfo, RunRecord, Runs};
use master::web::{self, FaceConfig, SharedForm, StartForm};
use protocol::ToWorker;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{Bench, Worker, class, config, headless, swarm};

/// A master and its face, which lives as long as the test.
struct Stage {
    bench: Bench,
    face: axum::Router,
}

impl Stage {
    async fn new(config: MasterConfig, face: FaceConfig) -> Self {
        let bench = Bench::new(config).await;
        let face = web::router("", bench.control.clone(), face);
        Self { bench, face }
    }

    /// The same with a face that sees the run's record.
    async fn of_its_record(config: MasterConfig, face: FaceConfig) -> Self {
        let bench = Bench::new(config).await;
        let runs = bench.runs.clone();
        let face = web::router("", bench.control.clone(), FaceConfig { runs, ..face });
        Self { bench, face }
    }

    /// Waits until the record has requests; so many.
    async fn requests_in_the_record(&self) -> u64 {
        let mut changes = self.bench.runs.subscribe();
        loop {
            let record = self.bench.runs.current();
            let count = record.map_or(0, |record| record.window(None, None).total().requests);
            if count > 0 {
                return count;
            }
            changes.changed().await.unwrap();
        }
    }

    async fn with_worker() -> (Self, Worker) {
        let stage = Self::new(config(), face()).await;
        let worker = stage.bench.worker("h_a").await;
        stage.bench.until_workers(1).await;
        (stage, worker)
    }

    async fn send(&self, request: Request<Body>) -> Response {
        self.face.clone().oneshot(request).await.unwrap()
    }

    async fn text(&self, path: &str) -> (StatusCode, String) {
        let response = self.send(Request::get(path).body(Body::empty()).unwrap()).await;
        (response.status(), text(response).await)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let (status, text) = self.text(path).await;
        (
            status.as_u16(),
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}")),
        )
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.send(request).await;
        let status = response.status().as_u16();
        let text = text(response).await;
        (
            status,
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}")),
        )
    }
}

async fn text(response: Response) -> String {
    let body = to_bytes(response.into_body(), 4 << 20).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

fn face() -> FaceConfig {
    FaceConfig {
        form: SharedForm::new(StartForm {
            classes: vec![class("A"), class("B")],
            ..StartForm::default()
        }),
        locustfile: "file.py".to_owned(),
        ..FaceConfig::default()
    }
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"]["code"].as_str().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_run_is_started_edited_and_stopped() {
    let (stage, worker) = Stage::with_worker().await;
    let (_, before) = stage.get("/api/v1/status").await;
    assert_eq!(
        (&before["state"], &before["workers_up"]),
        (&json!("ready"), &json!(1))
    );
    let body = json!({"users": 4, "spawn_rate": 10, "host": "http://t"});
    let (status, started) = stage.post("/api/v1/start", &body).await;
    assert_eq!((status, &started["target_users"]), (200, &json!(4)), "{started}");
    stage.bench.until(RunState::Running).await;
    assert_eq!(worker.spawns()[0].host.as_deref(), Some("http://t"));

    let again = stage.post("/api/v1/start", &body).await;
    assert_eq!(code(&again), (409, "already_running"));

    let version = started["plan_version"].clone();
    let edit = json!({"users": 2, "if_plan_version": version});
    let (status, edited) = stage.post("/api/v1/edit", &edit).await;
    assert_eq!(
        (status, &edited["target_users"], &edited["spawn_rate"]),
        (200, &json!(2), &json!(10.0))
    );
    let late = stage.post("/api/v1/edit", &edit).await;
    assert_eq!(code(&late), (409, "changed_meanwhile"));
    let present = json!({"users": 2, "spawn_rate": 10.0, "plan_version": edited["plan_version"]});
    assert_eq!(late.1["error"]["present"], present);

    // As the terminal's keys do.
    stage.bench.control.start(swarm(3, 10.0)).await.unwrap();
    let edit = json!({"users": 1, "if_plan_version": edited["plan_version"]});
    let late = stage.post("/api/v1/edit", &edit).await;
    assert_eq!(code(&late), (409, "changed_meanwhile"));
    assert_eq!(late.1["error"]["present"]["users"], 3);

    let (status, _) = stage.post("/api/v1/stop", &json!({})).await;
    assert_eq!(status, 202);
    let (status, stopped) = stage.post("/api/v1/stop?wait=true", &json!({})).await;
    assert_eq!((status, &stopped["state"]), (202, &json!("stopped")));
    let (status, _) = stage.post("/api/v1/stop", &json!({})).await;
    assert_eq!(status, 202, "once more is no error");
    assert_eq!(
        code(&stage.post("/api/v1/edit", &json!({"users": 1})).await),
        (409, "not_running")
    );
    stage.bench.until_workers(1).await;
    let (status, again) = stage
        .post("/api/v1/start", &json!({"users": 1, "spawn_rate": 1, "host": ""}))
        .await;
    assert_eq!((status, &again["host"]), (200, &Value::Null), "{again}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_the_ramp_ends_the_run() {
    let (stage, _worker) = Stage::with_worker().await;
    let body = json!({"users": 1000, "spawn_rate": 1});
    assert_eq!(stage.post("/api/v1/start", &body).await.0, 200);
    assert_eq!(stage.bench.state().await, RunState::Spawning);
    assert_eq!(
        stage.post("/api/v1/stop?wait=true", &json!({})).await.1["state"],
        "stopped"
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_is_refused_with_its_reason() {
    let stage = Stage::new(config(), face()).await;
    let body = json!({"users": 1, "spawn_rate": 1});
    assert_eq!(
        code(&stage.post("/api/v1/start", &body).await),
        (409, "no_workers")
    );
    assert_eq!(
        code(&stage.post("/api/v1/stop", &json!({})).await),
        (409, "not_running")
    );
    let wrong = stage
        .post("/api/v1/start", &json!({"users": -1, "host": "example.com"}))
        .await;
    assert_eq!(code(&wrong), (400, "invalid"));
    let fields = &wrong.1["error"]["fields"];
    assert_eq!(fields["host"], "needs a scheme: did you mean http://example.com?");
    assert_eq!(fields["spawn_rate"], "is missing");
    for path in ["/api/v1/nothing", "/api/v1/runs/x", "/api/v1/runs/current/series"] {
        assert_eq!(code(&stage.get(path).await), (404, "not_found"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_body_is_answered_in_the_shape_of_all_errors() {
    let stage = Stage::new(config(), face()).await;
    for (kind, body, expected) in [
        ("application/json", "{".to_owned(), (400, "invalid")),
        ("application/json", "[]".to_owned(), (400, "invalid")),
        ("text/plain", "{}".to_owned(), (415, "not_json")),
        (
            "application/json",
            format!("{{\"profile\": \"{}\"}}", "x".repeat(70_000)),
            (413, "too_large"),
        ),
    ] {
        let request = Request::post("/api/v1/start").header("content-type", kind);
        let response = stage.send(request.body(Body::from(body)).unwrap()).await;
        let status = response.status().as_u16();
        let answer = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(code(&(status, answer)), expected);
    }
    let request = Request::patch("/api/v1/runs/x").header("content-type", "text/plain");
    let response = stage.send(request.body(Body::from("{}")).unwrap()).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let request = Request::get("/api/v1/start").body(Body::empty()).unwrap();
    let response = stage.send(request).await;
    assert_eq!(response.headers()["allow"], "POST");
    let status = response.status().as_u16();
    let answer = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(code(&(status, answer)), (405, "wrong_method"));
}

#[tokio::test(start_paused = true)]
async fn settings_of_classes_count_from_the_first_user_on() {
    let (stage, worker) = Stage::with_worker().await;
    let body = json!({
        "users": 4, "spawn_rate": 10, "classes": {"A": {"weight": 3}, "B": {"host": "http://b"}},
    });
    let (status, answer) = stage.post("/api/v1/start", &body).await;
    assert_eq!(status, 200, "{answer}");
    stage.bench.until(RunState::Running).await;
    let spawn = worker.spawns().pop().unwrap();
    assert_eq!(json!(spawn.user_classes_count), json!({"A": 3, "B": 1}));
    let told = worker.told();
    let is_update = |message: &ToWorker| matches!(message, ToWorker::UpdateUserClass(_));
    let is_spawn = |message: &ToWorker| matches!(message, ToWorker::Spawn(_));
    assert_eq!(told.iter().filter(|message| is_update(message)).count(), 2);
    assert!(told.iter().position(is_update) < told.iter().position(is_spawn));
    let (_, form) = stage.get("/api/v1/form").await;
    assert_eq!(form["user_classes"][0]["weight"], 3.0);
    assert_eq!(form["user_classes"][1]["host"], "http://b");
}

#[tokio::test(start_paused = true)]
async fn beside_a_headless_run_nothing_is_started_but_it_is_edited_and_stopped() {
    let mut config = headless(2, 10.0, 1000.0, 1);
    config.run.autoquit_s = None;
    let stage = Stage::new(
        config,
        FaceConfig {
            is_headless: true,
            ..face()
        },
    )
    .await;
    let _worker = stage.bench.worker("h_a").await;
    stage.bench.until(RunState::Running).await;
    let refused = stage
        .post("/api/v1/start", &json!({"users": 1, "spawn_rate": 1}))
        .await;
    assert_eq!(code(&refused), (409, "headless"));
    assert_eq!(stage.get("/api/v1/status").await.1["headless"], true);
    let (status, edited) = stage.post("/api/v1/edit", &json!({"users": 5})).await;
    assert_eq!((status, &edited["target_users"]), (200, &json!(5)));
    assert_eq!(stage.post("/api/v1/stop", &json!({})).await.0, 202);
    stage.bench.master.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_end_of_a_headless_run_is_told_of_it() {
    let mut config = headless(2, 10.0, 1000.0, 1);
    config.run.autoquit_s = None;
    let stage = Stage::new(config, face()).await;
    let _worker = stage.bench.worker("h_a").await;
    stage.bench.until(RunState::Running).await;
    let (status, stopped) = stage.post("/api/v1/stop?wait=true", &json!({})).await;
    assert_eq!((status, &stopped["state"]), (202, &json!("stopped")), "{stopped}");
    assert_eq!((&stopped["users"], &stopped["workers"]), (&json!(0), &json!([])));
    stage.bench.master.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_page_of_another_site_changes_nothing() {
    let (stage, worker) = Stage::with_worker().await;
    for (path, kind, body) in [
        (
            "/swarm",
            "application/x-www-form-urlencoded",
            "user_count=1&spawn_rate=1",
        ),
        (
            "/api/v1/start",
            "application/json",
            "{\"users\": 1, \"spawn_rate\": 1}",
        ),
        ("/user", "text/plain", "{\"user_class_name\": \"A\"}"),
    ] {
        let request = Request::post(path)
            .header("host", "localhost:8089")
            .header("origin", "http://evil.example")
            .header("content-type", kind);
        let response = stage.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert!(
        worker
            .told()
            .iter()
            .all(|told| !matches!(told, ToWorker::Spawn(_)))
    );
    let own = Request::post("/swarm")
        .header("host", "localhost:8089")
        .header("origin", "http://localhost:8089")
        .header("content-type", "application/x-www-form-urlencoded");
    let response = stage
        .send(own.body(Body::from("user_count=1&spawn_rate=1")).unwrap())
        .await;
    assert!(text(response).await.contains("\"success\":true"));
}

#[tokio::test(start_paused = true)]
async fn the_document_lists_every_route() {
    let stage = Stage::new(config(), face()).await;
    let (status, document) = stage.get("/api/v1/openapi.json").await;
    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    for (path, operations) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with("/api/v1/"), "{path}");
        for (method, operation) in operations.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            let has_success = responses.keys().any(|code| code.starts_with('2'));
            assert!(
                has_success && responses.contains_key("default"),
                "{method} {path}: {responses:?}"
            );
            assert!(operation["summary"].is_string(), "{method} {path} has no title");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_and_health_tell_the_state() {
    let face = FaceConfig {
        expect_workers: 2,
        ..face()
    };
    let stage = Stage::of_its_record(config(), face).await;
    assert_eq!(stage.get("/healthz").await.0, 200);
    let (status, ready) = stage.get("/readyz").await;
    assert_eq!(
        (status, &ready["workers"], &ready["expected_workers"]),
        (503, &json!(0), &json!(2))
    );
    let _a = stage.bench.worker("h_a").await;
    let _b = stage.bench.worker("h_b").await;
    stage.bench.until_workers(2).await;
    assert_eq!(stage.get("/readyz").await.0, 200);
    stage
        .post("/api/v1/start", &json!({"users": 2, "spawn_rate": 10}))
        .await;
    stage.bench.until(RunState::Running).await;
    let before = stage.requests_in_the_record().await;
    let (_, page) = stage.text("/metrics").await;
    let after = stage.bench.requests().await;
    for name in ["requests_total", "response_time_seconds_count"] {
        let start = format!("acrida_{name}{{method=\"GET\",name=\"/\"}} ");
        let count = page.lines().find_map(|line| line.strip_prefix(&start));
        let count: u64 = count.and_then(|count| count.parse().ok()).unwrap();
        assert!((before..=after).contains(&count), "{before} {count} {after}");
    }
    for line in [
        "acrida_state{state=\"running\"} 1",
        "acrida_users 2",
        "acrida_workers{state=\"running\"} 2",
        "acrida_worker_cpu_percent{worker=\"h_a\"} 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} in {page}");
    }
    stage.post("/api/v1/stop?wait=true", &json!({})).await;
    assert!(
        stage.text("/metrics").await.1.contains("name=\"/\""),
        "its figures stay"
    );
    stage.post("/api/v1/reset", &json!({})).await;
    let (_, page) = stage.text("/metrics").await;
    assert!(!page.contains("name=\"/\""), "{page}");
    let control: ControlHandle = stage.bench.control.clone();
    control.quit(master::events::EndCause::Signal).await;
    stage.bench.master.await.unwrap().unwrap();
    let gone = stage
        .face
        .oneshot(Request::get("/healthz").body(Body::empty()).unwrap())
        .await;
    assert_eq!(gone.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}
