//! Retire and replace: taking a P away from an M that is stuck in a poll. The protocol is `gmp_queue::tenure`'s.
//!
//! Go: runtime/proc.go (retake, handoffp), which can move the P itself

use crate::proc::{newm, ready, wakep};
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::Ordering;
use gmp_base::loom::unmodelled::Ordering as Unmodelled;
use gmp_queue::GQueue;
use std::ptr;

/// What became of an attempt to retire a P's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retired {
    /// Another record is in the slot.
    Replaced,
    /// The record wasn't live any more: its M came back by itself.
    NotLive,
    /// There are too many stuck Ms: this one keeps its P.
    NoSpare,
}

/// Retires the record in `slot`, whose M is stuck, and replaces it. What was queued on it goes to the global queue.
pub fn retire(sched: &Sched, slot: usize) -> Retired {
    retake(sched, slot, newm::startm)
}

/// As [`retire`] if nothing waits: no M is woken for the slot, it becomes idle.
pub(crate) fn retire_to_idle(sched: &Sched, slot: usize) -> Retired {
    retake(sched, slot, newm::strand)
}

fn retake(sched: &Sched, slot: usize, next: fn(&Sched, usize)) -> Retired {
    let retired = replace(sched, slot);
    if retired == Retired::Replaced {
        // ORDERING: a figure for people.
        sched.stats.retired.fetch_add(1, Unmodelled::Relaxed);
        drain_retired(sched);
        next(sched, slot);
    }
    retired
}

/// The slot's record is retired and a spare one put there, but nobody is to run it: the slot is the caller's. What is queued on the old one
/// stays there, for [`drain_retired`].
pub(crate) fn replace(sched: &Sched, slot: usize) -> Retired {
    // When the runtime ends there is nothing to be saved any more, and the shutdown may have taken the record to empty it.
    let Some(_moving) = sched.closing.start_moving() else {
        return Retired::NotLive;
    };
    let stuck = sched.slots[slot].record();
    let Some(spare) = sched.take_record(slot) else {
        return Retired::NoSpare;
    };
    // ORDERING: before the retirement, so that an M that sees a retired record looks for it (`stealwork`).
    sched.nretired.fetch_add(1, Unmodelled::Relaxed);
    if !stuck.tenure.retire() {
        sched.nretired.fetch_sub(1, Unmodelled::Relaxed);
        sched.put_record(spare);
        return Retired::NotLive;
    }
    // ORDERING: publishes the spare's contents to `Slot::record`. The slot isn't idle and its old record is retired, so
    // nobody but us writes here.
    sched.slots[slot].rec.store(ptr::from_ref(spare).cast_mut(), Ordering::Release);
    Retired::Replaced
}

/// The record's M is busy for long, and keeps it: what is queued there goes to the global queue, as if stolen.
pub(crate) fn share(sched: &Sched, pp: &P) {
    let Some(_moving) = sched.closing.start_moving() else { return };
    let mut waiting = GQueue::new();
    // SAFETY: each was in the record's queue and is in none now.
    pp.drain(|gp| unsafe { waiting.push_back(gp) });
    ready::injectglist_globally(sched, &mut waiting);
}

/// Empties every retired record into the global queue, as a thief. To be repeated while there are any: their Ms may push
/// once more (`gmp_queue::tenure`, "nothing is stranded").
pub fn drain_retired(sched: &Sched) {
    // Whoever closes the runtime drains it.
    let Some(_moving) = sched.closing.start_moving() else { return };
    let mut any = false;
    for pp in sched.records().filter(|r| r.tenure.is_retired()) {
        pp.drain(|gp| {
            any = true;
            // SAFETY: it was in the record's queue and is in none now.
            unsafe { sched.runq.put(gp) };
        });
    }
    if any && sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;

#[cfg(all(test, gmp_loom))]
mod timers {
    mod loom_tests;
}
