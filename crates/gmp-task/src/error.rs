//! [`JoinError`]: why a task has no output.
//!
//! Go: none — a goroutine has no result, and its panic ends the process.

use crate::id::Id;
use std::any::Any;
use std::sync::Mutex;
use std::{fmt, io};

/// Task failed to execute to completion.
///
/// # Examples
/// ```
/// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
/// # rt.block_on(async {
/// let task = gmp::spawn(async { panic!("boom") });
/// let id = task.id();
/// let error = task.await.unwrap_err();
/// assert_eq!(error.id(), id);
/// assert!(error.is_panic() && !error.is_cancelled());
/// assert_eq!(error.to_string(), format!("task {id} panicked with message \"boom\""));
/// # })
/// ```
pub struct JoinError {
    repr: Repr,
    id: Id,
}

enum Repr {
    Cancelled,
    // The mutex makes the error `Sync`: a payload is `Send` only.
    Panic(Mutex<Box<dyn Any + Send + 'static>>),
}

impl JoinError {
    pub(crate) fn cancelled(id: Id) -> Self {
        Self { repr: Repr::Cancelled, id }
    }

    pub(crate) fn panic(id: Id, payload: Box<dyn Any + Send + 'static>) -> Self {
        Self { repr: Repr::Panic(Mutex::new(payload)), id }
    }

    /// Shows the panic's payload, if there is one.
    pub(crate) fn with_payload<R>(&self, f: impl FnOnce(Option<&(dyn Any + Send)>) -> R) -> R {
        match &self.repr {
            Repr::Cancelled => f(None),
            Repr::Panic(payload) => f(Some(&**payload.lock().unwrap_or_else(std::sync::PoisonError::into_inner))),
        }
    }

    /// Returns true if the error was caused by the task being cancelled.
    ///
    /// A task is cancelled by [`JoinHandle::abort`](crate::JoinHandle::abort), by
    /// [`AbortHandle::abort`](crate::AbortHandle::abort) or by the shutdown of its runtime.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.repr, Repr::Cancelled)
    }

    /// Returns true if the error was caused by the task panicking.
    ///
    /// # Examples
    /// ```
    /// # let rt = gmp::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let err = gmp::spawn(async { panic!("boom") }).await.unwrap_err();
    /// assert!(err.is_panic());
    /// # })
    /// ```
    pub fn is_panic(&self) -> bool {
        matches!(self.repr, Repr::Panic(_))
    }

    /// Consumes the join error, returning the object with which the task panicked.
    ///
    /// # Panics
    /// Panics if the error does not represent a panic. Use [`is_panic`](Self::is_panic) or
    /// [`try_into_panic`](Self::try_into_panic) to find out.
    ///
    /// # Examples
    /// ```
    /// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// # rt.block_on(async {
    /// let error = gmp::spawn(async { panic!("boom") }).await.unwrap_err();
    /// // The panic goes on here.
    /// let caught = std::panic::catch_unwind(|| std::panic::resume_unwind(error.into_panic()));
    /// assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"boom"));
    /// # })
    /// ```
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        self.try_into_panic().expect("`JoinError` reason is not a panic.")
    }

    /// Consumes the join error, returning the object with which the task panicked, or the error itself.
    ///
    /// # Errors
    /// Returns the join error back if it does not represent a panic.
    ///
    /// # Examples
    /// ```
    /// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// # rt.block_on(async {
    /// let task = gmp::spawn(std::future::pending::<()>());
    /// task.abort();
    /// let error = task.await.unwrap_err();
    /// assert!(error.try_into_panic().unwrap_err().is_cancelled());
    /// # })
    /// ```
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, JoinError> {
        match self.repr {
            Repr::Panic(payload) => Ok(payload.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)),
            Repr::Cancelled => Err(self),
        }
    }

    /// Returns a task [`Id`] that identifies the task which errored.
    pub fn id(&self) -> Id {
        self.id
    }
}

/// The text of a panic's payload, if it has one.
pub fn panic_message(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&'static str>().copied())
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repr {
            Repr::Cancelled => write!(f, "task {} was cancelled", self.id),
            Repr::Panic(payload) => {
                let payload = payload.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match panic_message(&**payload) {
                    Some(text) => write!(f, "task {} panicked with message {text:?}", self.id),
                    None => write!(f, "task {} panicked", self.id),
                }
            }
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repr {
            Repr::Cancelled => write!(f, "JoinError::Cancelled({:?})", self.id),
            Repr::Panic(payload) => {
                let payload = payload.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match panic_message(&**payload) {
                    Some(text) => write!(f, "JoinError::Panic({:?}, {text:?}, ...)", self.id),
                    None => write!(f, "JoinError::Panic({:?}, ...)", self.id),
                }
            }
        }
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for io::Error {
    fn from(err: JoinError) -> io::Error {
        io::Error::other(if err.is_cancelled() { "task was cancelled" } else { "task panicked" })
    }
}
