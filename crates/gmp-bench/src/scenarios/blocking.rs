//! Blocking on purpose.

use std::hint::black_box;
use std::time::Instant;

use super::{on_worker, rt};
use crate::scenario::{Measurement, Params};

/// A task calls `block_in_place` with a closure that does nothing and yields, 50k times.
///
/// Measures what it costs to say that one may block, and then not to: a note for the monitor, or a hand-over of the whole
/// worker to another thread. The yield, which is what `yields` measures, is there because a task that has given its worker
/// away has none to give until its next poll, so that further calls would cost nothing. Does not measure what happens if
/// the closure does block.
pub(super) fn block_in_place_empty(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let count = params.count(50_000);
        let start = Instant::now();
        let mut sum = 0;
        for number in 1..=count {
            sum += rt::task::block_in_place(|| black_box(number));
            rt::task::yield_now().await;
        }
        let elapsed = start.elapsed();
        assert_eq!(sum, super::sum_to(count), "every closure ran once");
        Measurement::time(elapsed, count)
    })
}

/// A task sends 50k jobs to the blocking pool and awaits each before the next.
///
/// Measures a round trip: the job's cell, the wake of a thread of the pool, the wake of the task. The thread is there
/// already, idle; what starting one costs is not measured.
pub(super) fn spawn_blocking(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let count = params.count(50_000);
        let start = Instant::now();
        let mut sum = 0;
        for number in 1..=count {
            sum += rt::task::spawn_blocking(move || black_box(number)).await.expect("a job completes");
        }
        let elapsed = start.elapsed();
        assert_eq!(sum, super::sum_to(count), "every job ran once");
        Measurement::time(elapsed, count)
    })
}

/// A task sends 1,000 jobs to the blocking pool at once and then awaits them, 100 times.
///
/// Measures the pool's queue with many threads at it, per job. How many threads the pool starts for jobs that take no
/// time is the runtime's choice, and part of the figure.
pub(super) fn spawn_blocking_many(params: Params) -> Measurement {
    const IN_FLIGHT: u64 = 1_000;
    on_worker(params, |params| async move {
        let batches = params.count(100);
        let start = Instant::now();
        for _ in 0..batches {
            let jobs: Vec<_> =
                (1..=IN_FLIGHT).map(|number| rt::task::spawn_blocking(move || black_box(number))).collect();
            let mut sum = 0;
            for job in jobs {
                sum += job.await.expect("a job completes");
            }
            assert_eq!(sum, super::sum_to(IN_FLIGHT), "every job ran once");
        }
        let elapsed = start.elapsed();
        Measurement::time(elapsed, batches * IN_FLIGHT)
    })
}
