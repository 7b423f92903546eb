//! What timers cost that are set, moved, cancelled, or due at once: gmp beside tokio.
//!
//! * `Stop`: set a timer for an hour and cancel it.
//! * `StartStop1000`: set a thousand such timers, then cancel them in the order in which they were set; per thousand.
//! * `Reset`: move a timer that is set by another hour.
//! * `After`: sleep for a nanosecond.
//! * `Sleep1000`: a thousand tasks sleep for a nanosecond; per thousand.
//!
//! Each in as many tasks as there are workers, per operation of all tasks together, and all beside 32,768 timers a
//! worker that are due in an hour: a timer is never alone in a program that has many.
//!
//! In the first three every 64th operation is a yield as well. Measures the structure that holds the timers and its locks. `After` and `Sleep1000` measure precision, which is
//! another thing: tokio rounds up to whole milliseconds, so there they have nothing in common but the name.
//!
//! Does NOT measure timers that fire in crowds, nor the CPU time they take (gmp-bench's `sleepers_200k` does), nor how
//! late they are under load (`interval_jitter`).
//!
//! Go: BenchmarkStop, BenchmarkStartStop1000, BenchmarkReset, BenchmarkAfter, BenchmarkSleep1000 (time/sleep_test.go).
//! Go's timers run functions; ours wake tasks, so to set one is to poll a sleep once.

use criterion::Criterion;
use gmp_benches::drivers::Drivers;
use gmp_benches::runtimes::{Gmp, Tokio, share, workers};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

/// So far away that no benchmark gets there.
const HOUR: Duration = Duration::from_secs(3_600);

/// Timers a worker that are just there.
const IDLE: usize = 32_768;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for name in ["Stop", "StartStop1000", "Reset", "After", "Sleep1000"] {
        bench::<Gmp>(&mut criterion, name);
        bench::<Tokio>(&mut criterion, name);
    }
    criterion.final_summary();
}

fn bench<R: Drivers>(criterion: &mut Criterion, name: &str) {
    let runtime = R::multi_thread(workers());
    runtime.run(async {
        for _ in 0..IDLE * workers() {
            drop(R::spawn(R::sleep(HOUR)));
        }
    });
    let mut group = criterion.benchmark_group(name);
    group.bench_function(R::NAME, |b| {
        b.iter_custom(|n| match name {
            "Stop" => runtime.run(in_parallel::<R, _>(n, stop::<R>)),
            "StartStop1000" => runtime.run(in_parallel::<R, _>(n, start_stop::<R>)),
            "Reset" => runtime.run(in_parallel::<R, _>(n, reset::<R>)),
            "After" => runtime.run(in_parallel::<R, _>(n, after::<R>)),
            "Sleep1000" => runtime.run(in_parallel::<R, _>(n, sleep::<R>)),
            other => unreachable!("{other} is in main's list only"),
        });
    });
    group.finish();
}

/// The time that as many tasks as there are workers take for `n` operations together.
async fn in_parallel<R: Drivers, F>(n: u64, work: fn(u64) -> F) -> Duration
where
    F: Future<Output = ()> + Send + 'static,
{
    let start = Instant::now();
    let tasks: Vec<_> = (0..workers()).map(|index| R::spawn(work(share(n, workers(), index)))).collect();
    for task in tasks {
        task.await.expect("the task completes");
    }
    start.elapsed()
}

/// Polls a sleep once, which sets it.
async fn set<S: Future<Output = ()>>(mut sleep: Pin<&mut S>) {
    poll_fn(|cx| {
        assert!(sleep.as_mut().poll(cx).is_pending(), "an hour isn't over");
        Poll::Ready(())
    })
    .await;
}

/// Lets others go first now and then. A task that never does has its poll budget used up soon, and then each of its polls
/// is in vain.
async fn now_and_then<R: Drivers>(operation: u64) {
    const TURN: u64 = 64;
    if operation % TURN == 0 {
        R::yield_now().await;
    }
}

async fn stop<R: Drivers>(n: u64) {
    for operation in 0..n {
        now_and_then::<R>(operation).await;
        set(pin!(R::sleep(HOUR))).await;
    }
}

async fn start_stop<R: Drivers>(n: u64) {
    const TIMERS: u64 = 1_000;
    let mut sleeps = Vec::with_capacity(TIMERS as usize);
    for _ in 0..n {
        for operation in 0..TIMERS {
            now_and_then::<R>(operation).await;
            let mut sleep = Box::pin(R::sleep(HOUR));
            set(sleep.as_mut()).await;
            sleeps.push(sleep);
        }
        sleeps.drain(..).for_each(drop);
    }
}

async fn reset<R: Drivers>(n: u64) {
    let mut sleep = pin!(R::sleep(HOUR));
    set(sleep.as_mut()).await;
    for _ in 0..n {
        R::reset(sleep.as_mut(), HOUR);
    }
    set(sleep).await;
}

async fn after<R: Drivers>(n: u64) {
    for _ in 0..n {
        R::sleep(Duration::from_nanos(1)).await;
    }
}

async fn sleep<R: Drivers>(n: u64) {
    const TASKS: usize = 1_000;
    for _ in 0..n {
        let tasks: Vec<_> = (0..TASKS).map(|_| R::spawn(R::sleep(Duration::from_nanos(1)))).collect();
        for task in tasks {
            task.await.expect("the sleeper wakes up");
        }
    }
}
