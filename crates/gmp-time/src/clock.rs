//! [`Clock`]: the time of a runtime, in nanoseconds since the clock was made; real, or paused and moved by hand.
//!
//! Go: runtime/time_nofake.go, time_fake.go (nanotime)

use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::unmodelled::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The clock of a runtime.
#[derive(Debug)]
pub struct Clock {
    origin: Instant,
    /// It has been paused at some time, so that it isn't the machine's clock any more.
    is_virtual: AtomicBool,
    state: Lock<Virtual>,
}

#[derive(Debug)]
struct Virtual {
    /// The time when it was paused, or went on.
    base: u64,
    /// When it went on, by the real clock; `None`: it is paused.
    running_since: Option<u64>,
    /// While this isn't zero, an idle runtime doesn't move the clock.
    held: usize,
}

/// The clock was paused and should not have been, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongState;

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// A clock that goes with the machine's.
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
            is_virtual: AtomicBool::new(false),
            state: Lock::new(LockRank::Leaf, Virtual { base: 0, running_since: Some(0), held: 0 }),
        }
    }

    fn real(&self) -> u64 {
        // 62 bits of nanoseconds last 146 years.
        self.origin.elapsed().as_nanos() as u64
    }

    /// The time now.
    #[inline]
    pub fn now(&self) -> u64 {
        if self.is_virtual() { self.virtual_now(&self.state.lock()) } else { self.real() }
    }

    fn virtual_now(&self, state: &Virtual) -> u64 {
        match state.running_since {
            Some(since) => state.base + self.real().saturating_sub(since),
            None => state.base,
        }
    }

    /// The time now, as std has it.
    pub fn instant(&self) -> Instant {
        if self.is_virtual() { self.origin + Duration::from_nanos(self.now()) } else { Instant::now() }
    }

    /// std's time on this clock; times before its beginning are its beginning, and those too far away are `None`.
    pub fn when(&self, instant: Instant) -> Option<u64> {
        let nanos = instant.saturating_duration_since(self.origin).as_nanos();
        u64::try_from(nanos).ok().filter(|&when| when <= crate::LATEST)
    }

    /// Whether the clock has ever been paused.
    #[inline]
    pub fn is_virtual(&self) -> bool {
        // ORDERING: set under the lock by the runtime's only thread; others see the change when they are told of it.
        self.is_virtual.load(Ordering::Relaxed)
    }

    /// Whether the clock stands still.
    pub fn is_paused(&self) -> bool {
        self.is_virtual() && self.state.lock().running_since.is_none()
    }

    /// Stops the clock.
    ///
    /// # Errors
    /// If it is paused already.
    pub fn pause(&self) -> Result<(), WrongState> {
        let mut state = self.state.lock();
        if state.running_since.is_none() {
            return Err(WrongState);
        }
        *state = Virtual { base: self.virtual_now(&state), running_since: None, held: state.held };
        // ORDERING: see `is_virtual`.
        self.is_virtual.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Lets the clock go on from where it is.
    ///
    /// # Errors
    /// If it isn't paused.
    pub fn resume(&self) -> Result<(), WrongState> {
        let mut state = self.state.lock();
        if state.running_since.is_some() {
            return Err(WrongState);
        }
        state.running_since = Some(self.real());
        Ok(())
    }

    /// Moves a paused clock forward.
    ///
    /// # Errors
    /// If it isn't paused.
    pub fn advance(&self, by: Duration) -> Result<(), WrongState> {
        let mut state = self.state.lock();
        if state.running_since.is_some() {
            return Err(WrongState);
        }
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        state.base = state.base.saturating_add(by).min(crate::LATEST);
        Ok(())
    }

    /// Moves a paused clock to `when`, if nobody holds it and that isn't in its past. Says whether it stands there now.
    pub fn advance_to(&self, when: u64) -> bool {
        let mut state = self.state.lock();
        if state.running_since.is_some() || state.held > 0 {
            return false;
        }
        state.base = state.base.max(when.min(crate::LATEST));
        true
    }

    /// From now on an idle runtime doesn't move the clock; to be taken back by [`release`](Self::release).
    pub fn hold(&self) {
        self.state.lock().held += 1;
    }

    /// See [`hold`](Self::hold).
    pub fn release(&self) {
        self.state.lock().held -= 1;
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
