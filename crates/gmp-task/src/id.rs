//! [`Id`]: the number of a task.
//!
//! Go: runtime/runtime2.go (g.goid, p.goidcache)

use gmp_base::loom::unmodelled::{AtomicU64, Ordering};
use std::fmt;
use std::num::NonZeroU64;

/// An opaque ID that uniquely identifies a task relative to all other currently running tasks.
///
/// Task IDs are unique within the process: no two tasks ever have the same one. They are not sequential, and they do
/// not show in which order tasks were spawned.
///
/// # Examples
/// ```
/// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
/// # rt.block_on(async {
/// let (one, other) = (gmp::spawn(async {}), gmp::spawn(async {}));
/// assert_ne!(one.id(), other.id());
/// println!("task {} has the number {}", one.id(), one.id().as_u64());
/// # })
/// ```
#[derive(Clone, Copy, Debug, Hash, Eq, PartialEq, PartialOrd, Ord)]
pub struct Id(NonZeroU64);

static NEXT: AtomicU64 = AtomicU64::new(1);

/// How many numbers a P takes at a time (Go: `_GoidCacheBatch`).
const BATCH: u64 = 16;

/// A P's stock of numbers. Its owner is its only user.
#[derive(Debug, Default)]
pub struct IdCache {
    next: u64,
    end: u64,
}

impl IdCache {
    /// An empty stock.
    pub const fn new() -> Self {
        Self { next: 0, end: 0 }
    }

    /// The next number.
    #[inline]
    pub fn next_id(&mut self) -> Id {
        if self.next == self.end {
            // ORDERING: only the number matters; nothing is published by it.
            self.next = NEXT.fetch_add(BATCH, Ordering::Relaxed);
            self.end = self.next + BATCH;
        }
        let id = self.next;
        self.next += 1;
        Id::from_u64(id)
    }
}

impl Id {
    /// A fresh number, without a stock.
    #[doc(hidden)]
    pub fn next() -> Self {
        // ORDERING: only the number matters; nothing is published by it.
        Self::from_u64(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    #[inline]
    fn from_u64(id: u64) -> Self {
        match NonZeroU64::new(id) {
            Some(id) => Self(id),
            None => gmp_base::throw!("task ids are used up"),
        }
    }

    /// The task with this number.
    #[doc(hidden)]
    #[inline]
    pub fn from_raw(id: u64) -> Option<Self> {
        NonZeroU64::new(id).map(Self)
    }

    /// The number itself.
    #[inline]
    pub fn as_u64(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
