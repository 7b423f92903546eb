//! Which runtimes and scenarios there are, and how the command line names them.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::{go, on_gmp, on_smol, on_tokio};

/// Why a scenario has no counterpart.
const ONLY_GMP: &str = "it asks what only gmp can tell";

/// Why Go has none of those in which threads spawn or wake.
const NO_OUTSIDE: &str = "it has no threads outside of its scheduler";

/// A runtime that has the scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Runtime {
    /// This project's.
    Gmp,
    /// The one that its conventions are.
    Tokio,
    /// The one of small parts.
    Smol,
    /// Go's, whose scenarios are a program of their own.
    #[value(skip)]
    Go,
}

impl Runtime {
    /// The name as the command line takes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gmp => "gmp",
            Self::Tokio => "tokio",
            Self::Smol => "smol",
            Self::Go => "go",
        }
    }

    /// Why it hasn't that scenario, if so.
    pub(crate) fn lacks(self, scenario: &Scenario) -> Option<&'static str> {
        match self {
            Self::Gmp => None,
            _ if !scenario.has_counterpart => Some(ONLY_GMP),
            Self::Tokio => None,
            Self::Smol => smol_lacks(scenario.name),
            Self::Go if go::names().any(|name| name == scenario.name) => None,
            Self::Go => Some(go_lacks(scenario.name)),
        }
    }

    /// Whether its instructions can be counted: Go's programs don't run under valgrind as others do.
    pub(crate) fn is_counted(self) -> bool {
        match self {
            Self::Gmp | Self::Tokio | Self::Smol => true,
            Self::Go => false,
        }
    }

    /// The scenarios compiled for this runtime; Go's are not in this program.
    pub(crate) fn scenarios(self) -> &'static [Scenario] {
        match self {
            Self::Gmp => on_gmp::scenarios::SCENARIOS,
            Self::Tokio => on_tokio::scenarios::SCENARIOS,
            Self::Smol => on_smol::scenarios::SCENARIOS,
            Self::Go => &[],
        }
    }
}

/// What smol has nothing for.
fn smol_lacks(name: &str) -> Option<&'static str> {
    match name {
        "block_in_place_empty" => Some("it has no way to say that a task is about to block in place"),
        _ => None,
    }
}

/// Why Go has no twin of that scenario.
fn go_lacks(name: &str) -> &'static str {
    match name {
        "spawn_remote_1" | "spawn_remote_4" | "wake_outside" => NO_OUTSIDE,
        name if name.starts_with("spawn_many_remote_") => NO_OUTSIDE,
        "block_on_spawns" => "it has no block_on",
        "mpsc_unbounded_4_1" => "its channels are bounded",
        "block_in_place_empty" => "it has no call for that: system calls say so themselves",
        "spawn_blocking" | "spawn_blocking_many" => "it has no blocking pool: any goroutine may block",
        "task_memory_kept" => "its goroutines have no handles",
        _ => "it has no twin as yet",
    }
}

/// All scenarios. Their names, units and limits are the same for every runtime, so gmp's stand for both.
pub(crate) fn all() -> &'static [Scenario] {
    Runtime::Gmp.scenarios()
}

/// The scenario of that exact name, compiled for `runtime`.
pub(crate) fn find(runtime: Runtime, name: &str) -> Option<&'static Scenario> {
    runtime.scenarios().iter().find(|scenario| scenario.name == name)
}

/// The scenarios that any of the globs matches, in the catalogue's order; all of them without globs.
///
/// # Errors
///
/// A glob that matches nothing, with the names there are.
pub(crate) fn select(globs: &[String]) -> Result<Vec<&'static Scenario>, String> {
    for glob in globs {
        if !all().iter().any(|scenario| matches(glob, scenario.name)) {
            return Err(format!("no scenario matches '{glob}'; there are: {}", names()));
        }
    }
    let is_selected = |scenario: &&Scenario| globs.is_empty() || globs.iter().any(|glob| matches(glob, scenario.name));
    Ok(all().iter().filter(is_selected).collect())
}

/// The names of all scenarios in a line.
pub(crate) fn names() -> String {
    let names: Vec<_> = all().iter().map(|scenario| scenario.name).collect();
    names.join(", ")
}

/// Whether `glob`, in which `*` stands for any run of characters and `?` for one, matches all of `name`.
fn matches(glob: &str, name: &str) -> bool {
    let Some(first) = glob.chars().next() else {
        return name.is_empty();
    };
    let rest = &glob[first.len_utf8()..];
    let mut shorter = name.chars();
    match first {
        '*' => name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| matches(rest, &name[at..])),
        '?' => shorter.next().is_some() && matches(rest, shorter.as_str()),
        literal => shorter.next() == Some(literal) && matches(rest, shorter.as_str()),
    }
}

#[cfg(test)]
mod tests;
