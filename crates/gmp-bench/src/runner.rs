//! The run itself: for each scenario rounds of children, one of each side that has it.
//!
//! Within a round the sides run right after each other, and each round begins with the next one, so that none always
//! follows the same other's heat. A failure ends its scenario with that round (the other sides still run, so that the
//! table shows whether it works there); the other scenarios go on. Ctrl-C ends everything.

use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::callgrind;
use crate::catalogue::Runtime;
use crate::child::{self, Ready};
use crate::go::Twins;
use crate::interrupt;
use crate::load::{self, Load};
use crate::plan::{Plan, Side};
use crate::process::{self, Failure, KEPT_LINES, Running};
use crate::progress::Progress;
use crate::results::{FailedRun, Outcome, Results, State};
use crate::scenario::{Run, Scenario};

/// Runs the plan, with Go's program if it is needed. After each scenario `keep` gets what there is; what it returns goes to stderr.
///
/// # Errors
///
/// This program's own file cannot be found.
pub(crate) fn run(
    plan: &Plan,
    twins: Option<&Twins>,
    keep: impl Fn(&Results) -> Result<(), String>,
) -> io::Result<Results> {
    let program = std::env::current_exe()?;
    let children = plan.scenarios.iter().map(|scenario| plan.children_of(scenario)).sum();
    let mut runner = Runner { plan, program, twins, progress: Progress::new(children) };
    for skipped in &plan.skipped {
        runner.progress.note(&skipped.to_string());
    }
    let mut results = Results { outcomes: Vec::new(), state: State::Running };
    for scenario in &plan.scenarios {
        if interrupt::requested() {
            break;
        }
        results.outcomes.push(runner.scenario(scenario));
        if let Err(message) = keep(&results) {
            runner.progress.note(&message);
        }
    }
    runner.progress.clear();
    let interrupted = interrupt::requested() || results.outcomes.iter().any(|outcome| outcome.interrupted);
    results.state = if interrupted { State::Interrupted } else { State::Done };
    Ok(results)
}

struct Runner<'a> {
    plan: &'a Plan,
    program: PathBuf,
    /// Go's program; there if Go has something to do.
    twins: Option<&'a Twins>,
    progress: Progress,
}

impl Runner<'_> {
    fn scenario(&mut self, scenario: &'static Scenario) -> Outcome {
        let mut outcome = Outcome::new(scenario);
        let sides = self.plan.sides_of(scenario);
        self.progress.begin(self.plan.children_of(scenario));
        for round in 1..=self.plan.rounds {
            self.round(round, &sides, &mut outcome);
            if outcome.interrupted || !outcome.failed.is_empty() {
                let counted = self.plan.counted_sides_of(scenario).len() as u32;
                self.progress.dropped((self.plan.rounds - round) * sides.len() as u32 + counted);
                return outcome;
            }
        }
        self.instructions(&mut outcome);
        outcome
    }

    /// Counts instructions into `outcome`, if that is to be.
    fn instructions(&mut self, outcome: &mut Outcome) {
        let scenario = outcome.scenario;
        let sides = self.plan.counted_sides_of(scenario);
        if sides.is_empty() {
            return;
        }
        let mut counts = vec![None; self.plan.sides.len()];
        for index in sides {
            let side = &self.plan.sides[index];
            self.progress.show(&format!("{}, instructions, {}", scenario.name, side.label));
            let adorn = |command: &mut Command| Self::adorn(command, side);
            let (program, limit) = (&self.program, self.plan.limit);
            match callgrind::count(program, side.runtime, scenario, limit, adorn, interrupt::requested) {
                Ok(count) => counts[index] = Some(count),
                Err(Failure::Interrupted) => {
                    outcome.interrupted = true;
                    break;
                }
                Err(failure) => self.failed(side, 0, &failure, outcome),
            }
            self.progress.done();
        }
        outcome.push_counts(callgrind::FIGURE, counts);
    }

    /// Runs one child of each of these sides into `outcome`.
    fn round(&mut self, round: u32, sides: &[usize], outcome: &mut Outcome) {
        let scenario = outcome.scenario;
        let mut values = vec![None; self.plan.sides.len()];
        let first = (round as usize - 1) % sides.len();
        for &index in sides[first..].iter().chain(&sides[..first]) {
            let side = &self.plan.sides[index];
            let (name, rounds, label) = (scenario.name, self.plan.rounds, &side.label);
            self.progress.show(&format!("{name}, round {round} of {rounds}, {label}"));
            match self.child(side, scenario) {
                Ok(measured) => values[index] = Some(measured),
                Err(Failure::Interrupted) => {
                    outcome.interrupted = true;
                    break;
                }
                Err(failure) => self.failed(side, round, &failure, outcome),
            }
            self.progress.done();
        }
        outcome.push(&values);
    }

    /// Reports a failure on stderr, and keeps it for the table.
    fn failed(&self, side: &Side, round: u32, failure: &Failure, outcome: &mut Outcome) {
        let failed = FailedRun {
            side: side.label.clone(),
            round,
            reason: failure.to_string(),
            stderr: failure.stderr().to_vec(),
        };
        let mut message = format!("{} failed on {}: {failure}", outcome.scenario.name, failed.place());
        for line in failure.stderr() {
            message += &format!("\n  | {line}");
        }
        self.progress.note(&message);
        outcome.failed.push(failed);
    }

    /// Runs one child to its values, in the order of the scenario's figures.
    fn child(&self, side: &Side, scenario: &Scenario) -> Result<Vec<f64>, Failure> {
        let twins = self.twins.filter(|_| side.runtime == Runtime::Go);
        let mut command = Command::new(twins.map_or_else(|| self.program.clone(), Twins::program));
        child::arguments(&mut command, side.runtime, scenario.name, self.plan.params);
        Self::adorn(&mut command, side);
        if let Run::Http(load, _) = scenario.run {
            return self.server(load, command, side, scenario);
        }
        let output = process::run(&mut command, self.plan.limit, KEPT_LINES, interrupt::requested)?;
        child::values_of(output.last_line(), side.runtime, scenario)
    }

    /// The environment of a child.
    fn adorn(command: &mut Command, side: &Side) {
        // A backtrace would push the message of a panic out of the last lines that are kept.
        command.env("RUST_BACKTRACE", "0").env("GOTRACEBACK", "none");
        if let Some(pin) = side.pin {
            command.env("GMP_PIN", pin.name());
        }
    }

    /// Runs a child that serves, and the load on it: the load's values, then the child's.
    fn server(&self, load: Load, mut command: Command, side: &Side, scenario: &Scenario) -> Result<Vec<f64>, Failure> {
        let mut server = Running::serve(&mut command, self.plan.limit, KEPT_LINES)?;
        let ready = Ready::parse(&server.first_line(interrupt::requested)?)?;
        let loaded = load::run(load, ready.listening, self.plan.params, server.left(), interrupt::requested);
        // A server that died, or is over its limit, says more than its client does.
        let output = server.finish(interrupt::requested)?;
        let mut values = loaded?;
        values.extend(child::values_of(output.last_line(), side.runtime, scenario)?);
        Ok(values)
    }
}
