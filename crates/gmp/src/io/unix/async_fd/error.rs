//! What can go wrong with an [`AsyncFd`](super::AsyncFd).
//!
//! Go: internal/poll/fd.go (ErrNotPollable)

use std::error::Error;
use std::fmt;
use std::io;

/// The operation has met `WouldBlock`, and the readiness is cleared: wait again. See
/// [`AsyncFdReadyGuard::try_io`](super::AsyncFdReadyGuard::try_io).
///
/// # Examples
/// ```
/// use gmp::io::unix::{AsyncFd, TryIoError};
/// use std::io::{ErrorKind, Read};
/// use std::os::unix::net::UnixStream;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (here, _there) = UnixStream::pair()?;
/// here.set_nonblocking(true)?;
/// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
/// let here = unsafe { AsyncFd::register(here)? };
/// let result = here.writable().await?.try_io(|_| Err::<(), _>(ErrorKind::WouldBlock.into()));
/// let _: TryIoError = result.unwrap_err();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TryIoError(());

impl TryIoError {
    pub(super) fn new() -> Self {
        Self(())
    }
}

/// A descriptor could not be registered. It has the value that it belongs to.
///
/// # Examples
/// ```
/// use gmp::io::unix::AsyncFd;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() {
/// let no_descriptor = -1;
/// // SAFETY: nothing is registered, since this is none.
/// let error = unsafe { AsyncFd::register(no_descriptor) }.unwrap_err();
/// let (value, cause) = error.into_parts();
/// println!("{value} could not be registered: {cause}");
/// # }
/// ```
pub struct AsyncFdRegisterError<T> {
    inner: T,
    cause: io::Error,
}

/// The former name of [`AsyncFdRegisterError`].
#[doc(hidden)]
#[deprecated(note = "use `AsyncFdRegisterError`")]
pub type AsyncFdTryNewError<T> = AsyncFdRegisterError<T>;

impl<T> AsyncFdRegisterError<T> {
    pub(super) fn new(inner: T, cause: io::Error) -> Self {
        Self { inner, cause }
    }

    /// The value, and what the system has said.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::unix::AsyncFd;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // SAFETY: nothing is registered, since this is no descriptor.
    /// let (value, _) = unsafe { AsyncFd::register(-1) }.unwrap_err().into_parts();
    /// assert_eq!(value, -1);
    /// # }
    /// ```
    pub fn into_parts(self) -> (T, io::Error) {
        (self.inner, self.cause)
    }
}

impl<T> fmt::Display for AsyncFdRegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl<T> fmt::Debug for AsyncFdRegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.cause, f)
    }
}

impl<T> Error for AsyncFdRegisterError<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

impl<T> From<AsyncFdRegisterError<T>> for io::Error {
    fn from(error: AsyncFdRegisterError<T>) -> Self {
        error.cause
    }
}
