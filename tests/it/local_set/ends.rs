//! The end of a set: what is dropped, when, and what may happen meanwhile.

use crate::support::{ByHand, Census, block_on, current, on_each, panic_of, watched};
use gmp::runtime::UnhandledPanic;
use gmp::task::{JoinHandle, LocalSet, spawn_local};
use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;

/// Calls its function when it is dropped.
struct AtDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for AtDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A task that waits for ever, and calls `f` when it is dropped.
fn waits(f: impl FnMut() + 'static) -> impl Future<Output = ()> + 'static {
    let at_drop = AtDrop(f);
    async move {
        let _at_drop = at_drop;
        pending().await
    }
}

#[test]
fn tasks_are_dropped_with_the_set_in_order() {
    on_each(|rt| {
        let set = LocalSet::new();
        let log = Rc::new(RefCell::new(Vec::new()));
        let mut tasks: Vec<JoinHandle<()>> = Vec::new();
        for i in 0..10 {
            let log = log.clone();
            tasks.push(set.spawn_local(waits(move || log.borrow_mut().push(i))));
            if i == 5 {
                // Some have waited, some have never run.
                rt.block_on(set.run_until(gmp::task::yield_now()));
            }
        }
        assert!(log.borrow().is_empty());
        drop(set);
        assert_eq!(*log.borrow(), (0..10).collect::<Vec<_>>());
        for task in tasks {
            assert!(rt.block_on(task).unwrap_err().is_cancelled());
        }
    });
}

#[test]
fn a_drop_may_spawn_and_wake() {
    watched(|| {
        let census = Census::default();
        let set = LocalSet::new();
        let spawned = Rc::new(RefCell::new(Vec::new()));
        let waker = Rc::new(RefCell::new(None::<std::task::Waker>));
        let live = census.live();
        let shown = waker.clone();
        set.spawn_local(std::future::poll_fn(move |cx| {
            let _ = &live;
            *shown.borrow_mut() = Some(cx.waker().clone());
            std::task::Poll::<()>::Pending
        }));
        let (log, live, wake) = (spawned.clone(), census.clone(), waker.clone());
        set.spawn_local(waits(move || {
            // The set is the current one here; what is spawned is cancelled at once.
            let live = live.live();
            let task = spawn_local(async move {
                let _live = live;
                pending::<()>().await
            });
            assert!(task.is_finished());
            log.borrow_mut().push(task);
            wake.borrow().as_ref().unwrap().wake_by_ref();
        }));
        let mut set = ByHand::new(set);
        assert!(set.poll().is_pending());
        drop(set);
        census.assert_all_dropped();
        assert_eq!(census.made(), 2);
        let task = spawned.borrow_mut().pop().unwrap();
        assert!(block_on(task).unwrap_err().is_cancelled());
    });
}

#[test]
fn a_drop_that_panics_is_that_tasks_own() {
    watched(|| {
        let census = Census::default();
        let set = LocalSet::new();
        let bad = set.spawn_local(waits(|| panic!("while dropped")));
        let live = census.live();
        set.spawn_local(async move {
            let _live = live;
            pending::<()>().await
        });
        drop(set);
        census.assert_all_dropped();
        assert!(block_on(bad).unwrap_err().is_panic());
    });
}

#[test]
fn a_set_that_is_dropped_while_its_thread_panics() {
    let census = Census::default();
    let caught = panic_of(|| {
        let set = LocalSet::new();
        let live = census.live();
        set.spawn_local(async move {
            let _live = live;
            pending::<()>().await
        });
        panic!("the thread");
    });
    assert_eq!(caught.text, "the thread");
    census.assert_all_dropped();
}

#[test]
fn a_set_in_a_thread_local_is_dropped_with_its_thread() {
    thread_local!(static SET: RefCell<Option<LocalSet>> = const { RefCell::new(None) });
    let census = Census::default();
    let live = census.live();
    let task = std::thread::spawn(move || {
        let set = LocalSet::new();
        let task = set.spawn_local({
            let on_thread = Rc::new(std::thread::current().id());
            async move {
                let (_live, _on_thread) = (live, on_thread);
                pending::<()>().await
            }
        });
        set.spawn_local(waits(|| drop(spawn_local(async {}))));
        current().block_on(set.run_until(gmp::task::yield_now()));
        SET.set(Some(set));
        task
    })
    .join()
    .unwrap();
    census.assert_all_dropped();
    assert!(block_on(task).unwrap_err().is_cancelled());
}

#[test]
fn a_set_that_outlives_its_runtime() {
    watched(|| {
        let set = LocalSet::new();
        let rt = current();
        let task = set.spawn_local(async {
            gmp::task::yield_now().await;
            1
        });
        set.block_on(&rt, async {});
        drop(rt);
        // It needs none.
        assert_eq!(block_on(set.run_until(task)).unwrap(), 1);
    });
}

#[test]
fn the_output_of_a_task_outlives_the_set() {
    let set = LocalSet::new();
    let rc = Rc::new(Cell::new(1));
    let inner = rc.clone();
    let task = set.spawn_local(async move { inner });
    let unread = set.spawn_local({
        let rc = rc.clone();
        async move { rc }
    });
    let mut set = ByHand::new(set);
    assert!(set.poll().is_ready());
    drop(set);
    assert_eq!(Rc::strong_count(&rc), 3);
    drop(unread);
    assert_eq!(Rc::strong_count(&rc), 2);
    assert!(Rc::ptr_eq(&rc, &block_on(task).unwrap()));
}

#[test]
fn unhandled_panic_ends_the_set() {
    watched(|| {
        let census = Census::default();
        let mut set = LocalSet::new();
        set.unhandled_panic(UnhandledPanic::ShutdownRuntime);
        let live = census.live();
        let other = set.spawn_local(async move {
            let _live = live;
            pending::<()>().await
        });
        let rt = current();
        let caught = panic_of(|| {
            set.block_on(&rt, async {
                spawn_local(async { panic!("boom") });
                pending::<()>().await
            });
        });
        let words = "a spawned task panicked and the LocalSet is configured to shutdown on unhandled panic";
        assert_eq!(caught.text, words);
        census.assert_all_dropped();
        assert!(other.is_finished());
        // For good.
        assert!(set.spawn_local(async {}).is_finished());
        assert_eq!(panic_of(|| set.block_on(&rt, pending::<()>())).text, words);
    });
}

#[test]
fn unhandled_panic_must_be_said_first() {
    let mut set = LocalSet::new();
    set.spawn_local(async {});
    let caught = panic_of(|| {
        set.unhandled_panic(UnhandledPanic::ShutdownRuntime);
    });
    assert_eq!(caught.text, "Unhandled Panic behavior modified after starting LocalSet");
    assert_eq!((caught.file.as_str(), caught.line), (file!(), line!() - 3));
}

#[test]
fn a_forgotten_set_harms_nobody() {
    let set = LocalSet::new();
    let task = set.spawn_local(async {});
    std::mem::forget(set);
    task.abort();
    assert!(!task.is_finished());
    std::thread::spawn(move || {
        task.abort();
        drop(task);
    })
    .join()
    .unwrap();
}
