//! Cases 53 to 56: runtimes inside of runtimes, guards out of order, destructors of thread-locals, locks held over calls.

use crate::support::{Census, current, eventually, multi, on_each, on_each_multi, panic_of, watched};
use gmp::runtime::{EnterGuard, Handle, Runtime};
use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;

const NESTED: &str = "Cannot start a runtime from within a runtime.";

#[test]
fn case_53_block_on_inside_of_block_on() {
    on_each(|rt| {
        struct BlocksInDrop(Handle);
        impl Drop for BlocksInDrop {
            fn drop(&mut self) {
                let caught = panic_of(|| self.0.block_on(async {}));
                assert!(caught.text.starts_with(NESTED), "{}", caught.text);
            }
        }
        let handle = rt.handle().clone();
        let value = rt.block_on(async {
            assert!(panic_of(|| handle.block_on(async {})).text.starts_with(NESTED));
            let inner = handle.clone();
            gmp::spawn(async move {
                assert!(panic_of(|| inner.block_on(async {})).text.starts_with(NESTED));
            })
            .await
            .unwrap();
            // In the drop of a future that completes, and of one that is aborted.
            let blocks = BlocksInDrop(handle.clone());
            gmp::spawn(async move { drop(blocks) }).await.unwrap();
            let blocks = BlocksInDrop(handle.clone());
            let aborted = gmp::spawn(async move {
                let _blocks = blocks;
                std::future::pending::<()>().await;
            });
            gmp::task::yield_now().await;
            aborted.abort();
            assert!(aborted.await.unwrap_err().is_cancelled());
            // A job may block, and a plain thread.
            let allowed = handle.clone();
            let job = gmp::task::spawn_blocking(move || allowed.block_on(async { 4 }));
            job.await.unwrap()
        });
        assert_eq!(value, 4);
        assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
    });
}

/// The future of `block_on` is dropped outside of it, and its drop may block again.
#[test]
fn case_53_block_on_in_the_drop_of_block_ons_future() {
    on_each(|rt| {
        struct Late(Handle, Arc<AtomicUsize>);
        impl Drop for Late {
            fn drop(&mut self) {
                // Either is a clear answer; a hang or an abort isn't.
                if let Ok(n) = std::panic::catch_unwind(|| self.0.block_on(async { 1 })) {
                    self.1.fetch_add(n, Ordering::SeqCst);
                }
            }
        }
        let count = Arc::new(AtomicUsize::new(0));
        let late = Late(rt.handle().clone(), count.clone());
        rt.block_on(async move {
            let _late = late;
        });
        let late = Late(rt.handle().clone(), count.clone());
        drop(panic_of(|| {
            rt.block_on(async move {
                let _late = late;
                panic!("with a drop behind it");
            })
        }));
        assert_eq!(rt.block_on(async { 3 }), 3);
    });
}

#[test]
fn case_54_guards_out_of_order() {
    watched(|| {
        // Each order of dropping three guards of three runtimes, which are gone before the last guard.
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let runtimes = [current(), multi(1), current()];
            let handles = runtimes.each_ref().map(|rt| rt.handle().clone());
            let mut guards: [Option<EnterGuard<'_>>; 3] = [None, None, None];
            for (guard, handle) in guards.iter_mut().zip(&handles) {
                *guard = Some(handle.enter());
            }
            for i in order {
                let guard = guards[i].take();
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(guard)));
            }
            drop(runtimes);
            // The right context or none, and never one that is freed.
            if let Ok(handle) = Handle::try_current() {
                assert!(handle.spawn(async {}).is_finished());
            }
            let rt = current();
            let id = rt.handle().id();
            assert_eq!(rt.block_on(async { Handle::current().id() }), id);
        }
    });
}

thread_local! {
    static LAST_WISH: RefCell<Option<LastWish>> = const { RefCell::new(None) };
}

/// Runs when the thread's locals are destroyed.
struct LastWish(Option<Box<dyn FnOnce() + Send>>);

impl Drop for LastWish {
    fn drop(&mut self) {
        if let Some(wish) = self.0.take() {
            wish();
        }
    }
}

fn at_thread_exit(wish: impl FnOnce() + Send + 'static) {
    LAST_WISH.with(|w| *w.borrow_mut() = Some(LastWish(Some(Box::new(wish)))));
}

#[test]
fn case_55_in_the_destructor_of_a_thread_local() {
    on_each_multi(|rt| {
        let (tx, rx) = mpsc::channel();
        let waker = Arc::new(Mutex::new(None::<Waker>));
        let slot = waker.clone();
        let waiting = rt.spawn(poll_fn(move |cx| match slot.lock().unwrap().replace(cx.waker().clone()) {
            None => Poll::Pending,
            Some(_) => Poll::Ready(()),
        }));
        eventually("it waits", || waker.lock().unwrap().is_some());
        let (handle, waker) = (rt.handle().clone(), waker.lock().unwrap().clone().unwrap());
        thread::spawn(move || {
            at_thread_exit(move || {
                // Spawn, wake, enter, join, block: all of it, with or without a context of the thread's.
                waker.wake();
                let sent = tx.clone();
                handle.spawn(async move { sent.send("spawned").unwrap() });
                let _guard = handle.enter();
                gmp::spawn(async move { tx.send("entered").unwrap() });
                assert_eq!(handle.block_on(async { gmp::spawn(async { 6 }).await.unwrap() }), 6);
                let own = multi(1);
                assert_eq!(own.block_on(own.spawn(async { 7 })).unwrap(), 7);
                drop(own);
            });
        })
        .join()
        .unwrap();
        let mut said: Vec<_> = rx.iter().collect();
        said.sort_unstable();
        assert_eq!(said, ["entered", "spawned"]);
        rt.block_on(waiting).unwrap();
    });
}

/// On the runtime's own threads, which end when it is dropped.
#[test]
fn case_55_in_the_destructors_of_workers() {
    on_each_multi(|rt| {
        let census = Census::default();
        let handle = rt.handle().clone();
        let wish = {
            let census = census.clone();
            move || {
                let (live, handle) = (census.live(), handle.clone());
                at_thread_exit(move || {
                    assert!(handle.spawn(async move { drop(live) }).is_finished());
                    drop(current());
                });
            }
        };
        let of_worker = wish.clone();
        rt.block_on(rt.spawn(async move { of_worker() })).unwrap();
        rt.block_on(rt.spawn_blocking(wish)).unwrap();
        drop(rt);
        census.assert_all_dropped();
        assert_eq!(census.made(), 2);
    });
}

/// A runtime in a thread-local is dropped with its thread.
#[test]
fn case_55_a_runtime_in_a_thread_local() {
    thread_local! {
        static RT: RefCell<Option<Runtime>> = const { RefCell::new(None) };
    }
    for make in [current as fn() -> Runtime, || multi(2)] {
        watched(move || {
            let census = Census::default();
            let live = census.live();
            thread::spawn(move || {
                let rt = make();
                rt.spawn(async move {
                    let _live = live;
                    std::future::pending::<()>().await;
                });
                rt.block_on(gmp::task::yield_now());
                RT.with(|slot| *slot.borrow_mut() = Some(rt));
            })
            .join()
            .unwrap();
            census.assert_all_dropped();
        });
    }
}

/// A task's drop waits for a lock that its aborter holds, while that one goes on to use the runtime.
#[test]
fn case_56_a_lock_held_over_calls() {
    struct Locks(Arc<Mutex<u32>>);
    impl Drop for Locks {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    on_each_multi(|rt| {
        let lock = Arc::new(Mutex::new(0));
        let wakers: Arc<Mutex<Vec<Waker>>> = Arc::default();
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (locks, wakers) = (Locks(lock.clone()), wakers.clone());
                rt.spawn(async move {
                    let _locks = locks;
                    poll_fn::<(), _>(|cx| {
                        wakers.lock().unwrap().push(cx.waker().clone());
                        Poll::Pending
                    })
                    .await;
                })
            })
            .collect();
        eventually("all wait", || wakers.lock().unwrap().len() == 20);
        let metrics = rt.metrics();
        {
            let held = lock.lock().unwrap();
            for task in &tasks {
                task.abort();
            }
            // The workers stand before the lock, or will. Nothing that is called here may wait for them.
            thread::sleep(std::time::Duration::from_millis(5));
            for waker in wakers.lock().unwrap().drain(..) {
                waker.wake();
            }
            for i in 0..1_000 {
                let task = rt.spawn(async move { i });
                if i % 2 == 0 {
                    task.abort();
                }
                let _ = task.is_finished();
            }
            assert!(metrics.num_alive_tasks() >= 20);
            assert_eq!(rt.block_on(async { 5 }), 5);
            drop(rt.handle().clone());
            assert_eq!(*held, 0);
        }
        for task in tasks {
            assert!(rt.block_on(task).unwrap_err().is_cancelled());
        }
        assert_eq!(*lock.lock().unwrap(), 20);
        eventually("all are dead", || metrics.num_alive_tasks() == 0);
    });
}

/// A closed runtime drops a refused future without a lock of its own.
#[test]
fn case_56_a_refused_future_uses_the_runtime_in_its_drop() {
    struct Spawns(Handle, u32);
    impl Drop for Spawns {
        fn drop(&mut self) {
            if self.1 > 0 {
                let next = Spawns(self.0.clone(), self.1 - 1);
                let _guard = self.0.enter();
                assert!(gmp::spawn(async move { drop(next) }).is_finished());
            }
        }
    }
    on_each(|rt| {
        let handle = rt.handle().clone();
        drop(rt);
        let spawns = Spawns(handle.clone(), 50);
        assert!(handle.spawn(async move { drop(spawns) }).is_finished());
    });
}
