//! One turn of a G, and what becomes of it then.
//!
//! Go: runtime/proc.go (execute, 3346; goschedImpl, park_m, goexit0, 4255-4590)

use crate::budget::Budget;
use crate::getg;
use crate::proc::schedule::Until;
use crate::proc::{hog, lockedm, ready};
use crate::runtime2::m::{G0, M};
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_task::{Gp, Ran, g};

/// The turn itself. `pp`: the record that the M holds.
///
/// # Safety
/// The right to run the G must be the caller's.
#[inline(always)]
pub(crate) unsafe fn turn(g0: &mut G0<'_>, pp: Option<&P>, gp: Gp) -> Ran {
    let mp = g0.mp;
    if let Some(pp) = pp {
        pp.stats.polls.add(1);
    }
    // SAFETY: the caller's promise.
    let ran = unsafe {
        g::run_after(gp, |header| {
            mp.turn.begin(header);
            mp.set_curg(Some(gp));
        })
    };
    mp.set_curg(None);
    if getg::depth() != g0.depth {
        getg::drop_leaked(g0.depth, mp.sched.as_ptr());
    }
    ran
}

/// After a turn that wasn't like others: its G is locked, or it was marked, or the M has lost its P during it.
///
/// # Safety
/// The G must have been run by the caller with this outcome.
#[cold]
#[inline(never)]
pub(crate) unsafe fn end_rarely<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U, gp: Gp, ran: Ran) {
    if g0.mp.is_marked() && hog::end(sched, g0) && ran == Ran::Again {
        // SAFETY: the right to queue it is ours.
        unsafe { hog::put(sched, gp) };
    } else if ran == Ran::Again {
        // SAFETY: the right to queue it is ours.
        unsafe { goyield(sched, g0.mp, gp) };
    }
    match Budget::is_left() {
        true => refill(g0),
        false => used_up(g0, ran),
    }
    if let Ran::Locked { again } = ran {
        lockedm::stoplockedm(sched, g0, until, gp, again);
    }
}

/// The turn has used the budget up; the next one begins with a full one.
#[cold]
#[inline(never)]
pub(crate) fn used_up(g0: &G0<'_>, ran: Ran) {
    // It has woken itself because of that.
    if let (Ran::Again, Some(pp)) = (ran, g0.mp.p()) {
        pp.stats.forced_yields.add(1);
    }
    g0.budget.refill();
}

/// The next turn begins with a full budget. Apart, so that the loop needs no registers for it.
#[inline(never)]
pub(crate) fn refill(g0: &G0<'_>) {
    g0.budget.refill();
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
