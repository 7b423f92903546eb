//! LocalRuntime: a `current_thread` runtime whose tasks needn't be `Send`.

use crate::support::{Census, eventually, panic_of, rounds, watched};
use gmp::runtime::{Builder, LocalOptions, LocalRuntime, RuntimeFlavor, UnhandledPanic};
use gmp::sync::{Notify, oneshot};
use gmp::task::{JoinHandle, LocalSet, spawn_local};
use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

fn local() -> LocalRuntime {
    LocalRuntime::new().expect("a runtime")
}

#[test]
fn tasks_that_arent_send() {
    watched(|| {
        let rt = local();
        let count = Rc::new(Cell::new(0));
        let early = rt.spawn_local({
            let count = count.clone();
            async move {
                gmp::task::yield_now().await;
                count.set(count.get() + 1);
                count
            }
        });
        rt.block_on(async {
            let inner = count.clone();
            spawn_local(async move { inner.set(inner.get() + 1) }).await.unwrap();
            assert!(Rc::ptr_eq(&early.await.unwrap(), &count));
            // From a task that is `Send`, on the same thread.
            let task = gmp::spawn(async { spawn_local(async { *Rc::new(3) }).await.unwrap() });
            assert_eq!(task.await.unwrap(), 3);
        });
        assert_eq!(count.get(), 2);
        assert_eq!(rt.handle().runtime_flavor(), RuntimeFlavor::CurrentThread);
    });
}

#[gmp::test(flavor = "local")]
async fn the_macro_for_tests() {
    let data = Rc::new(5);
    assert_eq!(*spawn_local(async move { data }).await.unwrap(), 5);
}

#[test]
fn the_macro_for_main() {
    #[gmp::main(flavor = "local")]
    async fn main() -> usize {
        let data = Rc::new(6);
        *spawn_local(async move { data }).await.unwrap()
    }
    assert_eq!(main(), 6);
}

#[test]
fn a_multi_thread_builder_cant_build_one() {
    let caught = panic_of(|| Builder::new_multi_thread().build_local(LocalOptions::default()));
    assert_eq!(caught.text, "multi_thread is not supported for LocalRuntime");
    assert_eq!((caught.file.as_str(), caught.line), (file!(), line!() - 2));
}

#[test]
fn local_tasks_only_on_their_own_thread() {
    watched(|| {
        let rt = local();
        let handle = rt.handle().clone();
        thread::spawn(move || {
            let _entered = handle.enter();
            let caught = panic_of(|| spawn_local(async {}));
            assert_eq!(
                caught.text,
                "Local tasks can only be spawned on a LocalRuntime from the thread the runtime was created on"
            );
            assert_eq!((caught.file.as_str(), caught.line), (file!(), line!() - 5));
        })
        .join()
        .unwrap();
        let job = rt.spawn_blocking(|| panic_of(|| spawn_local(async {})).text);
        assert!(rt.block_on(job).unwrap().starts_with("Local tasks can only be spawned"));
    });
}

#[test]
fn the_runtime_stands_before_a_set() {
    watched(|| {
        let rt = local();
        rt.block_on(async {
            // As in tokio: the task is the runtime's, and survives the set.
            let set = LocalSet::new();
            let notify = Rc::new(Notify::new());
            let task = set
                .run_until(async {
                    let notify = notify.clone();
                    spawn_local(async move { notify.notified().await })
                })
                .await;
            drop(set);
            notify.notify_one();
            task.await.unwrap();
        });
    });
}

#[test]
fn enter_and_figures() {
    watched(|| {
        let rt = local();
        let _entered = rt.enter();
        let task = spawn_local(async { Rc::new(1) });
        let _waits = spawn_local(pending::<()>());
        assert_eq!(rt.metrics().num_alive_tasks(), 2);
        assert_eq!(*rt.block_on(task).unwrap(), 1);
        assert_eq!(rt.metrics().num_alive_tasks(), 1);
        assert_eq!(rt.metrics().num_workers(), 1);
        assert!(rt.metrics().worker_poll_count(0) >= 2);
    });
}

#[test]
fn wakes_and_spawns_from_elsewhere() {
    watched(|| {
        let rt = local();
        let handle = rt.handle().clone();
        let sum = rt.block_on(async {
            let mut tasks = Vec::new();
            for i in 0..rounds(1000) {
                let (tx, rx) = oneshot::channel();
                tasks.push(spawn_local(async move { *Rc::new(rx.await.unwrap()) }));
                let handle = handle.clone();
                gmp::task::spawn_blocking(move || handle.spawn(async move { tx.send(i).unwrap() }));
            }
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        });
        let n = rounds(1000);
        assert_eq!(sum, n * (n - 1) / 2);
    });
}

#[test]
fn a_handle_that_blocks_elsewhere_runs_no_local_task() {
    watched(|| {
        let rt = local();
        let ran = Rc::new(Cell::new(None));
        let task = rt.spawn_local({
            let ran = ran.clone();
            async move { ran.set(Some(thread::current().id())) }
        });
        let handle = rt.handle().clone();
        thread::spawn(move || {
            handle.block_on(async {
                for _ in 0..10 {
                    gmp::task::yield_now().await;
                }
            });
        })
        .join()
        .unwrap();
        assert_eq!(ran.get(), None);
        rt.block_on(task).unwrap();
        assert_eq!(ran.get(), Some(thread::current().id()));
    });
}

/// Aborts the process when it is dropped on another thread. Not `Send`.
struct Home(thread::ThreadId, Rc<RefCell<Vec<usize>>>, usize);

impl Drop for Home {
    fn drop(&mut self) {
        if self.0 != thread::current().id() {
            eprintln!("a local task's future was dropped on another thread");
            std::process::abort();
        }
        self.1.borrow_mut().push(self.2);
    }
}

#[test]
fn the_end_comes_at_home_while_others_wake_abort_and_spawn() {
    watched(|| {
        for round in 0..rounds(500) {
            let rt = local();
            let log = Rc::new(RefCell::new(Vec::new()));
            let notify = Arc::new(Notify::new());
            let tasks: Vec<JoinHandle<()>> = (0..5)
                .map(|i| {
                    let home = Home(thread::current().id(), log.clone(), i);
                    let notify = notify.clone();
                    rt.spawn_local(async move {
                        let _home = home;
                        loop {
                            notify.notified().await;
                        }
                    })
                })
                .collect();
            if round % 3 > 0 {
                rt.block_on(gmp::task::yield_now());
            }
            let aborts: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
            let stop = Arc::new(AtomicBool::new(false));
            let others = {
                let (stop, handle) = (stop.clone(), rt.handle().clone());
                thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        notify.notify_waiters();
                        notify.notify_one();
                        drop(handle.spawn(async {}));
                        if round % 2 == 0 {
                            aborts.iter().for_each(|a| a.abort());
                        }
                        // What it spawned and the end has met with is looked for on this thread.
                        handle.block_on(async {});
                    }
                })
            };
            match round % 4 {
                0 => rt.shutdown_background(),
                1 => rt.shutdown_timeout(Duration::from_secs(1)),
                _ => drop(rt),
            }
            let mut dropped = log.borrow().clone();
            dropped.sort_unstable();
            assert_eq!(dropped, [0, 1, 2, 3, 4]);
            stop.store(true, Ordering::Relaxed);
            others.join().unwrap();
            assert!(tasks.iter().all(JoinHandle::is_finished));
        }
    });
}

#[test]
fn a_drop_may_spawn_at_the_end() {
    watched(|| {
        struct Spawns(Census);
        impl Drop for Spawns {
            fn drop(&mut self) {
                let live = (self.0.live(), Rc::new(1));
                let task = spawn_local(async move {
                    let _live = live;
                    pending::<()>().await
                });
                assert!(task.is_finished());
            }
        }
        let census = Census::default();
        let rt = local();
        let spawns = Spawns(census.clone());
        rt.spawn_local(async move {
            let _spawns = spawns;
            pending::<()>().await
        });
        rt.block_on(gmp::task::yield_now());
        drop(rt);
        assert_eq!(census.made(), 1);
        census.assert_all_dropped();
    });
}

#[test]
fn unhandled_panic_of_a_local_task() {
    watched(|| {
        let rt = Builder::new_current_thread()
            .unhandled_panic(UnhandledPanic::ShutdownRuntime)
            .build_local(LocalOptions::default())
            .unwrap();
        let caught = panic_of(|| {
            rt.block_on(async {
                spawn_local(async { panic!("boom") });
                pending::<()>().await
            });
        });
        assert_eq!(
            caught.text,
            "a spawned task panicked and the runtime is configured to shut down on unhandled panic"
        );
    });
}

#[test]
fn a_runtime_in_a_thread_local_ends_with_its_thread() {
    thread_local!(static RT: RefCell<Option<LocalRuntime>> = const { RefCell::new(None) });
    let census = Census::default();
    let live = census.live();
    thread::spawn(move || {
        let rt = local();
        rt.spawn_local(async move {
            let _live = (live, Rc::new(1));
            pending::<()>().await
        });
        rt.block_on(gmp::task::yield_now());
        RT.set(Some(rt));
    })
    .join()
    .unwrap();
    census.assert_all_dropped();
}

#[test]
fn wakers_that_outlive_the_runtime_are_inert() {
    watched(|| {
        let rt = local();
        let (tx, rx) = oneshot::channel::<()>();
        let task = rt.spawn_local(async move {
            let _here = Rc::new(1);
            let _ = rx.await;
        });
        rt.block_on(gmp::task::yield_now());
        drop(rt);
        let finished = Arc::new(AtomicBool::new(false));
        let done = finished.clone();
        thread::spawn(move || {
            let _ = tx.send(());
            drop(task);
            done.store(true, Ordering::SeqCst);
        });
        eventually("the last reference is dropped elsewhere", || finished.load(Ordering::SeqCst));
    });
}
