//! A note where there is no futex, and in loom's models: a flag under a mutex and a condition variable.
//!
//! Go: runtime/lock_sema.go

use crate::loom::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// One sleeper, any number of wakers. See the [module](super).
#[derive(Debug)]
pub struct Note {
    signalled: Mutex<bool>,
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
        Self { signalled: Mutex::new(false), changed: Condvar::new() }
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

    /// Leaves a wake-up and wakes the sleeper if there is one. Says whether a thread may have been asleep.
    pub fn wakeup(&self) -> bool {
        let fresh = !std::mem::replace(&mut *self.signalled.lock(), true);
        if fresh {
            self.changed.notify_one();
        }
        fresh
    }
}
