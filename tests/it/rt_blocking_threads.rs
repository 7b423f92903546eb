//! The blocking pool when threads end all the time, and when the system refuses them.

use crate::support::{Census, eventually, in_child, multi_builder, on_each, rounds, stderr, watched};
use gmp::runtime::Builder;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

/// A number from a seed, good enough to be irregular.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// With threads that end all the time, jobs find one or get a new one.
#[test]
fn keep_alive_that_is_up_at_once() {
    for nanos in [0, 1, 100_000, 1_000_000] {
        watched(move || {
            let rt = multi_builder(1).thread_keep_alive(Duration::from_nanos(nanos)).build().unwrap();
            let mut seed = nanos;
            for i in 0..rounds(2_000) {
                assert_eq!(rt.block_on(rt.spawn_blocking(move || i)).unwrap(), i);
                if next(&mut seed) % 8 == 0 {
                    thread::sleep(Duration::from_nanos(nanos));
                }
            }
            let metrics = rt.metrics();
            eventually("all end", || metrics.num_blocking_threads() == 0);
        });
    }
}

/// A million jobs from eight threads, aborted at random, on threads that end all the time.
#[test]
fn stress() {
    for (workers, max_threads) in [(2, 512), (1, 3)] {
        watched(move || {
            let each = rounds(if max_threads == 512 { 800_000 } else { 200_000 }) / 8;
            let rt = multi_builder(workers)
                .thread_keep_alive(Duration::from_millis(1))
                .max_blocking_threads(max_threads)
                .build()
                .unwrap();
            let (ran, dropped) = (Arc::new(AtomicU64::new(0)), Census::default());
            let submitters: Vec<_> = (0..8_u64)
                .map(|number| {
                    let (handle, ran, dropped) = (rt.handle().clone(), ran.clone(), dropped.clone());
                    thread::spawn(move || {
                        let (mut seed, mut cancelled, mut waiting) = (number, 0, Vec::new());
                        for _ in 0..each {
                            let (live, ran) = (dropped.live(), ran.clone());
                            let job = handle.spawn_blocking(move || {
                                ran.fetch_add(1, Ordering::Relaxed);
                                drop(live);
                            });
                            match next(&mut seed) % 64 {
                                0 => thread::sleep(Duration::from_micros(next(&mut seed) % 2_000)),
                                1..=9 => job.abort(),
                                10 => {
                                    waiting.push(job);
                                    for job in waiting.drain(..) {
                                        match handle.block_on(job) {
                                            Ok(()) => {}
                                            Err(error) if error.is_cancelled() => cancelled += 1,
                                            Err(error) => panic!("{error}"),
                                        }
                                    }
                                    continue;
                                }
                                _ => {}
                            }
                            waiting.push(job);
                        }
                        for job in waiting {
                            cancelled += u64::from(handle.block_on(job).is_err());
                        }
                        cancelled
                    })
                })
                .collect();
            let cancelled: u64 = submitters.into_iter().map(|t| t.join().unwrap()).sum();
            assert_eq!(ran.load(Ordering::Relaxed) + cancelled, 8 * each as u64);
            dropped.assert_all_dropped();
            let metrics = rt.metrics();
            assert_eq!(metrics.blocking_queue_depth(), 0);
            eventually("all end", || metrics.num_blocking_threads() == 0);
        });
    }
}

/// Seven of eight threads can't be started. Every job runs nonetheless, those that wait for others too.
#[test]
fn threads_are_refused_now_and_then() {
    let test = "rt_blocking_threads::threads_are_refused_now_and_then";
    let play = || {
        on_each(|rt| {
            let first = rt.spawn_blocking(|| 1);
            assert_eq!(rt.block_on(first).unwrap(), 1);
            for _ in 0..20 {
                let barrier = Arc::new(Barrier::new(4));
                let jobs: Vec<_> = (0..4)
                    .map(|_| {
                        let barrier = barrier.clone();
                        rt.spawn_blocking(move || u64::from(barrier.wait().is_leader()))
                    })
                    .collect();
                let leaders = rt.block_on(async {
                    let mut leaders = 0;
                    for job in jobs {
                        leaders += job.await.unwrap();
                    }
                    leaders
                });
                assert_eq!(leaders, 1);
            }
            assert!(rt.metrics().thread_failure_count() > 0);
        });
        watched(|| {
            let rt = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            rt.block_on(async {
                assert_eq!(gmp::task::spawn_blocking(|| 2).await.unwrap(), 2, "the clock stands meanwhile");
            });
        });
        watched(|| {
            let rt = multi_builder(2).thread_keep_alive(Duration::from_micros(100)).build().unwrap();
            for i in 0..2_000 {
                assert_eq!(rt.block_on(rt.spawn_blocking(move || i)).unwrap(), i);
            }
            drop(rt);
        });
    };
    if let Some(output) = in_child(test, &[("GMP_FAULT", "blocking-threads")], play) {
        assert!(output.status.success(), "{}", stderr(&output));
        let told = stderr(&output).matches("cannot start a thread for a blocking job").count();
        assert!(told >= 1, "{}", stderr(&output));
    }
}

/// The limit on the number of threads, reached and lifted.
#[cfg(target_os = "linux")]
#[test]
fn no_more_threads_for_this_user() {
    let test = "rt_blocking_threads::no_more_threads_for_this_user";
    let play = || {
        watched(|| {
            let rt = multi_builder(2).build().unwrap();
            // All workers are there before.
            rt.block_on(async {
                let tasks: Vec<_> = (0..100).map(|_| gmp::spawn(gmp::task::yield_now())).collect();
                for task in tasks {
                    task.await.unwrap();
                }
            });
            let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NPROC, &mut old) }, 0);
            // root has no such limit. libc's function, unlike the system call, is for all threads.
            // SAFETY: no memory is involved.
            if unsafe { libc::geteuid() } == 0 && unsafe { libc::setresuid(65_534, 65_534, 65_534) } != 0 {
                return eprintln!("skipped: this root can't become somebody else");
            }
            let tight = libc::rlimit { rlim_cur: 0, rlim_max: old.rlim_max };
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &tight) }, 0);
            let before = rt.metrics().thread_failure_count();
            let jobs: Vec<_> = (0..10).map(|i| rt.spawn_blocking(move || i)).collect();
            assert!(rt.metrics().thread_failure_count() > before, "the limit has no effect");
            thread::sleep(Duration::from_millis(5));
            assert!(jobs.iter().all(|job| !job.is_finished()));
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &old) }, 0);
            // Nothing else is submitted: it is tried again.
            for (i, job) in jobs.into_iter().enumerate() {
                assert_eq!(rt.block_on(job).unwrap(), i);
            }

            // With a thread there, jobs that can't have one of their own wait for it.
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &tight) }, 0);
            let threads = rt.metrics().num_blocking_threads();
            let jobs: Vec<_> = (0..1_000).map(|i| rt.spawn_blocking(move || i)).collect();
            for (i, job) in jobs.into_iter().enumerate() {
                assert_eq!(rt.block_on(job).unwrap(), i);
            }
            assert!((1..=threads).contains(&rt.metrics().num_blocking_threads()));
        });
    };
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}
