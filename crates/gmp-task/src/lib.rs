//! The G: a future that can be queued, polled, woken, awaited and cancelled.
//!
//! One allocation ([`cell`]): the [`Header`] (state word, queue link, vtable, scheduler, id, spawn site, join waker), then the
//! future or its output. Everything outside this crate holds a [`Gp`], the pointer to the header.
//!
//! # Who holds a reference
//! The state word counts: one *life* reference from the birth of the G to its death, whoever has it queued or polls
//! it; one for the [`JoinHandle`]; one for each [`Waker`](std::task::Waker) and each [`AbortHandle`]. The last one
//! frees memory and nothing else: future and output are gone by then, so the last waker may be dropped anywhere.
//!
//! # Who may touch which field
//! | field | who, when |
//! |---|---|
//! | state word | anyone with a reference, by the transitions of [`status`] |
//! | queue link | the queue that holds the G, while RUNNABLE and not RUNNING |
//! | place in the list of all Gs | who has set RUNNING writes; the list, under the lock of the shard, moves |
//! | future | who has set RUNNING (one thread, by the state word) |
//! | output | written by who has set RUNNING; after DEAD by the join handle if JOIN_INTEREST was set then, else by who set DEAD |
//! | join waker | the join handle while JOIN_WAKER is clear, or DEAD is set and JOIN_WAKER was clear then; who sets DEAD if JOIN_WAKER is set |
//! | the rest | immutable after birth |
//!
//! # Local Gs
//! A future that isn't `Send` is a G too ([`cell::newg`] asks for no `Send`). Its proof:
//! * The future is touched by who has set RUNNING, in [`g::run`] and [`g::shutdown`] and nowhere else. Both ask
//!   [`Schedule::check_owner`] first, which for such a G throws on any thread but the one that made it; in release builds too.
//! * The output is written, and dropped if nobody will read it, by who has set RUNNING; else it is the join handle's, which is
//!   `Send` only if the output is.
//! * Wakers and abort handles reach the state word only: whichever thread drops the last one frees memory and nothing else.
//!
//! So nothing that isn't `Send` is reached from another thread, whatever the scheduler does with its queues: a mistake there is
//! a throw, not undefined behaviour.
//!
//! # The scheduler's part
//! A G reaches its scheduler through [`Schedule`], whose functions are behind the vtable. The scheduler must outlive
//! every G that isn't dead; a dead G never looks at it.
//!
//! Internal to gmp: no semver promise, the types that the facade re-exports excepted.
//!
//! Go: runtime/runtime2.go (type g), runtime/proc.go (casgstatus, newproc1, gopark, goready, goexit0)

pub mod id;
pub mod error;
pub mod status;
pub mod g;
pub mod gfree;
pub mod schedule;
pub mod cell;
pub mod waker;
pub mod poll;
pub mod join;
pub mod abort;
pub mod allgs;

pub use abort::AbortHandle;
pub use allgs::AllGs;
pub use error::JoinError;
pub use g::{Gp, Header};
pub use id::Id;
pub use join::JoinHandle;
pub use poll::Ran;
pub use schedule::{NewG, Schedule};

#[cfg(test)]
mod testing;
