//! GOMAXPROCS while the runtime runs: slots come into use, and go out of it.
//!
//! Go stops the world for it. Here a slot that is to go is taken from its M as sysmon takes one from an M that is stuck (`retire.rs`), only
//! that no other record takes its place: its M finds that out when its turn is over, and takes an idle slot or parks. The slot's
//! timers stay, and are those of an idle slot to everybody. The proofs are in `idle/resize.rs`.
//!
//! Go: runtime/proc.go (procresize, 6081), debug.go (GOMAXPROCS)

use crate::proc::retire::{self, Retired};
use crate::proc::{hog, seat, wakep};
use crate::rt0::fault;
use crate::runtime2::config::Pin;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::Ordering;
use gmp_base::loom::unmodelled::Ordering as Unmodelled;

/// Sets GOMAXPROCS, to what there is room for at most; says what it was. `current_thread` has one P in any case.
pub fn gomaxprocs(sched: &Sched, procs: usize) -> usize {
    if sched.fifo {
        return 1;
    }
    let procs = procs.clamp(1, sched.slots.len());
    let resizing = sched.resizing.lock();
    let before = sched.procs();
    let used = (0..procs).take_while(|&slot| sched.make_record(slot)).count();
    // ORDERING: publishes the records to `used_slots`.
    sched.used.fetch_max(used, Ordering::Release);
    if procs > sched.boot.procs && sched.config.pin == Pin::Auto {
        // There isn't a CPU for each any more.
        // ORDERING: a hint; each M comes to see it.
        sched.crowded.store(true, Ordering::Relaxed);
    }
    sched.idle.want(used.max(1));
    let gone = withdraw_held(sched);
    drop(resizing);
    settle(sched, &gone);
    before
}

/// An M has taken a slot that is to go; or sysmon sees one that couldn't go, for want of a spare record.
#[cold]
pub(crate) fn finish(sched: &Sched) {
    let resizing = sched.resizing.lock();
    let gone = withdraw_held(sched);
    drop(resizing);
    settle(sched, &gone);
}

/// Takes slots that are to go from the Ms that hold them.
fn withdraw_held(sched: &Sched) -> Vec<usize> {
    let unwanted = sched.procs()..sched.used_slots().len();
    let is_gone = |&slot: &usize| !sched.idle.is_out(slot) && take_away(sched, slot) == Retired::Replaced;
    unwanted.filter(is_gone).inspect(|&slot| sched.idle.withdraw(slot)).collect()
}

/// If so many Ms are stuck that no record is left the slot keeps its M, which is counted, and sysmon tries again.
fn take_away(sched: &Sched, slot: usize) -> Retired {
    let retired = if fault::once("no-spare") { Retired::NoSpare } else { retire::replace(sched, slot) };
    if retired == Retired::NoSpare {
        // ORDERING: a figure for people.
        sched.stats.stalls.denied.fetch_add(1, Unmodelled::Relaxed);
    }
    retired
}

/// What was queued at slots that have gone is for all now, and so are their timers; and new slots have something to do, if there is.
fn settle(sched: &Sched, gone: &[usize]) {
    if !gone.is_empty() {
        retire::drain_retired(sched);
    }
    for &slot in gone {
        seat::cover_slot(sched, slot);
    }
    if (!sched.runq.is_empty() || wakep::any_ring_has_work(sched) || hog::may_run(sched)) && sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}
