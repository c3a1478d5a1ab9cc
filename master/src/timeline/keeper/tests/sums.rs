//! Whatever is reported when: the record adds up to the statistics.

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Report {
        worker: u8,
        rows: Vec<RowStep>,
        /// Closed so many seconds before now; None for a worker that does not say.
        age_s: Option<f64>,
    },
    Tick,
    Reset,
}

#[derive(Debug, Clone)]
struct RowStep {
    name: u8,
    ms: Vec<Option<f64>>,
    failed: usize,
    error: u8,
    tells: bool,
}

fn row() -> impl Strategy<Value = RowStep> {
    let ms = proptest::collection::vec(proptest::option::of(0.0..900.0f64), 0..6);
    (0..4u8, ms, 0..4usize, 0..3u8, any::<bool>()).prop_map(|(name, ms, failed, error, tells)| RowStep {
        name,
        ms,
        failed,
        error,
        tells,
    })
}

fn step() -> impl Strategy<Value = (f64, Step)> {
    let rows = proptest::collection::vec(row(), 0..4);
    let age_s = proptest::option::of(-3.0..9.0f64);
    let report = (0..3u8, rows, age_s).prop_map(|(worker, rows, age_s)| Step::Report { worker, rows, age_s });
    let step = prop_oneof![8 => report, 3 => Just(Step::Tick), 1 => Just(Step::Reset)];
    (0.0..2.5f64, step)
}

fn built(rows: &[RowStep], closed: Option<f64>, unix_s: f64) -> StatsReport {
    let mut stats = RequestStats::new(unix_s);
    for (number, row) in rows.iter().enumerate() {
        let name = format!("/{}", row.name);
        let second = unix_s - number as f64;
        for (at, ms) in row.ms.iter().enumerate() {
            stats.record("GET", &name, *ms, 10, second);
            if at < row.failed {
                stats.record_failure("GET", &name, &format!("error {}", row.error), second);
            }
        }
        if row.tells
            && let Some(entry) = stats.entries.get_mut(&("GET".to_owned(), name))
        {
            let mut failed = Times::new();
            row.ms
                .iter()
                .take(row.failed)
                .flatten()
                .for_each(|ms| failed.record_ms(*ms));
            entry.failed_times = Some(failed);
            entry.status_codes = [(200, row.ms.len() as u64), (503, row.failed as u64)].into();
            entry.record_lag_us(u64::from(row.error));
        }
    }
    // The total as workers build it: from the rows.
    let mut report = stats.take_report(Default::default(), None, unix_s);
    let mut total = StatsEntry::total(unix_s);
    report.stats.iter().for_each(|entry| total.merge(entry));
    report.total = total;
    report.closed_unix_s = closed;
    report
}

/// Whether a cell counts what a row of the statistics does.
fn is_same(cell: &Cell, entry: &StatsEntry) -> bool {
    let expected = Cell {
        sum_ms: cell.sum_ms,
        ..Cell::from(entry)
    };
    *cell == expected && (cell.sum_ms - entry.total_response_time).abs() < 1e-6
}

fn check(window: Window<'_>, totals: &Totals, stats: &RequestStats) -> Result<(), TestCaseError> {
    let record = window.record();
    prop_assert!(
        is_same(&Cell::from(&window.total()), &stats.total),
        "{:?} {:?}",
        window.total(),
        stats.total
    );
    prop_assert!(is_same(&totals.total, &stats.total));
    let rows: Vec<(u32, Sum)> = window.rows();
    prop_assert_eq!(rows.len(), stats.entries.len());
    prop_assert_eq!(totals.rows.len(), stats.entries.len());
    for (id, sum) in rows {
        let key = &record.requests[id as usize];
        let entry = &stats.entries[&(key.method.clone(), key.name.clone())];
        prop_assert!(is_same(&Cell::from(&sum), entry), "{:?} {:?}", sum, entry);
        prop_assert!(is_same(&totals.rows[&id], entry));
    }
    let (errors, expected) = (window.errors(), stats.errors());
    prop_assert_eq!(errors.len(), expected.len());
    for (id, count) in errors {
        let key = &record.errors[id as usize];
        let is_it = |error: &&&ErrorEntry| error.name == key.name && error.error == key.error;
        prop_assert_eq!(
            expected.iter().find(is_it).map(|error| error.occurrences),
            Some(count)
        );
        prop_assert_eq!(totals.errors.get(&id), Some(&count));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_record_adds_up_to_the_statistics(
        steps in proptest::collection::vec(step(), 1..60),
        intervals in prop_oneof![Just(2usize), Just(4), Just(16), Just(3_600)],
    ) {
        let mut keeper = keeper(Bounds { intervals, bytes: usize::MAX });
        let mut stats = RequestStats::new(START.unix_s);
        let mut run_s = 0.0;
        let last = steps.len() - 1;
        for (number, (wait_s, step)) in steps.into_iter().enumerate() {
            run_s += wait_s;
            let now = at(run_s);
            match step {
                Step::Tick => keeper.tick(fleet(1), now),
                Step::Reset => {
                    stats.clear(now.unix_s);
                    keeper.reset(now);
                }
                Step::Report { worker, rows, age_s } => {
                    let closed = age_s.map(|age_s| (now.unix_s - age_s).floor());
                    let report = built(&rows, closed, now.unix_s);
                    stats.merge_report(&report, now.unix_s);
                    keeper.report(&worker.to_string(), &report, now);
                }
            }
            prop_assert!(keeper.track.intervals().len() <= intervals + 1);
            if number % 8 != 0 && number != last {
                continue;
            }
            let totals = keeper.totals();
            let record = keeper.record();
            check(record.window(None, None), &totals, &stats)?;
        }
    }
}
