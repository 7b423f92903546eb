//! [`Lock`]: a short-held mutex with a rank.
//!
//! Go: runtime/lock_futex.go, runtime/lock_spinbit.go (lock, unlock)

use crate::lockrank::{self, LockRank};
use crate::loom::{Mutex, MutexGuard};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A mutex for the runtime's own state. Held for a few instructions, never over user code.
pub struct Lock<T> {
    rank: LockRank,
    inner: Mutex<T>,
}

impl<T> Lock<T> {
    /// A lock of the given rank.
    #[cfg(not(gmp_loom))]
    pub const fn new(rank: LockRank, value: T) -> Self {
        Self { rank, inner: Mutex::new(value) }
    }

    /// A lock of the given rank.
    #[cfg(gmp_loom)]
    pub fn new(rank: LockRank, value: T) -> Self {
        Self { rank, inner: Mutex::new(value) }
    }

    /// Takes the lock.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockGuard<'_, T> {
        lockrank::acquire(self.rank);
        LockGuard { rank: self.rank, inner: self.inner.lock() }
    }

    /// Takes the lock if it is free now.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        let inner = self.inner.try_lock()?;
        lockrank::acquired(self.rank);
        Some(LockGuard { rank: self.rank, inner })
    }
}

impl<T> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").field("rank", &self.rank).finish_non_exhaustive()
    }
}

/// The lock, held.
#[derive(Debug)]
pub struct LockGuard<'a, T> {
    rank: LockRank,
    inner: MutexGuard<'a, T>,
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T> Drop for LockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        lockrank::release(self.rank);
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
