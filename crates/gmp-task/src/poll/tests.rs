//! Panics in every place where a G runs user code, orders of dropping, and wakes from many threads.

use crate::JoinHandle;
use crate::testing::Mock;
use std::future::{Future, pending, poll_fn};
use std::panic::panic_any;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

fn join<T>(handle: &mut JoinHandle<T>) -> Poll<Result<T, crate::JoinError>> {
    pin!(handle).poll(&mut Context::from_waker(Waker::noop()))
}

/// Counts its drops, and panics in them if told to.
struct Guard(Arc<AtomicUsize>, bool);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        if self.1 {
            panic!("drop panics");
        }
    }
}

/// A future of one of several kinds that holds a guard.
struct Nasty {
    _guard: Guard,
    panic_in_poll: bool,
    ready: bool,
}

impl Future for Nasty {
    type Output = Guard;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Guard> {
        assert!(!self.panic_in_poll, "poll panics");
        if self.ready { Poll::Ready(Guard(Arc::default(), false)) } else { Poll::Pending }
    }
}

/// Every combination of where it panics, how it ends, and what is dropped when.
#[test]
fn combinations() {
    for bits in 0..64_u32 {
        let bit = |i: u32| bits & (1 << i) != 0;
        let (panic_in_poll, panic_in_drop, ready, abort, drop_join_first, close) =
            (bit(0), bit(1), bit(2), bit(3), bit(4), bit(5));
        let mock = Mock::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let nasty = Nasty { _guard: Guard(drops.clone(), panic_in_drop), panic_in_poll, ready };
        let mut handle = Some(mock.spawn(nasty));
        if abort {
            handle.as_ref().unwrap().abort();
        }
        if drop_join_first {
            handle = None;
        }
        mock.run_all();
        let ends = panic_in_poll || ready || abort;
        assert_eq!(drops.load(Ordering::Relaxed), usize::from(ends), "{bits:b}");
        if close {
            mock.close();
        } else if !ends {
            if let Some(h) = &handle {
                h.abort();
                mock.run_all();
            } else {
                mock.close();
            }
        }
        assert_eq!(drops.load(Ordering::Relaxed), 1, "{bits:b}: the future is dropped once");
        assert_eq!(mock.listed(), 0, "{bits:b}");
        if let Some(mut h) = handle {
            assert!(h.is_finished());
            let Poll::Ready(result) = join(&mut h) else { panic!("{bits:b}: not ready") };
            match result {
                Ok(_) => assert!(ready && !abort && !panic_in_poll && !panic_in_drop),
                Err(e) if e.is_panic() => assert!(panic_in_drop || (panic_in_poll && !abort)),
                Err(e) => assert!(e.is_cancelled() && (abort || !ends)),
            }
        }
    }
}

#[test]
fn a_payload_whose_drop_panics_harms_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("payload's drop");
        }
    }
    let mock = Mock::new();
    drop(mock.spawn(async { panic_any(Bomb) }));
    mock.run_all();
    let mut kept = mock.spawn(async { panic_any(Bomb) });
    mock.run_all();
    let Poll::Ready(Err(e)) = join(&mut kept) else { panic!("no error") };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(e))).is_err());
}

#[test]
fn the_outputs_drop_may_panic_when_detached() {
    let mock = Mock::new();
    let drops = Arc::new(AtomicUsize::new(0));
    let output = Guard(drops.clone(), true);
    drop(mock.spawn(async move { output }));
    mock.run_all();
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}

#[test]
fn a_waker_outlives_its_g() {
    let mock = Mock::new();
    let slot = Arc::new(Mutex::new(None::<Waker>));
    let drops = Arc::new(AtomicUsize::new(0));
    let (s, guard) = (slot.clone(), Guard(drops.clone(), false));
    let handle = mock.spawn(poll_fn(move |cx| {
        let _ = &guard;
        *s.lock().unwrap() = Some(cx.waker().clone());
        Poll::<()>::Pending
    }));
    mock.run_all();
    handle.abort();
    mock.run_all();
    drop(handle);
    drop(mock);
    assert_eq!(drops.load(Ordering::Relaxed), 1, "the future is gone before its last waker");
    let waker = slot.lock().unwrap().take().unwrap();
    std::thread::spawn(move || {
        waker.wake_by_ref();
        let last = waker.clone();
        drop(waker);
        last.wake();
    })
    .join()
    .unwrap();
}

#[test]
fn a_waker_woken_in_the_futures_drop() {
    struct WakeInDrop(Option<Waker>);
    impl Future for WakeInDrop {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.0 = Some(cx.waker().clone());
            Poll::Pending
        }
    }
    impl Drop for WakeInDrop {
        fn drop(&mut self) {
            self.0.take().unwrap().wake();
        }
    }
    let mock = Mock::new();
    let mut handle = mock.spawn(WakeInDrop(None));
    mock.run_all();
    handle.abort();
    mock.run_all();
    assert!(matches!(join(&mut handle), Poll::Ready(Err(e)) if e.is_cancelled()));
}

#[test]
fn only_the_last_join_waker_is_woken() {
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let mock = Mock::new();
    let gate = Arc::new(AtomicBool::new(false));
    let g = gate.clone();
    let mut handle = mock.spawn(poll_fn(move |cx| {
        if g.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }));
    let (a, b) = (Arc::new(Count(AtomicUsize::new(0))), Arc::new(Count(AtomicUsize::new(0))));
    for count in [&a, &b] {
        let waker = Waker::from(count.clone());
        assert!(pin!(&mut handle).poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(Arc::strong_count(&a), 1, "the first waker was dropped when it was replaced");
    gate.store(true, Ordering::Release);
    mock.run_all();
    assert_eq!((a.0.load(Ordering::Relaxed), b.0.load(Ordering::Relaxed)), (0, 1));
}

#[test]
fn sizes_and_alignments() {
    // Unoptimised code moves the large future over the stack several times.
    std::thread::Builder::new().stack_size(64 << 20).spawn(run_sizes_and_alignments).unwrap().join().unwrap();
}

fn run_sizes_and_alignments() {
    #[repr(align(256))]
    struct Aligned([u8; 256]);
    let mock = Mock::new();
    let mut aligned = mock.spawn(async {
        let a = Aligned([3; 256]);
        crate_yield().await;
        assert_eq!((&raw const a) as usize % 256, 0);
        a.0.iter().map(|&b| u64::from(b)).sum::<u64>()
    });
    let mut large = mock.spawn(async {
        let a = [1_u8; 512 * 1024];
        crate_yield().await;
        a.iter().map(|&b| u64::from(b)).sum::<u64>()
    });
    let mut empty = mock.spawn(std::future::ready(()));
    mock.run_all();
    assert!(matches!(join(&mut aligned), Poll::Ready(Ok(768))));
    assert!(matches!(join(&mut large), Poll::Ready(Ok(n)) if n == 512 * 1024));
    assert!(matches!(join(&mut empty), Poll::Ready(Ok(()))));
}

fn crate_yield() -> impl Future<Output = ()> {
    let mut done = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut done, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Eight threads wake one G; four run the queue. It is never polled by two, and each wake is followed by a poll.
#[test]
fn stress_wakes_from_many_threads() {
    const WAKES: usize = 20_000;
    let mock = Mock::new();
    let slot = Arc::new(Mutex::new(None::<Waker>));
    let (inside, wakes, seen) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (s, i, w, n) = (slot.clone(), inside, wakes.clone(), seen.clone());
    let handle = mock.spawn(poll_fn(move |cx| {
        assert!(!i.swap(true, Ordering::Acquire), "polled by two threads");
        s.lock().unwrap().get_or_insert_with(|| cx.waker().clone());
        n.store(w.load(Ordering::Acquire), Ordering::Release);
        i.store(false, Ordering::Release);
        Poll::<()>::Pending
    }));
    mock.run_all();
    let waker = slot.lock().unwrap().clone().unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Acquire) {
                    if !mock.run_one() {
                        std::thread::yield_now();
                    }
                }
            });
        }
        let wakers: Vec<_> = (0..8)
            .map(|k| {
                let (waker, wakes) = (waker.clone(), &wakes);
                scope.spawn(move || {
                    for j in 0..WAKES {
                        wakes.fetch_add(1, Ordering::Release);
                        let mine = waker.clone();
                        if (j + k) % 2 == 0 {
                            mine.wake_by_ref();
                        } else {
                            mine.wake();
                        }
                    }
                })
            })
            .collect();
        for t in wakers {
            t.join().unwrap();
        }
        while seen.load(Ordering::Acquire) != 8 * WAKES {
            std::thread::yield_now();
        }
        stop.store(true, Ordering::Release);
    });
    assert!(!handle.is_finished());
    handle.abort();
    mock.run_all();
    assert!(handle.is_finished());
}

#[test]
fn a_pending_g_is_listed_and_a_yielding_one_is_not() {
    let mock = Mock::new();
    let yields = mock.spawn(crate_yield());
    mock.run_one();
    assert_eq!(mock.listed(), 0);
    let waits = mock.spawn(pending::<()>());
    mock.run_all();
    assert_eq!(mock.listed(), 1);
    drop((yields, waits));
    mock.close();
    assert_eq!(mock.listed(), 0);
}

/// The last one listed moves into the gap of one that leaves, and must be found there when it dies itself.
#[test]
fn listed_gs_die_in_any_order() {
    for first in 0..3 {
        for second in (0..3).filter(|&i| i != first) {
            let mock = Mock::new();
            let mut handles: Vec<_> = (0..3).map(|_| mock.spawn(pending::<()>())).collect();
            mock.run_all();
            for (gone, i) in [first, second, 3 - first - second].into_iter().enumerate() {
                assert_eq!(mock.listed(), 3 - gone);
                handles[i].abort();
                mock.run_all();
                assert!(matches!(join(&mut handles[i]), Poll::Ready(Err(e)) if e.is_cancelled()));
            }
            assert_eq!(mock.listed(), 0);
        }
    }
}

/// After a close nothing waits: what would wait for the first time is cancelled by who runs it.
#[test]
fn a_g_that_parks_after_the_close_is_cancelled() {
    let mock = Mock::new();
    mock.close();
    let mut late = mock.spawn(pending::<()>());
    mock.run_all();
    assert!(matches!(join(&mut late), Poll::Ready(Err(e)) if e.is_cancelled()));
    assert_eq!(mock.listed(), 0);
}
