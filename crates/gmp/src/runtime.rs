//! The runtime: a scheduler for tasks, and a pool for blocking jobs.
//!
//! Most programs get one from [`#[gmp::main]`](crate::main); [`Builder`] makes one by hand, for a library or a program
//! that is synchronous otherwise:
//!
//! ```
//! use gmp::runtime::Runtime;
//!
//! let rt = Runtime::new()?;
//! let answer = rt.block_on(async { gmp::spawn(async { 42 }).await.unwrap() });
//! assert_eq!(answer, 42);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Flavours
//! * [`multi_thread`](Builder::new_multi_thread): as many Ps as there are CPUs, threads started on demand, tasks go
//!   where there is room.
//! * [`current_thread`](Builder::new_current_thread): the thread that calls [`Runtime::block_on`] runs everything, first
//!   in, first out.
//! * [`local`](LocalRuntime): the same, bound to the thread that made it, so that tasks may be spawned that aren't `Send`.
//!
//! # What is promised
//! * A task that is woken is polled again, by one thread at a time.
//! * A task waits for a bounded number of turns only: tasks that wake each other in a circle, or themselves, leave room
//!   for others.
//! * When a runtime is dropped, every task is cancelled and its future dropped, once. Blocking jobs that run are waited
//!   for; see [`Runtime::shutdown_timeout`].
//! * Wakers, handles and join handles that outlive the runtime are inert: waking does nothing, awaiting a task gives a
//!   [cancelled](crate::task::JoinError::is_cancelled) error.
//!
//! * In a `multi_thread` runtime, a task that blocks its thread or computes without a pause stalls nobody else: no other task, timer
//!   or socket. Nothing has to be said for it; what follows says how late the others can be.
//!
//! # What is not
//! * A poll can't be interrupted. So futures that are joined in the same task wait for each other, and tasks of a
//!   [`LocalSet`](crate::task) do, and everything in a `current_thread` runtime, which has one thread.
//! * A thread is found blocked after a few milliseconds, not at once: [`block_in_place`](crate::task::block_in_place) and
//!   [`spawn_blocking`](crate::task::spawn_blocking) say so in advance. Computing counts as a stall after 10 ms, and with all CPUs
//!   computing the others get their share of them, not more.
//!
//! # Behaviour at the time of writing
//! A task that is woken runs next on the P of its waker, ahead of its queue; every 61st turn a P looks into the global queue
//! first, and moves such a task to the end of the queue. An idle P takes half of another's queue.

use std::error::Error;
use std::io;

mod builder;
mod handle;
mod histogram;
pub(crate) mod local_runtime;
mod metrics;
mod rt;
mod seed;

pub use builder::Builder;
pub use gmp_arch as arch;
pub use gmp_sched::{BootRecord, Pin, StallKind, StalledPoll, TaskMeta, UnhandledPanic};
pub use handle::{EnterGuard, Handle, Id, RuntimeFlavor, TryCurrentError};
pub use histogram::{
    HistogramConfiguration, HistogramScale, InvalidHistogramConfiguration, LogHistogram, LogHistogramBuilder,
};
pub use local_runtime::{LocalOptions, LocalRuntime};
pub use metrics::RuntimeMetrics;
pub use rt::Runtime;
pub use seed::RngSeed;

/// Checks whether the error says that its runtime has been shut down: what sockets return from then on.
///
/// # Examples
/// ```
/// use gmp::runtime::is_rt_shutdown_err;
///
/// assert!(!is_rt_shutdown_err(&std::io::Error::other("something else")));
/// ```
pub fn is_rt_shutdown_err(err: &io::Error) -> bool {
    let words = |inner: &(dyn Error + Send + Sync)| inner.source().is_none() && inner.to_string() == SHUTTING_DOWN;
    err.kind() == io::ErrorKind::Other && err.get_ref().is_some_and(words)
}

/// tokio's words for a runtime that has ended.
pub(crate) const SHUTTING_DOWN: &str = "A Tokio 1.x context was found, but it is being shutdown.";

/// The words that tokio has for a missing runtime; libraries and tests look for them.
pub(crate) const NO_RUNTIME: &str =
    "there is no reactor running, must be called from the context of a Tokio 1.x runtime";

/// tokio's words for a clock that can't be paused.
pub(crate) const PAUSE_NEEDS_CURRENT_THREAD: &str = "`time::pause()` requires the `current_thread` Tokio runtime. This is \
                                                     the default Runtime used by `#[tokio::test].";

/// The index of the worker (the P) on which the current task runs.
///
/// `None` outside of a runtime's workers: on other threads, on the threads of [`spawn_blocking`], and in the future given
/// to [`Runtime::block_on`] of a `multi_thread` runtime.
///
/// [`spawn_blocking`]: crate::task::spawn_blocking
///
/// # Examples
/// ```
/// let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
/// rt.block_on(async {
///     assert_eq!(gmp::runtime::worker_index(), None);
///     gmp::spawn(async { assert_eq!(gmp::runtime::worker_index(), Some(0)) }).await.unwrap();
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn worker_index() -> Option<usize> {
    gmp_sched::getg::worker_index()
}
