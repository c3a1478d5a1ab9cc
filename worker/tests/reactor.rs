//! The reactor as the extension drives it: submissions in, completions and statistics out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its own part of the support")]
mod http_support;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::time::{Duration, Instant};

use http_support::Step::{self, Hang, Read};
use http_support::{Target, ok, run, send};
use protocol::StatsEntry;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use worker::http::{ErrorKind, Profile, ProfileConfig, Request, SharedJar};
use worker::reactor::{Delivered, Delivery, Extras, LinkRequest, Reactor, Submission, Submitted, Ticket};

/// How long a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running reactor with one session towards a scripted target, whose server has a thread of its own.
struct Fixture {
    reactor: Reactor,
    profile: Arc<Profile>,
    hanging: Receiver<()>,
}

impl Fixture {
    /// Starts a target that plays `scripts`, one per connection, and tells when it leaves a request hanging.
    fn start(scripts: Vec<Vec<Step>>, read_timeout: Option<Duration>) -> Self {
        let (told_port, port) = channel();
        let (told_hanging, hanging) = channel();
        std::thread::spawn(move || {
            run(async move {
                let target = Target::start(scripts).await;
                told_port.send(target.port).unwrap();
                loop {
                    target.hanging().await;
                    if told_hanging.send(()).is_err() {
                        return;
                    }
                }
            });
        });
        let port = port.recv_timeout(PATIENCE).unwrap();
        let config = ProfileConfig {
            base_url: format!("http://127.0.0.1:{port}"),
            read_timeout,
            ..ProfileConfig::default()
        };
        let profile = Profile::new(&config).unwrap();
        let mut reactor = Reactor::new().unwrap();
        reactor.start(None).unwrap();
        let jar = SharedJar::default();
        let fixture = Self {
            reactor,
            profile: Arc::clone(&profile),
            hanging,
        };
        fixture.submit(Submission::NewRow {
            method: "GET".to_owned(),
            name: "row".to_owned(),
        });
        fixture.submit(Submission::OpenSession {
            id: 1,
            profile,
            jar,
            pool: None,
        });
        fixture
    }

    fn submit(&self, submission: Submission) {
        self.reactor.inbox.push_batch(&mut vec![submission]);
    }

    fn get(&self, ticket: Ticket, stream: bool) {
        let request = Request {
            method: "GET",
            url: "/",
            stream,
            ..Request::default()
        };
        let prepared = self.profile.prepare(request).unwrap();
        let submitted = Instant::now();
        self.submit(Submission::Request(Submitted {
            session: 1,
            ticket,
            prepared,
            slot: 0,
            record: true,
            submitted,
        }));
    }

    /// Waits for the target to have read a request that it will not answer.
    fn left_hanging(&self) {
        self.hanging.recv_timeout(PATIENCE).unwrap();
    }

    /// Waits for the bell, then takes what is there.
    fn deliveries(&self, count: usize) -> Vec<Delivery> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let fd = self.reactor.outbox.bell();
            let limit = Timespec {
                tv_sec: PATIENCE.as_secs() as i64,
                tv_nsec: 0,
            };
            let rang = poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&limit)).unwrap();
            assert_eq!(rang, 1, "nothing was delivered in {PATIENCE:?}");
            let mut batch = Vec::new();
            self.reactor.outbox.take(&mut batch);
            taken.append(&mut batch);
        }
        taken
    }

    fn statistics(&self) -> StatsEntry {
        let (answer, answered) = sync_channel(1);
        self.submit(Submission::Link(LinkRequest::Snapshot(answer)));
        answered.recv_timeout(PATIENCE).unwrap().pop().unwrap()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let (answer, answered) = sync_channel(1);
        self.submit(Submission::Link(LinkRequest::Shutdown(answer, Extras::new())));
        let _ = answered.recv_timeout(PATIENCE);
        self.reactor.take_thread().join();
    }
}

fn body(delivery: &Delivery) -> Vec<u8> {
    match &delivery.result {
        Delivered::Finished(finished) => finished.result.as_ref().unwrap().body().to_vec(),
        Delivered::Chunk(chunk) => chunk.to_vec(),
        Delivered::ChunkFailed(error) => panic!("{error:?}"),
    }
}

#[test]
fn a_request_is_delivered_under_its_ticket_and_counted_once() {
    let fixture = Fixture::start(vec![vec![Read, ok("hello"), Read, ok("again")]], None);
    fixture.get(7, false);
    let delivered = fixture.deliveries(1);
    assert_eq!((delivered[0].ticket, body(&delivered[0])), (7, b"hello".to_vec()));
    fixture.get(8, false);
    assert_eq!(body(&fixture.deliveries(1)[0]), b"again");
    let total = fixture.statistics();
    assert_eq!(
        (total.num_requests, total.num_failures, total.total_content_length),
        (2, 0, 10)
    );
    assert_eq!(total.lag.unwrap().len(), 2);
}

#[test]
fn requests_of_one_session_that_overlap_use_connections_of_their_own() {
    let fixture = Fixture::start(vec![vec![Read, Hang], vec![Read, ok("second")]], None);
    fixture.get(1, false);
    fixture.left_hanging();
    fixture.get(2, false);
    let delivered = fixture.deliveries(1);
    assert_eq!(
        (delivered[0].ticket, body(&delivered[0])),
        (2, b"second".to_vec())
    );
}

#[test]
fn a_cancelled_request_is_neither_delivered_nor_counted_and_its_connection_is_not_used_again() {
    let fixture = Fixture::start(vec![vec![Read, Hang], vec![Read, ok("fresh")]], None);
    fixture.get(1, false);
    fixture.left_hanging();
    fixture.submit(Submission::Cancel {
        session: 1,
        ticket: 1,
    });
    fixture.get(2, false);
    let delivered = fixture.deliveries(1);
    assert_eq!((delivered[0].ticket, body(&delivered[0])), (2, b"fresh".to_vec()));
    assert_eq!(fixture.statistics().num_requests, 1);
}

#[test]
fn a_target_that_does_not_answer_times_out_while_reading() {
    let fixture = Fixture::start(vec![vec![Read, Hang]], Some(Duration::from_millis(50)));
    fixture.get(1, false);
    let delivered = fixture.deliveries(1);
    let Delivered::Finished(finished) = &delivered[0].result else {
        panic!("no end of the request")
    };
    assert_eq!(finished.result.as_ref().unwrap_err().kind, ErrorKind::ReadTimeout);
    assert!(finished.response_time >= Duration::from_millis(50));
    let total = fixture.statistics();
    assert_eq!((total.num_requests, total.num_failures), (1, 1));
}

#[test]
fn a_stream_is_handed_out_part_by_part_up_to_its_end() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let script = vec![
        Read,
        send(head),
        send("3\r\none\r\n"),
        send("3\r\ntwo\r\n0\r\n\r\n"),
    ];
    let fixture = Fixture::start(vec![script], None);
    fixture.get(1, true);
    assert_eq!(fixture.deliveries(1)[0].ticket, 1);
    let mut all = Vec::new();
    for ticket in 2.. {
        fixture.submit(Submission::NextChunk {
            session: 1,
            stream: 1,
            ticket,
        });
        let part = body(&fixture.deliveries(1)[0]);
        if part.is_empty() {
            break;
        }
        all.extend(part);
    }
    assert_eq!(all, b"onetwo");
    fixture.submit(Submission::NextChunk {
        session: 1,
        stream: 1,
        ticket: 99,
    });
    assert!(
        body(&fixture.deliveries(1)[0]).is_empty(),
        "an ended stream stays ended"
    );
}

#[test]
fn a_session_that_is_closed_ends_its_lanes_and_later_requests_fail() {
    let fixture = Fixture::start(vec![vec![Read, ok("last")]], None);
    fixture.get(1, false);
    fixture.deliveries(1);
    fixture.submit(Submission::CloseSession(1));
    fixture.get(2, false);
    let delivered = fixture.deliveries(1);
    let Delivered::Finished(finished) = &delivered[0].result else {
        panic!("no end of the request")
    };
    assert_eq!(finished.result.as_ref().unwrap_err().kind, ErrorKind::Closed);
}
