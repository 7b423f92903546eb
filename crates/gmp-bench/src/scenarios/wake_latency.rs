//! How long it takes from a wake until the task runs, on a worker that had gone to sleep.

use std::thread;
use std::time::{Duration, Instant};

use super::rt::sync::mpsc::{self, UnboundedReceiver};
use super::{on_worker, rt, runtime};
use crate::latency::Latencies;
use crate::scenario::{Measurement, Params};

/// Wakes at the normal scale, and at least.
const WAKES: u64 = 1_000;
const FEWEST_WAKES: u64 = 20;

/// A thread outside sends the time to a task that waits for it, 1,000 times, with half a millisecond between.
///
/// Measures how old the time is when the task has it: the median, and what 99 of 100 don't exceed. By then all workers are
/// asleep, so a wake of a thread by the kernel is in it, and on a machine with sleepy CPUs that is most of it. Does not measure
/// wakes under load, which `ping_pong_100` has.
pub(super) fn wake_outside(params: Params) -> Vec<Measurement> {
    const PAUSE: Duration = Duration::from_micros(500);
    let runtime = runtime(params);
    let wakes = params.count(WAKES).max(FEWEST_WAKES);
    let (send, receive) = mpsc::unbounded_channel();
    let task = runtime.spawn(ages(receive));
    // One that doesn't count starts the worker.
    for _ in 0..=wakes {
        thread::sleep(PAUSE);
        send.send(Instant::now()).expect("the task listens");
    }
    drop(send);
    percentiles(runtime.block_on(task).expect("the task completes"), wakes)
}

/// A task sends the time to another one and then computes for 100 µs, 1,000 times, with a sleep of 1 ms between.
///
/// Measures how old the time is when the other task has it: the median, and what 99 of 100 don't exceed. The waker keeps its
/// worker, so the woken task has to be fetched by another, which is asleep. 100 µs say that nobody came, and that the task ran
/// when its waker was done. Does not measure a wake after which the waker waits: there is nothing to fetch, and `ping_pong_1`
/// has it.
pub(super) fn wake_across(params: Params) -> Vec<Measurement> {
    const BUSY: Duration = Duration::from_micros(100);
    const PAUSE: Duration = Duration::from_millis(1);
    on_worker(params, |params| async move {
        let wakes = params.count(WAKES).max(FEWEST_WAKES);
        let (send, receive) = mpsc::unbounded_channel();
        let task = rt::spawn(ages(receive));
        for _ in 0..=wakes {
            rt::time::sleep(PAUSE).await;
            let sent = Instant::now();
            send.send(sent).expect("the task listens");
            while sent.elapsed() < BUSY {
                std::hint::spin_loop();
            }
        }
        drop(send);
        percentiles(task.await.expect("the task completes"), wakes)
    })
}

/// Says where there is no other worker.
pub(super) fn wake_across_unable(params: Params) -> Option<&'static str> {
    if params.workers < 2 { Some("needs two workers") } else { None }
}

/// How old each time is that comes in.
async fn ages(mut receive: UnboundedReceiver<Instant>) -> Vec<Duration> {
    let mut ages = Vec::new();
    while let Some(sent) = receive.recv().await {
        ages.push(sent.elapsed());
    }
    ages
}

/// The median and the 99th percentile of all but the first.
fn percentiles(ages: Vec<Duration>, wakes: u64) -> Vec<Measurement> {
    let mut latencies = Latencies::new();
    ages.into_iter().skip(1).for_each(|age| latencies.add(age));
    assert_eq!(latencies.count(), wakes, "every wake was timed");
    [50.0, 99.0].map(|percent| Measurement::micros(latencies.percentile(percent))).to_vec()
}
