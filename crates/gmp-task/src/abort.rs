//! [`AbortHandle`]: cancels a task from anywhere.
//!
//! Go: none — a goroutine can't be cancelled from outside.

use crate::g::{self, Gp};
use crate::id::Id;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// An owned permission to abort a spawned task, without awaiting its completion.
///
/// Unlike a [`JoinHandle`](crate::JoinHandle), an `AbortHandle` does not represent the permission to await the task's
/// completion, only to terminate it. Dropping it does not detach the task, and does not abort it either.
///
/// # Examples
/// ```
/// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
/// # rt.block_on(async {
/// let handle = gmp::spawn(std::future::pending::<()>());
/// let abort = handle.abort_handle();
/// std::thread::spawn(move || abort.abort());
/// assert!(handle.await.unwrap_err().is_cancelled());
/// # })
/// ```
pub struct AbortHandle {
    gp: Gp,
}

// SAFETY: the handle reaches the state word only, which is shared by design.
unsafe impl Send for AbortHandle {}
// SAFETY: as above.
unsafe impl Sync for AbortHandle {}

impl UnwindSafe for AbortHandle {}
impl RefUnwindSafe for AbortHandle {}

impl AbortHandle {
    /// # Safety
    /// The G must count a reference for this handle.
    pub(crate) unsafe fn from_gp(gp: Gp) -> Self {
        Self { gp }
    }

    fn header(&self) -> &g::Header {
        // SAFETY: the handle's reference keeps the header.
        unsafe { self.gp.as_ref() }
    }

    /// Aborts the task associated with the handle.
    ///
    /// See [`JoinHandle::abort`](crate::JoinHandle::abort).
    pub fn abort(&self) {
        // SAFETY: the handle's reference is there for the call.
        unsafe { g::abort(self.gp) }
    }

    /// Checks if the task associated with this `AbortHandle` has finished.
    ///
    /// # Examples
    /// ```
    /// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// # rt.block_on(async {
    /// let handle = gmp::spawn(async {});
    /// let abort = handle.abort_handle();
    /// handle.await.unwrap();
    /// assert!(abort.is_finished());
    /// # })
    /// ```
    pub fn is_finished(&self) -> bool {
        self.header().status.load().is_dead()
    }

    /// Returns a task [`Id`] that uniquely identifies this task.
    ///
    /// # Examples
    /// ```
    /// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// # rt.block_on(async {
    /// let handle = gmp::spawn(async {});
    /// assert_eq!(handle.abort_handle().id(), handle.id());
    /// # })
    /// ```
    pub fn id(&self) -> Id {
        self.header().id()
    }
}

impl Clone for AbortHandle {
    fn clone(&self) -> Self {
        self.header().status.ref_inc();
        Self { gp: self.gp }
    }
}

impl Drop for AbortHandle {
    fn drop(&mut self) {
        // SAFETY: the handle's own reference, used for the last time.
        unsafe { g::drop_ref(self.gp) }
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("id", &self.id()).finish()
    }
}
