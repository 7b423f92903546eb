//! What the end of a runtime promises: every future is dropped, once; what outlives it is inert; nothing hangs.

use crate::support::{Census, current, multi, multi_builder, on_each, on_each_multi, panic_of, watched};
use gmp::runtime::{Builder, Handle, Runtime, UnhandledPanic};
use gmp::sync::{Notify, oneshot};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

#[test]
fn pending_tasks_are_dropped() {
    on_each(|rt| {
        let census = Census::default();
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let live = census.live();
                rt.spawn(async move {
                    std::future::pending::<()>().await;
                    drop(live);
                })
            })
            .collect();
        rt.block_on(gmp::task::yield_now());
        drop(rt);
        census.assert_all_dropped();
        for task in tasks {
            assert!(current().block_on(task).unwrap_err().is_cancelled());
        }
    });
}

/// Also those that were never polled.
#[test]
fn tasks_that_never_ran_are_dropped() {
    on_each(|rt| {
        let census = Census::default();
        for _ in 0..1_000 {
            let live = census.live();
            rt.spawn(async move { drop(live) });
        }
        drop(rt);
        census.assert_all_dropped();
    });
}

/// The future of the task that is being polled is dropped when the poll ends, and that is waited for.
#[test]
fn a_running_task_ends_its_poll() {
    on_each_multi(|rt| {
        let census = Census::default();
        let (began, begun) = mpsc::channel();
        let (live, polled) = (census.live(), Arc::new(AtomicBool::new(false)));
        let mark = polled.clone();
        rt.spawn(async move {
            began.send(()).unwrap();
            thread::sleep(Duration::from_millis(20));
            mark.store(true, Ordering::SeqCst);
            std::future::pending::<()>().await;
            drop(live);
        });
        begun.recv().unwrap();
        drop(rt);
        assert!(polled.load(Ordering::SeqCst));
        census.assert_all_dropped();
    });
}

#[test]
fn blocking_jobs_that_run_are_waited_for() {
    on_each(|rt| {
        let (began, begun) = mpsc::channel();
        let done = Arc::new(AtomicBool::new(false));
        let mark = done.clone();
        rt.spawn_blocking(move || {
            began.send(()).unwrap();
            thread::sleep(Duration::from_millis(20));
            mark.store(true, Ordering::SeqCst);
        });
        begun.recv().unwrap();
        drop(rt);
        assert!(done.load(Ordering::SeqCst));
    });
}

#[test]
fn blocking_jobs_that_wait_are_cancelled() {
    watched(|| {
        let rt = multi_builder(1).max_blocking_threads(1).build().unwrap();
        let census = Census::default();
        let (began, begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        rt.spawn_blocking(move || {
            began.send(()).unwrap();
            let _ = released.recv();
        });
        begun.recv().unwrap();
        let jobs: Vec<_> = (0..10)
            .map(|_| {
                let live = census.live();
                rt.spawn_blocking(move || drop(live))
            })
            .collect();
        let dropper = thread::spawn(move || drop(rt));
        for job in jobs {
            assert!(current().block_on(job).unwrap_err().is_cancelled());
        }
        census.assert_all_dropped();
        drop(release);
        dropper.join().unwrap();
    });
}

#[test]
fn shutdown_timeout_does_not_wait_longer() {
    on_each(|rt| {
        let (release, released) = mpsc::channel::<()>();
        let (began, begun) = mpsc::channel();
        let job = rt.spawn_blocking(move || {
            began.send(()).unwrap();
            let _ = released.recv();
            5
        });
        begun.recv().unwrap();
        rt.shutdown_timeout(Duration::from_millis(20));
        assert!(!job.is_finished());
        // It goes on in the background, and its output can still be had.
        drop(release);
        assert_eq!(current().block_on(job).unwrap(), 5);
    });
}

#[test]
fn shutdown_background_does_not_wait() {
    on_each(|rt| {
        let census = Census::default();
        let (release, released) = mpsc::channel::<()>();
        let (began, begun) = mpsc::channel();
        let live = census.live();
        let task = rt.spawn(async move {
            std::future::pending::<()>().await;
            drop(live);
        });
        let job = rt.spawn_blocking(move || {
            began.send(()).unwrap();
            let _ = released.recv();
        });
        begun.recv().unwrap();
        rt.shutdown_background();
        assert!(current().block_on(task).unwrap_err().is_cancelled());
        drop(release);
        current().block_on(job).unwrap();
    });
}

/// From inside of a task, where waiting isn't allowed.
#[test]
fn shutdown_background_inside_a_task() {
    on_each(|outer| {
        outer.block_on(async {
            for make in [current as fn() -> Runtime, || multi(2)] {
                let census = Census::default();
                let inner = make();
                let live = census.live();
                let task = inner.spawn(async move {
                    std::future::pending::<()>().await;
                    drop(live);
                });
                inner.shutdown_background();
                assert!(task.await.unwrap_err().is_cancelled());
                census.assert_all_dropped();
            }
        });
    });
}

/// A runtime that is dropped where it must not be says so, and its tasks are dropped all the same.
#[test]
fn dropped_inside_a_task() {
    on_each(|outer| {
        for make in [current as fn() -> Runtime, || multi(2)] {
            let census = Census::default();
            let live = census.live();
            let inner = make();
            let task = inner.spawn(async move {
                std::future::pending::<()>().await;
                drop(live);
            });
            let caught = panic_of(|| outer.block_on(async move { drop(inner) }));
            assert_eq!(
                caught.text,
                "Cannot drop a runtime in a context where blocking is not allowed. This happens when a runtime is \
                 dropped from within an asynchronous context."
            );
            assert!(current().block_on(task).unwrap_err().is_cancelled());
            census.assert_all_dropped();
            // The outer one is unharmed.
            assert_eq!(outer.block_on(outer.spawn(async { 3 })).unwrap(), 3);
        }
    });
}

/// The same while a panic unwinds: no second panic.
#[test]
fn dropped_inside_a_task_that_panics() {
    on_each(|outer| {
        for make in [current as fn() -> Runtime, || multi(2)] {
            let census = Census::default();
            let live = census.live();
            let error = outer.block_on(outer.spawn(async move {
                let inner = make();
                inner.spawn(async move {
                    std::future::pending::<()>().await;
                    drop(live);
                });
                panic!("the first panic");
            }));
            let payload = error.unwrap_err().into_panic();
            assert_eq!(crate::support::text_of(&*payload), "the first panic");
            crate::support::eventually("the inner task is dropped", || census.dropped() == 1);
        }
    });
}

#[test]
fn a_closed_runtime_refuses() {
    on_each(|rt| {
        let handle = rt.handle().clone();
        drop(rt);
        let census = Census::default();
        let live = census.live();
        let task = handle.spawn(async move { drop(live) });
        census.assert_all_dropped();
        assert!(task.is_finished());
        assert!(current().block_on(task).unwrap_err().is_cancelled());
        let live = census.live();
        let job = handle.spawn_blocking(move || drop(live));
        assert!(current().block_on(job).unwrap_err().is_cancelled());
        census.assert_all_dropped();
        // A future that needs nothing of the runtime still runs, as in tokio.
        assert_eq!(handle.block_on(async { 9 }), 9);
        assert_eq!(handle.metrics().num_alive_tasks(), 0);
        assert!(Handle::try_current().is_err());
    });
}

/// Each task's drop wakes another task of the same runtime, spawns, aborts.
#[test]
fn drops_that_meddle() {
    on_each(|rt| {
        struct Meddler(Handle, Arc<Notify>, Census, Option<gmp::task::AbortHandle>);
        impl Drop for Meddler {
            fn drop(&mut self) {
                self.1.notify_waiters();
                if let Some(other) = self.3.take() {
                    other.abort();
                }
                let live = self.2.live();
                drop(self.0.spawn(async move { drop(live) }));
                let live = self.2.live();
                if let Ok(handle) = Handle::try_current() {
                    handle.spawn(async move {
                        std::future::pending::<()>().await;
                        drop(live);
                    });
                }
            }
        }
        let (census, notify) = (Census::default(), Arc::new(Notify::new()));
        let mut last = None;
        for _ in 0..200 {
            let meddler = Meddler(rt.handle().clone(), notify.clone(), census.clone(), last.take());
            let (live, notify) = (census.live(), notify.clone());
            let task = rt.spawn(async move {
                let _in_this_order = (live, meddler);
                loop {
                    notify.notified().await;
                }
            });
            last = Some(task.abort_handle());
        }
        rt.block_on(gmp::task::yield_now());
        drop(rt);
        drop(last);
        census.assert_all_dropped();
    });
}

/// tokio's `shutdown_concurrent_spawn` and `shutdown_wakeup_time`: spawns and wakes race with the end.
#[test]
fn races_with_spawns_and_wakes() {
    for round in 0..30 {
        watched(move || {
            let census = Census::default();
            let rt = multi(1 + round % 3);
            let stop = Arc::new(AtomicBool::new(false));
            let spawned = Arc::new(AtomicUsize::new(0));
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    let (handle, census) = (rt.handle().clone(), census.clone());
                    let (stop, spawned) = (stop.clone(), spawned.clone());
                    thread::spawn(move || {
                        let mut wakes = Vec::new();
                        while !stop.load(Ordering::Relaxed) {
                            let (tx, rx) = oneshot::channel::<()>();
                            let live = census.live();
                            handle.spawn(async move {
                                let _ = rx.await;
                                drop(live);
                            });
                            spawned.fetch_add(1, Ordering::Relaxed);
                            wakes.push(tx);
                            if wakes.len() > 20 {
                                let _ = wakes.swap_remove(7).send(());
                            }
                        }
                    })
                })
                .collect();
            while spawned.load(Ordering::Relaxed) < 500 {
                thread::yield_now();
            }
            drop(rt);
            stop.store(true, Ordering::Relaxed);
            threads.into_iter().for_each(|t| t.join().unwrap());
            census.assert_all_dropped();
        });
    }
}

#[test]
fn unhandled_panic_shuts_the_runtime_down() {
    let makes: [fn() -> Builder; 2] = [Builder::new_current_thread, || multi_builder(2)];
    for make in makes {
        watched(move || {
            let rt = make().unhandled_panic(UnhandledPanic::ShutdownRuntime).build().unwrap();
            let census = Census::default();
            let live = census.live();
            let bystander = rt.spawn(async move {
                std::future::pending::<()>().await;
                drop(live);
            });
            let caught = panic_of(|| {
                rt.block_on(async {
                    gmp::spawn(async { panic!("boom") });
                    std::future::pending::<()>().await;
                });
            });
            assert_eq!(
                caught.text,
                "a spawned task panicked and the runtime is configured to shut down on unhandled panic"
            );
            drop(rt);
            assert!(current().block_on(bystander).unwrap_err().is_cancelled());
            census.assert_all_dropped();
        });
    }
}

/// The default: a panic is the task's own.
#[test]
fn unhandled_panic_is_ignored_by_default() {
    on_each(|rt| {
        rt.block_on(async {
            let error = gmp::spawn(async { panic!("boom") }).await.unwrap_err();
            assert!(error.is_panic());
            assert_eq!(gmp::spawn(async { 3 }).await.unwrap(), 3);
        });
        assert_eq!(rt.metrics().panicked_tasks_count(), 1);
    });
}

/// The runtime's threads end with it, and its memory with the last handle.
#[test]
fn a_runtime_can_be_dropped_with_handles_left() {
    on_each(|rt| {
        let handles: Vec<_> = (0..10).map(|_| rt.handle().clone()).collect();
        let _guard = handles[0].enter();
        let task = gmp::spawn(std::future::pending::<()>());
        let abort = task.abort_handle();
        drop(rt);
        abort.abort();
        task.abort();
        assert!(gmp::spawn(async {}).is_finished());
        assert!(task.is_finished());
        let owned = handles[1].clone();
        thread::spawn(move || drop((task, abort, owned))).join().unwrap();
    });
}
