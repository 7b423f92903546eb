//! Medians and ratios of pairs.
//!
//! Rounds run in pairs, one child of each side right after the other, because a machine's speed drifts over a run. A
//! ratio is taken within each pair; the median of those is less disturbed by drift than the ratio of two medians.

use serde::Serialize;

/// One round: what each side measured, where it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Pair {
    /// The first side's value.
    pub(crate) left: Option<f64>,
    /// The second side's value.
    pub(crate) right: Option<f64>,
}

impl Pair {
    /// Whether both sides measured.
    pub(crate) fn is_complete(self) -> bool {
        self.left.is_some() && self.right.is_some()
    }

    /// left / right. There is none without both, nor over a right that is not above `floor` (idle runtimes may use no
    /// CPU time at all).
    pub(crate) fn ratio(self, floor: f64) -> Option<f64> {
        let right = self.right.filter(|right| *right > floor)?;
        Some(self.left? / right)
    }
}

/// Median and extremes of the ratios.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Ratio {
    /// The median of the ratios of the pairs.
    pub(crate) median: f64,
    /// The least of them.
    pub(crate) min: f64,
    /// The greatest of them.
    pub(crate) max: f64,
}

/// What the rounds of one scenario come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Summary {
    /// The median of the first side's values.
    pub(crate) left: Option<f64>,
    /// The median of the second side's values.
    pub(crate) right: Option<f64>,
    /// The first side over the second, if any pair has a ratio.
    pub(crate) ratio: Option<Ratio>,
}

impl Summary {
    /// Sums the rounds up; `floor` as for [`Pair::ratio`].
    pub(crate) fn of(pairs: &[Pair], floor: f64) -> Self {
        let ratios: Vec<f64> = pairs.iter().filter_map(|pair| pair.ratio(floor)).collect();
        Self {
            left: median(pairs.iter().filter_map(|pair| pair.left)),
            right: median(pairs.iter().filter_map(|pair| pair.right)),
            ratio: median(ratios.iter().copied()).map(|median| Ratio {
                median,
                min: ratios.iter().copied().fold(f64::INFINITY, f64::min),
                max: ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            }),
        }
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
