//! Response heads, whole and in part, sound and broken.

use super::*;

fn head(text: &str) -> Head {
    parse(text.as_bytes(), false).unwrap().expect("a complete head")
}

#[track_caller]
fn check(text: &str, framing: Framing, keep_alive: bool) {
    let head = head(text);
    assert_eq!((head.framing, head.keep_alive), (framing, keep_alive), "{text}");
}

#[test]
fn framing_and_reuse_follow_rfc_9112() {
    check(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        Framing::Length(5),
        true,
    );
    check(
        "HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\nConnection: Close\r\n\r\n",
        Framing::Length(5),
        false,
    );
    check(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        Framing::Chunked,
        true,
    );
    check(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        Framing::Chunked,
        false,
    );
    check("HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose, false);
    check(
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        Framing::None,
        true,
    );
    check("HTTP/1.1 304 Not Modified\r\n\r\n", Framing::None, true);
    check(
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        Framing::Length(0),
        false,
    );
    check(
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n",
        Framing::Length(0),
        true,
    );
    check("HTTP/1.1 200 OK\nContent-Length: 1\n\n", Framing::Length(1), true);
}

#[test]
fn the_answer_to_head_has_no_body() {
    let head = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true)
        .unwrap()
        .unwrap();
    assert_eq!((head.framing, head.keep_alive), (Framing::None, true));
}

#[test]
fn every_prefix_of_a_head_is_incomplete() {
    let text = b"HTTP/1.1 200 Fine \xe4\r\nA: b\r\nSet-Cookie: x=y\r\nContent-Encoding: gzip, br\r\n\r\n";
    for end in 0..text.len() {
        assert_eq!(parse(&text[..end], false).unwrap(), None, "{end}");
    }
    let head = parse(text, false).unwrap().unwrap();
    assert_eq!(head.length, text.len());
    assert!(head.sets_cookies);
    assert_eq!(head.codings, [Coding::Gzip, Coding::Brotli]);
    assert_eq!(reason(text), "Fine ä");
}

#[test]
fn headers_are_decoded_when_asked_for() {
    let head = b"HTTP/1.1 200\r\nA: b\r\nX: caf\xe9\r\n\r\n";
    let expected = [
        ("A".to_owned(), "b".to_owned()),
        ("X".to_owned(), "café".to_owned()),
    ];
    assert_eq!(headers(head), expected);
    assert_eq!(reason(head), "");
}

#[test]
fn malformed_heads_say_what_is_wrong() {
    let cases = [
        ("SSH-2.0-OpenSSH\r\n\r\n", "does not begin like HTTP"),
        ("HTTP/1.1 2x0 OK\r\n\r\n", "status line"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "invalid Content-Length",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
            "invalid Content-Length",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "invalid Content-Length",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "contradictory",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "Transfer-Encoding",
        ),
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "header name"),
    ];
    for (text, what) in cases {
        let error = parse(text.as_bytes(), false).unwrap_err();
        assert!(error.text.contains(what), "{text}: {}", error.text);
    }
}

#[test]
fn more_headers_than_usual_are_fine_and_endless_ones_are_not() {
    let with = |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(count));
    assert_eq!(
        headers(with(HEADERS_USUAL + 1).as_bytes()).len(),
        HEADERS_USUAL + 1
    );
    assert!(
        parse(with(HEADERS_USUAL + 1).as_bytes(), false)
            .unwrap()
            .is_some()
    );
    assert!(parse(with(HEADERS_MAX + 1).as_bytes(), false).is_err());
    let long = format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(HEAD_MAX_BYTES));
    assert!(parse(long.as_bytes(), false).is_err());
}
