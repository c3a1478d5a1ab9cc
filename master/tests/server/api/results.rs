//! What runs measured, read by their ids: the present one, and kept ones.

use super::*;

fn record(id: &str) -> RunRecord {
    RunRecord {
        info: RunInfo {
            id: id.to_owned(),
            state: "stopped".to_owned(),
            ..RunInfo::default()
        }
        .into(),
        width_s: 1,
        counts_from_s: 0,
        requests: Vec::new().into(),
        errors: Vec::new().into(),
        intervals: Vec::new(),
        marks: Vec::new().into(),
        exceptions: Vec::new().into(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_run_measured_is_read_by_its_id_or_as_the_current_one() {
    let runs = Runs::new();
    let face = FaceConfig {
        runs: runs.clone(),
        ..face()
    };
    let stage = Stage::new(config(), face).await;
    runs.publish(record("20261123-0001"));
    assert_eq!(stage.get("/api/v1/status").await.1["run_id"], "20261123-0001");
    for id in ["current", "20261123-0001"] {
        for part in [
            "",
            "/series?from=1&to=5&percentiles=0.5",
            "/heatmap",
            "/statistics",
            "/failures",
            "/exceptions",
            "/marks",
            "/histogram",
            "/ratio",
            "/diagnosis",
            "/report.html",
            "/report.json",
            "/report.md",
            "/junit.xml",
            "/csv/requests",
        ] {
            let (status, answer) = stage.text(&format!("/api/v1/runs/{id}{part}")).await;
            assert_eq!(status, 200, "{id}{part}: {answer}");
        }
    }
    for (query, field) in [
        ("from=x", "from"),
        ("from=9&to=2", "to"),
        ("request=7", "request"),
        ("percentiles=2", "percentiles"),
    ] {
        let answer = stage.get(&format!("/api/v1/runs/current/series?{query}")).await;
        assert_eq!(
            (answer.0, &answer.1["error"]["field"]),
            (400, &json!(field)),
            "{query}"
        );
    }
    assert_eq!(stage.get("/api/v1/runs/other").await.0, 404);
}

#[tokio::test]
async fn files_and_the_ratio_of_a_kept_run_come_from_its_record() {
    let place = tempfile::tempdir().unwrap();
    let keep = Keep {
        runs: 10,
        bytes: 1 << 30,
    };
    let history = History::start(&place.path().join("history.sqlite"), keep);
    let cell = Cell {
        requests: 3,
        failures: 1,
        bytes: 30,
        without_time: 3,
        ..Cell::default()
    };
    let ratio = json!({"per_class": {"A": {"ratio": 1.0}}, "total": {}});
    for (id, ratio) in [
        ("20261123-000001-aaaa", ratio.clone()),
        ("20261123-000002-bbbb", Value::Null),
    ] {
        let mut record = record(id);
        record.info = RunInfo {
            ended_unix_s: Some(1.0),
            elapsed_s: 1.0,
            locustfile: "shop.py".to_owned(),
            ratio,
            ..RunInfo::clone(&record.info)
        }
        .into();
        record.requests = vec![RequestKey {
            method: "GET".to_owned(),
            name: "/cart".to_owned(),
        }]
        .into();
        record.intervals = vec![
            Interval {
                total: cell.clone(),
                cells: vec![(0, cell.clone())],
                ..Interval::default()
            }
            .into(),
        ];
        history.give(record);
    }
    assert!(history.flush(std::time::Duration::from_secs(30)));
    let stage = Stage::new(config(), FaceConfig { history, ..face() }).await;
    let request = Request::get("/api/v1/runs/20261123-000001-aaaa/csv/requests");
    let response = stage.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let name = response.headers()["content-disposition"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(name.contains("_shop.py_requests.csv"), "{name}");
    let sheet = text(response).await;
    let lines: Vec<&str> = sheet.lines().collect();
    assert!(lines[1].starts_with("GET,/cart,3,1,"), "{sheet}");
    assert!(lines[2].starts_with(",Aggregated,3,1,"), "{sheet}");
    assert!(lines[1].ends_with("N/A"), "{sheet}");
    let of = |part: &str| format!("/api/v1/runs/20261123-000001-aaaa/{part}");
    for (part, first) in [
        ("csv/failures", "Method,Name"),
        ("csv/exceptions", "Count,Message"),
    ] {
        let (status, sheet) = stage.text(&of(part)).await;
        assert!(status == 200 && sheet.starts_with(first), "{part}: {sheet}");
    }
    assert_eq!(
        code(&stage.get(&of("csv/full_history")).await),
        (404, "not_found")
    );
    assert_eq!(stage.get(&of("ratio")).await, (200, ratio));
    let (_, summary) = stage.get("/api/v1/runs/20261123-000001-aaaa").await;
    assert_eq!(summary["ratio"], Value::Null);
    let unknown = stage.get("/api/v1/runs/20261123-000002-bbbb/ratio").await;
    assert_eq!(code(&unknown), (404, "not_found"));
    let nothing = stage.get("/api/v1/runs/nobody/csv/requests").await;
    assert_eq!(code(&nothing), (404, "not_found"));
}
