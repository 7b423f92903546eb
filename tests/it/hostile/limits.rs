//! Cases 41 to 43, 50 and 59: what the system refuses, and a storm of aborts.

use crate::support::{Census, eventually, in_child, multi_builder, on_each, rounds, stderr, watched};
use gmp::runtime::{Builder, Pin, Runtime};
use gmp::sync::mpsc;
use std::time::Duration;

/// A runtime whose threads cannot be started: no address space is as large as their stacks.
fn threadless(workers: usize) -> Runtime {
    multi_builder(workers).thread_stack_size(1 << 46).build().unwrap()
}

/// Workers start on demand, so that none can be had shows later than in `build`: main runs what there is.
#[test]
fn case_41_no_worker_can_be_started() {
    for workers in [1, 2, 4] {
        watched(move || {
            let rt = threadless(workers);
            let metrics = rt.metrics();
            let out = rt.block_on_main(async {
                let mut sum = 0;
                for round in 0..20 {
                    let tasks: Vec<_> = (0..400).map(|i| gmp::spawn(async move { i })).collect();
                    for task in tasks {
                        sum += task.await.unwrap();
                    }
                    gmp::task::yield_now().await;
                    let (tx, mut rx) = mpsc::channel(1);
                    gmp::spawn(async move {
                        for i in 0..10 {
                            tx.send(i).await.unwrap();
                        }
                    });
                    while let Some(i) = rx.recv().await {
                        sum += i * round;
                    }
                }
                sum
            });
            assert_eq!(out, 20 * 399 * 400 / 2 + 45 * 190);
            eventually("all are dead", || metrics.num_alive_tasks() == 0);
            if workers > 1 {
                assert!(metrics.thread_failure_count() > 0, "the refusal is counted");
            }
        });
    }
}

/// `block_on` needs no worker for its own future, and a spawn is queued, not refused.
#[test]
fn case_42_block_on_without_workers() {
    watched(|| {
        let rt = threadless(2);
        let metrics = rt.metrics();
        let census = Census::default();
        assert_eq!(rt.block_on(async { 5 }), 5);
        for _ in 0..300 {
            let live = census.live();
            rt.spawn(async move { drop(live) });
            let live = census.live();
            rt.block_on(async {
                gmp::spawn(async move { drop(live) });
                gmp::task::yield_now().await;
            });
        }
        assert!(metrics.thread_failure_count() > 0);
        assert_eq!(metrics.num_alive_tasks(), 600);
        assert_eq!(census.dropped(), 0, "nobody could run them");
        // Somebody who can takes them up.
        rt.block_on_main(async {
            while gmp::runtime::Handle::current().metrics().num_alive_tasks() > 1 {
                gmp::task::yield_now().await;
            }
        });
        assert_eq!(census.dropped(), 600);
        rt.spawn(std::future::pending::<()>());
        drop(rt);
        census.assert_all_dropped();
    });
}

/// The message comes once, not with each spawn.
#[test]
fn case_42_the_refusal_is_told_once() {
    let test = "hostile::limits::case_42_the_refusal_is_told_once";
    let play = || {
        let rt = threadless(2);
        for _ in 0..50 {
            rt.spawn(async {});
        }
        assert!(rt.metrics().thread_failure_count() >= 1);
    };
    if let Some(output) = in_child(test, &[], play) {
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        let told = said.matches("gmp: cannot start a worker thread").count();
        assert_eq!(told, 1, "{said}");
    }
}

/// Where tokio panics: the job waits. The runtime goes on, and its end cancels the job.
#[test]
fn case_42_no_blocking_thread_can_be_started() {
    watched(|| {
        let rt = threadless(1);
        let metrics = rt.metrics();
        let census = Census::default();
        let live = census.live();
        let job = rt.spawn_blocking(move || drop(live));
        assert!(metrics.thread_failure_count() > 0, "counted too");
        assert_eq!(metrics.num_blocking_threads(), 0);
        assert_eq!(metrics.blocking_queue_depth(), 1);
        let failures = metrics.thread_failure_count();
        let sum = rt.block_on_main(async move {
            // It is tried again.
            while gmp::runtime::Handle::current().metrics().thread_failure_count() < failures + 3 {
                gmp::time::sleep(Duration::from_millis(1)).await;
            }
            gmp::spawn(async { 3 }).await.unwrap()
        });
        assert_eq!(sum, 3);
        assert!(!job.is_finished());
        assert_eq!(census.dropped(), 0);
        drop(rt);
        assert!(job.is_finished());
        census.assert_all_dropped();
    });
}

/// Threads cannot be had, then they can: the work that waited is done. Here the limit is that of the address space.
#[cfg(target_os = "linux")]
#[test]
fn case_43_the_limit_is_lifted() {
    let test = "hostile::limits::case_43_the_limit_is_lifted";
    let play = || {
        watched(|| {
            let rt = multi_builder(2).thread_stack_size(256 << 20).build().unwrap();
            let metrics = rt.metrics();
            let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut old) }, 0);
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
            let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
            let tight = libc::rlimit { rlim_cur: pages * 4096 + (64 << 20), rlim_max: old.rlim_max };
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &tight) }, 0);
            let first = rt.spawn(async { 1 });
            assert!(metrics.thread_failure_count() > 0);
            assert!(!first.is_finished());
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &old) }, 0);
            // The next submission tries again.
            let second = rt.spawn(async { 2 });
            assert_eq!(rt.block_on(second).unwrap(), 2);
            assert_eq!(rt.block_on(first).unwrap(), 1);
        });
    };
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

/// A CPU that doesn't exist to pin to: no error, same results, and the record says what was done.
#[test]
fn case_50_affinity_is_refused() {
    watched(|| {
        for cpus in [vec![100_000], vec![1_023, 4_095], vec![usize::MAX], Vec::new()] {
            let rt = multi_builder(2).pin_workers(Pin::Custom(cpus)).build().unwrap();
            let tasks: Vec<_> = (0..100).map(|i| rt.spawn(async move { i })).collect();
            let sum: usize = tasks.into_iter().map(|t| rt.block_on(t).unwrap()).sum();
            assert_eq!(sum, 4_950);
            let pinning = rt.handle().boot_record().pinning.as_ref().unwrap();
            assert!(!pinning.is_pinned(), "{pinning:?}");
            assert_eq!(pinning.reason, "none of the CPUs is usable");
        }
    });
}

/// However it is pinned, the count of CPUs is that from before, and the thread that builds is left alone.
#[test]
fn case_50_pinning_leaves_the_caller_alone() {
    let test = "hostile::limits::case_50_pinning_leaves_the_caller_alone";
    let play = || {
        watched(|| {
            let cpus = || std::thread::available_parallelism().unwrap();
            let before = cpus();
            for pin in [Pin::Auto, Pin::Core, Pin::Llc, Pin::None, Pin::Custom(vec![0])] {
                let rt = Builder::new_multi_thread().pin_workers(pin.clone()).build().unwrap();
                assert_eq!(rt.block_on(async { gmp::spawn(async { 1 }).await.unwrap() }), 1);
                assert_eq!(rt.block_on_main(async { gmp::spawn(async { 2 }).await.unwrap() }), 2);
                // What a blocking job may use is all of it, too: it computes, perhaps in parallel.
                let job = rt.block_on(rt.spawn_blocking(std::thread::available_parallelism));
                assert_eq!(job.unwrap().unwrap(), before, "{pin:?}");
                assert_eq!(cpus(), before, "{pin:?}");
                let again = Builder::new_multi_thread().build().unwrap();
                assert_eq!(again.metrics().num_workers(), rt.metrics().num_workers());
            }
        });
    };
    // Alone in its process, for `Auto` pins only then.
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

/// Forty thousand aborts, each twice, racing with completion.
#[test]
fn case_59_a_storm_of_aborts() {
    on_each(|rt| {
        let census = Census::default();
        let n = rounds(40_000);
        let counted = census.clone();
        rt.block_on(async move {
            let mut handles = Vec::new();
            for i in 0..n {
                let live = counted.live();
                let task = gmp::spawn(async move {
                    let _live = live;
                    match i % 3 {
                        0 => {}
                        1 => gmp::task::yield_now().await,
                        _ => std::future::pending().await,
                    }
                });
                let abort = task.abort_handle();
                handles.push((abort, (i % 2 == 0).then_some(task)));
            }
            let (first, second) = (handles.iter().map(|h| h.0.clone()), handles.iter().map(|h| h.0.clone()));
            let storms = [first.collect::<Vec<_>>(), second.rev().collect()].map(|handles| {
                gmp::task::spawn_blocking(move || handles.iter().for_each(gmp::task::AbortHandle::abort))
            });
            for storm in storms {
                storm.await.unwrap();
            }
            for (abort, task) in handles {
                if let Some(task) = task {
                    let _ = task.await;
                    assert!(abort.is_finished());
                }
            }
        });
        rt.shutdown_timeout(Duration::from_secs(50));
        census.assert_all_dropped();
    });
}
