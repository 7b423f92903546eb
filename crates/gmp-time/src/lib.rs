//! Timers: the queue that each P slot has, the entries in it, and the clock.
//!
//! | type | whose | what |
//! |---|---|---|
//! | [`Timer`] | the sleeping future's | its end of an entry: poll, re-arm, cancel by drop |
//! | [`Dormant`] | an M's | a cancelled timer, whose entry the next one can have if it is still in a queue |
//! | [`Entry`](timer::Entry) | shared | one word that says when, or what became of it, and a waker |
//! | [`Timers`] | a P slot's | a queue of entries under a small lock, with the earliest time readable without |
//! | [`Clock`] | a runtime's | nanoseconds since it was made; can be paused and advanced |
//!
//! The queue is a heap for what comes next and a wheel for the rest. It owns its entries. Cancelling is an exchange of the
//! entry's word and leaves the dead entry where it is, for the next timer of the same M, if that comes first; arming for a later time is an exchange too, and the queue notices
//! when the old time has come. Arming for an earlier time is a cancellation and a new entry. So nobody but who adds and who
//! fires takes the queue's lock.
//!
//! Times are `u64` nanoseconds on the runtime's [`Clock`]. What fires is returned as wakers, never woken under the lock.
//!
//! Internal to gmp: no semver promise.
//!
//! Go: runtime/time.go

pub mod clock;
pub mod timer;
mod shared;
mod heap;
mod queue;
pub mod timers;
#[cfg(test)]
mod testing;

pub use clock::{Clock, WrongState};
pub use timer::{Dormant, Fired, LATEST, Timer};
pub use timers::{NEVER, Timers};
