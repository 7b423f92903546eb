//! Several runtimes in one process and on one thread: each task and each guard finds its own.

use crate::support::{Census, current, multi, panic_of, rounds, watched};
use gmp::runtime::{Handle, Runtime};
use gmp::sync::{Notify, mpsc, oneshot};
use std::sync::Arc;
use std::thread;

/// Each pair of kinds.
fn on_each_pair(f: fn(Runtime, Runtime)) {
    let makes: [fn() -> Runtime; 3] = [current, || multi(1), || multi(2)];
    for a in makes {
        for b in makes {
            watched(move || f(a(), b()));
        }
    }
}

#[test]
fn guards_nest() {
    on_each_pair(|a, b| {
        let (in_a, in_b) = (a.handle().id(), b.handle().id());
        let now = || Handle::try_current().ok().map(|h| h.id());
        assert_eq!(now(), None);
        let outer = a.enter();
        assert_eq!(now(), Some(in_a));
        {
            let _inner = b.enter();
            assert_eq!(now(), Some(in_b));
            {
                let _again = a.enter();
                assert_eq!(now(), Some(in_a));
                // What a runtime drives has itself for a context, whatever is entered around it.
                assert_eq!(b.block_on(async { Handle::current().id() }), in_b);
                assert_eq!(now(), Some(in_a));
            }
            assert_eq!(now(), Some(in_b));
        }
        assert_eq!(now(), Some(in_a));
        drop(outer);
        assert_eq!(now(), None);
    });
}

/// A guard inside of a task lasts as long as the poll that holds it; across an await it would travel, so it isn't `Send`.
#[test]
fn guards_inside_tasks() {
    on_each_pair(|a, b| {
        let (in_a, in_b) = (a.handle().id(), b.handle().id());
        let b_handle = b.handle().clone();
        let task = a.spawn(async move {
            assert_eq!(Handle::current().id(), in_a);
            let spawned = {
                let _guard = b_handle.enter();
                assert_eq!(Handle::current().id(), in_b);
                gmp::spawn(async { Handle::current().id() })
            };
            assert_eq!(Handle::current().id(), in_a);
            (spawned, gmp::spawn(async { Handle::current().id() }).await.unwrap())
        });
        let (on_b, on_a) = a.block_on(task).unwrap();
        assert_eq!(on_a, in_a);
        assert_eq!(b.block_on(on_b).unwrap(), in_b);
    });
}

/// Case 54 of the hostile ones: out of order. It says so, and afterwards there is a right context or none.
#[test]
fn guards_out_of_order() {
    on_each_pair(|a, b| {
        let id = b.handle().id();
        let first = a.enter();
        let second = b.enter();
        assert!(panic_of(|| drop(first)).text.contains("dropped out of order"));
        assert_eq!(Handle::current().id(), id, "the inner one is still entered");
        drop(a);
        drop(gmp::spawn(async {}));
        drop(second);
        drop(b);
        // Whatever is current now is a runtime that refuses or none; it isn't one that is freed.
        if let Ok(handle) = Handle::try_current() {
            assert!(handle.spawn(async {}).is_finished());
        }
        let c = current();
        assert_eq!(c.block_on(async { Handle::current().id() }), c.handle().id());
    });
}

/// One thread takes turns in two runtimes; what each has spawned goes on where it was.
#[test]
fn block_on_in_turns() {
    on_each_pair(|a, b| {
        let (to_b, mut from_a) = mpsc::unbounded_channel();
        let (to_a, mut from_b) = mpsc::unbounded_channel();
        let echo_a = a.spawn(async move {
            while let Some(n) = from_b.recv().await {
                to_b.send(n + 1).unwrap();
            }
        });
        for n in 0..200 {
            // The wake comes from b's thread, for a task of a's.
            b.block_on(async { to_a.send(n).unwrap() });
            a.block_on(async { assert_eq!(from_a.recv().await, Some(n + 1)) });
        }
        drop(to_a);
        a.block_on(echo_a).unwrap();
    });
}

/// Tasks of the two wake each other, in tasks and through `block_on`s on two threads.
#[test]
fn wakes_across() {
    on_each_pair(|a, b| {
        let (tx, mut rx) = mpsc::channel(1);
        let (back, mut home) = mpsc::channel(1);
        let n = rounds(10_000);
        let ping = a.spawn(async move {
            for i in 0..n {
                tx.send(i).await.unwrap();
                assert_eq!(home.recv().await, Some(i));
            }
        });
        let pong = b.spawn(async move {
            while let Some(i) = rx.recv().await {
                back.send(i).await.unwrap();
            }
        });
        let other = thread::spawn(move || {
            b.block_on(pong).unwrap();
            b
        });
        a.block_on(ping).unwrap();
        drop(other.join().unwrap());
    });
}

/// A task of one awaits tasks of the other; each is dropped by its own.
#[test]
fn joins_across() {
    watched(|| {
        let (a, b) = (multi(2), multi(2));
        let census = Census::default();
        let b_handle = b.handle().clone();
        let counted = census.clone();
        let sum = a.block_on(a.spawn(async move {
            let mut sum = 0;
            for i in 0..500 {
                let live = counted.live();
                sum += b_handle
                    .spawn(async move {
                        let _live = live;
                        gmp::task::yield_now().await;
                        i
                    })
                    .await
                    .unwrap();
            }
            sum
        }));
        assert_eq!(sum.unwrap(), 499 * 500 / 2);
        assert_eq!(b.metrics().spawned_tasks_count(), 500);
        assert_eq!(a.metrics().spawned_tasks_count(), 1);
        census.assert_all_dropped();
    });
}

/// A blocking thread of one runtime drives another, and builds, uses and drops a third.
#[test]
fn a_runtime_inside_a_blocking_job() {
    on_each_pair(|a, b| {
        let in_b = b.handle().id();
        let job = a.spawn_blocking(move || {
            let seen = b.block_on(async { gmp::spawn(async { Handle::current().id() }).await });
            drop(b);
            let third = current();
            let sum = third.block_on(async { gmp::spawn(async { 3 }).await.unwrap() + 4 });
            (seen.unwrap(), sum)
        });
        assert_eq!(a.block_on(job).unwrap(), (in_b, 7));
    });
}

/// One ends while a task of the other is about to wake its tasks.
#[test]
fn one_ends_first() {
    for _ in 0..20 {
        watched(|| {
            let (a, b) = (multi(2), multi(1));
            let census = Census::default();
            let notify = Arc::new(Notify::new());
            let waiting: Vec<_> = (0..50)
                .map(|_| {
                    let (live, notify) = (census.live(), notify.clone());
                    a.spawn(async move {
                        let _live = live;
                        loop {
                            notify.notified().await;
                        }
                    })
                })
                .collect();
            let bell = notify.clone();
            let (stop, mut stopped) = oneshot::channel::<()>();
            let ringer = b.spawn(async move {
                while stopped.try_recv().is_err() {
                    bell.notify_waiters();
                    gmp::task::yield_now().await;
                }
            });
            drop(a);
            census.assert_all_dropped();
            for task in waiting {
                assert!(b.block_on(task).unwrap_err().is_cancelled());
            }
            stop.send(()).unwrap();
            b.block_on(ringer).unwrap();
        });
    }
}

/// Beside tokio's own runtime on the same thread, as in a process that has both: neither takes the other's context.
#[test]
fn beside_tokios() {
    watched(|| {
        let ours = multi(1);
        let theirs = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let id = ours.handle().id();
        let _guard = ours.enter();
        let (tokios, gmps) = theirs.block_on(async {
            let task = tokio::spawn(async { 1 });
            // Ours is entered on this thread, tokio drives it.
            (task.await.unwrap(), gmp::spawn(async { Handle::current().id() }).await.unwrap())
        });
        assert_eq!((tokios, gmps), (1, id));
        let _tokio = theirs.enter();
        assert_eq!(ours.block_on(async { gmp::spawn(async { 5 }).await.unwrap() }), 5);
        // The budget inside of tokio's tasks is tokio's, before and after.
        theirs.block_on(async {
            let semaphore = gmp::sync::Semaphore::new(1);
            for _ in 0..1_000 {
                drop(semaphore.acquire().await);
            }
        });
    });
}
