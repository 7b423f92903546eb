//! gmp-bench sets gmp beside tokio, smol and Go: the same scenarios on each; on the Rust ones, from the same source.
//!
//! ```text
//! cargo run --release -p gmp-bench -- list
//! cargo run --release -p gmp-bench -- run --quick
//! cargo run --release -p gmp-bench -- run --only 'spawn_*' skynet --json results.json
//! cargo run --release -p gmp-bench -- run --against tokio,smol,go --report report
//! cargo run --release -p gmp-bench -- compare before.json after.json
//! cargo run --release -p gmp-bench -- run --compare-pin
//! ```
//!
//! # How it measures
//!
//! * Each scenario runs in a process of its own (the hidden command `child`), so that no run inherits another's heap,
//!   threads or pinning. A child warms up with a twentieth of the work, measures once, checks what it computed, and
//!   prints one line of JSON. The Rust runtimes have the system's default allocator.
//! * Children run in rounds, one of each side, and each round begins with the next side. Ratios are of gmp to each of the
//!   others, within a round; the table shows their median and interval, besides each side's own median. Most figures are
//!   costs: a ratio below 1 means that gmp is the better one. Some are yields (requests a second), where it is one above 1;
//!   the column `better` says which. Where the project has set itself a target for a ratio, the table has it, too.
//! * A few scenarios ask what only gmp has (`false_retakes`, `busy_sysmon`): they are run on gmp alone, and have no ratio. Others
//!   ask what smol or Go has nothing for, and are run without it. `list` says so, and why (`Runtime::lacks`).
//! * A target is a bound on the ratio to tokio, or, written `gmp≤5000`, on gmp's own value.
//! * Go's side is a program (`benches/go`) that answers as `child` does. Its sources are part of this one, which builds it for each
//!   run if there is a toolchain, and goes on without Go otherwise.
//! * A scenario has one figure or several (`http/requests`, `http/p99`), all of them from the same runs.
//! * `http` and `http_beside_slow` are served by a child and put under load by wrk, a program from outside, in the parent's
//!   hands.
//! * Timed code runs on a worker, in a spawned task, except where a scenario is about another place (`main_spawns`,
//!   `block_on_spawns`, `spawn_remote_*`).
//! * A child that fails, or that is still there at `--limit`, is reported on stderr with its last lines and in the
//!   table; the other scenarios go on, and the exit code is 1. `child` by hand, with RUST_BACKTRACE, shows more. Ctrl-C prints what there is.
//! * A scenario that this machine is too small for, or that lacks a program, is skipped, which stderr and the table say with the reason. It is
//!   no failure, even if it was the only one.
//! * `--instructions` adds a row for each scenario where that is repeatable: instructions of one operation, counted by
//!   callgrind on one worker. A count has no interval, but a tolerance, below which nothing is a difference.
//!
//! # What it does not tell
//!
//! A ratio holds for this machine, this many workers and this scenario. `--quick` is for finding breakage and gross
//! changes.
//!
//! Beside each ratio stands the interval in which it lies in 95 of 100 such runs (`stats::interval`), and a verdict: `no
//! difference seen` when the interval holds 1, `too few rounds` when it doesn't but there are fewer than 6 pairs, of which
//! equal sides too often come out all on one side of 1. In a table of 60 figures of equal sides three are expected to
//! have a winner all the same. And the interval knows of chance within the run only. On a machine with other work the
//! medians of equal sides can be far apart (tokio beside itself, 5 rounds, 2 busy cores: 0.54 and 0.70 were seen). So a
//! claim needs a quiet machine, and tokio beside itself on that machine says how much noise there is.
//!
//! # Where things are
//!
//! `scenario` (what one is), `scenarios.rs` and `scenarios/` (all of them, compiled for each of `on_gmp`, `on_tokio`,
//! `on_smol`), `mains` (what stands under `#[main]`), `go` (the twins and their toolchain), `catalogue` (runtimes, names and
//! globs), `stats`, `about` (what a scenario measures), `facts` (machine, versions), `latency` (percentiles), `usage` and
//! `limits` (what the process uses and may use), `interrupt`, `process` (one child, watched), `child` (the other end of
//! it), `programs` (is one there), `load` (wrk), `callgrind` (instructions), `plan`, `cli`, `results`, `document` (JSON),
//! `keep` (writes it), `table`, `report` (the page), `compare`, `progress`, `runner`.

mod scenario;
mod random;
mod latency;
mod usage;
mod limits;
mod on_gmp;
mod on_tokio;
mod on_smol;
mod go;
mod catalogue;
mod stats;
mod interrupt;
mod programs;
mod process;
mod child;
mod load;
mod callgrind;
mod about;
mod facts;
mod keep;
mod plan;
mod cli;
mod results;
mod document;
mod table;
mod report;
mod compare;
mod progress;
mod runner;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::catalogue::Runtime;
use crate::cli::{ChildArgs, Cli, Command, CompareArgs, ReportArgs, RunArgs};
use crate::document::{Document, Setting};
use crate::go::{Toolchain, Twins};
use crate::keep::Keep;
use crate::plan::Plan;
use crate::results::State;

/// A scenario failed, or results could not be written.
const FAILED: u8 = 1;

/// The arguments are wrong, as clap exits too; nothing was run.
const BAD_ARGUMENTS: u8 = 2;

/// Ctrl-C, as shells count it.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(arguments) => run(arguments),
        Command::List => list(),
        Command::Report(arguments) => report(arguments),
        Command::Compare(arguments) => compare(&arguments),
        Command::Child(arguments) => child(&arguments),
    };
    done.unwrap_or_else(|stop| {
        eprintln!("gmp-bench: {}", stop.message);
        ExitCode::from(stop.code)
    })
}

/// Why the program ends early.
#[derive(Debug)]
struct Stop {
    code: u8,
    message: String,
}

impl Stop {
    fn new(code: u8, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message }
    }
}

fn run(arguments: RunArgs) -> Result<ExitCode, Stop> {
    let mut plan = arguments.into_plan().map_err(|message| Stop::new(BAD_ARGUMENTS, message))?;
    plan.keep.check().map_err(|message| Stop::new(BAD_ARGUMENTS, message))?;
    if cfg!(debug_assertions) {
        eprintln!("gmp-bench: a debug build, whose figures say little; use --release");
    }
    interrupt::install().map_err(|error| Stop::new(FAILED, format!("cannot listen to Ctrl-C: {error}")))?;
    let go = build_go(&mut plan)?;
    let (version, twins) = go.as_ref().map_or(("", None), |(version, twins)| (version.as_str(), Some(twins)));
    let setting = Setting::now(&plan, version);
    let results = runner::run(&plan, twins, |results| plan.keep.write(&Document::new(&setting, &plan, results)));
    let results = results.map_err(|error| Stop::new(FAILED, format!("cannot run: {error}")))?;
    // The file first: a reader of stdout that has gone away must not cost the figures.
    plan.keep.write(&Document::new(&setting, &plan, &results)).map_err(|message| Stop::new(FAILED, message))?;
    print(&table::render(&plan, &results))?;
    Ok(if results.state == State::Interrupted {
        ExitCode::from(INTERRUPTED)
    } else if results.any_failed() {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

/// Builds Go's scenarios, if the plan has any, and goes on without them where there is no toolchain that does; unless one was
/// named.
fn build_go(plan: &mut Plan) -> Result<Option<(String, Twins)>, Stop> {
    if !plan.needs(Runtime::Go) {
        return Ok(None);
    }
    let built = Toolchain::find(plan.toolchain.as_deref()).and_then(|toolchain| {
        let version = toolchain.version();
        eprintln!("gmp-bench: building Go's scenarios with {version}, which takes a minute when it is the first time");
        Ok((version.to_owned(), toolchain.build()?))
    });
    match built {
        Ok(built) => Ok(Some(built)),
        Err(_) if interrupt::requested() => Err(Stop::new(INTERRUPTED, "interrupted before anything was run")),
        Err(reason) if plan.toolchain.is_some() => Err(Stop::new(BAD_ARGUMENTS, reason)),
        Err(reason) => {
            eprintln!("gmp-bench: goes on without Go: {reason}");
            plan.drop_sides(Runtime::Go, &reason);
            Ok(None)
        }
    }
}

fn list() -> Result<ExitCode, Stop> {
    let scenarios: Vec<_> = catalogue::all().iter().collect();
    print(&table::list(&scenarios, &cli::peers()))?;
    Ok(ExitCode::SUCCESS)
}

fn report(arguments: ReportArgs) -> Result<ExitCode, Stop> {
    let document = Document::read(&arguments.results).map_err(|message| Stop::new(BAD_ARGUMENTS, message))?;
    let keep = Keep { json: None, report: Some(arguments.folder) };
    keep.check().map_err(|message| Stop::new(BAD_ARGUMENTS, message))?;
    keep.write(&document).map_err(|message| Stop::new(FAILED, message))?;
    Ok(ExitCode::SUCCESS)
}

fn compare(arguments: &CompareArgs) -> Result<ExitCode, Stop> {
    let bad = |message| Stop::new(BAD_ARGUMENTS, message);
    let [before, after] = [&arguments.before, &arguments.after].map(|path| Document::read(path).map_err(bad));
    print(&compare::render(&before?, &after?).map_err(bad)?)?;
    Ok(ExitCode::SUCCESS)
}

fn child(arguments: &ChildArgs) -> Result<ExitCode, Stop> {
    let line = child::measure(arguments.runtime, &arguments.scenario, arguments.params())
        .map_err(|message| Stop::new(BAD_ARGUMENTS, message))?;
    let json =
        serde_json::to_string(&line).map_err(|error| Stop::new(FAILED, format!("cannot print the figure: {error}")))?;
    print(&(json + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn print(text: &str) -> Result<(), Stop> {
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Stop::new(FAILED, format!("cannot write to stdout: {error}")))
}
