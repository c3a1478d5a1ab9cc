//! The link against a scripted master, over the in-memory transport, in paused time.

use protocol::Envelope;
use protocol::transport::{Listener, MemoryListener};
use protocol::{MemoryTransport, ToWorker, Value, decode_to_master, encode_to_worker};
use settings::logging::LineSink;
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::LocalSet;

use super::*;
use crate::reactor::Outbox;
use crate::recorder::Record;

/// A worker's link and the master it talks to.
struct Pair {
    core: Rc<Core>,
    transport: MemoryTransport,
    master: MemoryListener,
    to_link: Sender<LinkRequest>,
    commands: Arc<Commands>,
    engine_log: Arc<EngineLog>,
}

struct Nowhere;

impl LineSink for Nowhere {
    fn write(&self, _text: &[u8]) {}
}

const WORKER: &str = "box_1";

thread_local! {
    /// How often the process would have been ended.
    static STUCK: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

impl Pair {
    async fn start() -> Self {
        let transport = MemoryTransport::new();
        let endpoint = Endpoint::new("master", 5557);
        let master = transport.bind(&endpoint).await.unwrap();
        let (to_link, from_python) = channel(10);
        let commands = Arc::new(Commands::new(Arc::new(Outbox::new().unwrap())));
        let core = Rc::new(Core::new());
        core.recorder.borrow_mut().add_row("GET", "/", 0.0);
        let engine_log = EngineLog::before(Arc::new(Nowhere));
        let config = LinkConfig {
            master: endpoint,
            node_id: WORKER.to_owned(),
            when_stuck: || STUCK.set(STUCK.get() + 1),
            engine_log: Arc::clone(&engine_log),
            script_hash: "h".to_owned(),
        };
        tokio::task::spawn_local(run(
            Rc::clone(&core),
            transport.clone(),
            Some(config),
            from_python,
            Arc::clone(&commands),
        ));
        Self {
            core,
            transport,
            master,
            to_link,
            commands,
            engine_log,
        }
    }

    async fn heard(&mut self) -> ToMaster {
        let incoming = self.master.recv().await.unwrap();
        assert_eq!(incoming.peer, WORKER);
        decode_to_master(&incoming.payload).unwrap().message
    }

    /// The next message that `wanted` picks; others are passed over.
    async fn hear<R>(&mut self, wanted: impl Fn(ToMaster) -> Option<R>) -> R {
        loop {
            if let Some(found) = wanted(self.heard().await) {
                return found;
            }
        }
    }

    async fn say(&mut self, message: ToWorker) {
        let payload = encode_to_worker(&Envelope {
            message,
            node_id: WORKER.to_owned(),
        });
        self.master.send(WORKER, payload).await.unwrap();
    }

    async fn greet(&mut self) {
        assert!(matches!(self.heard().await, ToMaster::ClientReady(_)));
        self.say(ToWorker::Ack {
            index: 0,
            parsed_options: Value::Map(Vec::new()),
            report_every_s: None,
        })
        .await;
        self.hear(heartbeat).await;
    }

    async fn listen_to_reports(&self) {
        let listen = LinkRequest::Listen {
            reports: true,
            heartbeats: false,
        };
        self.to_link.send(listen).await.unwrap();
    }

    /// The script's answer to the question about a report.
    async fn answer(&self, number: u64, value: i64) {
        let answer = LinkRequest::Extras(number, mine(value));
        self.to_link.send(answer).await.unwrap();
    }

    fn count_a_request(&self) {
        let record = Record {
            slot: 0,
            response_time_ms: Some(1.0),
            length: 1,
            status: None,
            failure: None,
            lag: None,
        };
        self.core.recorder.borrow_mut().record(record, 1.0);
    }
}

fn heartbeat(message: ToMaster) -> Option<Heartbeat> {
    match message {
        ToMaster::Heartbeat(heartbeat) => Some(heartbeat),
        _ => None,
    }
}

fn report(message: ToMaster) -> Option<StatsReport> {
    match message {
        ToMaster::Stats(report) => Some(*report),
        _ => None,
    }
}

/// Runs a test where local tasks and paused time are at hand.
async fn locally(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}

#[tokio::test(start_paused = true)]
async fn after_the_ack_come_a_heartbeat_and_an_empty_report_at_once() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.greet().await;
        let first = pair.hear(report).await;
        assert_eq!((first.sequence, first.total.num_requests), (Some(1), 0));
        assert_eq!(
            pair.commands.take(),
            [Command::Ack {
                index: 0,
                parsed_options: Value::Map(Vec::new()),
            }]
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn reports_count_every_request_once_and_are_numbered() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.greet().await;
        let mut requests = 0;
        for number in 1..=4 {
            pair.count_a_request();
            let report = pair.hear(report).await;
            assert_eq!(report.sequence, Some(number));
            requests += report.total.num_requests;
        }
        let (answer, answered) = std::sync::mpsc::sync_channel(1);
        pair.to_link
            .send(LinkRequest::Shutdown(answer, Extras::new()))
            .await
            .unwrap();
        let farewell = pair.hear(report).await;
        requests += farewell.total.num_requests;
        assert_eq!(
            requests, 4,
            "the last report holds what came since the one before"
        );
        assert_eq!(pair.heard().await, ToMaster::Quit);
        drop(pair.master);
        tokio::task::yield_now().await;
        drop(answered);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_last_figures_leave_before_the_word_that_the_users_have_stopped() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.greet().await;
        pair.hear(report).await;
        pair.count_a_request();
        pair.to_link
            .send(LinkRequest::Stopped(Extras::new()))
            .await
            .unwrap();
        let requests = pair.hear(report).await.total.num_requests;
        assert_eq!(requests, 1);
        assert_eq!(pair.heard().await, ToMaster::ClientStopped);
        assert!(
            matches!(pair.heard().await, ToMaster::ClientReady(_)),
            "ready for the next run"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_counted_while_the_master_was_away_is_lost_or_counted_twice() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.greet().await;
        pair.hear(report).await;
        pair.to_link
            .send(LinkRequest::Users(Users {
                state: WorkerState::Running,
                by_class: BTreeMap::new(),
            }))
            .await
            .unwrap();
        assert!(pair.transport.disconnect(WORKER));
        pair.transport.refuse_connections(true);
        pair.count_a_request();
        tokio::time::sleep(Duration::from_secs(20)).await;
        pair.count_a_request();
        pair.transport.refuse_connections(false);
        let counted = pair.hear(report).await;
        assert_eq!(
            counted.total.num_requests, 2,
            "both came in one report after the gap"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_master_that_forgot_the_worker_gets_it_back() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.greet().await;
        pair.say(ToWorker::Reconnect).await;
        pair.hear(|message| matches!(message, ToMaster::ClientReady(_)).then_some(()))
            .await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_the_script_sends_and_what_it_is_sent_pass_unchanged() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.greet().await;
        let custom = ToMaster::Custom {
            kind: "token".to_owned(),
            data: Value::from(7),
        };
        pair.to_link
            .send(LinkRequest::Send(Box::new(custom.clone())))
            .await
            .unwrap();
        pair.hear(|message| (message == custom).then_some(())).await;
        pair.say(ToWorker::Custom {
            kind: "answer".to_owned(),
            data: Value::from("yes"),
        })
        .await;
        pair.hear(heartbeat).await;
        pair.hear(heartbeat).await;
        let told = Command::Message {
            kind: "answer".to_owned(),
            data: Value::from("yes"),
        };
        assert!(pair.commands.take().contains(&told));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_figures_of_a_script_that_hangs_at_the_end_still_arrive() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.greet().await;
        pair.hear(report).await;
        pair.say(ToWorker::Quit).await;
        pair.count_a_request();
        assert_eq!(pair.hear(report).await.total.num_requests, 1);
        assert_eq!(STUCK.get(), 0, "the figures come first");
        pair.hear(|message| (message == ToMaster::Quit).then_some(()))
            .await;
        tokio::task::yield_now().await;
        assert_eq!(STUCK.get(), 1);
    })
    .await;
}

fn mine(value: i64) -> Extras {
    Extras::from([("mine".to_owned(), Value::from(value))])
}

/// The number of the report that the script is asked about.
async fn asked(pair: &mut Pair) -> u64 {
    loop {
        let found = pair
            .commands
            .take()
            .into_iter()
            .find_map(|command| match command {
                Command::Report { number } => Some(number),
                _ => None,
            });
        if let Some(number) = found {
            return number;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_script_that_listens_is_asked_before_each_report_and_its_answer_travels_with_it() {
    locally(async {
        let mut pair = Pair::start().await;
        let listen = LinkRequest::Listen {
            reports: true,
            heartbeats: true,
        };
        pair.to_link.send(listen).await.unwrap();
        pair.greet().await;
        for value in 1..=3 {
            pair.count_a_request();
            let number = asked(&mut pair).await;
            pair.answer(number, value).await;
            let report = pair.hear(report).await;
            assert_eq!((report.extra, report.total.num_requests), (mine(value), 1));
        }
        pair.say(ToWorker::Heartbeat).await;
        pair.hear(heartbeat).await;
        pair.hear(heartbeat).await;
        assert!(pair.commands.take().contains(&Command::Heartbeat));
        pair.count_a_request();
        pair.to_link.send(LinkRequest::Stopped(mine(9))).await.unwrap();
        let last = pair.hear(report).await;
        assert_eq!((last.extra, last.total.num_requests), (mine(9), 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_figures_of_a_script_that_does_not_answer_go_without_it_and_its_late_answer_follows_once() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.listen_to_reports().await;
        pair.greet().await;
        pair.count_a_request();
        let late = asked(&mut pair).await;
        let first = pair.hear(report).await;
        assert_eq!((first.extra.len(), first.total.num_requests), (0, 1));
        let number = asked(&mut pair).await;
        for (number, value) in [(late, 1), (late, 2), (number, 3), (number, 4)] {
            pair.answer(number, value).await;
        }
        assert_eq!(pair.hear(report).await.extra, mine(1));
        assert_eq!(pair.hear(report).await.extra, mine(3));
        assert_eq!(
            pair.hear(report).await.extra,
            Extras::new(),
            "each answer counts once"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_finds_the_master_away_travels_when_it_is_back() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.listen_to_reports().await;
        pair.greet().await;
        pair.count_a_request();
        let number = asked(&mut pair).await;
        pair.say(ToWorker::Reconnect).await;
        pair.hear(|message| matches!(message, ToMaster::ClientReady(_)).then_some(()))
            .await;
        pair.answer(number, 1).await;
        while pair.to_link.capacity() < pair.to_link.max_capacity() {
            tokio::task::yield_now().await; // until the link has taken it
        }
        pair.say(ToWorker::Ack {
            index: 0,
            parsed_options: Value::Map(Vec::new()),
            report_every_s: None,
        })
        .await;
        let first = pair.hear(report).await;
        assert_eq!((first.extra, first.total.num_requests), (mine(1), 1));
        assert_eq!(pair.hear(report).await.extra, Extras::new());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_lines_of_the_engine_and_of_the_script_reach_the_master_in_order() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.engine_log.write(b"engine 1\n");
        let line = LinkRequest::Log("script".to_owned());
        pair.to_link.send(line).await.unwrap();
        while pair.to_link.capacity() < pair.to_link.max_capacity() {
            tokio::task::yield_now().await; // until the link has taken it
        }
        pair.engine_log.write(b"engine 2\n");
        pair.greet().await;
        let logs = pair
            .hear(|message| match message {
                ToMaster::Logs(report) => Some(report.logs),
                _ => None,
            })
            .await;
        assert_eq!(logs, ["engine 1", "script", "engine 2"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_master_that_asks_for_it_gets_a_report_just_after_each_second_with_what_is_under_way() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.hear(|message| matches!(message, ToMaster::ClientReady(_)).then_some(()))
            .await;
        pair.say(ToWorker::Ack {
            index: 0,
            parsed_options: Value::Map(Vec::new()),
            report_every_s: Some(1),
        })
        .await;
        pair.hear(report).await; // the one after the greeting
        pair.core.in_flight.set(3);
        let mut closed = Vec::new();
        for _ in 0..3 {
            let report = pair.hear(report).await;
            assert_eq!(report.in_flight, 3);
            closed.push(report.closed_unix_s.unwrap());
        }
        for at in &closed {
            assert!((0.003..0.01).contains(&at.fract()), "{at}");
        }
        let whole: Vec<_> = closed.iter().map(|at| at.floor() - closed[0].floor()).collect();
        assert_eq!(whole, [0.0, 1.0, 2.0]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_says_how_long_the_last_one_took_to_be_answered_and_samples_say_where_they_are_from() {
    locally(async {
        let mut pair = Pair::start().await;
        pair.greet().await;
        pair.say(ToWorker::Heartbeat).await;
        let trip = |message| heartbeat(message)?.extra?.round_trip_ms;
        assert!(pair.hear(trip).await >= 0.0);

        let record = Record {
            slot: 0,
            response_time_ms: Some(1.0),
            length: 1,
            status: Some(500),
            failure: Some(crate::recorder::Failure {
                sample: Some(Box::default()),
                ..crate::recorder::Failure::new("boom", None)
            }),
            lag: None,
        };
        pair.core.recorder.borrow_mut().record(record, 1.0);
        let node_id = |message| report(message)?.errors.pop()?.sample.map(|sample| sample.node_id);
        assert_eq!(pair.hear(node_id).await, WORKER);
    })
    .await;
}
