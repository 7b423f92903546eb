//! Tasks that keep their threads to themselves, and what another task notices of them.
//!
//! Two workers, four tasks that block for 100 ms at a time, and a fifth that only wants to sleep for 1 ms, again and again.
//! How late do its sleeps end? The same program runs on gmp and on tokio.
//!
//! ```text
//! cargo run --release --example blocking
//! cargo run --release --example blocking -- --runtime tokio
//! cargo run --release --example blocking -- --spin
//! ```

use gmp_examples::args::{Arguments, Seconds};
use std::fmt;
use std::hint::black_box;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: blocking [OPTIONS]

Runs tasks that block their threads for 100 ms at a time, and tells how late a task beside them wakes up.
  --runtime gmp|tokio   what runs them (gmp)
  --workers N           worker threads (2)
  --tasks N             tasks that block (4)
  --spin                they don't block, they compute for 100 ms at a time
  --for SECONDS         how long (3)";

/// How long a task keeps its thread at a time.
const OFFENCE: Duration = Duration::from_millis(100);

/// What the ticker sleeps.
const TICK: Duration = Duration::from_millis(1);

#[derive(Clone, Copy, Debug)]
struct Settings {
    runtime: Runtime,
    workers: NonZeroUsize,
    tasks: usize,
    spin: bool,
    time: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Runtime {
    Gmp,
    Tokio,
}

fn main() -> ExitCode {
    let settings = match settings() {
        Ok(settings) => settings,
        Err(complaint) => {
            eprintln!("blocking: {complaint}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("blocking: {error}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<Settings, String> {
    let mut arguments = Arguments::from_env_with(&["--spin"])?;
    let settings = Settings {
        runtime: arguments.take("--runtime")?.unwrap_or(Runtime::Gmp),
        workers: arguments.take("--workers")?.unwrap_or(const { NonZeroUsize::new(2).unwrap() }),
        tasks: arguments.take("--tasks")?.unwrap_or(4),
        spin: arguments.take_flag("--spin"),
        time: arguments.take("--for")?.map_or(Duration::from_secs(3), |Seconds(time)| time),
    };
    arguments.finish()?;
    Ok(settings)
}

fn run(settings: Settings) -> io::Result<()> {
    let mut late = match settings.runtime {
        Runtime::Gmp => on_gmp(settings)?,
        Runtime::Tokio => on_tokio(settings)?,
    };
    late.sort_unstable();
    let Settings { runtime, workers, tasks, spin, .. } = settings;
    let offend = if spin { "compute" } else { "block" };
    let mut out = io::stdout();
    writeln!(
        out,
        "{runtime}: {workers} workers, {tasks} tasks that {offend} for {} ms at a time",
        OFFENCE.as_millis()
    )?;
    let millis = |percent: usize| percentile(&late, percent).as_secs_f64() * 1e3;
    let (p50, p99, max) = (millis(50), millis(99), millis(100));
    writeln!(out, "{} sleeps of 1 ms ended late by: p50 {p50:.3} ms, p99 {p99:.3} ms, max {max:.3} ms", late.len())
}

/// Makes the function that runs it all on one of the two runtimes: the same source for both.
macro_rules! on {
    ($name:ident, $runtime:ident) => {
        /// Returns by how much each sleep of the ticker was longer than it should be.
        fn $name(settings: Settings) -> io::Result<Vec<Duration>> {
            let mut builder = $runtime::runtime::Builder::new_multi_thread();
            let runtime = builder.worker_threads(settings.workers.get()).enable_all().build()?;
            let over = Arc::new(AtomicBool::new(false));
            for _ in 0..settings.tasks {
                let over = over.clone();
                runtime.spawn(async move {
                    // ORDERING: here and below, nothing is published through it.
                    while !over.load(Ordering::Relaxed) {
                        if settings.spin {
                            spin()
                        } else {
                            block()
                        }
                        $runtime::task::yield_now().await;
                    }
                });
            }
            let ticker = runtime.spawn(async move {
                let (start, mut late) = (Instant::now(), Vec::new());
                while start.elapsed() < settings.time {
                    let begun = Instant::now();
                    $runtime::time::sleep(TICK).await;
                    late.push(begun.elapsed().saturating_sub(TICK));
                }
                late
            });
            let late = runtime.block_on(ticker)?;
            over.store(true, Ordering::Relaxed);
            Ok(late)
        }
    };
}

on!(on_gmp, gmp);
on!(on_tokio, tokio);

/// What an async function should not do, and many do by accident.
fn block() {
    thread::sleep(OFFENCE);
}

/// The same with a busy CPU.
fn spin() {
    let start = Instant::now();
    let mut hash = 1_u64;
    while start.elapsed() < OFFENCE {
        for _ in 0..1_000 {
            hash = black_box(hash.rotate_left(5) ^ 0x9e37_79b9);
        }
    }
}

/// The least of them that so many of 100 don't exceed. They are in order.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

impl FromStr for Runtime {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "gmp" => Ok(Self::Gmp),
            "tokio" => Ok(Self::Tokio),
            _ => Err("there are gmp and tokio"),
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gmp => "gmp",
            Self::Tokio => "tokio",
        })
    }
}
