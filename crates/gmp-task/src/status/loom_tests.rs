//! Models of the state word with the whole G around it: wake ∥ poll, wake ∥ join, join ∥ complete, abort ∥ complete, the
//! last drops. The stage and the join waker are loom cells, so a second toucher is found; a future carries a
//! counter, so a double drop and a leak are.
//!
//! The mock's queue is under a mutex, which orders more than the word promises. So the second half models the word by
//! itself: [`Bare`].

use super::{Complete, JoinDropped, Park, Status, Wake};
use crate::testing::Mock;
use gmp_base::loom::{AtomicUsize, Ordering, UnsafeCell, thread};
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
        // Not a second close: what parked behind the first must have been cancelled by its runner.
        mock.drain();
        assert_eq!(mock.listed(), 0);
        assert!(matches!(poll_join(&mut join), Poll::Ready(Err(e)) if e.is_cancelled()));
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

/// A G without a cell: the word, and a watched cell for each thing whose accesses the word puts in order. Nothing but the
/// word's own orderings stands between two threads here.
///
/// loom tries another order of two accesses only if nothing of the later one's thread has touched the object in
/// between, so a load in front of an exchange hides orders from it. [`Bare::point`] brings them back.
struct Bare {
    status: Status,
    link: UnsafeCell<()>,
    future: UnsafeCell<()>,
    output: UnsafeCell<()>,
    join_waker: UnsafeCell<()>,
    memory: UnsafeCell<()>,
    /// Written before the G is cancelled, read by who finds it so.
    reason: UnsafeCell<()>,
    points: AtomicUsize,
    freed: AtomicUsize,
}

// SAFETY: the cells are empty; loom reports accesses that the word doesn't order.
unsafe impl Sync for Bare {}

fn write(cell: &UnsafeCell<()>) {
    cell.with_mut(|_| ());
}

impl Bare {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            status: Status::born(),
            link: UnsafeCell::new(()),
            future: UnsafeCell::new(()),
            output: UnsafeCell::new(()),
            join_waker: UnsafeCell::new(()),
            memory: UnsafeCell::new(()),
            reason: UnsafeCell::new(()),
            points: AtomicUsize::new(0),
            freed: AtomicUsize::new(0),
        })
    }

    /// A place where loom tries both threads; it orders nothing.
    fn point(&self) {
        self.points.fetch_add(1, Ordering::Relaxed);
    }

    /// Somebody with a reference looks at the header.
    fn look(&self) {
        self.memory.with(|_| ());
        self.point();
    }

    fn free(&self) {
        [&self.link, &self.future, &self.output, &self.join_waker, &self.memory].into_iter().for_each(write);
        // Read when all threads are joined.
        self.freed.fetch_add(1, Ordering::Relaxed);
    }

    fn drop_ref(&self) {
        self.look();
        if self.status.ref_dec() {
            return self.free();
        }
        self.point();
    }

    fn drop_join(&self) {
        self.look();
        match self.status.drop_join_handle() {
            JoinDropped::Nothing => return self.point(),
            JoinDropped::DropWaker => write(&self.join_waker),
            JoinDropped::DropOutput => write(&self.output),
        }
        self.drop_ref();
    }

    /// The last turn; RUNNING is set.
    fn die(&self) {
        write(&self.future);
        write(&self.output);
        self.point();
        match self.status.complete() {
            Complete::Released => {}
            Complete::Sole => self.free(),
            Complete::DropOutput => {
                write(&self.output);
                self.drop_ref();
            }
            Complete::WakeJoiner => {
                write(&self.join_waker);
                self.drop_ref();
            }
        }
    }

    /// By who has the right to run it, until it waits or is cancelled.
    fn run(&self) {
        loop {
            let cancelled = self.status.enter();
            write(&self.future);
            self.point();
            if cancelled {
                return self.reason.with(|_| ());
            }
            if self.status.park() == Park::Parked {
                return self.point();
            }
        }
    }
}

/// A turn here, a wake there: who has to queue the G finds its link and its future as the turn has left them.
fn turn_against(wake: fn(&Bare) -> bool) {
    loom::model(move || {
        let bare = Bare::new();
        bare.status.ref_inc();
        let runner = {
            let bare = bare.clone();
            thread::spawn(move || {
                // It comes out of a queue.
                write(&bare.link);
                bare.run();
            })
        };
        bare.point();
        if wake(&bare) {
            write(&bare.link);
            bare.run();
        }
        runner.join().unwrap();
    });
}

#[test]
fn loom_bare_turn_against_wake_by_ref() {
    turn_against(|bare| bare.status.wake_by_ref().is_submit());
}

#[test]
fn loom_bare_turn_against_wake_by_val() {
    turn_against(|bare| bare.status.wake_by_val() == Wake::Submit);
}

#[test]
fn loom_bare_turn_against_abort() {
    turn_against(|bare| {
        write(&bare.reason);
        bare.status.abort()
    });
}

/// The G dies here while somebody there gives something up: memory and output are touched by one at a time, and the
/// memory is freed once, by the last. `entered`: the turn had begun before the other thread was there.
fn death_against(prepare: fn(&Bare), other: fn(&Bare)) {
    for entered in [false, true] {
        loom::model(move || {
            let bare = Bare::new();
            prepare(&bare);
            if entered {
                bare.status.enter();
            }
            let t = {
                let bare = bare.clone();
                thread::spawn(move || other(&bare))
            };
            if !entered {
                bare.status.enter();
            }
            bare.die();
            t.join().unwrap();
            assert_eq!(bare.freed.load(Ordering::Relaxed), 1, "freed not once");
        });
    }
}

#[test]
fn loom_bare_death_against_join_drop() {
    death_against(|_| (), Bare::drop_join);
}

#[test]
fn loom_bare_death_against_registered_join_drop() {
    death_against(
        |_| (),
        |bare| {
            write(&bare.join_waker);
            if bare.status.set_join_waker().is_err() {
                write(&bare.join_waker);
                write(&bare.output);
            } else if bare.status.unset_join_waker().is_ok() {
                write(&bare.join_waker);
            }
            bare.drop_join();
        },
    );
}

#[test]
fn loom_bare_death_against_join_drop_with_waker() {
    death_against(
        |bare| {
            write(&bare.join_waker);
            bare.status.set_join_waker().unwrap();
        },
        Bare::drop_join,
    );
}

/// A detached G with one waker.
fn detach(bare: &Bare) {
    bare.status.ref_inc();
    bare.drop_join();
}

#[test]
fn loom_bare_death_against_waker_drop() {
    death_against(detach, Bare::drop_ref);
}

#[test]
fn loom_bare_death_against_wake_by_val() {
    death_against(detach, |bare| {
        bare.look();
        if bare.status.wake_by_val() == Wake::Free {
            bare.free();
        }
    });
}

/// Two wakers of a dead G: the last one frees what the other has looked at.
#[test]
fn loom_bare_last_of_two_wakers() {
    for by_val in [false, true] {
        loom::model(move || {
            let bare = Bare::new();
            bare.status.ref_inc();
            detach(&bare);
            bare.status.enter();
            bare.die();
            let t = {
                let bare = bare.clone();
                thread::spawn(move || bare.drop_ref())
            };
            bare.look();
            if !by_val {
                bare.drop_ref();
            } else if bare.status.wake_by_val() == Wake::Free {
                bare.free();
            }
            t.join().unwrap();
            assert_eq!(bare.freed.load(Ordering::Relaxed), 1, "freed not once");
        });
    }
}
