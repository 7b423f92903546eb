//! One test an issue: what reviews and other tests have found, each as its own small story.

use crate::support::{Census, block_on, current, eventually, in_child, multi, multi_builder, on_each, on_each_multi};
use crate::support::{panic_of, stderr, watched};
use gmp::runtime::{Builder, Handle, Runtime, UnhandledPanic};
use gmp::sync::oneshot;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::thread;

/// A future that blocks in `block_on` for what it has just spawned: some worker runs it. On tokio it works.
#[test]
fn block_on_blocks_for_what_it_has_spawned() {
    on_each_multi(|rt| {
        for i in 0..50 {
            let got = rt.block_on(async {
                let (tx, rx) = mpsc::channel();
                gmp::spawn(async move { tx.send(i).unwrap() });
                rx.recv().unwrap()
            });
            assert_eq!(got, i);
            let got = rt.handle().block_on(async {
                gmp::task::yield_now().await;
                let (tx, rx) = mpsc::channel();
                gmp::spawn(async move { gmp::spawn(async move { tx.send(i).unwrap() }) });
                rx.recv().unwrap()
            });
            assert_eq!(got, i);
        }
    });
}

/// As many `block_on`s as there are Ps, and more, all of which block: spawned tasks still have a P.
#[test]
fn all_block_ons_block() {
    on_each_multi(|rt| {
        let rt = Arc::new(rt);
        let barrier = Arc::new(std::sync::Barrier::new(6));
        let threads: Vec<_> = (0..6)
            .map(|i| {
                let (rt, barrier) = (rt.clone(), barrier.clone());
                thread::spawn(move || {
                    rt.block_on(async move {
                        barrier.wait();
                        let (tx, rx) = mpsc::channel();
                        gmp::spawn(async move { tx.send(i).unwrap() });
                        assert_eq!(rx.recv().unwrap(), i);
                    });
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
    });
}

/// The order of `current_thread` is first in, first out, also where one `block_on` ends and the next begins.
#[test]
fn first_in_first_out_across_block_ons() {
    const N: usize = 1_000;
    watched(|| {
        let rt = current();
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = order.clone();
        rt.block_on(async {
            for i in 0..N {
                let note = note.clone();
                gmp::spawn(async move { note.lock().unwrap().push(i) });
            }
        });
        assert!(order.lock().unwrap().is_empty());
        rt.block_on(async {
            while order.lock().unwrap().len() < N {
                gmp::task::yield_now().await;
            }
        });
        assert!(order.lock().unwrap().iter().copied().eq(0..N), "{:?}", &order.lock().unwrap()[..5]);
    });
}

/// The thread-name function is the user's code: it may use the runtime, and it is called without a lock of ours.
#[test]
fn thread_names_that_use_the_runtime() {
    watched(|| {
        let handle: Arc<Mutex<Option<Handle>>> = Arc::default();
        let own = handle.clone();
        let ran = Arc::new(AtomicUsize::new(0));
        let count = ran.clone();
        let rt = multi_builder(2)
            .max_blocking_threads(3)
            .thread_name_fn(move || {
                if let Some(handle) = &*own.lock().unwrap() {
                    let (count, again) = (count.clone(), count.clone());
                    handle.spawn(async move { count.fetch_add(1, Ordering::SeqCst) });
                    handle.spawn(async move { again.fetch_add(1, Ordering::SeqCst) });
                    format!("gmp-{}", handle.metrics().num_alive_tasks())
                } else {
                    "early".to_owned()
                }
            })
            .build()
            .unwrap();
        rt.block_on(rt.spawn(async {})).unwrap();
        *handle.lock().unwrap() = Some(rt.handle().clone());
        rt.block_on(rt.spawn_blocking(|| {})).unwrap();
        eventually("what the function spawned has run", || ran.load(Ordering::SeqCst) >= 2);
        *handle.lock().unwrap() = None;
    });
}

#[test]
fn a_thread_name_function_that_panics_aborts() {
    let test = "regression::a_thread_name_function_that_panics_aborts";
    let play = || {
        let rt = multi_builder(1).thread_name_fn(|| panic!("no name")).build().unwrap();
        let _ = rt.block_on(rt.spawn(async {}));
    };
    if let Some(output) = in_child(test, &[], play) {
        use std::os::unix::process::ExitStatusExt;
        let said = stderr(&output);
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{said}");
        assert!(said.contains("no name") && said.contains("thread names panicked"), "{said}");
    }
}

/// Nobody reads stderr any more: a detached task's panic is still that task's only.
#[test]
fn stderr_that_cannot_be_written_to() {
    let test = "regression::stderr_that_cannot_be_written_to";
    let play = || {
        watched(|| {
            let mut ends = [0; 2];
            // SAFETY: the array has room for two.
            assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
            // SAFETY: closes the end that nobody else knows.
            assert_eq!(unsafe { libc::close(ends[0]) }, 0);
            // SAFETY: both are open.
            assert_eq!(unsafe { libc::dup2(ends[1], 2) }, 2);
            for make in [current as fn() -> Runtime, || multi(1)] {
                let rt = make();
                drop(rt.spawn(async { std::panic::resume_unwind(Box::new("unseen")) }));
                assert_eq!(rt.block_on(rt.spawn(async { 4 })).unwrap(), 4);
                assert_eq!(rt.metrics().panicked_tasks_count(), 1);
            }
            // The same for the message about threads that can't be had.
            let rt = multi_builder(2).thread_stack_size(1 << 46).build().unwrap();
            assert_eq!(rt.block_on_main(async { gmp::spawn(async { 5 }).await.unwrap() }), 5);
        });
        println!("still here");
    };
    if let Some(output) = in_child(test, &[], play) {
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("still here"), "{:?}: {said}", output.status);
    }
}

/// A guard that is leaked by a task or a job: whoever comes after it has its own context, and the threads end in peace.
#[test]
fn a_leaked_enter_guard() {
    on_each(|rt| {
        let other = current();
        let elsewhere = other.handle().clone();
        let id = rt.handle().id();
        let leak = elsewhere.clone();
        rt.block_on(rt.spawn(async move { std::mem::forget(leak.enter()) })).unwrap();
        let leak = elsewhere.clone();
        rt.block_on(rt.spawn_blocking(move || std::mem::forget(leak.enter()))).unwrap();
        for _ in 0..20 {
            let seen = rt.block_on(async {
                let of_task = gmp::spawn(async { Handle::current().id() }).await.unwrap();
                let of_job = gmp::task::spawn_blocking(|| Handle::current().id()).await.unwrap();
                [Handle::current().id(), of_task, of_job]
            });
            assert_eq!(seen, [id; 3]);
        }
        drop(rt);
        assert!(Handle::try_current().is_err());
    });
}

/// A shutdown in the background waits for nobody, not for the drop of a future either.
#[test]
fn shutdown_background_waits_for_no_drop() {
    struct Waits(mpsc::Receiver<()>, Census);
    impl Drop for Waits {
        fn drop(&mut self) {
            let _ = self.0.recv();
            drop(self.1.live());
        }
    }
    on_each_multi(|rt| {
        let census = Census::default();
        let (release, released) = mpsc::channel();
        let (began, begun) = oneshot::channel();
        let waits = Waits(released, census.clone());
        rt.spawn(async move {
            let _waits = waits;
            began.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        rt.block_on(begun).unwrap();
        rt.shutdown_background();
        assert_eq!(census.dropped(), 0);
        release.send(()).unwrap();
        eventually("the future is dropped", || census.dropped() == 1);
    });
}

/// `task::id()` is known in the drop of a future, however the task ends.
#[test]
fn the_task_id_in_drops() {
    struct Tells(mpsc::Sender<Option<gmp::task::Id>>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.send(gmp::task::try_id()).unwrap();
        }
    }
    on_each(|rt| {
        let (tx, rx) = mpsc::channel();
        let tells = Tells(tx.clone());
        let done = rt.spawn(async move { drop(tells) });
        let id = done.id();
        rt.block_on(done).unwrap();
        assert_eq!(rx.recv().unwrap(), Some(id), "completed");

        let tells = Tells(tx.clone());
        let aborted = rt.spawn(async move {
            let _tells = tells;
            std::future::pending::<()>().await;
        });
        let id = aborted.id();
        rt.block_on(gmp::task::yield_now());
        aborted.abort();
        assert!(rt.block_on(aborted).is_err());
        assert_eq!(rx.recv().unwrap(), Some(id), "aborted");

        let tells = Tells(tx);
        let left = rt.spawn(async move {
            let _tells = tells;
            std::future::pending::<()>().await;
        });
        rt.block_on(gmp::task::yield_now());
        drop(rt);
        assert_eq!(rx.recv().unwrap(), Some(left.id()), "shut down");
    });
}

/// A future's drop that blocks on its own runtime while that is shut down: a clear panic, swallowed.
#[test]
fn block_on_in_a_drop_at_shutdown() {
    struct Blocks(Handle, Arc<Mutex<Option<String>>>);
    impl Drop for Blocks {
        fn drop(&mut self) {
            let caught = panic_of(|| self.0.block_on(async {}));
            *self.1.lock().unwrap() = Some(caught.text);
        }
    }
    on_each(|rt| {
        let (said, census) = (Arc::default(), Census::default());
        let blocks = Blocks(rt.handle().clone(), Arc::clone(&said));
        rt.spawn(async move {
            let _blocks = blocks;
            std::future::pending::<()>().await;
        });
        for _ in 0..300 {
            let live = census.live();
            rt.spawn(async move {
                let _live = live;
                std::future::pending::<()>().await;
            });
        }
        rt.block_on(gmp::task::yield_now());
        drop(rt);
        let said = said.lock().unwrap().take().unwrap();
        assert!(said.starts_with("Cannot start a runtime from within a runtime."), "{said}");
        census.assert_all_dropped();
    });
}

/// A panic that shuts the runtime down ends a main that only yields, or waits.
#[test]
fn unhandled_panic_ends_main() {
    for yields in [true, false] {
        for workers in [1, 2] {
            watched(move || {
                let rt = multi_builder(workers).unhandled_panic(UnhandledPanic::ShutdownRuntime).build().unwrap();
                let caught = panic_of(|| {
                    rt.block_on_main(async move {
                        gmp::spawn(async { panic!("boom") });
                        if yields {
                            loop {
                                gmp::task::yield_now().await;
                            }
                        }
                        std::future::pending::<()>().await;
                    });
                });
                assert!(caught.text.starts_with("a spawned task panicked"), "{}", caught.text);
            });
        }
    }
}

/// tokio's example for `on_thread_park`: what the hook spawns is run, though its thread is about to sleep.
#[test]
fn a_park_hook_that_spawns() {
    let makes: [fn() -> Builder; 3] = [Builder::new_current_thread, || multi_builder(1), || multi_builder(2)];
    for make in makes {
        watched(move || {
            let once = AtomicBool::new(true);
            let barrier = Arc::new(gmp::sync::Barrier::new(2));
            let other = barrier.clone();
            let rt = make()
                .on_thread_park(move || {
                    if once.swap(false, Ordering::SeqCst) {
                        let barrier = other.clone();
                        gmp::spawn(async move { barrier.wait().await });
                    }
                })
                .build()
                .unwrap();
            rt.block_on(async {
                // So that there is a thread of the runtime's that can go to sleep.
                gmp::spawn(async {}).await.unwrap();
                barrier.wait().await;
            });
        });
    }
}

/// Hooks run inside of the runtime's context, in pairs, each on the thread that it is about.
#[test]
fn hooks_have_the_context() {
    on_each_kind_with_hooks(|rt, log| {
        let id = rt.handle().id();
        rt.block_on(async {
            for _ in 0..10 {
                gmp::spawn(async {}).await.unwrap();
                gmp::task::spawn_blocking(|| {}).await.unwrap();
            }
        });
        drop(rt);
        for (what, thread, seen) in log.lock().unwrap().iter() {
            assert_eq!(*seen, Some(id), "{what} on {thread:?}");
        }
    });
}

type Log = Arc<Mutex<Vec<(&'static str, thread::ThreadId, Option<gmp::runtime::Id>)>>>;

fn on_each_kind_with_hooks(f: fn(Runtime, Log)) {
    let makes: [fn() -> Builder; 3] = [Builder::new_current_thread, || multi_builder(1), || multi_builder(3)];
    for make in makes {
        watched(move || {
            let log = Log::default();
            let tell = |what: &'static str| {
                let log = log.clone();
                move || {
                    let seen = Handle::try_current().ok().map(|h| h.id());
                    log.lock().unwrap().push((what, thread::current().id(), seen));
                }
            };
            let rt = make()
                .on_thread_start(tell("start"))
                .on_thread_stop(tell("stop"))
                .on_thread_park(tell("park"))
                .on_thread_unpark(tell("unpark"))
                .build()
                .unwrap();
            f(rt, log);
        });
    }
}

/// Each thread's hooks come in order: start, then park and unpark in turns, then stop.
#[test]
fn hooks_come_in_order() {
    on_each_kind_with_hooks(|rt, log| {
        for _ in 0..20 {
            rt.block_on(async {
                let (tx, rx) = oneshot::channel();
                thread::spawn(move || tx.send(()).unwrap());
                gmp::spawn(rx).await.unwrap().unwrap();
                gmp::task::spawn_blocking(|| {}).await.unwrap();
            });
        }
        let main = thread::current().id();
        drop(rt);
        let log = log.lock().unwrap();
        let threads: std::collections::HashSet<_> = log.iter().map(|e| e.1).collect();
        for thread in threads {
            let whats: Vec<_> = log.iter().filter(|e| e.1 == thread).map(|e| e.0).collect();
            let mut rest = whats.as_slice();
            if thread != main {
                assert_eq!(rest.first(), Some(&"start"), "{whats:?}");
                assert_eq!(rest.last(), Some(&"stop"), "{whats:?}");
                rest = &rest[1..rest.len() - 1];
            }
            assert_eq!(rest.len() % 2, 0, "{whats:?}");
            assert!(rest.chunks(2).all(|pair| pair == ["park", "unpark"]), "{whats:?}");
        }
    });
}

/// `tokio::task::yield_now`, and futures written for it, outside of tokio's runtime.
#[test]
fn tokios_own_yield_now() {
    on_each(|rt| {
        let n = rt.block_on(rt.spawn(async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            100
        }));
        assert_eq!(n.unwrap(), 100);
        rt.block_on(async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        });
    });
}

/// A task that is awaited in `Handle::block_on` while the runtime ends: cancelled, and the waiter hears of it.
#[test]
fn a_waiter_hears_of_the_end() {
    on_each_multi(|rt| {
        for make in [|| true, || false] {
            let inner = multi(1);
            let handle = inner.handle().clone();
            let through_runtime = make();
            let (began, begun) = mpsc::channel();
            let waiter = thread::spawn(move || {
                let wait = async move {
                    let task = gmp::spawn(std::future::pending::<()>());
                    began.send(()).unwrap();
                    task.await
                };
                if through_runtime { handle.block_on(wait) } else { block_on(handle.spawn(wait)).unwrap_or_else(Err) }
            });
            begun.recv().unwrap();
            drop(inner);
            assert!(waiter.join().unwrap().unwrap_err().is_cancelled());
        }
        assert_eq!(rt.block_on(async { 1 }), 1);
    });
}

/// A poll that wakes its own task from another thread before it returns, over and over: no wake is lost or doubled.
#[test]
fn a_wake_from_elsewhere_inside_the_poll() {
    on_each_multi(|rt| {
        let mut left = 200;
        let task = rt.spawn(poll_fn(move |cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            let waker = cx.waker().clone();
            let thread = thread::spawn(move || waker.wake());
            if left % 2 == 0 {
                thread.join().unwrap();
            }
            Poll::Pending
        }));
        rt.block_on(task).unwrap();
    });
}
