//! Cases 1 to 14: the cell of a task, its references, its wakers.

use crate::support::{Census, current, eventually, multi, on_each, on_each_multi, rounds, watched};
use gmp::sync::oneshot;
use std::future::{Future, poll_fn};
use std::marker::PhantomPinned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};
use std::thread;

/// A future that is never ready and leaves its waker.
fn leave_waker(slot: &Arc<Mutex<Option<Waker>>>) -> impl Future<Output = ()> + Send + use<> {
    let slot = slot.clone();
    poll_fn(move |cx| {
        *slot.lock().unwrap() = Some(cx.waker().clone());
        Poll::Pending
    })
}

#[test]
fn case_01_waker_used_after_the_runtime() {
    on_each(|rt| {
        let (slot, census) = (Arc::default(), Census::default());
        let (live, future) = (census.live(), leave_waker(&slot));
        rt.spawn(async move {
            let _live = live;
            future.await;
        });
        rt.block_on(gmp::task::yield_now());
        eventually_in(&rt, || slot.lock().unwrap().is_some());
        drop(rt);
        census.assert_all_dropped();
        let waker = slot.lock().unwrap().take().unwrap();
        thread::spawn(move || {
            waker.wake_by_ref();
            waker.clone().wake();
            drop(waker.clone());
            waker.wake();
        })
        .join()
        .unwrap();
    });
}

/// As `eventually`, driving the runtime meanwhile.
#[track_caller]
fn eventually_in(rt: &gmp::runtime::Runtime, f: impl Fn() -> bool) {
    eventually("it happens while the runtime is driven", || {
        rt.block_on(gmp::task::yield_now());
        f()
    });
}

#[test]
fn case_02_last_waker_dropped_on_a_foreign_thread() {
    on_each_multi(|rt| {
        for _ in 0..100 {
            let (slot, census) = (Arc::new(Mutex::new(None::<Waker>)), Census::default());
            let (put, output) = (slot.clone(), census.live());
            let task = rt.spawn(poll_fn(move |cx| {
                *put.lock().unwrap() = Some(cx.waker().clone());
                Poll::Ready(())
            }));
            drop(output);
            rt.block_on(task).unwrap();
            let waker = slot.lock().unwrap().take().unwrap();
            thread::spawn(move || drop(waker)).join().unwrap();
            census.assert_all_dropped();
        }
    });
}

#[test]
fn case_03_eight_threads_wake_one_task() {
    const THREADS: usize = 8;
    watched(|| {
        let rt = multi(4);
        let wakes_each = rounds(20_000);
        let (slot, polling) = (Arc::new(Mutex::new(None::<Waker>)), Arc::new(AtomicBool::new(false)));
        // What the wakers have written, and what the last poll has read of it.
        let written: Arc<Vec<AtomicU64>> = Arc::new((0..THREADS).map(|_| AtomicU64::new(0)).collect());
        let (put, words) = (slot.clone(), written.clone());
        let task = rt.spawn(poll_fn(move |cx| {
            assert!(!polling.swap(true, Ordering::AcqRel), "polled twice at a time");
            *put.lock().unwrap() = Some(cx.waker().clone());
            let all = words.iter().all(|w| w.load(Ordering::Relaxed) == wakes_each as u64);
            polling.store(false, Ordering::Release);
            if all { Poll::Ready(()) } else { Poll::Pending }
        }));
        eventually("the first poll", || slot.lock().unwrap().is_some());
        let threads: Vec<_> = (0..THREADS)
            .map(|t| {
                let (waker, written) = (slot.lock().unwrap().clone().unwrap(), written.clone());
                thread::spawn(move || {
                    for n in 1..=wakes_each {
                        written[t].store(n as u64, Ordering::Relaxed);
                        if n % 2 == 0 { waker.wake_by_ref() } else { waker.clone().wake() }
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        // Each wake is followed by a poll that sees what was written before it, so the task has ended or will.
        rt.block_on(task).unwrap();
    });
}

#[test]
fn case_04_wake_inside_the_own_poll() {
    for make in [current as fn() -> gmp::runtime::Runtime, || multi(1)] {
        watched(move || {
            let rt = make();
            let order = Arc::new(Mutex::new(Vec::new()));
            let note = order.clone();
            let main = rt.spawn(async move {
                let (a, b) = (note.clone(), note.clone());
                let mut polls = 0;
                let selfish = gmp::spawn(poll_fn(move |cx| {
                    a.lock().unwrap().push("self");
                    polls += 1;
                    // By value and by reference, twice over.
                    cx.waker().clone().wake();
                    cx.waker().wake_by_ref();
                    if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
                }));
                let other = gmp::spawn(async move { b.lock().unwrap().push("other") });
                selfish.await.unwrap();
                other.await.unwrap();
            });
            rt.block_on(main).unwrap();
            let order = order.lock().unwrap();
            assert_eq!(order.iter().filter(|&&o| o == "self").count(), 3);
            let other = order.iter().position(|&o| o == "other").unwrap();
            assert!(other <= 1, "others first: {order:?}");
        });
    }
}

#[test]
fn case_05_wake_between_poll_and_idle() {
    on_each_multi(|rt| {
        let (polls, slot) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(None::<Waker>)));
        let (counter, put) = (polls.clone(), slot.clone());
        let n = rounds(50_000);
        let task = rt.spawn(poll_fn(move |cx| {
            *put.lock().unwrap() = Some(cx.waker().clone());
            // From now on the other thread may wake, while this poll is about to end.
            let polled = counter.fetch_add(1, Ordering::SeqCst) + 1;
            if polled > n { Poll::Ready(()) } else { Poll::Pending }
        }));
        for round in 1..=n {
            while polls.load(Ordering::SeqCst) < round {
                thread::yield_now();
            }
            let waker = slot.lock().unwrap().clone().unwrap();
            waker.wake();
        }
        rt.block_on(task).unwrap();
        assert_eq!(polls.load(Ordering::SeqCst), n + 1, "one poll for each wake, and the first");
    });
}

#[test]
fn case_06_forgotten_wakers() {
    on_each(|rt| {
        let census = Census::default();
        let live = census.live();
        rt.spawn(async move {
            let _live = live;
            poll_fn::<(), _>(|cx| {
                // One where a leak checker finds it, for this leak is meant.
                static KEPT: Mutex<Vec<Waker>> = Mutex::new(Vec::new());
                KEPT.lock().unwrap().push(cx.waker().clone());
                for _ in 0..1_000 {
                    std::mem::forget(cx.waker().clone());
                }
                Poll::Pending
            })
            .await;
        });
        rt.block_on(gmp::task::yield_now());
        drop(rt);
        // The cell leaks, what the future held doesn't.
        census.assert_all_dropped();
    });
}

#[test]
fn case_07_waker_woken_inside_the_futures_drop() {
    struct WakesItself(Arc<Mutex<Option<Waker>>>, Census);
    impl Drop for WakesItself {
        fn drop(&mut self) {
            let waker = self.0.lock().unwrap().take();
            if let Some(waker) = waker {
                waker.wake_by_ref();
                waker.wake();
            }
            drop(self.1.live());
        }
    }
    on_each(|rt| {
        let census = Census::default();
        for how in 0..3 {
            let slot = Arc::default();
            let (future, wakes) = (leave_waker(&slot), WakesItself(slot.clone(), census.clone()));
            let task = rt.spawn(async move {
                let _wakes = wakes;
                match how {
                    // Completed, panicked, aborted.
                    0 => _ = futures::poll!(Box::pin(future)),
                    1 => {
                        _ = futures::poll!(Box::pin(future));
                        std::panic::resume_unwind(Box::new(()));
                    }
                    _ => future.await,
                }
            });
            if how == 2 {
                eventually_in(&rt, || slot.lock().unwrap().is_some());
                task.abort();
            }
            let result = rt.block_on(task);
            assert_eq!(result.is_ok(), how == 0);
        }
        assert_eq!(census.made(), 3);
    });
}

#[test]
fn case_08_join_handle_polled_with_different_wakers() {
    struct Once(AtomicUsize);
    impl Wake for Once {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    on_each_multi(|rt| {
        let (tx, rx) = oneshot::channel::<()>();
        let mut task = rt.spawn(rx);
        let (first, last) = (Arc::new(Once(AtomicUsize::new(0))), Arc::new(Once(AtomicUsize::new(0))));
        for waker in [&first, &last, &first, &last] {
            let waker = Waker::from(waker.clone());
            assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        }
        assert_eq!(Arc::strong_count(&first), 1, "the old waker is dropped at once");
        tx.send(()).unwrap();
        eventually("the last one is woken", || last.0.load(Ordering::SeqCst) == 1);
        assert_eq!(first.0.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn case_09_join_handle_dropped_while_the_task_completes() {
    on_each_multi(|rt| {
        let census = Census::default();
        for i in 0..rounds(20_000) {
            let output = census.live();
            let task = rt.spawn(async move { output });
            for _ in 0..i % 200 {
                std::hint::spin_loop();
            }
            drop(task);
        }
        drop(rt);
        census.assert_all_dropped();
    });
}

/// A waker of the user's own whose functions panic, one after the other.
static BAD: [RawWakerVTable; 3] = [
    RawWakerVTable::new(|_| panic!("clone"), |_| (), |_| (), |_| ()),
    RawWakerVTable::new(|p| RawWaker::new(p, &BAD[1]), |_| panic!("wake"), |_| panic!("wake"), |_| ()),
    RawWakerVTable::new(|p| RawWaker::new(p, &BAD[2]), |_| (), |_| (), |_| panic!("drop")),
];

#[test]
fn case_10_wakers_that_panic() {
    on_each_multi(|rt| {
        for (i, table) in BAD.iter().enumerate() {
            let (tx, rx) = oneshot::channel::<()>();
            let census = Census::default();
            let output = census.live();
            let mut task = rt.spawn(async move {
                let _ = rx.await;
                output
            });
            // SAFETY: the functions of the table ignore the data and keep to the contract, but for panicking.
            let waker = unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), table)) };
            let waker = std::mem::ManuallyDrop::new(waker);
            let polled = catch_unwind(AssertUnwindSafe(|| {
                Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending()
            }));
            assert_eq!(polled.is_err(), i == 0, "the clone's panic is the poller's");
            // A good waker in its place: the bad one is dropped, and that may panic, too.
            let replaced = catch_unwind(AssertUnwindSafe(|| {
                let mut cx = Context::from_waker(Waker::noop());
                i == 1 || Pin::new(&mut task).poll(&mut cx).is_pending()
            }));
            assert_eq!(replaced.is_err(), i == 2);
            tx.send(()).unwrap();
            drop(rt.block_on(task).unwrap());
            census.assert_all_dropped();
            assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
        }
    });
}

#[test]
fn case_11_will_wake() {
    on_each(|rt| {
        let wakers = rt.block_on(async {
            let mut wakers = Vec::new();
            for _ in 0..20 {
                let slot = Arc::default();
                let task = gmp::spawn(leave_waker(&slot));
                while slot.lock().unwrap().is_none() {
                    gmp::task::yield_now().await;
                }
                wakers.push(slot.lock().unwrap().take().unwrap());
                drop(task);
            }
            wakers
        });
        for (i, a) in wakers.iter().enumerate() {
            for (k, b) in wakers.iter().enumerate() {
                assert_eq!(a.will_wake(b), i == k);
                assert_eq!(a.clone().will_wake(b), i == k);
            }
        }
    });
}

#[test]
fn case_12_large_and_aligned_futures() {
    #[repr(align(256))]
    #[derive(Clone)]
    struct Aligned([u8; 256]);
    on_each(|rt| {
        let sum = rt.block_on(rt.spawn(async {
            let mut large = [1_u8; 512 << 10];
            gmp::task::yield_now().await;
            large[77] = 5;
            gmp::task::yield_now().await;
            large.iter().map(|&b| u64::from(b)).sum::<u64>()
        }));
        assert_eq!(sum.unwrap(), (512 << 10) + 4);
        let out = rt.block_on(rt.spawn(async {
            let aligned = Aligned([3; 256]);
            gmp::task::yield_now().await;
            let at = (&raw const aligned).addr();
            (at, aligned)
        }));
        let (at, aligned) = out.unwrap();
        assert_eq!(at % 256, 0);
        assert_eq!(aligned.0, [3; 256]);
        assert_eq!((&raw const aligned).addr() % 256, 0);
    });
}

#[test]
fn case_13_zero_sized_and_self_referential() {
    struct Nothing;
    impl Future for Nothing {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }
    }
    /// Remembers where it was polled first; knows when it is dropped elsewhere.
    struct Stays(Option<usize>, u32, PhantomPinned);
    impl Future for Stays {
        type Output = usize;
        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
            let here = (&raw const *self).addr();
            // SAFETY: nothing is moved out.
            let this = unsafe { self.get_unchecked_mut() };
            assert_eq!(*this.0.get_or_insert(here), here);
            this.1 += 1;
            cx.waker().wake_by_ref();
            if this.1 == 10 { Poll::Ready(here) } else { Poll::Pending }
        }
    }
    impl Drop for Stays {
        fn drop(&mut self) {
            if self.0.is_some_and(|at| at != (&raw const *self).addr()) {
                eprintln!("a pinned future was moved before its drop");
                std::process::abort();
            }
        }
    }
    on_each(|rt| {
        rt.block_on(async {
            for _ in 0..100 {
                gmp::spawn(Nothing).await.unwrap();
                let stays = gmp::spawn(Stays(None, 0, PhantomPinned));
                let aborted = gmp::spawn(Stays(None, 0, PhantomPinned));
                gmp::task::yield_now().await;
                aborted.abort();
                assert_ne!(stays.await.unwrap(), 0);
                let _ = aborted.await;
            }
        });
    });
}

/// The last of {task, waker, join handle, abort handle} to go, in each of the 24 orders.
#[test]
fn case_14_freed_by_the_last_of_four() {
    fn orders(left: &[u8]) -> Vec<Vec<u8>> {
        if left.is_empty() {
            return vec![Vec::new()];
        }
        let mut all = Vec::new();
        for &first in left {
            let rest: Vec<u8> = left.iter().copied().filter(|&x| x != first).collect();
            all.extend(orders(&rest).into_iter().map(|mut o| {
                o.insert(0, first);
                o
            }));
        }
        all
    }
    on_each_multi(|rt| {
        let all = orders(&[0, 1, 2, 3]);
        assert_eq!(all.len(), 24);
        for order in all {
            let census = Census::default();
            let (tx, rx) = mpsc::channel();
            let (end, ended) = oneshot::channel::<()>();
            let (held, output) = (census.live(), census.live());
            let mut join = Some(rt.spawn(async move {
                let _held = held;
                poll_fn(|cx| {
                    tx.send(cx.waker().clone()).unwrap();
                    Poll::Ready(())
                })
                .await;
                let _ = ended.await;
                output
            }));
            let abort = join.as_ref().unwrap().abort_handle();
            let (mut waker, mut abort, mut end) = (rx.recv().ok(), Some(abort), Some(end));
            let watch = abort.clone();
            for last in order {
                match last {
                    0 => {
                        drop(end.take());
                        let watch = watch.as_ref().unwrap();
                        eventually("the task ends", || watch.is_finished());
                    }
                    1 => drop(waker.take()),
                    2 => drop(join.take()),
                    _ => drop(abort.take()),
                }
            }
            drop(watch);
            eventually("future and output are dropped", || census.dropped() == 2);
        }
    });
}
