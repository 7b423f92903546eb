//! Models of a locked G: wakes against its M's suspension, hand-off and unlocking. The right to run is counted: who runs the G when
//! somebody else does, or queues it twice, fails; a lost wake is a deadlock.

use super::LockedMs;
use crate::proc::idle::Idle;
use gmp_base::loom::{AtomicUsize, Condvar, Mutex, Ordering, UnsafeCell, thread};
use gmp_task::status::{Park, Status, Wake};
use std::sync::Arc;

const G: usize = 1;

struct Model {
    status: Status,
    table: LockedMs<usize>,
    /// The Ms' notes.
    notes: [(Mutex<bool>, Condvar); 2],
    /// The run queue: how often the G is in it.
    queued: Mutex<usize>,
    /// The one P: its slot, if it is idle, and what its record is to who has it.
    idle: Idle<u8>,
    record: UnsafeCell<usize>,
    /// What the wakes are about.
    news: AtomicUsize,
    future: UnsafeCell<usize>,
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            status: Status::born(),
            table: LockedMs::new(),
            notes: std::array::from_fn(|_| (Mutex::new(false), Condvar::new())),
            queued: Mutex::new(0),
            idle: Idle::new(1),
            record: UnsafeCell::new(0),
            news: AtomicUsize::new(0),
            future: UnsafeCell::new(0),
        })
    }

    /// As `ready`.
    fn wake(&self) {
        self.news.fetch_add(1, Ordering::Release);
        match self.status.wake_by_ref() {
            Wake::Nothing | Wake::Free => {}
            Wake::SubmitLocked => {
                if let Some(mp) = self.table.wake(G) {
                    *self.notes[mp].0.lock() = true;
                    self.notes[mp].1.notify_one();
                }
            }
            Wake::Submit => *self.queued.lock() += 1,
        }
    }

    /// Takes the P if it is idle.
    fn take_p(&self) -> bool {
        let taken = self.idle.acquire(0).is_some();
        if taken {
            self.use_p();
        }
        taken
    }

    /// For who has the P.
    fn use_p(&self) {
        self.record.with_mut(|r| {
            // SAFETY: one M has the P at a time; loom checks it.
            unsafe { *r += 1 };
        });
    }

    /// handoffp.
    fn hand_off(&self) {
        self.use_p();
        let _ = self.idle.give_up(0, None, false);
    }

    fn sleep(&self, mp: usize) {
        let note = &self.notes[mp];
        let mut signalled = note.0.lock();
        while !*signalled {
            signalled = note.1.wait(signalled);
        }
        *signalled = false;
    }

    /// The M waits for the right to run the G.
    fn wait_for_wake(&self, mp: usize) {
        self.table.enter(G, mp);
        while !self.table.take_woken(G) {
            self.sleep(mp);
        }
    }

    /// One poll; says how much of the news it has seen.
    fn poll(&self) -> usize {
        self.status.enter();
        self.future.with_mut(|f| {
            // SAFETY: RUNNING; loom checks it.
            unsafe { *f += 1 };
        });
        self.news.load(Ordering::Acquire)
    }
}

/// The M: locks in the first poll, then runs the G until it has seen `news` wakes. The P is for others while it sleeps, and comes
/// back for a poll if it is idle. Says whether the G is runnable at the end, when it is unlocked.
fn locked_m(m: &Model, mp: usize, news: usize) -> bool {
    let mut with_p = m.take_p();
    let mut seen = m.poll();
    m.status.lock();
    let mut park = m.status.park();
    loop {
        if with_p {
            m.hand_off();
        }
        let Park::Locked { again, .. } = park else { panic!("it isn't locked: {park:?}") };
        if seen >= news {
            // The last guard is gone.
            let mut runnable = again;
            while !m.status.unlock(runnable) {
                m.wait_for_wake(mp);
                runnable = true;
            }
            return runnable;
        }
        if !again {
            m.wait_for_wake(mp);
        }
        with_p = m.take_p();
        seen = m.poll();
        park = m.status.park();
    }
}

#[test]
fn loom_wake_against_suspension() {
    loom::model(|| {
        let m = Model::new();
        let waker = {
            let m = m.clone();
            thread::spawn(move || m.wake())
        };
        let _ = locked_m(&m, 0, 1);
        waker.join().unwrap();
    });
}

#[test]
fn loom_two_wakes_against_unlock() {
    loom::model(|| {
        let m = Model::new();
        let wakers = [m.clone(), m.clone()].map(|m| thread::spawn(move || m.wake()));
        let runnable = locked_m(&m, 0, 1);
        for waker in wakers {
            waker.join().unwrap();
        }
        // Who has seen it unlocked has queued it; else, if it is runnable, the right is the M's. Never both.
        let queued = *m.queued.lock();
        assert!(queued + usize::from(runnable) <= 1, "{queued} {runnable}");
        assert_eq!(m.status.load().is_runnable(), queued + usize::from(runnable) == 1);
        assert!(!m.status.load().is_locked());
    });
}

#[test]
fn loom_p_goes_on_while_its_m_is_locked() {
    loom::model(|| {
        let m = Model::new();
        // Another M: takes the P when it is idle, and wakes the G with it or without.
        let other = {
            let m = m.clone();
            thread::spawn(move || {
                let with_p = m.take_p();
                m.wake();
                if with_p {
                    m.hand_off();
                }
            })
        };
        let _ = locked_m(&m, 0, 1);
        other.join().unwrap();
        assert_eq!(m.idle.npidle(), 1, "the P is lost");
    });
}

/// The G is unlocked by one M, woken, run by another one and locked to that, before the first is done with it.
#[test]
fn loom_unlock_against_lock_elsewhere() {
    loom::model(|| {
        let m = Model::new();
        let waker = {
            let m = m.clone();
            thread::spawn(move || (0..2).for_each(|_| m.wake()))
        };
        let other = {
            let m = m.clone();
            thread::spawn(move || {
                // The G comes to this M by the queue, if it is woken there at all.
                let mut queued = m.queued.lock();
                if *queued == 1 {
                    *queued = 0;
                    drop(queued);
                    return Some(locked_m(&m, 1, 2));
                }
                None
            })
        };
        let runnable = locked_m(&m, 0, 1);
        waker.join().unwrap();
        let elsewhere = other.join().unwrap();
        assert!(!(runnable && elsewhere.is_some()), "two Ms had the right to run it");
        let rights = *m.queued.lock() + usize::from(runnable) + usize::from(elsewhere == Some(true));
        assert!(rights <= 1, "{rights} rights to run it");
        assert_eq!(m.status.load().is_runnable(), rights == 1);
        assert!(m.table.is_empty(), "an entry is left behind");
    });
}
