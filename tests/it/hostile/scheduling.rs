//! Cases 33 to 40: whose turn it is, and that nothing that is queued is forgotten.

use crate::support::{Census, eventually, multi, on_each_multi, rounds, watched};
use gmp::sync::{Notify, mpsc, oneshot};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread;

/// Two tasks that yield for ever leave room for wakes from outside, a hundred of them, there and back.
#[test]
fn case_33_two_yield_spinners() {
    on_each_multi(|rt| {
        let stop = Arc::new(AtomicBool::new(false));
        let spinners: Vec<_> = (0..2)
            .map(|_| {
                let stop = stop.clone();
                rt.spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        gmp::task::yield_now().await;
                    }
                })
            })
            .collect();
        let (tx, mut rx) = mpsc::channel::<u32>(1);
        let (back, echo) = std_mpsc::channel();
        rt.spawn(async move {
            while let Some(n) = rx.recv().await {
                back.send(n).unwrap();
            }
        });
        for n in 0..100 {
            tx.blocking_send(n).unwrap();
            assert_eq!(echo.recv().unwrap(), n);
        }
        stop.store(true, Ordering::Relaxed);
        for spinner in spinners {
            rt.block_on(spinner).unwrap();
        }
    });
}

/// A chain through the slot for what runs next, without any use of the budget: bare wakers.
#[test]
fn case_34_ping_pong_through_runnext() {
    watched(|| {
        let rt = multi(1);
        let turns = rt.block_on(rt.spawn(async {
            let (a, b) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let third = Arc::new(AtomicBool::new(false));
            let (ours, theirs, ran) = (a.clone(), b.clone(), third.clone());
            let other = gmp::spawn(gmp::task::unconstrained(async move {
                loop {
                    theirs.notified().await;
                    ours.notify_one();
                }
            }));
            gmp::spawn(async move { ran.store(true, Ordering::SeqCst) });
            let turns = gmp::task::unconstrained(async move {
                let mut turns = 0;
                while !third.load(Ordering::SeqCst) && turns < 100_000 {
                    b.notify_one();
                    a.notified().await;
                    turns += 1;
                }
                turns
            })
            .await;
            other.abort();
            turns
        }));
        let turns = turns.unwrap();
        assert!(turns < 100, "the third task waited for {turns} rounds");
    });
}

#[test]
fn case_35_a_million_spawns_from_outside() {
    watched(|| {
        let rt = multi(2);
        let n = rounds(1_000_000);
        let ran = Arc::new(AtomicUsize::new(0));
        for _ in 0..n {
            let ran = ran.clone();
            rt.spawn(async move {
                ran.fetch_add(1, Ordering::Relaxed);
            });
        }
        eventually("all have run", || ran.load(Ordering::Relaxed) == n);
        let metrics = rt.metrics();
        eventually("all are dead", || metrics.num_alive_tasks() == 0);
        assert_eq!(metrics.spawned_tasks_count(), n as u64);
        assert_eq!(metrics.remote_schedule_count(), n as u64);
    });
}

/// One fills its ring to the brim and beyond while others steal from it.
#[test]
fn case_36_a_full_ring_and_thieves() {
    watched(|| {
        let rt = multi(3);
        let metrics = rt.metrics();
        for extra in [0, 1, 2, 127, 128, 129, 256, 300] {
            for _ in 0..rounds(200) {
                let n = 256 + extra;
                let turns: Arc<Vec<AtomicUsize>> = Arc::new((0..n).map(|_| AtomicUsize::new(0)).collect());
                let shared = turns.clone();
                let filler = rt.spawn(async move {
                    (0..n)
                        .map(|i| {
                            let turns = shared.clone();
                            gmp::spawn(async move {
                                turns[i].fetch_add(1, Ordering::SeqCst);
                            })
                        })
                        .collect::<Vec<_>>()
                });
                for task in rt.block_on(filler).unwrap() {
                    rt.block_on(task).unwrap();
                }
                assert!(turns.iter().all(|t| t.load(Ordering::SeqCst) == 1), "each one once");
            }
        }
        assert!((0..3).any(|w| metrics.worker_overflow_count(w) > 0));
    });
}

/// One submission at a time, each while the workers are on their way to sleep.
#[test]
fn case_40_submit_races_with_the_last_spinner() {
    on_each_multi(|rt| {
        let ran = Arc::new(AtomicUsize::new(0));
        for i in 0..rounds(50_000) {
            let counter = ran.clone();
            let task = rt.spawn(async move {
                counter.fetch_add(1, Ordering::SeqCst);
            });
            // Nobody else makes a noise that could wake the worker: a lost wake-up is a hang.
            while !task.is_finished() {
                thread::yield_now();
            }
            for _ in 0..(i * 37) % 500 {
                std::hint::spin_loop();
            }
        }
        assert_eq!(ran.load(Ordering::SeqCst), rounds(50_000));
    });
}

/// The same with wakes of tasks that wait, from several threads, each waiting for its own.
#[test]
fn case_40_wakes_race_with_sleepers() {
    on_each_multi(|rt| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let handle = rt.handle().clone();
                thread::spawn(move || {
                    for i in 0..rounds(5_000) {
                        let (tx, rx) = oneshot::channel();
                        let (back, echo) = std_mpsc::channel();
                        handle.spawn(async move { back.send(rx.await.unwrap()).unwrap() });
                        for _ in 0..(i * 53) % 700 {
                            std::hint::spin_loop();
                        }
                        tx.send(i).unwrap();
                        assert_eq!(echo.recv().unwrap(), i);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
    });
}

/// What `block_on` leaves in its P's queue when it waits is somebody's to run.
#[test]
fn case_40_block_on_hands_its_work_off() {
    on_each_multi(|rt| {
        for i in 0..rounds(20_000) {
            let (tx, rx) = std_mpsc::channel();
            // Spawned, not awaited, and no noise afterwards.
            rt.block_on(async {
                gmp::spawn(async move { tx.send(i).unwrap() });
            });
            assert_eq!(rx.recv().unwrap(), i);
        }
    });
}

/// Bursts with pauses between: workers come up, sleep, and come up again.
#[test]
fn case_40_bursts_and_sleep() {
    on_each_multi(|rt| {
        let census = Census::default();
        for burst in 0..rounds(1_000) {
            let tasks: Vec<_> = (0..burst % 17)
                .map(|_| {
                    let live = census.live();
                    rt.spawn(async move {
                        let _live = live;
                        gmp::spawn(async {}).await.unwrap();
                    })
                })
                .collect();
            for task in tasks {
                while !task.is_finished() {
                    thread::yield_now();
                }
            }
            if burst % 10 == 0 {
                thread::sleep(std::time::Duration::from_micros(300));
            }
        }
        census.assert_all_dropped();
    });
}
