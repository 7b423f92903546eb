//! Models of submit ∥ park. A lost wake-up is a thread that sleeps for ever, which loom reports as a deadlock.
//!
//! The queues, the notes and [`Idle`] are the real ones; the Ms are reduced to what they do with them.

use super::{Claim, Cover, EMPTY_SEAT, FOR_EVER, GiveUp, Idle, Leave};
use crate::proc::testing::{Item, free, item};
use gmp_base::loom::{AtomicU64, AtomicUsize, Ordering, fence, thread};
use gmp_base::note::Note;
use gmp_queue::{GlobRunq, Runq};
use std::ptr::NonNull;
use std::sync::Arc;

/// M `i` has slot `i` at first.
struct World {
    idle: Idle<usize>,
    global: GlobRunq<Item>,
    rings: Vec<Runq<Item>>,
    notes: Vec<Note>,
    nextp: Vec<AtomicUsize>,
    /// The earliest timer of all.
    earliest: AtomicU64,
}

// SAFETY: queues and notes are synchronised; a ring is put into by its own M only.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn new(procs: usize) -> Arc<Self> {
        Self::with(procs, procs)
    }

    fn with(procs: usize, ms: usize) -> Arc<Self> {
        let idle = Idle::new(procs);
        for slot in 0..procs {
            assert_eq!(idle.acquire(slot), Some(slot));
        }
        Arc::new(Self {
            idle,
            global: GlobRunq::new(),
            rings: (0..procs).map(|_| Runq::new()).collect(),
            notes: (0..ms).map(|_| Note::new()).collect(),
            nextp: (0..ms).map(|_| AtomicUsize::new(0)).collect(),
            earliest: AtomicU64::new(FOR_EVER),
        })
    }

    fn wakep(&self) {
        if let Some(Claim { slot, mp }) = self.idle.claim_spinning(|slot| Some(slot)) {
            // No threads are to be had in these models.
            if let Some(mp) = mp.or_else(|| self.idle.unclaim(slot)) {
                self.hand_over(mp, slot);
            }
        }
    }

    /// The last spinner has found something.
    fn reset_spinning(&self) {
        fence(Ordering::SeqCst);
        if self.idle.is_seat_empty() || self.has_work() {
            self.wakep();
        }
    }

    fn hand_over(&self, mp: usize, slot: usize) {
        assert_eq!(self.nextp[mp].swap(slot + 1, Ordering::AcqRel), 0, "an M was given two Ps");
        self.notes[mp].wakeup();
    }

    fn submit_global(&self) {
        // SAFETY: a fresh item, queued once.
        unsafe { self.global.put(item()) };
        if self.idle.should_wake() {
            self.wakep();
        }
    }

    /// By M `me` into its own ring; it is in a poll and will not look there itself.
    fn submit_local(&self, me: usize) {
        // SAFETY: M `me` is the only one that puts into its ring; a fresh item.
        let _ = unsafe { self.rings[me].put(item(), false) };
        if self.idle.should_wake() {
            self.wakep();
        }
    }

    fn take(&self) -> Option<NonNull<Item>> {
        self.global.get().or_else(|| self.rings.iter().find_map(Runq::take_oldest))
    }

    fn has_work(&self) -> bool {
        !self.global.is_empty() || self.rings.iter().any(|r| !r.is_empty())
    }

    /// What `find_runnable` and `park` do, until M `me` has one item; it begins with a P.
    fn run_until_one(&self, me: usize, mut spinning: bool) {
        let mut slot = me;
        loop {
            if let Some(item) = self.take() {
                free(item);
                if spinning && self.idle.stop_spinning() {
                    self.reset_spinning();
                }
                return;
            }
            match self.idle.give_up(slot, Some(me), spinning) {
                GiveUp::SpinInstead => {
                    spinning = true;
                    continue;
                }
                GiveUp::Idle => {}
            }
            if self.has_work() {
                match self.idle.leave_with_p(me, slot) {
                    Leave::WithP(s) => {
                        (slot, spinning) = (s, true);
                        continue;
                    }
                    Leave::WithoutP | Leave::Stayed | Leave::Claimed => {}
                }
            }
            loop {
                let next = self.nextp[me].swap(0, Ordering::AcqRel);
                if next != 0 {
                    (slot, spinning) = (next - 1, true);
                    break;
                }
                self.notes[me].sleep();
            }
        }
    }
}

/// A thread from outside submits while the only M goes to sleep.
#[test]
fn loom_submit_against_park() {
    loom::model(|| {
        let w = World::new(1);
        let m = w.clone();
        let t = thread::spawn(move || m.run_until_one(0, false));
        w.submit_global();
        t.join().unwrap();
    });
}

/// As before, with an M that is counted as spinning, on which the submitter relies.
#[test]
fn loom_submit_against_last_spinner() {
    loom::model(|| {
        let w = World::new(1);
        w.idle.become_spinning();
        let m = w.clone();
        let t = thread::spawn(move || m.run_until_one(0, true));
        w.submit_global();
        t.join().unwrap();
        assert_eq!(w.idle.nmspinning(), 0);
    });
}

/// An M in a poll queues on its own ring; the other M, spinning or not, must find it there.
#[test]
fn loom_local_submit_against_park() {
    for spinning in [false, true] {
        loom::model(move || {
            let w = World::new(2);
            if spinning {
                w.idle.become_spinning();
            }
            let m = w.clone();
            let t = thread::spawn(move || m.run_until_one(1, spinning));
            w.submit_local(0);
            t.join().unwrap();
            assert_eq!(w.idle.nmspinning(), 0);
        });
    }
}

/// Two items, a spinner that takes one and is busy from then on, and an M about to give its P up: somebody must have the
/// other item. This is what needspinning is about.
#[test]
fn loom_needspinning() {
    loom::model(|| {
        let w = World::new(3);
        w.idle.become_spinning();
        let (spinner, sleeper) = (w.clone(), w.clone());
        let a = thread::spawn(move || spinner.run_until_one(1, true));
        let b = thread::spawn(move || sleeper.run_until_one(2, false));
        w.submit_local(0);
        w.submit_local(0);
        a.join().unwrap();
        b.join().unwrap();
        assert_eq!(w.idle.nmspinning(), 0);
        assert!(!w.has_work());
    });
}

/// An M without a P joins the list while somebody claims the only P for it, finds nobody, and gives the claim up
/// (`current_thread`'s `block_on`, or a thread that could not be started).
#[test]
fn loom_unclaim_against_join() {
    loom::model(|| {
        let w = World::new(1);
        // The P is idle, and nobody's.
        assert_eq!(w.idle.give_up(0, None, false), GiveUp::Idle);
        let m = w.clone();
        let t = thread::spawn(move || {
            m.idle.join(0);
            if m.has_work() {
                if let Leave::WithP(slot) = m.idle.leave_with_p(0, 0) {
                    assert_eq!(slot, 0);
                    free(m.take().expect("it saw work and has the only P"));
                    let _ = m.idle.stop_spinning();
                    return;
                }
            }
            while m.nextp[0].swap(0, Ordering::AcqRel) == 0 {
                m.notes[0].sleep();
            }
            free(m.take().expect("it was woken for work"));
            let _ = m.idle.stop_spinning();
        });
        w.submit_global();
        t.join().unwrap();
        assert_eq!((w.idle.nmspinning(), w.idle.npidle()), (0, 0));
    });
}

/// What `seat::cover` and `seat::wait` do, with one timer and a note for the netpoller.
impl World {
    /// A thread that isn't an M arms the timer.
    fn arm(&self) {
        self.earliest.store(5, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        match self.idle.cover(5) {
            Cover::Covered => {}
            Cover::Kick(mp) => drop(self.notes[mp].wakeup()),
            Cover::Empty => {
                if self.idle.should_wake() {
                    self.wakep();
                }
            }
        }
    }

    /// M `me`, which has P `slot`, sleeps and runs what it is woken for, until it has the seat and knows of the timer.
    fn park_until_armed(&self, me: usize, mut slot: usize, mut spinning: bool) {
        'awake: loop {
            while let Some(item) = self.take() {
                free(item);
                if std::mem::take(&mut spinning) && self.idle.stop_spinning() {
                    self.reset_spinning();
                }
            }
            if self.idle.give_up(slot, Some(me), spinning) == GiveUp::SpinInstead {
                spinning = true;
                continue;
            }
            if self.has_work() {
                if let Leave::WithP(s) = self.idle.leave_with_p(me, slot) {
                    (slot, spinning) = (s, true);
                    continue;
                }
            }
            let mut seated = false;
            loop {
                let next = self.nextp[me].swap(0, Ordering::AcqRel);
                if next != 0 {
                    (slot, spinning) = (next - 1, true);
                    continue 'awake;
                }
                let fresh = !seated && self.idle.take_seat(me);
                seated |= fresh;
                if seated && (fresh || self.idle.look_round(me)) {
                    let when = self.earliest.load(Ordering::Relaxed);
                    self.idle.wait_until(me, when);
                    if when != FOR_EVER {
                        return;
                    }
                } else {
                    seated = false;
                }
                self.notes[me].sleep();
            }
        }
    }

    /// Nobody relies on a seat in which nobody is.
    fn check_seat(&self) {
        if self.idle.until() != EMPTY_SEAT {
            assert!(matches!(self.idle.cover(0), Cover::Kick(_)), "the seat is empty and looks taken");
        }
    }
}

/// A timer is armed from outside while the only M takes the seat.
#[test]
fn loom_arm_against_taking_the_seat() {
    loom::model(|| {
        let w = World::new(1);
        let m = w.clone();
        let t = thread::spawn(move || m.park_until_armed(0, 0, false));
        w.arm();
        t.join().unwrap();
        w.check_seat();
    });
}

/// As before, and something is queued too, for which the M in the seat is claimed.
#[test]
fn loom_arm_against_claim() {
    loom::model(|| {
        let w = World::new(1);
        let (m, submitter) = (w.clone(), w.clone());
        let t = thread::spawn(move || m.park_until_armed(0, 0, false));
        let s = thread::spawn(move || submitter.submit_global());
        w.arm();
        s.join().unwrap();
        t.join().unwrap();
        w.check_seat();
    });
}

/// The M in the seat says until when it waits, while it is claimed: the seat is empty then, and looks it. Else the next M to go to
/// sleep would rely on one that isn't there.
#[test]
fn loom_claim_against_the_seats_time() {
    loom::model(|| {
        let w = World::new(1);
        w.earliest.store(5, Ordering::Relaxed);
        let m = w.clone();
        let t = thread::spawn(move || {
            // Unless somebody asked for a spinner before.
            if m.idle.give_up(0, Some(0), false) == GiveUp::Idle && m.idle.take_seat(0) {
                m.idle.wait_until(0, 5);
            }
        });
        w.wakep();
        t.join().unwrap();
        w.check_seat();
        if w.nextp[0].load(Ordering::Relaxed) != 0 {
            assert_eq!(w.idle.until(), EMPTY_SEAT);
        }
    });
}

/// Sysmon dismisses an M that gives its P up, and whose second look finds what a submitter has left to it: another one is woken.
#[test]
fn loom_dismissal_against_park() {
    loom::model(|| {
        let w = World::with(1, 2);
        // M 1 is idle, and in the seat.
        w.idle.join(1);
        assert!(w.idle.take_seat(1));
        let dismissed = Arc::new(AtomicUsize::new(0));
        let (m, sysmon, told) = (w.clone(), w.clone(), dismissed.clone());
        let m = thread::spawn(move || {
            if m.idle.give_up(0, Some(0), false) == GiveUp::Idle && !m.wakes(&told) {
                return;
            }
            free(m.take().expect("it was woken for work, or asked to look on"));
            let _ = m.idle.stop_spinning();
        });
        let sysmon = thread::spawn(move || {
            if sysmon.idle.take_oldest(|_| true).is_some() {
                dismissed.store(1, Ordering::Relaxed);
                sysmon.notes[0].wakeup();
            }
        });
        w.submit_global();
        m.join().unwrap();
        sysmon.join().unwrap();
        assert!(!w.has_work() || w.nextp[1].load(Ordering::Relaxed) != 0, "left to nobody");
    });
}

impl World {
    /// What M 0 in the list of idle ones does: says whether it has a P, or false if it was dismissed.
    fn wakes(&self, dismissed: &AtomicUsize) -> bool {
        if self.has_work() {
            if let Leave::WithP(_) = self.idle.leave_with_p(0, 0) {
                return true;
            }
        }
        while self.nextp[0].swap(0, Ordering::AcqRel) == 0 {
            if dismissed.load(Ordering::Relaxed) == 1 {
                if self.has_work() {
                    self.wakep();
                }
                return false;
            }
            self.notes[0].sleep();
        }
        true
    }
}

/// There is a CPU for one M (`awake.rs`).
impl World {
    /// M `me` has nothing to run: it gives its P up, or runs what it finds on its way.
    fn park_once(&self, me: usize) {
        let (mut slot, mut spinning) = (me, false);
        loop {
            if self.idle.give_up(slot, Some(me), spinning) == GiveUp::SpinInstead {
                spinning = true;
            } else if !self.has_work() {
                return;
            } else if let Leave::WithP(s) = self.idle.leave_with_p(me, slot) {
                (slot, spinning) = (s, true);
            } else {
                return;
            }
            while let Some(item) = self.take() {
                free(item);
                if std::mem::take(&mut spinning) && self.idle.stop_spinning() && self.has_work() {
                    self.wakep();
                }
            }
        }
    }

    fn is_anyone_woken(&self) -> bool {
        self.nextp.iter().any(|nextp| nextp.load(Ordering::Relaxed) != 0)
    }
}

/// A thread from outside leaves what it submits to the Ms that are awake, which go to sleep.
#[test]
fn loom_left_to_the_awake() {
    loom::model(|| {
        let w = World::new(2);
        w.idle.limit_awake(1);
        let ms: Vec<_> = (0..2).map(|me| (w.clone(), me)).collect();
        let ms: Vec<_> = ms.into_iter().map(|(m, me)| thread::spawn(move || m.park_once(me))).collect();
        w.submit_global();
        ms.into_iter().for_each(|m| m.join().unwrap());
        assert!(!w.has_work() || w.is_anyone_woken(), "left to nobody");
    });
}

/// An M goes to sleep without the seat, as another one is awake; that one gives its P up and doesn't take the seat either. There is a timer.
#[test]
fn loom_seat_left_to_the_awake() {
    loom::model(|| {
        let w = World::new(2);
        w.idle.limit_awake(1);
        w.earliest.store(5, Ordering::Relaxed);
        let m = w.clone();
        let sleeper = thread::spawn(move || {
            if m.idle.give_up(1, Some(1), false) == GiveUp::Idle
                && !m.idle.is_left_to_the_awake()
                && m.idle.take_seat(1)
            {
                m.idle.wait_until(1, m.earliest.load(Ordering::Relaxed));
            }
        });
        // `handoffp` and `cover_slot`.
        let _ = w.idle.give_up(0, None, false);
        w.arm();
        sleeper.join().unwrap();
        assert!(w.idle.until() == 5 || w.is_anyone_woken(), "nobody waits for the timer");
    });
}
