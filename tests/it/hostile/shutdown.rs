//! Cases 24 to 30: the end of a runtime.

use crate::support::{Census, current, eventually, in_child, multi, on_each, on_each_multi, stderr, watched};
use gmp::runtime::{Handle, Runtime};
use gmp::task::JoinHandle;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

#[test]
fn case_24_a_hundred_thousand_pending_tasks() {
    on_each(|rt| {
        let census = Census::default();
        let spawner = census.clone();
        rt.block_on(rt.spawn(async move {
            for _ in 0..100_000 {
                let live = spawner.live();
                gmp::spawn(async move {
                    let _live = live;
                    std::future::pending::<()>().await;
                });
            }
        }))
        .unwrap();
        drop(rt);
        assert_eq!(census.made(), 100_000);
        census.assert_all_dropped();
    });
}

#[test]
fn case_25_a_drop_that_spawns_during_shutdown() {
    struct Spawns(Handle, Census, Arc<AtomicBool>);
    impl Drop for Spawns {
        fn drop(&mut self) {
            let (live, ran) = (self.1.live(), self.2.clone());
            let task = self.0.spawn(async move {
                let _live = live;
                ran.store(true, Ordering::SeqCst);
            });
            assert!(task.is_finished(), "it is dropped at once");
            let live = self.1.live();
            self.0.spawn_blocking(move || drop(live));
        }
    }
    on_each(|rt| {
        let (census, ran) = (Census::default(), Arc::new(AtomicBool::new(false)));
        for _ in 0..100 {
            let spawns = Spawns(rt.handle().clone(), census.clone(), ran.clone());
            rt.spawn(async move {
                let _spawns = spawns;
                std::future::pending::<()>().await;
            });
        }
        rt.block_on(gmp::task::yield_now());
        drop(rt);
        assert!(!ran.load(Ordering::SeqCst));
        assert_eq!(census.made(), 200);
        census.assert_all_dropped();
    });
}

#[test]
fn case_26_futures_in_cycles() {
    on_each(|rt| {
        let census = Census::default();
        type Shared = Arc<Mutex<Vec<JoinHandle<()>>>>;
        let shared: Shared = Arc::default();
        for _ in 0..10 {
            let (live, others, handle) = (census.live(), shared.clone(), rt.handle().clone());
            let task = rt.spawn(async move {
                let _all = (live, others, handle);
                std::future::pending::<()>().await;
            });
            shared.lock().unwrap().push(task);
        }
        rt.block_on(gmp::task::yield_now());
        let weak = Arc::downgrade(&shared);
        drop(shared);
        drop(rt);
        census.assert_all_dropped();
        eventually("the cycle is gone", || weak.strong_count() == 0);
    });
}

/// The last `Arc` of a runtime is dropped by one of its own tasks.
#[test]
fn case_27_dropped_inside_its_own_task() {
    on_each_multi(|rt| {
        let census = Census::default();
        let live = census.live();
        rt.spawn(async move {
            let _live = live;
            std::future::pending::<()>().await;
        });
        let rt = Arc::new(rt);
        let (own, handle) = (rt.clone(), rt.handle().clone());
        let (go, wait) = gmp::sync::oneshot::channel::<()>();
        let task = rt.spawn(async move {
            wait.await.unwrap();
            drop(own);
        });
        drop(rt);
        go.send(()).unwrap();
        let error = current().block_on(task).unwrap_err();
        let text = crate::support::text_of(&*error.into_panic());
        assert!(text.starts_with("Cannot drop a runtime in a context where blocking is not allowed."), "{text}");
        // It has ended all the same, without a thread that joins itself.
        eventually("its tasks are dropped", || census.dropped() == 1);
        assert!(handle.spawn(async {}).is_finished());
    });
}

/// The same by `shutdown_background`, which is allowed there.
#[test]
fn case_27_shut_down_in_the_background_by_its_own_task() {
    on_each_multi(|rt| {
        let census = Census::default();
        let live = census.live();
        rt.spawn(async move {
            let _live = live;
            std::future::pending::<()>().await;
        });
        let slot = Arc::new(Mutex::new(None::<Runtime>));
        let own = slot.clone();
        let (go, wait) = gmp::sync::oneshot::channel::<()>();
        let task = rt.spawn(async move {
            wait.await.unwrap();
            let rt = own.lock().unwrap().take().unwrap();
            rt.shutdown_background();
            // Its poll goes on to its end.
            7
        });
        *slot.lock().unwrap() = Some(rt);
        go.send(()).unwrap();
        assert_eq!(current().block_on(task).unwrap(), 7);
        eventually("its tasks are dropped", || census.dropped() == 1);
    });
}

#[test]
fn case_28_join_handle_awaited_after_shutdown() {
    on_each(|rt| {
        let pending = rt.spawn(std::future::pending::<()>());
        let done = rt.spawn(async { 5 });
        rt.block_on(async {
            while !done.is_finished() {
                gmp::task::yield_now().await;
            }
        });
        drop(rt);
        let other = current();
        assert!(other.block_on(pending).unwrap_err().is_cancelled());
        assert_eq!(other.block_on(done).unwrap(), 5, "what was done has its output");
    });
}

#[test]
fn case_29_spawn_races_with_shutdown() {
    for round in 0..40 {
        watched(move || {
            let census = Census::default();
            let rt = if round % 4 == 0 { current() } else { multi(round % 4) };
            let ran = Arc::new(AtomicUsize::new(0));
            let started = Arc::new(AtomicUsize::new(0));
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let (handle, census, ran) = (rt.handle().clone(), census.clone(), ran.clone());
                    let started = started.clone();
                    thread::spawn(move || {
                        started.fetch_add(1, Ordering::SeqCst);
                        let mut tasks = Vec::new();
                        for _ in 0..200 {
                            let (live, ran) = (census.live(), ran.clone());
                            tasks.push(handle.spawn(async move {
                                let _live = live;
                                ran.fetch_add(1, Ordering::SeqCst);
                            }));
                        }
                        tasks
                    })
                })
                .collect();
            while started.load(Ordering::SeqCst) < 8 {
                thread::yield_now();
            }
            drop(rt);
            let mut ended = 0;
            for thread in threads {
                for task in thread.join().unwrap() {
                    // Each has run, or was dropped and says so.
                    match crate::support::block_on(task) {
                        Ok(()) => ended += 1,
                        Err(error) => assert!(error.is_cancelled()),
                    }
                }
            }
            assert_eq!(ran.load(Ordering::SeqCst), ended);
            assert_eq!(census.made(), 1_600);
            census.assert_all_dropped();
        });
    }
}

/// What this process has: file descriptors and threads.
#[cfg(target_os = "linux")]
fn belongings() -> (usize, usize) {
    let count = |dir| std::fs::read_dir(dir).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

#[cfg(target_os = "linux")]
#[test]
fn case_30_three_hundred_runtimes() {
    let test = "hostile::shutdown::case_30_three_hundred_runtimes";
    // In a process of its own: other tests have threads, too.
    let play = || {
        watched(|| {
            let use_up = |rt: Runtime| {
                rt.block_on(async {
                    let task = gmp::spawn(async { gmp::spawn(async {}).await });
                    task.await.unwrap().unwrap();
                    gmp::task::spawn_blocking(|| {}).await.unwrap();
                });
            };
            use_up(multi(2));
            let before = belongings();
            for i in 0..100 {
                use_up(multi(1 + i % 4));
                use_up(current());
                // And one that is never used.
                drop(multi(2));
            }
            eventually("threads and descriptors are as before", || belongings() == before);
        });
    };
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

/// A runtime dropped by a job of its own pool: the thread doesn't wait for itself.
#[test]
fn case_27_dropped_inside_its_own_blocking_job() {
    on_each(|rt| {
        let census = Census::default();
        let live = census.live();
        rt.spawn(async move {
            let _live = live;
            std::future::pending::<()>().await;
        });
        let slot = Arc::new(Mutex::new(None::<Runtime>));
        let own = slot.clone();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let job = rt.spawn_blocking(move || {
            wait.recv().unwrap();
            let rt = own.lock().unwrap().take();
            assert!(rt.is_some());
            drop(rt);
            7
        });
        *slot.lock().unwrap() = Some(rt);
        go.send(()).unwrap();
        assert_eq!(crate::support::block_on(job).unwrap(), 7);
        census.assert_all_dropped();
    });
}
