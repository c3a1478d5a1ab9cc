//! Workers that come with a past: a master that restarted, a network that was down.

use std::time::Duration;

use master::events::RunState;
use protocol::{
    Endpoint, Envelope, Heartbeat, HeartbeatExtra, Link, MemoryTransport, StatsEntry, StatsReport, ToMaster,
    ToWorker, Transport, WorkerState, decode_to_worker, encode_to_master,
};

use crate::support::{Bench, PORT, config, headless, swarm};

/// One of our workers, in the middle of a run of a master that is gone.
struct Veteran(<MemoryTransport as Transport>::Link);

impl Veteran {
    async fn connect(bench: &Bench) -> Self {
        let endpoint = Endpoint::new("master", PORT);
        Self(bench.net.connect(&endpoint, "h_old").await.unwrap())
    }

    async fn say(&mut self, message: ToMaster) {
        let node_id = "h_old".to_owned();
        let payload = encode_to_master(&Envelope { message, node_id });
        self.0.send(payload).await.unwrap();
    }

    async fn beat(&mut self) {
        let extra = Some(HeartbeatExtra {
            loop_lag_ms: 0.0,
            connections: 3,
            round_trip_ms: None,
            script: String::new(),
        });
        self.say(ToMaster::Heartbeat(Heartbeat {
            state: WorkerState::Running,
            current_cpu_usage: 1.0,
            current_memory_usage: 1,
            extra,
        }))
        .await;
    }

    async fn report(&mut self, sequence: u64) {
        let mut entry = StatsEntry::new("/", "GET", 1000.0);
        entry.record(Some(12.0), 100, 1000.0);
        let mut total = StatsEntry::total(1000.0);
        total.merge(&entry);
        let report = StatsReport {
            stats: vec![entry],
            total,
            sequence: Some(sequence),
            ..StatsReport::empty(1000.0)
        };
        self.say(ToMaster::Stats(Box::new(report))).await;
    }

    /// The next message that is no heartbeat.
    async fn told(&mut self) -> ToWorker {
        loop {
            let message = decode_to_worker(&self.0.recv().await.unwrap()).unwrap().message;
            if message != ToWorker::Heartbeat {
                return message;
            }
        }
    }

    /// As the engine does it: told to reconnect, it presents itself, and once acknowledged says how it is.
    async fn return_to(bench: &Bench) -> Self {
        let mut worker = Self::connect(bench).await;
        worker.beat().await;
        assert_eq!(worker.told().await, ToWorker::Reconnect);
        let mut worker = Self::connect(bench).await;
        worker
            .say(ToMaster::ClientReady(protocol::ClientVersion::Bypass))
            .await;
        assert_eq!(
            worker.told().await,
            ToWorker::Ack {
                index: 0,
                parsed_options: protocol::Value::Map(Vec::new()),
                report_every_s: Some(1),
            }
        );
        worker
    }
}

#[tokio::test(start_paused = true)]
async fn a_restarted_master_without_a_run_stops_the_users_of_the_old_one_once() {
    let bench = Bench::new(config()).await;
    let mut worker = Veteran::return_to(&bench).await;
    worker.beat().await;
    worker.beat().await;
    assert_eq!(worker.told().await, ToWorker::Stop);
    worker.say(ToMaster::ClientStopped).await;
    worker
        .say(ToMaster::ClientReady(protocol::ClientVersion::Bypass))
        .await;
    assert_eq!(
        worker.told().await,
        ToWorker::Ack {
            index: 0,
            parsed_options: protocol::Value::Map(Vec::new()),
            report_every_s: Some(1),
        }
    );
    bench.control.start(swarm(3, 100.0)).await.unwrap();
    assert!(matches!(worker.told().await, ToWorker::Spawn(_)));
}

#[tokio::test(start_paused = true)]
async fn a_restarted_master_with_a_run_gives_absolute_numbers_and_counts_its_own_run_only() {
    let bench = Bench::new(headless(3, 100.0, 600.0, 1)).await;
    let mut worker = Veteran::return_to(&bench).await;
    // What the old run left is flushed with the acknowledgement, before the new run's spawn is taken in.
    worker.beat().await;
    worker.report(57).await;
    let ToWorker::Spawn(spawn) = worker.told().await else {
        panic!("a run is on: a spawn is due");
    };
    assert_eq!(spawn.user_classes_count.values().sum::<u64>(), 3);
    worker.say(ToMaster::Spawning).await;
    worker.report(58).await;
    worker.report(58).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(bench.requests().await, 1);
}

#[tokio::test(start_paused = true)]
async fn reports_held_back_by_a_network_break_are_merged_once_when_it_ends() {
    let bench = Bench::new(config()).await;
    let _other = bench.worker("h_other").await;
    bench.until_workers(1).await;
    let mut worker = Veteran::connect(&bench).await;
    worker
        .say(ToMaster::ClientReady(protocol::ClientVersion::Bypass))
        .await;
    bench.until_workers(2).await;
    bench.control.start(swarm(4, 100.0)).await.unwrap();
    worker.say(ToMaster::Spawning).await;
    worker.report(1).await;
    bench.until(RunState::Running).await;
    // Silent for so long that the other worker took over; then everything comes at once, one report twice.
    bench.until_workers(1).await;
    let before = bench.requests().await;
    while let Ok(Ok(_)) = tokio::time::timeout(Duration::from_millis(10), worker.0.recv()).await {}
    worker.beat().await;
    for sequence in [2, 3, 3] {
        worker.report(sequence).await;
    }
    let ToWorker::Spawn(spawn) = worker.told().await else {
        panic!("a worker that comes back is told its share");
    };
    assert_eq!(
        spawn.user_classes_count.values().sum::<u64>(),
        0,
        "its users run elsewhere by now"
    );
    bench.until_workers(2).await;
    assert_eq!(bench.requests().await, before + 2);
}
