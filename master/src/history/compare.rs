//! Two to five runs side by side, each against a reference. Pure; what counts as a difference is decided in `noise`.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::delay::Delay;
use super::limits::MAX_COMPARED_NAMES;
use super::noise::{self, Figure, Samples, Verdict};
use super::steady::{self, Steady};
use crate::timeline::{RequestKey, RunRecord, Sum};

/// What the tables of a comparison show.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Compared {
    /// For each run the part that is compared.
    pub windows: Vec<ComparedWindow>,
    /// All requests first, then by name and method.
    pub rows: Vec<ComparedRow>,
    /// What was asked for, and where it ran, as far as the runs differ in it.
    pub options: Vec<DifferingOption>,
}

/// The part of a run that is compared: with all users there, until the stop.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ComparedWindow {
    /// First second of the run in it.
    pub from_s: u32,
    /// Second after the last one in it.
    pub to_s: u32,
    /// Whether the ramp-up could be left out; without that, all figures are `unknown`.
    pub is_steady: bool,
    /// 99th percentile of how long requests waited in the load generator, milliseconds. What such waits explain is `same`.
    pub lag_p99_ms: f64,
}

/// A request name, or all requests, in each run.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ComparedRow {
    /// Request type; empty for all.
    pub method: String,
    /// Request name; `Aggregated` for all.
    pub name: String,
    /// For each run its figures; null if it has no such request.
    pub values: Vec<Option<ComparedValues>>,
    /// For each run how it differs from the reference; null for the reference itself, and where one has no such request.
    pub changes: Vec<Option<ComparedChanges>>,
}

/// Figures of the compared part of a run.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ComparedValues {
    /// Requests that ended.
    pub requests: u64,
    /// Requests per second.
    pub rate: f64,
    /// Failures by requests, 0 to 1.
    pub fail_ratio: f64,
    /// Mean response time, milliseconds.
    pub avg_ms: Option<f64>,
    /// Median response time, milliseconds.
    pub p50_ms: Option<f64>,
    /// 95th percentile, milliseconds.
    pub p95_ms: Option<f64>,
    /// 99th percentile, milliseconds.
    pub p99_ms: Option<f64>,
}

/// How a run differs from the reference.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ComparedChanges {
    /// Of the rate; higher is better.
    pub rate: Change,
    /// Of the ratio of failures; lower is better.
    pub fail_ratio: Change,
    /// Of the mean response time; lower is better.
    pub avg_ms: Change,
    /// Of the median.
    pub p50_ms: Change,
    /// Of the 95th percentile.
    pub p95_ms: Change,
    /// Of the 99th percentile.
    pub p99_ms: Change,
}

/// How one figure differs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// By how much it is multiplied; null if the reference has 0 or nothing.
    pub ratio: Option<f64>,
    /// Beyond noise or not.
    pub verdict: Verdict,
}

/// Something in which the runs differ.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DifferingOption {
    /// Locust's name of the option, or `environment.…`.
    pub name: String,
    /// For each run; null if it has none.
    #[schema(value_type = Vec<Object>)]
    pub values: Vec<Value>,
}

/// Compares runs with the one at `reference`.
pub fn compare<R: Borrow<RunRecord>>(records: &[R], reference: usize) -> Compared {
    let records: Vec<&RunRecord> = records.iter().map(Borrow::borrow).collect();
    let parts: Vec<Part<'_>> = records.iter().map(|record| Part::of(record)).collect();
    let mut rows = vec![row_of(&parts, reference, None)];
    rows.extend(
        names(&parts)
            .into_iter()
            .map(|key| row_of(&parts, reference, Some(key))),
    );
    let changes = judge(&rows, parts.len());
    for (row, changes) in rows.iter_mut().zip(changes) {
        row.row.changes = changes;
    }
    Compared {
        windows: parts.iter().map(Part::window).collect(),
        rows: rows.into_iter().map(|row| row.row).collect(),
        options: differing(&records),
    }
}

/// A run's compared part.
struct Part<'a> {
    record: &'a RunRecord,
    steady: Steady,
    total: Sum,
    delay: Delay,
    sums: HashMap<&'a RequestKey, (u32, Sum)>,
}

impl<'a> Part<'a> {
    fn of(record: &'a RunRecord) -> Self {
        let steady = steady::steady_part(record);
        let window = record.window(Some(steady.from_s), Some(steady.to_s));
        let rows = window.rows().into_iter().filter_map(|(id, sum)| {
            let key = record.requests.get(usize::try_from(id).ok()?)?;
            Some((key, (id, sum)))
        });
        let total = window.total();
        Self {
            record,
            delay: Delay::of(record, &steady, &total),
            total,
            sums: rows.collect(),
            steady,
        }
    }

    fn window(&self) -> ComparedWindow {
        ComparedWindow {
            from_s: self.steady.from_s,
            to_s: self.steady.to_s,
            is_steady: self.steady.is_steady,
            lag_p99_ms: self.delay.p99_ms,
        }
    }

    fn sum(&self, key: Option<&RequestKey>) -> Option<(Option<u32>, &Sum)> {
        match key {
            None => Some((None, &self.total)),
            Some(key) => self.sums.get(key).map(|(id, sum)| (Some(*id), sum)),
        }
    }

    fn values(&self, sum: &Sum) -> ComparedValues {
        let seconds = self
            .record
            .window(Some(self.steady.from_s), Some(self.steady.to_s))
            .span_s();
        let percentiles = sum.percentiles_ms(&[0.5, 0.95, 0.99]);
        let percentile = |at: usize| percentiles.get(at).copied().flatten();
        let per = |count: u64, of: f64| if of > 0.0 { count as f64 / of } else { 0.0 };
        ComparedValues {
            requests: sum.requests,
            rate: per(sum.requests, seconds),
            fail_ratio: per(sum.failures, sum.requests as f64),
            avg_ms: sum.avg_ms(),
            p50_ms: percentile(0),
            p95_ms: percentile(1),
            p99_ms: percentile(2),
        }
    }
}

/// Names that any run has in its compared part: those with most requests if there are too many; by name and method.
fn names<'a>(parts: &[Part<'a>]) -> Vec<&'a RequestKey> {
    let mut requests: BTreeMap<(&str, &str), (&RequestKey, u64)> = BTreeMap::new();
    for (key, (_, sum)) in parts.iter().flat_map(|part| &part.sums) {
        requests.entry((&key.name, &key.method)).or_insert((key, 0)).1 += sum.requests;
    }
    let mut names: Vec<_> = requests.into_values().collect();
    names.sort_by_key(|(_, requests)| std::cmp::Reverse(*requests));
    names.truncate(MAX_COMPARED_NAMES);
    let mut names: Vec<_> = names.into_iter().map(|(key, _)| key).collect();
    names.sort_by_key(|key| (&key.name, &key.method));
    names
}

/// A row that is not judged yet, with the chance that each difference is noise.
struct Open {
    row: ComparedRow,
    /// For each run and figure.
    chances: Vec<Option<[Option<noise::Difference>; Figure::ALL.len()]>>,
}

fn row_of(parts: &[Part<'_>], reference: usize, key: Option<&RequestKey>) -> Open {
    let values: Vec<_> = parts
        .iter()
        .map(|part| Some(part.values(part.sum(key)?.1)))
        .collect();
    let samples: Vec<Option<Samples>> = parts
        .iter()
        .map(|part| Some(Samples::of(part.record, &part.steady, part.sum(key)?.0)))
        .collect();
    let measured = |at: usize| Some((samples.get(at)?.as_ref()?, &parts.get(at)?.delay));
    let base = measured(reference);
    let chances = (0..samples.len()).map(|at| {
        let (run, base) = (measured(at)?, base?);
        (at != reference).then(|| Figure::ALL.map(|figure| noise::difference(figure, base, run)))
    });
    Open {
        chances: chances.collect(),
        row: ComparedRow {
            method: key.map(|key| key.method.clone()).unwrap_or_default(),
            name: key.map_or_else(|| "Aggregated".to_owned(), |key| key.name.clone()),
            values: values.clone(),
            changes: changes_without_verdict(&values, reference),
        },
    }
}

fn changes_without_verdict(
    values: &[Option<ComparedValues>],
    reference: usize,
) -> Vec<Option<ComparedChanges>> {
    let base = values.get(reference).and_then(Option::as_ref);
    let of = |at: usize, value: &Option<ComparedValues>| {
        let (base, value) = (base?, value.as_ref()?);
        let change = |base: Option<f64>, value: Option<f64>| Change {
            ratio: base
                .zip(value)
                .filter(|(base, _)| *base > 0.0)
                .map(|(base, value)| value / base),
            verdict: Verdict::Unknown,
        };
        (at != reference).then(|| ComparedChanges {
            rate: change(Some(base.rate), Some(value.rate)),
            fail_ratio: change(Some(base.fail_ratio), Some(value.fail_ratio)),
            avg_ms: change(base.avg_ms, value.avg_ms),
            p50_ms: change(base.p50_ms, value.p50_ms),
            p95_ms: change(base.p95_ms, value.p95_ms),
            p99_ms: change(base.p99_ms, value.p99_ms),
        })
    };
    values
        .iter()
        .enumerate()
        .map(|(at, value)| of(at, value))
        .collect()
}

/// All figures of a run are judged together, as each is one more chance for noise to look like news.
fn judge(rows: &[Open], runs: usize) -> Vec<Vec<Option<ComparedChanges>>> {
    let mut changes: Vec<_> = rows.iter().map(|row| row.row.changes.clone()).collect();
    for run in 0..runs {
        let of_run = |row: &Open| row.chances.get(run).copied().flatten();
        let known = rows.iter().filter_map(of_run).flatten().flatten();
        let bar = noise::bar(&known.map(|difference| difference.chance).collect::<Vec<_>>());
        for (row, changes) in rows.iter().zip(&mut changes) {
            let Some(Some(change)) = changes.get_mut(run) else {
                continue;
            };
            let Some(differences) = of_run(row) else { continue };
            for (figure, difference) in Figure::ALL.iter().zip(differences) {
                change.of(*figure).verdict = noise::verdict(*figure, difference, bar);
            }
        }
    }
    changes
}

impl ComparedChanges {
    fn of(&mut self, figure: Figure) -> &mut Change {
        match figure {
            Figure::Rate => &mut self.rate,
            Figure::FailRatio => &mut self.fail_ratio,
            Figure::Average => &mut self.avg_ms,
            Figure::P50 => &mut self.p50_ms,
            Figure::P95 => &mut self.p95_ms,
            Figure::P99 => &mut self.p99_ms,
        }
    }
}

/// What differs between the runs of what was asked for.
fn differing(records: &[&RunRecord]) -> Vec<DifferingOption> {
    let described: Vec<_> = records.iter().map(|record| described(record)).collect();
    let names: BTreeSet<&String> = described.iter().flat_map(BTreeMap::keys).collect();
    let values_of = |name: &String| -> Vec<Value> {
        let value = |of: &BTreeMap<String, Value>| of.get(name).cloned().unwrap_or_default();
        described.iter().map(value).collect()
    };
    names
        .into_iter()
        .map(|name| (name, values_of(name)))
        .filter(|(_, values)| values.windows(2).any(|pair| pair.first() != pair.last()))
        .map(|(name, values)| DifferingOption {
            name: name.clone(),
            values,
        })
        .collect()
}

fn described(record: &RunRecord) -> BTreeMap<String, Value> {
    let info = &record.info;
    let mut all: BTreeMap<String, Value> = info.options.clone().into_iter().collect();
    let own = [
        ("users", info.users.into()),
        ("spawn_rate", info.spawn_rate.into()),
        ("run_time_s", info.run_time_s.into()),
        ("host", info.host.clone().into()),
        ("profile", info.profile.clone().into()),
        ("user_classes", info.user_classes.clone().into()),
        ("shape_class", info.shape_class.clone().into()),
        ("locustfile", info.locustfile.clone().into()),
        ("script_hash", info.script_hash.clone().into()),
    ];
    all.extend(own.map(|(name, value)| (name.to_owned(), value)));
    // The run's own word on its time limit counts.
    all.remove("run_time");
    let environment = info.environment.iter();
    all.extend(environment.map(|(name, value)| (format!("environment.{name}"), value.clone().into())));
    all
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
