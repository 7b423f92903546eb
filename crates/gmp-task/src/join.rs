//! [`JoinHandle`]: an owned permission to await the result of a task.
//!
//! Go: none — a goroutine has no result.

use crate::abort::AbortHandle;
use crate::error::JoinError;
use crate::g::{self, Gp};
use crate::id::Id;
use crate::status::{Dead, JoinDropped};
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// An owned permission to join on a task (await its termination).
///
/// A `JoinHandle` *detaches* the associated task when it is dropped: there is no longer any handle to the task and no
/// way to join on it, but the task goes on.
///
/// Awaiting it gives `Ok` with the task's output, or a [`JoinError`] if the task panicked or was cancelled.
///
/// # Cancel safety
/// The `&mut JoinHandle<T>` type is cancel safe. If it is used as the event in a `select!` statement and some other
/// branch completes first, the output of the task is not lost.
///
/// # Examples
/// ```
/// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
/// # rt.block_on(async {
/// let handle = gmp::spawn(async { 1 + 1 });
/// assert_eq!(handle.await.unwrap(), 2);
/// # })
/// ```
pub struct JoinHandle<T> {
    gp: Gp,
    output: PhantomData<T>,
}

// SAFETY: the handle moves the output to its thread, so `T: Send` is needed; the G itself is shared by design.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: a shared handle gives no access to the output.
unsafe impl<T: Send> Sync for JoinHandle<T> {}

impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}
impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// # Safety
    /// The G must count a reference and JOIN_INTEREST for this handle, and its output must be of type `T`.
    pub(crate) unsafe fn from_gp(gp: Gp) -> Self {
        Self { gp, output: PhantomData }
    }

    fn header(&self) -> &g::Header {
        // SAFETY: the handle's reference keeps the header.
        unsafe { self.gp.as_ref() }
    }

    /// Aborts the task associated with the handle.
    ///
    /// Awaiting a cancelled task might complete as usual if the task was already completed at the time it was cancelled,
    /// but most likely it will fail with a [cancelled](JoinError::is_cancelled) `JoinError`. The task's future is dropped
    /// by the runtime, not by this call: await the handle to be sure that it is gone.
    ///
    /// # Examples
    /// ```
    /// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// # rt.block_on(async {
    /// let handle = gmp::spawn(std::future::pending::<()>());
    /// handle.abort();
    /// assert!(handle.await.unwrap_err().is_cancelled());
    /// # })
    /// ```
    pub fn abort(&self) {
        // SAFETY: the handle's reference is there for the call.
        unsafe { g::abort(self.gp) }
    }

    /// Checks if the task associated with this `JoinHandle` has finished.
    ///
    /// This can be false right after [`abort`](Self::abort): cancelling takes time.
    ///
    /// # Examples
    /// ```
    /// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, rx) = gmp::sync::oneshot::channel::<()>();
    /// let handle = gmp::spawn(rx);
    /// assert!(!handle.is_finished());
    /// drop(tx);
    /// while !handle.is_finished() {
    ///     gmp::task::yield_now().await;
    /// }
    /// # })
    /// ```
    pub fn is_finished(&self) -> bool {
        self.header().status.load().is_dead()
    }

    /// Returns a new [`AbortHandle`] that can be used to remotely abort this task.
    ///
    /// # Examples
    /// ```
    /// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// # rt.block_on(async {
    /// let handle = gmp::spawn(std::future::pending::<()>());
    /// let abort = handle.abort_handle();
    /// abort.abort();
    /// assert!(handle.await.unwrap_err().is_cancelled());
    /// # })
    /// ```
    #[must_use = "abort handles do nothing unless `.abort` is called"]
    pub fn abort_handle(&self) -> AbortHandle {
        self.header().status.ref_inc();
        // SAFETY: the reference just counted is the new handle's.
        unsafe { AbortHandle::from_gp(self.gp) }
    }

    /// Returns a task [`Id`] that uniquely identifies this task.
    ///
    /// # Examples
    /// ```
    /// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// # rt.block_on(async {
    /// let handle = gmp::spawn(async { gmp::task::id() });
    /// let id = handle.id();
    /// assert_eq!(handle.await.unwrap(), id);
    /// # })
    /// ```
    pub fn id(&self) -> Id {
        self.header().id
    }

    /// Registers `waker` if the task isn't dead; says whether the output can be read.
    #[inline]
    fn poll_dead(&mut self, waker: &Waker) -> bool {
        self.header().status.load().is_dead() || self.register(waker)
    }

    /// See [`poll_dead`](Self::poll_dead). Apart, so that a task that is dead already pays nothing for it.
    #[inline(never)]
    fn register(&mut self, waker: &Waker) -> bool {
        let header = self.header();
        // While JOIN_WAKER is set the waker is lent to whoever completes the G: it is taken back first.
        let mut old = None;
        if header.status.has_join_waker() {
            if header.status.unset_join_waker().is_err() {
                return true;
            }
            // SAFETY: the bit is clear, and was when the G died if it has died since: the waker is the handle's.
            old = header.join_waker.with_mut(|slot| unsafe { (*slot).take() });
        }
        // Cloning and dropping may be user code, and panic: the slot is empty meanwhile.
        let new = match old.take_if(|old| old.will_wake(waker)) {
            Some(same) => same,
            None => waker.clone(),
        };
        // SAFETY: as above; the slot is empty.
        header.join_waker.with_mut(|slot| unsafe { *slot = Some(new) });
        let is_dead = match header.status.set_join_waker() {
            Ok(()) => false,
            Err(Dead) => {
                // SAFETY: the G died with JOIN_WAKER clear: the waker has stayed the handle's.
                let unused = header.join_waker.with_mut(|slot| unsafe { (*slot).take() });
                drop(unused);
                true
            }
        };
        drop(old);
        is_dead
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Who has to wait pays nothing for the budget: there is no progress.
        if !self.poll_dead(cx.waker()) {
            return Poll::Pending;
        }
        // One budget for everything: a loop over handles that are ready must yield too.
        std::task::ready!(tokio::task::coop::poll_proceed(cx)).made_progress();
        let mut output = MaybeUninit::<Poll<Self::Output>>::uninit();
        let take_output = self.header().vtable.take_output;
        // SAFETY: the G is dead and died with JOIN_INTEREST, so the output is this handle's; it is of type `T`.
        unsafe { take_output(self.gp, output.as_mut_ptr().cast()) };
        // SAFETY: the call has returned, so it has written.
        unsafe { output.assume_init() }
    }
}

impl<T> Drop for JoinHandle<T> {
    #[inline]
    fn drop(&mut self) {
        let header = self.header();
        match header.status.drop_join_handle() {
            JoinDropped::Nothing => {}
            // SAFETY: the bits are cleared and the G wasn't dead: waker and reference are ours.
            JoinDropped::DropWaker => unsafe { drop_join_waker(self.gp) },
            // SAFETY: the G is dead and died with JOIN_INTEREST: the output is ours, and the handle's own reference is used for
            // the last time.
            JoinDropped::DropOutput => unsafe { (header.vtable.drop_joined)(self.gp) },
        }
    }
}

/// Drops a join waker that was passed on and has been taken back, and the join handle's reference.
///
/// # Safety
/// Both must be the caller's; the reference isn't used afterwards.
#[cold]
unsafe fn drop_join_waker(gp: Gp) {
    // SAFETY: the reference keeps the header.
    let header = unsafe { gp.as_ref() };
    // SAFETY: the waker is the caller's.
    let waker = header.join_waker.with_mut(|slot| unsafe { (*slot).take() });
    // A panic of a user's waker must not keep the reference from being dropped.
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(waker)));
    // SAFETY: the caller's promise.
    unsafe { g::drop_ref(gp) };
    if let Err(payload) = dropped {
        // Two panics at a time would abort.
        if !std::thread::panicking() {
            std::panic::resume_unwind(payload);
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("id", &self.id()).finish()
    }
}
