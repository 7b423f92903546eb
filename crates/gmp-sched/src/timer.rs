//! What a sleeping G asks of the scheduler: a timer in a heap that somebody looks at.
//!
//! A timer goes into the heap of the P slot that the calling M runs with. Nobody is told of it: that M looks at its timers each few
//! turns, and before it sleeps makes sure of a wake-up (`proc/seat.rs`). A thread without a P takes some slot's heap, and tells.
//!
//! Or it takes the place of a timer that has been cancelled on this M shortly before, in whichever heap that is: then nothing is
//! allocated and no lock is taken (`runtime2/kept.rs`).
//!
//! Go: runtime/time.go (resetForSleep, maybeAdd, wakeNetPoller)

use crate::getg;
use crate::proc::seat;
use crate::runtime2::m::M;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::{Ordering, fence};
use gmp_time::timers::Place;
use gmp_time::{Timer, WrongState};
use std::task::Waker;
use std::time::{Duration, Instant};

/// Starts a timer that wakes `waker` at `when`, a time of the runtime's clock.
#[inline]
pub fn start(sched: &Sched, when: u64, mut waker: Waker) -> Timer {
    if let Some(mp) = getg::getm_of(sched) {
        // On a clock that is moved by hand timers of the same time fire in the order of their starts, as far as it is known.
        if !sched.clock.is_virtual() {
            // SAFETY: it is the calling thread's M.
            match unsafe { mp.kept.start(when, waker) } {
                Ok(timer) => return timer,
                Err(unused) => waker = unused,
            }
        }
        if let Some(pp) = mp.p().filter(|pp| !pp.tenure.is_retired()) {
            return sched.slots[pp.slot()].timers.start(when, waker).0;
        }
    }
    start_remote(sched, when, waker)
}

/// Cancels a timer of the runtime with this number, and returns the waker that nobody will wake now. Its place is kept for the
/// next one that is started on this M.
#[inline]
pub fn stop(runtime: u64, timer: Timer) -> Option<Waker> {
    let (waker, dormant) = timer.stop()?;
    if let Some(mp) = getg::getm().filter(|mp| mp.sched().id == runtime) {
        // SAFETY: it is the calling thread's M.
        unsafe { mp.kept.put(dormant) };
    }
    waker
}

/// The calling thread has just read the machine's clock.
#[inline]
pub fn note_now(now: Instant) {
    with_turn(|mp, turn| {
        // SAFETY: it is the calling thread's M.
        unsafe { mp.reading.set(turn, now) };
    });
}

/// The time, as the running task has seen it earlier in this turn, if it has.
#[inline]
pub fn seen_now() -> Option<Instant> {
    // SAFETY: it is the calling thread's M.
    with_turn(|mp, turn| unsafe { mp.reading.get(turn) })?
}

/// With the M and the number of the turn, if a task runs on it.
#[inline]
fn with_turn<R>(f: impl FnOnce(&M, u64) -> R) -> Option<R> {
    let mp = getg::getm()?;
    mp.curg()?;
    Some(f(mp, mp.p()?.stats.polls.get()))
}

#[cold]
fn start_remote(sched: &Sched, when: u64, waker: Waker) -> Timer {
    thread_local!(static MARK: u8 = const { 0 });
    // Threads spread over the slots.
    let some = MARK.try_with(|mark| std::ptr::from_ref(mark).addr() >> 6).unwrap_or(0);
    let (timer, place) = sched.slots[some % sched.procs()].timers.start(when, waker);
    if place == Place::Earliest {
        // ORDERING: the seat's protocol (`proc/idle.rs`): the timer is armed, `until` is read below.
        fence(Ordering::SeqCst);
        seat::cover(sched, when);
    }
    timer
}

/// Moves the paused clock forward, for `gmp::time::advance`.
///
/// # Errors
/// If it isn't paused.
pub fn advance(sched: &Sched, by: Duration) -> Result<(), WrongState> {
    sched.clock.advance(by)?;
    clock_changed(sched);
    Ok(())
}

/// Lets the clock go on, for `gmp::time::resume`.
///
/// # Errors
/// If it isn't paused.
pub fn resume(sched: &Sched) -> Result<(), WrongState> {
    sched.clock.resume()?;
    clock_changed(sched);
    Ok(())
}

/// Who waits in the seat, if another thread has done this, is to look again.
fn clock_changed(sched: &Sched) {
    // ORDERING: the seat's protocol (`proc/idle.rs`).
    fence(Ordering::SeqCst);
    seat::cover(sched, 0);
}

/// The runtime has ended.
pub(crate) fn close(sched: &Sched) {
    for slot in &sched.slots {
        slot.timers.close(Waker::wake);
    }
}
