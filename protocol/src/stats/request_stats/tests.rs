use super::*;

fn recorded(start: f64) -> RequestStats {
    let mut stats = RequestStats::new(start);
    for second in 0..20 {
        let now = start + f64::from(second);
        for _ in 0..10 {
            stats.record("GET", "/a", Some(5.0), 100, now);
        }
        stats.record("POST", "/b", Some(50.0), 0, now);
        stats.record_failure("POST", "/b", "boom", now);
    }
    stats
}

#[test]
fn a_master_shows_what_its_workers_recorded() {
    let (mut a, mut b) = (recorded(1_000.0), recorded(1_000.0));
    let mut master = RequestStats::new(1_000.0);
    for worker in [&mut a, &mut b] {
        master.merge_report(&worker.take_report(BTreeMap::new(), Some(1), 1_019.5), 1_020.0);
        master.merge_report(&worker.take_report(BTreeMap::new(), Some(2), 1_022.5), 1_023.0);
    }
    assert_eq!(master.total.num_requests, 440);
    assert_eq!(master.get("GET", "/a").map(|row| row.num_requests), Some(400));
    assert_eq!(master.errors()[0].occurrences, 40);
    assert_eq!(master.current_rps(1_020.0), 22.0);
    assert_eq!(master.current_fail_per_sec(1_020.0), 2.0);
    assert_eq!(master.total_rps(), 440.0 / 19.0);
    assert_eq!(
        master.entry_total_fail_per_sec(master.get("POST", "/b").unwrap()),
        40.0 / 19.0
    );
    let median = master.current_percentile_ms(0.5, 1_022.0).unwrap();
    assert!((median - 5.0).abs() < 0.005, "{median}");
    assert_eq!(master.current_percentile_ms(0.5, 1_040.0), None);
    assert_eq!(master.current_rps(1_100.0), 0.0);
}

#[test]
fn a_report_is_empty_after_it_was_taken() {
    let mut worker = recorded(0.0);
    let first = worker.take_report(BTreeMap::from([("U".to_owned(), 3)]), Some(1), 20.0);
    assert_eq!(
        (first.stats.len(), first.errors.len(), first.user_count),
        (2, 1, 3)
    );
    let second = worker.take_report(BTreeMap::new(), Some(2), 23.0);
    assert!(second.stats.is_empty() && second.errors.is_empty() && second.total.is_empty());
}

#[test]
fn names_past_the_limit_are_folded_and_counted() {
    let mut stats = RequestStats::with_limits(0.0, 3, 2);
    for i in 0..10 {
        stats.record("GET", &format!("/{i}"), Some(1.0), 1, 1.0);
        stats.record_failure("GET", &format!("/{i}"), "e", 1.0);
    }
    assert_eq!(stats.entries.len(), 4);
    assert_eq!(
        stats
            .get("", FOLDED_NAME)
            .map(|row| (row.num_requests, row.num_failures)),
        Some((7, 7))
    );
    assert_eq!(stats.total.num_requests, 10);
    assert_eq!(stats.errors().len(), 3);
    assert_eq!(
        stats.folded(),
        Folded {
            requests: 7,
            errors: 8
        }
    );
    assert_eq!(stats.errors().iter().map(|e| e.occurrences).sum::<u64>(), 10);
}

#[test]
fn clearing_forgets_everything_and_restarts_the_clock() {
    let mut stats = recorded(0.0);
    stats.clear(50.0);
    assert!(stats.entries.is_empty() && stats.errors().is_empty() && stats.total.is_empty());
    assert_eq!(stats.total.start_time, 50.0);
    assert_eq!(stats.current_percentile_ms(0.9, 50.0), None);
}

#[test]
fn a_name_that_is_too_long_is_cut() {
    let mut stats = RequestStats::new(0.0);
    stats.record("GET", &"x".repeat(100_000), None, 0, 0.0);
    assert_eq!(
        stats.entries.keys().next().unwrap().1.len(),
        crate::limits::MAX_NAME_BYTES
    );
}
