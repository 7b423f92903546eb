//! Models of hogs beside who gives a P up and who ends another one's turn. The hogs, [`Idle`] and the note are the real ones; Ms are reduced to
//! what they do with them.
//!
//! A hog that is forgotten is an M that sleeps for ever, which loom reports as a deadlock.

use super::Hogs;
use crate::proc::idle::{Claim, GiveUp, Idle, Leave};
use crate::proc::testing::{Item, free, item};
use gmp_base::loom::{AtomicUsize, Ordering, thread};
use gmp_base::note::Note;
use std::sync::Arc;

/// The M that has a hog in its hands.
const M: usize = 0;
/// As many hogs may run as there are Ps.
const MOST: usize = 1;

struct World {
    idle: Idle<usize>,
    hogs: Hogs<Item>,
    note: Note,
    /// What the M is to take when it wakes: 0 nothing, 1 the slot, counted as spinning.
    nextp: AtomicUsize,
}

// SAFETY: all is synchronised.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    /// The slot isn't idle.
    fn new() -> Arc<Self> {
        let idle = Idle::new(1);
        assert_eq!(idle.acquire(0), Some(0));
        Arc::new(Self { idle, hogs: Hogs::new(), note: Note::new(), nextp: AtomicUsize::new(0) })
    }

    fn wakep(&self) {
        if let Some(Claim { slot, mp }) = self.idle.claim_spinning(|_| None) {
            // There is no thread to be had.
            if mp.or_else(|| self.idle.unclaim(slot)).is_some() {
                assert_eq!(self.nextp.swap(1, Ordering::AcqRel), 0, "the M was given two Ps");
                self.note.wakeup();
            }
        }
    }

    /// As `acquirep::handoffp`, of an M with nothing in its queue.
    fn handoffp(&self) {
        let _ = self.idle.give_up(0, None, false);
        if self.hogs.may_run(MOST) {
            self.wakep();
        }
    }

    fn count_out(&self) {
        self.hogs.count_out(&self.idle, || self.wakep());
    }

    /// The M's turn is over: it queues its hog, looks for work, which is nothing else, and runs the hog sooner or later. Then it hands its
    /// P off.
    fn yields(&self, mut has_p: bool) {
        // SAFETY: a fresh item.
        unsafe { self.hogs.put(item()) };
        let mut spinning = false;
        loop {
            if has_p {
                let may = self.hogs.may_run(MOST);
                if let Some(hog) = may.then(|| self.hogs.take(MOST, &self.idle, || self.wakep())).flatten() {
                    free(hog);
                    break;
                }
                if self.idle.give_up(0, Some(M), std::mem::take(&mut spinning)) == GiveUp::SpinInstead {
                    spinning = true;
                    continue;
                }
            } else {
                self.idle.join(M);
            }
            self.sleep();
            (has_p, spinning) = (true, true);
        }
        if spinning {
            let _ = self.idle.stop_spinning();
        }
        self.count_out();
        self.handoffp();
    }

    /// In the list of idle Ms: the second look, and sleep until there is a P.
    fn sleep(&self) {
        if self.hogs.may_run(MOST) {
            if let Leave::WithP(_) = self.idle.leave_with_p(M, 0) {
                return;
            }
        }
        while self.nextp.swap(0, Ordering::AcqRel) == 0 {
            self.note.sleep();
        }
    }

    /// Everybody has gone: the P is idle, and nothing is left.
    fn check(&self) {
        assert!(self.hogs.is_empty());
        assert_eq!((self.idle.npidle(), self.idle.nmspinning()), (1, 0));
    }
}

/// The M has lost its P to another one, a `block_on` that runs nothing of what is queued, and gives it up meanwhile.
#[test]
fn loom_hog_against_handoffp() {
    loom::model(|| {
        let w = World::new();
        let m = w.clone();
        let m = thread::spawn(move || m.yields(false));
        w.handoffp();
        m.join().unwrap();
        w.check();
    });
}

/// As many hogs run as may, until one that has no P, and doesn't look for work again, counts its own out.
#[test]
fn loom_hog_against_the_end_of_another() {
    loom::model(|| {
        let w = World::new();
        // SAFETY: a fresh item.
        unsafe { w.hogs.put(item()) };
        free(w.hogs.take(MOST, &w.idle, || ()).expect("it was put there"));
        let m = w.clone();
        let m = thread::spawn(move || m.yields(true));
        w.count_out();
        m.join().unwrap();
        w.check();
    });
}

/// Both at a time: the other one's hog ends, and its P is given up by the `block_on` that got it.
#[test]
fn loom_hog_against_handoffp_and_the_end_of_another() {
    loom::model(|| {
        let w = World::new();
        // SAFETY: a fresh item.
        unsafe { w.hogs.put(item()) };
        free(w.hogs.take(MOST, &w.idle, || ()).expect("it was put there"));
        let (m, other) = (w.clone(), w.clone());
        let m = thread::spawn(move || m.yields(false));
        let other = thread::spawn(move || other.count_out());
        w.handoffp();
        m.join().unwrap();
        other.join().unwrap();
        w.check();
    });
}
