//! What an M keeps for those who sleep: [`Kept`], the timer that was cancelled on it last, and [`Reading`], the time that was read
//! last.
//!
//! Most timers are timeouts that aren't needed, set and cancelled in turn by tasks that all do the same. Instead of a new entry
//! in the queue each gets the one that another has just left there (`gmp_time::timer`, "Proof: revival").
//!
//! Go: none — there a timer is part of what sleeps

use gmp_time::{Dormant, Timer};
use std::cell::Cell;
use std::fmt;
use std::task::Waker;
use std::time::Instant;

/// A place for one; of several the M keeps the one that was armed for the earliest time, for that can be armed for most others.
#[derive(Default)]
pub(crate) struct Kept(Cell<Option<Dormant>>);

// SAFETY: the methods, which are all that touches the cell, are for the M's thread only (their callers' promise). What is in it
// may be dropped by another thread, with the M: a `Dormant` is `Send`.
unsafe impl Sync for Kept {}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl Kept {
    /// Keeps a timer of the M's scheduler.
    ///
    /// # Safety
    /// The M must be bound to the calling thread.
    #[inline]
    pub(crate) unsafe fn put(&self, new: Dormant) {
        let better = match self.0.take() {
            Some(old) if old.last() <= new.last() => old,
            _ => new,
        };
        self.0.set(Some(better));
    }

    /// Starts a timer in the place of the one that is kept.
    ///
    /// # Errors
    /// With the waker, if there is none, it can't be armed for a time that early, or its queue has let go of it.
    ///
    /// # Safety
    /// The M must be bound to the calling thread.
    #[inline]
    pub(crate) unsafe fn start(&self, when: u64, waker: Waker) -> Result<Timer, Waker> {
        match self.0.take() {
            Some(dormant) if dormant.last() <= when => dormant.revive(when, waker),
            other => {
                self.0.set(other);
                Err(waker)
            }
        }
    }
}

/// When the running task last looked at the clock: good for the rest of its turn, to tell that a time is well ahead.
#[derive(Default)]
pub(crate) struct Reading(Cell<Option<(u64, Instant)>>);

// SAFETY: as for `Kept`; a time is `Send`.
unsafe impl Sync for Reading {}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

impl Reading {
    /// It was read in this turn, which has a number of its own.
    ///
    /// # Safety
    /// The M must be bound to the calling thread.
    #[inline]
    pub(crate) unsafe fn set(&self, turn: u64, now: Instant) {
        self.0.set(Some((turn, now)));
    }

    /// What was read in this turn.
    ///
    /// # Safety
    /// The M must be bound to the calling thread.
    #[inline]
    pub(crate) unsafe fn get(&self, turn: u64) -> Option<Instant> {
        self.0.get().and_then(|(then, now)| (then == turn).then_some(now))
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
