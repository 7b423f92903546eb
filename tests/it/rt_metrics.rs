//! The figures add up: what was spawned is alive or dead, what was queued was polled, who slept has woken.

use crate::support::{current, eventually, multi, multi_builder, on_each, watched};
use gmp::runtime::RuntimeMetrics;
use gmp::sync::oneshot;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

fn sum(metrics: &RuntimeMetrics, of: impl Fn(&RuntimeMetrics, usize) -> u64) -> u64 {
    (0..metrics.num_workers()).map(|w| of(metrics, w)).sum()
}

#[test]
fn workers() {
    assert_eq!(current().metrics().num_workers(), 1);
    for workers in [1, 2, 7] {
        assert_eq!(multi(workers).metrics().num_workers(), workers);
    }
}

#[test]
fn tasks_are_counted() {
    on_each(|rt| {
        let metrics = rt.metrics();
        assert_eq!(metrics.num_alive_tasks(), 0);
        assert_eq!(metrics.spawned_tasks_count(), 0);
        let (open, gate) = gmp::sync::watch::channel(false);
        let tasks: Vec<_> = (0..100)
            .map(|i| {
                let mut gate = gate.clone();
                let wait = async move {
                    gate.wait_for(|open| *open).await.unwrap();
                };
                // Half from here, half from a task.
                if i % 2 == 0 {
                    rt.spawn(wait)
                } else {
                    rt.block_on(async { gmp::spawn(async { gmp::spawn(wait) }).await.unwrap() })
                }
            })
            .collect();
        assert_eq!(metrics.spawned_tasks_count(), 150);
        eventually("only those that wait are alive", || metrics.num_alive_tasks() == 100);
        open.send(true).unwrap();
        for task in tasks {
            rt.block_on(task).unwrap();
        }
        eventually("all are dead", || metrics.num_alive_tasks() == 0);
        assert_eq!(metrics.spawned_tasks_count(), 150);
        // A spawn that is refused has not been alive.
        drop(rt);
        assert_eq!(metrics.num_alive_tasks(), 0);
    });
}

#[test]
fn cancelled_and_panicked_tasks_are_dead() {
    on_each(|rt| {
        let metrics = rt.metrics();
        let pending = rt.spawn(std::future::pending::<()>());
        let bad = rt.spawn(async { panic!("counted") });
        rt.block_on(async {
            gmp::task::yield_now().await;
            pending.abort();
            assert!(pending.await.unwrap_err().is_cancelled());
            assert!(bad.await.unwrap_err().is_panic());
        });
        eventually("both are dead", || metrics.num_alive_tasks() == 0);
        assert_eq!(metrics.panicked_tasks_count(), 1);
    });
}

#[test]
fn polls_and_schedules() {
    on_each(|rt| {
        let metrics = rt.metrics();
        const YIELDS: u64 = 500;
        rt.block_on(rt.spawn(async {
            for _ in 0..YIELDS {
                gmp::task::yield_now().await;
            }
        }))
        .unwrap();
        assert_eq!(metrics.remote_schedule_count(), 1, "the spawn from outside");
        assert_eq!(sum(&metrics, RuntimeMetrics::worker_poll_count), YIELDS + 1);
        let local = sum(&metrics, RuntimeMetrics::worker_local_schedule_count);
        assert_eq!(local, YIELDS, "a yield is a schedule by the worker itself");
    });
}

#[test]
fn local_spawns_are_local_schedules() {
    watched(|| {
        let rt = multi(1);
        let metrics = rt.metrics();
        rt.block_on(rt.spawn(async {
            for _ in 0..100 {
                gmp::spawn(async {}).await.unwrap();
            }
        }))
        .unwrap();
        // Each spawn, and each wake of the one who awaits it.
        assert_eq!(metrics.worker_local_schedule_count(0), 200);
        assert_eq!(metrics.worker_poll_count(0), 201);
    });
}

#[test]
fn queues_have_a_depth() {
    watched(|| {
        let rt = multi(1);
        let metrics = rt.metrics();
        let barrier = Arc::new(Barrier::new(2));
        let gate = barrier.clone();
        let task = rt.spawn(async move {
            for _ in 0..10 {
                gmp::spawn(async {});
            }
            gate.wait();
            gate.wait();
        });
        barrier.wait();
        for _ in 0..5 {
            rt.spawn(async {});
        }
        assert_eq!(metrics.worker_local_queue_depth(0), 10);
        assert_eq!(metrics.global_queue_depth(), 5);
        assert_eq!(metrics.num_alive_tasks(), 16);
        barrier.wait();
        rt.block_on(task).unwrap();
        eventually("all have run", || metrics.num_alive_tasks() == 0);
        assert_eq!(metrics.worker_local_queue_depth(0), 0);
        assert_eq!(metrics.global_queue_depth(), 0);
    });
}

#[test]
fn an_overflow_is_counted() {
    watched(|| {
        let rt = multi(1);
        let metrics = rt.metrics();
        rt.block_on(rt.spawn(async {
            for _ in 0..1_000 {
                gmp::spawn(async {});
            }
        }))
        .unwrap();
        assert!(metrics.worker_overflow_count(0) >= 1);
        eventually("all have run", || metrics.num_alive_tasks() == 0);
    });
}

/// A worker that blocks is robbed of what is in its ring.
#[test]
fn thefts_are_counted() {
    watched(|| {
        let rt = multi(2);
        let metrics = rt.metrics();
        let (tx, rx) = mpsc::channel();
        let stuck = rt.spawn(async move {
            for _ in 0..20 {
                let tx = tx.clone();
                gmp::spawn(async move { tx.send(()).unwrap() });
            }
            drop(tx);
            // All twenty run on the other worker.
            assert_eq!(rx.iter().count(), 20);
        });
        rt.block_on(stuck).unwrap();
        let (tasks, times) =
            (sum(&metrics, RuntimeMetrics::worker_steal_count), sum(&metrics, RuntimeMetrics::worker_steal_operations));
        assert!(tasks >= 20, "{tasks}");
        assert!((1..=tasks).contains(&times), "{times} of {tasks}");
    });
}

#[test]
fn sleep_is_counted() {
    watched(|| {
        let rt = multi(1);
        let metrics = rt.metrics();
        rt.block_on(rt.spawn(async { thread::sleep(Duration::from_millis(2)) })).unwrap();
        eventually("the worker sleeps", || metrics.worker_park_unpark_count(0) % 2 == 1);
        let parks = metrics.worker_park_count(0);
        assert!(parks >= 1);
        assert!(metrics.worker_total_busy_duration(0) >= Duration::from_millis(2));
        assert!(metrics.worker_mean_poll_time(0) > Duration::ZERO);
        rt.block_on(rt.spawn(async {})).unwrap();
        eventually("it has slept again", || metrics.worker_park_count(0) > parks);
        eventually("and sleeps", || metrics.worker_park_unpark_count(0) % 2 == 1);
    });
}

#[test]
fn an_idle_runtime_is_idle() {
    watched(|| {
        let rt = multi(2);
        let metrics = rt.metrics();
        rt.block_on(rt.spawn(async { gmp::spawn(async {}).await.unwrap() })).unwrap();
        let sum_of_parks = || sum(&metrics, RuntimeMetrics::worker_park_count);
        let settled = || {
            let before = sum_of_parks();
            thread::sleep(Duration::from_millis(50));
            before == sum_of_parks()
        };
        eventually("nobody wakes for nothing", settled);
    });
}

#[test]
fn the_blocking_pool() {
    watched(|| {
        let rt = multi_builder(1).max_blocking_threads(2).build().unwrap();
        let metrics = rt.metrics();
        assert_eq!(metrics.num_blocking_threads(), 0);
        let go = Arc::new(AtomicBool::new(false));
        let barrier = Arc::new(Barrier::new(3));
        let jobs: Vec<_> = (0..5)
            .map(|i| {
                let (go, barrier) = (go.clone(), barrier.clone());
                rt.spawn_blocking(move || {
                    if i < 2 {
                        barrier.wait();
                    }
                    while !go.load(Ordering::Relaxed) {
                        thread::yield_now();
                    }
                })
            })
            .collect();
        barrier.wait();
        assert_eq!(metrics.num_blocking_threads(), 2);
        assert_eq!(metrics.num_idle_blocking_threads(), 0);
        assert_eq!(metrics.blocking_queue_depth(), 3);
        assert_eq!(metrics.num_alive_tasks(), 0, "jobs are no tasks");
        go.store(true, Ordering::Relaxed);
        for job in jobs {
            rt.block_on(job).unwrap();
        }
        eventually("both are idle", || metrics.num_idle_blocking_threads() == 2);
        assert_eq!(metrics.blocking_queue_depth(), 0);
    });
}

#[test]
fn wakes_from_outside_are_remote() {
    on_each(|rt| {
        let metrics = rt.metrics();
        let (tx, rx) = oneshot::channel::<()>();
        let (began, begun) = oneshot::channel();
        let task = rt.spawn(async move {
            began.send(()).unwrap();
            rx.await.unwrap();
        });
        rt.block_on(begun).unwrap();
        // It may be about to wait; then the wake is the worker's own business.
        let busy = || sum(&metrics, RuntimeMetrics::worker_park_unpark_count) % 2 == 0;
        if metrics.num_workers() == 1 && rt.handle().runtime_flavor() == gmp::runtime::RuntimeFlavor::MultiThread {
            eventually("the task waits", || !busy());
        }
        let before = metrics.remote_schedule_count();
        assert_eq!(before, 1);
        thread::spawn(move || tx.send(()).unwrap()).join().unwrap();
        rt.block_on(task).unwrap();
        let woken = metrics.remote_schedule_count() - before;
        assert!(woken <= 1, "{woken}");
        if metrics.num_workers() == 1 {
            assert_eq!(woken, 1);
        }
    });
}

/// A clone of the figures outlives the runtime.
#[test]
fn figures_outlive_the_runtime() {
    on_each(|rt| {
        let metrics = rt.metrics();
        rt.block_on(rt.spawn(async {})).unwrap();
        rt.spawn(std::future::pending::<()>());
        drop(rt);
        assert_eq!(metrics.spawned_tasks_count(), 2);
        assert_eq!(metrics.num_alive_tasks(), 0);
        assert_eq!(metrics.num_blocking_threads(), 0);
        assert!(sum(&metrics, RuntimeMetrics::worker_poll_count) >= 1);
    });
}

#[test]
fn a_worker_has_a_thread_and_counts_forced_yields() {
    watched(|| {
        let rt = multi(1);
        let metrics = rt.metrics();
        assert_eq!(metrics.worker_thread_id(0), None, "nothing has run yet");
        let asked = metrics.clone();
        let seen = rt.spawn(async move { (std::thread::current().id(), asked.worker_thread_id(0)) });
        let (thread, seen) = rt.block_on(seen).unwrap();
        assert_eq!(seen, Some(thread));
        assert_eq!(metrics.budget_forced_yield_count(), 0);
        let loops = rt.spawn(async {
            let semaphore = gmp::sync::Semaphore::new(1);
            for _ in 0..10_000 {
                drop(semaphore.acquire().await.unwrap());
            }
        });
        rt.block_on(loops).unwrap();
        // 128 operations a turn.
        assert!((10_000 / 128..10_000 / 64).contains(&metrics.budget_forced_yield_count()));
    });
}
