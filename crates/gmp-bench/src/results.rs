//! What came out: the values of each scenario's figures, for the table and for the file.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::scenario::{Bounded, Figure, Scenario, Target};
use crate::stats::{Pair, Summary};

/// How far something got: the whole run, or a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It goes on, or something ended it that couldn't be told of.
    Running,
    /// Ctrl-C ended it early.
    Interrupted,
    /// A run of it failed.
    Failed,
    /// All of it was done.
    Done,
}

/// A run without a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FailedRun {
    /// The side's label.
    pub(crate) side: String,
    /// Counted from 1.
    pub(crate) round: u32,
    /// What happened.
    pub(crate) reason: String,
    /// The child's last lines on stderr.
    pub(crate) stderr: Vec<String>,
}

/// One scenario.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Which.
    pub(crate) scenario: &'static Scenario,
    /// The values of each of its figures, in their order.
    pub(crate) series: Vec<Series>,
    /// The runs that failed; the round of the first one was the scenario's last.
    pub(crate) failed: Vec<FailedRun>,
    /// Ctrl-C came before all rounds were done.
    pub(crate) interrupted: bool,
}

/// The values of one figure.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Which.
    pub(crate) figure: Figure,
    /// Those of each round.
    pub(crate) pairs: Vec<Pair>,
}

impl Series {
    /// What the rounds come to.
    pub(crate) fn summary(&self) -> Summary {
        Summary::of(&self.pairs, self.figure.unit.floor())
    }
}

impl Outcome {
    /// Nothing as yet.
    pub(crate) fn new(scenario: &'static Scenario) -> Self {
        let series = scenario.figures.iter().map(|&figure| Series { figure, pairs: Vec::new() }).collect();
        Self { scenario, series, failed: Vec::new(), interrupted: false }
    }

    /// Adds a round: the values of each side that has them, in the order of the figures.
    pub(crate) fn push(&mut self, [left, right]: [Option<Vec<f64>>; 2]) {
        let value = |values: &Option<Vec<f64>>, index: usize| values.as_ref().map(|values| values[index]);
        for (index, series) in self.series.iter_mut().enumerate() {
            series.pairs.push(Pair { left: value(&left, index), right: value(&right, index) });
        }
    }

    /// Whether anything was measured or failed; else there is nothing to show.
    pub(crate) fn has_news(&self) -> bool {
        let measured = |pair: &Pair| pair.left.is_some() || pair.right.is_some();
        !self.failed.is_empty() || self.series.iter().any(|series| series.pairs.iter().any(measured))
    }

    /// How far it got.
    pub(crate) fn state(&self) -> State {
        if !self.failed.is_empty() {
            State::Failed
        } else if self.interrupted {
            State::Interrupted
        } else {
            State::Done
        }
    }

    /// Whether one of its series meets its target, if it has a say in that: not one of a quick run, or of some rounds only.
    pub(crate) fn meets(&self, target: Target, series: &Series, plan: &Plan) -> Option<bool> {
        if !plan.is_conclusive() || self.state() != State::Done {
            return None;
        }
        let summary = series.summary();
        let is_noise = |value: Option<f64>| value.is_some_and(|value| value <= series.figure.unit.floor());
        let measured = match target.of() {
            // Two values that are noise are equal.
            Bounded::Ratio if is_noise(summary.left) && is_noise(summary.right) => Some(1.0),
            Bounded::Ratio => summary.ratio.map(|ratio| ratio.median),
            Bounded::Value => summary.left,
        };
        measured.map(|measured| target.is_met(measured))
    }
}

/// Everything that was run.
#[derive(Debug)]
pub(crate) struct Results {
    /// Each scenario that was begun.
    pub(crate) outcomes: Vec<Outcome>,
    /// How far the run got. Never [`State::Failed`]: the others have gone on.
    pub(crate) state: State,
}

impl Results {
    /// Whether any scenario failed.
    pub(crate) fn any_failed(&self) -> bool {
        self.outcomes.iter().any(|outcome| !outcome.failed.is_empty())
    }
}
