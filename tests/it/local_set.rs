//! LocalSet and spawn_local: tasks that stay on one thread.
//!
//! What could go wrong elsewhere is in `local_set/threads.rs`, the ends in `local_set/ends.rs`, whose turn it is in
//! `local_set/turns.rs`.

use crate::support::{ByHand, block_on, current, multi, on_each, panic_of, watched};
use futures::stream::{FuturesUnordered, StreamExt};
use gmp::sync::{Notify, mpsc, oneshot};
use gmp::task::{JoinSet, LocalSet, spawn_local};
use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;

mod ends;
mod threads;
mod turns;

/// A future that isn't `Send`, with a place that counts.
fn bump(count: &Rc<Cell<usize>>) -> impl Future<Output = usize> + 'static {
    let count = count.clone();
    async move {
        gmp::task::yield_now().await;
        count.set(count.get() + 1);
        count.get()
    }
}

#[test]
fn run_until_drives_the_set() {
    on_each(|rt| {
        let count = Rc::new(Cell::new(0));
        let set = LocalSet::new();
        let early = set.spawn_local(bump(&count));
        let out = rt.block_on(set.run_until(async {
            let task = spawn_local(bump(&count));
            task.await.unwrap() + early.await.unwrap()
        }));
        assert_eq!((out, count.get()), (3, 2));
    });
}

#[test]
fn a_set_is_a_future_that_ends_with_its_last_task() {
    on_each(|rt| {
        let count = Rc::new(Cell::new(0));
        let set = LocalSet::new();
        let inner = count.clone();
        set.spawn_local(async move {
            for _ in 0..10 {
                let task = spawn_local(bump(&inner));
                // Some are awaited, some not: the set waits for all.
                if inner.get() % 2 == 0 {
                    task.await.unwrap();
                }
            }
        });
        rt.block_on(set);
        assert_eq!(count.get(), 10);
    });
    let rt = current();
    rt.block_on(LocalSet::new());
}

#[test]
fn block_on_and_default() {
    on_each(|rt| {
        let set = LocalSet::default();
        let out = set.block_on(&rt, async { spawn_local(async { Rc::new(3) }).await.unwrap() });
        assert_eq!(*out, 3);
        assert!(format!("{set:?}").starts_with("LocalSet"));
    });
}

#[test]
fn what_isnt_done_goes_on_when_the_set_is_driven_again() {
    on_each(|rt| {
        let set = LocalSet::new();
        let notify = Rc::new(Notify::new());
        let task = {
            let notify = notify.clone();
            set.spawn_local(async move { notify.notified().await })
        };
        rt.block_on(set.run_until(gmp::task::yield_now()));
        assert!(!task.is_finished());
        // Woken while nobody drives the set.
        notify.notify_one();
        assert!(!task.is_finished());
        rt.block_on(set.run_until(task)).unwrap();
    });
}

#[test]
fn enter_says_where_to_spawn_and_drives_nothing() {
    watched(|| {
        let (a, b) = (LocalSet::new(), LocalSet::new());
        let _in_a = a.enter();
        let first = spawn_local(async { 1 });
        {
            let _in_b = b.enter();
            let second = spawn_local(async { 2 });
            assert_eq!(block_on(b.run_until(second)).unwrap(), 2);
        }
        assert!(!first.is_finished());
        let third = spawn_local(async { 3 });
        assert_eq!(block_on(a.run_until(async { first.await.unwrap() + third.await.unwrap() })), 4);
        // Still the current one.
        let fourth = spawn_local(async { 4 });
        assert_eq!(block_on(a.run_until(fourth)).unwrap(), 4);
    });
}

#[test]
fn guards_may_be_dropped_in_any_order() {
    watched(|| {
        let (a, b) = (LocalSet::new(), LocalSet::new());
        let in_a = a.enter();
        let in_b = b.enter();
        drop(in_a);
        drop(a);
        drop(in_b);
        // `a` was what `in_b` found. It has ended, and says so instead of being gone.
        let task = spawn_local(async {});
        assert!(block_on(task).unwrap_err().is_cancelled());
        drop(b);
        let _forgotten = std::mem::ManuallyDrop::new(LocalSet::new().enter());
        assert!(block_on(spawn_local(async {})).unwrap_err().is_cancelled());
    });
}

#[test]
fn spawning_outside_of_a_set_panics_in_tokios_words() {
    let check = |caught: crate::support::Caught, line| {
        assert_eq!(caught.text, "`spawn_local` called from outside of a `task::LocalSet` or `runtime::LocalRuntime`");
        assert_eq!((caught.file.as_str(), caught.line), (file!(), line));
    };
    check(panic_of(|| spawn_local(async {})), line!());
    current().block_on(async { check(panic_of(|| spawn_local(async {})), line!()) });
    // What is spawned in a set isn't in it.
    let rt = current();
    LocalSet::new().block_on(&rt, async {
        let caught = gmp::spawn(async { panic_of(|| spawn_local(async {})) }).await.unwrap();
        check(caught, line!() - 1);
    });
}

#[test]
fn a_panic_ends_one_task() {
    on_each(|rt| {
        let set = LocalSet::new();
        rt.block_on(set.run_until(async {
            let bad = spawn_local(async { panic!("one of many") });
            let good = spawn_local(async {
                gmp::task::yield_now().await;
                5
            });
            let error = bad.await.unwrap_err();
            assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "one of many");
            assert_eq!(good.await.unwrap(), 5);
        }));
    });
}

#[test]
fn tasks_have_ids() {
    on_each(|rt| {
        LocalSet::new().block_on(&rt, async {
            assert_eq!(gmp::task::try_id(), None);
            let task = spawn_local(async {
                let before = gmp::task::id();
                // A set inside of a task, and a task of that.
                let inner =
                    LocalSet::new().run_until(async { spawn_local(async { gmp::task::id() }).await.unwrap() }).await;
                assert_ne!(inner, before);
                assert_eq!(gmp::task::id(), before);
                assert_eq!(gmp::runtime::worker_index(), None);
                before
            });
            let id = task.id();
            assert_eq!(task.await.unwrap(), id);
        });
    });
    // Without any runtime, and in a drop.
    struct AtDrop(Rc<Cell<Option<gmp::task::Id>>>);
    impl Drop for AtDrop {
        fn drop(&mut self) {
            self.0.set(gmp::task::try_id());
        }
    }
    let seen = Rc::new(Cell::new(None));
    let set = LocalSet::new();
    let at_drop = AtDrop(seen.clone());
    let task = set.spawn_local(async move {
        let _at_drop = at_drop;
        pending::<()>().await
    });
    drop(set);
    assert_eq!(seen.get(), Some(task.id()));
}

#[test]
fn a_set_in_a_task_of_another() {
    on_each(|rt| {
        let out = LocalSet::new().block_on(&rt, async {
            let outer = Rc::new(RefCell::new(Vec::new()));
            let log = outer.clone();
            let task = spawn_local(async move {
                let inner = LocalSet::new();
                let log2 = log.clone();
                inner
                    .run_until(async move {
                        spawn_local(async move { log2.borrow_mut().push("inner") }).await.unwrap();
                    })
                    .await;
                // Back in the outer set.
                spawn_local(async move { log.borrow_mut().push("outer") }).await.unwrap();
            });
            task.await.unwrap();
            Rc::try_unwrap(outer).unwrap().into_inner()
        });
        assert_eq!(out, ["inner", "outer"]);
    });
}

#[test]
fn run_until_in_a_task_of_the_same_set() {
    on_each(|rt| {
        let set = Rc::new(LocalSet::new());
        let inner = set.clone();
        let (tx, rx) = oneshot::channel();
        let out = rt.block_on(set.run_until(async move {
            let waits = spawn_local(rx);
            let task = spawn_local(async move {
                inner
                    .run_until(async {
                        tx.send(7).unwrap();
                        waits.await.unwrap().unwrap()
                    })
                    .await
            });
            task.await.unwrap()
        }));
        assert_eq!(out, 7);
    });
}

#[test]
fn whoever_still_drives_the_set_is_woken() {
    watched(|| {
        let set = LocalSet::new();
        let notify = Rc::new(Notify::new());
        let other = notify.clone();
        let task = set.spawn_local(async move { other.notified().await });
        // Each of the two has a waker of its own. The second is polled last and ends first; the wake comes after.
        let waits = set.run_until(async {
            task.await.unwrap();
            true
        });
        let ends = set.run_until(async {
            gmp::task::yield_now().await;
            false
        });
        let mut both = [Box::pin(waits) as std::pin::Pin<Box<dyn Future<Output = bool>>>, Box::pin(ends)]
            .into_iter()
            .collect::<FuturesUnordered<_>>();
        block_on(async {
            assert_eq!(both.next().await, Some(false));
            notify.notify_one();
            assert_eq!(both.next().await, Some(true));
        });
    });
}

#[test]
fn what_an_ending_driver_has_woken_isnt_left_behind() {
    watched(|| {
        let set = LocalSet::new();
        let notify = Rc::new(Notify::new());
        let other = notify.clone();
        let task = set.spawn_local(async move { other.notified().await });
        let mut waits = ByHand::new(set.run_until(task));
        assert!(waits.poll().is_pending());
        // Ready at its first poll, in which it wakes the task; it runs nothing after that.
        let mut ends = ByHand::new(set.run_until(async { notify.notify_one() }));
        assert!(ends.poll().is_ready());
        assert!(waits.is_woken(), "nobody was told of the task");
        // Runs the task, whose end wakes once more.
        assert!(waits.poll().is_pending());
        assert!(waits.is_woken());
        assert!(waits.poll().is_ready());
    });
}

#[test]
fn timers_and_channels_wake_local_tasks() {
    on_each(|rt| {
        LocalSet::new().block_on(&rt, async {
            let (tx, mut rx) = mpsc::channel(1);
            let sender = spawn_local(async move {
                for i in 0..10 {
                    gmp::time::sleep(std::time::Duration::from_millis(1)).await;
                    tx.send(Rc::new(i)).await.unwrap();
                }
            });
            let mut sum = 0;
            while let Some(i) = rx.recv().await {
                sum += *i;
            }
            sender.await.unwrap();
            assert_eq!(sum, 45);
        });
    });
}

#[test]
fn a_join_set_of_local_tasks() {
    on_each(|rt| {
        let local = LocalSet::new();
        let mut set = JoinSet::new();
        set.spawn_local_on(async { Rc::new(1) }, &local);
        let sum = local.block_on(&rt, async {
            set.spawn_local(async { Rc::new(2) });
            let mut sum = 0;
            while let Some(out) = set.join_next().await {
                sum += *out.unwrap();
            }
            sum
        });
        assert_eq!(sum, 3);
    });
    let caught = panic_of(|| JoinSet::new().spawn_local(async {}));
    assert_eq!((caught.file.as_str(), caught.line), (file!(), line!() - 1));
}

#[test]
fn spawn_sites_are_the_callers() {
    let set = LocalSet::new();
    let output = crate::support::in_child("local_set::spawn_sites_are_the_callers", &[], || {
        let set = LocalSet::new();
        drop(set.spawn_local(async { panic!("nobody listens") }));
        let _entered = set.enter();
        drop(spawn_local(async { panic!("nobody listens") }));
        block_on(set);
    });
    drop(set);
    if let Some(output) = output {
        let text = crate::support::stderr(&output);
        for line in [line!() - 8, line!() - 6] {
            assert!(text.contains(&format!("{}:{line}:", file!())), "line {line} isn't in {text}");
        }
    }
}

#[test]
fn tasks_of_a_set_arent_the_runtimes() {
    let rt = current();
    let set = LocalSet::new();
    set.block_on(&rt, async {
        let _waits = spawn_local(pending::<()>());
        gmp::task::yield_now().await;
        // As tokio counts.
        assert_eq!(gmp::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    });
    assert_ne!(set.id(), rt.handle().id());
}

#[test]
fn a_set_on_a_thread_that_a_task_waits_for() {
    watched(|| {
        let rt = multi(2);
        let handle = rt.handle().clone();
        let (tx, mut rx) = mpsc::unbounded_channel::<(u32, oneshot::Sender<u32>)>();
        let thread = std::thread::spawn(move || {
            let set = LocalSet::new();
            set.spawn_local(async move {
                while let Some((n, answer)) = rx.recv().await {
                    let n = Rc::new(n);
                    spawn_local(async move {
                        gmp::task::yield_now().await;
                        answer.send(*n + 1).unwrap();
                    });
                }
            });
            handle.block_on(set);
        });
        rt.block_on(async {
            let tasks: Vec<_> = (0..100)
                .map(|i| {
                    let tx = tx.clone();
                    gmp::spawn(async move {
                        let (answer, got) = oneshot::channel();
                        tx.send((i, answer)).unwrap();
                        got.await.unwrap()
                    })
                })
                .collect();
            for (i, task) in tasks.into_iter().enumerate() {
                assert_eq!(task.await.unwrap() as usize, i + 1);
            }
        });
        drop(tx);
        thread.join().unwrap();
    });
}

#[test]
fn large_futures_are_welcome() {
    let rt = current();
    let out = LocalSet::new().block_on(&rt, async {
        let large = [1_u8; 100_000];
        spawn_local(async move {
            gmp::task::yield_now().await;
            large.iter().map(|&b| usize::from(b)).sum::<usize>()
        })
        .await
        .unwrap()
    });
    assert_eq!(out, 100_000);
}

#[test]
fn a_waker_that_changes_is_the_last_one() {
    let notify = Arc::new(Notify::new());
    let set = LocalSet::new();
    let other = notify.clone();
    set.spawn_local(async move { other.notified().await });
    let mut set = ByHand::new(set);
    assert!(set.poll().is_pending());
    // Polled by somebody else now.
    assert!(set.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_pending());
    notify.notify_one();
    assert!(!set.is_woken());
    assert!(set.poll().is_ready());
}
