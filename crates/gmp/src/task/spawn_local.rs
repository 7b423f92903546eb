//! [`spawn_local`]: a task that stays on the calling thread.

use crate::runtime::local_runtime;
use crate::task::{JoinHandle, local_set};
use gmp_sched::local_runtime::ThreadNumber;
use std::future::Future;
use std::panic::Location;

/// Spawns a task onto the current [`LocalRuntime`](crate::runtime::LocalRuntime) or else the current
/// [`LocalSet`](crate::task::LocalSet). Its future needn't be `Send`: it is polled and dropped on the calling thread.
///
/// The task starts at its next turn, whether its handle is awaited or not. Inside of a `LocalSet`, [`spawn`](crate::spawn) spawns
/// onto the runtime as ever; only this function spawns onto the set.
///
/// # Panics
/// If called outside of a `LocalSet` and of a `LocalRuntime`, or if the current runtime is a `LocalRuntime` of another thread.
///
/// # Examples
/// ```
/// use gmp::task::{LocalSet, spawn_local};
/// use std::rc::Rc;
///
/// # #[gmp::main]
/// # async fn main() {
/// let data = Rc::new(String::from("stays here"));
/// LocalSet::new()
///     .run_until(async move {
///         let task = spawn_local(async move { data.len() });
///         assert_eq!(task.await.unwrap(), 10);
///     })
///     .await;
/// # }
/// ```
///
/// With the local flavour a set isn't needed:
/// ```
/// # use gmp::task::spawn_local;
/// #[gmp::main(flavor = "local")]
/// async fn main() {
///     let data = std::rc::Rc::new(5);
///     assert_eq!(*spawn_local(async move { data }).await.unwrap(), 5);
/// }
/// ```
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    spawn_named(future, Location::caller(), None)
}

/// With a name, if there is one.
#[track_caller]
pub(super) fn spawn_named<F>(
    future: F,
    spawned_at: &'static Location<'static>,
    name: Option<&str>,
) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    if let Some(sched) = gmp_sched::current().filter(|sched| sched.config.owner.is_some()) {
        assert!(
            sched.config.owner == Some(ThreadNumber::current()),
            "Local tasks can only be spawned on a LocalRuntime from the thread the runtime was created on"
        );
        return local_runtime::spawn_on(&sched, future, spawned_at, name);
    }
    match gmp_sched::local::current() {
        Some(local) => local_set::spawn_on(&local, future, spawned_at, name),
        None => panic!("`spawn_local` called from outside of a `task::LocalSet` or `runtime::LocalRuntime`"),
    }
}
