use std::sync::Arc;

use protocol::Times;

use super::super::samples::{Dice, cell, run_of};
use super::*;
use crate::timeline::PackedTimes;

/// A run of a fleet whose times are spread like real ones (most near the median, a long tail), a little slower at some
/// seconds than at others, all of them `factor` times as long.
fn spread_run(seed: u64, seconds: u32, per_second: u32, factor: f64) -> RunRecord {
    let mut dice = Dice::new(seed);
    let mut mood = 1.0;
    let cells = (0..seconds).map(|_| {
        // Neighbouring seconds resemble each other.
        mood = 0.5 * mood + 0.5 * (1.0 + 0.1 * (dice.next() - 0.5));
        let requests = f64::from(per_second) * (0.95 + 0.1 * dice.next());
        let times: Vec<f64> = (0..requests as u32)
            .map(|_| factor * mood * 20.0 * (0.5 * normal(&mut dice)).exp())
            .collect();
        let failures = times.iter().filter(|_| dice.next() < 0.02).count();
        cell(&times, failures as u64)
    });
    run_of(&format!("run-{seed}-{factor}"), cells.collect())
}

/// Nearly normal, of variance 1: four dice.
fn normal(dice: &mut Dice) -> f64 {
    ((0..4).map(|_| dice.next()).sum::<f64>() - 2.0) * 3.0_f64.sqrt()
}

fn verdicts(compared: &Compared, run: usize) -> Vec<Verdict> {
    let changes = compared.rows[0].changes[run].as_ref().unwrap();
    [
        changes.rate,
        changes.fail_ratio,
        changes.avg_ms,
        changes.p50_ms,
        changes.p95_ms,
        changes.p99_ms,
    ]
    .map(|change| change.verdict)
    .to_vec()
}

#[test]
fn runs_of_the_same_thing_are_the_same() {
    let (mut wrong, pairs) = (0, 60);
    for seed in 0..pairs {
        let runs = [
            spread_run(2 * seed + 1, 120, 150, 1.0),
            spread_run(2 * seed + 2, 120, 150, 1.0),
        ];
        let found = verdicts(&compare(&runs, 0), 1);
        assert!(!found.contains(&Verdict::Unknown), "{found:?}");
        wrong += u64::from(found.iter().any(|verdict| *verdict != Verdict::Same));
    }
    assert!(wrong * 20 <= pairs, "{wrong} of {pairs} pairs were told apart");
}

#[test]
fn ten_percent_slower_is_worse_and_faster_is_better() {
    for seed in 0..10 {
        let runs = [
            spread_run(2 * seed + 1, 120, 150, 1.0),
            spread_run(2 * seed + 2, 120, 150, 1.1),
            spread_run(1_000 + seed, 120, 150, 0.9),
        ];
        let compared = compare(&runs, 0);
        let (slower, faster) = (verdicts(&compared, 1), verdicts(&compared, 2));
        assert_eq!(slower[..2], [Verdict::Same; 2], "{slower:?}");
        assert_eq!(slower[2..5], [Verdict::Worse; 3], "{slower:?}");
        assert_eq!(faster[2..5], [Verdict::Better; 3], "{faster:?}");
        assert!(
            compared.rows[0].changes[0].is_none(),
            "the reference has no change"
        );
        let ratio = compared.rows[0].changes[1]
            .as_ref()
            .unwrap()
            .avg_ms
            .ratio
            .unwrap();
        assert!((ratio - 1.1).abs() < 0.05, "{ratio}");
    }
}

#[test]
fn small_samples_are_unknown() {
    let short = [spread_run(1, 20, 150, 1.0), spread_run(2, 20, 150, 2.0)];
    assert_eq!(verdicts(&compare(&short, 0), 1), [Verdict::Unknown; 6]);
    let slow = [spread_run(1, 120, 10, 1.0), spread_run(2, 120, 10, 1.0)];
    let found = verdicts(&compare(&slow, 0), 1);
    assert_eq!(found[2], Verdict::Same);
    assert_eq!(
        found[5],
        Verdict::Unknown,
        "60 s of 10 requests a second have no p99 to tell"
    );
    let mut unspawned = [spread_run(1, 120, 150, 1.0), spread_run(2, 120, 150, 2.0)];
    unspawned[1].marks = Arc::default();
    let compared = compare(&unspawned, 0);
    assert_eq!(verdicts(&compared, 1), [Verdict::Unknown; 6]);
    assert!(!compared.windows[1].is_steady);
}

#[test]
fn failures_count_beyond_chance() {
    let failing = |every: u64| {
        let cells = (0..60).map(|second| cell(&[5.0; 100], u64::from(second % every == 0)));
        run_of("run", cells.collect())
    };
    let none = run_of("none", (0..60).map(|_| cell(&[5.0; 100], 0)).collect());
    let all = run_of("all", (0..60).map(|_| cell(&[5.0; 100], 100)).collect());
    let runs = [none, failing(30), failing(1), all];
    let compared = compare(&runs, 0);
    let of = |run: usize| compared.rows[0].changes[run].as_ref().unwrap().fail_ratio;
    assert_eq!(of(1).verdict, Verdict::Same, "2 of 6000");
    assert_eq!(of(2).verdict, Verdict::Worse, "1 of 100");
    assert_eq!(of(3).verdict, Verdict::Worse);
    assert_eq!(of(3).ratio, None, "nothing to multiply");
}

#[test]
fn a_name_that_one_run_has_not_stays_without_figures() {
    let mut runs = [spread_run(1, 60, 50, 1.0), spread_run(2, 60, 50, 1.0)];
    Arc::make_mut(&mut runs[1].requests)[0].name = "/new".to_owned();
    let compared = compare(&runs, 0);
    let names: Vec<_> = compared.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Aggregated", "/", "/new"]);
    let missing = &compared.rows[1];
    assert!(missing.values[0].is_some() && missing.values[1].is_none() && missing.changes[1].is_none());
    assert!(compared.rows[2].changes[1].is_none());
}

#[test]
fn differing_options_are_listed() {
    let mut runs = [spread_run(1, 10, 5, 1.0), spread_run(2, 10, 5, 1.0)];
    let info = Arc::make_mut(&mut runs[1].info);
    info.users = 50;
    info.options.insert("tenant".to_owned(), "b".into());
    info.environment.insert("cpus".to_owned(), "8".to_owned());
    let named: Vec<_> = compare(&runs, 0)
        .options
        .into_iter()
        .map(|option| (option.name, option.values))
        .collect();
    let expected = [
        ("environment.cpus", vec![Value::Null, "8".into()]),
        ("tenant", vec![Value::Null, "b".into()]),
        ("users", vec![5.into(), 50.into()]),
    ];
    assert_eq!(named, expected.map(|(name, values)| (name.to_owned(), values)));
}

#[test]
fn the_same_runs_give_the_same_words() {
    let runs = [spread_run(1, 60, 50, 1.0), spread_run(2, 60, 50, 1.03)];
    assert_eq!(compare(&runs, 0), compare(&runs, 0));
}

/// `record` measured by a generator in which every request waited, and users woke, so much late.
fn delayed(mut record: RunRecord, ms: f64) -> RunRecord {
    for interval in &mut record.intervals {
        let interval = Arc::make_mut(interval);
        let mut lag = Times::new();
        (0..interval.total.requests).for_each(|_| lag.record_ms(ms));
        interval.total.lag = PackedTimes::from(&lag);
        interval.gauges.loop_lag_max_ms = ms;
    }
    record
}

#[test]
fn what_a_late_generator_explains_is_no_difference() {
    // Five users: 33 ms from request to request at 150/s, and 37 ms at 135/s.
    let compared = |ms: f64| {
        let runs = [spread_run(1, 120, 150, 1.0), spread_run(2, 120, 135, 1.15)];
        compare(&runs.map(|run| delayed(run, ms)), 0)
    };
    let prompt = compared(0.01);
    let [rate, _, avg, p50, ..] = verdicts(&prompt, 1)[..] else {
        panic!()
    };
    assert_eq!([rate, avg, p50], [Verdict::Worse; 3]);
    let late = compared(5.0);
    let [rate, _, avg, p50, p95, _] = verdicts(&late, 1)[..] else {
        panic!()
    };
    assert_eq!([rate, avg, p50], [Verdict::Same; 3], "3 of 20 ms, of waits of 5");
    assert_eq!(p95, Verdict::Worse, "7 of 45 ms");
    assert!(
        (late.windows[0].lag_p99_ms - 5.0).abs() < 0.1,
        "{:?}",
        late.windows
    );
}
