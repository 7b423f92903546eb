//! Instructions per operation: a scenario twice under valgrind's callgrind, with little and with more of its work.
//!
//! Callgrind counts every instruction that a process runs in user space: the loader's, the boot's, the scenario's. All but the last
//! are the same in both runs, so the difference of the two counts over the difference of their operations is what one operation
//! takes. Children run with one worker and without a warm-up. Valgrind lets one thread run at a time, and what the others do
//! while they wait isn't part of the operation; so only scenarios are counted in which one task, or one worker's queue, decides
//! what comes next.
//!
//! Such a count says nothing of cache misses, contention, system calls or time. What it does is repeat, within
//! [a tolerance](crate::scenario::Unit::repeats_within): it shows a regression of a few percent that no clock does on a machine with other work.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::catalogue::Runtime;
use crate::child;
use crate::process::{self, Failure, KEPT_LINES};
use crate::programs;
use crate::scenario::{Figure, Params, Scenario, Unit};

/// The program.
const PROGRAM: &str = "valgrind";

/// Why there are no counts without it.
const MISSING: &str =
    "--instructions needs the program valgrind, which is not in the PATH (Debian and Ubuntu: apt-get install valgrind)";

/// The row of the counts.
pub(crate) const FIGURE: Figure = Figure::named("instructions", Unit::InstructionsPerOp);

/// How much of the normal work the two runs do. Under callgrind everything takes some fifty times as long. Scenarios that grow
/// by powers of ten or less differ by one power at least.
const SCALES: [f64; 2] = [0.01, 0.05];

/// Says what is missing here, if anything.
pub(crate) fn missing() -> Option<&'static str> {
    if programs::is_in_path(PROGRAM) { None } else { Some(MISSING) }
}

/// Runs the scenario twice; returns the instructions of one operation. `adorn` adds to the command what it needs, each
/// run takes `limit` at most, and `interrupted` says to stop.
///
/// # Errors
///
/// A run fails, or what it leaves behind is not what callgrind writes.
pub(crate) fn count(
    program: &Path,
    runtime: Runtime,
    scenario: &Scenario,
    limit: Duration,
    adorn: impl Fn(&mut Command),
    interrupted: impl Fn() -> bool + Copy,
) -> Result<f64, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::System)?;
    let file = folder.path().join("counts");
    let run = |scale: f64| {
        let mut command = Command::new(PROGRAM);
        command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", file.display())).arg(program);
        child::arguments(&mut command, runtime, scenario.name, Params { workers: 1, scale, cold: true });
        adorn(&mut command);
        let output = process::run(&mut command, limit, KEPT_LINES, interrupted)?;
        let operations = child::operations_of(output.last_line(), runtime, scenario)?;
        let text = fs::read_to_string(&file).map_err(Failure::System)?;
        let instructions = totals(&text).map_err(|what| Failure::Unreadable(format!("callgrind: {what}")))?;
        Ok(Count { instructions, operations })
    };
    let [few, many] = SCALES.map(run);
    per_operation(few?, many?).map_err(Failure::Unreadable)
}

/// What came of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Count {
    /// Of the whole process.
    instructions: u64,
    /// That the scenario says it did.
    operations: f64,
}

/// The difference over the difference.
fn per_operation(few: Count, many: Count) -> Result<f64, String> {
    let operations = many.operations - few.operations;
    let instructions = many.instructions.checked_sub(few.instructions).filter(|difference| *difference > 0);
    match instructions {
        Some(instructions) if operations > 0.0 => Ok(instructions as f64 / operations),
        _ => Err(format!(
            "{} operations took {} instructions, and {} took {}",
            few.operations, few.instructions, many.operations, many.instructions
        )),
    }
}

/// The number of instructions in a file of callgrind's.
fn totals(text: &str) -> Result<u64, String> {
    let value = |key: &str| {
        let mut values = text.lines().filter_map(|line| line.strip_prefix(key));
        let value = values.next().ok_or_else(|| format!("no '{key}' in its file"))?;
        // With several there are several parts, of which each has a part of the count.
        if values.next().is_some() { Err(format!("more than one '{key}' in its file")) } else { Ok(value.trim()) }
    };
    let events = value("events:")?;
    if events.split_ascii_whitespace().next() != Some("Ir") {
        return Err(format!("it counted '{events}', which doesn't begin with instructions (Ir)"));
    }
    let totals = value("totals:")?;
    let first = totals.split_ascii_whitespace().next().and_then(|number| number.parse().ok());
    first.ok_or_else(|| format!("'{totals}' begins with no count"))
}

#[cfg(test)]
mod tests;
