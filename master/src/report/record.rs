//! What a report carries: the record of a run as JSON, bounded, so that a page without a master can compute every figure of
//! every window. `GET /api/v1/runs/{id}/report.json` is the same. docs/report.md describes the format.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::coarse::coarse;
use crate::diagnosis::{Finding, diagnose};
use crate::limits::{MAX_REPORT_BYTES, MAX_REPORT_INTERVALS};
use crate::timeline::views::Statistics;
use crate::timeline::{
    Cell, ErrorKey, ExceptionRow, Gauges, Interval, Mark, RequestId, RequestKey, RunRecord, statistics,
};

/// Version of the format; a reader refuses another.
const FORMAT: u32 = 1;
/// Bytes of a cell's JSON beside its packed times.
const CELL_OVERHEAD_BYTES: usize = 170;

/// What belongs to a run's report besides its record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Beside {
    /// What somebody wrote about the run.
    pub notes: String,
    /// Words somebody put on it.
    pub tags: Vec<String>,
    /// The workers as `Status` has them; None if they are not known any more.
    pub workers: Option<Value>,
    /// Shares of the tasks as `GET /tasks` has them; None if they are not known.
    pub ratio: Option<Value>,
}

/// The embedded record. Borrows: it is written and forgotten.
#[derive(Debug, Serialize)]
struct Embedded<'a> {
    format: u32,
    version: &'static str,
    run: Map<String, Value>,
    width_s: u32,
    counts_from_s: u32,
    requests: &'a [RequestKey],
    errors: &'a [ErrorKey],
    marks: &'a [Mark],
    exceptions: &'a [ExceptionRow],
    diagnosis: &'a [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: &'a Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: &'a Option<Value>,
    statistics: &'a Statistics,
    /// Request names whose figures over time would have made the file too large.
    left_out: Vec<RequestId>,
    intervals: Vec<Part<'a>>,
}

#[derive(Debug, Serialize)]
struct Part<'a> {
    gauges: &'a Gauges,
    total: &'a Cell,
    cells: Vec<&'a (RequestId, Cell)>,
    errors: &'a [(u32, u64)],
}

/// What a report says about a run as a whole; computed once for all its forms.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// The run.
    pub record: &'a RunRecord,
    /// What belongs to it.
    pub beside: &'a Beside,
    /// Figures of the whole run.
    pub statistics: Statistics,
    /// What they say.
    pub diagnosis: Vec<Finding>,
}

impl<'a> Report<'a> {
    /// Adds the record up.
    pub fn of(record: &'a RunRecord, beside: &'a Beside) -> Self {
        Self {
            record,
            beside,
            statistics: statistics(record.window(None, None)),
            diagnosis: diagnose(record, None, None),
        }
    }

    /// The embedded record: at most 600 intervals and about 16 MB.
    pub fn json(&self) -> String {
        self.json_within(MAX_REPORT_INTERVALS, MAX_REPORT_BYTES)
    }

    fn json_within(&self, intervals: usize, bytes: usize) -> String {
        let record = coarse(self.record, intervals);
        let left_out = too_large(&record, bytes);
        let part = |interval: &'_ Interval| -> Vec<usize> {
            let kept = interval.cells.iter().enumerate();
            kept.filter(|(_, (id, _))| !left_out.contains(id))
                .map(|(at, _)| at)
                .collect()
        };
        let embedded = Embedded {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION"),
            run: self.summary(),
            width_s: record.width_s,
            counts_from_s: record.counts_from_s,
            requests: &record.requests,
            errors: &record.errors,
            marks: &record.marks,
            exceptions: &record.exceptions,
            diagnosis: &self.diagnosis,
            workers: &self.beside.workers,
            ratio: &self.beside.ratio,
            statistics: &self.statistics,
            intervals: record
                .intervals
                .iter()
                .map(|interval| Part {
                    gauges: &interval.gauges,
                    total: &interval.total,
                    cells: part(interval)
                        .into_iter()
                        .filter_map(|at| interval.cells.get(at))
                        .collect(),
                    errors: &interval.errors,
                })
                .collect(),
            left_out: left_out.iter().copied().collect(),
        };
        // Plain data with text keys: nothing in it can fail to be JSON.
        serde_json::to_string(&embedded).unwrap_or_default()
    }

    /// The API's `RunSummary`.
    fn summary(&self) -> Map<String, Value> {
        let total = &self.statistics.total;
        let percentile = |p: f64| {
            let at = self.statistics.percentiles.iter().position(|known| *known == p);
            at.and_then(|at| total.ms.get(at).copied().flatten())
        };
        let mut summary = match serde_json::to_value(&*self.record.info) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        // It has a place of its own in the record.
        summary.remove("ratio");
        let fields: [(&str, Value); 10] = [
            ("requests", total.requests.into()),
            ("failures", total.failures.into()),
            ("fail_ratio", total.fail_ratio.into()),
            ("rate", total.rate.into()),
            ("p50_ms", percentile(0.5).into()),
            ("p95_ms", percentile(0.95).into()),
            ("p99_ms", percentile(0.99).into()),
            ("notes", self.beside.notes.as_str().into()),
            ("tags", self.beside.tags.clone().into()),
            ("is_live", self.record.is_live().into()),
        ];
        summary.extend(fields.map(|(name, value)| (name.to_owned(), value)));
        summary
    }
}

/// Request names whose cells go beyond `bytes`, those with the fewest requests first: the busy ones are looked at.
fn too_large(record: &RunRecord, bytes: usize) -> BTreeSet<RequestId> {
    let mut sizes = vec![(0u64, 0usize); record.requests.len()];
    let mut left = bytes;
    for interval in &record.intervals {
        left = left.saturating_sub(cell_bytes(&interval.total) + CELL_OVERHEAD_BYTES);
        for (id, cell) in &interval.cells {
            if let Some((requests, size)) = sizes.get_mut(*id as usize) {
                *requests = requests.saturating_add(cell.requests);
                *size += cell_bytes(cell);
            }
        }
    }
    let mut busiest: Vec<(RequestId, (u64, usize))> = (0..).zip(sizes).collect();
    busiest.sort_by_key(|(id, (requests, _))| (std::cmp::Reverse(*requests), *id));
    busiest
        .into_iter()
        .skip_while(|(_, (_, size))| match left.checked_sub(*size) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        })
        .map(|(id, _)| id)
        .collect()
}

/// About how long a cell is as JSON.
fn cell_bytes(cell: &Cell) -> usize {
    let packed = [&cell.times, &cell.failed_times, &cell.lag].map(|times| times.as_bytes().len());
    CELL_OVERHEAD_BYTES + packed.iter().sum::<usize>() * 4 / 3 + cell.status_codes.len() * 12
}

#[cfg(test)]
mod tests {
    use super::super::run_samples::run;
    use super::*;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_record_has_its_documented_form() {
        let (record, beside) = (run(2), Beside::default());
        let value = parsed(&Report::of(&record, &beside).json());
        insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn long_runs_are_coarser_with_the_same_figures() {
        let (record, beside) = (run(1500), Beside::default());
        let report = Report::of(&record, &beside);
        let value = parsed(&report.json());
        assert_eq!(value["width_s"], 4);
        assert_eq!(value["intervals"].as_array().unwrap().len(), 375);
        assert_eq!(
            value["statistics"]["total"]["requests"],
            report.statistics.total.requests
        );
        assert_eq!(value["left_out"], serde_json::json!([]));
    }

    #[test]
    fn what_is_too_large_is_left_out_and_said_so() {
        let (record, beside) = (run(300), Beside::default());
        let report = Report::of(&record, &beside);
        let whole = report.json_within(600, usize::MAX).len();
        let text = report.json_within(600, whole * 3 / 4);
        assert!(text.len() < whole);
        let value = parsed(&text);
        let left_out = value["left_out"].as_array().unwrap();
        assert!(!left_out.is_empty() && left_out.len() < record.requests.len());
        let cells = value["intervals"][5]["cells"].as_array().unwrap();
        assert!(cells.iter().all(|cell| !left_out.contains(&cell[0])));
        let rows = value["statistics"]["rows"].as_array().unwrap().len();
        assert_eq!(rows, record.requests.len(), "the figures of the whole run stay");
    }
}
