//! [`AsyncFd`]: making one. What makes it is unsafe, since the descriptor of a value is but a number that the value says.
//!
//! Go: os/file_unix.go (NewFile)

#![allow(
    unsafe_code,
    reason = "tokio's constructors are unsafe functions, and lending the descriptor rests on their promise"
)]

use super::{AsyncFd, AsyncFdRegisterError};
use crate::io::Interest;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

impl<T: AsRawFd> AsyncFd<T> {
    /// Puts the descriptor of `inner` into the poller, for reading and writing.
    ///
    /// # Errors
    /// What the system says when the descriptor is registered; `inner` is in the error.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Safety
    /// `inner.as_raw_fd()` is an open descriptor. Until the `AsyncFd` is dropped or [taken apart](Self::into_inner), it stays open and
    /// belongs to the same open file, and `as_raw_fd` says the same.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::unix::AsyncFd;
    /// use std::os::unix::net::UnixStream;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register(here)? };
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub unsafe fn register(inner: T) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::registered(inner, Interest::READABLE | Interest::WRITABLE)
    }

    /// Puts the descriptor of `inner` into the poller, for what `interest` names.
    ///
    /// # Errors
    /// What the system says when the descriptor is registered; `inner` is in the error.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Safety
    /// As [`register`](Self::register).
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    /// use gmp::io::unix::AsyncFd;
    /// use std::os::unix::net::UnixStream;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register_with_interest(here, Interest::READABLE)? };
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub unsafe fn register_with_interest(inner: T, interest: Interest) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::registered(inner, interest)
    }

    /// [`register`](Self::register), without its warning.
    ///
    /// # Errors
    /// What the system says when the descriptor is registered.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    #[track_caller]
    #[deprecated(note = "the promise that it needs is unsafe: use `AsyncFd::register`")]
    pub fn new(inner: T) -> io::Result<Self> {
        Ok(Self::registered(inner, Interest::READABLE | Interest::WRITABLE)?)
    }

    /// [`register_with_interest`](Self::register_with_interest), without its warning.
    ///
    /// # Errors
    /// What the system says when the descriptor is registered.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// See [`register_with_interest`](Self::register_with_interest).
    #[track_caller]
    #[deprecated(note = "the promise that it needs is unsafe: use `AsyncFd::register_with_interest`")]
    pub fn with_interest(inner: T, interest: Interest) -> io::Result<Self> {
        Ok(Self::registered(inner, interest)?)
    }

    /// [`register`](Self::register), without its warning.
    ///
    /// # Errors
    /// What the system says when the descriptor is registered; `inner` is in the error.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// See [`register`](Self::register).
    #[track_caller]
    #[deprecated(note = "the promise that it needs is unsafe: use `AsyncFd::register`")]
    pub fn try_new(inner: T) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::registered(inner, Interest::READABLE | Interest::WRITABLE)
    }

    /// [`register_with_interest`](Self::register_with_interest), without its warning.
    ///
    /// # Errors
    /// What the system says when the descriptor is registered; `inner` is in the error.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// See [`register_with_interest`](Self::register_with_interest).
    #[track_caller]
    #[deprecated(note = "the promise that it needs is unsafe: use `AsyncFd::register_with_interest`")]
    pub fn try_with_interest(inner: T, interest: Interest) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::registered(inner, interest)
    }
}

impl<T: AsRawFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: it is open while `self` is there: whoever has made it has promised that.
        unsafe { BorrowedFd::borrow_raw(self.as_raw_fd()) }
    }
}
