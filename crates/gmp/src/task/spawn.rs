//! [`spawn`]: the `go` statement.

use crate::runtime::NO_RUNTIME;
use crate::task::JoinHandle;
use gmp_sched::proc::newproc;
use std::future::Future;
use std::panic::Location;

/// Spawns a new asynchronous task on the current runtime, returning a [`JoinHandle`] for it.
///
/// The task starts at once, whether the handle is awaited or not. There is no guarantee that it runs to its end: when the
/// runtime is shut down, all tasks are cancelled.
///
/// # Panics
/// If called outside of a runtime's context.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() {
/// let tasks: Vec<_> = (0..10).map(|i| gmp::spawn(async move { i * i })).collect();
/// let mut sum = 0;
/// for task in tasks {
///     sum += task.await.unwrap();
/// }
/// assert_eq!(sum, 285);
/// # }
/// ```
#[track_caller]
#[doc(alias = "go")]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let spawned_at = Location::caller();
    let handle = if size_of::<F>() > newproc::BOX_ABOVE {
        newproc::newproc_current(Box::pin(future), spawned_at)
    } else {
        newproc::newproc_current(future, spawned_at)
    };
    match handle {
        Some(handle) => handle,
        None => panic!("{NO_RUNTIME}"),
    }
}
