//! Figures over time, for charts.

use super::model::{Cell, Interval, RequestId, RunRecord};
use super::sum::clamped;
use super::views::Series;
use super::window::Window;

impl Window<'_> {
    /// The complete intervals of the window as columns: of one request name, or of all. State of the fleet is the same in both.
    pub fn series(&self, request: Option<RequestId>, percentiles: &[f64]) -> Series {
        let window = self.complete();
        let mut series = window
            .record()
            .series_of(window.positions(), request, percentiles);
        (series.from_s, series.to_s) = (window.from_s(), window.to_s());
        series
    }
}

impl RunRecord {
    /// Some intervals as columns, by their positions.
    pub fn series_of(
        &self,
        positions: impl IntoIterator<Item = usize>,
        request: Option<RequestId>,
        percentiles: &[f64],
    ) -> Series {
        let mut series = Series {
            width_s: self.width_s,
            request,
            percentiles: percentiles.to_vec(),
            ms: vec![Vec::new(); percentiles.len()],
            ..Series::default()
        };
        for position in positions {
            if let Some(interval) = self.intervals.get(position) {
                let at_s = self.begin_of(position);
                series.push(at_s, self.seconds_from(at_s), interval, request);
            }
        }
        series.from_s = series.t.first().copied().unwrap_or_default();
        series.to_s = series
            .t
            .last()
            .map_or(0, |at_s| at_s.saturating_add(self.width_s));
        series
    }

    /// How many seconds of the run the interval that begins at `at_s` covers: fewer than its width at the run's end.
    fn seconds_from(&self, at_s: u32) -> f64 {
        let width_s = f64::from(self.width_s);
        let rest_s = self.info.elapsed_s - f64::from(at_s);
        // What is shorter than a tenth of a second says nothing about a rate.
        if rest_s < 0.1 {
            width_s
        } else {
            rest_s.min(width_s)
        }
    }
}

impl Series {
    fn push(&mut self, at_s: u32, seconds: f64, interval: &Interval, request: Option<RequestId>) {
        let nothing = Cell::default();
        let cell = match request {
            None => &interval.total,
            Some(request) => interval.cell(request).unwrap_or(&nothing),
        };
        let gauges = &interval.gauges;
        let per_second = |count: u64| rounded(count as f64 / seconds);
        self.t.push(at_s);
        self.users.push(gauges.users);
        self.target_users.push(gauges.target_users);
        self.workers.push(gauges.workers);
        self.rate.push(per_second(cell.requests));
        self.fail_rate.push(per_second(cell.failures));
        self.in_flight.push(rounded(gauges.in_flight));
        self.lag_ms
            .push(cell.lag.percentiles_ms(&[0.99]).pop().flatten().map(rounded));
        self.loop_lag_ms.push(rounded(gauges.loop_lag_max_ms));
        self.cpu_percent.push(rounded(gauges.cpu_max_percent));
        self.connections.push(gauges.connections);
        self.bytes_rate.push(per_second(cell.bytes));
        let timed = cell.times.count();
        self.avg_ms
            .push((timed > 0).then(|| rounded(cell.sum_ms / timed as f64)));
        let found = clamped(
            cell.times.percentiles_ms(&self.percentiles),
            cell.min_ms,
            cell.max_ms,
        );
        for (column, ms) in self.ms.iter_mut().zip(found) {
            column.push(ms.map(rounded));
        }
    }
}

/// A figure with three decimals, as all of these shapes have them.
pub(super) fn rounded(figure: f64) -> f64 {
    (figure * 1_000.0).round() / 1_000.0
}
