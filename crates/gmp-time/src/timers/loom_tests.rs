//! Models of a heap: start ∥ run ∥ run ∥ close ∥ drop. A waker that is woken looks into the heap, so that one that is woken or
//! dropped under the lock is found: loom reports the deadlock.

use super::{NEVER, Timers};
use crate::timer::{Fired, Timer};
use gmp_base::loom::{AtomicUsize, Ordering, thread};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// A task that sleeps.
struct Sleeper {
    timers: Arc<Timers>,
    woken: AtomicUsize,
    dropped: Arc<AtomicUsize>,
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.timers.len();
        self.woken.fetch_add(1, Ordering::AcqRel);
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.timers.len();
        self.dropped.fetch_add(1, Ordering::AcqRel);
    }
}

struct World {
    timers: Arc<Timers>,
    dropped: Arc<AtomicUsize>,
}

impl World {
    fn new() -> Self {
        Self { timers: Arc::new(Timers::new()), dropped: Arc::new(AtomicUsize::new(0)) }
    }

    fn sleeper(&self) -> Arc<Sleeper> {
        Arc::new(Sleeper { timers: self.timers.clone(), woken: AtomicUsize::new(0), dropped: self.dropped.clone() })
    }

    fn spawn(&self, f: impl FnOnce(&Timers) + 'static) -> thread::JoinHandle<()> {
        let timers = self.timers.clone();
        thread::spawn(move || f(&timers))
    }
}

fn run(timers: &Timers, now: u64) {
    timers.run(now, Waker::wake);
}

fn poll(timer: &mut Timer) -> Poll<Fired> {
    timer.poll(&Context::from_waker(Waker::noop()))
}

/// Each of two due timers is fired by the one or the other.
#[test]
fn loom_run_against_run() {
    loom::model(|| {
        let w = World::new();
        let sleepers = [w.sleeper(), w.sleeper()];
        let timers = [1, 2].map(|when| w.timers.start(when, sleepers[when as usize - 1].clone().into()).0);
        let t = w.spawn(|timers| run(timers, 2));
        run(&w.timers, 1);
        t.join().unwrap();
        for (sleeper, timer) in sleepers.iter().zip(&timers) {
            assert_eq!((sleeper.woken.load(Ordering::Acquire), timer.ended()), (1, Some(Fired::Elapsed)));
        }
        assert_eq!((w.timers.earliest(), w.timers.len()), (NEVER, 0));
        drop((sleepers, timers));
        assert_eq!(w.dropped.load(Ordering::Acquire), 2);
    });
}

/// A timer is started while another one fires: what is armed is never later than `earliest`.
#[test]
fn loom_start_against_run() {
    loom::model(|| {
        let w = World::new();
        let (first, second) = (w.sleeper(), w.sleeper());
        let one = w.timers.start(1, first.clone().into()).0;
        let t = w.spawn(|timers| run(timers, 1));
        let two = w.timers.start(2, second.clone().into()).0;
        assert!(w.timers.earliest() <= 2);
        t.join().unwrap();
        assert_eq!((one.ended(), two.ended(), w.timers.earliest()), (Some(Fired::Elapsed), None, 2));
        run(&w.timers, 2);
        assert_eq!((first.woken.load(Ordering::Acquire), second.woken.load(Ordering::Acquire)), (1, 1));
    });
}

/// A timer that is started while the runtime ends is woken, or has ended when it is looked at.
#[test]
fn loom_start_against_close() {
    loom::model(|| {
        let w = World::new();
        let sleeper = w.sleeper();
        let t = w.spawn(|timers| timers.close(Waker::wake));
        let (mut timer, _) = w.timers.start(1, sleeper.clone().into());
        let at_once = timer.ended().is_some();
        t.join().unwrap();
        assert_eq!(poll(&mut timer), Poll::Ready(Fired::Shutdown));
        assert!(at_once || sleeper.woken.load(Ordering::Acquire) == 1, "a sleep past the end");
        assert_eq!(w.timers.len(), 0);
        assert_eq!(Arc::strong_count(&sleeper), 1);
    });
}

/// Fired or shut down, and woken once.
#[test]
fn loom_run_against_close() {
    loom::model(|| {
        let w = World::new();
        let sleeper = w.sleeper();
        let timer = w.timers.start(1, sleeper.clone().into()).0;
        let t = w.spawn(|timers| timers.close(Waker::wake));
        run(&w.timers, 1);
        t.join().unwrap();
        assert!(timer.ended().is_some());
        assert_eq!(sleeper.woken.load(Ordering::Acquire), 1);
        assert_eq!(Arc::strong_count(&sleeper), 1);
    });
}

/// A sleeper that goes while its timer fires and another start trims the heap: its waker is dropped once, and by nobody who
/// holds the lock.
#[test]
fn loom_drop_against_run_and_start() {
    loom::model(|| {
        let w = World::new();
        let sleeper = w.sleeper();
        let timer = w.timers.start(1, sleeper.into()).0;
        let t = w.spawn(|timers| run(timers, 1));
        let other = w.spawn(|timers| drop(timers.start(2, Waker::noop().clone())));
        drop(timer);
        t.join().unwrap();
        other.join().unwrap();
        assert_eq!(w.dropped.load(Ordering::Acquire), 1);
        w.timers.close(Waker::wake);
        assert_eq!(w.timers.len(), 0);
    });
}

/// A timer that is put off while its old time comes: the heap keeps it, under a time that isn't later than the new one.
#[test]
fn loom_rearm_against_run() {
    loom::model(|| {
        let w = World::new();
        let sleeper = w.sleeper();
        let mut timer = w.timers.start(1, sleeper.clone().into()).0;
        let t = w.spawn(|timers| run(timers, 1));
        let put_off = timer.rearm_later(5);
        t.join().unwrap();
        assert_eq!(sleeper.woken.load(Ordering::Acquire), usize::from(!put_off));
        if put_off {
            assert!(w.timers.earliest() <= 5);
            run(&w.timers, 4);
            assert_eq!((timer.ended(), w.timers.earliest()), (None, 5));
            run(&w.timers, 5);
        }
        assert_eq!((sleeper.woken.load(Ordering::Acquire), timer.ended()), (1, Some(Fired::Elapsed)));
    });
}

/// Stops a timer of another queue's, perhaps, and arms it again for `when`; if its queue has let go of it, starts one in `own`.
/// Says whether it was revived.
fn stop_and_start(timer: Timer, own: &Timers, when: u64, waker: Waker) -> (Timer, bool) {
    let (_, dormant) = timer.stop().expect("it is not due");
    match dormant.revive(when, waker) {
        Ok(timer) => (timer, true),
        Err(waker) => (own.start(when, waker).0, false),
    }
}

/// What a model of a revival ends with: both queues come to `when`, and the sleeper is woken once.
fn comes_to_its_end(queues: [&Timers; 2], when: u64, timer: &Timer, sleeper: &Arc<Sleeper>) {
    assert!(queues.iter().any(|timers| timers.earliest_alive() == when), "nobody will wake for it");
    queues.iter().for_each(|timers| run(timers, when - 1));
    assert_eq!((sleeper.woken.load(Ordering::Acquire), timer.ended()), (0, None));
    queues.iter().for_each(|timers| run(timers, when));
    assert_eq!((sleeper.woken.load(Ordering::Acquire), timer.ended()), (1, Some(Fired::Elapsed)));
    assert_eq!((Arc::strong_count(sleeper), queues[0].len() + queues[1].len()), (1, 0));
}

/// A timer is revived in another slot's queue while that one's M starts a timer, which trims.
#[test]
fn loom_revive_against_trim() {
    loom::model(|| {
        let (w, own) = (World::new(), Timers::new());
        let (first, second) = (w.sleeper(), w.sleeper());
        let timer = w.timers.start(3, first.into()).0;
        let t = w.spawn(|timers| drop(timers.start(3, Waker::noop().clone())));
        let (timer, _) = stop_and_start(timer, &own, 4, second.clone().into());
        t.join().unwrap();
        comes_to_its_end([&w.timers, &own], 4, &timer, &second);
        assert_eq!(w.dropped.load(Ordering::Acquire), 1);
    });
}

/// The same against a purge.
#[test]
fn loom_revive_against_purge() {
    loom::model(|| {
        let (w, own) = (World::new(), Timers::new());
        let (first, second) = (w.sleeper(), w.sleeper());
        let timer = w.timers.start(3, first.into()).0;
        let t = w.spawn(|timers| {
            let mut state = timers.state.lock();
            state.queue.purge();
            timers.publish(&state);
        });
        let (timer, _) = stop_and_start(timer, &own, 3, second.clone().into());
        t.join().unwrap();
        comes_to_its_end([&w.timers, &own], 3, &timer, &second);
        assert_eq!(w.dropped.load(Ordering::Acquire), 1);
    });
}

/// Who looks until when it may sleep sees the revived timer, or has made sure that it isn't revived there.
#[test]
fn loom_revive_against_a_look() {
    loom::model(|| {
        let (w, own) = (World::new(), Timers::new());
        let (first, second) = (w.sleeper(), w.sleeper());
        let timer = w.timers.start(3, first.into()).0;
        let timers = w.timers.clone();
        let looker = thread::spawn(move || timers.earliest_alive());
        let (timer, revived) = stop_and_start(timer, &own, 4, second.clone().into());
        let until = looker.join().unwrap();
        assert!(!revived || until <= 4, "it is slept through, until {until}");
        comes_to_its_end([&w.timers, &own], 4, &timer, &second);
    });
}

/// A run that has come to the old time delays the revived timer or lets go of the dead one.
#[test]
fn loom_revive_against_run() {
    loom::model(|| {
        let (w, own) = (World::new(), Timers::new());
        let (first, second) = (w.sleeper(), w.sleeper());
        // The time of the key, not of the timer: so it isn't fired before it is stopped.
        let mut timer = w.timers.start(1, first.into()).0;
        assert!(timer.rearm_later(3));
        let t = w.spawn(|timers| run(timers, 2));
        let (timer, _) = stop_and_start(timer, &own, 4, second.clone().into());
        t.join().unwrap();
        comes_to_its_end([&w.timers, &own], 4, &timer, &second);
    });
}

/// Revived while the runtime ends: nobody sleeps on.
#[test]
fn loom_revive_against_close() {
    loom::model(|| {
        let w = World::new();
        let (first, second) = (w.sleeper(), w.sleeper());
        let timer = w.timers.start(3, first.clone().into()).0;
        let t = w.spawn(|timers| timers.close(Waker::wake));
        let timer = match timer.stop() {
            Some((_, dormant)) => match dormant.revive(4, second.clone().into()) {
                Ok(timer) => Some(timer),
                Err(waker) => Some(w.timers.start(4, waker).0),
            },
            None => None,
        };
        let at_once = timer.as_ref().is_some_and(|timer| timer.ended().is_some());
        t.join().unwrap();
        if let Some(timer) = &timer {
            assert_eq!(timer.ended(), Some(Fired::Shutdown));
            assert!(at_once || second.woken.load(Ordering::Acquire) == 1, "a sleep past the end");
        } else {
            assert_eq!(first.woken.load(Ordering::Acquire), 1);
        }
        assert_eq!(w.timers.len(), 0);
        assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (1, 1));
    });
}
