//! Queueing Gs that have become runnable: on the P of the thread that says so, or globally.
//!
//! Go: runtime/proc.go (ready, 1133; runqput's callers; injectglist, 4060)

use crate::getg;
use crate::proc::{lockedm, wakep};
use crate::runtime2::m::M;
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::unmodelled::Ordering;
use gmp_queue::runq::Room;
use gmp_queue::{GQueue, Put};
use gmp_task::{Gp, Header};
use std::ptr::NonNull;
use std::sync::Arc;

/// A waiting G has become runnable.
///
/// # Safety
/// The caller must have the right to queue the G, whose scheduler must be a [`Sched`].
#[inline]
pub(crate) unsafe fn ready(gp: Gp) {
    // SAFETY: who has the right to queue a G keeps it from dying.
    let header = unsafe { gp.as_ref() };
    if header.status.is_locked() {
        // SAFETY: the caller's promise.
        return unsafe { lockedm::ready_locked(gp) };
    }
    // SAFETY: the caller's promise.
    unsafe { ready_unlocked(gp) }
}

/// As [`ready`], for a G that isn't locked: it goes to a queue.
///
/// # Safety
/// As [`ready`].
#[inline]
pub(crate) unsafe fn ready_unlocked(gp: Gp) {
    // SAFETY: who has the right to queue a G keeps it from dying; the caller's promise.
    let sched: NonNull<Sched> = unsafe { gp.as_ref().sched() };
    if let Some(mp) = getg::getm_of(sched.as_ptr()) {
        if let Some(pp) = mp.p() {
            // SAFETY: the M of this thread holds the record; the G is the caller's to queue.
            return unsafe { runqput_of(mp, pp, gp) };
        }
    }
    // SAFETY: the caller's promise.
    unsafe { ready_remote(sched, gp) }
}

/// Puts a G into the own queue of the P that the M holds: as the next one to run, if the M is one that runs Gs from it.
///
/// # Safety
/// The M must be the calling thread's, and hold the record; the G must be the caller's to queue.
#[inline(always)]
pub(crate) unsafe fn runqput_of(mp: &M, pp: &P, gp: Gp) {
    // What is rare first, in few tests.
    if !mp.queues_next() || pp.tenure.is_retired() {
        // SAFETY: the caller's promise.
        return unsafe { runqput_rarely(mp, pp, gp) };
    }
    pp.stats.local_schedules.add(1);
    // SAFETY: the caller's promise.
    match unsafe { pp.runq.try_put(gp, true) } {
        Ok(Room::Next) => {}
        Ok(Room::Ring) => {
            let sched = mp.sched();
            if sched.idle.should_wake() {
                wakep::wakep(sched);
            }
        }
        // SAFETY: the caller's promise; an element that was in `runnext` is ours as well.
        Err(gp) => unsafe { runqputslow(mp.sched(), pp, gp) },
    }
}

/// # Safety
/// As [`runqput_of`].
#[inline(never)]
unsafe fn runqput_rarely(mp: &M, pp: &P, gp: Gp) {
    // SAFETY: the caller's promise.
    unsafe { runqput(mp.sched(), pp, gp, !mp.is_locked()) }
}

/// Puts a G into the P's own queue. `next`: it runs as soon as the current turn is over.
///
/// # Safety
/// The calling thread's M must hold the record; the G must be the caller's to queue.
#[inline]
pub(crate) unsafe fn runqput(sched: &Sched, pp: &P, gp: Gp, next: bool) {
    pp.stats.local_schedules.add(1);
    if pp.tenure.is_retired() || sched.fifo {
        // SAFETY: the caller's promise.
        return unsafe { runqput_elsewhere(sched, pp, gp) };
    }
    // SAFETY: the caller's promise.
    match unsafe { pp.runq.try_put(gp, next) } {
        Ok(Room::Next) => return,
        Ok(Room::Ring) => {}
        // SAFETY: the caller's promise; an element that was in `runnext` is ours as well.
        Err(gp) => return unsafe { runqputslow(sched, pp, gp) },
    }
    if sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

/// As [`runqput`] at the tail, for a record that has just been seen not to be retired.
///
/// # Safety
/// As [`runqput`].
#[inline(always)]
pub(crate) unsafe fn runqput_tail(sched: &Sched, pp: &P, gp: Gp) {
    pp.stats.local_schedules.add(1);
    if sched.fifo {
        // SAFETY: the caller's promise.
        return unsafe { runqput_fifo(pp, gp) };
    }
    // SAFETY: the caller's promise.
    match unsafe { pp.runq.try_put(gp, false) } {
        Ok(_) => {}
        // SAFETY: the caller's promise.
        Err(gp) => return unsafe { runqputslow(sched, pp, gp) },
    }
    if sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

/// # Safety
/// As [`runqput`].
#[inline(never)]
unsafe fn runqput_elsewhere(sched: &Sched, pp: &P, gp: Gp) {
    if !pp.tenure.is_retired() {
        // SAFETY: the caller's promise.
        return unsafe { runqput_fifo(pp, gp) };
    }
    // SAFETY: the caller's promise.
    unsafe { sched.runq.put(gp) };
    if sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

/// The ring is full: half of it goes to the global queue. Apart, so that a push saves no registers for it.
///
/// # Safety
/// As [`runqput`].
#[cold]
#[inline(never)]
unsafe fn runqputslow(sched: &Sched, pp: &P, gp: Gp) {
    // SAFETY: the caller's promise.
    unsafe { runqput_quiet(sched, pp, gp) };
    if sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

/// To the tail, and nobody is woken: for a G that was in this queue a moment ago.
///
/// # Safety
/// As [`runqput`]; the runtime must be `multi_thread`.
pub(crate) unsafe fn runqput_quiet(sched: &Sched, pp: &P, gp: Gp) {
    // SAFETY: the caller's promise.
    if let Put::Overflow(mut batch) = unsafe { pp.runq.put(gp, false) } {
        pp.stats.overflows.add(1);
        sched.runq.put_batch(&mut batch);
    }
}

/// `current_thread`: first in, first out without a limit. What doesn't fit into the ring waits behind it.
///
/// # Safety
/// As [`runqput`].
#[inline(never)]
unsafe fn runqput_fifo(pp: &P, gp: Gp) {
    // SAFETY: this thread is the owner; the queues call nothing of ours.
    unsafe {
        pp.owned(|o| {
            if !o.overflow.is_empty() || pp.runq.len() == gmp_queue::runq::CAPACITY {
                o.overflow.push_back(gp);
            } else if let Put::Overflow(_) = pp.runq.put(gp, false) {
                gmp_base::throw!("runqput: a ring with room overflowed");
            }
        });
    }
}

/// Many Gs at once, in their order: into the P's ring, what doesn't fit globally, and one wake-up for all. Go: injectglist.
///
/// # Safety
/// The calling thread's M must hold the record and be on g0; the Gs must be the caller's to queue.
pub(crate) unsafe fn injectglist(sched: &Sched, pp: &P, batch: &mut GQueue<Header>) {
    // A single one runs here and now, as one in `runnext` would.
    let many = batch.len() > 1 || !pp.runq.is_empty();
    // SAFETY: the caller's promise.
    if unsafe { inject_quietly(sched, pp, batch) } && many && sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

/// As [`injectglist`] without the wake-up. Says whether there may have to be one.
///
/// # Safety
/// As [`injectglist`].
pub(crate) unsafe fn inject_quietly(sched: &Sched, pp: &P, batch: &mut GQueue<Header>) -> bool {
    if batch.is_empty() {
        return false;
    }
    if pp.tenure.is_retired() && !sched.fifo {
        injectglist_globally(sched, batch);
        return false;
    }
    pp.stats.local_schedules.add(batch.len() as u64);
    if sched.fifo {
        // SAFETY: the caller's promise.
        batch.for_each(|gp| unsafe { runqput_fifo(pp, gp) });
        return false;
    }
    // SAFETY: the caller's promise.
    unsafe { pp.runq.put_batch(batch) };
    sched.runq.put_batch(batch);
    true
}

/// As [`injectglist`], without a P.
pub(crate) fn injectglist_globally(sched: &Sched, batch: &mut GQueue<Header>) {
    if batch.is_empty() {
        return;
    }
    // ORDERING: a figure for people.
    sched.stats.remote_schedules.fetch_add(batch.len() as u64, Ordering::Relaxed);
    sched.runq.put_batch(batch);
    if sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

/// From a thread that isn't an M of the G's scheduler, or holds no P.
///
/// # Safety
/// The caller must have the right to queue the G, whose scheduler must be a [`Sched`].
#[cold]
#[inline(never)]
unsafe fn ready_remote(sched: NonNull<Sched>, gp: Gp) {
    // The G keeps its scheduler alive until it is dead, but once it is queued it may die before we are done here.
    // SAFETY: the pointer is an `Arc`'s (`newproc`), which isn't gone: see above.
    unsafe { Arc::increment_strong_count(sched.as_ptr()) };
    // SAFETY: the count just made is this `Arc`'s.
    let sched = unsafe { Arc::from_raw(sched.as_ptr()) };
    // ORDERING: a figure for people.
    sched.stats.remote_schedules.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the caller's promise.
    unsafe { sched.runq.put(gp) };
    // When the runtime ends nobody has to be woken: the G has waited, so it is listed, and whoever ends the runtime looks into the queues until
    // the list is empty. It must not be cancelled here, for whoever calls a waker may hold locks that a future's drop takes.
    if !sched.is_closing() && sched.idle.should_wake() {
        wakep::wakep(&sched);
    }
}
