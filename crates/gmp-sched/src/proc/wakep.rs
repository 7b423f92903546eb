//! Waking Ms: one at a time.
//!
//! Go: runtime/proc.go (wakep, 3227; startm's second half; resetspinning, 4036)

use crate::proc::template::Request;
use crate::proc::{hog, newm};
use crate::runtime2::m::M;
use crate::runtime2::schedt::{MPtr, Sched};
use gmp_base::loom::unmodelled::Ordering as Unmodelled;
use gmp_base::loom::{Ordering, fence};
use std::ptr::NonNull;

/// Wakes one M to look for work, if there is an idle P and nobody looks.
#[cold]
#[inline(never)]
pub(crate) fn wakep(sched: &Sched) {
    let last = |slot: usize| {
        // ORDERING: a hint; the list of idle Ms is what counts.
        NonNull::new(sched.slots[slot].last_m.load(Ordering::Relaxed)).map(MPtr)
    };
    let Some(claim) = sched.idle.claim_spinning(last) else {
        return;
    };
    match claim.mp {
        Some(mp) => hand_over(mp.get(), claim.slot, true),
        None => newm::newm(sched, Request { slot: claim.slot, spinning: true }),
    }
}

/// Gives an idle M, which has been taken out of the list, a slot and wakes it.
pub(crate) fn hand_over(mp: &M, slot: usize, spinning: bool) {
    // ORDERING: published by the wake-up. The lowest bit says whether the M is counted as spinning.
    let old = mp.nextp.swap((slot + 1) << 1 | usize::from(spinning), Ordering::AcqRel);
    if old != 0 {
        gmp_base::throw!("startm: m{} has a p already", mp.id);
    }
    mp.wakeup();
}

/// Whether a ring is seen non-empty (Go: checkRunqsNoP). `runnext` doesn't count: it is its P's to run.
pub(crate) fn any_ring_has_work(sched: &Sched) -> bool {
    // ORDERING: a hint: a retired record is emptied by who retired it as well.
    sched.used_slots().iter().any(|slot| !slot.record().runq.is_empty())
        || (sched.nretired.load(Unmodelled::Relaxed) != 0
            && sched.records().any(|r| r.tenure.is_retired() && !r.runq.is_empty()))
}

/// A spinner has found work: it stops spinning, and if it was the last and leaves work behind, another one is woken for that.
#[inline]
pub(crate) fn resetspinning(sched: &Sched, mp: &M) {
    if mp.is_spinning() {
        mp.set_spinning(false);
        if sched.idle.stop_spinning() && leaves_work(sched) && !sched.idle.is_left_to_the_awake() {
            wakep(sched);
        }
    }
}

/// Whether there is something to do for which a spinner, or an M on its way out, may have been relied on: Gs, or the seat, where
/// nobody waits for events and timers while this M runs what it has found.
#[cold]
pub(crate) fn leaves_work(sched: &Sched) -> bool {
    // ORDERING: the dance. The count of spinners has been lowered before this fence, the submitter's is between its
    // queueing and its look at the count.
    fence(Ordering::SeqCst);
    sched.idle.is_seat_empty()
        || !sched.runq.is_empty()
        || any_ring_has_work(sched)
        || sched.used_slots().iter().any(|slot| slot.record().runq.has_next())
        || hog::may_run(sched)
}
