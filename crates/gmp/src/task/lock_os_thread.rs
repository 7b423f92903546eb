//! [`lock_os_thread`]: a task that stays on one thread, alone.

use gmp_sched::proc::lockedm;

/// Locks the current task to its thread, until the guard is dropped. tokio has no such thing; Go has `runtime.LockOSThread`.
///
/// From here on this task is polled on this thread only, and this thread runs nothing else: what the task does to it (thread-locals of
/// a C library, a graphics context, a namespace, scheduling attributes) is there again after each `await`, and no other task can see it,
/// or stall this one. The task in turn may block as long as it likes: it stalls nobody, for others have the workers. Its future has to be
/// `Send` all the same; for one that isn't there is [`spawn_local`](crate::task::spawn_local).
///
/// Locks are counted: the task is an ordinary one again when it suspends itself (a pending `await`) after the last guard has been dropped. The
/// guard is `Send`, and any task or thread may drop it. A task that ends gives its thread back too, locked or not; it should have undone
/// what it did to it.
///
/// Where a task can't move anyway nothing is changed: in a `current_thread` runtime, in a
/// [`LocalSet`](crate::task::LocalSet), in the future of [`Runtime::block_on`](crate::runtime::Runtime::block_on) (which has its thread to
/// itself in a `multi_thread` runtime), and outside of tasks.
///
/// # Cost
/// A wake of a locked task is a switch to another thread and back, some microseconds; and each locked task occupies a thread beside the workers.
///
/// # Examples
/// ```
/// use gmp::task::{lock_os_thread, yield_now};
///
/// # #[gmp::main]
/// # async fn main() {
/// let task = gmp::spawn(async {
///     let _locked = lock_os_thread();
///     let thread = std::thread::current().id();
///     for _ in 0..100 {
///         yield_now().await;
///         assert_eq!(std::thread::current().id(), thread);
///     }
/// });
/// task.await.unwrap();
/// # }
/// ```
#[doc(alias = "LockOSThread")]
pub fn lock_os_thread() -> OsThreadGuard {
    OsThreadGuard { _lock: lockedm::lock_os_thread() }
}

/// A task stays locked to its thread while there is one of these. Made by [`lock_os_thread`].
///
/// # Examples
/// ```
/// # gmp::runtime::Runtime::new().unwrap().block_on(async {
/// gmp::spawn(async {
///     let locked = gmp::task::lock_os_thread();
///     gmp::task::yield_now().await;
///     drop(locked); // Go: UnlockOSThread
/// })
/// .await
/// .unwrap();
/// # })
/// ```
#[derive(Debug)]
#[must_use = "the task stays locked only until the guard is dropped"]
#[doc(alias = "UnlockOSThread")]
pub struct OsThreadGuard {
    _lock: lockedm::OsThreadLock,
}
