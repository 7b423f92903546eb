//! The shapes of the scheduler benchmarks that tokio publishes of itself, under their names, written anew.
//!
//! One of them is elsewhere: `yield_many` is what `yields` does, with more turns.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::rt::runtime::Runtime;
use super::rt::sync::{Notify, oneshot};
use super::{SumGate, on_worker, rt, runtime, sum_to};
use crate::scenario::{Measurement, Params};

/// Tasks of a batch, from a worker or onto idle workers.
const TASKS: u64 = 10_000;

/// Tasks of a batch onto busy workers.
const TASKS_BESIDE_OTHERS: u64 = 1_000;

/// Pairs at once, and links of a chain.
const PAIRS: u64 = 1_000;
const LINKS: u64 = 1_000;

/// How long workers get to fall asleep before a batch from outside.
const SETTLE: Duration = Duration::from_millis(1);

/// A task spawns 10,000 tasks, drops their handles and waits until the last one has run, 50 times.
///
/// Measures what `burst` does with fifty times fewer tasks alive at once, so that memory is used again and much of it is in
/// the caches, and with a wait at each batch's end, where the workers run out of work. Does not measure joining.
pub(super) fn spawn_many_local(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let batches = params.count(50);
        let done: &'static Notify = Box::leak(Box::new(Notify::new()));
        let start = Instant::now();
        for _ in 0..batches {
            let gate = SumGate::leaked(TASKS);
            for number in 1..=TASKS {
                drop(rt::spawn(async move {
                    if gate.add(black_box(number)) {
                        done.notify_one();
                    }
                }));
            }
            done.notified().await;
            gate.check();
        }
        Measurement::time(start.elapsed(), batches * TASKS)
    })
}

/// A thread outside spawns 10,000 tasks on workers that sleep, keeps their handles, and joins them in `block_on`, 20 times.
///
/// Measures the way in from outside as `spawn_remote_1` does, with joining, and in batches whose tasks the workers can keep
/// up with or not: who waits for whom at the end is part of the figure. The pause in which the workers fall asleep is not.
pub(super) fn spawn_many_remote_idle(params: Params) -> Measurement {
    let runtime = runtime(params);
    batches_from_outside(&runtime, params.warm_up().count(20), TASKS, SETTLE);
    batches_from_outside(&runtime, params.count(20), TASKS, SETTLE)
}

/// The same with 1,000 tasks, 100 times, on workers that have two tasks each which do nothing but yield.
///
/// Measures how soon work from outside gets its turn on workers that never run out of work of their own: how often they look
/// at the queue for it, and how much they take. A runtime that looks at each turn would be fast here and slow elsewhere.
/// Does not measure how the yielding tasks fare meanwhile.
pub(super) fn spawn_many_remote_busy1(params: Params) -> Measurement {
    beside(params, |runtime, over| {
        drop(runtime.spawn(async move {
            while !is_over(over) {
                rt::task::yield_now().await;
            }
        }));
    })
}

/// The same on workers whose own tasks each spawn a successor and end.
///
/// As `spawn_many_remote_busy1`, where what keeps the workers busy is new tasks rather than old ones: those may run ahead of
/// their turn, since a worker runs what was spawned last first.
pub(super) fn spawn_many_remote_busy2(params: Params) -> Measurement {
    beside(params, |runtime, over| {
        drop(runtime.spawn(async move { go_on(over) }));
    })
}

/// Spawns a task that does this again until it is over.
fn go_on(over: &'static AtomicBool) {
    if !is_over(over) {
        drop(rt::spawn(async move { go_on(over) }));
    }
}

/// Batches from outside while what `occupy` starts, two for each worker, keeps the workers busy.
fn beside(params: Params, occupy: impl Fn(&Runtime, &'static AtomicBool)) -> Measurement {
    let runtime = runtime(params);
    let over: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
    for _ in 0..2 * params.workers {
        occupy(&runtime, over);
    }
    batches_from_outside(&runtime, params.warm_up().count(100), TASKS_BESIDE_OTHERS, Duration::ZERO);
    let measured = batches_from_outside(&runtime, params.count(100), TASKS_BESIDE_OTHERS, Duration::ZERO);
    // ORDERING: Relaxed — a request to stop; nothing is read after it.
    over.store(true, Ordering::Relaxed);
    measured
}

fn is_over(over: &AtomicBool) -> bool {
    // ORDERING: Relaxed — see `beside`.
    over.load(Ordering::Relaxed)
}

/// Spawns and joins so many tasks from this thread, so many times, each time after a pause that doesn't count.
fn batches_from_outside(runtime: &Runtime, batches: u64, tasks: u64, pause: Duration) -> Measurement {
    let mut elapsed = Duration::ZERO;
    for _ in 0..batches {
        if !pause.is_zero() {
            thread::sleep(pause);
        }
        let start = Instant::now();
        let mut handles = Vec::with_capacity(tasks as usize);
        for number in 1..=tasks {
            handles.push(runtime.spawn(async move { black_box(number) }));
        }
        let sum = runtime.block_on(async {
            let mut sum = 0;
            for handle in handles {
                sum += handle.await.expect("a task completes");
            }
            sum
        });
        elapsed += start.elapsed();
        assert_eq!(sum, sum_to(tasks), "the outputs of the tasks sum up");
    }
    Measurement::time(elapsed, batches * tasks)
}

/// 1,000 tasks at once each spawn a partner and send a number to and fro over two oneshot channels, 100 times.
///
/// Measures, per pair, two spawns, two allocations of a channel and two wakes between tasks that live no longer than that,
/// where plenty of others want to run. `ping_pong_1` and `ping_pong_100` have pairs that stay. Does not measure latency: the
/// time is spread over all pairs.
pub(super) fn ping_pong_spawned(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let batches = params.count(100);
        let done: &'static Notify = Box::leak(Box::new(Notify::new()));
        let start = Instant::now();
        for _ in 0..batches {
            let gate = SumGate::leaked(PAIRS);
            for number in 1..=PAIRS {
                drop(rt::spawn(async move {
                    if gate.add(round_trip(number).await) {
                        done.notify_one();
                    }
                }));
            }
            done.notified().await;
            gate.check();
        }
        Measurement::time(start.elapsed(), batches * PAIRS)
    })
}

/// Sends a number to a new task and returns what comes back.
async fn round_trip(number: u64) -> u64 {
    let (ping, pinged) = oneshot::channel();
    let (pong, ponged) = oneshot::channel();
    drop(rt::spawn(async move {
        let number: u64 = pinged.await.expect("a ping");
        pong.send(black_box(number)).expect("somebody waits for it");
    }));
    ping.send(number).expect("the partner waits");
    ponged.await.expect("a pong")
}

/// A task spawns the next and ends, 1,000 times in a row, and 300 such chains after one another.
///
/// Measures a spawn, a first poll and an end where there is never more than one task to run, per link: whether the runtime
/// keeps it on its worker, and whether it wakes others for it. Does not measure joining; the starter is woken once a chain.
pub(super) fn chained_spawn(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let chains = params.count(300);
        let end: &'static End = Box::leak(Box::new(End { sum: AtomicU64::new(0), reached: Notify::new() }));
        let start = Instant::now();
        for _ in 0..chains {
            link(LINKS, 0, end);
            end.reached.notified().await;
            // ORDERING: Relaxed — the notification orders it after the last link's store.
            assert_eq!(end.sum.load(Ordering::Relaxed), sum_to(LINKS), "every link was there once");
        }
        Measurement::time(start.elapsed(), chains * LINKS)
    })
}

/// Where a chain ends.
#[derive(Debug)]
struct End {
    sum: AtomicU64,
    reached: Notify,
}

/// Spawns the link of that number, which adds it to what the links before came to.
fn link(number: u64, sum: u64, end: &'static End) {
    if number == 0 {
        // ORDERING: Relaxed — the notification that follows publishes it.
        end.sum.store(sum, Ordering::Relaxed);
        end.reached.notify_one();
    } else {
        drop(rt::spawn(async move { link(black_box(number - 1), sum + number, end) }));
    }
}
