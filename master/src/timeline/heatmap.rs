//! Response times over time, for the heat-map.

use std::sync::LazyLock;

use super::model::{Cell, RequestId, RunRecord};
use super::views::Heatmap;
use super::window::Window;

/// Buckets of a factor of ten.
const PER_DECADE: i32 = 8;
/// Smallest time that is told apart, as a power of ten of milliseconds; what is faster is in the first bucket.
const FIRST_DECADE: i32 = -2;
/// Largest time, milliseconds: one hour, as in the histograms.
const LAST_MS: f64 = 3_600_000.0;

static EDGES_MS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let edge = |step: i32| 10f64.powf(f64::from(FIRST_DECADE) + f64::from(step) / f64::from(PER_DECADE));
    let below = (0..).map(edge).take_while(|ms| *ms < LAST_MS * 0.999);
    below.chain([LAST_MS]).collect()
});

impl Window<'_> {
    /// The complete intervals of the window, each with its response times by logarithmic buckets: of one request name, or of all.
    pub fn heatmap(&self, request: Option<RequestId>) -> Heatmap {
        let window = self.complete();
        window.record().heatmap_of(window.positions(), request)
    }
}

impl RunRecord {
    /// The same of some intervals, by their positions.
    pub fn heatmap_of(
        &self,
        positions: impl IntoIterator<Item = usize>,
        request: Option<RequestId>,
    ) -> Heatmap {
        let mut map = Heatmap {
            width_s: self.width_s,
            edges_ms: EDGES_MS.iter().map(|ms| (ms * 1e6).round() / 1e6).collect(),
            t: Vec::new(),
            columns: Vec::new(),
        };
        for position in positions {
            let Some(interval) = self.intervals.get(position) else {
                continue;
            };
            let cell = match request {
                None => Some(&interval.total),
                Some(request) => interval.cell(request),
            };
            map.t.push(self.begin_of(position));
            map.columns.push(column(cell));
        }
        map
    }
}

/// The buckets with something in them.
fn column(cell: Option<&Cell>) -> Vec<(u32, u64)> {
    let mut column: Vec<(u32, u64)> = Vec::new();
    for (us, count) in cell.into_iter().flat_map(|cell| cell.times.cells()) {
        let bucket = bucket_of(us as f64 / 1_000.0);
        match column.last_mut() {
            Some((last, sum)) if *last == bucket => *sum = sum.saturating_add(count),
            _ => column.push((bucket, count)),
        }
    }
    column
}

/// The bucket that holds a time. Times beside the edges are in the outermost buckets.
fn bucket_of(ms: f64) -> u32 {
    let after = EDGES_MS.partition_point(|edge| *edge <= ms);
    let last = EDGES_MS.len().saturating_sub(2);
    u32::try_from(after.saturating_sub(1).min(last)).unwrap_or(0)
}
