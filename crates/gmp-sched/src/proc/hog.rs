//! Hogs: Gs that computed for longer than the threshold in their last poll, and yielded to go on with it.
//!
//! While all Ps compute, sysmon adds an M so that the others have their turn. Were it to take up the next hog, all Ms that there may
//! be would soon compute, and the others wait. So hogs have a queue of their own, and no more of them run at a time than there are Ps: more would only
//! share the same CPUs. An M takes one when it has nothing else to run, and now and then if it always has (each 61st turn).
//!
//! # Proof: no hog is forgotten
//! Queueing is: put it into the queue; full fence; fewer hogs than Ps run? Ending a hog's turn is: count it out; full fence; is there one in the
//! queue? Of the two fences one is first. If the queueing one's is, whoever counts a hog out sees the one in the queue, and wakes an M for it
//! if a P is idle. If not, who queues sees that there is room: it is an M that looks for work next, and looks here before it sleeps, behind a
//! fence again (`park.rs`). If it can't have a P for it then, whoever holds the Ps looks here before one becomes idle, or right after
//! that (`give_up`'s callers: `handoffp`, `strand`, the M that parks).
//!
//! Go: none — a goroutine that computes is interrupted each 10 ms and goes to the global queue

use crate::proc::wakep;
use crate::runtime2::m::G0;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::{Ordering, fence};
use gmp_task::Gp;

/// What an M's mark says: its turn is to be looked at when it is over, because the G came out of the queue of hogs ...
const TAKEN: u32 = 1;
/// ... or because sysmon has found that it computes for too long.
pub(crate) const FOUND: u32 = 2;
/// ... or because sysmon wants the slice to end (`P::is_preempted`), which is seen to before the next turn.
pub(crate) const SLICE: u32 = 4;

/// Queues a G that has been found computing and has yielded.
///
/// # Safety
/// The G must be the caller's to queue.
#[cold]
pub(crate) unsafe fn put(sched: &Sched, gp: Gp) {
    // SAFETY: the caller's promise.
    unsafe { sched.hogq.put(gp) };
    // ORDERING: see the proof; the caller looks for work next.
    fence(Ordering::SeqCst);
}

/// Whether there is a hog that may run.
#[inline]
pub(crate) fn may_run(sched: &Sched) -> bool {
    // ORDERING: behind the caller's fence, or a hint.
    !sched.hogq.is_empty() && sched.nhogs.load(Ordering::Relaxed) < sched.procs()
}

/// Takes a hog to run it, if one more may.
#[inline]
pub(crate) fn take(sched: &Sched, g0: &mut G0<'_>) -> Option<Gp> {
    if !may_run(sched) {
        return None;
    }
    // ORDERING: the count is a limit; the queue's lock orders the rest.
    if sched.nhogs.fetch_add(1, Ordering::AcqRel) < sched.procs() {
        if let Some(gp) = sched.hogq.get() {
            g0.hog = true;
            g0.mp.mark(TAKEN);
            return Some(gp);
        }
    }
    count_out(sched);
    None
}

/// A marked turn is over. Says whether sysmon has found a hog in it.
#[cold]
#[inline(never)]
pub(crate) fn end(sched: &Sched, g0: &mut G0<'_>) -> bool {
    let found = g0.mp.take_marks() & FOUND != 0;
    if std::mem::take(&mut g0.hog) {
        count_out(sched);
    }
    found
}

fn count_out(sched: &Sched) {
    // ORDERING: see the proof. The fence is in `should_wake`.
    sched.nhogs.fetch_sub(1, Ordering::AcqRel);
    if sched.idle.should_wake() && !sched.hogq.is_empty() {
        wakep::wakep(sched);
    }
}
