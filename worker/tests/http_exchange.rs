//! Requests and responses on plain connections: framing, reuse, closing, cancelling, streams.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http_support;

use std::time::Instant;

use http_support::Step::{Hang, Read, Reset, Send, Trickle};
use http_support::{
    Target, fetch, fetch_ok, get, ok, outcome, prepare, response, run, send, session, session_with,
};
use worker::http::{ErrorKind, Fault, Phase, PhaseCell, Request, execute, open_connections};

#[test]
fn requests_of_a_session_share_a_connection() {
    run(async {
        let target = Target::start(vec![vec![Read, ok("one"), Read, ok("two")]]).await;
        let session = session(&target);
        let first = outcome(&session, get(&session, "/a?b=c")).await;
        assert!(first.connecting > std::time::Duration::ZERO);
        assert!(first.first_byte_sent.unwrap() <= first.done);
        let first = first.result.unwrap();
        assert_eq!(
            (first.status, first.reason().as_str(), first.body()),
            (200, "OK", &b"one"[..])
        );
        let second = outcome(&session, get(&session, "/a?b=c")).await;
        assert_eq!(second.connecting, std::time::Duration::ZERO);
        assert_eq!(second.result.unwrap().body(), b"two");
        assert_eq!((session.idle_connections(), open_connections()), (1, 1));
        let expected = format!(
            "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUser-Agent: acrida/{}\r\n\
             Accept-Encoding: gzip, deflate, br, zstd\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n",
            target.port,
            env!("CARGO_PKG_VERSION"),
        );
        assert_eq!(target.requests(), [expected.clone(), expected]);
        session.close();
        assert_eq!(open_connections(), 0);
    });
}

#[test]
fn every_framing_is_understood_also_byte_by_byte() {
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: t\r\n\r\n";
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let until_close = "HTTP/1.0 200 OK\r\n\r\nhello";
    for (text, is_kept) in [(chunked, true), (interim, true), (until_close, false)] {
        for step in [send(text), Trickle(text.as_bytes().to_vec())] {
            run(async {
                let target = Target::start(vec![vec![Read, step]]).await;
                let session = session(&target);
                assert_eq!(fetch_ok(&session, "/").await.body(), b"hello", "{text}");
                assert_eq!(session.idle_connections(), usize::from(is_kept), "{text}");
            });
        }
    }
}

#[test]
fn responses_without_a_body_leave_the_connection_usable() {
    run(async {
        let script = vec![
            Read,
            send("HTTP/1.1 204 No Content\r\n\r\n"),
            Read,
            send("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"),
            Read,
            send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"),
            Read,
            ok("end"),
        ];
        let target = Target::start(vec![script]).await;
        let session = session(&target);
        assert_eq!(fetch_ok(&session, "/").await.status, 204);
        assert_eq!(fetch_ok(&session, "/").await.status, 304);
        let head = prepare(
            &session,
            Request {
                method: "head",
                url: "/",
                ..Default::default()
            },
        );
        let head = outcome(&session, head).await.result.unwrap();
        assert_eq!(
            (head.content_length(), head.header("content-length").as_deref()),
            (0, Some("7"))
        );
        assert_eq!(fetch_ok(&session, "/").await.body(), b"end");
    });
}

const GZIPPED_HELLO: [u8; 25] = [
    31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0,
];

#[test]
fn content_codings_are_undone_and_the_decoded_length_counts() {
    run(async {
        let script = vec![
            Read,
            response("200 OK", "Content-Encoding: GZIP\r\n", &GZIPPED_HELLO),
            Read,
            response("200 OK", "Content-Encoding: gzip\r\n", b""),
            Read,
            response("200 OK", "Content-Encoding: unheard-of\r\n", b"as it is"),
        ];
        let target = Target::start(vec![script]).await;
        let session = session(&target);
        let hello = fetch_ok(&session, "/").await;
        assert_eq!((hello.body(), hello.content_length()), (&b"hello"[..], 5));
        assert_eq!(fetch_ok(&session, "/").await.body(), b"");
        assert_eq!(fetch_ok(&session, "/").await.body(), b"as it is");
    });
}

#[test]
fn connection_close_and_surplus_bytes_end_a_connection() {
    for closing in [
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 204 N\r\n\r\nHTTP",
    ] {
        run(async {
            let target = Target::start(vec![vec![Read, send(closing), Hang], vec![Read, ok("y")]]).await;
            let session = session(&target);
            fetch_ok(&session, "/").await;
            assert_eq!((session.idle_connections(), open_connections()), (0, 0));
            assert_eq!(fetch_ok(&session, "/").await.body(), b"y");
        });
    }
}

#[test]
fn large_bodies_pass_in_both_directions() {
    run(async {
        let large = vec![b'x'; 3_000_000];
        let target = Target::start(vec![vec![Read, response("200 OK", "", &large)]]).await;
        let session = session(&target);
        let post = Request {
            method: "POST",
            url: "/",
            body: large.clone().into(),
            ..Default::default()
        };
        let answer = outcome(&session, prepare(&session, post)).await.result.unwrap();
        assert_eq!(answer.body(), large);
        assert!(target.last().ends_with(std::str::from_utf8(&large).unwrap()));
        assert_eq!(answer.request.body, large);
        assert!(
            answer
                .request
                .headers()
                .contains(&("Content-Length".to_owned(), "3000000".to_owned()))
        );
    });
}

#[test]
fn a_connection_that_closes_while_a_harmless_request_is_on_its_way_is_made_again() {
    run(async {
        let target = Target::start(vec![vec![Read, ok("1"), Read], vec![Read, ok("2")]]).await;
        let session = session(&target);
        fetch_ok(&session, "/").await;
        assert_eq!(fetch_ok(&session, "/").await.body(), b"2");
        assert_eq!(target.requests().len(), 3);
    });
}

#[test]
fn a_post_is_not_sent_twice() {
    run(async {
        let target = Target::start(vec![vec![Read, ok("1"), Read], vec![Read, ok("2")]]).await;
        let session = session(&target);
        fetch_ok(&session, "/").await;
        let post = prepare(
            &session,
            Request {
                method: "POST",
                url: "/",
                ..Default::default()
            },
        );
        let error = outcome(&session, post).await.result.unwrap_err();
        assert_eq!((error.kind, error.fault), (ErrorKind::Closed, Fault::Target));
        assert_eq!(target.requests().len(), 2);
    });
}

#[test]
fn retries_are_made_only_as_configured() {
    run(async {
        let target = Target::start(vec![vec![Read], vec![Read], vec![Read, ok("third")]]).await;
        let session = session_with(&target, |config| config.max_retries = 2);
        assert_eq!(fetch_ok(&session, "/").await.body(), b"third");
    });
}

#[test]
fn failures_name_their_cause() {
    let check = |script: Vec<http_support::Step>, kind: ErrorKind, text: &str| {
        run(async {
            let target = Target::start(vec![script]).await;
            let error = fetch(&session(&target), "/").await.unwrap_err();
            assert_eq!(error.kind, kind, "{}", error.text);
            assert!(error.text.contains(text), "{}", error.text);
            assert_eq!(open_connections(), 0);
        });
    };
    check(
        vec![Read],
        ErrorKind::Closed,
        "closed connection without response",
    );
    check(vec![Read, Reset], ErrorKind::Reset, "Connection reset by peer");
    check(
        vec![Read, send("HTTP/1.1 200 OK\r\nConte")],
        ErrorKind::Closed,
        "middle of the response head",
    );
    check(
        vec![Read, send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")],
        ErrorKind::Closed,
        "response body",
    );
    check(
        vec![Read, send("220 smtp ready\r\n")],
        ErrorKind::Malformed,
        "does not begin like HTTP",
    );
    check(
        vec![
            Read,
            send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz"),
        ],
        ErrorKind::Malformed,
        "chunk size",
    );
    check(
        vec![Read, response("200 OK", "Content-Encoding: gzip\r\n", b"abc")],
        ErrorKind::Decode,
        "gzip",
    );
}

#[test]
fn refused_connections_and_unknown_hosts_are_told_apart() {
    run(async {
        let target = Target::start(vec![vec![]]).await;
        let session = session(&target);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let free = listener.local_addr().unwrap().port();
        drop(listener);
        let error = fetch(&session, &format!("http://127.0.0.1:{free}/"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, &*error.text),
            (
                ErrorKind::Refused,
                "ConnectionRefusedError(111, 'Connection refused')"
            )
        );
        let error = fetch(&session, "http://no-such-host.invalid/").await.unwrap_err();
        assert_eq!((error.kind, error.fault), (ErrorKind::Dns, Fault::Network));
        assert!(error.text.contains("no-such-host.invalid"), "{}", error.text);
    });
}

#[test]
fn an_answer_that_comes_before_the_body_is_read_is_not_lost() {
    run(async {
        let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let target = Target::start(vec![vec![send(refusal)]]).await;
        let session = session(&target);
        let body = vec![b'x'; 100_000].into();
        let post = prepare(
            &session,
            Request {
                method: "POST",
                url: "/",
                body,
                ..Default::default()
            },
        );
        let result = outcome(&session, post).await.result;
        // The target closes with bytes unread, so the system may also have thrown its answer away.
        assert!(
            matches!(&result, Ok(response) if response.status == 413)
                || matches!(&result, Err(error) if error.kind == ErrorKind::Reset),
            "{result:?}"
        );
    });
}

#[test]
fn a_dropped_request_closes_its_connection_and_tells_its_phase() {
    run(async {
        let target = Target::start(vec![vec![Read, Hang], vec![Read, ok("next")]]).await;
        let session = session(&target);
        let phase = PhaseCell::default();
        {
            let request = execute(&session, get(&session, "/"), &phase);
            tokio::select! {
                _ = request => panic!("nothing was answered"),
                () = target.hanging() => {}
            }
        }
        assert_eq!(phase.phase(), Phase::Exchanging);
        assert!(phase.active_since().unwrap() <= Instant::now());
        assert_eq!((session.idle_connections(), open_connections()), (0, 0));
        assert_eq!(
            execute(&session, get(&session, "/"), &phase)
                .await
                .result
                .unwrap()
                .body(),
            b"next"
        );
        assert_eq!((phase.phase(), phase.active_since()), (Phase::Idle, None));
    });
}

#[test]
fn requests_of_one_session_may_overlap() {
    run(async {
        let target = Target::start(vec![vec![Read, ok("a"), Hang], vec![Read, ok("b"), Hang]]).await;
        let session = session_with(&target, |config| config.pool_size = 1);
        let (one, two) = tokio::join!(fetch(&session, "/1"), fetch(&session, "/2"));
        let mut bodies = [one.unwrap().body().to_vec(), two.unwrap().body().to_vec()];
        bodies.sort();
        assert_eq!(bodies, [b"a".to_vec(), b"b".to_vec()]);
        assert_eq!((session.idle_connections(), open_connections()), (1, 1));
    });
}

#[test]
fn streams_are_read_piece_by_piece_and_give_their_connection_back() {
    run(async {
        let gzip = [
            31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0,
        ];
        let script = vec![
            Read,
            response("200 OK", "Content-Encoding: gzip\r\n", &gzip),
            Read,
            send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            send("3\r\nabc\r\n"),
            Trickle(b"3\r\ndef\r\n0\r\n\r\n".to_vec()),
        ];
        let target = Target::start(vec![script]).await;
        let session = session(&target);
        for expected in ["hello", "abcdef"] {
            let request = Request {
                method: "GET",
                url: "/",
                stream: true,
                ..Default::default()
            };
            let outcome = outcome(&session, prepare(&session, request)).await;
            assert_eq!(outcome.result.unwrap().content_length(), 0);
            let (mut stream, mut body) = (outcome.stream.unwrap(), Vec::new());
            while let Some(chunk) = stream.next_chunk(&PhaseCell::default()).await.unwrap() {
                body.extend_from_slice(&chunk);
            }
            assert_eq!(body, expected.as_bytes());
            assert_eq!(stream.next_chunk(&PhaseCell::default()).await.unwrap(), None);
            assert_eq!((session.idle_connections(), open_connections()), (1, 1));
        }
    });
}

#[test]
fn a_stream_dropped_early_closes_its_connection_and_one_that_breaks_off_is_an_error() {
    run(async {
        let start = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc";
        let target = Target::start(vec![vec![Read, send(start), Hang], vec![Read, send(start)]]).await;
        let session = session(&target);
        let request = || Request {
            method: "GET",
            url: "/",
            stream: true,
            ..Default::default()
        };
        let mut dropped = outcome(&session, prepare(&session, request()))
            .await
            .stream
            .unwrap();
        assert_eq!(
            dropped.next_chunk(&PhaseCell::default()).await.unwrap().unwrap(),
            "abc"
        );
        drop(dropped);
        assert_eq!((session.idle_connections(), open_connections()), (0, 0));
        let mut broken = outcome(&session, prepare(&session, request()))
            .await
            .stream
            .unwrap();
        assert_eq!(
            broken.next_chunk(&PhaseCell::default()).await.unwrap().unwrap(),
            "abc"
        );
        let error = broken.next_chunk(&PhaseCell::default()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Closed);
        assert_eq!(open_connections(), 0);
    });
}

#[test]
fn raw_bytes_pass_unharmed() {
    run(async {
        let bytes: Vec<u8> = (0..=255).collect();
        let script = vec![
            Read,
            Send([b"HTTP/1.1 200 OK\r\nContent-Length: 256\r\n\r\n", &bytes[..]].concat()),
        ];
        let target = Target::start(vec![script]).await;
        assert_eq!(fetch_ok(&session(&target), "/").await.body(), bytes);
    });
}
