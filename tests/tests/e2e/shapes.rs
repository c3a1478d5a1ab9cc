//! Runs that a load shape drives.

use tests::harness::{Setup, Signal, post_form};

#[test]
fn stages_keep_their_time_though_a_ramp_is_longer() {
    let mut cluster = Setup::new("script_host/shapes.py")
        .headless(50, 50)
        .args(&["-t", "1s", "-s", "5"])
        .start();
    let outcome = cluster.finish();
    let said = cluster.master_log();
    outcome.assert_success();
    let stages: Vec<_> = [
        "going to 20 users",
        "going to 4 users",
        "going to 9 users",
        "the load shape is over",
    ]
    .map(|line| said.find(line))
    .into_iter()
    .collect();
    assert!(stages.iter().all(Option::is_some) && stages.is_sorted(), "{said}");
    // Three seconds at two a second; the ramp to twenty is never completed.
    let history = outcome.table("stats_history");
    let most = history
        .values("User Count")
        .iter()
        .filter_map(|count| count.parse::<u64>().ok())
        .max();
    assert!((5..=10).contains(&most.unwrap_or_default()), "{most:?}");
    let stats = outcome.stats();
    assert!(stats.count("First") > 0 && stats.count("Second") > 0, "{stats:?}");
    assert_eq!(stats.count("Aggregated"), cluster.target.count("/"));
    // The command line's figures do not count, and that is said.
    assert!(said.contains("--run-time have no effect"), "{said}");
}

#[test]
fn a_shape_that_fails_ends_the_run_and_says_why() {
    for (trouble, reason) in [("raises", "out of shape"), ("nonsense", "'many'")] {
        let setup = Setup::new("script_host/shapes.py").env("SHAPE", trouble);
        let mut cluster = setup.headless(1, 1).args(&["-s", "5"]).start();
        let outcome = cluster.finish();
        let said = cluster.master_log();
        assert_eq!(outcome.code, 2, "{said}");
        assert!(
            said.contains("load shape failed") && said.contains(reason),
            "{said}"
        );
        assert!(
            said.contains("shapes.py") && !said.contains("python/acrida/"),
            "{said}"
        );
        assert_eq!(outcome.stats().count("Aggregated"), cluster.target.count("/"));
    }
}

#[test]
fn the_page_starts_a_shape_without_a_number_of_users_and_again() {
    let mut cluster = Setup::new("script_host/shapes.py").start();
    let web = cluster.web();
    web.wait_workers(1);
    for _ in 0..2 {
        let answer = post_form(web.port, "/swarm", &[])
            .expect("the web port answers")
            .json();
        assert_eq!(answer["success"], true, "{answer}");
        web.wait("users", |stats| stats["user_count"].as_u64() > Some(1));
        assert_eq!(web.stop()["success"], true);
        web.wait_state("stopped", 0);
        web.wait_workers(1);
    }
    cluster.end_by(Signal::TERM).assert_success();
}
