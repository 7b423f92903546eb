//! Models of the state word with the whole G around it: wake ∥ poll, wake ∥ join, join ∥ complete, abort ∥ complete, the
//! last drops. The stage and the join waker are loom cells, so a second toucher is found; a future carries a
//! counter, so a double drop and a leak are.

use crate::testing::Mock;
use gmp_base::loom::{AtomicUsize, Ordering, thread};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Counts how often it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Passes its waker on at its first poll; ready when the flag is set.
struct WaitFor {
    flag: Arc<AtomicUsize>,
    waker: loom::sync::mpsc::Sender<Waker>,
    sent: bool,
    _counted: Counted,
}

impl Future for WaitFor {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        if self.flag.load(Ordering::Acquire) == 1 {
            return Poll::Ready(7);
        }
        if !self.sent {
            self.sent = true;
            self.waker.send(cx.waker().clone()).unwrap();
        }
        Poll::Pending
    }
}

struct Model {
    mock: Arc<Mock>,
    join: crate::JoinHandle<usize>,
    waker: loom::sync::mpsc::Receiver<Waker>,
    flag: Arc<AtomicUsize>,
    drops: Arc<AtomicUsize>,
}

fn start() -> Model {
    let mock = Mock::new();
    let (flag, drops) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (tx, waker) = loom::sync::mpsc::channel();
    let future = WaitFor { flag: flag.clone(), waker: tx, sent: false, _counted: Counted(drops.clone()) };
    let join = mock.spawn(future);
    assert!(mock.run_one());
    Model { mock, join, waker, flag, drops }
}

fn poll_join(join: &mut crate::JoinHandle<usize>) -> Poll<Result<usize, crate::JoinError>> {
    pin!(join).poll(&mut Context::from_waker(Waker::noop()))
}

/// The wake is a release after the flag is set: a poll after it must see the flag, or another poll must follow.
#[test]
fn loom_wake_against_poll() {
    loom::model(|| {
        let Model { mock, mut join, waker, flag, drops } = start();
        let waker = waker.recv().unwrap();
        let spurious = waker.clone();
        let t = thread::spawn(move || {
            flag.store(1, Ordering::Release);
            waker.wake();
        });
        spurious.wake_by_ref();
        mock.run_one();
        t.join().unwrap();
        mock.run_all();
        drop(spurious);
        match poll_join(&mut join) {
            Poll::Ready(Ok(7)) => {}
            other => panic!("a wake was lost: {other:?}"),
        }
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

/// A flag set without any ordering of its own: the wake alone must publish it, also when it finds RUNNABLE set.
#[test]
fn loom_a_second_wake_publishes_too() {
    loom::model(|| {
        let Model { mock, mut join, waker, flag, .. } = start();
        let waker = waker.recv().unwrap();
        let spurious = waker.clone();
        let t = thread::spawn(move || {
            flag.store(1, Ordering::Relaxed);
            waker.wake_by_ref();
        });
        spurious.wake();
        mock.run_all();
        t.join().unwrap();
        mock.run_all();
        assert!(matches!(poll_join(&mut join), Poll::Ready(Ok(7))), "a wake was lost");
    });
}

#[test]
fn loom_join_against_complete() {
    loom::model(|| {
        let Model { mock, mut join, waker, flag, drops } = start();
        flag.store(1, Ordering::Release);
        waker.recv().unwrap().wake();
        let t = thread::spawn(move || mock.run_all());
        let first = poll_join(&mut join);
        let second = if first.is_pending() { poll_join(&mut join) } else { first };
        t.join().unwrap();
        let last = if second.is_pending() { poll_join(&mut join) } else { second };
        assert!(matches!(last, Poll::Ready(Ok(7))));
        drop(join);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn loom_join_dropped_against_complete() {
    loom::model(|| {
        let Model { mock, mut join, waker, flag, drops } = start();
        flag.store(1, Ordering::Release);
        waker.recv().unwrap().wake();
        let t = thread::spawn(move || mock.run_all());
        let _ = poll_join(&mut join);
        drop(join);
        t.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn loom_abort_against_wake_and_poll() {
    loom::model(|| {
        let Model { mock, mut join, waker, flag, drops } = start();
        let waker = waker.recv().unwrap();
        let abort = join.abort_handle();
        let t = thread::spawn(move || {
            abort.abort();
        });
        flag.store(1, Ordering::Release);
        waker.wake();
        mock.run_one();
        t.join().unwrap();
        mock.run_all();
        match poll_join(&mut join) {
            Poll::Ready(Ok(7)) => {}
            Poll::Ready(Err(e)) => assert!(e.is_cancelled()),
            other => panic!("neither done nor cancelled: {other:?}"),
        }
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        assert_eq!(mock.listed(), 0);
    });
}

/// The last reference is dropped here or there; loom's leak check and the allocator watch.
#[test]
fn loom_last_drop() {
    loom::model(|| {
        let Model { mock, join, waker, flag, drops } = start();
        let waker = waker.recv().unwrap();
        let other = waker.clone();
        let t = thread::spawn(move || drop(other));
        flag.store(1, Ordering::Release);
        waker.wake_by_ref();
        drop(join);
        mock.run_all();
        drop(waker);
        t.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

/// Shutdown against a G that parks for the first time: it is cancelled by the one or the other, once.
#[test]
fn loom_close_against_first_park() {
    loom::model(|| {
        let mock = Mock::new();
        let (flag, drops) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (tx, _waker) = loom::sync::mpsc::channel();
        let future = WaitFor { flag, waker: tx, sent: false, _counted: Counted(drops.clone()) };
        let mut join = mock.spawn(future);
        let runner = mock.clone();
        let t = thread::spawn(move || runner.run_one());
        mock.close();
        t.join().unwrap();
        mock.close();
        assert!(matches!(poll_join(&mut join), Poll::Ready(Err(e)) if e.is_cancelled()));
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}
