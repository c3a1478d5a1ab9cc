//! When a difference between two runs is more than noise.
//!
//! How much a figure varies by itself is read off each run: its steady part is cut into blocks (`steady`), the figure is
//! taken of each block, and the spread of these gives the standard error of the run's figure (the method of batch means:
//! Law and Kelton, "Simulation Modeling and Analysis", § 9.5). Where blocks resemble their neighbours, which makes the
//! spread look too small, the error is widened by (1 + r) / (1 - r), r being their lag-1 correlation (as for a
//! first-order autoregressive process, ibid. § 4.4). Two runs are compared by Welch's t-test, as Georges, Buytaert and
//! Eeckhout propose for benchmarks ("Statistically Rigorous Java Performance Evaluation", OOPSLA 2007). Since a table has
//! hundreds of figures, chances are judged together by the rule of Benjamini and Hochberg (1995): of what is called
//! better or worse, about 1 % may be noise. Last, a difference that nobody would care about, or
//! that delays of the load generator explain (`delay`), is called none however sure it is.
//!
//! Pure and without dice: the same runs give the same words.

use serde::Serialize;
use utoipa::ToSchema;

use super::delay::Delay;
use super::steady::Steady;
use super::student;
use crate::timeline::{Cell, RequestId, RunRecord};

/// Fewest blocks to tell a spread from.
const MIN_BLOCKS: usize = 6;
/// Times that must lie beyond a percentile in a block, on average; requests in a block for the other figures.
const MIN_BEYOND: f64 = 5.0;
/// Share of noise among what is called a difference.
const FALSE_SHARE: f64 = 0.01;
/// Least change of a rate or time that is called one.
const MIN_CHANGE: f64 = 0.02;
/// Least change of the ratio of failures that is called one.
const MIN_FAIL_RATIO_CHANGE: f64 = 0.001;
/// Highest correlation of neighbours that is believed; beyond it a run is no sample but a trend.
const MAX_CORRELATION: f64 = 0.9;
/// Relative error of a computed figure.
const ROUNDING: f64 = 1e-9;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    Rate,
    FailRatio,
    Average,
    P50,
    P95,
    P99,
}

impl Figure {
    pub(super) const ALL: [Self; 6] = [
        Self::Rate,
        Self::FailRatio,
        Self::Average,
        Self::P50,
        Self::P95,
        Self::P99,
    ];

    fn percentile(self) -> Option<f64> {
        match self {
            Self::P50 => Some(0.5),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            Self::Rate | Self::FailRatio | Self::Average => None,
        }
    }
}

/// What a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Within noise, or too small to matter.
    Same,
    /// Beyond noise, to the good.
    Better,
    /// Beyond noise, to the bad.
    Worse,
    /// The runs are too short, or have too few requests, to tell.
    Unknown,
}

/// How the figure of a run differs from the reference's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Difference {
    base: f64,
    value: f64,
    /// What the load generators may have added.
    least: f64,
    /// Chance that two runs of the same thing differ as much.
    pub(super) chance: f64,
}

/// One request name, or all, of one run, block by block.
#[derive(Debug, Clone, Default)]
pub(super) struct Samples {
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, Default)]
struct Block {
    seconds: f64,
    requests: u64,
    failures: u64,
    /// Requests with a response time.
    timed: u64,
    sum_ms: f64,
    /// Response times: microseconds and count, ascending.
    times: Vec<(u64, u64)>,
}

impl Samples {
    /// Cuts `request` (None for all) into the blocks of `steady`.
    pub(super) fn of(record: &RunRecord, steady: &Steady, request: Option<RequestId>) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        blocks.resize_with(steady.blocks(), || Block {
            seconds: f64::from(steady.block_s),
            ..Block::default()
        });
        for (second, interval) in record.window(Some(steady.from_s), Some(steady.to_s)).intervals() {
            let at = second.saturating_sub(steady.from_s) / steady.block_s;
            let cell = request.map_or(Some(&interval.total), |request| interval.cell(request));
            if let (Some(block), Some(cell)) = (blocks.get_mut(at as usize), cell) {
                block.add(cell);
            }
        }
        blocks.iter_mut().for_each(Block::tidy);
        Self { blocks }
    }

    /// The figure of each block, of the shortest blocks that have enough in them.
    fn values(&self, figure: Figure) -> Option<Vec<f64>> {
        (1..=self.blocks.len() / MIN_BLOCKS).find_map(|together| {
            let skipped = self.blocks.len() % together;
            let groups: Vec<Block> = self
                .blocks
                .get(skipped..)?
                .chunks(together)
                .map(Block::joined)
                .collect();
            let enough = groups.iter().map(|block| block.beyond(figure)).sum::<f64>() / groups.len() as f64;
            let values: Option<Vec<f64>> = groups.iter().map(|block| block.figure(figure)).collect();
            values.filter(|_| enough >= MIN_BEYOND)
        })
    }

    fn requests(&self) -> u64 {
        self.blocks.iter().map(|block| block.requests).sum()
    }

    fn failures(&self) -> u64 {
        self.blocks.iter().map(|block| block.failures).sum()
    }
}

impl Block {
    fn add(&mut self, cell: &Cell) {
        self.requests += cell.requests;
        self.failures += cell.failures;
        self.timed += cell.requests.saturating_sub(cell.without_time);
        self.sum_ms += cell.sum_ms;
        self.times.extend(cell.times.cells());
    }

    fn tidy(&mut self) {
        self.times.sort_unstable();
        self.times.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 += next.1;
            }
            is_same
        });
    }

    fn joined(blocks: &[Self]) -> Self {
        let mut all = Self::default();
        for block in blocks {
            all.seconds += block.seconds;
            all.requests += block.requests;
            all.failures += block.failures;
            all.timed += block.timed;
            all.sum_ms += block.sum_ms;
            all.times.extend(&block.times);
        }
        if blocks.len() > 1 {
            all.tidy();
        }
        all
    }

    /// How much there is to tell the figure from.
    fn beyond(&self, figure: Figure) -> f64 {
        match figure {
            Figure::Rate | Figure::FailRatio => self.requests as f64,
            Figure::Average => self.timed as f64,
            Figure::P50 | Figure::P95 | Figure::P99 => {
                figure.percentile().map_or(0.0, |p| self.timed as f64 * (1.0 - p))
            }
        }
    }

    fn figure(&self, figure: Figure) -> Option<f64> {
        let per = |amount: f64, of: u64| (of > 0).then(|| amount / of as f64);
        match figure {
            Figure::Rate => Some(self.requests as f64 / self.seconds),
            Figure::FailRatio => per(self.failures as f64, self.requests),
            Figure::Average => per(self.sum_ms, self.timed),
            Figure::P50 | Figure::P95 | Figure::P99 => self.percentile_ms(figure.percentile()?),
        }
    }

    /// By the rule of [`protocol::Times::percentile_ms`].
    fn percentile_ms(&self, p: f64) -> Option<f64> {
        let count: u64 = self.times.iter().map(|(_, count)| count).sum();
        let rank = ((count as f64 * p) as u64).min(count.checked_sub(1)?);
        let mut seen = 0;
        let found = self.times.iter().find(|(_, count)| {
            seen += count;
            seen > rank
        });
        found.map(|(us, _)| *us as f64 / 1_000.0)
    }
}

/// A figure with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Estimate {
    mean: f64,
    variance: f64,
    freedom: f64,
}

fn estimate(values: &[f64]) -> Estimate {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let neighbours: f64 = values
        .windows(2)
        .map(|pair| pair.iter().map(|value| value - mean).product::<f64>())
        .sum();
    // What rounding leaves of equal values is no spread.
    let squares = if squares > n * (mean * ROUNDING).powi(2) {
        squares
    } else {
        0.0
    };
    let correlation = if squares > 0.0 {
        (neighbours / squares).clamp(0.0, MAX_CORRELATION)
    } else {
        0.0
    };
    let independent = n * (1.0 - correlation) / (1.0 + correlation);
    Estimate {
        mean,
        variance: squares / (n - 1.0) / independent,
        freedom: (independent - 1.0).max(1.0),
    }
}

/// Compares a figure; None if one of them has too little to tell.
pub(super) fn difference(
    figure: Figure,
    (base, base_delay): (&Samples, &Delay),
    (run, run_delay): (&Samples, &Delay),
) -> Option<Difference> {
    let (mut a, mut b) = (estimate(&base.values(figure)?), estimate(&run.values(figure)?));
    if figure == Figure::FailRatio {
        // Few failures fall into few blocks: never surer than independent failures would allow.
        a.variance = a.variance.max(binomial_variance(base));
        b.variance = b.variance.max(binomial_variance(run));
    }
    Some(Difference {
        base: a.mean,
        value: b.mean,
        least: base_delay
            .least(figure, a.mean)
            .max(run_delay.least(figure, a.mean)),
        chance: welch(&a, &b),
    })
}

/// Variance of a ratio of independent failures, by Laplace's rule so that no failure at all is not certainty.
fn binomial_variance(samples: &Samples) -> f64 {
    let n = samples.requests() as f64;
    let ratio = (samples.failures() as f64 + 1.0) / (n + 2.0);
    ratio * (1.0 - ratio) / n
}

/// Chance of a difference as large between two equal means with unequal variances (Welch 1947).
fn welch(a: &Estimate, b: &Estimate) -> f64 {
    let variance = a.variance + b.variance;
    let distance = (a.mean - b.mean).abs();
    if variance <= 0.0 {
        return if distance > 0.0 { 0.0 } else { 1.0 };
    }
    let freedom = variance.powi(2) / (a.variance.powi(2) / a.freedom + b.variance.powi(2) / b.freedom);
    student::two_sided(distance / variance.sqrt(), freedom)
}

/// The largest chance that still counts as a difference among all these (Benjamini and Hochberg 1995).
pub(super) fn bar(chances: &[f64]) -> f64 {
    let mut sorted = chances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let per_rank = FALSE_SHARE / sorted.len().max(1) as f64;
    let below = sorted
        .iter()
        .enumerate()
        .filter(|(rank, chance)| **chance <= per_rank * (rank + 1) as f64);
    below.map(|(_, chance)| *chance).next_back().unwrap_or(-1.0)
}

/// The word for a difference.
pub(super) fn verdict(figure: Figure, difference: Option<Difference>, bar: f64) -> Verdict {
    let Some(Difference {
        base,
        value,
        least: delay,
        chance,
    }) = difference
    else {
        return Verdict::Unknown;
    };
    let least = match figure {
        Figure::FailRatio => MIN_FAIL_RATIO_CHANGE,
        _ => MIN_CHANGE * base.abs(),
    };
    if chance > bar || (value - base).abs() < least.max(delay) || value == base {
        return Verdict::Same;
    }
    let is_higher_better = figure == Figure::Rate;
    if (value > base) == is_higher_better {
        Verdict::Better
    } else {
        Verdict::Worse
    }
}
