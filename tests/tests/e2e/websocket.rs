//! WebSockets, from a script to the result files.

use tests::harness::{Setup, Signal};

#[test]
fn a_websocket_user_gets_everything_right_and_every_operation_has_its_row() {
    let mut cluster = Setup::new("websocket.py")
        .headless(2, 100)
        .args(&["-s", "5"])
        .start();
    // Of each user: chat, secure, the one that the target closes, and the one that is held until the user stops.
    cluster.target.wait_count("/ws closed with 1000", 8);
    let counts = cluster.target.counts();
    let outcome = cluster.end_by(Signal::INT);
    assert_eq!(outcome.code, 1, "some failures are expected");
    let stats = outcome.stats();

    let expected = [
        (
            "refused",
            "WebSocketHandshakeError('the server answered 403 Forbidden')",
        ),
        ("silent", "WebSocketTimeout('no message within the time-out')"),
        ("server error", "code 1011: broken"),
        ("dropped", "without a close frame"),
        ("untrusted", "certificate"),
    ];
    let failures = outcome.table("failures");
    for (name, words) in expected {
        let error = failures.text(name, "Error");
        assert!(error.contains(words), "{name}: {error}");
        assert_eq!((stats.count(name), stats.failures(name)), (2, 2), "{name}");
    }
    assert_eq!(failures.len(), expected.len(), "{failures:#?}");
    let exceptions = outcome.table("exceptions");
    assert!(exceptions.is_empty(), "{exceptions:#?}");

    let checks = [
        "subprotocol",
        "headers",
        "text",
        "binary",
        "match",
        "long",
        "closed",
        "tls",
        "tls long",
        "status",
    ];
    for check in checks {
        assert!(stats.count(check) >= 2, "{check}");
    }
    assert_eq!(stats.count("push"), 8, "each user skips four of five pushes");
    assert!(
        !stats.names().contains(&"orderly"),
        "a close in good order is no failure"
    );
    // chat, secure and held, and three connections that are troubled.
    assert_eq!(counts["/ws"], 2 * 6, "{counts:?}");
}
