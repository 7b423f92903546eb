//! [`spawn_blocking`]: a thread for what blocks. [`block_in_place`]: to block here and now.

use crate::runtime::Handle;
use crate::task::JoinHandle;

/// Runs the function on a thread where blocking is acceptable, and returns a handle to its result.
///
/// A job that has begun cannot be aborted: aborting has an effect only while it waits for a thread. Jobs begin in the order of
/// their submission. A panic of the job becomes the error that awaiting the handle gives.
///
/// Each job gets a thread to itself, an idle one or a new one, until there are
/// [`max_blocking_threads`](crate::runtime::Builder::max_blocking_threads); what is submitted beyond that waits. If the system
/// refuses a thread, the job waits too, until a thread is free or until starting one succeeds, which is tried again and again by whoever
/// runs the runtime's tasks, and by the next submission.
///
/// When the runtime ends, jobs that haven't begun are cancelled, and those that have are waited for as
/// [`Runtime::shutdown_timeout`](crate::runtime::Runtime::shutdown_timeout) says. After that this function drops the closure at
/// once, and the handle says that the job was cancelled.
///
/// # Panics
/// If called outside of a runtime's context.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() {
/// let digest = gmp::task::spawn_blocking(|| (1..=20_u64).product::<u64>()).await.unwrap();
/// assert_eq!(digest, 2_432_902_008_176_640_000);
/// # }
/// ```
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    Handle::current().spawn_blocking(f)
}

/// Runs the function, which may block or compute for long, at once on the current thread, without keeping others waiting.
///
/// In a `multi_thread` runtime this says that a blocking section begins; that is all, and costs nanoseconds. If it lasts, the
/// other tasks of this worker go on with another thread (Go: `entersyscall`). Futures that are joined with the calling one in the same task
/// wait, as in any case. Inside the function [`Handle::block_on`] is allowed. Outside of a runtime the function is just called.
///
/// Other runtimes move their queue to another thread first, each time; tasks that block without saying so stall nobody here either, but
/// only after a few milliseconds.
///
/// # Panics
/// In a `current_thread` runtime, where there is no other thread to go on with, and in a [`LocalSet`](crate::task::LocalSet), whose
/// other tasks can go nowhere else.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() {
/// let text = gmp::task::block_in_place(|| std::fs::read_to_string("Cargo.toml")).unwrap();
/// assert!(text.contains("[package]"));
///
/// // From synchronous code back into asynchronous code.
/// let handle = gmp::runtime::Handle::current();
/// let n = gmp::task::block_in_place(|| handle.block_on(async { 42 }));
/// assert_eq!(n, 42);
/// # }
/// ```
#[cfg(feature = "rt-multi-thread")]
#[track_caller]
pub fn block_in_place<F, R>(f: F) -> R
where
    F: FnOnce() -> R,
{
    if !gmp_sched::may_block_in_place() {
        panic!("can call blocking only when running on the multi-threaded runtime");
    }
    gmp_sched::section_out_of_runtime(f)
}
