//! What is to be run: the sides, the scenarios, and how often.

use std::fmt;
use std::path::PathBuf;
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

/// One of the things that are set side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Side {
    /// Its column.
    pub(crate) label: String,
    /// What runs.
    pub(crate) runtime: Runtime,
    /// What `GMP_PIN` is set to; without it the environment stays as it is.
    pub(crate) pin: Option<Pin>,
}

impl Side {
    /// Why it hasn't that scenario, if so.
    pub(crate) fn absent_from(&self, scenario: &Scenario) -> Option<Absent> {
        let reason = self.runtime.lacks(scenario)?;
        Some(Absent { side: self.label.clone(), reason: reason.to_owned() })
    }
}

/// A scenario that was selected and cannot run on this machine, which is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// Its name.
    pub(crate) scenario: &'static str,
    /// Why.
    pub(crate) reason: &'static str,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "skipped: {} {}", self.scenario, self.reason)
    }
}

/// A side that cannot run here, or hasn't a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Absent {
    /// Its label.
    pub(crate) side: String,
    /// Why.
    pub(crate) reason: String,
}

/// Scenarios that one side hasn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lack {
    /// The side's label.
    pub(crate) side: String,
    /// Why.
    pub(crate) reason: &'static str,
    /// Their names.
    pub(crate) scenarios: Vec<&'static str>,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not on {}: {}: {}", self.side, self.scenarios.join(", "), self.reason)
    }
}

/// A run of the harness, checked and ready.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The first one, and what it is set beside; ratios are of the first to each of the others.
    pub(crate) sides: Vec<Side>,
    /// What it was to be set beside, and can't.
    pub(crate) absent: Vec<Absent>,
    /// The Go toolchain that was named.
    pub(crate) toolchain: Option<PathBuf>,
    /// What can run, in order.
    pub(crate) scenarios: Vec<&'static Scenario>,
    /// What was selected and cannot run, with the reason.
    pub(crate) skipped: Vec<Skipped>,
    /// For every child.
    pub(crate) params: Params,
    /// Rounds of children a scenario, one child of each side that has it.
    pub(crate) rounds: u32,
    /// Whether instructions are counted, too.
    pub(crate) instructions: bool,
    /// After which a child is killed.
    pub(crate) limit: Duration,
    /// Where the results go beside the table.
    pub(crate) keep: Keep,
}

impl Plan {
    /// The side that the targets speak of, which are of gmp over tokio; without it there are none.
    pub(crate) fn target_side(&self) -> Option<usize> {
        target_side(&self.sides)
    }

    /// Whether there are targets.
    pub(crate) fn has_targets(&self) -> bool {
        self.target_side().is_some()
    }

    /// Those of the sides that have that scenario.
    pub(crate) fn sides_of(&self, scenario: &Scenario) -> Vec<usize> {
        let has = |&side: &usize| self.sides[side].runtime.lacks(scenario).is_none();
        (0..self.sides.len()).filter(has).collect()
    }

    /// Whether that runtime has something to do.
    pub(crate) fn needs(&self, runtime: Runtime) -> bool {
        let is_there = self.sides.iter().any(|side| side.runtime == runtime);
        is_there && self.scenarios.iter().any(|scenario| runtime.lacks(scenario).is_none())
    }

    /// Goes on without that runtime.
    pub(crate) fn drop_sides(&mut self, runtime: Runtime, reason: &str) {
        let gone = self.sides.iter().filter(|side| side.runtime == runtime);
        self.absent.extend(gone.map(|side| Absent { side: side.label.clone(), reason: reason.to_owned() }));
        self.sides.retain(|side| side.runtime != runtime);
    }

    /// Those of the sides whose instructions are to be counted in that scenario.
    pub(crate) fn counted_sides_of(&self, scenario: &Scenario) -> Vec<usize> {
        let mut sides = self.sides_of(scenario);
        sides.retain(|&side| self.instructions && scenario.counted && self.sides[side].runtime.is_counted());
        sides
    }

    /// How many children that scenario has in all; to count instructions is one for each side.
    pub(crate) fn children_of(&self, scenario: &Scenario) -> u32 {
        self.sides_of(scenario).len() as u32 * self.rounds + self.counted_sides_of(scenario).len() as u32
    }

    /// Whether the work is what the targets were set for.
    pub(crate) fn is_conclusive(&self) -> bool {
        self.params.scale >= 1.0
    }

    /// One line that says under which conditions the figures came about.
    pub(crate) fn title(&self) -> String {
        let mut title = format!(
            "{}: {} workers, {} rounds, {} of the normal work",
            beside(&self.sides),
            self.params.workers,
            self.rounds,
            self.params.scale,
        );
        if self.instructions {
            title += ", instructions on 1 worker";
        }
        for side in &self.sides {
            if let Some(pin) = side.pin {
                title += &format!(", GMP_PIN={} for {}", pin.name(), side.label);
            }
        }
        title
    }
}

/// What the sides lack of the scenarios: for each side and reason the scenarios.
pub(crate) fn lacks(sides: &[Side], scenarios: &[&'static Scenario]) -> Vec<Lack> {
    let mut lacks: Vec<Lack> = Vec::new();
    for side in sides {
        for scenario in scenarios {
            let Some(reason) = side.runtime.lacks(scenario) else {
                continue;
            };
            match lacks.iter_mut().find(|lack| lack.side == side.label && lack.reason == reason) {
                Some(lack) => lack.scenarios.push(scenario.name),
                None => lacks.push(Lack { side: side.label.clone(), reason, scenarios: vec![scenario.name] }),
            }
        }
    }
    lacks
}

/// The side that the targets speak of.
pub(crate) fn target_side(sides: &[Side]) -> Option<usize> {
    let tokio = sides.iter().position(|side| side.runtime == Runtime::Tokio)?;
    (sides[0].runtime == Runtime::Gmp).then_some(tokio)
}

/// What is set beside what, in words.
pub(crate) fn beside(sides: &[Side]) -> String {
    let labels: Vec<_> = sides.iter().map(|side| side.label.as_str()).collect();
    match labels[..] {
        [alone] => format!("{alone} alone"),
        _ => format!("{} beside {}", labels[0], labels[1..].join(", ")),
    }
}
