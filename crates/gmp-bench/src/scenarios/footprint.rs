//! What tasks and an idle runtime cost while nothing happens: memory and CPU time.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::rt::runtime::Runtime;
use super::rt::sync::oneshot;
use super::rt::task::JoinHandle;
use super::{rt, runtime, spawn};
use crate::scenario::{Measurement, Params};
use crate::usage::{cpu_time_of_others, resident_bytes};

/// Tasks that are parked.
const TASKS: u64 = 100_000;

/// `--quick` parks no fewer than this: the kernel's count of resident pages is off by some hundred KiB.
const FEWEST_TASKS: u64 = 50_000;

/// Tasks spawned before the spawner lets them run, so that no run queue grows with the number of tasks.
const BATCH: u64 = 100;

/// How long threads get to come to rest before a reading.
const SETTLE: Duration = Duration::from_millis(50);

/// Bytes of a parked task whose handle is dropped.
///
/// Measures the growth of resident memory over 100k tasks that wait on `std::future::pending` with 8 bytes of state:
/// cell, allocator's overhead and the runtime's own bookkeeping. Does not measure what a burst needs on top (tasks
/// run in batches, each before the next is spawned), and has no warm-up, which would leave freed memory to reuse.
pub(super) fn task_memory_pending(params: Params) -> Measurement {
    parked(params, |count| park(count, false, wait_for_good))
}

/// Bytes of a parked task whose handle is kept in a `Vec`.
///
/// As `task_memory_pending`, plus the handle's place in the `Vec` and whatever its being alive costs.
pub(super) fn task_memory_kept(params: Params) -> Measurement {
    parked(params, |count| park(count, true, wait_for_good))
}

/// Bytes of a task that waits on a oneshot channel, its handle dropped.
///
/// As `task_memory_pending`, plus what a real wait adds: the channel's allocation with the stored waker, and 8 bytes
/// for the sender. Does not tell channel from task; both runtimes have the same channel. Where a runtime aligns its
/// cells to cache lines, the allocator's gaps between them can take the channel in, and it costs nothing more.
pub(super) fn task_memory_oneshot(params: Params) -> Measurement {
    parked(params, |count| {
        let mut senders = Vec::with_capacity(count as usize);
        park(count, false, move |number, started| {
            let (sender, receiver) = oneshot::channel::<u64>();
            senders.push(sender);
            async move {
                count_start(started);
                receiver.await.unwrap_or(number)
            }
        })
    })
}

/// Says where resident memory cannot be read.
pub(super) fn task_memory_unable(_: Params) -> Option<&'static str> {
    if cfg!(target_os = "linux") { None } else { Some("reads /proc/self/statm, which only Linux has") }
}

/// CPU time that an idle runtime takes in two seconds (a quarter of that is the least), in µs a second.
///
/// Measures timers, monitors and workers that wake up although there is nothing to do, after the runtime had work and
/// its threads came to rest. Does not measure how soon they do, nor the thread that sleeps and reads the clocks. What
/// is left of the reading is `Unit::floor`.
pub(super) fn idle_cpu(params: Params) -> Measurement {
    let idle = Duration::from_secs_f64((2.0 * params.scale).max(0.5));
    let runtime = runtime(params);
    exercise(&runtime, params.count(20_000));
    let before = cpu_time_of_others().expect("the threads' CPU time");
    thread::sleep(idle);
    let after = cpu_time_of_others().expect("the threads' CPU time");
    Measurement { amount: after.saturating_sub(before).as_secs_f64() * 1e6, per: idle.as_secs_f64() }
}

/// The growth of resident memory while `parking` parks tasks. Its output is what has to stay alive for them to stay.
fn parked<P, F>(params: Params, parking: P) -> Measurement
where
    P: FnOnce(u64) -> F,
    F: Future<Output: Send> + Send + 'static,
{
    let count = params.count(TASKS).max(FEWEST_TASKS);
    let runtime = runtime(params);
    exercise(&runtime, BATCH);
    let parking = parking(count);
    let before = resident_bytes().expect("the process's resident memory");
    let alive = runtime.block_on(runtime.spawn(parking)).expect("the spawner completes");
    thread::sleep(SETTLE);
    let after = resident_bytes().expect("the process's resident memory");
    assert!(after > before, "{count} parked tasks took resident memory from {before} to {after} bytes");
    drop(alive);
    Measurement { amount: (after - before) as f64, per: count as f64 }
}

/// Spawns `count` tasks that `task` makes, and returns when each of them has been polled once, with the handles (if
/// kept) and with `task`, which may own what they wait on.
async fn park<T, F>(count: u64, keep: bool, mut task: T) -> (Vec<JoinHandle<u64>>, T)
where
    T: FnMut(u64, &'static AtomicU64) -> F,
    F: Future<Output = u64> + Send + 'static,
{
    // Leaked, so that a reference is all that a task holds of it.
    let started: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
    let mut kept = Vec::with_capacity(if keep { count as usize } else { 0 });
    for spawned in 1..=count {
        let handle = rt::spawn(task(spawned, started));
        if keep {
            kept.push(handle);
        }
        if spawned % BATCH == 0 || spawned == count {
            // ORDERING: Relaxed — a count of polls; no data of theirs is read here.
            while started.load(Ordering::Relaxed) < spawned {
                rt::task::yield_now().await;
            }
        }
    }
    (kept, task)
}

/// The task of the scenarios without a channel.
async fn wait_for_good(number: u64, started: &'static AtomicU64) -> u64 {
    count_start(started);
    std::future::pending::<()>().await;
    number
}

fn count_start(started: &AtomicU64) {
    // ORDERING: Relaxed — see `park`, the only reader.
    started.fetch_add(1, Ordering::Relaxed);
}

/// Gives every worker something to do, and time to come to rest after it.
fn exercise(runtime: &Runtime, tasks: u64) {
    runtime.block_on(runtime.spawn(spawn::spawn_and_join(tasks))).expect("the exercise completes");
    thread::sleep(SETTLE);
}
