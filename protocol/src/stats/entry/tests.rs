use super::*;
use proptest::prelude::*;

fn entry(records: &[(Option<f64>, f64)]) -> StatsEntry {
    let mut entry = StatsEntry::new("/", "GET", 100.0);
    records.iter().for_each(|&(ms, at)| entry.record(ms, 10, at));
    entry
}

#[test]
fn requests_without_a_time_count_but_do_not_enter_the_times() {
    let e = entry(&[(None, 101.0), (Some(4.0), 102.0), (None, 103.0)]);
    assert_eq!(
        (e.num_requests, e.num_none_requests, e.response_times.len()),
        (3, 2, 1)
    );
    assert_eq!(
        (e.avg_ms(), e.median_ms(), e.min_response_time),
        (4.0, 4.0, Some(4.0))
    );
    assert_eq!(e.avg_content_length(), 10.0);
}

#[test]
fn an_empty_entry_has_zero_figures() {
    let e = StatsEntry::total(1.0);
    assert!(e.is_empty());
    assert_eq!(
        (e.avg_ms(), e.median_ms(), e.fail_ratio(), e.avg_content_length()),
        (0.0, 0.0, 0.0, 0.0)
    );
    assert_eq!(e.name, "Aggregated");
}

#[test]
fn failures_without_requests_are_a_ratio_of_one() {
    let mut e = StatsEntry::total(1.0);
    e.record_failure(2.0);
    assert_eq!(e.fail_ratio(), 1.0);
    assert!(!e.is_empty());
}

#[test]
fn a_delta_takes_everything_and_restarts_the_clock() {
    let mut e = entry(&[(Some(1.0), 101.0), (Some(2.0), 102.0)]);
    let delta = e.take_delta(105.0);
    assert_eq!((delta.num_requests, delta.start_time), (2, 100.0));
    assert!(e.is_empty() && e.response_times.is_empty() && e.num_reqs_per_sec.is_empty());
    assert_eq!(
        (e.start_time, e.last_request_timestamp, e.name.as_str()),
        (105.0, None, "/")
    );
}

#[test]
fn per_second_history_is_bounded_and_keeps_the_newest() {
    let mut e = StatsEntry::total(0.0);
    for second in 0..1_000 {
        e.record(None, 0, f64::from(second));
        e.record_failure(f64::from(second));
    }
    assert_eq!(e.num_reqs_per_sec.len(), MAX_SECONDS_KEPT);
    assert_eq!(e.num_fail_per_sec.last_key_value(), Some((&999, &1)));
}

#[test]
fn a_clock_that_steps_back_does_not_move_the_last_request_back() {
    assert_eq!(
        entry(&[(None, 110.0), (None, 105.0)]).last_request_timestamp,
        Some(110.0)
    );
}

proptest! {
    #[test]
    fn percentiles_stay_between_the_exact_extremes(ms in prop::collection::vec(0.0f64..1e6, 1..60), p in 0.0f64..=1.0) {
        let e = entry(&ms.iter().map(|&ms| (Some(ms), 101.0)).collect::<Vec<_>>());
        let found = e.percentile_ms(p);
        prop_assert!(found >= e.min_response_time.unwrap() && found <= e.max_response_time);
        prop_assert!(e.percentile_ms(0.2) <= e.percentile_ms(0.9));
    }

    #[test]
    fn splitting_records_over_workers_changes_no_figure(
        records in prop::collection::vec((prop::option::of((0u32..1 << 20).prop_map(f64::from)), (0u32..50).prop_map(|s| 100.0 + f64::from(s))), 0..60),
        split in 0usize..60,
    ) {
        let whole = entry(&records);
        let (a, b) = records.split_at(split.min(records.len()));
        let (a, b) = (entry(a), entry(b));
        let mut ab = a.clone();
        ab.merge(&b);
        let mut ba = b.clone();
        ba.merge(&a);
        prop_assert_eq!(&ab, &ba);
        prop_assert_eq!(&ab, &whole);
    }
}
