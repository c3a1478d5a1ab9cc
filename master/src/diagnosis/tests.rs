use std::sync::Arc;

use proptest::prelude::*;

use super::samples::{Second, mark, quiet, run};
use super::*;

fn kinds(record: &RunRecord) -> Vec<FindingKind> {
    diagnose(record, None, None)
        .iter()
        .map(|finding| finding.kind)
        .collect()
}

fn find(record: &RunRecord, kind: FindingKind) -> Option<Finding> {
    diagnose(record, None, None)
        .into_iter()
        .find(|finding| finding.kind == kind)
}

fn number(finding: &Finding, name: &str) -> f64 {
    finding.params[name].as_f64().unwrap()
}

/// Users from 0 to 200 in `ramp_s`, then held; the target gives at most `capacity` requests a second. Each user asks ten
/// times a second of a target that answers in 20 ms, and waits the rest.
fn closed(at: u32, ramp_s: u32, capacity: f64) -> Second {
    let users = (200 * (at + 1) / ramp_s).min(200);
    let wanted = f64::from(users) * 10.0;
    let rate = wanted.min(capacity).max(1.0);
    // Little's law: what a user does not wait it spends in the target's queue.
    let ms = (20.0 + (f64::from(users) / rate * 1000.0 - 100.0)).max(20.0);
    Second {
        users: u64::from(users),
        rate: rate as u64,
        ms,
        ..quiet()
    }
}

#[test]
fn a_quiet_run_has_nothing_wrong() {
    let record = run(120, |_| quiet());
    assert_eq!(kinds(&record), [FindingKind::NoTrouble]);
    assert_eq!(diagnose(&run(0, |_| quiet()), None, None), []);
}

#[test]
fn a_full_processor_is_told_with_its_time() {
    let busy = |from: u32, to: u32| {
        run(120, move |at| {
            let mut second = quiet();
            if (from..to).contains(&at) {
                second.gauges.cpu_max_percent = 97.0;
                second.gauges.cpu_mean_percent = 95.0;
            }
            second
        })
    };
    let finding = find(&busy(30, 60), FindingKind::GeneratorCpu).unwrap();
    assert_eq!(
        (finding.at_s, finding.to_s, finding.severity),
        (Some(30), Some(60), Severity::Bad)
    );
    assert_eq!(
        (number(&finding, "percent"), number(&finding, "seconds")),
        (97.0, 30.0)
    );
    assert!(finding.text.contains("from 30 s to 60 s"), "{}", finding.text);
    assert_eq!(
        find(&busy(30, 33), FindingKind::GeneratorCpu).unwrap().severity,
        Severity::Warn
    );
    assert!(
        find(&busy(30, 32), FindingKind::GeneratorCpu).is_none(),
        "start-up noise"
    );
    assert!(!kinds(&busy(30, 60)).contains(&FindingKind::NoTrouble));
}

#[test]
fn a_window_is_judged_by_itself() {
    let record = run(120, |at| {
        let mut second = Second { rate: 200, ..quiet() };
        second.gauges.cpu_max_percent = if at < 60 { 99.0 } else { 35.0 };
        second.gauges.cpu_mean_percent = second.gauges.cpu_max_percent;
        second
    });
    let kinds = |from, to| -> Vec<_> {
        diagnose(&record, from, to)
            .iter()
            .map(|finding| finding.kind)
            .collect()
    };
    assert_eq!(kinds(Some(60), None), [FindingKind::NoTrouble]);
    assert_eq!(kinds(Some(0), Some(60)), [FindingKind::GeneratorCpu]);
}

#[test]
fn lag_counts_relative_to_the_response_times() {
    let lagging = |lag_ms: f64, ms: f64| {
        run(120, move |at| Second {
            lag_ms: if at >= 50 { lag_ms } else { 0.1 },
            ms,
            ..quiet()
        })
    };
    let finding = find(&lagging(12.0, 20.0), FindingKind::GeneratorLag).unwrap();
    assert_eq!((finding.at_s, finding.to_s), (Some(50), Some(120)));
    assert!((number(&finding, "lag_ms") - 12.0).abs() < 0.1);
    assert!((number(&finding, "avg_ms") - 20.0).abs() < 0.1);
    assert!(find(&lagging(12.0, 200.0), FindingKind::GeneratorLag).is_none());
    assert!(
        find(&lagging(1.0, 0.5), FindingKind::GeneratorLag).is_none(),
        "noise"
    );
}

#[test]
fn a_late_event_loop_is_told() {
    let late = |lag_ms: f64| {
        run(120, move |at| {
            let mut second = quiet();
            second.gauges.loop_lag_max_ms = if at >= 100 { lag_ms } else { 1.0 };
            second
        })
    };
    assert_eq!(
        find(&late(400.0), FindingKind::GeneratorLoopLag).unwrap().at_s,
        Some(100)
    );
    assert!(find(&late(60.0), FindingKind::GeneratorLoopLag).is_none());
}

#[test]
fn the_knee_is_where_the_rate_stops_rising() {
    let record = run(120, |at| closed(at, 100, 1000.0));
    let finding = find(&record, FindingKind::Knee).unwrap();
    let users = number(&finding, "users");
    assert!((85.0..=115.0).contains(&users), "{}", finding.text);
    assert!(
        (number(&finding, "rate") - 1000.0).abs() < 20.0,
        "{}",
        finding.text
    );
    assert_eq!(number(&finding, "max_users"), 200.0);
    assert!(number(&finding, "before_ms") < 25.0 && number(&finding, "after_ms") > 100.0);
    let at_s = finding.at_s.unwrap();
    assert!((42..=58).contains(&at_s), "{at_s}");
}

#[test]
fn there_is_no_knee_in_a_steady_run_or_a_pure_ramp() {
    let steady = run(300, |at| Second {
        rate: 100 + u64::from(at % 7) * 5,
        ..quiet()
    });
    assert!(find(&steady, FindingKind::Knee).is_none());
    for ramp_s in [10, 60, 120] {
        let ramp = run(120, |at| closed(at, ramp_s, f64::INFINITY));
        assert!(find(&ramp, FindingKind::Knee).is_none(), "{ramp_s}");
    }
    let down_again = run(200, |at| {
        let mut second = closed(if at < 100 { at } else { 199 - at }, 100, f64::INFINITY);
        second.users = second.users.max(1);
        second
    });
    assert!(find(&down_again, FindingKind::Knee).is_none());
}

#[test]
fn a_knee_shows_in_steps_too() {
    let record = run(160, |at| {
        let users = u64::from(at / 20 + 1) * 25;
        Second {
            users,
            rate: (users * 10).min(800),
            ..quiet()
        }
    });
    let finding = find(&record, FindingKind::Knee).unwrap();
    assert!(
        (70.0..=105.0).contains(&number(&finding, "users")),
        "{}",
        finding.text
    );
}

proptest! {
    #[test]
    fn noise_makes_no_knee(seed in proptest::collection::vec(0.9f64..1.1, 120), ramp_s in 20u32..120) {
        let record = run(120, |at| {
            let mut second = closed(at, ramp_s, f64::INFINITY);
            second.rate = ((second.rate as f64 * seed[at as usize]) as u64).max(1);
            second
        });
        prop_assert!(find(&record, FindingKind::Knee).is_none());
    }

    #[test]
    fn a_knee_is_found_through_noise(seed in proptest::collection::vec(0.95f64..1.05, 120), capacity in 500.0f64..1200.0) {
        let record = run(120, |at| {
            let mut second = closed(at, 100, capacity);
            second.rate = ((second.rate as f64 * seed[at as usize]) as u64).max(1);
            second
        });
        let finding = find(&record, FindingKind::Knee).unwrap();
        let users = number(&finding, "users");
        prop_assert!((users - capacity / 10.0).abs() <= 25.0, "{}", finding.text);
    }

    #[test]
    fn any_run_and_any_window_are_judged(
        seconds in proptest::collection::vec((0u64..1000, 0u64..500, 0.0f64..1.0, 0.0f64..200.0), 0..80),
        from in proptest::option::of(0u32..100), to in proptest::option::of(0u32..100), width_s in 1u32..5,
    ) {
        let mut record = run(seconds.len() as u32, |at| {
            let (users, rate, failed, percent) = seconds[at as usize];
            let mut second = Second { users, rate, failures: (rate as f64 * failed) as u64, ..quiet() };
            second.gauges.cpu_max_percent = percent;
            second
        });
        record.width_s = width_s;
        for finding in diagnose(&record, from, to) {
            prop_assert!(!finding.text.is_empty());
            prop_assert!(!finding.text.contains("NaN") && !finding.text.contains("inf"), "{}", finding.text);
        }
    }
}

#[test]
fn the_load_at_which_errors_began_is_told() {
    let record = run(120, |at| Second {
        users: u64::from(at) + 1,
        failures: match at {
            3 => 1, // a stray one
            80.. => 20,
            _ => 0,
        },
        ..quiet()
    });
    let finding = find(&record, FindingKind::ErrorsBegan).unwrap();
    assert_eq!((finding.at_s, finding.severity), (Some(80), Severity::Bad));
    assert_eq!(
        (number(&finding, "users"), number(&finding, "rate")),
        (81.0, 100.0)
    );
    assert_eq!(finding.params["error"], "HTTPError('503 Server Error')");
    assert_eq!(finding.params["fault"], "target");
    assert_eq!(number(&finding, "count"), 800.0);
    assert!(find(&record, FindingKind::ErrorsThroughout).is_none());
}

#[test]
fn errors_from_the_first_request_on_are_no_matter_of_load() {
    let record = run(120, |_| Second {
        failures: 3,
        ..quiet()
    });
    let finding = find(&record, FindingKind::ErrorsThroughout).unwrap();
    assert_eq!(finding.severity, Severity::Warn);
    assert!(find(&record, FindingKind::ErrorsBegan).is_none());
    let rare = run(120, |at| Second {
        failures: u64::from(at == 60),
        ..quiet()
    });
    assert_eq!(
        find(&rare, FindingKind::ErrorsBegan).unwrap().severity,
        Severity::Info
    );
}

#[test]
fn ports_and_files_that_ran_out_are_the_generators() {
    for (error, kind) in [(1, FindingKind::PortsExhausted), (2, FindingKind::FilesExhausted)] {
        let record = run(120, |at| Second {
            failures: if (40..50).contains(&at) { 2 } else { 0 },
            error,
            ..quiet()
        });
        let finding = find(&record, kind).unwrap();
        assert_eq!((finding.at_s, finding.to_s), (Some(40), Some(50)));
        assert_eq!(number(&finding, "count"), 20.0);
        assert!(!kinds(&record).contains(&FindingKind::NoTrouble));
    }
}

#[test]
fn uneven_workers_are_told_and_single_ones_are_not() {
    let uneven = |workers: u32, seconds: u32| {
        run(120, move |at| {
            let mut second = quiet();
            second.gauges.workers = workers;
            if at < seconds {
                second.gauges.cpu_max_percent = 80.0;
                second.gauges.cpu_mean_percent = 30.0;
            }
            second
        })
    };
    let finding = find(&uneven(3, 60), FindingKind::UnevenWorkers).unwrap();
    assert_eq!((finding.at_s, finding.to_s), (Some(0), Some(60)));
    assert!((number(&finding, "max_percent"), number(&finding, "mean_percent")) == (80.0, 30.0));
    assert!(find(&uneven(1, 60), FindingKind::UnevenWorkers).is_none());
    assert!(find(&uneven(3, 9), FindingKind::UnevenWorkers).is_none());
}

#[test]
fn lost_workers_are_listed_up_to_a_bound() {
    let mut record = run(120, |_| quiet());
    let mut marks: Vec<_> = (0..7)
        .map(|at| mark(f64::from(at) + 10.4, "worker_lost", &format!("w{at}")))
        .collect();
    marks.push(mark(25.4, "worker_returned", "w0"));
    record.marks = Arc::new(marks);
    let findings = diagnose(&record, None, None);
    let lost: Vec<_> = findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::WorkerLost)
        .collect();
    assert_eq!(lost.len(), 5);
    assert_eq!(lost[0].at_s, Some(10));
    assert!(
        lost[0].text.contains("It came back 15 s later."),
        "{}",
        lost[0].text
    );
    assert!(lost[1].text.contains("did not come back"));
    let more = find(&record, FindingKind::WorkersLost).unwrap();
    assert_eq!(more.params["count"], 2);
}

#[test]
fn few_requests_are_told_for_the_first_percentile_they_do_not_carry() {
    let of = |seconds: u32, rate: u64| {
        find(
            &run(seconds, |_| Second { rate, ..quiet() }),
            FindingKind::FewSamples,
        )
    };
    let few = of(60, 5).unwrap();
    assert_eq!(
        (number(&few, "percentile"), number(&few, "requests")),
        (0.99, 300.0)
    );
    assert_eq!((number(&few, "needed"), few.severity), (1000.0, Severity::Warn));
    assert_eq!(of(60, 100).unwrap().severity, Severity::Info);
    assert!(of(100, 100).is_none());
}

#[test]
fn short_runs_and_ramps_are_told_once_they_are_over() {
    let short = run(10, |_| quiet());
    assert!(kinds(&short).contains(&FindingKind::ShortRun));
    let mut going_on = short.clone();
    Arc::make_mut(&mut going_on.info).state = "running".to_owned();
    assert!(!kinds(&going_on).contains(&FindingKind::ShortRun));
    let ramp = find(
        &run(120, |at| closed(at, 100, f64::INFINITY)),
        FindingKind::MostlyRamp,
    )
    .unwrap();
    assert_eq!(ramp.at_s, Some(0));
    assert!((90.0..=96.0).contains(&number(&ramp, "ramp_s")));
    assert!(
        find(
            &run(300, |at| closed(at, 20, f64::INFINITY)),
            FindingKind::MostlyRamp
        )
        .is_none()
    );
}

#[test]
fn fast_failures_that_move_the_median_are_told() {
    let failing = |failures: u64, failed_ms: f64| {
        run(120, move |at| Second {
            rate: 100,
            ms: 100.0 + f64::from(at),
            failures,
            failed_ms,
            ..quiet()
        })
    };
    let finding = find(&failing(40, 1.0), FindingKind::FailuresDistort).unwrap();
    assert!(number(&finding, "failed_ms") < 1.01 && number(&finding, "ok_ms") > 150.0);
    assert!(finding.text.contains("faster"), "{}", finding.text);
    assert!(find(&failing(2, 1.0), FindingKind::FailuresDistort).is_none());
    assert!(find(&failing(100, 1.0), FindingKind::FailuresDistort).is_none());
}

#[test]
fn the_gravest_comes_first() {
    let record = run(60, |at| {
        let mut second = Second {
            failures: u64::from(at >= 30),
            ..quiet()
        };
        second.gauges.loop_lag_max_ms = 200.0;
        second
    });
    let severities: Vec<_> = diagnose(&record, None, None)
        .iter()
        .map(|finding| finding.severity)
        .collect();
    assert!(severities.is_sorted(), "{severities:?}");
    assert_eq!(severities[0], Severity::Bad);
}
