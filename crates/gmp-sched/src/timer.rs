//! What a sleeping G asks of the scheduler: a timer in a heap that somebody looks at.
//!
//! A timer goes into the heap of the P slot that the calling M runs with. Nobody is told of it: that M looks at its timers each few
//! turns, and before it sleeps makes sure of a wake-up (`proc/seat.rs`). A thread without a P takes some slot's heap, and tells.
//!
//! Go: runtime/time.go (resetForSleep, maybeAdd, wakeNetPoller)

use crate::getg;
use crate::proc::seat;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::{Ordering, fence};
use gmp_time::timers::Place;
use gmp_time::{Timer, WrongState};
use std::task::Waker;
use std::time::Duration;

/// Starts a timer that wakes `waker` at `when`, a time of the runtime's clock.
pub fn start(sched: &Sched, when: u64, waker: Waker) -> Timer {
    if let Some(mp) = getg::getm_of(sched) {
        if let Some(pp) = mp.p().filter(|pp| !pp.tenure.is_retired()) {
            return sched.slots[pp.slot()].timers.start(when, waker).0;
        }
    }
    start_remote(sched, when, waker)
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
