//! Medians, ratios of pairs, and how sure one can be of them.
//!
//! In a round one child of each side runs, right after each other, because a machine's speed drifts over a run. A ratio is
//! taken within each round, of the first side to each of the others: a pair. The median of those is less disturbed by drift
//! than the ratio of two medians.
//! [`interval`] says between which bounds such a median lies.

pub(crate) mod interval;

use serde::{Deserialize, Serialize};

use crate::scenario::Better;
use interval::Interval;

/// One round: what each side measured, where it did, in the order of the sides.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Round(pub(crate) Vec<Option<f64>>);

impl Round {
    /// The value of a side.
    pub(crate) fn value(&self, side: usize) -> Option<f64> {
        self.0.get(side).copied().flatten()
    }

    /// The first side over another one. There is no ratio without both, nor over a value that is not above `floor` (idle
    /// runtimes may use no CPU time at all).
    pub(crate) fn ratio(&self, other: usize, floor: f64) -> Option<f64> {
        let right = self.value(other).filter(|right| *right > floor)?;
        Some(self.value(0)? / right)
    }
}

/// How few pairs decide nothing: of two equal sides 5 pairs come out all on one side of 1 in 1 of 16 runs, which is more
/// than the 1 of 20 that an interval of 95 % allows.
pub(crate) const FEWEST_PAIRS: usize = 6;

/// Median, interval and extremes of the ratios.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ratio {
    /// The median of the ratios of the pairs.
    pub(crate) median: f64,
    /// The least of them.
    pub(crate) min: f64,
    /// The greatest of them.
    pub(crate) max: f64,
    /// Where the median lies in 95 of 100 such runs; from `min` to `max` if there are too few pairs to say.
    pub(crate) interval: Interval,
    /// How many pairs there are.
    pub(crate) pairs: usize,
    /// Of counts that repeat: up to which part of it a difference is none. The interval is this tolerance then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) within: Option<f64>,
}

impl Ratio {
    /// Of the ratios of some pairs, if there are any.
    pub(crate) fn of(ratios: &[f64]) -> Option<Self> {
        let median = median(ratios.iter().copied())?;
        let min = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let max = ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Some(Self { median, min, max, interval: Interval::of_median(ratios), pairs: ratios.len(), within: None })
    }

    /// The same of counts that repeat within that part.
    pub(crate) fn counted(self, within: f64) -> Self {
        Self { interval: Interval::around(self.median, within), within: Some(within), ..self }
    }

    /// What it says about a figure that gets better in that direction.
    pub(crate) fn verdict(self, better: Better) -> Verdict {
        // One count is enough.
        let pairs = if self.within.is_some() { FEWEST_PAIRS } else { self.pairs };
        Verdict::of(self.interval, pairs, better)
    }
}

/// What can be said about two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// The left side, which is the first one, is the better one.
    Left,
    /// The right side is.
    Right,
    /// They may as well be equal: the interval holds 1.
    NoDifference,
    /// All pairs say the same, but they are too few to exclude chance.
    TooFew,
}

impl Verdict {
    /// Of a ratio in that interval, after so many pairs.
    pub(crate) fn of(interval: Interval, pairs: usize, better: Better) -> Self {
        if interval.holds(1.0) {
            Self::NoDifference
        } else if pairs < FEWEST_PAIRS {
            Self::TooFew
        } else if (interval.high < 1.0) == (better == Better::Less) {
            Self::Left
        } else {
            Self::Right
        }
    }

    /// In words, of sides with these names.
    pub(crate) fn words(self, left: &str, right: &str) -> String {
        match self {
            Self::Left => format!("{left} ahead"),
            Self::Right => format!("{right} ahead"),
            Self::NoDifference => "no difference seen".to_owned(),
            Self::TooFew => "too few rounds".to_owned(),
        }
    }
}

/// What the rounds of one figure come to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summary {
    /// The median of each side's values.
    pub(crate) medians: Vec<Option<f64>>,
    /// The first side over each of the others, if any pair has a ratio.
    pub(crate) ratios: Vec<Option<Ratio>>,
}

impl Summary {
    /// Sums the rounds of so many sides up; `floor` as for [`Round::ratio`].
    pub(crate) fn of(rounds: &[Round], sides: usize, floor: f64) -> Self {
        let ratios = |other: usize| rounds.iter().filter_map(|round| round.ratio(other, floor)).collect::<Vec<f64>>();
        Self {
            medians: (0..sides).map(|side| median(rounds.iter().filter_map(|round| round.value(side)))).collect(),
            ratios: (1..sides).map(|other| Ratio::of(&ratios(other))).collect(),
        }
    }

    /// The same of counts that repeat within that part.
    pub(crate) fn counted(self, within: f64) -> Self {
        let ratios = self.ratios.into_iter().map(|ratio| ratio.map(|ratio| ratio.counted(within))).collect();
        Self { ratios, ..self }
    }
}

/// The middle value, or the mean of the two in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = sorted[sorted.len() / 2 - 1];
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests;
