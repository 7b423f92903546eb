//! Channels between tasks: one implementation, tokio's `mpsc`, on gmp and on tokio.
//!
//! * `ChanUncontended`: as many tasks as there are workers, each with a channel of 100 that it fills and empties, per
//!   fill and empty of all tasks together. Nobody waits, but a task uses up its poll budget every 128 operations and
//!   yields: that, and the budget itself, is what differs between the runtimes.
//! * `ChanProdCons…`: as many producers as there are workers send to one consumer, per message. `1`, `10` and `100` are
//!   the capacities; with `Work` both sides compute a little for each message.
//!
//! Measures waking with back-pressure: producers wait for room, the consumer for messages.
//!
//! Does NOT compare channels, there is but one; nor unbounded ones, `oneshot`, `broadcast` and `watch`.
//!
//! Go: BenchmarkChanUncontended, BenchmarkChanProdCons10, …100, …Work10, …Work100 (runtime/chan_test.go). Go has as
//! many consumers as producers, an `mpsc` has one. …ProdCons0 and …Work0, for which there is no such channel, have a
//! capacity of 1 here and are called …1 and …Work1; BenchmarkChanContended, where all tasks receive, has no
//! counterpart.

use criterion::{BenchmarkId, Criterion};
use gmp::sync::mpsc;
use gmp_benches::runtimes::{Gmp, Runtime, Tokio, share, workers};
use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    chan_uncontended::<Gmp>(&mut criterion);
    chan_uncontended::<Tokio>(&mut criterion);
    for (name, work) in [("ChanProdCons", 0), ("ChanProdConsWork", 100)] {
        for capacity in [1, 10, 100] {
            chan_prod_cons::<Gmp>(&mut criterion, name, capacity, work);
            chan_prod_cons::<Tokio>(&mut criterion, name, capacity, work);
        }
    }
    criterion.final_summary();
}

fn chan_uncontended<R: Runtime>(criterion: &mut Criterion) {
    let runtime = R::multi_thread(workers());
    let mut group = criterion.benchmark_group("ChanUncontended");
    group.bench_function(R::NAME, |b| b.iter_custom(|n| runtime.run(fill_and_empty::<R>(n))));
    group.finish();
}

async fn fill_and_empty<R: Runtime>(n: u64) -> Duration {
    const CAPACITY: u64 = 100;
    let start = Instant::now();
    let tasks: Vec<_> = (0..workers())
        .map(|index| {
            let turns = share(n, workers(), index);
            R::spawn(async move {
                let (sender, mut receiver) = mpsc::channel(CAPACITY as usize);
                let mut sum = 0;
                for _ in 0..turns {
                    for _ in 0..CAPACITY {
                        sender.send(1_u64).await.expect("the receiver is here");
                    }
                    for _ in 0..CAPACITY {
                        sum += receiver.recv().await.expect("there is a message");
                    }
                }
                sum
            })
        })
        .collect();
    let mut sum = 0;
    for task in tasks {
        sum += task.await.expect("the task completes");
    }
    let elapsed = start.elapsed();
    assert_eq!(sum, n * CAPACITY, "every message arrived once");
    elapsed
}

fn chan_prod_cons<R: Runtime>(criterion: &mut Criterion, name: &str, capacity: usize, work: u32) {
    let runtime = R::multi_thread(workers());
    let mut group = criterion.benchmark_group(name);
    group.bench_function(BenchmarkId::new(R::NAME, capacity), |b| {
        b.iter_custom(|n| runtime.run(prod_cons::<R>(n, capacity, work)));
    });
    group.finish();
}

async fn prod_cons<R: Runtime>(n: u64, capacity: usize, work: u32) -> Duration {
    let start = Instant::now();
    let (sender, mut receiver) = mpsc::channel(capacity);
    for index in 0..workers() {
        let sender = sender.clone();
        let messages = share(n, workers(), index);
        drop(R::spawn(async move {
            for _ in 0..messages {
                compute(work);
                sender.send(1_u64).await.expect("the consumer listens");
            }
        }));
    }
    drop(sender);
    let consumer = R::spawn(async move {
        let mut sum = 0;
        while let Some(message) = receiver.recv().await {
            compute(work);
            sum += message;
        }
        sum
    });
    let sum = consumer.await.expect("the consumer completes");
    let elapsed = start.elapsed();
    assert_eq!(sum, n, "every message arrived once");
    elapsed
}

/// Go's stand-in for work on a message: a doubling and a halving, so many times.
fn compute(times: u32) {
    let mut value = 1_u32;
    for _ in 0..times {
        value = black_box(value * 2);
        value /= 2;
    }
    black_box(value);
}
