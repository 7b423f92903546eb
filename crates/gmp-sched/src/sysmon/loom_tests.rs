//! Models: sysmon falls asleep while Ms take slots, in each of the ways that there are. A P that is held while it sleeps is one that nobody
//! watches: the M here holds its P until sysmon has looked, so a sleep that nobody ends is a deadlock.

use super::{AWAKE, Sysmon};
use crate::proc::idle::{Claim, Idle, Leave};
use gmp_base::loom::{AtomicUsize, Ordering, thread};
use gmp_base::note::Note;
use std::sync::Arc;

struct World {
    idle: Idle<usize>,
    sysmon: Sysmon,
    /// M 0 sleeps here.
    note: Note,
    nextp: AtomicUsize,
}

impl World {
    /// All slots are idle; sysmon's thread is there.
    fn new(slots: usize) -> Arc<Self> {
        let sysmon = Sysmon::new(true);
        sysmon.state.store(AWAKE, Ordering::Relaxed);
        Arc::new(Self { idle: Idle::new(slots), sysmon, note: Note::new(), nextp: AtomicUsize::new(0) })
    }

    /// The part of `acquirep` that concerns sysmon.
    fn acquirep(&self) {
        if !self.sysmon.is_awake() {
            self.sysmon.rouse();
        }
    }

    /// What sysmon does until a P is held: then it would look.
    fn watch(&self, done: impl Fn(&World) -> bool) {
        while !done(self) {
            if self.sysmon.may_sleep(&self.idle) {
                while !self.sysmon.is_roused() {
                    self.sysmon.note.sleep();
                }
            } else {
                // A tick.
                thread::yield_now();
            }
        }
    }

    fn any_held(&self, slots: usize) -> bool {
        self.idle.npidle() != slots
    }
}

fn with_sysmon(slots: usize, taker: fn(&World)) {
    loom::model(move || {
        let w = World::new(slots);
        let m = w.clone();
        let t = thread::spawn(move || taker(&m));
        w.watch(|w| w.any_held(slots));
        t.join().unwrap();
    });
}

/// `try_acquirep`: a `block_on`, or an M that comes back.
#[test]
fn loom_sleep_against_acquire() {
    for slots in [1, 2] {
        with_sysmon(slots, |w| {
            assert!(w.idle.acquire(0).is_some());
            w.acquirep();
        });
    }
}

/// An M in the list of idle ones leaves it with a P.
#[test]
fn loom_sleep_against_leave() {
    with_sysmon(1, |w| {
        w.idle.join(0);
        let Leave::WithP(_) = w.idle.leave_with_p(0, 0) else { panic!("there is an idle P") };
        w.acquirep();
    });
}

/// A submitter, which is no M, takes the P for an M, which sees to sysmon.
#[test]
fn loom_sleep_against_a_claim() {
    loom::model(|| {
        let w = World::new(1);
        w.idle.join(0);
        let (m, submitter) = (w.clone(), w.clone());
        let m = thread::spawn(move || {
            while m.nextp.swap(0, Ordering::AcqRel) == 0 {
                m.note.sleep();
            }
            m.acquirep();
        });
        let s = thread::spawn(move || {
            let Some(Claim { slot, mp: Some(0) }) = submitter.idle.claim_spinning(|_| None) else {
                panic!("nobody else claims")
            };
            submitter.nextp.swap(slot + 1, Ordering::AcqRel);
            submitter.note.wakeup();
        });
        w.watch(|w| w.any_held(1));
        m.join().unwrap();
        s.join().unwrap();
    });
}

/// A P that is given up and taken again at once: sysmon may have slept in between, but doesn't in the end.
#[test]
fn loom_sleep_against_a_short_rest() {
    with_sysmon(1, |w| {
        assert_eq!(w.idle.acquire(0), Some(0));
        w.acquirep();
        let _ = w.idle.give_up(0, None, false);
        assert_eq!(w.idle.acquire(0), Some(0));
        w.acquirep();
    });
}

/// Two take a P each: one of them wakes it, once.
#[test]
fn loom_sleep_against_two() {
    loom::model(|| {
        let w = World::new(2);
        let others: Vec<_> = (0..2)
            .map(|slot| {
                let m = w.clone();
                thread::spawn(move || {
                    assert!(m.idle.acquire(slot).is_some());
                    m.acquirep();
                })
            })
            .collect();
        w.watch(|w| w.any_held(2));
        for other in others {
            other.join().unwrap();
        }
        assert!(w.sysmon.is_roused());
    });
}
