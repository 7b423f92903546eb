//! The file of `--json`: everything that was measured, and under which conditions, so that a report, a comparison or
//! somebody else's program needs nothing but it.
//!
//! A field may be added to a format; one that goes away or means something else makes a new one.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::about;
use crate::facts::{self, Machine, Versions};
use crate::plan::{Absent, Plan, Side, target_side};
use crate::results::{FailedRun, Outcome, Results, Series, State};
use crate::scenario::Better;
use crate::stats::{Ratio, Verdict, median};

/// The format that this program writes and reads.
const FORMAT: u32 = 1;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    /// Which format it has.
    pub(crate) format: u32,
    /// Whether all that was to be run has been.
    pub(crate) state: State,
    /// When the run began, in UTC.
    pub(crate) began: String,
    /// How long it took until this was written.
    pub(crate) seconds: f64,
    /// What was built.
    pub(crate) versions: Versions,
    /// Where it ran.
    pub(crate) machine: Machine,
    /// What was asked for.
    pub(crate) options: Options,
    /// What was set side by side; ratios are of the first one to each of the others.
    pub(crate) sides: Vec<Side>,
    /// What it was to be set beside, and couldn't.
    #[serde(default)]
    pub(crate) absent: Vec<Absent>,
    /// What was selected and cannot run here.
    pub(crate) skipped: Vec<SkippedScenario>,
    /// What was selected and has not been begun.
    pub(crate) not_run: Vec<String>,
    /// What has been.
    pub(crate) scenarios: Vec<ScenarioRecord>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Options {
    /// The command line, without the program.
    pub(crate) arguments: Vec<String>,
    /// Worker threads of each runtime.
    pub(crate) workers: usize,
    /// Rounds of each scenario.
    pub(crate) rounds: u32,
    /// How much of the normal work.
    pub(crate) scale: f64,
    /// Seconds after which a run was killed.
    pub(crate) limit: f64,
}

/// A scenario that cannot run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SkippedScenario {
    /// Its name.
    pub(crate) scenario: String,
    /// Why.
    pub(crate) reason: String,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScenarioRecord {
    /// Its name.
    pub(crate) scenario: String,
    /// What it does, in a line.
    pub(crate) summary: String,
    /// What it measures and what it doesn't, in paragraphs.
    pub(crate) about: Vec<String>,
    /// Whether it went well.
    pub(crate) state: State,
    /// The runs that failed.
    pub(crate) failed: Vec<FailedRun>,
    /// The sides that haven't it.
    #[serde(default)]
    pub(crate) lacking: Vec<Absent>,
    /// What it found out.
    pub(crate) figures: Vec<FigureRecord>,
}

/// One figure of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FigureRecord {
    /// What tells it from the others; empty for an only one.
    pub(crate) figure: String,
    /// What it counts.
    pub(crate) unit: String,
    /// Which way its values get better.
    pub(crate) better: Better,
    /// Up to here a value is noise, and nothing is divided by it.
    pub(crate) floor: f64,
    /// Of counts that repeat: up to which part of it a difference is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) within: Option<f64>,
    /// What the project wants of it.
    pub(crate) target: Option<TargetRecord>,
    /// For each round the value of each side, where there is one.
    pub(crate) rounds: Vec<Vec<Option<f64>>>,
    /// The median of each side.
    pub(crate) medians: Vec<Option<f64>>,
    /// The first side beside each of the others, where there are ratios.
    pub(crate) comparisons: Vec<Option<Comparison>>,
}

/// The first side beside another one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Comparison {
    /// What it comes to: `left` is the first side, `right` the other one.
    pub(crate) verdict: Verdict,
    /// The first over the other.
    #[serde(flatten)]
    pub(crate) ratio: Ratio,
}

impl Comparison {
    fn of(ratio: Ratio, better: Better) -> Option<Self> {
        Some(Self { verdict: ratio.verdict(better), ratio })
    }
}

/// A bound that the project has set itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TargetRecord {
    /// As tables show it.
    pub(crate) target: String,
    /// Whether it is met, if this run has a say in it.
    pub(crate) met: Option<bool>,
}

/// When a run began and what is known of where it runs: what documents of it have in common.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    began: SystemTime,
    machine: Machine,
    arguments: Vec<String>,
    /// Go's version; empty if it isn't there.
    go: String,
}

impl Setting {
    /// Of a run that begins now, with that version of Go.
    pub(crate) fn now(plan: &Plan, go: &str) -> Self {
        let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
        Self { began: SystemTime::now(), machine: Machine::this(plan.params.workers), arguments, go: go.to_owned() }
    }
}

impl Document {
    /// What there is so far.
    pub(crate) fn new(setting: &Setting, plan: &Plan, results: &Results) -> Self {
        let skipped = plan.skipped.iter();
        Self {
            format: FORMAT,
            state: results.state,
            began: facts::utc(setting.began),
            seconds: setting.began.elapsed().map_or(0.0, |elapsed| elapsed.as_secs_f64()),
            versions: Versions { go: setting.go.clone(), ..Versions::this() },
            machine: setting.machine.clone(),
            options: Options {
                arguments: setting.arguments.clone(),
                workers: plan.params.workers,
                rounds: plan.rounds,
                scale: plan.params.scale,
                limit: plan.limit.as_secs_f64(),
            },
            sides: plan.sides.clone(),
            absent: plan.absent.clone(),
            skipped: skipped
                .map(|it| SkippedScenario { scenario: it.scenario.to_owned(), reason: it.reason.to_owned() })
                .collect(),
            not_run: plan.scenarios[results.outcomes.len()..].iter().map(|it| it.name.to_owned()).collect(),
            scenarios: results.outcomes.iter().map(|outcome| ScenarioRecord::new(outcome, plan)).collect(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// It cannot be read, is not one of these, or has a format of another version of this program; with its name.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let named = |what: String| format!("{}: {what}", path.display());
        let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        Self::parse(&text).map_err(named)
    }

    /// Reads the text of a file.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
        match value.get("format").and_then(Value::as_u64) {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => return Err(format!("has format {format}, and this program reads {FORMAT} only")),
            None => return Err("is not a file of gmp-bench run --json".to_owned()),
        }
        let document: Self = serde_json::from_value(value).map_err(|error| format!("is damaged: {error}"))?;
        document.check()?;
        Ok(document)
    }

    /// Whether every list has the length that the others say, so that nobody who reads it need look again.
    fn check(&self) -> Result<(), String> {
        let sides = self.sides.len();
        if sides == 0 {
            return Err("is damaged: it has no sides".to_owned());
        }
        for scenario in &self.scenarios {
            for figure in &scenario.figures {
                let fits = figure.rounds.iter().all(|round| round.len() == sides)
                    && figure.medians.len() == sides
                    && figure.comparisons.len() == sides - 1;
                if !fits {
                    return Err(format!("is damaged: {} has not a value for each side", scenario.scenario));
                }
            }
        }
        Ok(())
    }

    /// The side that the targets speak of.
    pub(crate) fn target_side(&self) -> Option<usize> {
        target_side(&self.sides)
    }

    /// As text.
    ///
    /// # Errors
    ///
    /// As serde_json.
    pub(crate) fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

impl ScenarioRecord {
    fn new(outcome: &Outcome, plan: &Plan) -> Self {
        Self {
            scenario: outcome.scenario.name.to_owned(),
            summary: outcome.scenario.summary.to_owned(),
            about: about::scenario(outcome.scenario.name),
            state: outcome.state(),
            failed: outcome.failed.clone(),
            lacking: plan.sides.iter().filter_map(|side| side.absent_from(outcome.scenario)).collect(),
            figures: outcome.series.iter().map(|series| FigureRecord::new(outcome, series, plan)).collect(),
        }
    }

    /// What a row with this figure is called.
    pub(crate) fn row_name(&self, figure: &FigureRecord) -> String {
        if figure.figure.is_empty() { self.scenario.clone() } else { format!("{}/{}", self.scenario, figure.figure) }
    }
}

impl FigureRecord {
    fn new(outcome: &Outcome, series: &Series, plan: &Plan) -> Self {
        let (figure, summary) = (series.figure, series.summary(plan.sides.len()));
        let better = figure.unit.better();
        let target = figure.bound().filter(|_| plan.has_targets());
        Self {
            figure: figure.name.to_owned(),
            unit: figure.unit.label().to_owned(),
            better,
            floor: figure.unit.floor(),
            within: figure.unit.repeats_within(),
            target: target.map(|it| TargetRecord { target: it.to_string(), met: outcome.meets(it, series, plan) }),
            rounds: series.rounds.iter().map(|round| round.0.clone()).collect(),
            medians: summary.medians,
            comparisons: summary.ratios.into_iter().map(|ratio| Comparison::of(ratio?, better)).collect(),
        }
    }

    /// The values of a side.
    pub(crate) fn values(&self, side: usize) -> Vec<f64> {
        self.rounds.iter().filter_map(|round| round[side]).collect()
    }

    /// The ratios of the first side to `other`, pair by pair.
    pub(crate) fn ratios(&self, other: usize) -> Vec<f64> {
        let ratio = |round: &Vec<Option<f64>>| {
            let right = round[other].filter(|right| *right > self.floor)?;
            Some(round[0]? / right)
        };
        self.rounds.iter().filter_map(ratio).collect()
    }

    /// The median of a side's values.
    pub(crate) fn median(&self, side: usize) -> Option<f64> {
        median(self.values(side).into_iter())
    }
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests;
