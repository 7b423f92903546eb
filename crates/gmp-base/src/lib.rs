//! What stands at the bottom of gmp: the types that every protocol is built from.
//!
//! Here live atomics, cells and locks that loom can take over ([`loom`]), a sleeping place for a thread ([`note`]),
//! a lock with a rank ([`lock`]), cheap random numbers ([`rand`]), the intrusive link ([`link`]), a value for one
//! thread ([`owned`]), a hint to the caches ([`prefetch`](mod@prefetch)) and the way to die with a message
//! ([`throw!`](crate::throw!)). No word of the scheduler may appear here, the ranks in [`lockrank`] excepted.
//!
//! Internal to gmp: no semver promise.
//!
//! Go: internal/runtime/atomic, runtime/stubs.go

pub mod loom;
pub mod throw;
pub mod rand;
pub mod lockrank;
pub mod lock;
pub mod note;
pub mod link;
pub mod owned;
pub mod prefetch;

pub use crossbeam::utils::{Backoff, CachePadded};
