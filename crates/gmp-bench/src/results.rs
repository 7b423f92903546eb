//! What came out: the values of each scenario's figures, for the table and for JSON.

use serde::Serialize;

use crate::plan::{Plan, Side, Skipped};
use crate::scenario::{Better, Figure, Scenario, Target, Unit};
use crate::stats::{Pair, Summary};

/// A run without a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
}

/// Everything that was run.
#[derive(Debug)]
pub(crate) struct Results {
    /// Each scenario that was begun.
    pub(crate) outcomes: Vec<Outcome>,
    /// Ctrl-C ended the run early.
    pub(crate) interrupted: bool,
}

impl Results {
    /// Whether any scenario failed.
    pub(crate) fn any_failed(&self) -> bool {
        self.outcomes.iter().any(|outcome| !outcome.failed.is_empty())
    }

    /// Settings, figures and summaries as JSON.
    ///
    /// # Errors
    ///
    /// As serde_json.
    pub(crate) fn to_json(&self, plan: &Plan) -> serde_json::Result<String> {
        let file = File {
            version: env!("CARGO_PKG_VERSION"),
            optimised: !cfg!(debug_assertions),
            cpus: std::thread::available_parallelism().map_or(0, usize::from),
            sides: &plan.sides,
            workers: plan.params.workers,
            rounds: plan.rounds,
            scale: plan.params.scale,
            interrupted: self.interrupted,
            skipped: &plan.skipped,
            scenarios: self.outcomes.iter().map(FileScenario::new).collect(),
        };
        serde_json::to_string_pretty(&file).map(|text| text + "\n")
    }
}

/// The file of `--json`.
#[derive(Debug, Serialize)]
struct File<'a> {
    version: &'static str,
    optimised: bool,
    cpus: usize,
    sides: &'a [Side; 2],
    workers: usize,
    rounds: u32,
    scale: f64,
    interrupted: bool,
    skipped: &'a [Skipped],
    scenarios: Vec<FileScenario<'a>>,
}

#[derive(Debug, Serialize)]
struct FileScenario<'a> {
    scenario: &'static str,
    figures: Vec<FileFigure<'a>>,
    failed: &'a [FailedRun],
    interrupted: bool,
}

impl<'a> FileScenario<'a> {
    fn new(outcome: &'a Outcome) -> Self {
        Self {
            scenario: outcome.scenario.name,
            figures: outcome.series.iter().map(FileFigure::new).collect(),
            failed: &outcome.failed,
            interrupted: outcome.interrupted,
        }
    }
}

#[derive(Debug, Serialize)]
struct FileFigure<'a> {
    /// Empty for an only one.
    figure: &'static str,
    unit: Unit,
    /// Which way the values get better.
    better: Better,
    target: Option<Target>,
    pairs: &'a [Pair],
    summary: Summary,
}

impl<'a> FileFigure<'a> {
    fn new(series: &'a Series) -> Self {
        let figure = series.figure;
        Self {
            figure: figure.name,
            unit: figure.unit,
            better: figure.unit.better(),
            target: figure.bound(),
            pairs: &series.pairs,
            summary: series.summary(),
        }
    }
}
