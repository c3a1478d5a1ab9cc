//! The live feed: what pages are told, and what those that come back are.

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode};
use futures_util::stream::StreamExt;
use master::events::RunState;
use master::web::{self, FaceConfig};
use serde_json::Value;
use tower::ServiceExt;

use crate::support::{Bench, config, swarm};

struct Page {
    body: BodyDataStream,
}

#[derive(Debug)]
struct Event {
    name: String,
    id: Option<String>,
    data: Value,
}

impl Page {
    async fn open(router: &Router, last_id: Option<&str>) -> Result<Self, StatusCode> {
        let mut request = Request::builder().uri("/api/v1/events");
        if let Some(id) = last_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        if response.status() != StatusCode::OK {
            return Err(response.status());
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self {
            body: response.into_body().into_data_stream(),
        })
    }

    async fn next(&mut self) -> Event {
        let bytes = self.body.next().await.unwrap().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        assert!(text.ends_with("\n\n"), "{text}");
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        Event {
            name: field("event: ").unwrap().to_owned(),
            id: field("id: ").map(str::to_owned),
            data: serde_json::from_str(field("data: ").unwrap()).unwrap(),
        }
    }
}

fn router(bench: &Bench) -> Router {
    let config = FaceConfig {
        runs: bench.runs.clone(),
        ..FaceConfig::default()
    };
    web::router("", bench.control.clone(), config)
}

/// Puts the intervals of an event in their places, as a page does.
fn learn(known: &mut std::collections::BTreeMap<u64, f64>, event: &Event) {
    let series = &event.data["series"];
    let (times, rates) = (series["t"].as_array(), series["rate"].as_array());
    for (t, rate) in times.into_iter().flatten().zip(rates.into_iter().flatten()) {
        known.insert(t.as_u64().unwrap(), rate.as_f64().unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_is_told_everything_and_then_what_is_new() {
    let bench = Bench::new(config()).await;
    let router = router(&bench);
    let _worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    let mut page = Page::open(&router, None).await.unwrap();
    let first = page.next().await;
    assert_eq!((first.name.as_str(), &first.data["run"]), ("hello", &Value::Null));
    assert_eq!(first.data["status"]["state"], "ready");

    bench.control.start(swarm(10, 1.0)).await.unwrap();
    let (mut known, mut hellos) = (std::collections::BTreeMap::new(), 0);
    let mut last = None;
    for number in 0..100 {
        if number == 15 {
            bench.control.stop().await.unwrap();
        }
        let event = page.next().await;
        if event.name == "hello" {
            known.clear();
            hellos += 1;
        }
        learn(&mut known, &event);
        let has_ended = event.data["run"]["state"] == "stopped";
        if event.data["statistics"].is_object() {
            last = Some(event);
        }
        if has_ended {
            break;
        }
    }
    assert!(hellos > 0, "a new run is told from the beginning");
    let record = bench.runs.current().unwrap();
    let times: Vec<u64> = known.keys().copied().collect();
    assert_eq!(
        times,
        (0..record.intervals.len() as u64).collect::<Vec<_>>(),
        "no gaps"
    );
    let series = record.window(None, None).series(None, &[0.5]);
    assert_eq!(known.into_values().collect::<Vec<_>>(), series.rate);
    let statistics = &last.unwrap().data["statistics"];
    let requests = bench.requests().await;
    assert_eq!(statistics["total"]["requests"], requests);
    assert_eq!(statistics["rows"][0]["name"], "/");
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_is_told_what_it_missed() {
    let bench = Bench::new(config()).await;
    let router = router(&bench);
    let _worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    bench.control.start(swarm(30, 1.0)).await.unwrap();
    bench.until(RunState::Running).await;
    bench.control.stop().await.unwrap();
    let mut page = Page::open(&router, None).await.unwrap();
    let hello = page.next().await;
    let all = hello.data["series"]["t"].as_array().unwrap().len();
    let id = hello.id.unwrap();
    let (run, _) = id.split_once(':').unwrap();

    let mut again = Page::open(&router, Some(&format!("{run}:20:1"))).await.unwrap();
    let missed = again.next().await;
    assert_eq!((missed.name.as_str(), missed.id.as_ref()), ("tick", Some(&id)));
    let times = missed.data["series"]["t"].as_array().unwrap();
    assert_eq!(
        (times[0].as_u64(), times.len()),
        (Some(10), all - 10),
        "from a little earlier, for reports that were late"
    );
    assert!(missed.data["statistics"].is_object() && missed.data["marks"].is_array());

    for other in [
        "20000101-000000-0000:20:1",
        &format!("{run}:20:2"),
        "nonsense",
        "",
    ] {
        let mut page = Page::open(&router, Some(other)).await.unwrap();
        assert_eq!(page.next().await.name, "hello", "{other}");
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_pages_are_refused_until_one_goes() {
    let bench = Bench::new(config()).await;
    let router = router(&bench);
    let mut pages = Vec::new();
    for _ in 0..master::limits::MAX_FEEDS {
        pages.push(Page::open(&router, None).await.unwrap());
    }
    let refused = Page::open(&router, None).await.err();
    assert_eq!(refused, Some(StatusCode::SERVICE_UNAVAILABLE));
    pages.pop();
    let mut page = Page::open(&router, None).await.unwrap();
    assert_eq!(page.next().await.name, "hello");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_reads_too_slowly_skips_ticks_and_is_greeted_anew() {
    let bench = Bench::new(config()).await;
    let router = router(&bench);
    let _worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    bench.control.start(swarm(20, 1.0)).await.unwrap();
    let mut page = Page::open(&router, None).await.unwrap();
    assert_eq!(page.next().await.name, "hello");
    bench.until(RunState::Running).await;
    tokio::time::sleep(std::time::Duration::from_secs(20)).await;
    assert_eq!(page.next().await.name, "hello");
    assert_eq!(page.next().await.name, "tick");
}
