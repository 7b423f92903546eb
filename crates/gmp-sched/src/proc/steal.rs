//! Looking for work at the other Ps.
//!
//! Four passes over all slots, nearest tier first, in a random order within each. The first three take from rings; the
//! last one takes `runnext` too, after a pause that lets a G that its P will run at once stay there.
//!
//! Go: runtime/proc.go (stealWork, 3843-3910)

use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::spin_loop;
use gmp_base::loom::unmodelled::Ordering;
use gmp_task::Gp;

/// Passes over all victims (Go: stealTries).
const STEAL_TRIES: usize = 4;
/// Pauses before a `runnext` is taken: about the 3 µs that Go sleeps.
const RUNNEXT_PAUSES: usize = 200;

/// Steals for `pp`, whose ring is empty.
///
/// # Safety
/// The calling thread's M must hold `pp`.
pub(crate) unsafe fn stealwork(sched: &Sched, pp: &P) -> Option<Gp> {
    let victims = sched.victims(pp.slot());
    for pass in 0..STEAL_TRIES {
        let last = pass == STEAL_TRIES - 1;
        for tier in victims {
            for i in tier.order.start(pp.rand.next_u64()) {
                let slot = tier.slots[i];
                if sched.idle.is_idle(slot) {
                    continue;
                }
                // SAFETY: the caller's promise.
                if let Some(gp) = unsafe { steal_one(pp, sched.slots[slot].record(), last) } {
                    return Some(gp);
                }
            }
        }
        // ORDERING: a hint: a retired record is emptied by who retired it as well.
        if sched.nretired.load(Ordering::Relaxed) != 0 {
            for victim in sched.records().filter(|r| r.tenure.is_retired()) {
                // SAFETY: the caller's promise.
                if let Some(gp) = unsafe { steal_one(pp, victim, true) } {
                    return Some(gp);
                }
            }
        }
    }
    None
}

/// # Safety
/// The calling thread's M must hold `pp`, whose ring must be empty.
#[inline]
unsafe fn steal_one(pp: &P, victim: &P, next_too: bool) -> Option<Gp> {
    if std::ptr::eq(pp, victim) {
        return None;
    }
    // SAFETY: the caller's promise.
    if let Some(stolen) = unsafe { pp.runq.steal_from(&victim.runq) } {
        pp.stats.steals.add(stolen.count as u64);
        pp.stats.steal_operations.add(1);
        return Some(stolen.item);
    }
    if next_too {
        let seen = victim.runq.seen_next()?;
        for _ in 0..RUNNEXT_PAUSES {
            spin_loop();
        }
        // Another one has come there since: its P runs them as they come.
        let gp = victim.runq.take_same_next(seen)?;
        pp.stats.steals.add(1);
        pp.stats.steal_operations.add(1);
        return Some(gp);
    }
    None
}
