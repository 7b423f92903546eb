//! [`Owned`]: a value for one thread, in a place that many threads reach.
//!
//! Go: none — a goroutine's data belongs to no thread.

use crate::loom::unmodelled::{AtomicU64, Ordering};
use std::cell::Cell;
use std::fmt;

/// Which thread. Unlike std's `ThreadId` it is also to be had while the thread's locals are destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadNumber(u64);

static NEXT: AtomicU64 = AtomicU64::new(1);

#[cfg(not(gmp_loom))]
thread_local! {
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

#[cfg(gmp_loom)]
loom::thread_local! {
    static NUMBER: Cell<u64> = Cell::new(0);
}

impl ThreadNumber {
    /// The calling thread's number. No other thread of the process ever has it, later ones neither.
    #[inline]
    pub fn current() -> Self {
        NUMBER.with(|number| match number.get() {
            0 => Self::first(number),
            n => Self(n),
        })
    }

    #[cold]
    fn first(number: &Cell<u64>) -> Self {
        // ORDERING: only the number matters. 64 bits don't run out.
        number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        Self(number.get())
    }
}

/// A value that only the thread that made it can touch, whoever has a reference to its place.
pub struct Owned<T> {
    owner: ThreadNumber,
    value: T,
}

// SAFETY: shared access is given to the owner's thread only (`get`), and thread numbers are never used again. So no two
// threads have a `&T`; that the value may be dropped by another thread, with the place, is what `T: Send` allows.
unsafe impl<T: Send> Sync for Owned<T> {}

impl<T> Owned<T> {
    /// The calling thread's own value.
    pub fn new(value: T) -> Self {
        Self { owner: ThreadNumber::current(), value }
    }

    /// The value, for its owner.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        self.is_here().then_some(&self.value)
    }

    /// Whether the calling thread is the owner.
    #[inline]
    pub fn is_here(&self) -> bool {
        self.owner == ThreadNumber::current()
    }
}

impl<T> fmt::Debug for Owned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owned").field("owner", &self.owner).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
