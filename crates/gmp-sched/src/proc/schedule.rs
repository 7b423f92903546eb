//! The loop of an M: find a G, run it, until told to stop.
//!
//! In two parts. `look` goes through all that an M has to see to, and to all places where Gs come from. `run_own` runs the G that it has
//! found and those that come after it out of the M's own queue, for as long as nothing else is due. What is rare has one test there for
//! many things: the count of turns for all that is done every so many, the M's marks for what sysmon wants (`proc/hog.rs`). A worker that is
//! to end has been idle, a spinner has found nothing yet, and neither is in `run_own`: it doesn't ask.
//!
//! Go: runtime/proc.go (schedule, 4150)

use crate::budget::{Budget, REFILL_EVERY};
use crate::proc::{acquirep, execute, find_runnable, ready, seat, wakep};
use crate::runtime2::m::{G0, M};
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_task::{Gp, Ran};

/// Why an M stops scheduling.
pub(crate) trait Until {
    /// Whether [`is_done`](Self::is_done) runs user code, in which the M may lose its P.
    const RUNS_CODE: bool = false;

    /// Asked before each turn, on g0 and without locks: it may run user code.
    fn is_done(&mut self, sched: &Sched, g0: &mut G0<'_>) -> bool;

    /// Whether there is a reason to ask [`is_done`](Self::is_done) again. Asked after the M has been woken by its note,
    /// and before it sleeps.
    fn is_kicked(&mut self, _sched: &Sched, _mp: &M) -> bool {
        false
    }

    /// Whether the M is to end because there are too many. Asked after it has been idle.
    fn is_dismissed(&mut self, _mp: &M) -> bool {
        false
    }
}

/// Runs Gs until `until` is done. The M keeps its P, if it has one then.
pub(crate) fn schedule<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U) {
    g0.budget.refill();
    g0.busy_since = gmp_arch::ticks::nanotime();
    let mut done = until.is_done(sched, g0);
    while !done {
        done = match look(sched, g0, until) {
            // SAFETY: it came out of a queue; this thread's M holds the record.
            Some((gp, pp)) => unsafe { run_own(sched, g0, until, gp, pp) },
            None => until.is_dismissed(g0.mp) || until.is_done(sched, g0),
        };
    }
}

/// The next G, from wherever, and the M's record. `None`: the M has been kicked, has slept or has lost its P.
#[inline(never)]
fn look<'a, U: Until>(sched: &Sched, g0: &mut G0<'a>, until: &mut U) -> Option<(Gp, &'a P)> {
    let mp = g0.mp;
    if mp.p().is_some_and(|pp| pp.tenure.is_retired()) {
        lose_p(sched, mp);
    }
    let gp = find_runnable::find_runnable(sched, g0, until)?;
    wakep::resetspinning(sched, mp);
    g0.has_run = true;
    match mp.p() {
        Some(pp) => Some((gp, pp)),
        None => gmp_base::throw!("schedule: m{} has found a g without a p", mp.id),
    }
}

/// Runs the G, and then those in the M's own queue until it is empty or something else is due. `until` has been asked when it returns, and
/// this is its answer.
///
/// # Safety
/// The right to run the G must be the caller's; the calling thread's M must hold the record and be on g0.
#[inline(always)]
unsafe fn run_own<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U, gp: Gp, pp: &P) -> bool {
    let mp = g0.mp;
    // They are the slot's for as long as the M holds its record.
    let timers = &sched.slots[pp.slot()].timers;
    let mut left = g0.begin_span(sched.config.global_queue_interval, sched.config.event_interval);
    let mut gp = gp;
    loop {
        // SAFETY: the caller's promise, or it came out of a queue below.
        let ran = unsafe { execute::turn(g0, Some(pp), gp) };
        left -= 1;
        if !mp.holds(pp) || pp.tenure.is_retired() || mp.is_marked() || matches!(ran, Ran::Locked { .. }) {
            g0.end_span(left);
            // SAFETY: it has just been run.
            unsafe { execute::end_rarely(sched, g0, until, gp, ran) };
            return until.is_done(sched, g0);
        }
        if ran == Ran::Again {
            // SAFETY: the M of this thread holds the record; the right to queue the G is ours.
            unsafe { ready::runqput_tail(sched, pp, gp) };
        }
        // Refilled every few turns, whatever they did; and no turn begins without any.
        if !Budget::is_left() {
            execute::used_up(g0, ran);
        } else if left % REFILL_EVERY == 0 {
            execute::refill(g0);
        }
        if until.is_done(sched, g0) {
            return true;
        }
        let lost = U::RUNS_CODE && (!mp.holds(pp) || pp.tenure.is_retired());
        if left == 0 || lost || (timers.earliest() < g0.timers_far && seat::is_timer_turn(sched, g0, left)) {
            break;
        }
        // SAFETY: this thread's M holds the record.
        match unsafe { find_runnable::runqget(sched, pp) } {
            Some(next) => gp = next,
            None => break,
        }
    }
    g0.end_span(left);
    false
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
