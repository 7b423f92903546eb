//! What a task costs from spawn to end, in bulk: gmp beside tokio.
//!
//! * `CreateGoroutines`: one chain of tasks, each of which spawns the next and ends, per task. Nothing overlaps,
//!   handles are dropped.
//! * `CreateGoroutinesParallel`: as many chains as there are workers, per task of all chains together.
//! * `CreateGoroutinesCapture`: four tasks that capture something, and waiting for all of them, per four.
//!
//! Measures the memory of a task, the run queue, one poll and the end; in the parallel chains also whether workers keep
//! out of each other's way, in the captures also the wake-up of who waits.
//!
//! Does NOT measure large futures (these are a few words), a burst that overflows the ring, spawning from outside of
//! the runtime, or the latency of any one task; gmp-bench has scenarios for those. Go's tasks have stacks and ours
//! don't: beside `go test` this compares what the two languages' users pay, not the same machinery.
//!
//! Go: BenchmarkCreateGoroutines, BenchmarkCreateGoroutinesParallel, BenchmarkCreateGoroutinesCapture
//! (runtime/proc_test.go). Go waits with a channel and with a `WaitGroup`, we with a oneshot channel and by joining.

use criterion::Criterion;
use gmp::sync::oneshot;
use gmp_benches::runtimes::{Gmp, Runtime, Tokio, share, workers};
use std::array;
use std::future::Future;
use std::hint::black_box;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    create_goroutines::<Gmp>(&mut criterion);
    create_goroutines::<Tokio>(&mut criterion);
    create_goroutines_parallel::<Gmp>(&mut criterion);
    create_goroutines_parallel::<Tokio>(&mut criterion);
    create_goroutines_capture::<Gmp>(&mut criterion);
    create_goroutines_capture::<Tokio>(&mut criterion);
    criterion.final_summary();
}

fn create_goroutines<R: Runtime>(criterion: &mut Criterion) {
    let runtime = R::multi_thread(workers());
    let mut group = criterion.benchmark_group("CreateGoroutines");
    group.bench_function(R::NAME, |b| b.iter_custom(|n| runtime.run(chains::<R>(n, 1))));
    group.finish();
}

fn create_goroutines_parallel<R: Runtime>(criterion: &mut Criterion) {
    let runtime = R::multi_thread(workers());
    let mut group = criterion.benchmark_group("CreateGoroutinesParallel");
    group.bench_function(R::NAME, |b| b.iter_custom(|n| runtime.run(chains::<R>(n, workers()))));
    group.finish();
}

/// A task that spawns a task that spawns a task, `left` times. A named future, because the type of an async block can't
/// have itself in it.
struct Countdown<R> {
    left: u64,
    done: Option<oneshot::Sender<()>>,
    runtime: PhantomData<fn() -> R>,
}

impl<R: Runtime> Countdown<R> {
    fn new(left: u64, done: Option<oneshot::Sender<()>>) -> Self {
        Self { left, done, runtime: PhantomData }
    }
}

impl<R: Runtime> Future for Countdown<R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let done = self.done.take();
        match self.left {
            0 => done.expect("a task is polled once").send(()).expect("the benchmark waits"),
            left => drop(R::spawn(Self::new(left - 1, done))),
        }
        Poll::Ready(())
    }
}

async fn chains<R: Runtime>(total: u64, count: usize) -> Duration {
    let start = Instant::now();
    let mut ends = Vec::with_capacity(count);
    for index in 0..count {
        let (done, is_done) = oneshot::channel();
        drop(R::spawn(Countdown::<R>::new(share(total, count, index), Some(done))));
        ends.push(is_done);
    }
    for is_done in ends {
        is_done.await.expect("the chain goes to its end");
    }
    start.elapsed()
}

fn create_goroutines_capture<R: Runtime>(criterion: &mut Criterion) {
    let runtime = R::multi_thread(workers());
    let mut group = criterion.benchmark_group("CreateGoroutinesCapture");
    group.bench_function(R::NAME, |b| b.iter_custom(|n| runtime.run(captures::<R>(n))));
    group.finish();
}

async fn captures<R: Runtime>(n: u64) -> Duration {
    const TASKS: usize = 4;
    let start = Instant::now();
    for _ in 0..n {
        let tasks: [_; TASKS] = array::from_fn(|index| R::spawn(async move { black_box(index) }));
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("the task completes");
        }
        assert_eq!(sum, 6, "0, 1, 2 and 3 came back");
    }
    start.elapsed()
}
