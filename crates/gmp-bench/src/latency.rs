//! Percentiles of times that tasks wrote down.
//!
//! Tasks keep plain numbers while they are timed; the histogram is made of them afterwards, so that its memory (tens of
//! KiB) is neither touched by ten thousand tasks nor shared between them.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Significant digits of a percentile.
const DIGITS: u8 = 3;

/// Times of which percentiles can be asked.
#[derive(Debug)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    /// None as yet.
    pub(crate) fn new() -> Self {
        Self(Histogram::new(DIGITS).expect("the number of digits is one that a histogram takes"))
    }

    /// Adds one.
    pub(crate) fn add(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.record(nanos).expect("a histogram without bounds takes any time");
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The least time that `percent` of 100 don't exceed; zero if there are none.
    pub(crate) fn percentile(&self, percent: f64) -> Duration {
        Duration::from_nanos(self.0.value_at_percentile(percent))
    }
}

#[cfg(test)]
mod tests;
