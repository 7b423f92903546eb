//! Two tasks that wake each other on one worker, alone and beside a task that is never done: gmp beside tokio.
//!
//! * `PingPong`: the pair alone, per round trip (two messages, two wake-ups).
//! * `PingPongHog`: the same beside a task that is runnable all the time. A runtime that lets the pair run on and on
//!   has the figure of `PingPong`, and starves the hog; one that gives every task its turn after each wake-up has the
//!   hog's turns in the figure. Neither is the goal: how many turns the hog got is printed after the figure; read them
//!   together.
//!
//! Measures who goes next on one worker, and the cost of a wake-up there.
//!
//! Does NOT measure wake-ups between threads (`wakeup.rs` does). Go's hog never gives its turn away, and is stopped by
//! the runtime when its time is over; a future can't be stopped, so ours yields after each look at the flag. For the
//! same reason our figure and Go's are different things: set ours beside tokio's.
//!
//! Go: BenchmarkPingPongHog (runtime/proc_test.go). Go's channels are unbuffered; ours have room for one.

use criterion::Criterion;
use gmp::sync::mpsc;
use gmp_benches::runtimes::{Gmp, Runtime, Tokio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    ping_pong::<Gmp>(&mut criterion);
    ping_pong::<Tokio>(&mut criterion);
    ping_pong_hog::<Gmp>(&mut criterion);
    ping_pong_hog::<Tokio>(&mut criterion);
    criterion.final_summary();
}

fn ping_pong<R: Runtime>(criterion: &mut Criterion) {
    let runtime = R::multi_thread(1);
    let mut group = criterion.benchmark_group("PingPong");
    group.bench_function(R::NAME, |b| b.iter_custom(|n| runtime.run(round_trips::<R>(n))));
    group.finish();
}

fn ping_pong_hog<R: Runtime>(criterion: &mut Criterion) {
    let runtime = R::multi_thread(1);
    let (mut turns, mut trips) = (0, 0);
    let mut group = criterion.benchmark_group("PingPongHog");
    group.bench_function(R::NAME, |b| {
        b.iter_custom(|n| {
            let (elapsed, hog_turns) = runtime.run(beside_a_hog::<R>(n));
            turns += hog_turns;
            trips += n;
            elapsed
        });
    });
    group.finish();
    if trips > 0 {
        println!("{}: the hog had {:.2} turns a round trip", R::NAME, turns as f64 / trips as f64);
    }
}

async fn round_trips<R: Runtime>(n: u64) -> Duration {
    let (ping, mut pinged) = mpsc::channel::<u64>(1);
    let (pong, mut ponged) = mpsc::channel::<u64>(1);
    let ponger = R::spawn(async move {
        while let Some(ball) = pinged.recv().await {
            pong.send(ball + 1).await.expect("the pinger listens");
        }
    });
    let pinger = R::spawn(async move {
        let start = Instant::now();
        let mut ball = 0;
        for _ in 0..n {
            ping.send(ball).await.expect("the ponger listens");
            ball = ponged.recv().await.expect("the ponger answers");
        }
        (start.elapsed(), ball)
    });
    let (elapsed, ball) = pinger.await.expect("the pinger completes");
    ponger.await.expect("the ponger completes");
    assert_eq!(ball, n, "the ball was returned every time");
    elapsed
}

/// The time of `n` round trips, and how many turns the hog had meanwhile.
async fn beside_a_hog<R: Runtime>(n: u64) -> (Duration, u64) {
    let stop = Arc::new(AtomicBool::new(false));
    let hog = R::spawn({
        let stop = Arc::clone(&stop);
        async move {
            let mut turns = 0_u64;
            // ORDERING: Relaxed — a flag that publishes nothing; joining the hog does.
            while !stop.load(Ordering::Relaxed) {
                turns += 1;
                R::yield_now().await;
            }
            turns
        }
    });
    let elapsed = round_trips::<R>(n).await;
    // ORDERING: Relaxed — as above.
    stop.store(true, Ordering::Relaxed);
    (elapsed, hog.await.expect("the hog completes"))
}
