//! The poll budget: a task that loops over an operation that is always ready lets others run.
//!
//! tokio's primitives ask a budget of tokio's, which gmp's workers refill (gmp-sched's `budget.rs`). Here each of them is
//! tried: while it loops, another task of the same worker must get its turn. A loop that doesn't yield ends after a
//! hundred thousand rounds, with the other task's turn not come, and the test fails; nothing hangs.

use crate::support::{current, multi, multi_builder, watched};
use futures::future::BoxFuture;
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::runtime::{Builder, Runtime};
use gmp::sync::{Mutex, RwLock, Semaphore, broadcast, mpsc, oneshot, watch};
use gmp::task::JoinSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const ROUNDS: usize = 100_000;

/// Whether the other task has had its turn.
#[derive(Clone, Default)]
struct Seen(Arc<AtomicBool>);

impl Seen {
    fn yes(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Spawns the other task.
    fn watch(&self) {
        let seen = self.clone();
        gmp::spawn(async move { seen.set() });
    }
}

type Work = fn(Seen) -> BoxFuture<'static, ()>;

/// Runs the loop in a task and as the future of `block_on`, on each kind of runtime with one worker.
#[track_caller]
fn yields(work: Work) {
    let makes: [fn() -> Runtime; 2] = [
        || Builder::new_current_thread().max_blocking_threads(2).build().unwrap(),
        || multi_builder(1).max_blocking_threads(2).build().unwrap(),
    ];
    for make in makes {
        let in_task = watched(move || {
            let (rt, seen) = (make(), Seen::default());
            let task = rt.spawn(async move {
                seen.watch();
                work(seen.clone()).await;
                seen.yes()
            });
            rt.block_on(task).unwrap()
        });
        assert!(in_task, "the task never yielded");
        // There the tasks may run on another thread, so it is the yield itself that is looked for.
        let in_block_on = watched(move || {
            let (rt, seen) = (make(), Seen::default());
            let mut work = work(seen.clone());
            rt.block_on(poll_fn(|cx| {
                let polled = work.as_mut().poll(cx);
                if polled.is_pending() {
                    seen.set();
                }
                polled
            }));
            seen.yes()
        });
        assert!(in_block_on, "block_on's future never yielded");
    }
}

/// A loop over `$op`, after `$setup`.
macro_rules! yields {
    ($(#[$attr:meta])* $name:ident, { $($setup:tt)* }, $op:expr) => {
        $(#[$attr])*
        #[test]
        fn $name() {
            yields(|seen| Box::pin(async move {
                $($setup)*
                for _ in 0..ROUNDS {
                    if seen.yes() {
                        break;
                    }
                    $op;
                }
            }));
        }
    };
}

/// The test can fail: a loop without an operation doesn't yield.
#[test]
fn a_loop_that_waits_for_nothing_does_not_yield() {
    let seen = watched(|| {
        let rt = multi(1);
        let task = rt.spawn(async {
            let seen = Seen::default();
            seen.watch();
            for _ in 0..1_000 {
                std::future::ready(()).await;
            }
            seen.yes()
        });
        rt.block_on(task).unwrap()
    });
    assert!(!seen);
}

/// Nor does one that asks to be left alone.
#[test]
fn unconstrained_does_not_yield() {
    let seen = watched(|| {
        let rt = multi(1);
        let task = rt.spawn(gmp::task::unconstrained(async {
            let seen = Seen::default();
            seen.watch();
            let semaphore = Semaphore::new(1);
            for _ in 0..10_000 {
                drop(semaphore.acquire().await);
            }
            seen.yes()
        }));
        rt.block_on(task).unwrap()
    });
    assert!(!seen);
}

yields!(consume_budget, {}, gmp::task::consume_budget().await);
yields!(yield_now, {}, gmp::task::yield_now().await);

yields!(
    mpsc_recv,
    {
        let (tx, mut rx) = mpsc::channel(1_000);
        let fill = |tx: &mpsc::Sender<u8>| while tx.try_send(1).is_ok() {};
        fill(&tx);
    },
    {
        rx.recv().await;
        if rx.is_empty() {
            fill(&tx);
        }
    }
);
yields!(
    mpsc_recv_many,
    {
        let (tx, mut rx) = mpsc::channel(1_000);
        let mut buffer = Vec::new();
    },
    {
        while tx.try_send(1).is_ok() {}
        buffer.clear();
        rx.recv_many(&mut buffer, 10).await;
    }
);
yields!(
    mpsc_send,
    {
        let (tx, mut rx) = mpsc::channel(8);
    },
    {
        tx.send(1).await.unwrap();
        rx.try_recv().unwrap();
    }
);
yields!(
    mpsc_reserve,
    {
        let (tx, _rx) = mpsc::channel::<u8>(8);
    },
    drop(tx.reserve().await.unwrap())
);
yields!(
    mpsc_unbounded_recv,
    {
        let (tx, mut rx) = mpsc::unbounded_channel();
    },
    {
        tx.send(1).unwrap();
        rx.recv().await;
    }
);
yields!(
    mpsc_recv_from_a_closed_channel,
    {
        let (_, mut rx) = mpsc::channel::<u8>(1);
    },
    assert_eq!(rx.recv().await, None)
);
yields!(oneshot_recv, {}, {
    let (tx, rx) = oneshot::channel();
    tx.send(1).unwrap();
    rx.await.unwrap();
});
yields!(oneshot_closed, {}, {
    let (mut tx, rx) = oneshot::channel::<u8>();
    drop(rx);
    tx.closed().await;
});
yields!(
    broadcast_recv,
    {
        let (tx, mut rx) = broadcast::channel(4);
    },
    {
        tx.send(1).unwrap();
        rx.recv().await.unwrap();
    }
);
yields!(
    watch_changed,
    {
        let (tx, mut rx) = watch::channel(0);
    },
    {
        tx.send_modify(|n| *n += 1);
        rx.changed().await.unwrap();
    }
);
yields!(
    mutex_lock,
    {
        let mutex = Mutex::new(0);
    },
    *mutex.lock().await += 1
);
yields!(
    mutex_lock_owned,
    {
        let mutex = Arc::new(Mutex::new(0));
    },
    *mutex.clone().lock_owned().await += 1
);
yields!(
    rwlock_read,
    {
        let lock = RwLock::new(0);
    },
    drop(lock.read().await)
);
yields!(
    rwlock_write,
    {
        let lock = RwLock::new(0);
    },
    *lock.write().await += 1
);
yields!(
    semaphore_acquire,
    {
        let semaphore = Semaphore::new(2);
    },
    drop(semaphore.acquire_many(2).await.unwrap())
);
yields!(
    semaphore_acquire_owned,
    {
        let semaphore = Arc::new(Semaphore::new(1));
    },
    drop(semaphore.clone().acquire_owned().await.unwrap())
);
// `Notify` isn't among them: tokio's asks no budget.

yields!(
    /// Handles of tasks that are done before the loop begins.
    join_handle,
    {
        let mut done: Vec<_> = (0..1_000).map(|i| gmp::task::spawn_blocking(move || i)).collect();
        while !done.iter().all(gmp::task::JoinHandle::is_finished) {
            std::thread::yield_now();
        }
    },
    if let Some(handle) = done.pop() { handle.await.unwrap(); });
yields!(
    join_set,
    {
        let mut set = JoinSet::new();
        for i in 0..1_000 {
            set.spawn_blocking(move || i);
        }
        let metrics = gmp::runtime::Handle::current().metrics();
        while metrics.num_idle_blocking_threads() < metrics.num_blocking_threads() || metrics.blocking_queue_depth() > 0
        {
            std::thread::yield_now();
        }
    },
    if !set.is_empty() {
        set.join_next().await.unwrap().unwrap();
    }
);

yields!(
    duplex,
    {
        let (mut a, mut b) = gmp::io::duplex(64);
    },
    {
        a.write_u8(1).await.unwrap();
        b.read_u8().await.unwrap();
    }
);
yields!(empty_and_sink, {}, {
    gmp::io::sink().write_all(&[0; 16]).await.unwrap();
    gmp::io::empty().read_u8().await.unwrap_err();
});

/// One call that goes on by itself: `io::copy` between sources and sinks that are always ready.
#[test]
fn io_copy() {
    yields(|_seen| {
        Box::pin(async move {
            let mut source = gmp::io::repeat(7).take(256 << 20);
            let copied = gmp::io::copy(&mut source, &mut gmp::io::sink()).await;
            assert_eq!(copied.unwrap(), 256 << 20);
        })
    });
}

/// And over a duplex whose other side another task keeps ready.
#[test]
fn io_copy_over_a_duplex() {
    yields(|seen| {
        Box::pin(async move {
            let (mut a, mut b) = gmp::io::duplex(1 << 16);
            gmp::spawn(async move {
                let _ = gmp::io::copy(&mut gmp::io::repeat(1).take(1 << 20), &mut a).await;
            });
            gmp::io::copy(&mut b, &mut gmp::io::sink()).await.unwrap();
            assert!(seen.yes());
        })
    });
}

/// A budget that a task has used up is not the next task's.
#[test]
fn each_turn_begins_with_a_budget() {
    let least = watched(|| {
        let rt = multi(1);
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                rt.spawn(async {
                    let semaphore = Semaphore::new(1);
                    let mut least = usize::MAX;
                    for _ in 0..50 {
                        gmp::task::yield_now().await;
                        let mut n = 0;
                        while gmp::task::coop::has_budget_remaining() && n < 1_000 {
                            drop(semaphore.acquire().await);
                            n += 1;
                        }
                        least = least.min(n);
                    }
                    least
                })
            })
            .collect();
        let join = futures::future::join_all(tasks);
        rt.block_on(join).into_iter().map(Result::unwrap).min()
    });
    // tokio gives 128 a turn; what the scheduler's own operations take of it is a few.
    let least = least.unwrap();
    assert!((32..=128).contains(&least), "{least} operations in a turn");
}

/// The thread is as it was before, when `block_on` returns: an executor that isn't ours has no budget to run out of.
#[test]
fn the_budget_ends_with_block_on() {
    watched(|| {
        for rt in [current(), multi(1)] {
            rt.block_on(async {
                let semaphore = Semaphore::new(1);
                for _ in 0..500 {
                    drop(semaphore.acquire().await);
                }
            });
            let endless = futures::FutureExt::now_or_never(async {
                let semaphore = Semaphore::new(1);
                for _ in 0..1_000 {
                    if !gmp::task::coop::has_budget_remaining() {
                        return false;
                    }
                    drop(semaphore.acquire().await);
                }
                true
            });
            assert_eq!(endless, Some(true));
        }
    });
}
