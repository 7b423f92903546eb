//! The run itself: for each scenario rounds of two children, one of each side.
//!
//! Within a pair the sides run right after each other, and which one is first alternates from round to round, so that
//! neither always follows the other's heat. A failure ends its scenario with that round (the other side still runs,
//! so that the table shows whether it works there); the other scenarios go on. Ctrl-C ends everything.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child;
use crate::interrupt;
use crate::plan::{Plan, Side};
use crate::process::{self, Failure};
use crate::progress::Progress;
use crate::results::{FailedRun, Results, Row};
use crate::scenario::Scenario;
use crate::stats::Pair;

/// Children of a round.
const SIDES: u32 = 2;

/// Runs the plan.
///
/// # Errors
///
/// This program's own file cannot be found, or the handler of Ctrl-C cannot be installed.
pub(crate) fn run(plan: &Plan) -> io::Result<Results> {
    let program = std::env::current_exe()?;
    interrupt::install()?;
    let children = plan.scenarios.len() as u32 * plan.rounds * SIDES;
    let mut runner = Runner { plan, program, progress: Progress::new(children) };
    let mut rows = Vec::new();
    for scenario in &plan.scenarios {
        if interrupt::requested() {
            break;
        }
        rows.push(runner.scenario(scenario));
    }
    runner.progress.clear();
    Ok(Results { interrupted: interrupt::requested() || rows.iter().any(|row| row.interrupted), rows })
}

struct Runner<'a> {
    plan: &'a Plan,
    program: PathBuf,
    progress: Progress,
}

impl Runner<'_> {
    fn scenario(&mut self, scenario: &Scenario) -> Row {
        let mut row = Row {
            scenario: scenario.name,
            unit: scenario.unit,
            pairs: Vec::new(),
            failed: Vec::new(),
            interrupted: false,
        };
        for round in 1..=self.plan.rounds {
            self.round(scenario, round, &mut row);
            if row.interrupted || !row.failed.is_empty() {
                self.progress.dropped((self.plan.rounds - round) * SIDES);
                break;
            }
        }
        row
    }

    /// Runs one pair into `row`.
    fn round(&mut self, scenario: &Scenario, round: u32, row: &mut Row) {
        let mut values = [None, None];
        let order = if round % 2 == 1 { [0, 1] } else { [1, 0] };
        for index in order {
            let side = &self.plan.sides[index];
            self.progress.show(scenario.name, round, self.plan.rounds, &side.label);
            match run_child(&self.program, self.plan, side, scenario) {
                Ok(value) => values[index] = Some(value),
                Err(Failure::Interrupted) => {
                    row.interrupted = true;
                    break;
                }
                Err(failure) => self.failed(side, round, &failure, row),
            }
            self.progress.done();
        }
        let [left, right] = values;
        row.pairs.push(Pair { left, right });
    }

    /// Reports a failure on stderr, and keeps it for the table.
    fn failed(&self, side: &Side, round: u32, failure: &Failure, row: &mut Row) {
        let name = row.scenario;
        let mut message = format!("{name} failed on {} in round {round}: {failure}", side.label);
        for line in failure.stderr() {
            message += &format!("\n  | {line}");
        }
        self.progress.note(&message);
        row.failed.push(FailedRun {
            side: side.label.clone(),
            round,
            reason: failure.to_string(),
            stderr: failure.stderr().to_vec(),
        });
    }
}

fn run_child(program: &Path, plan: &Plan, side: &Side, scenario: &Scenario) -> Result<f64, Failure> {
    let mut command = Command::new(program);
    child::arguments(&mut command, side.runtime, scenario.name, plan.params);
    // A backtrace would push the message of a panic out of the last lines that are kept.
    command.env("RUST_BACKTRACE", "0");
    if let Some(pin) = side.pin {
        command.env("GMP_PIN", pin.name());
    }
    let output = process::run(&mut command, plan.limit, interrupt::requested)?;
    child::value_of(&output.last_line, side.runtime, scenario.name)
}
