//! What tasks and an idle runtime cost while nothing happens: memory and CPU time.

use std::future::Future;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::rt::io::AsyncReadExt;
use super::rt::net::{TcpListener, TcpStream, UdpSocket};
use super::rt::runtime::Runtime;
use super::rt::sync::oneshot;
use super::rt::task::JoinHandle;
use super::{rt, runtime, spawn};
use crate::scenario::{Measurement, Params};
use crate::usage::{context_switches_of_others, cpu_time_of_others, resident_bytes};

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
/// for the sender. Does not tell channel from task; gmp and tokio have the same channel, smol and Go have one for a single
/// message. Where a runtime aligns its cells to cache lines, the allocator's gaps between them can take the channel in, and
/// it costs nothing more.
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

/// CPU time that an idle runtime takes in two seconds (a quarter of that is the least), in µs a second, and how often its
/// threads were switched to and from.
///
/// Measures timers, monitors and workers that wake up although there is nothing to do, after the runtime had work and
/// its threads came to rest. Tasks wait for sockets (a listener, both ends of a connection, datagrams) and for a timer
/// that is an hour away, so that each runtime sleeps as a server's would. Does not measure how soon threads come to rest,
/// nor the thread that sleeps and reads the clocks. What is left of the CPU time is `Unit::floor`.
pub(super) fn idle_cpu(params: Params) -> Vec<Measurement> {
    let idle = Duration::from_secs_f64((2.0 * params.scale).max(0.5));
    let runtime = runtime(params);
    let waiting = runtime.block_on(runtime.spawn(wait_for_what_never_comes())).expect("the tasks are spawned");
    exercise(&runtime, params.count(20_000));
    let read = || {
        let switches = context_switches_of_others().expect("the threads' context switches");
        (cpu_time_of_others().expect("the threads' CPU time"), switches)
    };
    let before = read();
    thread::sleep(idle);
    let after = read();
    assert!(waiting.iter().all(|task| !task.is_finished()), "nothing came");
    let cpu = after.0.saturating_sub(before.0).as_secs_f64() * 1e6;
    let switches = after.1.saturating_sub(before.1) as f64;
    [cpu, switches].map(|amount| Measurement { amount, per: idle.as_secs_f64() }).to_vec()
}

/// Starts a task for each thing that a server of little fame waits for.
async fn wait_for_what_never_comes() -> Vec<JoinHandle<()>> {
    const HERE: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
    let listener = TcpListener::bind(HERE).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (connected, accepted) = (TcpStream::connect(address).await, listener.accept().await);
    let ends = [connected.expect("a connection"), accepted.expect("a connection").0];
    let datagrams = UdpSocket::bind(HERE).await.expect("a port");
    let mut waiting: Vec<_> =
        ends.into_iter().map(|mut end| rt::spawn(async move { drop(end.read(&mut [0]).await) })).collect();
    waiting.push(rt::spawn(async move { drop(listener.accept().await) }));
    waiting.push(rt::spawn(async move { drop(datagrams.recv_from(&mut [0]).await) }));
    waiting.push(rt::spawn(rt::time::sleep(Duration::from_secs(3_600))));
    waiting
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
