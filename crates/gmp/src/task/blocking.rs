//! [`spawn_blocking`]: a thread for what blocks.

use crate::runtime::Handle;
use crate::task::JoinHandle;

/// Runs the function on a thread where blocking is acceptable, and returns a handle to its result.
///
/// A job that has begun cannot be aborted: aborting has an effect only while it waits for a thread.
///
/// # Panics
/// If called outside of a runtime's context, or if no thread can be had.
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
