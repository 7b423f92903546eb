//! Asynchronous green threads: tasks (Go: goroutines).
//!
//! A task is spawned with [`spawn`], runs on the current runtime and is polled whenever it has been woken. What it returns is
//! had by awaiting its [`JoinHandle`]; dropping the handle lets the task go on by itself.
//!
//! ```
//! # #[gmp::main]
//! # async fn main() {
//! let task = gmp::task::spawn(async { "hello" });
//! assert_eq!(task.await.unwrap(), "hello");
//! # }
//! ```
//!
//! # Cancellation
//! [`JoinHandle::abort`] and [`AbortHandle::abort`] cancel a task: its future is dropped at its next turn. A task inside a
//! poll is cancelled when the poll ends. Awaiting the handle tells when that has happened.
//!
//! # Panics
//! A panic ends the task and nothing else. It is in the [`JoinError`]; if there is no handle that could tell, the task's id
//! and where it was spawned are printed to stderr.

mod spawn;
mod local_set;
mod lock_os_thread;
mod spawn_local;
mod blocking;
mod yield_now;
mod builder;
#[cfg(any(
    feature = "fs",
    feature = "io-std",
    feature = "net",
    feature = "time",
    all(unix, any(feature = "process", feature = "signal"))
))]
pub(crate) mod leaf;

pub mod join_set;

/// Cooperative scheduling: the poll budget, tokio's own, which the runtime shares.
///
/// Each time a task is polled it has a budget, which operations on ready resources use up; when it is gone they return
/// `Pending`, so that the task yields.
pub mod coop {
    pub use tokio::task::coop::{
        Coop, RestoreOnPending, Unconstrained, consume_budget, cooperative, has_budget_remaining, poll_proceed,
        unconstrained,
    };
}

#[cfg(feature = "rt-multi-thread")]
pub use blocking::block_in_place;
pub use blocking::spawn_blocking;
pub use builder::Builder;
pub use coop::{Unconstrained, consume_budget, unconstrained};
pub use gmp_task::{AbortHandle, Id, JoinError, JoinHandle};
pub use join_set::JoinSet;
pub use local_set::{LocalEnterGuard, LocalSet};
pub use lock_os_thread::{OsThreadGuard, lock_os_thread};
pub use spawn::spawn;
pub use spawn_local::spawn_local;
pub use tokio::task::LocalKey;
pub use tokio::task::futures;
pub use yield_now::yield_now;

/// Returns the [`Id`] of the currently running task.
///
/// # Panics
/// If called from outside of a task: also in the future that is given to
/// [`Runtime::block_on`](crate::runtime::Runtime::block_on).
///
/// # Examples
/// ```
/// # gmp::runtime::Runtime::new().unwrap().block_on(async {
/// let task = gmp::spawn(async { gmp::task::id() });
/// let id = task.id();
/// assert_eq!(task.await.unwrap(), id);
/// # })
/// ```
#[track_caller]
pub fn id() -> Id {
    try_id().expect("Can't get a task id when not inside a task")
}

/// Returns the [`Id`] of the currently running task, or `None` outside of one.
///
/// # Examples
/// ```
/// assert_eq!(gmp::task::try_id(), None);
/// ```
#[track_caller]
pub fn try_id() -> Option<Id> {
    gmp_sched::current_task_id()
}
