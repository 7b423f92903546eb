//! What came out: the values of each scenario's figures, for the table and for the file.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::scenario::{Bounded, Figure, Scenario, Target};
use crate::stats::{Round, Summary};

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
    /// Counted from 1; 0 if its instructions were counted.
    pub(crate) round: u32,
    /// What happened.
    pub(crate) reason: String,
    /// The child's last lines on stderr.
    pub(crate) stderr: Vec<String>,
}

impl FailedRun {
    /// Where and when it failed, after a verb.
    pub(crate) fn place(&self) -> String {
        let Self { side, round, .. } = self;
        if *round == 0 { format!("{side} under callgrind") } else { format!("{side} in round {round}") }
    }
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
    pub(crate) rounds: Vec<Round>,
}

impl Series {
    /// What the rounds of so many sides come to.
    pub(crate) fn summary(&self, sides: usize) -> Summary {
        let unit = self.figure.unit;
        let summary = Summary::of(&self.rounds, sides, unit.floor());
        match unit.repeats_within() {
            Some(within) => summary.counted(within),
            None => summary,
        }
    }
}

impl Outcome {
    /// Nothing as yet.
    pub(crate) fn new(scenario: &'static Scenario) -> Self {
        let series = scenario.figures.iter().map(|&figure| Series { figure, rounds: Vec::new() }).collect();
        Self { scenario, series, failed: Vec::new(), interrupted: false }
    }

    /// Adds a round: the values of each side that has them, in the order of the figures.
    pub(crate) fn push(&mut self, sides: &[Option<Vec<f64>>]) {
        for (index, series) in self.series.iter_mut().enumerate() {
            series.rounds.push(Round(sides.iter().map(|values| Some(values.as_ref()?[index])).collect()));
        }
    }

    /// Adds a row of counts: that of each side that has one.
    pub(crate) fn push_counts(&mut self, figure: Figure, sides: Vec<Option<f64>>) {
        self.series.push(Series { figure, rounds: vec![Round(sides)] });
    }

    /// Whether anything was measured or failed; else there is nothing to show.
    pub(crate) fn has_news(&self) -> bool {
        let measured = |round: &Round| round.0.iter().any(Option::is_some);
        !self.failed.is_empty() || self.series.iter().any(|series| series.rounds.iter().any(measured))
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
        let summary = series.summary(plan.sides.len());
        let is_noise = |side: usize| summary.medians[side].is_some_and(|value| value <= series.figure.unit.floor());
        let measured = match (target.of(), plan.target_side()?) {
            // Two values that are noise are equal.
            (Bounded::Ratio, other) if is_noise(0) && is_noise(other) => Some(1.0),
            (Bounded::Ratio, other) => summary.ratios[other - 1].map(|ratio| ratio.median),
            (Bounded::Value, _) => summary.medians[0],
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
