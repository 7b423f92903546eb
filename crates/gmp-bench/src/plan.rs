//! What is to be run: two sides, the scenarios, and how often.

use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::catalogue::Runtime;
use crate::keep::Keep;
use crate::scenario::{Params, Scenario};

/// Where gmp pins its threads; passed to it in `GMP_PIN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pin {
    /// To single cores if it has the machine to itself.
    Auto,
    /// To single cores.
    Core,
    /// To the cores that share a last-level cache.
    Llc,
    /// Nowhere.
    None,
}

impl Pin {
    /// The value of `GMP_PIN`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Core => "core",
            Self::Llc => "llc",
            Self::None => "none",
        }
    }
}

/// One of the two things that are set side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Side {
    /// Its column.
    pub(crate) label: String,
    /// What runs.
    pub(crate) runtime: Runtime,
    /// What `GMP_PIN` is set to; without it the environment stays as it is.
    pub(crate) pin: Option<Pin>,
}

/// A scenario that was selected and cannot run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// Its name.
    pub(crate) scenario: &'static str,
    /// Why.
    pub(crate) reason: &'static str,
    /// Whether `--only` named it or matched it: then its absence is a failure.
    pub(crate) asked_for: bool,
}

/// A run of the harness, checked and ready.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Left and right; ratios are left over right.
    pub(crate) sides: [Side; 2],
    /// What can run, in order.
    pub(crate) scenarios: Vec<&'static Scenario>,
    /// What was selected and cannot run, with the reason.
    pub(crate) skipped: Vec<Skipped>,
    /// For every child.
    pub(crate) params: Params,
    /// Pairs of children a scenario.
    pub(crate) rounds: u32,
    /// After which a child is killed.
    pub(crate) limit: Duration,
    /// Where the results go beside the table.
    pub(crate) keep: Keep,
}

impl Plan {
    /// Whether anything that `--only` asked for cannot run.
    pub(crate) fn lacks_what_was_asked_for(&self) -> bool {
        self.skipped.iter().any(|skipped| skipped.asked_for)
    }

    /// Whether targets, which are of gmp over tokio, say something about the ratios.
    pub(crate) fn has_targets(&self) -> bool {
        self.sides[0].runtime == Runtime::Gmp && self.sides[1].runtime == Runtime::Tokio
    }

    /// Whether the work is what the targets were set for.
    pub(crate) fn is_conclusive(&self) -> bool {
        self.params.scale >= 1.0
    }

    /// One line that says under which conditions the figures came about.
    pub(crate) fn title(&self) -> String {
        let [left, right] = &self.sides;
        let mut title = format!(
            "{} beside {}: {} workers, {} rounds, {} of the normal work",
            left.label, right.label, self.params.workers, self.rounds, self.params.scale,
        );
        for side in &self.sides {
            if let Some(pin) = side.pin {
                title += &format!(", GMP_PIN={} for {}", pin.name(), side.label);
            }
        }
        title
    }
}
