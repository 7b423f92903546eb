//! What a scenario is: a name, a unit and a function from [`Params`] to a [`Measurement`].
//!
//! The types here know no runtime; the scenarios themselves stand in `scenarios.rs`, once for both.

use std::time::Duration;

/// How much smaller the uncounted run before a counted one is.
const WARM_UP_SHARE: f64 = 0.05;

/// What a child is told: how many workers, and how much of the normal work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Params {
    /// Worker threads of the runtime.
    pub(crate) workers: usize,
    /// 1.0 is the normal amount of work.
    pub(crate) scale: f64,
}

impl Params {
    /// `normal` scaled, and at least 1.
    pub(crate) fn count(self, normal: u64) -> u64 {
        ((normal as f64 * self.scale).round() as u64).max(1)
    }

    /// `normal` steps of something that grows by `base` a step, so that the work scales with `scale`.
    pub(crate) fn steps(self, normal: u32, base: f64) -> u32 {
        let shift = self.scale.log(base).round();
        (f64::from(normal) + shift).max(1.0) as u32
    }

    /// The parameters of the small run that warms caches, threads and free lists up.
    pub(crate) fn warm_up(self) -> Self {
        Self { scale: self.scale * WARM_UP_SHARE, ..self }
    }
}

/// What a scenario's value counts. Less is better in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Wall-clock nanoseconds for one operation.
    NanosPerOp,
    /// Bytes of resident memory for one task.
    BytesPerTask,
    /// Microseconds of CPU time in one second of wall-clock time.
    CpuMicrosPerSecond,
}

impl Unit {
    /// The unit as tables and JSON show it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::NanosPerOp => "ns/op",
            Self::BytesPerTask => "B/task",
            Self::CpuMicrosPerSecond => "µs/s",
        }
    }

    /// Below this a value is noise, and nothing is divided by it.
    ///
    /// For CPU time: 72 readings of idle tokio runtimes of 1, 2 and 4 workers lay between 0 and 5.2 µs/s, most of
    /// which is the time between the reader's two clocks; this is about twice the greatest. Times and sizes have none.
    pub(crate) fn floor(self) -> f64 {
        match self {
            Self::NanosPerOp | Self::BytesPerTask => 0.0,
            Self::CpuMicrosPerSecond => 10.0,
        }
    }
}

/// One figure: an amount (nanoseconds, bytes, microseconds) spread over operations, tasks or seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measurement {
    /// The whole amount.
    pub(crate) amount: f64,
    /// What it is divided by.
    pub(crate) per: f64,
}

impl Measurement {
    /// The time `ops` operations took.
    pub(crate) fn time(elapsed: Duration, ops: u64) -> Self {
        Self { amount: elapsed.as_nanos() as f64, per: ops as f64 }
    }

    /// The figure of the table.
    pub(crate) fn value(self) -> f64 {
        self.amount / self.per
    }
}

/// One line of the catalogue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// What `--only` matches.
    pub(crate) name: &'static str,
    /// One line for `list`.
    pub(crate) summary: &'static str,
    /// What the value counts.
    pub(crate) unit: Unit,
    /// Why it cannot run with these parameters on this system, if so.
    pub(crate) unable: fn(Params) -> Option<&'static str>,
    /// Warms up, measures, checks the result, and panics if that is wrong.
    pub(crate) run: fn(Params) -> Measurement,
}

impl Scenario {
    /// A scenario in ns/op that runs anywhere.
    pub(crate) const fn timed(name: &'static str, summary: &'static str, run: fn(Params) -> Measurement) -> Self {
        Self { name, summary, unit: Unit::NanosPerOp, unable: |_| None, run }
    }
}

#[cfg(test)]
mod tests;
