//! The web face beside a headless run, and what tells others how the master is.

use tests::harness::{Setup, get};

#[test]
fn a_headless_run_is_watched_where_a_port_is_named() {
    let mut cluster = Setup::new("steady.py").headless(2, 2).with_web_port().start();
    let web = cluster.web();
    web.wait_requests(10);
    let status = web.get("/api/v1/status").expect("a status");
    assert_eq!(status["headless"], true, "{status}");
    let metrics = get(web.port, "/metrics").expect("metrics");
    assert!(metrics.body.contains("acrida_users 2"), "{}", metrics.body);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(web.port, path).expect("an answer").status, 200, "{path}");
    }
    // There is no other run to come: whoever stops it, ends the master, which writes its results.
    let stopped = tests::harness::post_form(web.port, "/stop", &[]).expect("an answer");
    assert_eq!(stopped.json()["success"], true, "{}", stopped.body);
    let outcome = cluster.finish();
    outcome.assert_success();
    assert!(outcome.stats().count("/") > 0);
}
