//! What it costs to give the worker away and to be woken.

use std::hint::black_box;
use std::time::Instant;

use super::rt::sync::mpsc;
use super::rt::task::JoinHandle;
use super::{on_worker, rt};
use crate::scenario::{Measurement, Params};

/// 200 tasks call `yield_now` 5,000 times each.
///
/// Measures a turn through the run queue with no other work: the scheduler's loop, per yield. Does not measure waking
/// by another task, and hardly any spawning. Of tokio's own benchmarks it is `yield_many`.
pub(super) fn yields(params: Params) -> Measurement {
    const TASKS: u64 = 200;
    on_worker(params, |params| async move {
        let each = params.count(5_000);
        let start = Instant::now();
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                rt::spawn(async move {
                    let mut turns = 0;
                    while turns < each {
                        rt::task::yield_now().await;
                        turns = black_box(turns + 1);
                    }
                    turns
                })
            })
            .collect();
        let mut turns = 0;
        for task in tasks {
            turns += task.await.expect("a yielding task completes");
        }
        let elapsed = start.elapsed();
        assert_eq!(turns, TASKS * each, "every task took all of its turns");
        Measurement::time(elapsed, turns)
    })
}

/// One pair of tasks sends a number to and fro 200k times, over two channels of capacity 1.
///
/// Measures the latency of waking one task from another while nothing else is to do, per round trip (two messages, two
/// wakes). Does not measure parallelism: a runtime that keeps both tasks on one worker is right to.
pub(super) fn ping_pong_1(params: Params) -> Measurement {
    on_worker(params, |params| ping_pong(1, params.count(200_000)))
}

/// 100 such pairs with 5k round trips each.
///
/// Measures the same wakes under load, where every worker has pairs to serve. Does not measure the latency of one
/// round trip: the time is spread over the round trips of all pairs.
pub(super) fn ping_pong_100(params: Params) -> Measurement {
    on_worker(params, |params| ping_pong(100, params.count(5_000)))
}

async fn ping_pong(pairs: u64, trips: u64) -> Measurement {
    let start = Instant::now();
    let tasks: Vec<_> = (0..pairs).map(|_| pair(trips)).collect();
    let mut balls = 0;
    for (ping, pong) in tasks {
        balls += ping.await.expect("ping completes");
        let returned = pong.await.expect("pong completes");
        assert_eq!(returned, trips, "pong returned every ball");
    }
    let elapsed = start.elapsed();
    assert_eq!(balls, 2 * pairs * trips, "each ball was hit twice a trip");
    Measurement::time(elapsed, pairs * trips)
}

/// Starts one pair. Ping's output is the ball's number after `trips` trips, to which each side adds 1 a trip; pong's is
/// how often it returned it.
fn pair(trips: u64) -> (JoinHandle<u64>, JoinHandle<u64>) {
    let (to_pong, mut from_ping) = mpsc::channel::<u64>(1);
    let (to_ping, mut from_pong) = mpsc::channel::<u64>(1);
    let pong = rt::spawn(async move {
        let mut returned = 0;
        while let Some(ball) = from_ping.recv().await {
            returned += 1;
            to_ping.send(ball + 1).await.expect("ping listens");
        }
        returned
    });
    let ping = rt::spawn(async move {
        let mut ball = 0;
        for _ in 0..trips {
            to_pong.send(ball + 1).await.expect("pong listens");
            ball = black_box(from_pong.recv().await.expect("pong answers"));
        }
        ball
    });
    (ping, pong)
}
