//! One scenario in this process: the hidden `child` command, and the lines it prints for the runner.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::catalogue::{self, Runtime};
use crate::process::Failure;
use crate::scenario::{Figure, Measurement, Params, Run, Scenario};

/// What a child prints at its end, as one line of JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Which runtime ran.
    pub(crate) runtime: Runtime,
    /// Which scenario.
    pub(crate) scenario: String,
    /// With how many workers.
    pub(crate) workers: usize,
    /// What it found out, in the order of the scenario's figures.
    pub(crate) figures: Vec<Reading>,
}

/// One figure with its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// The figure's name; empty if it is the only one.
    pub(crate) name: String,
    /// The value, in `unit`.
    pub(crate) value: f64,
    /// Its unit.
    pub(crate) unit: String,
    /// The whole amount (nanoseconds, bytes, microseconds).
    pub(crate) amount: f64,
    /// What the amount was divided by (operations, tasks, seconds).
    pub(crate) per: f64,
}

impl Reading {
    fn new(figure: Figure, measured: Measurement) -> Self {
        Self {
            name: figure.name.to_owned(),
            value: measured.value(),
            unit: figure.unit.label().to_owned(),
            amount: measured.amount,
            per: measured.per,
        }
    }
}

/// What a child that serves prints before, as one line of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// Where it can be reached until its stdin ends.
    pub(crate) listening: SocketAddr,
}

impl Ready {
    /// Reads the first line of a child that serves.
    ///
    /// # Errors
    ///
    /// The line is something else.
    pub(crate) fn parse(line: &str) -> Result<Self, Failure> {
        serde_json::from_str(line).map_err(|error| Failure::Unreadable(format!("{error} in '{line}'")))
    }
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
    if let Some(reason) = runtime.lacks(scenario) {
        return Err(format!("{} has no {name}: {reason}", runtime.name()));
    }
    let measured = match scenario.run {
        Run::One(run) => vec![run(params)],
        Run::All(run) => run(params),
        Run::Http(_, serve) => serve(params, &mut until_stdin_ends),
    };
    let figures = scenario.figures_of_child();
    assert_eq!(figures.len(), measured.len(), "{name} has a value for each figure");
    let readings = figures.iter().zip(measured).map(|(figure, measured)| Reading::new(*figure, measured));
    Ok(Line { runtime, scenario: name.to_owned(), workers: params.workers, figures: readings.collect() })
}

/// Tells the runner where the server is, and waits for it to close our stdin; also when it died.
fn until_stdin_ends(listening: SocketAddr) {
    let ready = serde_json::to_string(&Ready { listening }).expect("an address is JSON");
    let mut stdout = io::stdout();
    writeln!(stdout, "{ready}").and_then(|()| stdout.flush()).expect("the runner reads");
    io::stdin().read_to_end(&mut Vec::new()).expect("stdin can be read");
}

/// Adds the arguments that make `command` run this scenario.
pub(crate) fn arguments(command: &mut Command, runtime: Runtime, name: &str, params: Params) {
    command
        .args(["child", "--runtime", runtime.name(), "--scenario", name])
        .args(["--workers", &params.workers.to_string()])
        .args(["--scale", &params.scale.to_string()]);
    if params.cold {
        command.arg("--cold");
    }
}

/// Reads the values from the line of a child that was asked for this scenario.
///
/// # Errors
///
/// The line is something else, or one of its values is none.
pub(crate) fn values_of(line: &str, runtime: Runtime, scenario: &Scenario) -> Result<Vec<f64>, Failure> {
    let parsed: Line = serde_json::from_str(line).map_err(|error| Failure::Unreadable(error.to_string()))?;
    let named = |reading: &Reading, figure: &Figure| reading.name == figure.name && reading.unit == figure.unit.label();
    let figures = scenario.figures_of_child();
    let is_asked = parsed.runtime == runtime
        && parsed.scenario == scenario.name
        && parsed.figures.len() == figures.len()
        && parsed.figures.iter().zip(figures).all(|(reading, figure)| named(reading, figure));
    if !is_asked {
        return Err(Failure::Unreadable(format!("a line of another: {line}")));
    }
    let values: Vec<f64> = parsed.figures.iter().map(|reading| reading.value).collect();
    match values.iter().find(|value| !value.is_finite() || **value < 0.0) {
        Some(value) => Err(Failure::Unreadable(format!("{value} is no figure"))),
        None => Ok(values),
    }
}

/// Reads how many operations a child of a scenario with one figure did.
///
/// # Errors
///
/// As [`values_of`].
pub(crate) fn operations_of(line: &str, runtime: Runtime, scenario: &Scenario) -> Result<f64, Failure> {
    values_of(line, runtime, scenario)?;
    let parsed: Line = serde_json::from_str(line).map_err(|error| Failure::Unreadable(error.to_string()))?;
    let operations = parsed.figures.first().map(|reading| reading.per);
    operations.ok_or_else(|| Failure::Unreadable(format!("no figure in {line}")))
}

#[cfg(test)]
mod tests;
