//! What a spawn costs: from a worker, from outside, kept or dropped.

use std::hint::black_box;
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::rt::sync::Notify;
use super::{SumGate, on_worker, rt, runtime, sum_to};
use crate::scenario::{Measurement, Params};

/// How long workers get to fall asleep before outside threads spawn onto them.
const SETTLE: Duration = Duration::from_millis(20);

/// Tasks that one outside thread spawns.
const REMOTE_SPAWNS: u64 = 100_000;

/// Spawns 500k tasks from one task and drops their handles.
///
/// Measures allocation, the run queue and its overflow, stealing, and freeing where the task ran. Each task adds to
/// one shared sum, whose cache line is part of the figure on every side. Does not measure joining, nor the latency of
/// any one task.
pub(super) fn burst(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let count = params.count(500_000);
        let gate = SumGate::leaked(count);
        let done: &'static Notify = Box::leak(Box::new(Notify::new()));
        let start = Instant::now();
        for number in 1..=count {
            drop(rt::spawn(async move {
                if gate.add(black_box(number)) {
                    done.notify_one();
                }
            }));
        }
        done.notified().await;
        let elapsed = start.elapsed();
        gate.check();
        Measurement::time(elapsed, count)
    })
}

/// Spawns 500k tasks from one task, keeps the handles in a `Vec`, then awaits them in order.
///
/// Measures spawning plus taking the output; most tasks are complete when they are awaited. Does not measure the wake
/// of a waiting joiner (`spawn_await_each` does) and, having no shared counter, no contention but the runtime's own.
pub(super) fn spawn_join(params: Params) -> Measurement {
    on_worker(params, |params| spawn_and_join(params.count(500_000)))
}

/// Spawns `count` tasks from wherever it is polled, and joins them.
pub(super) async fn spawn_and_join(count: u64) -> Measurement {
    let start = Instant::now();
    let mut handles = Vec::with_capacity(count as usize);
    for number in 1..=count {
        handles.push(rt::spawn(async move { black_box(number) }));
    }
    let mut sum = 0;
    for handle in handles {
        sum += handle.await.expect("a task completes");
    }
    let elapsed = start.elapsed();
    assert_eq!(sum, sum_to(count), "the outputs of the tasks sum up");
    Measurement::time(elapsed, count)
}

/// Spawns one task and awaits it, 300k times.
///
/// Measures the round trip of spawn, first poll, completion and wake of the joiner, where nothing overlaps. Does not
/// measure throughput: with more than one worker it also shows whether the runtime wakes others for nothing.
pub(super) fn spawn_await_each(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let count = params.count(300_000);
        let mut sum = 0;
        let start = Instant::now();
        for number in 1..=count {
            let task = rt::spawn(async move { black_box(number) });
            sum += task.await.expect("a task completes");
        }
        let elapsed = start.elapsed();
        assert_eq!(sum, sum_to(count), "the outputs of the tasks sum up");
        Measurement::time(elapsed, count)
    })
}

/// One thread outside the runtime spawns 100k tasks through a `Handle`; the workers are idle before.
///
/// Measures the queue that outside threads push to, and waking workers from there. Handles are dropped. Does not
/// measure starting the threads, which happens before the clock does.
pub(super) fn spawn_remote_1(params: Params) -> Measurement {
    spawn_remote(params, 1)
}

/// Four threads outside the runtime spawn 100k tasks each through a `Handle`; the workers are idle before.
///
/// As `spawn_remote_1`, with contention between the spawning threads; on a machine with few cores the threads and the
/// workers also share those.
pub(super) fn spawn_remote_4(params: Params) -> Measurement {
    spawn_remote(params, 4)
}

fn spawn_remote(params: Params, threads: u64) -> Measurement {
    let runtime = runtime(params);
    spawn_from_outside(runtime.handle(), threads, params.warm_up().count(REMOTE_SPAWNS));
    thread::sleep(SETTLE);
    spawn_from_outside(runtime.handle(), threads, params.count(REMOTE_SPAWNS))
}

/// Lets `threads` threads spawn `each` tasks, and waits until the last task has run.
fn spawn_from_outside(handle: &rt::runtime::Handle, threads: u64, each: u64) -> Measurement {
    let gate = SumGate::leaked(threads * each);
    let (done, is_done) = mpsc::channel();
    let done: &'static mpsc::Sender<()> = Box::leak(Box::new(done));
    let barrier = Barrier::new(threads as usize + 1);
    let elapsed = thread::scope(|scope| {
        for thread in 0..threads {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                for number in thread * each + 1..=(thread + 1) * each {
                    drop(handle.spawn(async move {
                        if gate.add(black_box(number)) {
                            done.send(()).expect("the measuring thread waits");
                        }
                    }));
                }
            });
        }
        let start = Instant::now();
        barrier.wait();
        is_done.recv().expect("the sender is never dropped");
        start.elapsed()
    });
    gate.check();
    Measurement::time(elapsed, threads * each)
}
