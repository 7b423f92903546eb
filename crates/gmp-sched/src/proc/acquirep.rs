//! Taking and giving up a P.
//!
//! Go: runtime/proc.go (acquirep, wirep, releasep, handoffp, 3146, 6310-6400)

use crate::proc::{hog, newm, pin, procresize, seat, wakep};
use crate::runtime2::m::M;
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use crate::sysmon;
use gmp_base::loom::unmodelled::Ordering as Unmodelled;
use gmp_base::loom::{Ordering, fence};
use std::ptr;

/// The M takes the record in the slot, which it has got from the idle ones.
pub(crate) fn acquirep<'a>(sched: &'a Sched, mp: &M, slot: usize) -> &'a P {
    if mp.p().is_some() {
        gmp_base::throw!("wirep: m{} has a p already", mp.id);
    }
    let pp = sched.slots[slot].record();
    if !pp.tenure.acquire() {
        gmp_base::throw!("wirep: p{slot} is held by another m ({:?})", pp.tenure);
    }
    mp.set_p(Some(pp));
    if sched.idle.is_unwanted(slot) {
        procresize::finish(sched);
    }
    pp.set_preempt(false);
    sched.slots[slot].count_unpark();
    // ORDERING: a hint for `wakep`; released to `Sched::last_m`.
    sched.slots[slot].last_m.store(ptr::from_ref(mp).cast_mut(), Ordering::Release);
    if !sched.sysmon.is_awake() {
        sysmon::rouse(sched);
    }
    pp
}

/// The M lets go of its record. `Some(slot)`: the slot is the caller's to pass on. `None`: the record had been retired; it
/// has been emptied and given back.
pub(crate) fn releasep(sched: &Sched, mp: &M) -> Option<usize> {
    let Some(pp) = mp.p() else { gmp_base::throw!("releasep: m{} has no p", mp.id) };
    let slot = pp.slot();
    mp.set_p(None);
    if pp.tenure.release() {
        return Some(slot);
    }
    give_back(sched, pp);
    None
}

/// The M of a retired record empties it and returns it.
fn give_back(sched: &Sched, pp: &P) {
    let mut any = false;
    pp.drain(|gp| {
        any = true;
        // SAFETY: it was in this queue and is in none now.
        unsafe { sched.runq.put(gp) };
    });
    // SAFETY: until `give_back` below this thread is the record's owner, and appending to a list calls nothing.
    unsafe { pp.owned(|o| any |= !o.overflow.is_empty()) };
    // SAFETY: as above.
    unsafe { pp.owned(|o| sched.runq.put_batch(&mut o.overflow)) };
    let slot = pp.slot();
    pp.fold_stats_into(&sched.slots[slot].base);
    pp.tenure.give_back();
    sched.put_record(pp);
    // ORDERING: a hint for thieves.
    sched.nretired.fetch_sub(1, Unmodelled::Relaxed);
    if sched.is_closing() {
        // The shutdown may have looked while Gs were in our hands.
        return crate::shutdown::drain(sched);
    }
    if any && sched.idle.should_wake() {
        wakep::wakep(sched);
    }
    // A timer that was armed here while the slot was taken away: who took it looked before, and the M that has the slot now, if any, may
    // have slept since.
    // ORDERING: the seat's protocol (`idle.rs`): the timer is armed, `until` is read below.
    fence(Ordering::SeqCst);
    seat::cover_slot(sched, slot);
}

/// Go: handoffp. An M that will not run Gs for a while gives its P to one that will, if there is something to run.
pub(crate) fn handoffp(sched: &Sched, mp: &M) {
    let Some(pp) = mp.p() else { return };
    if sched.is_closing() {
        crate::shutdown::drain_record(sched, pp);
    }
    if sched.fifo {
        // Where a second look sees it; in order, for what is in the ring is older.
        // SAFETY: this thread is the record's owner; moving from list to ring calls nothing.
        unsafe { pp.owned(|o| pp.runq.put_batch(&mut o.overflow)) };
    }
    let has_work = !pp.runq.is_empty() || pp.runq.has_next();
    let Some(slot) = releasep(sched, mp) else {
        return;
    };
    if has_work {
        return newm::startm(sched, slot);
    }
    sched.slots[slot].count_park();
    // No M of ours goes to sleep with it, so none is put into the list; but the P is idle now, and the dance is due.
    let _ = sched.idle.give_up(slot, None, false);
    if !sched.runq.is_empty() || wakep::any_ring_has_work(sched) || hog::may_run(sched) {
        wakep::wakep(sched);
    }
    // Whoever that has woken, if anybody, doesn't know of this slot.
    seat::cover_slot(sched, slot);
}

/// Takes an idle P for the M if there is one.
pub(crate) fn try_acquirep(sched: &Sched, mp: &M, prefer: usize) -> bool {
    match sched.idle.acquire(prefer) {
        Some(slot) => {
            acquirep(sched, mp, slot);
            true
        }
        None => false,
    }
}

/// As [`acquirep`] for an M that runs Gs from queues: it goes to the slot's CPUs.
pub(crate) fn acquirep_pinned<'a>(sched: &'a Sched, mp: &M, slot: usize) -> &'a P {
    let pp = acquirep(sched, mp, slot);
    pin::pin(sched, mp, slot);
    pp
}
