//! What a scenario is: a name, the figures it has, and a function from [`Params`] to a [`Measurement`] of each.
//!
//! The types here know no runtime; the scenarios themselves stand in `scenarios.rs`, once for both.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::load::{self, Load};

/// How far two counts of instructions of the same program may be apart, as a part of them: of 30 that were made twice 29 were within
/// one percent, and one, of tokio's, was within one and a half.
const REPEATS_WITHIN: f64 = 0.02;

/// How much smaller the uncounted run before a counted one is.
const WARM_UP_SHARE: f64 = 0.05;

/// What a child is told: how many workers, and how much of the normal work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Params {
    /// Worker threads of the runtime.
    pub(crate) workers: usize,
    /// 1.0 is the normal amount of work.
    pub(crate) scale: f64,
    /// No warm-up: who counts instructions counts those of the whole process.
    pub(crate) cold: bool,
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

    /// The parameters of the small run that warms caches, threads and free lists up: without a warm-up the least there is.
    pub(crate) fn warm_up(self) -> Self {
        Self { scale: if self.cold { 0.0 } else { self.scale * WARM_UP_SHARE }, ..self }
    }
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Wall-clock nanoseconds for one operation.
    NanosPerOp,
    /// Nanoseconds of CPU time for one operation, of all threads together.
    CpuNanosPerOp,
    /// Wall-clock microseconds that something came late or took.
    Micros,
    /// Operations in one second of wall-clock time.
    PerSecond,
    /// Bytes of resident memory for one task.
    BytesPerTask,
    /// Microseconds of CPU time in one second of wall-clock time.
    CpuMicrosPerSecond,
    /// How often in one second something happened that had better not.
    EventsPerSecond,
    /// Percent of one CPU that something took.
    PercentOfCpu,
    /// Percent of another figure that are left of it.
    PercentLeft,
    /// The standard deviation in percent of the mean.
    PercentSpread,
    /// Instructions in user space for one operation, of all threads together.
    InstructionsPerOp,
}

impl Unit {
    /// The unit as tables and JSON show it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::NanosPerOp => "ns/op",
            Self::CpuNanosPerOp => "cpu-ns/op",
            Self::Micros => "µs",
            Self::PerSecond => "op/s",
            Self::BytesPerTask => "B/task",
            Self::CpuMicrosPerSecond => "µs/s",
            Self::EventsPerSecond => "events/s",
            Self::PercentOfCpu => "%cpu",
            Self::PercentLeft => "%",
            Self::PercentSpread => "%spread",
            Self::InstructionsPerOp => "instr/op",
        }
    }

    /// Which of two values is the better one.
    pub(crate) fn better(self) -> Better {
        match self {
            Self::PerSecond | Self::PercentLeft => Better::More,
            Self::NanosPerOp
            | Self::CpuNanosPerOp
            | Self::Micros
            | Self::BytesPerTask
            | Self::CpuMicrosPerSecond
            | Self::EventsPerSecond
            | Self::PercentOfCpu
            | Self::PercentSpread
            | Self::InstructionsPerOp => Better::Less,
        }
    }

    /// Below this a value is noise, and nothing is divided by it.
    ///
    /// For idle CPU time: 72 readings of idle tokio runtimes of 1, 2 and 4 workers lay between 0 and 5.2 µs/s, most of
    /// which is the time between the reader's two clocks; this is about twice the greatest. The others have none.
    pub(crate) fn floor(self) -> f64 {
        match self {
            Self::CpuMicrosPerSecond => 10.0,
            Self::NanosPerOp
            | Self::CpuNanosPerOp
            | Self::Micros
            | Self::PerSecond
            | Self::BytesPerTask
            | Self::EventsPerSecond
            | Self::PercentOfCpu
            | Self::PercentLeft
            | Self::PercentSpread
            | Self::InstructionsPerOp => 0.0,
        }
    }

    /// Where a value is a count that repeats: up to which part of it a difference is none.
    pub(crate) fn repeats_within(self) -> Option<f64> {
        (self == Self::InstructionsPerOp).then_some(REPEATS_WITHIN)
    }
}

/// The direction in which a figure gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    /// A cost: a ratio below 1 is in favour of the left side.
    Less,
    /// A yield: a ratio above 1 is.
    More,
}

/// What a target bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bounded {
    /// The ratio of gmp to tokio.
    Ratio,
    /// gmp's own value.
    Value,
}

/// A bound that the project has set itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    /// Of what.
    of: Bounded,
    /// On which side of the bound it is met.
    better: Better,
    /// The bound, which itself is good enough.
    bound: f64,
}

impl Target {
    /// What it bounds.
    pub(crate) fn of(self) -> Bounded {
        self.of
    }

    /// Whether a ratio, or a value, is good enough.
    pub(crate) fn is_met(self, measured: f64) -> bool {
        match self.better {
            Better::Less => measured <= self.bound,
            Better::More => measured >= self.bound,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.better {
            Better::Less => '≤',
            Better::More => '≥',
        };
        match self.of {
            Bounded::Ratio => write!(f, "{sign}{:.2}", self.bound),
            Bounded::Value => write!(f, "gmp{sign}{}", self.bound),
        }
    }
}

/// One of the things that a scenario finds out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    /// What tells it from the scenario's other figures; empty for an only one.
    pub(crate) name: &'static str,
    /// What it counts.
    pub(crate) unit: Unit,
    bound: Option<(Bounded, f64)>,
}

impl Figure {
    /// The only figure of a scenario.
    pub(crate) const fn only(unit: Unit) -> Self {
        Self::named("", unit)
    }

    /// One of several figures of a scenario.
    pub(crate) const fn named(name: &'static str, unit: Unit) -> Self {
        Self { name, unit, bound: None }
    }

    /// The same figure with a target: gmp's over tokio's is to be this, or better.
    pub(crate) const fn target(self, bound: f64) -> Self {
        Self { bound: Some((Bounded::Ratio, bound)), ..self }
    }

    /// The same figure with a target: gmp's own value is to be this, or better.
    pub(crate) const fn target_value(self, bound: f64) -> Self {
        Self { bound: Some((Bounded::Value, bound)), ..self }
    }

    /// The target, if the figure has one.
    pub(crate) fn bound(self) -> Option<Target> {
        let better = self.unit.better();
        self.bound.map(|(of, bound)| Target { of, better, bound })
    }
}

/// The value of a figure: an amount (nanoseconds, bytes, operations) spread over operations, tasks or seconds.
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

    /// The CPU time `ops` operations took.
    pub(crate) fn cpu(used: Duration, ops: u64) -> Self {
        Self::time(used, ops)
    }

    /// How many operations there were in a second.
    pub(crate) fn rate(ops: u64, elapsed: Duration) -> Self {
        Self { amount: ops as f64, per: elapsed.as_secs_f64() }
    }

    /// A time by itself, in microseconds.
    pub(crate) fn micros(time: Duration) -> Self {
        Self { amount: time.as_secs_f64() * 1e6, per: 1.0 }
    }

    /// What the table shows.
    pub(crate) fn value(self) -> f64 {
        self.amount / self.per
    }
}

/// What a server calls when it listens, from a thread outside of its runtime. Returns when the load is over.
pub(crate) type Listening<'a> = &'a mut dyn FnMut(SocketAddr);

/// How a scenario gets its figures. Each of these functions panics if what it computed is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Run {
    /// Warms up, measures the scenario's only figure.
    One(fn(Params) -> Measurement),
    /// Warms up, measures all of the scenario's figures, in their order.
    All(fn(Params) -> Vec<Measurement>),
    /// Serves HTTP to a program outside, which measures the figures of that load; those of the server's own come after
    /// them.
    Http(Load, fn(Params, Listening<'_>) -> Vec<Measurement>),
}

/// One line of the catalogue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// What `--only` matches.
    pub(crate) name: &'static str,
    /// One line for `list`.
    pub(crate) summary: &'static str,
    /// What comes out, and in which units.
    pub(crate) figures: &'static [Figure],
    /// Why it cannot run with these parameters on this system, if so.
    pub(crate) unable: fn(Params) -> Option<&'static str>,
    /// Whether its instructions are counted on request: it is in time for one operation, and the same each time on one worker.
    pub(crate) counted: bool,
    /// Whether there is something like it on the other runtime; else it is run on gmp alone.
    pub(crate) has_counterpart: bool,
    /// Gets the figures.
    pub(crate) run: Run,
}

impl Scenario {
    /// A scenario in ns/op that runs anywhere.
    pub(crate) const fn timed(name: &'static str, summary: &'static str, run: fn(Params) -> Measurement) -> Self {
        let figures = const { &[Figure::only(Unit::NanosPerOp)] };
        Self::of(name, summary, figures, Run::One(run))
    }

    /// A scenario with these figures that runs anywhere.
    pub(crate) const fn of(name: &'static str, summary: &'static str, figures: &'static [Figure], run: Run) -> Self {
        Self { name, summary, figures, unable: |_| None, counted: false, has_counterpart: true, run }
    }

    /// The same scenario where `unable` has no objection.
    pub(crate) const fn unless(self, unable: fn(Params) -> Option<&'static str>) -> Self {
        Self { unable, ..self }
    }

    /// The same scenario, whose instructions can be counted.
    pub(crate) const fn counted(self) -> Self {
        Self { counted: true, ..self }
    }

    /// The figures that the child measures: all but those of a load from outside.
    pub(crate) fn figures_of_child(&self) -> &'static [Figure] {
        match self.run {
            Run::One(_) | Run::All(_) => self.figures,
            Run::Http(load, _) => &self.figures[load.figures()..],
        }
    }

    /// Why it cannot be run and measured with these parameters on this system, if so.
    pub(crate) fn cannot_run(&self, params: Params) -> Option<&'static str> {
        let missing = match self.run {
            Run::One(_) | Run::All(_) => None,
            Run::Http(..) => load::missing(),
        };
        (self.unable)(params).or(missing)
    }

    /// What a row with this figure is called.
    pub(crate) fn row_name(&self, figure: Figure) -> String {
        if figure.name.is_empty() { self.name.to_owned() } else { format!("{}/{}", self.name, figure.name) }
    }
}

#[cfg(test)]
mod tests;
