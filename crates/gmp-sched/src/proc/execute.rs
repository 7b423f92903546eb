//! One turn of a G.
//!
//! Go: runtime/proc.go (execute, 3346; goschedImpl, park_m, goexit0, 4255-4590)

use crate::budget::{Budget, REFILL_EVERY};
use crate::getg;
use crate::proc::{hog, ready};
use crate::runtime2::m::{G0, M};
use crate::runtime2::schedt::Sched;
use gmp_task::{Gp, Ran, g};

/// Runs the G, which came out of a queue. What is to be done then is done, unless it is locked.
#[inline]
pub(crate) fn execute(sched: &Sched, g0: &mut G0<'_>, gp: Gp) -> Ran {
    // SAFETY: it came out of a queue.
    let ran = unsafe { turn(g0, gp) };
    if g0.mp.is_hogging() && hog::end(sched, g0) && ran == Ran::Again {
        // SAFETY: the right to queue it is ours.
        unsafe { hog::put(sched, gp) };
    } else if ran == Ran::Again {
        // SAFETY: the right to queue it is ours.
        unsafe { goyield(sched, g0.mp, gp) };
    }
    g0.since_refill += 1;
    // A G that has woken itself because its budget is used up shows in the second half.
    let left = Budget::is_left();
    if g0.since_refill >= REFILL_EVERY || !left {
        if let (Ran::Again, false, Some(pp)) = (ran, left, g0.mp.p()) {
            pp.stats.forced_yields.add(1);
        }
        g0.since_refill = 0;
        g0.budget.refill();
    }
    ran
}

/// The turn itself.
///
/// # Safety
/// The right to run the G must be the caller's.
#[inline(always)]
pub(crate) unsafe fn turn(g0: &mut G0<'_>, gp: Gp) -> Ran {
    let mp = g0.mp;
    g0.tick += 1;
    g0.event_tick += 1;
    g0.has_run = true;
    if let Some(pp) = mp.p() {
        pp.stats.polls.add(1);
    }
    // SAFETY: the caller's right keeps it alive.
    mp.turn.begin(unsafe { gp.as_ref() });
    mp.set_curg(Some(gp));
    // SAFETY: the caller's promise.
    let ran = unsafe { g::run(gp) };
    mp.set_curg(None);
    if getg::depth() != g0.depth {
        getg::drop_leaked(g0.depth, mp.sched.as_ptr());
    }
    ran
}

/// A G that woke itself, or was woken during its turn, goes to the tail: in `runnext` it would keep its P to itself.
///
/// # Safety
/// The G must be the caller's to queue.
#[inline]
pub(crate) unsafe fn goyield(sched: &Sched, mp: &M, gp: Gp) {
    // Read again: the M may have lost its P during the turn.
    match mp.p() {
        // SAFETY: the M of this thread holds the record; the caller's promise.
        Some(pp) => unsafe { ready::runqput(sched, pp, gp, false) },
        // SAFETY: the caller's promise.
        None => unsafe { sched.runq.put(gp) },
    }
}
