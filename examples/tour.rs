//! A tour of the scheduler: the boot, then spawning, stealing, channels and a real job, and in the end what each P did.
//!
//! ```text
//! cargo run --release --example tour
//! GMP_MAXPROCS=8 cargo run --release --example tour      # with more Ps than CPUs, for instance
//! ```
//!
//! It works with any number of Ps. Times are those of this machine at this moment: look at the figures beside them.

use gmp::runtime::{Handle, RuntimeMetrics, worker_index};
use gmp::sync::mpsc;
use gmp_examples::wc::{self, locale::Locale};
use std::hint::black_box;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const BURST: u32 = 100_000;
/// As many as a P's own queue holds.
const UNEVEN: u32 = 256;
const ROUNDS: u32 = 100_000;
const ITEMS: u64 = 100_000;

#[gmp::main]
async fn main() -> io::Result<()> {
    let mut out = io::stdout();
    let metrics = Handle::current().metrics();
    writeln!(out, "{}", Handle::current().boot_record())?;
    spawn(&mut out).await?;
    steal(&mut out, &metrics).await?;
    ping_pong(&mut out).await?;
    pipeline(&mut out).await?;
    count_sources(&mut out).await?;
    summary(&mut out, &metrics)
}

/// Many short tasks at once: what a task costs.
async fn spawn(out: &mut io::Stdout) -> io::Result<()> {
    let start = Instant::now();
    let tasks: Vec<_> = (0..BURST).map(|i| gmp::spawn(async move { u64::from(i) })).collect();
    let mut sum = 0;
    for task in tasks {
        sum += task.await?;
    }
    let took = start.elapsed();
    assert_eq!(sum, u64::from(BURST) * u64::from(BURST - 1) / 2);
    writeln!(out, "spawn     {BURST} tasks spawned and joined: {} each", each(took, BURST.into()))
}

/// One task spawns all the others, so that all are queued on its P. Idle Ps take half of what they find there.
async fn steal(out: &mut io::Stdout, metrics: &RuntimeMetrics) -> io::Result<()> {
    let workers = 0..metrics.num_workers();
    let before: Vec<_> = workers.clone().map(|w| steals(metrics, w)).collect();
    let spawner = gmp::spawn(async {
        let tasks: Vec<_> = (0..UNEVEN).map(|i| gmp::spawn(uneven(i))).collect();
        (worker_index(), tasks)
    });
    let (home, tasks) = spawner.await?;
    let mut ran = vec![0; metrics.num_workers()];
    for task in tasks {
        if let Some(worker) = task.await? {
            ran[worker] += 1;
        }
    }
    let home = home.expect("a task runs on a worker");
    writeln!(out, "steal     {UNEVEN} tasks of uneven length, all spawned on P {home}")?;
    for (worker, ran) in workers.clone().zip(ran) {
        let (tasks, operations) = steals(metrics, worker);
        let (tasks_before, operations_before) = before[worker];
        writeln!(
            out,
            "          P {worker} ran {ran:3}, and stole {:3} in {} operations",
            tasks - tasks_before,
            operations - operations_before
        )?;
    }
    if workers.len() == 1 {
        writeln!(out, "          There is one P only, and nobody to steal.")?;
    }
    Ok(())
}

/// Keeps its worker busy for a while that depends on `i`, and returns which worker it was.
async fn uneven(i: u32) -> Option<usize> {
    let turns = 1_000 * u64::from(i % 16 * i % 16 + 1);
    black_box((0..turns).fold(0_u64, |hash, turn| black_box(hash.rotate_left(5) ^ turn)));
    worker_index()
}

/// How many tasks a worker has stolen, and in how many operations.
fn steals(metrics: &RuntimeMetrics, worker: usize) -> (u64, u64) {
    (metrics.worker_steal_count(worker), metrics.worker_steal_operations(worker))
}

/// Two tasks that wake each other in turn: what a wake costs.
async fn ping_pong(out: &mut io::Stdout) -> io::Result<()> {
    let (ping, mut pinged) = mpsc::channel(1);
    let (pong, mut ponged) = mpsc::channel(1);
    let start = Instant::now();
    let answers = gmp::spawn(async move {
        while let Some(round) = pinged.recv().await {
            if pong.send(round).await.is_err() {
                break;
            }
        }
    });
    for round in 0..ROUNDS {
        ping.send(round).await.map_err(io::Error::other)?;
        assert_eq!(ponged.recv().await, Some(round));
    }
    drop(ping);
    answers.await?;
    let took = start.elapsed();
    writeln!(out, "channel   {ROUNDS} times ping and pong: {} each", each(took, ROUNDS.into()))
}

/// Three tasks in a row, with room between them: a slow one holds up those before it.
async fn pipeline(out: &mut io::Stdout) -> io::Result<()> {
    let (numbers, mut to_square) = mpsc::channel(64);
    let (squares, mut to_add) = mpsc::channel(64);
    let start = Instant::now();
    gmp::spawn(async move {
        for i in 0..ITEMS {
            if numbers.send(i).await.is_err() {
                break;
            }
        }
    });
    gmp::spawn(async move {
        while let Some(i) = to_square.recv().await {
            if squares.send(i * i).await.is_err() {
                break;
            }
        }
    });
    let adder = gmp::spawn(async move {
        let mut sum = 0;
        while let Some(square) = to_add.recv().await {
            sum += square;
        }
        sum
    });
    let sum: u64 = adder.await?;
    let took = start.elapsed();
    assert_eq!(sum, (ITEMS - 1) * ITEMS * (2 * ITEMS - 1) / 6);
    writeln!(out, "          {ITEMS} numbers through a pipeline of three tasks: {} each", each(took, ITEMS))
}

/// The example `wc` on the project's own sources, if they are still where they were compiled.
async fn count_sources(out: &mut io::Stdout) -> io::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let roots: Vec<_> = ["crates", "examples", "tests", "benches"]
        .iter()
        .filter_map(|dir| workspace.join(dir).canonicalize().ok())
        .collect();
    if roots.is_empty() {
        return writeln!(out, "wc        the sources are not here any more");
    }
    let locale = Arc::new(Locale::from_env());
    let start = Instant::now();
    let (mut files, mut failed) = (0_u32, 0_u32);
    let total = wc::count(roots, locale, |entry| {
        match entry.error {
            None => files += 1,
            Some(_) => failed += 1,
        }
        Ok(())
    })
    .await?;
    writeln!(
        out,
        "wc        {files} source files of gmp, a task each: {} lines, {} words, {} bytes in {:.1?}",
        total.lines,
        total.words,
        total.bytes,
        start.elapsed()
    )?;
    if failed > 0 {
        writeln!(out, "          {failed} could not be read")?;
    }
    Ok(())
}

/// What each P did, all in all.
fn summary(out: &mut io::Stdout, metrics: &RuntimeMetrics) -> io::Result<()> {
    writeln!(
        out,
        "\n{:>3} {:>9} {:>9} {:>7} {:>7} {:>9} {:>7} {:>10}",
        "P", "polls", "queued", "stolen", "steals", "overflows", "parks", "busy"
    )?;
    for p in 0..metrics.num_workers() {
        writeln!(
            out,
            "{p:>3} {:>9} {:>9} {:>7} {:>7} {:>9} {:>7} {:>10}",
            metrics.worker_poll_count(p),
            metrics.worker_local_schedule_count(p),
            metrics.worker_steal_count(p),
            metrics.worker_steal_operations(p),
            metrics.worker_overflow_count(p),
            metrics.worker_park_count(p),
            format!("{:.1?}", metrics.worker_total_busy_duration(p))
        )?;
    }
    writeln!(
        out,
        "{} tasks were spawned; {} times one was scheduled from outside of the Ps.",
        metrics.spawned_tasks_count(),
        metrics.remote_schedule_count()
    )
}

/// The time of one out of `count`.
fn each(took: Duration, count: u64) -> String {
    format!("{} ns", took.as_nanos() / u128::from(count))
}
