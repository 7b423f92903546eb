//! A note where there is no futex, and in loom's models: a flag under a mutex and a condition variable.
//!
//! Go: runtime/lock_sema.go

use super::Woken;
use crate::loom::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// One sleeper, any number of wakers. See the [module](super).
#[derive(Debug)]
pub struct Note {
    signalled: Mutex<bool>,
    /// Written by the owner under the other's lock.
    polling: Mutex<bool>,
    changed: Condvar,
}

impl Default for Note {
    fn default() -> Self {
        Self::new()
    }
}

impl Note {
    /// A note without a wake-up in it.
    pub fn new() -> Self {
        Self { signalled: Mutex::new(false), polling: Mutex::new(false), changed: Condvar::new() }
    }

    /// Sleeps until there is a wake-up and consumes it.
    pub fn sleep(&self) {
        let mut signalled = self.signalled.lock();
        while !*signalled {
            signalled = self.changed.wait(signalled);
        }
        *signalled = false;
    }

    /// As [`sleep`](Self::sleep) for at most `timeout`; says whether a wake-up came.
    pub fn sleep_timeout(&self, timeout: Duration) -> bool {
        let Some(deadline) = Instant::now().checked_add(timeout) else {
            self.sleep();
            return true;
        };
        let mut signalled = self.signalled.lock();
        while !*signalled {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            signalled = self.changed.wait_timeout(signalled, left).0;
        }
        *signalled = false;
        true
    }

    /// Consumes a wake-up if there is one.
    pub fn take(&self) -> bool {
        std::mem::take(&mut *self.signalled.lock())
    }

    /// The owner is about to wait for something else. False if there is a wake-up, which is consumed: it must not wait.
    #[must_use]
    pub fn start_polling(&self) -> bool {
        let mut signalled = self.signalled.lock();
        let polling = !std::mem::take(&mut *signalled);
        *self.polling.lock() = polling;
        polling
    }

    /// The owner waits no more. Consumes a wake-up if one has come, and says so.
    pub fn stop_polling(&self) -> bool {
        let mut signalled = self.signalled.lock();
        *self.polling.lock() = false;
        std::mem::take(&mut *signalled)
    }

    /// Leaves a wake-up and wakes the sleeper if there is one. Says whom it may have found.
    pub fn wakeup(&self) -> Woken {
        let mut signalled = self.signalled.lock();
        let fresh = !std::mem::replace(&mut *signalled, true);
        let polling = *self.polling.lock();
        drop(signalled);
        if !fresh {
            return Woken::Nobody;
        }
        if polling {
            return Woken::Poller;
        }
        self.changed.notify_one();
        Woken::Sleeper
    }
}
