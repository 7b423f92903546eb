//! Intervals that hold a median with 95 % confidence.
//!
//! One of a single sample is found twice. By the percentile bootstrap: many samples of the same size are drawn from the
//! sample with replacement, and the middle 95 % of their medians are taken. And by the sample's order alone: between which
//! of its sorted values the median lies, whatever the distribution. A bootstrap of a few values promises more than it keeps
//! (with 7 its 95 % are 87), and the other has only the values themselves to offer as bounds; the interval is what
//! both cover together. What it comes to on equal sides is a test.
//!
//! The random numbers are the same in each run, so the same figures have the same interval.

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// How often a sample is drawn.
const RESAMPLES: usize = 2_000;

/// Draws of great samples are fewer: so many values in all are enough, and take no noticeable time.
const RESAMPLED_VALUES: usize = 4_000_000;
const FEWEST_RESAMPLES: usize = 400;

/// What an interval leaves out, on both ends together.
const LEFT_OUT: f64 = 0.05;

/// Of the random numbers.
const SEED: u64 = 0x676d_7062_656e_6368;

/// Between which bounds something lies, both included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interval {
    /// The lower bound.
    pub(crate) low: f64,
    /// The upper one.
    pub(crate) high: f64,
}

impl Interval {
    /// Of the median of what these values were drawn from; there must be one at least.
    pub(crate) fn of_median(values: &[f64]) -> Self {
        Self::of_median_by(RESAMPLES, values)
    }

    fn of_median_by(resamples: usize, values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut drawn = Vec::new();
        let resampled = bootstrap(resamples, sorted.len(), |random| sample_median(&sorted, random, &mut drawn));
        resampled.and(by_order(&sorted))
    }

    /// Of the median of `after` over the median of `before`, which have nothing to do with each other; there must be a
    /// value in each.
    pub(crate) fn of_change(before: &[f64], after: &[f64]) -> Self {
        Self::of_change_by(RESAMPLES, before, after)
    }

    fn of_change_by(resamples: usize, before: &[f64], after: &[f64]) -> Self {
        let mut drawn = Vec::new();
        bootstrap(resamples, before.len() + after.len(), |random| {
            let [after, before] = [after, before].map(|values| sample_median(values, random, &mut drawn));
            after / before
        })
    }

    /// A part of the value to either side of it.
    pub(crate) fn around(value: f64, part: f64) -> Self {
        Self { low: value * (1.0 - part), high: value * (1.0 + part) }
    }

    /// Whether `value` is in it.
    pub(crate) fn holds(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The smallest one with all of both in it.
    fn and(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }
}

/// The middle 95 % of what `draw` returns, which looks at `values` values.
fn bootstrap(resamples: usize, values: usize, mut draw: impl FnMut(&mut Random) -> f64) -> Interval {
    let mut random = Random::new(SEED);
    let draws = resamples.min((RESAMPLED_VALUES / values).max(FEWEST_RESAMPLES));
    let mut drawn: Vec<f64> = (0..draws).map(|_| draw(&mut random)).collect();
    drawn.sort_by(f64::total_cmp);
    let cut = (draws as f64 * LEFT_OUT / 2.0) as usize;
    Interval { low: drawn[cut], high: drawn[draws - 1 - cut] }
}

/// The median of as many values as there are, drawn with replacement into `drawn`, whose memory is used again.
fn sample_median(values: &[f64], random: &mut Random, drawn: &mut Vec<f64>) -> f64 {
    let count = values.len() as u64;
    drawn.clear();
    // `up_to` begins with 1, and what it returns was a usize.
    drawn.extend(values.iter().map(|_| values[(random.up_to(count) - 1) as usize]));
    let (below, upper, _) = drawn.select_nth_unstable_by(values.len() / 2, f64::total_cmp);
    if values.len() % 2 == 1 {
        return *upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (lower + *upper) / 2.0
}

/// The innermost two of the sorted values, as far from either end, between which the median lies with 95 %; the outermost
/// ones if even they don't reach that.
///
/// The median lies below the value number k + 1 if at most k of n values are below it, each of which is with probability one
/// half: the tail of a binomial distribution.
fn by_order(sorted: &[f64]) -> Interval {
    let count = sorted.len();
    // The logarithm of C(n, k) / 2^n, from k to k + 1; 2^-n itself is too small for a number if n is great.
    let mut log = -(count as f64) * std::f64::consts::LN_2;
    let mut tail = log.exp();
    let mut outside = 0;
    while tail <= LEFT_OUT / 2.0 && 2 * (outside + 1) < count {
        outside += 1;
        log += ((count - outside + 1) as f64 / outside as f64).ln();
        tail += log.exp();
    }
    // `outside` is the first k whose tail is too great; one less is fine, and means the value number `outside`.
    let index = outside.saturating_sub(1);
    Interval { low: sorted[index], high: sorted[count - 1 - index] }
}

#[cfg(test)]
mod tests;
