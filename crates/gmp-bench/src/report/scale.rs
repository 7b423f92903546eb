//! From values to places: percentages of a picture's width.

/// What is left free at either end, in percent, so that marks at the ends are whole.
const MARGIN: f64 = 3.0;

/// More labels than that don't fit on a phone.
const MOST_TICKS: usize = 6;

/// A range of values over the width of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    is_log: bool,
}

impl Scale {
    /// A logarithmic one of ratios: 1 is in it, and so is a factor of two around it.
    pub(super) fn of_ratios(values: impl Iterator<Item = f64>) -> Self {
        let values = values.filter(|value| *value > 0.0 && value.is_finite());
        let (low, high) = values.fold((0.5_f64, 2.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        Self { low: low.max(1e-4), high: high.min(1e4), is_log: true }
    }

    /// One that shows these values; logarithmic if they are of different sizes.
    pub(super) fn of_values(values: &[f64]) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low > 0.0 && high / low > 4.0 {
            return Self { low, high, is_log: true };
        }
        // Equal values stand in the middle.
        let around = if high > low { 0.0 } else { (high.abs() / 10.0).max(1.0) };
        // But there is nothing below nothing.
        let bottom = if low >= 0.0 { (low - around).max(0.0) } else { low - around };
        Self { low: bottom, high: high + around, is_log: false }
    }

    /// The place of a value in percent; what is outside of the scale stands at its end.
    pub(super) fn at(self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let share = if self.is_log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        MARGIN + share * (100.0 - 2.0 * MARGIN)
    }

    /// Round values to write at the axis.
    pub(super) fn ticks(self) -> Vec<f64> {
        for steps in [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]] {
            let ticks = self.ticks_of(steps);
            if ticks.len() <= MOST_TICKS || (self.is_log && steps.len() == 1) {
                let every = ticks.len().div_ceil(MOST_TICKS).max(1);
                return ticks.into_iter().step_by(every).collect();
            }
        }
        Vec::new()
    }

    fn ticks_of(self, steps: &[f64]) -> Vec<f64> {
        if self.is_log {
            let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
            let all = decades.flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade)));
            return all.filter(|tick| (self.low * 0.999..=self.high * 1.001).contains(tick)).collect();
        }
        let rough = (self.high - self.low) / 3.0;
        let decade = 10_f64.powf(rough.log10().floor());
        let step = [5.0, 2.0, 1.0].into_iter().map(|step| step * decade).find(|step| *step <= rough).unwrap_or(decade);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).map(|count| count as f64 * step).collect()
    }
}

/// A tick's label: as short as it can be.
pub(super) fn label(value: f64) -> String {
    let (value, suffix) = match value.abs() {
        size if size >= 1e9 => (value / 1e9, "G"),
        size if size >= 1e6 => (value / 1e6, "M"),
        size if size >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = if value.abs() < 0.1 { 4 } else { 2 };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{suffix}")
}
