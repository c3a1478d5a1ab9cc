//! What a worker measures, read from the reports it sends: the test is its master.

use std::collections::BTreeMap;
use std::process::Command;

use protocol::transport::ZmqListener;
use protocol::{
    Endpoint, Envelope, ErrorEntry, Fault, Listener as _, RequestStats, Spawn, StatsReport, ToMaster,
    ToWorker, Transport as _, Value, ZmqTransport, decode_to_master, encode_to_worker,
};
use tests::harness::{Binary, PATIENCE, Places, Process, TargetServer, free_port};

const ROUNDS: u64 = 20;
const CLASSES: [&str; 2] = ["Fast", "Plain"];

/// A master that knows one worker.
struct Master {
    listener: ZmqListener,
    worker: String,
    /// What its users request; a worker's own `--host` does not outlive the first order to spawn, as with Locust.
    host: String,
}

/// What a run brought.
struct Heard {
    reports: Vec<StatsReport>,
    round_trips_ms: Vec<f64>,
}

impl Master {
    async fn say(&mut self, message: ToWorker) {
        let node_id = self.worker.clone();
        let payload = encode_to_worker(&Envelope { message, node_id });
        self.listener
            .send(&self.worker, payload)
            .await
            .expect("the worker is connected");
    }

    /// Runs one user of each class until all their requests are reported.
    async fn run(&mut self, requests: u64) -> Heard {
        let mut heard = Heard {
            reports: Vec::new(),
            round_trips_ms: Vec::new(),
        };
        let counted = |heard: &Heard| {
            heard
                .reports
                .iter()
                .map(|report| report.total.num_requests)
                .sum::<u64>()
        };
        while counted(&heard) < requests || heard.round_trips_ms.is_empty() {
            let incoming = self.listener.recv().await.expect("the port is open");
            self.worker = incoming.peer;
            match decode_to_master(&incoming.payload)
                .expect("a message of a worker")
                .message
            {
                ToMaster::ClientReady(_) => {
                    let parsed_options = Value::Map(Vec::new());
                    self.say(ToWorker::Ack {
                        index: 0,
                        parsed_options,
                        report_every_s: Some(1),
                    })
                    .await;
                    let user_classes_count = CLASSES.map(|class| (class.to_owned(), 1)).into();
                    let spawn = Spawn {
                        timestamp: 1.0,
                        user_classes_count,
                        host: Some(self.host.clone()),
                        stop_timeout_s: 0.0,
                        parsed_options: Value::Map(Vec::new()),
                        spread_s: 0.0,
                    };
                    self.say(ToWorker::Spawn(Box::new(spawn))).await;
                }
                ToMaster::Heartbeat(beat) => {
                    self.say(ToWorker::Heartbeat).await;
                    heard
                        .round_trips_ms
                        .extend(beat.extra.and_then(|extra| extra.round_trip_ms));
                }
                ToMaster::Stats(report) => heard.reports.push(*report),
                _ => {}
            }
        }
        self.say(ToWorker::Quit).await;
        heard
    }
}

fn row<'a>(errors: &[&'a ErrorEntry], name: &str) -> &'a ErrorEntry {
    let mut of_name = errors.iter().filter(|error| error.name == name);
    of_name
        .next()
        .unwrap_or_else(|| panic!("no error of {name} among {errors:?}"))
}

#[tokio::test]
async fn reports_tell_failed_times_status_codes_faults_and_samples_as_the_target_saw_them() {
    let places = Places::find();
    let folder = tempfile::tempdir().unwrap();
    let target = TargetServer::start(&places, folder.path());
    let listener = ZmqTransport.bind(&Endpoint::new("127.0.0.1", 0)).await.unwrap();
    let nobody = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(places.binary(Binary::Worker));
    command
        .args([
            "--master-host",
            "127.0.0.1",
            "--master-port",
            &listener.local_port().to_string(),
        ])
        .arg("-f")
        .arg(places.locustfile("measured.py"))
        .env("ACRIDA_PYTHON", places.python())
        .env("ROUNDS", ROUNDS.to_string())
        .env("NOBODY", &nobody)
        .current_dir(folder.path());
    let mut worker = Process::spawn("worker", &mut command);

    let users = CLASSES.len() as u64;
    let mut master = Master {
        listener,
        worker: String::new(),
        host: target.url().to_owned(),
    };
    let run = master.run(users * (6 * ROUNDS + 1));
    let heard = tokio::time::timeout(PATIENCE, run)
        .await
        .expect("the reports of a whole run");
    assert_eq!(worker.wait_exit(PATIENCE), 0);

    let mut stats = RequestStats::new(0.0);
    for report in &heard.reports {
        stats.merge_report(report, 1.0);
    }
    let seen = target.counts();
    let codes = BTreeMap::from([
        (200, seen["/"] + seen["/json"] + seen["/slow"]),
        (404, seen["/status/404"]),
        (500, seen["/status/500"]),
    ]);
    assert_eq!(stats.total.status_codes, codes);
    assert_eq!(seen["/"], users * ROUNDS);
    for entry in stats.entries.values().chain([&stats.total]) {
        let failed = entry.failed_times.as_ref().map_or(0, protocol::Times::len);
        assert_eq!(failed, entry.num_failures, "{}", entry.name);
    }
    assert_eq!(stats.get("GET", "nobody").unwrap().status_codes, BTreeMap::new());

    let errors = stats.errors();
    let judged = row(&errors, "/json").sample.as_ref().unwrap();
    assert!(judged.body.contains("hello"), "{judged:?}");
    assert_eq!(
        (judged.status, judged.node_id.as_str()),
        (Some(200), master.worker.as_str())
    );
    let failed = row(&errors, "/status/500").sample.as_ref().unwrap();
    assert_eq!(failed.url, format!("{}/status/500?token=*", target.url()));
    let refused = row(&errors, "nobody").sample.as_ref().unwrap();
    assert_eq!(
        (refused.url.as_str(), refused.status),
        (format!("http://{nobody}/?key=*").as_str(), None)
    );
    for (name, fault) in [
        ("/json", Fault::Target),
        ("/status/404", Fault::Target),
        ("/status/500", Fault::Target),
        ("nobody", Fault::Target),
        ("own", Fault::Script),
    ] {
        assert_eq!(row(&errors, name).fault, Some(fault), "{name}");
    }

    let under_way: Vec<_> = heard.reports.iter().map(|report| report.in_flight).collect();
    assert!(
        under_way.contains(&users),
        "both were seen in their slow request: {under_way:?}"
    );
    let closed: Vec<_> = heard
        .reports
        .iter()
        .map(|report| report.closed_unix_s.unwrap())
        .collect();
    assert!(closed.is_sorted(), "{closed:?}");
    assert!(
        heard
            .round_trips_ms
            .iter()
            .all(|&ms| (0.0..5_000.0).contains(&ms)),
        "{:?}",
        heard.round_trips_ms
    );
}
