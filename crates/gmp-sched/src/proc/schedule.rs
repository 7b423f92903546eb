//! The loop of an M: find a G, run it, until told to stop.
//!
//! Go: runtime/proc.go (schedule, 4150)

use crate::proc::{acquirep, execute, find_runnable, lockedm, wakep};
use crate::runtime2::m::{G0, M};
use crate::runtime2::schedt::Sched;
use gmp_task::Ran;

/// Why an M stops scheduling.
pub(crate) trait Until {
    /// Asked before each turn, on g0 and without locks: it may run user code.
    fn is_done(&mut self, sched: &Sched, g0: &mut G0<'_>) -> bool;

    /// Whether there is a reason to ask [`is_done`](Self::is_done) again. Asked after the M has been woken by its note,
    /// and before it sleeps.
    fn is_kicked(&mut self, _sched: &Sched, _mp: &M) -> bool {
        false
    }
}

/// Runs Gs until `until` is done. The M keeps its P, if it has one then.
pub(crate) fn schedule<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U) {
    g0.budget.refill();
    g0.busy_since = gmp_arch::ticks::nanotime();
    loop {
        if until.is_done(sched, g0) {
            return;
        }
        if g0.mp.p().is_some_and(|pp| pp.tenure.is_retired()) {
            lose_p(sched, g0.mp);
        }
        if let Some(gp) = find_runnable::find_runnable(sched, g0, until) {
            wakep::resetspinning(sched, g0.mp);
            if let Ran::Locked { again } = execute::execute(sched, g0, gp) {
                lockedm::stoplockedm(sched, g0, until, gp, again);
            }
        }
    }
}

/// The M's record has been retired during the last turn: it is given back, and an idle P taken if there is one.
#[cold]
fn lose_p(sched: &Sched, mp: &M) {
    let prefer = mp.p().map_or(0, |pp| pp.slot());
    match acquirep::releasep(sched, mp) {
        None => {
            acquirep::try_acquirep(sched, mp, prefer);
        }
        Some(slot) => gmp_base::throw!("schedule: the record in p{slot} was retired and then not"),
    }
}
