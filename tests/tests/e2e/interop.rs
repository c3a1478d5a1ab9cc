//! Each half beside the real Locust's other half.

use tests::harness::{Cluster, Kind, Setup, Signal, without_locust};

/// Start, statistics, edit, stop, second start, quit.
fn check_whole_life(mut cluster: Cluster) {
    let web = cluster.web();
    web.wait_workers(2);
    assert_eq!(web.swarm("4", "4")["success"], true);
    web.wait_state("running", 4);
    let stats = web.wait("both classes in the statistics", |stats| {
        let rows = stats["stats"].as_array().map(Vec::as_slice).unwrap_or_default();
        ["/", "/echo (write)"].iter().all(|name| {
            rows.iter()
                .any(|row| row["name"] == *name && row["num_requests"].as_u64() > Some(5))
        })
    });
    assert_eq!(stats["fail_ratio"].as_f64(), Some(0.0), "{stats}");
    for worker in stats["workers"].as_array().expect("workers") {
        assert_eq!(worker["user_count"], 2, "{stats}");
    }
    assert_eq!(web.swarm("6", "10")["success"], true);
    web.wait_state("running", 6);

    assert_eq!(web.stop()["success"], true);
    web.wait_state("stopped", 0);
    web.wait_workers(2);
    let after_stop = cluster.target.counts();

    assert_eq!(web.swarm("3", "10")["success"], true);
    web.wait_state("running", 3);
    cluster.target.wait_count("/", after_stop["/"] + 20);
    web.wait_requests(10);

    cluster.end_by(Signal::TERM).assert_success();
}

#[test]
fn real_locust_workers_under_our_master() {
    if without_locust() {
        eprintln!("left out: the real Locust needs Python 3.11");
        return;
    }
    check_whole_life(Setup::new("steady.py").workers(2).worker(Kind::Locust).start());
}

#[test]
fn our_workers_under_a_real_locust_master() {
    if without_locust() {
        eprintln!("left out: the real Locust needs Python 3.11");
        return;
    }
    check_whole_life(Setup::new("steady.py").workers(2).master(Kind::Locust).start());
}

#[test]
fn our_workers_beside_real_locust_workers() {
    if without_locust() {
        eprintln!("left out: the real Locust needs Python 3.11");
        return;
    }
    let mut cluster = Setup::new("steady.py").start();
    let web = cluster.web();
    web.wait_workers(1);
    cluster.add_worker(Kind::Locust);
    web.wait_workers(2);
    assert_eq!(web.swarm("4", "4")["success"], true);
    let stats = web.wait_state("running", 4);
    for worker in stats["workers"].as_array().expect("workers") {
        assert_eq!(worker["user_count"], 2, "{stats}");
    }
    web.wait_requests(40);
    cluster.end_by(Signal::TERM).assert_success();
}

#[test]
fn real_locust_on_both_sides_passes_the_same_checks() {
    if without_locust() {
        eprintln!("left out: the real Locust needs Python 3.11");
        return;
    }
    let setup = Setup::new("steady.py")
        .workers(2)
        .master(Kind::Locust)
        .worker(Kind::Locust);
    check_whole_life(setup.start());
}
