//! Models of a P that is retired to be idle while its M arms timers in the slot. The timers, the tenures, the seat ([`Idle`]) and the note are the
//! real ones; Ms are reduced to what they do with them.
//!
//! Whoever arms a timer with a P tells nobody of it. One that nobody has seen when all have gone is an M in the seat that sleeps for ever,
//! which loom reports as a deadlock.

use crate::proc::idle::{Claim, Cover, GiveUp, Idle};
use gmp_base::loom::{AtomicUsize, Ordering, fence, thread};
use gmp_base::note::Note;
use gmp_queue::Tenure;
use gmp_time::NEVER;
use gmp_time::timers::{Place, Timers};
use std::sync::Arc;
use std::task::Waker;

/// The M in the seat; the one that is stuck has no number here.
const SITTER: usize = 0;
/// For when the timer is armed.
const WHEN: u64 = 7;

struct World {
    idle: Idle<usize>,
    timers: Timers,
    records: [Tenure; 2],
    /// The record in the slot.
    slot: AtomicUsize,
    note: Note,
    /// Whether the one in the seat is to take the slot, counted as spinning.
    nextp: AtomicUsize,
}

impl World {
    /// The stuck M has the slot's record, and the other M waits in the seat, for nothing.
    fn new() -> Arc<Self> {
        let w = Self {
            idle: Idle::new(1),
            timers: Timers::new(),
            records: [Tenure::new(), Tenure::new()],
            slot: AtomicUsize::new(0),
            note: Note::new(),
            nextp: AtomicUsize::new(0),
        };
        assert_eq!(w.idle.acquire(0), Some(0));
        assert!(w.records[0].acquire());
        w.idle.join(SITTER);
        assert!(w.idle.take_seat(SITTER));
        w.idle.wait_until(SITTER, w.timers.earliest());
        Arc::new(w)
    }

    fn wakep(&self) {
        if let Some(Claim { slot, mp }) = self.idle.claim_spinning(|_| None) {
            if mp.or_else(|| self.idle.unclaim(slot)).is_some() {
                assert_eq!(self.nextp.swap(1, Ordering::AcqRel), 0, "it was given two Ps");
                self.note.wakeup();
            }
        }
    }

    /// As `seat::cover`.
    fn cover(&self, when: u64) {
        match self.idle.cover(when) {
            Cover::Covered => {}
            Cover::Kick(_) => _ = self.note.wakeup(),
            Cover::Empty => {
                if self.idle.should_wake() {
                    self.wakep();
                }
            }
        }
    }

    /// As `seat::cover_slot`.
    fn cover_slot(&self) {
        let when = self.timers.earliest();
        if when != NEVER {
            self.cover(when);
        }
    }

    /// As `retire::retire_to_idle`, of a record with nothing in its queue.
    fn retire_to_idle(&self) {
        if self.records[0].retire() {
            self.slot.store(1, Ordering::Release);
            // As `newm::strand`.
            let _ = self.idle.give_up(0, None, false);
            self.cover_slot();
        }
    }

    /// As `timer::start`, by the stuck M.
    fn arms(&self) {
        let is_retired = self.records[0].is_retired();
        let (_, place) = self.timers.start(WHEN, Waker::noop().clone());
        if is_retired && place == Place::Earliest {
            fence(Ordering::SeqCst);
            self.cover(WHEN);
        }
    }

    /// The stuck M's poll ends, and it hands its P off, as `acquirep::handoffp`, or gives back what it has lost, as `acquirep::give_back`.
    fn ends(&self) {
        if self.records[0].release() {
            let _ = self.idle.give_up(0, None, false);
        } else {
            self.records[0].give_back();
            fence(Ordering::SeqCst);
        }
        self.cover_slot();
    }

    /// The M that waits in the seat, as `park::mpark`, until it wakes in time for the timer.
    fn sits(&self) {
        loop {
            self.note.sleep();
            if self.nextp.swap(0, Ordering::AcqRel) != 0 {
                // It has a P, and looks at all timers before it gives that up.
                assert!(self.records[self.slot.load(Ordering::Acquire)].acquire());
                let any = self.timers.earliest() != NEVER;
                let _ = self.idle.stop_spinning();
                assert!(self.records[self.slot.load(Ordering::Acquire)].release());
                if any {
                    let _ = self.idle.give_up(0, None, false);
                    return;
                }
                assert_eq!(self.idle.give_up(0, Some(SITTER), false), GiveUp::Idle);
                assert!(self.idle.take_seat(SITTER), "there is no other M");
            } else if !self.idle.look_round(SITTER) {
                continue;
            }
            let earliest = self.timers.earliest();
            self.idle.wait_until(SITTER, earliest);
            if earliest == WHEN {
                return;
            }
        }
    }
}

/// The timer is armed, and its poll ends, while the P is taken away.
#[test]
fn loom_retire_to_idle_against_timers() {
    loom::model(|| {
        let w = World::new();
        let (stuck, sitter) = (w.clone(), w.clone());
        let stuck = thread::spawn(move || {
            stuck.arms();
            stuck.ends();
        });
        let sitter = thread::spawn(move || sitter.sits());
        w.retire_to_idle();
        stuck.join().unwrap();
        sitter.join().unwrap();
        assert_eq!(w.idle.npidle(), 1);
    });
}

/// The timer has been armed for long when sysmon finds the poll stuck, which doesn't end: it waits for the timer.
#[test]
fn loom_retire_to_idle_of_a_poll_that_waits_for_its_timer() {
    loom::model(|| {
        let w = World::new();
        w.arms();
        let sitter = w.clone();
        let sitter = thread::spawn(move || sitter.sits());
        w.retire_to_idle();
        sitter.join().unwrap();
        assert!(w.records[0].is_retired());
        assert_eq!(w.idle.npidle(), 1);
    });
}
