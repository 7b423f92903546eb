//! Models of slots that come into use and go out of it, against all that takes and gives up Ps. A G that nobody finds is an M that sleeps for
//! ever, which loom reports as a deadlock.
//!
//! The queue, the notes, the tenures and [`Idle`] are the real ones; the Ms are reduced to what they do with them.

use crate::proc::idle::{Claim, GiveUp, Idle, Leave};
use crate::proc::testing::{Item, free, item};
use gmp_base::loom::{AtomicUsize, Mutex, Ordering, thread};
use gmp_base::note::Note;
use gmp_queue::{GlobRunq, Tenure};
use std::sync::Arc;

/// Two slots, and two Ms.
struct World {
    idle: Idle<usize>,
    resizing: Mutex<()>,
    /// Of slot `i` are `i` and `i + 2`: the second is the spare one.
    records: [Tenure; 4],
    /// The record in each slot.
    slots: [AtomicUsize; 2],
    global: GlobRunq<Item>,
    notes: [Note; 2],
    nextp: [AtomicUsize; 2],
}

impl World {
    /// So many slots are in use, and in the caller's hands.
    fn new(procs: usize) -> Arc<Self> {
        let idle = Idle::with_room(procs, 2);
        for slot in 0..procs {
            assert_eq!(idle.acquire(slot), Some(slot));
        }
        Arc::new(Self {
            idle,
            resizing: Mutex::new(()),
            records: std::array::from_fn(|_| Tenure::new()),
            slots: [AtomicUsize::new(0), AtomicUsize::new(1)],
            global: GlobRunq::new(),
            notes: [Note::new(), Note::new()],
            nextp: [AtomicUsize::new(0), AtomicUsize::new(0)],
        })
    }

    /// As `gomaxprocs`.
    fn resize(&self, procs: usize) {
        let resizing = self.resizing.lock();
        self.idle.want(procs);
        self.withdraw_held();
        drop(resizing);
        self.second_look();
    }

    /// As `finish`.
    fn finish(&self) {
        let resizing = self.resizing.lock();
        self.withdraw_held();
        drop(resizing);
        self.second_look();
    }

    fn withdraw_held(&self) {
        for slot in self.idle.procs()..2 {
            let record = self.slots[slot].load(Ordering::Acquire);
            if !self.idle.is_out(slot) && self.records[record].retire() {
                self.slots[slot].store(slot + 2, Ordering::Release);
                self.idle.withdraw(slot);
            }
        }
    }

    fn second_look(&self) {
        if !self.global.is_empty() && self.idle.should_wake() {
            self.wakep();
        }
    }

    fn wakep(&self) {
        if let Some(Claim { slot, mp }) = self.idle.claim_spinning(|_| None) {
            // No threads are to be had in these models.
            if let Some(mp) = mp.or_else(|| self.idle.unclaim(slot)) {
                assert_eq!(self.nextp[mp].swap(slot + 1, Ordering::AcqRel), 0, "an M was given two Ps");
                self.notes[mp].wakeup();
            }
        }
    }

    fn submit(&self) {
        // SAFETY: a fresh item, queued once.
        unsafe { self.global.put(item()) };
        if self.idle.should_wake() {
            self.wakep();
        }
    }

    /// As `acquirep`: the record of a slot that is in the caller's hands.
    fn acquire(&self, slot: usize) -> usize {
        let record = self.slots[slot].load(Ordering::Acquire);
        assert!(self.records[record].acquire(), "a record has two owners");
        if self.idle.is_unwanted(slot) {
            self.finish();
        }
        record
    }

    /// As `releasep`: whether the slot is the caller's to pass on.
    fn release(&self, record: usize) -> bool {
        self.records[record].release() || {
            self.records[record].give_back();
            false
        }
    }

    /// What M `me` does until it has one item; it begins with the slot.
    fn run_until_one(&self, me: usize, slot: usize) {
        let (mut p, mut spinning) = (Some((slot, self.acquire(slot))), false);
        loop {
            if let Some((slot, record)) = p {
                if let Some(item) = self.global.get() {
                    free(item);
                    if spinning && self.idle.stop_spinning() {
                        self.second_look();
                    }
                    return self.hand_off(slot, record);
                }
            }
            let had = p.take().filter(|&(_, record)| self.release(record));
            match had {
                Some((slot, _)) => match self.idle.give_up(slot, Some(me), spinning) {
                    GiveUp::SpinInstead => {
                        (p, spinning) = (Some((slot, self.acquire(slot))), true);
                        continue;
                    }
                    GiveUp::Idle => {}
                },
                // As `park_without_p`.
                None => {
                    if spinning {
                        let _ = self.idle.stop_spinning();
                    }
                    self.idle.join(me);
                }
            }
            if !self.global.is_empty() {
                if let Leave::WithP(slot) = self.idle.leave_with_p(me, 0) {
                    (p, spinning) = (Some((slot, self.acquire(slot))), true);
                    continue;
                }
            }
            loop {
                let next = self.nextp[me].swap(0, Ordering::AcqRel);
                if next != 0 {
                    (p, spinning) = (Some((next - 1, self.acquire(next - 1))), true);
                    break;
                }
                self.notes[me].sleep();
            }
        }
    }

    /// As `handoffp`.
    fn hand_off(&self, slot: usize, record: usize) {
        if self.release(record) {
            let _ = self.idle.give_up(slot, None, false);
            self.second_look();
        }
    }
}

/// A slot is to go while it is on its way from its claimer to an M, which keeps it.
#[test]
fn loom_resize_against_claim() {
    loom::model(|| {
        let w = World::new(2);
        let m = w.clone();
        let claimer = thread::spawn(move || _ = m.acquire(1));
        w.resize(1);
        claimer.join().unwrap();
        assert!(w.idle.is_out(1));
        assert_eq!((w.idle.in_use(), w.idle.npidle()), (1, 0));
    });
}

/// The same, and the M gives it up at once; or nobody can be found to run it.
#[test]
fn loom_resize_against_a_claim_that_comes_to_nothing() {
    for is_run in [true, false] {
        loom::model(move || {
            let w = World::new(2);
            let m = w.clone();
            let claimer = thread::spawn(move || {
                if is_run {
                    let record = m.acquire(1);
                    return m.hand_off(1, record);
                }
                let _ = m.idle.give_up(1, None, false);
            });
            w.resize(1);
            claimer.join().unwrap();
            assert!(w.idle.is_out(1));
            assert_eq!((w.idle.in_use(), w.idle.npidle()), (1, 0));
        });
    }
}

/// A slot is to go and is wanted again, while an M has it for a while.
#[test]
fn loom_resize_there_and_back() {
    loom::model(|| {
        let w = World::new(2);
        let m = w.clone();
        let holder = thread::spawn(move || {
            let record = m.acquire(1);
            m.hand_off(1, record);
        });
        w.resize(1);
        w.resize(2);
        holder.join().unwrap();
        assert!(!w.idle.is_out(1));
        assert_eq!((w.idle.in_use(), w.idle.npidle()), (2, 1));
        // And it can be had.
        assert_eq!(w.idle.acquire(1), Some(1));
        let _ = w.acquire(1);
    });
}

/// Two items come while the second slot goes: whoever has a P finds them, or is woken for them.
#[test]
fn loom_resize_shrink_against_submit_and_park() {
    loom::model(|| {
        let w = World::new(2);
        let ms: Vec<_> = (0..2)
            .map(|me| {
                let w = w.clone();
                thread::spawn(move || w.run_until_one(me, me))
            })
            .collect();
        w.submit();
        w.resize(1);
        w.submit();
        ms.into_iter().for_each(|m| m.join().unwrap());
        assert!(w.global.is_empty());
        assert!(w.idle.is_out(1));
        assert_eq!(w.idle.nmspinning(), 0);
    });
}

/// The only M is in a poll that doesn't end; a second slot comes while an item does.
#[test]
fn loom_resize_grow_against_submit() {
    loom::model(|| {
        let w = World::new(1);
        let _ = w.acquire(0);
        w.idle.join(1);
        let m = w.clone();
        let other = thread::spawn(move || {
            loop {
                let next = m.nextp[1].swap(0, Ordering::AcqRel);
                if next != 0 {
                    assert_eq!(next, 2, "the first slot is held");
                    return m.run_until_one(1, 1);
                }
                m.notes[1].sleep();
            }
        });
        let s = w.clone();
        let submitter = thread::spawn(move || s.submit());
        w.resize(2);
        submitter.join().unwrap();
        other.join().unwrap();
    });
}
