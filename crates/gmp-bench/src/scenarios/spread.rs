//! How work spreads: over workers, and over tasks that want the same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::stall::compute;
use super::{rt, runtime, sum_to};
use crate::scenario::{Measurement, Params};

/// A tree of tasks with 131,072 leaves, of which each computes for some two microseconds, on one worker.
///
/// Measures leaves a second; each inner task spawns one of its two branches and does the other. This is what the others
/// of these scenarios are set beside. All of them choose their number of workers themselves. Does not measure tasks that wait, or
/// memory that they share.
pub(super) fn scaling_1(params: Params) -> Vec<Measurement> {
    vec![leaves_a_second(params, 1)]
}

/// The same tree on two workers, and before that on one.
///
/// Measures leaves a second, and what percentage that is of what twice the one worker would do: below 100 is what sharing
/// costs, in stealing, in waking workers, and in waiting at the end. With fewer idle CPUs than workers it shows how the kernel
/// divides them.
pub(super) fn scaling_2(params: Params) -> Vec<Measurement> {
    scaling(params, 2)
}

/// The same on four workers.
pub(super) fn scaling_4(params: Params) -> Vec<Measurement> {
    scaling(params, 4)
}

/// The same on eight workers.
pub(super) fn scaling_8(params: Params) -> Vec<Measurement> {
    scaling(params, 8)
}

/// The same on as many workers as this process may use CPUs.
pub(super) fn scaling_all(params: Params) -> Vec<Measurement> {
    scaling(params, cpus())
}

/// Says where there are fewer CPUs than that.
pub(super) fn scaling_unable<const WORKERS: usize>(_: Params) -> Option<&'static str> {
    if cpus() < WORKERS { Some("needs more CPUs than this process may use") } else { None }
}

/// Says where one of the others is the same.
pub(super) fn scaling_all_unable(_: Params) -> Option<&'static str> {
    match cpus() {
        1 | 2 | 4 | 8 => Some("would be scaling_1, _2, _4 or _8 again: this process may use as many CPUs"),
        _ => None,
    }
}

fn cpus() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn scaling(params: Params, workers: usize) -> Vec<Measurement> {
    let one = leaves_a_second(params, 1).value();
    let many = leaves_a_second(params, workers);
    vec![many, Measurement { amount: many.value() / one * 100.0, per: workers as f64 }]
}

fn leaves_a_second(params: Params, workers: usize) -> Measurement {
    const LEVELS: u32 = 17;
    let runtime = runtime(Params { workers, ..params });
    let measured = runtime.spawn(async move {
        grow(params.warm_up().steps(LEVELS, 2.0), 0).await;
        let levels = params.steps(LEVELS, 2.0);
        let leaves = 1 << levels;
        let start = Instant::now();
        let sum = grow(levels, 0).await;
        let elapsed = start.elapsed();
        assert_eq!(sum, sum_to(leaves - 1), "every leaf was there once");
        Measurement::rate(leaves, elapsed)
    });
    runtime.block_on(measured).expect("the measuring task completes")
}

/// The sum of the numbers of the leaves, of which the first one has this number.
async fn grow(levels: u32, first: u64) -> u64 {
    if levels == 0 {
        compute(1_000);
        return first;
    }
    // Boxed, since a future cannot hold one of its own type.
    let spawned = rt::spawn(boxed(levels - 1, first));
    let own = boxed(levels - 1, first + (1 << (levels - 1))).await;
    own + spawned.await.expect("a branch completes")
}

fn boxed(levels: u32, first: u64) -> std::pin::Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(grow(levels, first))
}

/// 100 tasks compute for some five microseconds and yield, again and again, for two seconds.
///
/// Measures how far apart they are when time is up: the standard deviation of their turns in percent of the mean, and what
/// percentage of the mean the task with the fewest has. Fairness is cheap for a runtime that does nothing, so the third figure
/// is how many turns there were in a second. Two workers with 49 and 51 of the tasks are two percent apart if nobody evens
/// that out. Does not measure unequal tasks (`stalled_*` have those), nor fairness within a moment, nor how soon the first task
/// runs: time begins with that.
pub(super) fn fairness(params: Params) -> Vec<Measurement> {
    const TASKS: usize = 100;
    const SECONDS: f64 = 2.0;
    const FEWEST_SECONDS: f64 = 0.1;
    let runtime = runtime(params);
    let [begun, over]: [&'static AtomicBool; 2] = [(); 2].map(|()| &*Box::leak(Box::new(AtomicBool::new(false))));
    let tasks: Vec<_> = (0..TASKS).map(|_| runtime.spawn(turns(begun, over))).collect();
    // On a busy machine the first turn may come later than a quick run ends.
    // ORDERING: Relaxed — when it was is all that matters.
    while !begun.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(1));
    }
    let start = Instant::now();
    thread::sleep(Duration::from_secs_f64((SECONDS * params.scale).max(FEWEST_SECONDS)));
    // ORDERING: Relaxed — a request to stop; joining is what publishes.
    over.store(true, Ordering::Relaxed);
    let elapsed = start.elapsed();
    let turns = tasks.into_iter().map(|task| runtime.block_on(task).expect("a task completes"));
    let turns: Vec<u64> = turns.collect();

    let all: u64 = turns.iter().sum();
    let mean = all as f64 / TASKS as f64;
    let least = turns.iter().copied().min().unwrap_or(0);
    assert!(all > 0, "a task that has begun takes a turn");
    let squares: f64 = turns.iter().map(|&turns| (turns as f64 - mean).powi(2)).sum();
    let deviation = (squares / TASKS as f64).sqrt();
    vec![
        Measurement { amount: deviation * 100.0, per: mean },
        Measurement { amount: least as f64 * 100.0, per: mean },
        Measurement::rate(all, elapsed),
    ]
}

async fn turns(begun: &AtomicBool, over: &AtomicBool) -> u64 {
    let mut turns = 0;
    // ORDERING: Relaxed — see `fairness`.
    begun.store(true, Ordering::Relaxed);
    // ORDERING: Relaxed — see `fairness`.
    while !over.load(Ordering::Relaxed) {
        compute(2_500);
        turns += 1;
        rt::task::yield_now().await;
    }
    turns
}
