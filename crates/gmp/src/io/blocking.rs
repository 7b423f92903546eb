//! Where a call runs that may block its thread.
//!
//! On an M of a `multi_thread` runtime it runs in place, in a blocking section: it costs what the system call costs, and if it takes
//! long another thread takes the P over. Anywhere else nobody could: there it goes to a thread of the pool. Everything in
//! [`fs`](crate::fs) and of the standard streams that may block asks here.
//!
//! Go: runtime/proc.go (entersyscall): files are read by the M that has the G

pub(crate) mod buf;

use crate::task::{coop, spawn_blocking};
use std::borrow::Borrow;
use std::future::poll_fn;
use std::io::{self, ErrorKind};

pub(crate) use gmp_sched::{can_hand_off as in_place, section};

/// tokio's words for a job that the pool has not done.
pub(crate) const JOB_LOST: &str = "background task failed";

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
    let budget = poll_fn(coop::poll_proceed).await;
    if in_place() {
        let result = section(|| f(what));
        budget.made_progress();
        return result;
    }
    // The handle of the job counts for itself.
    drop(budget);
    let what = what.to_owned();
    spawn_blocking(move || f(what.borrow())).await.unwrap_or_else(|_| Err(io::Error::other(JOB_LOST)))
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
    let budget = poll_fn(coop::poll_proceed).await;
    if in_place() {
        let result = section(|| f(one, two));
        budget.made_progress();
        return result;
    }
    drop(budget);
    let (one, two) = (one.to_owned(), two.to_owned());
    spawn_blocking(move || f(one.borrow(), two.borrow())).await.unwrap_or_else(|_| Err(io::Error::other(JOB_LOST)))
}

/// Calls `f` again while a signal interrupts it.
pub(crate) fn uninterrupted<T>(mut f: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match f() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
