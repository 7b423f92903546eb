//! block_on, spawn, spawn_blocking, handles, hooks and the builder: tokio's tests `rt_basic` and `rt_common`, as far as there
//! is API.

use crate::support::{current, eventually, multi, multi_builder, on_each, on_each_multi, watched};
use futures::future::join_all;
use gmp::runtime::{Builder, Handle, RuntimeFlavor};
use gmp::sync::{mpsc, oneshot};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

#[test]
fn block_on_returns_what_the_future_does() {
    on_each(|rt| {
        let text = String::from("borrowed");
        assert_eq!(rt.block_on(async { &text }), "borrowed");
        // Not `Send`, and held across an await.
        let rc = rt.block_on(async {
            let rc = Rc::new(7);
            gmp::task::yield_now().await;
            rc
        });
        assert_eq!(*rc, 7);
        // And again, on the same runtime.
        for i in 0..100 {
            assert_eq!(rt.block_on(async { i }), i);
        }
    });
}

#[test]
fn block_on_is_woken_from_another_thread() {
    on_each(|rt| {
        for _ in 0..50 {
            let (tx, rx) = oneshot::channel();
            let sender = thread::spawn(move || tx.send("ZOMG").unwrap());
            assert_eq!(rt.block_on(rx).unwrap(), "ZOMG");
            sender.join().unwrap();
        }
    });
}

#[test]
fn spawn_and_join() {
    on_each(|rt| {
        let out = rt.block_on(async {
            let (tx, rx) = oneshot::channel();
            let task = gmp::spawn(async move {
                tx.send("ZOMG").unwrap();
                17
            });
            (rx.await.unwrap(), task.await.unwrap())
        });
        assert_eq!(out, ("ZOMG", 17));
    });
}

#[test]
fn spawn_many_from_block_on() {
    const N: usize = 2_000;
    on_each(|rt| {
        let out = rt.block_on(async {
            let (tx, mut rx) = mpsc::unbounded_channel();
            for i in 0..N {
                let tx = tx.clone();
                gmp::spawn(async move { tx.send(i).unwrap() });
            }
            drop(tx);
            let mut out = Vec::new();
            while let Some(i) = rx.recv().await {
                out.push(i);
            }
            out.sort_unstable();
            out
        });
        assert!(out.into_iter().eq(0..N));
    });
}

#[test]
fn spawn_many_from_task() {
    const N: usize = 500;
    on_each(|rt| {
        let all = rt.block_on(rt.spawn(async {
            let tasks = (0..N).map(|i| {
                gmp::spawn(async move {
                    let inner = gmp::spawn(async move { i });
                    inner.await.unwrap() + 1
                })
            });
            let mut sum = 0;
            for out in join_all(tasks).await {
                sum += out.unwrap();
            }
            sum
        }));
        assert_eq!(all.unwrap(), N * (N + 1) / 2);
    });
}

#[test]
fn spawn_await_chain() {
    fn link(n: usize) -> futures::future::BoxFuture<'static, usize> {
        Box::pin(async move {
            match n {
                0 => 0,
                n => gmp::spawn(link(n - 1)).await.unwrap() + 1,
            }
        })
    }
    on_each(|rt| assert_eq!(rt.block_on(link(300)), 300));
}

#[test]
fn spawn_from_foreign_threads() {
    on_each(|rt| {
        let (tx, mut rx) = mpsc::unbounded_channel();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (handle, tx) = (rt.handle().clone(), tx.clone());
                thread::spawn(move || {
                    for _ in 0..500 {
                        let tx = tx.clone();
                        handle.spawn(async move { tx.send(()).unwrap() });
                    }
                })
            })
            .collect();
        drop(tx);
        let mut n = 0;
        rt.block_on(async {
            while rx.recv().await.is_some() {
                n += 1;
            }
        });
        assert_eq!(n, 2_000);
        threads.into_iter().for_each(|t| t.join().unwrap());
    });
}

#[test]
fn tasks_go_on_without_block_on() {
    on_each_multi(|rt| {
        let (tx, rx) = std::sync::mpsc::channel();
        rt.spawn(async move {
            gmp::spawn(async move { tx.send(1).unwrap() }).await.unwrap();
        });
        assert_eq!(rx.recv().unwrap(), 1);
    });
}

/// tokio's documentation of the flavour: nothing runs outside of `block_on`, and what was left goes on in the next one.
#[test]
fn current_thread_runs_in_block_on_only() {
    watched(|| {
        let rt = current();
        let (tx, mut rx) = mpsc::unbounded_channel();
        let task = rt.spawn(async move {
            tx.send(thread::current().id()).unwrap();
            gmp::task::yield_now().await;
            tx.send(thread::current().id()).unwrap();
        });
        thread::sleep(Duration::from_millis(5));
        assert!(rx.try_recv().is_err());
        rt.block_on(async { assert_eq!(rx.recv().await, Some(thread::current().id())) });
        rt.block_on(task).unwrap();
        assert_eq!(rx.try_recv().unwrap(), thread::current().id());
    });
}

#[test]
fn current_thread_is_first_in_first_out() {
    const N: usize = 3_000;
    watched(|| {
        let rt = current();
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = order.clone();
        // From outside, then from inside, past the end of the ring.
        rt.block_on(async move {
            let tasks: Vec<_> = (0..N)
                .map(|i| {
                    let note = note.clone();
                    gmp::spawn(async move { note.lock().unwrap().push(i) })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        let order = Arc::try_unwrap(order).unwrap().into_inner().unwrap();
        assert!(order.into_iter().eq(0..N));
    });
}

/// While one thread drives, another that wants to waits for its own future only, and takes over when the first has ended.
#[test]
fn current_thread_shared_by_threads() {
    watched(|| {
        let rt = Arc::new(current());
        let threads: Vec<_> = (0..4)
            .map(|i| {
                let rt = rt.clone();
                thread::spawn(move || {
                    rt.block_on(async move {
                        let mut sum = 0;
                        for k in 0..200 {
                            sum += gmp::spawn(async move {
                                gmp::task::yield_now().await;
                                i * k
                            })
                            .await
                            .unwrap();
                        }
                        sum
                    })
                })
            })
            .collect();
        for (i, thread) in threads.into_iter().enumerate() {
            assert_eq!(thread.join().unwrap(), i * 199 * 200 / 2);
        }
    });
}

/// `Handle::block_on` runs nothing but its own future, on either flavour.
#[test]
fn handle_block_on() {
    on_each_multi(|rt| {
        let handle = rt.handle().clone();
        let out = thread::spawn(move || handle.block_on(async { gmp::spawn(async { 4 }).await }));
        assert_eq!(out.join().unwrap().unwrap(), 4);
    });
    watched(|| {
        let rt = current();
        let handle = rt.handle().clone();
        let other = thread::spawn(move || handle.block_on(async { gmp::spawn(async { 4 }).await }));
        thread::sleep(Duration::from_millis(5));
        assert!(!other.is_finished(), "somebody ran the task");
        rt.block_on(async {
            while !other.is_finished() {
                gmp::task::yield_now().await;
            }
        });
        assert_eq!(other.join().unwrap().unwrap(), 4);
    });
}

#[test]
fn many_threads_in_block_on() {
    on_each_multi(|rt| {
        let rt = Arc::new(rt);
        let threads: Vec<_> = (0..8)
            .map(|i| {
                let rt = rt.clone();
                thread::spawn(move || {
                    for _ in 0..100 {
                        let out = rt.block_on(async { gmp::spawn(async move { i }).await.unwrap() });
                        assert_eq!(out, i);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
    });
}

#[test]
fn handles_and_context() {
    on_each(|rt| {
        assert!(Handle::try_current().unwrap_err().is_missing_context());
        let id = rt.handle().id();
        rt.block_on(async move {
            assert_eq!(Handle::current().id(), id);
            gmp::spawn(async move { assert_eq!(Handle::current().id(), id) }).await.unwrap();
            gmp::task::spawn_blocking(move || assert_eq!(Handle::current().id(), id)).await.unwrap();
        });
        {
            let _guard = rt.enter();
            assert_eq!(Handle::current().id(), id);
            drop(gmp::spawn(async {}));
        }
        assert!(Handle::try_current().is_err());
    });
    assert_eq!(current().handle().runtime_flavor(), RuntimeFlavor::CurrentThread);
    assert_eq!(multi(1).handle().runtime_flavor(), RuntimeFlavor::MultiThread);
}

#[test]
fn spawn_blocking_runs_elsewhere() {
    on_each(|rt| {
        let here = thread::current().id();
        let out = rt.block_on(async move {
            let jobs: Vec<_> = (0..50)
                .map(|i| {
                    gmp::task::spawn_blocking(move || {
                        assert_ne!(thread::current().id(), here);
                        // A blocking thread may drive futures, on the same runtime too.
                        Handle::current().block_on(async move { i })
                    })
                })
                .collect();
            let mut sum = 0;
            for job in jobs {
                sum += job.await.unwrap();
            }
            sum
        });
        assert_eq!(out, 49 * 50 / 2);
    });
}

/// With one thread the jobs wait for each other, and the first in is the first out.
#[test]
fn max_blocking_threads() {
    watched(|| {
        let rt = multi_builder(1).max_blocking_threads(1).build().unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let jobs: Vec<_> = (0..20)
            .map(|i| {
                let order = order.clone();
                rt.spawn_blocking(move || {
                    order.lock().unwrap().push(i);
                    thread::current().id()
                })
            })
            .collect();
        let threads: HashSet<_> = jobs.into_iter().map(|job| rt.block_on(job).unwrap()).collect();
        assert_eq!(threads.len(), 1);
        assert!(order.lock().unwrap().iter().copied().eq(0..20));
    });
}

/// Blocking jobs are there for what blocks: as many run at a time as there are threads allowed.
#[test]
fn blocking_jobs_run_side_by_side() {
    watched(|| {
        let rt = multi_builder(1).max_blocking_threads(8).build().unwrap();
        let barrier = Arc::new(std::sync::Barrier::new(8));
        let jobs: Vec<_> = (0..8)
            .map(|_| {
                let barrier = barrier.clone();
                rt.spawn_blocking(move || barrier.wait().is_leader())
            })
            .collect();
        let leaders = jobs.into_iter().map(|j| rt.block_on(j).unwrap());
        assert_eq!(leaders.filter(|&l| l).count(), 1);
    });
}

#[test]
fn idle_blocking_threads_end() {
    watched(|| {
        let rt = multi_builder(1).thread_keep_alive(Duration::from_millis(10)).build().unwrap();
        rt.block_on(rt.spawn_blocking(|| {})).unwrap();
        let metrics = rt.metrics();
        eventually("the thread ends", || metrics.num_blocking_threads() == 0);
        rt.block_on(rt.spawn_blocking(|| {})).unwrap();
    });
}

#[test]
fn thread_names() {
    let name = || thread::current().name().map(str::to_owned);
    watched(move || {
        let rt = multi_builder(1).thread_name("mine").build().unwrap();
        assert_eq!(rt.block_on(rt.spawn(async move { name() })).unwrap().as_deref(), Some("mine"));
        let blocking = rt.block_on(rt.spawn_blocking(name)).unwrap();
        assert_eq!(blocking.as_deref(), Some("mine"));
        let numbered = multi_builder(2)
            .thread_name_fn(|| {
                static NEXT: AtomicUsize = AtomicUsize::new(0);
                format!("n{}", NEXT.fetch_add(1, Ordering::Relaxed))
            })
            .build()
            .unwrap();
        let seen = numbered.block_on(numbered.spawn(async move { name() })).unwrap();
        assert_eq!(seen.as_deref(), Some("n0"));
    });
}

#[test]
fn hooks_are_called_on_each_thread() {
    watched(|| {
        let counts = Arc::new([const { AtomicUsize::new(0) }; 4]);
        let count = |i: usize| {
            let counts = counts.clone();
            move || {
                counts[i].fetch_add(1, Ordering::SeqCst);
            }
        };
        let rt = multi_builder(2)
            .on_thread_start(count(0))
            .on_thread_stop(count(1))
            .on_thread_park(count(2))
            .on_thread_unpark(count(3))
            .build()
            .unwrap();
        rt.block_on(async {
            for _ in 0..20 {
                gmp::spawn(async { thread::yield_now() }).await.unwrap();
                gmp::task::spawn_blocking(|| {}).await.unwrap();
            }
        });
        let metrics = rt.metrics();
        eventually("the workers sleep", || metrics.worker_park_count(0) > 0);
        drop(rt);
        let [started, stopped, parked, unparked] = [0, 1, 2, 3].map(|i| counts[i].load(Ordering::SeqCst));
        assert!(started >= 2, "a worker and a blocking thread: {started}");
        assert_eq!(started, stopped);
        assert!(parked >= 1);
        assert_eq!(parked, unparked, "whoever went to sleep has woken");
    });
}

#[test]
fn ids_are_unique_and_known_to_the_task() {
    on_each(|rt| {
        let mut seen = HashSet::new();
        rt.block_on(async {
            for _ in 0..1_000 {
                let task = gmp::spawn(async { gmp::task::id() });
                let id = task.id();
                assert_eq!(task.abort_handle().id(), id);
                assert_eq!(task.await.unwrap(), id);
                assert!(seen.insert(id));
                let job = gmp::task::spawn_blocking(gmp::task::id);
                let id = job.id();
                assert_eq!(job.await.unwrap(), id);
                assert!(seen.insert(id));
            }
            assert_eq!(gmp::task::try_id(), None, "block_on's future is no task");
        });
    });
}

#[test]
fn worker_index_is_that_of_the_p() {
    on_each_multi(|rt| {
        let workers = rt.metrics().num_workers();
        rt.block_on(async {
            assert_eq!(gmp::runtime::worker_index(), None);
            for _ in 0..100 {
                let index = gmp::spawn(async { gmp::runtime::worker_index() });
                assert!(index.await.unwrap().unwrap() < workers);
            }
            let blocking = gmp::task::spawn_blocking(gmp::runtime::worker_index);
            assert_eq!(blocking.await.unwrap(), None);
        });
        assert_eq!(gmp::runtime::worker_index(), None);
    });
}

#[test]
fn a_builder_builds_more_than_one() {
    watched(|| {
        let boots = Arc::new(AtomicUsize::new(0));
        let seen = boots.clone();
        let mut builder = Builder::new_current_thread();
        builder.name("twice").on_boot(move |record| {
            assert!(!record.args.is_empty());
            seen.fetch_add(1, Ordering::SeqCst);
        });
        let (a, b) = (builder.build().unwrap(), builder.build().unwrap());
        assert_ne!(a.handle().id(), b.handle().id());
        assert_eq!(a.handle().name(), Some("twice"));
        assert_eq!(boots.load(Ordering::SeqCst), 2);
        assert_eq!(b.block_on(b.spawn(async { 1 })).unwrap(), 1);
    });
}
