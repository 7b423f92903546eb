//! Waking a thread that sleeps in the poller: gmp beside mio, and gmp beside tokio.
//!
//! * `NetpollBreak`: a thread breaks off the poll of another one, and waits until that has seen it; per break. gmp's
//!   netpoller, and mio's `Poll` and `Waker`, which tokio builds on.
//! * `SpawnIntoPoll`: a thread outside of a runtime spawns a task and waits until it has run; per task. There is nothing
//!   else to do, so a worker sleeps in the poller (there is a socket) if it has had the time to.
//! * `SpawnIntoPoll10`: the same with ten tasks at a time; per ten.
//!
//! Measures the break itself, and what a runtime puts around it: knowing that somebody polls, not breaking twice. A wake-up
//! of the kernel's is in each figure at least twice, there and back, and is most of it.
//!
//! Does NOT measure readiness of sockets (`tcp_echo.rs` does), or spawning from outside while workers are awake
//! (gmp-bench's `spawn_remote_*`).
//!
//! Go: BenchmarkNetpollBreak (runtime/netpoll_os_test.go), in which ten goroutines break at a time, and nobody need be
//! polling.

use criterion::Criterion;
use gmp_benches::drivers::Drivers;
use gmp_benches::runtimes::{Gmp, Tokio, workers};
use gmp_netpoll::Netpoll;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    netpoll_break(&mut criterion);
    spawn_into_poll::<Gmp>(&mut criterion, "SpawnIntoPoll", 1);
    spawn_into_poll::<Tokio>(&mut criterion, "SpawnIntoPoll", 1);
    spawn_into_poll::<Gmp>(&mut criterion, "SpawnIntoPoll10", 10);
    spawn_into_poll::<Tokio>(&mut criterion, "SpawnIntoPoll10", 10);
    criterion.final_summary();
}

fn netpoll_break(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("NetpollBreak");
    group.bench_function("gmp", |b| {
        b.iter_custom(|n| {
            let netpoll = Arc::new(Netpoll::new().expect("a selector"));
            let polled = Arc::clone(&netpoll);
            let poll = move || polled.netpoll(None, 1, drop).expect("a poll").broken;
            breaks(n, poll, || netpoll.netpoll_break())
        });
    });
    group.bench_function("mio", |b| {
        b.iter_custom(|n| {
            let mut poll = mio::Poll::new().expect("a selector");
            let waker = mio::Waker::new(poll.registry(), mio::Token(0)).expect("a waker");
            let mut events = mio::Events::with_capacity(1);
            let poll = move || {
                poll.poll(&mut events, None).expect("a poll");
                !events.is_empty()
            };
            breaks(n, poll, || waker.wake().expect("a wake"))
        });
    });
    group.finish();
}

/// The time of `n` breaks, each of which the polling thread answers when it has seen it.
fn breaks(n: u64, mut poll: impl FnMut() -> bool + Send + 'static, break_off: impl Fn()) -> Duration {
    let (seen, is_seen) = mpsc::channel();
    let poller = thread::spawn(move || {
        let mut broken = 0;
        while broken < n {
            if poll() {
                broken += 1;
                seen.send(()).expect("the benchmark waits");
            }
        }
    });
    let start = Instant::now();
    for _ in 0..n {
        break_off();
        is_seen.recv().expect("the poller answers");
    }
    let elapsed = start.elapsed();
    poller.join().expect("the poller ends");
    elapsed
}

fn spawn_into_poll<R: Drivers>(criterion: &mut Criterion, name: &str, tasks: usize) {
    let runtime = R::multi_thread(workers());
    let socket = runtime.run(R::listen()).expect("a port");
    let (ran, has_run) = mpsc::channel();
    let mut group = criterion.benchmark_group(name);
    group.bench_function(R::NAME, |b| {
        b.iter(|| {
            for _ in 0..tasks {
                let ran = ran.clone();
                drop(runtime.spawn_from_outside(async move { ran.send(()).expect("the benchmark waits") }));
            }
            wait(&has_run, tasks);
        });
    });
    group.finish();
    drop(socket);
}

fn wait(has_run: &Receiver<()>, tasks: usize) {
    for _ in 0..tasks {
        has_run.recv().expect("the task runs");
    }
}
