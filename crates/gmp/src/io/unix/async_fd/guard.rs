//! [`AsyncFdReadyGuard`]: what was seen of a descriptor, to be kept or cleared.
//!
//! Go: none — a goroutine resets its pollDesc before each wait (internal/poll/fd_poll_runtime.go)

use super::{AsyncFd, TryIoError};
use crate::io::Ready;
use crate::io::registration::ReadyEvent;
use std::fmt;
use std::io;
use std::os::fd::AsRawFd;

/// A descriptor was ready. Whether it still is must be said, by one of the functions here.
///
/// What has become ready after the guard was made is never cleared by it.
///
/// # Examples
/// ```
/// # use gmp::io::unix::AsyncFd;
/// # use std::os::unix::net::UnixStream;
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use std::io::Write;
///
/// let (here, _there) = UnixStream::pair()?;
/// here.set_nonblocking(true)?;
/// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
/// let here = unsafe { AsyncFd::register(here)? };
/// let mut guard = here.writable().await?;
/// if let Ok(result) = guard.try_io(|here| here.get_ref().write(b"hello")) {
///     println!("{} bytes", result?);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "say whether the descriptor is still ready, by a function of the guard"]
pub struct AsyncFdReadyGuard<'a, T: AsRawFd> {
    async_fd: &'a AsyncFd<T>,
    event: Option<ReadyEvent>,
}

impl<'a, Inner: AsRawFd> AsyncFdReadyGuard<'a, Inner> {
    pub(super) fn new(async_fd: &'a AsyncFd<Inner>, event: ReadyEvent) -> Self {
        Self { async_fd, event: Some(event) }
    }

    /// The descriptor isn't ready any longer, for nothing of what the guard has: an operation has met `WouldBlock`.
    ///
    /// It must not be called for another reason. The poller tells of a change only, so a descriptor that is ready in truth would be
    /// waited for in vain.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::{ErrorKind, Write};
    ///
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register(here)? };
    /// let mut guard = here.writable().await?;
    /// match here.get_ref().write(b"hello") {
    ///     Err(error) if error.kind() == ErrorKind::WouldBlock => guard.clear_ready(),
    ///     result => println!("{} bytes", result?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn clear_ready(&mut self) {
        if let Some(event) = self.event.take() {
            self.async_fd.registration().clear_readiness(event);
        }
    }

    /// The descriptor isn't ready any longer for what `ready` names: an operation of that kind has met `WouldBlock`.
    ///
    /// For guards of [`AsyncFd::ready`] with several interests; [`clear_ready`](Self::clear_ready) otherwise, and what is said there
    /// applies.
    ///
    /// # Examples
    /// See [`AsyncFd::ready`].
    pub fn clear_ready_matching(&mut self, ready: Ready) {
        let Some(mut event) = self.event.take() else { return };
        self.async_fd.registration().clear_readiness(event.with_ready(ready));
        event.ready = event.ready - ready;
        self.event = (!event.ready.is_empty()).then_some(event);
    }

    /// The descriptor is still ready, as far as is known. Nothing is done.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register(here)? };
    /// here.writable().await?.retain_ready();
    /// # Ok(())
    /// # }
    /// ```
    pub fn retain_ready(&mut self) {}

    /// What the descriptor was ready for, without what has been cleared through this guard.
    ///
    /// # Examples
    /// See [`AsyncFd::ready`].
    pub fn ready(&self) -> Ready {
        self.event.map_or(Ready::EMPTY, |event| event.ready)
    }

    /// Calls `f`, which is to do one operation on the descriptor, and clears the readiness if that returns `WouldBlock`.
    ///
    /// `f` may return that only if the operation that the guard was made for has met it.
    ///
    /// # Errors
    /// If `f` has returned `WouldBlock`. Its other errors are in the result inside.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::Write;
    ///
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register(here)? };
    /// let n = loop {
    ///     let mut guard = here.writable().await?;
    ///     match guard.try_io(|here| here.get_ref().write(b"hello")) {
    ///         Ok(result) => break result?,
    ///         Err(_would_block) => {}
    ///     }
    /// };
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "with_io")]
    pub fn try_io<R>(
        &mut self,
        f: impl FnOnce(&'a AsyncFd<Inner>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        match f(self.async_fd) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.clear_ready();
                Err(TryIoError::new())
            }
            result => Ok(result),
        }
    }

    /// The [`AsyncFd`].
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = UnixStream::pair()?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register(here)? };
    /// let guard = here.writable().await?;
    /// assert!(std::ptr::eq(guard.get_ref(), &here));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &'a AsyncFd<Inner> {
        self.async_fd
    }

    /// The value that the descriptor belongs to.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = UnixStream::pair()?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register(here)? };
    /// let guard = here.writable().await?;
    /// assert!(guard.get_inner().peer_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_inner(&self) -> &'a Inner {
        self.async_fd.get_ref()
    }
}

impl<T: fmt::Debug + AsRawFd> fmt::Debug for AsyncFdReadyGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyGuard").field("async_fd", &self.async_fd).finish()
    }
}
