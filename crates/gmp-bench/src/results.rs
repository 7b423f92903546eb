//! What came out: a row a scenario, for the table and for JSON.

use serde::{Serialize, Serializer};

use crate::plan::{Plan, Side};
use crate::scenario::Unit;
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
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) scenario: &'static str,
    /// Its unit.
    #[serde(serialize_with = "as_label")]
    pub(crate) unit: Unit,
    /// The figures of each round.
    pub(crate) pairs: Vec<Pair>,
    /// The runs that failed; the round of the first one was the scenario's last.
    pub(crate) failed: Vec<FailedRun>,
    /// Ctrl-C came before all rounds were done.
    pub(crate) interrupted: bool,
}

impl Row {
    /// What the rounds come to.
    pub(crate) fn summary(&self) -> Summary {
        Summary::of(&self.pairs, self.unit.floor())
    }

    /// Whether anything was measured or failed; else there is nothing to show.
    pub(crate) fn has_news(&self) -> bool {
        let measured = |pair: &Pair| pair.left.is_some() || pair.right.is_some();
        !self.failed.is_empty() || self.pairs.iter().any(measured)
    }
}

/// Everything that was run.
#[derive(Debug)]
pub(crate) struct Results {
    /// A row each scenario that was begun.
    pub(crate) rows: Vec<Row>,
    /// Ctrl-C ended the run early.
    pub(crate) interrupted: bool,
}

impl Results {
    /// Whether any scenario failed.
    pub(crate) fn any_failed(&self) -> bool {
        self.rows.iter().any(|row| !row.failed.is_empty())
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
            scenarios: self.rows.iter().map(|row| FileRow { row, summary: row.summary() }).collect(),
        };
        serde_json::to_string_pretty(&file).map(|text| text + "\n")
    }
}

fn as_label<S: Serializer>(unit: &Unit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(unit.label())
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
    skipped: &'a [(&'static str, &'static str)],
    scenarios: Vec<FileRow<'a>>,
}

#[derive(Debug, Serialize)]
struct FileRow<'a> {
    #[serde(flatten)]
    row: &'a Row,
    summary: Summary,
}
