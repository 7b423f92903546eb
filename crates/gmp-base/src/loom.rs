//! The one place that chooses between std's atomics, cells, locks and threads, loom's, and shuttle's.
//!
//! Everything that takes part in a protocol imports from here, so that a model sees every access. The switch is our
//! own cfg, `gmp_loom` or `gmp_shuttle`; the bare `loom` would reach dependencies too.
//!
//! Go: none — Go's runtime has no model checker.

#[cfg(not(any(gmp_loom, gmp_shuttle)))]
#[path = "loom/real.rs"]
mod imp;

#[cfg(gmp_loom)]
#[path = "loom/model.rs"]
mod imp;

#[cfg(gmp_shuttle)]
#[path = "loom/shuttle.rs"]
mod imp;

pub use imp::{
    AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, UnsafeCell, fence,
    spin_loop, thread,
};

/// std's own atomics, for what no model covers: process-wide counters that must be `const`-constructible.
pub mod unmodelled {
    pub use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
}
