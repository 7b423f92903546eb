//! Where the next G comes from: every source, in Go's order.
//!
//! | | source | when |
//! |---|---|---|
//! | 1 | own timers | each turn (their seat; timers come with `gmp-time`) |
//! | 2 | global queue, one G; non-blocking netpoll (its seat) | each 61st turn |
//! | 3 | `runnext`, then the ring | |
//! | 4 | global queue, a batch | |
//! | 5 | netpoll without blocking (its seat) | |
//! | 6 | the other Ps | if spinning is allowed |
//! | 7 | blocking netpoll (its seat), or sleep | |
//!
//! Go: runtime/proc.go (findRunnable, 3404-3840)

use crate::proc::park;
use crate::proc::schedule::Until;
use crate::proc::steal;
use crate::runtime2::m::{G0, M};
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_queue::runq::CAPACITY;
use gmp_task::Gp;

/// The next G to run. `None`: the M has been kicked, has slept or has lost its P; ask `until`, then ask again.
#[inline]
pub(crate) fn find_runnable<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U) -> Option<Gp> {
    let mp = g0.mp;
    let Some(pp) = mp.p() else {
        park::park_without_p(sched, g0, until);
        return None;
    };
    if g0.tick >= sched.config.global_queue_interval {
        g0.tick = 0;
        // SAFETY: this thread's M holds the record.
        if let Some(gp) = unsafe { every_61st(sched, pp) } {
            return Some(gp);
        }
    }
    // SAFETY: this thread's M holds the record.
    if let Some(gp) = unsafe { runqget(sched, pp) } {
        return Some(gp);
    }
    // SAFETY: this thread's M holds the record.
    if let Some(gp) = unsafe { globrunqget(sched, pp) } {
        return Some(gp);
    }
    // SAFETY: this thread's M holds the record, whose ring is empty now.
    if let Some(gp) = unsafe { spin(sched, mp, pp) } {
        return Some(gp);
    }
    // A look that spares the way to bed and back, for a `block_on` future that has yielded.
    if !until.is_kicked(sched, mp) {
        park::give_up_and_park(sched, g0, until);
    }
    None
}

/// Fairness: without this two Gs that wake each other through `runnext` would keep everyone else waiting.
///
/// # Safety
/// The calling thread's M must hold the record.
#[cold]
unsafe fn every_61st(sched: &Sched, pp: &P) -> Option<Gp> {
    if let Some(next) = pp.runq.take_next() {
        // To the tail: the slice of this chain of `runnext`s is over.
        // SAFETY: the caller's promise; the G was in our queue and is in none now.
        unsafe { crate::proc::ready::runqput(sched, pp, next, false) };
    }
    sched.runq.get()
}

/// # Safety
/// The calling thread's M must hold the record.
#[inline]
unsafe fn runqget(sched: &Sched, pp: &P) -> Option<Gp> {
    // SAFETY: the caller's promise.
    if let Some((gp, _inherit_time)) = unsafe { pp.runq.get() } {
        return Some(gp);
    }
    if sched.fifo {
        // SAFETY: the caller's promise; taking from a list calls nothing.
        return unsafe { pp.owned(|o| o.overflow.pop_front()) };
    }
    None
}

/// A fair share of the global queue: one to run, the others into the ring, which is empty.
///
/// # Safety
/// The calling thread's M must hold the record.
unsafe fn globrunqget(sched: &Sched, pp: &P) -> Option<Gp> {
    let len = sched.runq.len();
    if len == 0 {
        return None;
    }
    let share = (len / sched.procs() + 1).min(len).min(CAPACITY / 2);
    let mut batch = sched.runq.get_batch(share);
    let first = batch.pop_front();
    // SAFETY: the caller's promise.
    unsafe { pp.runq.put_batch(&mut batch) };
    // The ring was empty and half of it is more than the batch; had it been otherwise, nothing would be lost.
    sched.runq.put_batch(&mut batch);
    first
}

/// Looks at the other Ps, if not too many do already.
///
/// # Safety
/// The calling thread's M must hold the record, whose ring must be empty.
unsafe fn spin(sched: &Sched, mp: &M, pp: &P) -> Option<Gp> {
    let procs = sched.procs();
    if procs == 1 {
        return None;
    }
    if !mp.is_spinning() {
        // At most half of the busy Ps' Ms look (Go: 2*nmspinning < gomaxprocs-npidle).
        if 2 * sched.idle.nmspinning() >= procs - sched.idle.npidle().min(procs) {
            return None;
        }
        mp.set_spinning(true);
        sched.idle.become_spinning();
    }
    // SAFETY: the caller's promise.
    unsafe { steal::stealwork(sched, pp) }
}
