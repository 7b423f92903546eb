//! Calls of the standard library, in place or by a thread of the pool.
//!
//! Go: os/file_posix.go (ignoringEINTR): a plain call

use crate::io::blocking::{pool, section};
use crate::task::leaf;
use std::borrow::Borrow;
use std::future::poll_fn;
use std::io;

/// tokio's words for a job that the pool has not done.
const JOB_LOST: &str = "background task failed";

/// Calls `f` with `what`: in place, or with a copy of `what` on a thread of the pool. There it runs to its end even if the future is
/// dropped; in place it doesn't begin before the first poll.
///
/// # Panics
/// If it has to go to the pool and there is no runtime.
pub(crate) async fn call<B, T>(what: &B, f: impl FnOnce(&B) -> io::Result<T> + Send + 'static) -> io::Result<T>
where
    B: ToOwned<Owned: Send + 'static> + ?Sized,
    T: Send + 'static,
{
    let budget = poll_fn(leaf::poll_proceed).await;
    let Some(pool) = pool() else {
        let result = section(|| f(what));
        budget.made_progress();
        return result;
    };
    // The handle of the job counts for itself.
    drop(budget);
    let what = what.to_owned();
    pool.spawn_blocking(move || f(what.borrow())).await.unwrap_or_else(|_| Err(io::Error::other(JOB_LOST)))
}

/// As [`call`], with two things.
pub(crate) async fn call_with<A, B, T>(
    one: &A,
    two: &B,
    f: impl FnOnce(&A, &B) -> io::Result<T> + Send + 'static,
) -> io::Result<T>
where
    A: ToOwned<Owned: Send + 'static> + ?Sized,
    B: ToOwned<Owned: Send + 'static> + ?Sized,
    T: Send + 'static,
{
    let budget = poll_fn(leaf::poll_proceed).await;
    let Some(pool) = pool() else {
        let result = section(|| f(one, two));
        budget.made_progress();
        return result;
    };
    drop(budget);
    let (one, two) = (one.to_owned(), two.to_owned());
    pool.spawn_blocking(move || f(one.borrow(), two.borrow())).await.unwrap_or_else(|_| Err(io::Error::other(JOB_LOST)))
}
