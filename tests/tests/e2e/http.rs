//! The HTTP client, as a script sees it.

use tests::harness::{Setup, Signal, free_port};

#[test]
fn redirects_cookies_compression_and_tls_work() {
    let mut cluster = Setup::new("http_features.py")
        .headless(2, 100)
        .args(&["-s", "5"])
        .start();
    cluster.target.wait_count("/client-certificate", 1);
    cluster.target.wait_count("/basic-auth/me/secret", 2);
    let outcome = cluster.end_by(Signal::INT);
    let failures = outcome.table("failures");
    assert!(failures.is_empty(), "{failures:#?}");
    let exceptions = outcome.table("exceptions");
    assert!(exceptions.is_empty(), "{exceptions:#?}");
    outcome.assert_success();
    assert!(outcome.stats().len() > 25, "{:?}", outcome.stats().names());
}

#[test]
fn what_a_target_does_wrong_becomes_a_failure_that_names_the_cause() {
    let port = free_port().to_string();
    let mut cluster = Setup::new("misbehaving.py")
        .env("UNUSED_PORT", &port)
        .headless(2, 100)
        .args(&["-s", "10"])
        .start();
    cluster.target.wait_count("/json", 2);
    let outcome = cluster.end_by(Signal::INT);
    assert_eq!(outcome.code, 1);
    let failures = outcome.table("failures");
    let expected = [
        (
            "drop",
            &["closed", "reset", "without", "disconnected", "aborted"] as &[_],
        ),
        ("malformed", &["malformed", "invalid", "badstatus", "parse"]),
        ("refused", &["refused"]),
        ("dns", &["resol", "dns", "name"]),
        ("redirects", &["redirect"]),
        ("status", &["503"]),
        ("hang", &["timed out", "timeout", "time-out"]),
    ];
    for kind in ["Plain", "Fast"] {
        for (name, words) in expected {
            let error = failures.text(&format!("{kind} {name}"), "Error").to_lowercase();
            assert!(
                words.iter().any(|word| error.contains(word)),
                "{kind} {name}: {error}"
            );
        }
        assert_eq!(outcome.stats().failures(&format!("{kind} after")), 0);
    }
    let untrusted = failures.text("Plain untrusted", "Error").to_lowercase();
    assert!(
        untrusted.contains("certificate") || untrusted.contains("tls"),
        "{untrusted}"
    );
    assert!(
        outcome.table("exceptions").is_empty(),
        "{:?}",
        outcome.table("exceptions")
    );
}
