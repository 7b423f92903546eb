//! One scenario in this process: the hidden `child` command, and the line it prints for the runner.

use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::catalogue::{self, Runtime};
use crate::process::Failure;
use crate::scenario::Params;

/// What a child prints, as one line of JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Which runtime ran.
    pub(crate) runtime: Runtime,
    /// Which scenario.
    pub(crate) scenario: String,
    /// With how many workers.
    pub(crate) workers: usize,
    /// The figure, in `unit`.
    pub(crate) value: f64,
    /// Its unit.
    pub(crate) unit: String,
    /// The whole amount (nanoseconds, bytes, microseconds).
    pub(crate) amount: f64,
    /// What the amount was divided by (operations, tasks, seconds).
    pub(crate) per: f64,
}

/// Runs the scenario and returns the line to print.
///
/// # Errors
///
/// There is no such scenario, or it cannot run with these parameters.
///
/// # Panics
///
/// As the scenario does, when what it computed is wrong.
pub(crate) fn measure(runtime: Runtime, name: &str, params: Params) -> Result<Line, String> {
    let scenario = catalogue::find(runtime, name).ok_or_else(|| {
        let names = catalogue::names();
        format!("no scenario is called '{name}'; there are: {names}")
    })?;
    if let Some(reason) = (scenario.unable)(params) {
        return Err(format!("{name} {reason}"));
    }
    let measured = (scenario.run)(params);
    Ok(Line {
        runtime,
        scenario: name.to_owned(),
        workers: params.workers,
        value: measured.value(),
        unit: scenario.unit.label().to_owned(),
        amount: measured.amount,
        per: measured.per,
    })
}

/// Adds the arguments that make `command` run this scenario.
pub(crate) fn arguments(command: &mut Command, runtime: Runtime, name: &str, params: Params) {
    command
        .args(["child", "--runtime", runtime.name(), "--scenario", name])
        .args(["--workers", &params.workers.to_string()])
        .args(["--scale", &params.scale.to_string()]);
}

/// Reads the figure from the line of a child that was asked for this scenario.
///
/// # Errors
///
/// The line is something else, or its figure is none.
pub(crate) fn value_of(line: &str, runtime: Runtime, name: &str) -> Result<f64, Failure> {
    let parsed: Line = serde_json::from_str(line).map_err(|error| Failure::Unreadable(error.to_string()))?;
    if parsed.runtime != runtime || parsed.scenario != name {
        return Err(Failure::Unreadable(format!("a line of another: {line}")));
    }
    if !parsed.value.is_finite() || parsed.value < 0.0 {
        return Err(Failure::Unreadable(format!("{} is no figure", parsed.value)));
    }
    Ok(parsed.value)
}
