//! `abort` and `AbortHandle`: the future is dropped by the runtime, once, whatever the task is doing.

use crate::support::{Census, current, eventually, multi, on_each, on_each_multi, rounds, watched};
use gmp::sync::{Notify, oneshot};
use std::collections::HashSet;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

#[test]
fn a_task_that_waits() {
    on_each(|rt| {
        let census = Census::default();
        let (began, begun) = oneshot::channel();
        let live = census.live();
        let task = rt.spawn(async move {
            let _live = live;
            began.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        rt.block_on(begun).unwrap();
        assert!(!task.is_finished());
        task.abort();
        let id = task.id();
        let error = rt.block_on(task).unwrap_err();
        assert!(error.is_cancelled() && !error.is_panic());
        assert_eq!(error.to_string(), format!("task {id} was cancelled"));
        census.assert_all_dropped();
    });
}

/// tokio's `test_abort_without_panic_3157`: a task that was never polled.
#[test]
fn a_task_that_never_ran() {
    watched(|| {
        let rt = current();
        let census = Census::default();
        let live = census.live();
        let task = rt.spawn(async move {
            drop(live);
            unreachable!("it was cancelled before")
        });
        task.abort();
        task.abort();
        assert!(!task.is_finished(), "nobody has run it yet");
        assert!(rt.block_on(task).unwrap_err().is_cancelled());
        census.assert_all_dropped();
    });
}

/// The poll ends first.
#[test]
fn a_task_that_runs() {
    on_each_multi(|rt| {
        let census = Census::default();
        let barrier = Arc::new(Barrier::new(2));
        let (gate, live) = (barrier.clone(), census.live());
        let task = rt.spawn(async move {
            let _live = live;
            gate.wait();
            gate.wait();
            std::future::pending::<()>().await;
        });
        barrier.wait();
        task.abort();
        assert!(!task.is_finished());
        assert_eq!(census.dropped(), 0);
        barrier.wait();
        assert!(rt.block_on(task).unwrap_err().is_cancelled());
        census.assert_all_dropped();
    });
}

#[test]
fn a_task_that_completes_in_that_poll() {
    on_each_multi(|rt| {
        let barrier = Arc::new(Barrier::new(2));
        let gate = barrier.clone();
        let task = rt.spawn(async move {
            gate.wait();
            gate.wait();
            5
        });
        barrier.wait();
        task.abort();
        barrier.wait();
        assert_eq!(rt.block_on(task).unwrap(), 5);
    });
}

#[test]
fn a_task_that_is_done() {
    on_each(|rt| {
        let mut task = rt.spawn(async { 6 });
        let abort = task.abort_handle();
        rt.block_on(async {
            while !abort.is_finished() {
                gmp::task::yield_now().await;
            }
        });
        abort.abort();
        task.abort();
        assert_eq!(rt.block_on(&mut task).unwrap(), 6);
        drop(task);
        abort.abort();
        assert!(abort.is_finished());
    });
}

#[test]
fn a_task_that_aborts_itself() {
    on_each(|rt| {
        let census = Census::default();
        let (tx, rx) = oneshot::channel::<gmp::task::AbortHandle>();
        let live = census.live();
        let task = rt.spawn(async move {
            let _live = live;
            let me = rx.await.unwrap();
            me.abort();
            assert!(!me.is_finished());
            // Still running: it ends where it waits next.
            gmp::task::yield_now().await;
            unreachable!();
        });
        tx.send(task.abort_handle()).unwrap();
        assert!(rt.block_on(task).unwrap_err().is_cancelled());
        census.assert_all_dropped();
    });
}

#[test]
fn handles_of_a_task() {
    on_each(|rt| {
        let task = rt.spawn(std::future::pending::<()>());
        let handles: Vec<_> = (0..10).map(|_| task.abort_handle()).collect();
        let ids: HashSet<_> = handles.iter().map(gmp::task::AbortHandle::id).collect();
        assert_eq!(ids, HashSet::from([task.id()]));
        let cloned = handles[0].clone();
        assert!(format!("{cloned:?}").contains(&task.id().to_string()));
        drop(task);
        thread::spawn(move || cloned.abort()).join().unwrap();
        rt.block_on(async {
            while !handles[3].is_finished() {
                gmp::task::yield_now().await;
            }
        });
    });
}

/// Blocking jobs: only those that wait for a thread can be aborted.
#[test]
fn blocking_jobs() {
    watched(|| {
        let rt = crate::support::multi_builder(1).max_blocking_threads(1).build().unwrap();
        let (release, released) = mpsc::channel::<()>();
        let (began, begun) = mpsc::channel();
        let running = rt.spawn_blocking(move || {
            began.send(()).unwrap();
            let _ = released.recv();
            1
        });
        begun.recv().unwrap();
        let census = Census::default();
        let live = census.live();
        let waiting = rt.spawn_blocking(move || {
            drop(live);
            2
        });
        running.abort();
        waiting.abort();
        drop(release);
        assert_eq!(rt.block_on(running).unwrap(), 1);
        assert!(rt.block_on(waiting).unwrap_err().is_cancelled());
        census.assert_all_dropped();
    });
}

/// Aborted by another thread while it is woken, polled and awaited.
#[test]
fn races_of_abort_and_wake() {
    on_each_multi(|rt| {
        let census = Census::default();
        for i in 0..rounds(5_000) {
            let notify = Arc::new(Notify::new());
            let (live, bell) = (census.live(), notify.clone());
            let task = rt.spawn(async move {
                let _live = live;
                loop {
                    bell.notified().await;
                }
            });
            let abort = task.abort_handle();
            let waker = rt.spawn(async move {
                for _ in 0..i % 20 {
                    notify.notify_one();
                }
            });
            for _ in 0..i % 30 {
                std::hint::spin_loop();
            }
            abort.abort();
            assert!(rt.block_on(task).unwrap_err().is_cancelled());
            drop(waker);
        }
        census.assert_all_dropped();
    });
}

/// A panic in the drop of an aborted future is the task's result.
#[test]
fn a_drop_that_panics() {
    on_each(|rt| {
        struct Bad;
        impl Drop for Bad {
            fn drop(&mut self) {
                panic!("in drop");
            }
        }
        let (began, begun) = oneshot::channel();
        let task = rt.spawn(async move {
            let _bad = Bad;
            began.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        rt.block_on(begun).unwrap();
        task.abort();
        let error = rt.block_on(task).unwrap_err();
        assert!(error.is_panic());
        assert_eq!(crate::support::text_of(&*error.into_panic()), "in drop");
        assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
    });
}

/// Aborting wakes nobody who isn't there, and the joiner hears of it though it waited before.
#[test]
fn the_joiner_is_woken() {
    on_each_multi(|rt| {
        for _ in 0..100 {
            let task = rt.spawn(std::future::pending::<()>());
            let abort = task.abort_handle();
            let joiner = rt.spawn(async move { task.await.unwrap_err().is_cancelled() });
            let aborter = thread::spawn(move || abort.abort());
            assert!(rt.block_on(joiner).unwrap());
            aborter.join().unwrap();
        }
        let metrics = rt.metrics();
        eventually("all are dead", || metrics.num_alive_tasks() == 0);
    });
}

/// A task of one runtime aborted from another's, and after its own is gone.
#[test]
fn from_elsewhere() {
    watched(|| {
        let (a, b) = (multi(1), multi(1));
        let census = Census::default();
        let live = census.live();
        let task = a.spawn(async move {
            let _live = live;
            std::future::pending::<()>().await;
        });
        let abort = task.abort_handle();
        b.block_on(b.spawn(async move { abort.abort() })).unwrap();
        assert!(b.block_on(task).unwrap_err().is_cancelled());
        let left = a.spawn(std::future::pending::<()>());
        drop(a);
        left.abort();
        assert!(b.block_on(left).unwrap_err().is_cancelled());
        census.assert_all_dropped();
    });
}
