//! lock_os_thread: a task that stays on one thread, which runs nothing else.

use crate::support::{Census, current, eventually, multi, on_each, on_each_multi, rounds, watched};
use gmp::sync::{Notify, mpsc, oneshot};
use gmp::task::{OsThreadGuard, lock_os_thread, yield_now};
use gmp::time::{Duration, sleep};
use std::collections::HashSet;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

fn here() -> ThreadId {
    thread::current().id()
}

#[test]
fn a_locked_task_keeps_its_thread_and_has_it_alone() {
    on_each_multi(|rt| {
        rt.block_on(async {
            // The threads of locked tasks: put in and taken out while the task is on it, so no other can be there.
            let taken = Arc::new(Mutex::new(HashSet::new()));
            let notify = Arc::new(Notify::new());
            let (hold, _) = gmp::sync::watch::channel(true);
            let (done, mut dones) = mpsc::channel(3);
            let locked: Vec<_> = (0..3)
                .map(|i| {
                    let (taken, notify, done, mut hold) =
                        (taken.clone(), notify.clone(), done.clone(), hold.subscribe());
                    gmp::spawn(async move {
                        let _guard = lock_os_thread();
                        let thread = here();
                        assert!(taken.lock().unwrap().insert(thread), "two locked tasks share a thread");
                        for round in 0..rounds(500) {
                            match (round + i) % 4 {
                                0 => yield_now().await,
                                1 => sleep(Duration::from_micros(100)).await,
                                2 => gmp::spawn(async {}).await.unwrap(),
                                _ => notify.notified().await,
                            }
                            assert_eq!(here(), thread, "it has moved");
                        }
                        done.send(()).await.unwrap();
                        // Locked until the others have ended.
                        hold.wait_for(|held| !held).await.unwrap();
                        assert_eq!(here(), thread, "it has moved");
                    })
                })
                .collect();
            let stop = Arc::new(AtomicBool::new(false));
            let others: Vec<_> = (0..1000)
                .map(|_| {
                    let (taken, stop, notify) = (taken.clone(), stop.clone(), notify.clone());
                    gmp::spawn(async move {
                        while !stop.load(Ordering::Relaxed) {
                            let owned = taken.lock().unwrap().contains(&here());
                            assert!(!owned, "another task runs on the thread of a locked one");
                            notify.notify_waiters();
                            yield_now().await;
                        }
                    })
                })
                .collect();
            for _ in 0..3 {
                dones.recv().await.unwrap();
            }
            stop.store(true, Ordering::Relaxed);
            for task in others {
                task.await.unwrap();
            }
            hold.send(false).unwrap();
            for task in locked {
                task.await.unwrap();
            }
        });
    });
}

/// Locks itself, waits at the gate, and says on which thread that was.
async fn waits(gate: oneshot::Receiver<()>) -> (ThreadId, ThreadId) {
    let _guard = lock_os_thread();
    let before = here();
    let _ = gate.await;
    (before, here())
}

#[test]
fn wakes_from_everywhere_reach_it() {
    on_each(|rt| {
        let outside = rt.block_on(async {
            let (tx, rx) = oneshot::channel();
            let task = gmp::spawn(waits(rx));
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(1));
                tx.send(()).unwrap();
            });
            task.await.unwrap()
        });
        assert_eq!(outside.0, outside.1);
        let inside = rt.block_on(async {
            let (tx, rx) = oneshot::channel();
            let task = gmp::spawn(waits(rx));
            gmp::spawn(async move {
                yield_now().await;
                tx.send(()).unwrap();
            });
            task.await.unwrap()
        });
        assert_eq!(inside.0, inside.1);
    });
}

#[test]
fn a_ping_pong_with_a_locked_task() {
    on_each(|rt| {
        rt.block_on(async {
            let (ping, mut pings) = mpsc::channel::<usize>(1);
            let (pong, mut pongs) = mpsc::channel::<usize>(1);
            let locked = gmp::spawn(async move {
                let _guard = lock_os_thread();
                let thread = here();
                while let Some(n) = pings.recv().await {
                    assert_eq!(here(), thread);
                    pong.send(n + 1).await.unwrap();
                }
            });
            for n in 0..rounds(5000) {
                ping.send(n).await.unwrap();
                assert_eq!(pongs.recv().await, Some(n + 1));
            }
            drop(ping);
            locked.await.unwrap();
        });
    });
}

#[test]
fn blocking_in_a_locked_task_stalls_nobody() {
    on_each_multi(|rt| {
        rt.block_on(async {
            let release = Arc::new(AtomicBool::new(false));
            let blocked = Arc::new(AtomicUsize::new(0));
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let (release, blocked) = (release.clone(), blocked.clone());
                    gmp::spawn(async move {
                        let _guard = lock_os_thread();
                        yield_now().await;
                        blocked.fetch_add(1, Ordering::SeqCst);
                        while !release.load(Ordering::SeqCst) {
                            thread::sleep(Duration::from_millis(1));
                        }
                    })
                })
                .collect();
            // All of them block at the same time, more than there are workers, and others go on.
            while blocked.load(Ordering::SeqCst) < 4 {
                sleep(Duration::from_millis(1)).await;
            }
            for _ in 0..100 {
                gmp::spawn(async { yield_now().await }).await.unwrap();
            }
            release.store(true, Ordering::SeqCst);
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
}

#[test]
fn locks_are_counted() {
    on_each(|rt| {
        rt.block_on(async {
            gmp::spawn(async {
                let (a, b) = (lock_os_thread(), lock_os_thread());
                let thread = here();
                drop(a);
                for _ in 0..50 {
                    yield_now().await;
                    assert_eq!(here(), thread);
                }
                let c = lock_os_thread();
                drop(b);
                yield_now().await;
                assert_eq!(here(), thread);
                drop(c);
                // Within one poll there is nothing to be seen of it.
                drop(lock_os_thread());
                yield_now().await;
                let _again = lock_os_thread();
                let thread = here();
                yield_now().await;
                assert_eq!(here(), thread);
            })
            .await
            .unwrap();
        });
    });
}

#[test]
fn an_unlocked_task_is_an_ordinary_one() {
    watched(|| {
        let rt = multi(2);
        rt.block_on(async {
            let task = gmp::spawn(async {
                for _ in 0..rounds(500) {
                    let guard = lock_os_thread();
                    yield_now().await;
                    sleep(Duration::from_micros(10)).await;
                    drop(guard);
                    // Runnable when it is unlocked, and waiting.
                    yield_now().await;
                    let guard = lock_os_thread();
                    yield_now().await;
                    drop(guard);
                    sleep(Duration::from_micros(10)).await;
                }
            });
            task.await.unwrap();
            // Afterwards it runs from a queue, on a worker with a P.
            gmp::spawn(async {
                drop(lock_os_thread());
                yield_now().await;
                assert!(gmp::runtime::worker_index().is_some());
            })
            .await
            .unwrap();
        });
        // And the threads are workers again: nothing is left that waits.
        assert_eq!(rt.metrics().num_alive_tasks(), 0);
    });
}

#[test]
fn the_guard_may_be_dropped_elsewhere() {
    on_each(|rt| {
        rt.block_on(async {
            let (tx, rx) = oneshot::channel::<OsThreadGuard>();
            let notify = Arc::new(Notify::new());
            let woken = notify.clone();
            let task = gmp::spawn(async move {
                tx.send(lock_os_thread()).unwrap();
                let thread = here();
                woken.notified().await;
                // It was waiting, so it is still there for this poll.
                assert_eq!(here(), thread);
                yield_now().await;
                8
            });
            let guard = rx.await.unwrap();
            thread::spawn(move || drop(guard)).join().unwrap();
            notify.notify_one();
            assert_eq!(task.await.unwrap(), 8);
        });
    });
}

#[test]
fn abort_and_panic() {
    on_each(|rt| {
        let census = Census::default();
        rt.block_on(async {
            for waiting in [false, true] {
                let live = census.live();
                let threads = Arc::new(Mutex::new(Vec::new()));
                struct AtDrop(Arc<Mutex<Vec<ThreadId>>>);
                impl Drop for AtDrop {
                    fn drop(&mut self) {
                        self.0.lock().unwrap().push(here());
                    }
                }
                let (at_drop, started) = (AtDrop(threads.clone()), Arc::new(Notify::new()));
                let says = started.clone();
                let task = gmp::spawn(async move {
                    let (_live, at_drop) = (live, at_drop);
                    let _guard = lock_os_thread();
                    at_drop.0.lock().unwrap().push(here());
                    says.notify_one();
                    if waiting {
                        pending::<()>().await;
                    }
                    loop {
                        yield_now().await;
                    }
                });
                started.notified().await;
                task.abort();
                assert!(task.await.unwrap_err().is_cancelled());
                let threads = threads.lock().unwrap();
                assert_eq!(threads.len(), 2);
                assert_eq!(threads[0], threads[1], "dropped on another thread");
            }
            let live = census.live();
            let task = gmp::spawn(async move {
                let _live = live;
                let _guard = lock_os_thread();
                yield_now().await;
                panic!("while locked");
            });
            assert!(task.await.unwrap_err().is_panic());
            // In its first poll, and with a guard that outlives the task.
            let task = gmp::spawn(async { std::mem::forget(lock_os_thread()) });
            task.await.unwrap();
            let task = gmp::spawn(async {
                std::mem::forget(lock_os_thread());
                yield_now().await;
            });
            task.await.unwrap();
            for _ in 0..100 {
                gmp::spawn(yield_now()).await.unwrap();
            }
        });
        census.assert_all_dropped();
    });
}

#[test]
fn the_end_of_the_runtime_drops_locked_tasks_on_their_threads() {
    on_each_multi(|rt| {
        struct Home {
            thread: ThreadId,
            _live: crate::support::Live,
        }
        impl Drop for Home {
            fn drop(&mut self) {
                if here() != self.thread {
                    eprintln!("a locked task was dropped on another thread");
                    std::process::abort();
                }
            }
        }
        let census = Census::default();
        let locked = Arc::new(AtomicUsize::new(0));
        for i in 0..6 {
            let (live, locked) = (census.live(), locked.clone());
            rt.spawn(async move {
                let _guard = lock_os_thread();
                let _home = Home { thread: here(), _live: live };
                locked.fetch_add(1, Ordering::SeqCst);
                loop {
                    match i % 3 {
                        0 => pending().await,
                        1 => yield_now().await,
                        _ => sleep(Duration::from_micros(50)).await,
                    }
                }
            });
        }
        eventually("all are locked", || locked.load(Ordering::SeqCst) == 6);
        drop(rt);
        census.assert_all_dropped();
    });
}

#[test]
fn main_may_be_locked_and_ends_with_others_locked_to_its_thread() {
    watched(|| {
        #[gmp::main(worker_threads = 2)]
        async fn locked_main() -> usize {
            let _guard = lock_os_thread();
            let thread = here();
            for _ in 0..100 {
                gmp::spawn(yield_now()).await.unwrap();
                assert_eq!(here(), thread);
            }
            1
        }
        assert_eq!(locked_main(), 1);

        /// Some of the tasks get the thread of main before main ends.
        #[gmp::main(worker_threads = 2)]
        async fn plain_main(census: Census) -> usize {
            for _ in 0..20 {
                let live = census.live();
                gmp::spawn(async move {
                    let _live = live;
                    let _guard = lock_os_thread();
                    pending::<()>().await
                });
                yield_now().await;
            }
            sleep(Duration::from_millis(2)).await;
            2
        }
        for _ in 0..10 {
            let census = Census::default();
            assert_eq!(plain_main(census.clone()), 2);
            census.assert_all_dropped();
        }
    });
}

#[test]
fn where_nothing_moves_nothing_is_changed() {
    drop(lock_os_thread());
    let rt = multi(1);
    rt.block_on(async {
        let _guard = lock_os_thread();
        let thread = here();
        gmp::spawn(async { yield_now().await }).await.unwrap();
        assert_eq!(here(), thread);
        gmp::task::spawn_blocking(|| drop(lock_os_thread())).await.unwrap();
        gmp::task::LocalSet::new()
            .run_until(async {
                gmp::task::spawn_local(async {
                    let _guard = lock_os_thread();
                    yield_now().await;
                })
                .await
                .unwrap();
            })
            .await;
    });
    current().block_on(async {
        // The one thread runs the others too.
        let locked = gmp::spawn(async {
            let _guard = lock_os_thread();
            let thread = here();
            yield_now().await;
            thread
        });
        let other = gmp::spawn(async { here() });
        assert_eq!(locked.await.unwrap(), other.await.unwrap());
    });
}

#[test]
fn locks_by_the_hundred() {
    watched(|| {
        let rt = multi(2);
        rt.block_on(async {
            let (tx, _) = gmp::sync::broadcast::channel::<()>(1);
            let tasks: Vec<_> = (0..50)
                .map(|_| {
                    let mut rx = tx.subscribe();
                    gmp::spawn(async move {
                        let _guard = lock_os_thread();
                        let thread = here();
                        let _ = rx.recv().await;
                        assert_eq!(here(), thread);
                        thread
                    })
                })
                .collect();
            sleep(Duration::from_millis(20)).await;
            tx.send(()).unwrap();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
}
