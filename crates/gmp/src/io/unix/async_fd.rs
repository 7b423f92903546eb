//! [`AsyncFd`]: a descriptor in the poller, whatever it belongs to.
//!
//! Go: os/file_unix.go (NewFile)

mod error;
mod guard;
mod guard_mut;
mod operation;
mod register;

#[expect(deprecated, reason = "tokio has it still")]
pub use error::AsyncFdTryNewError;
pub use error::{AsyncFdRegisterError, TryIoError};
pub use guard::AsyncFdReadyGuard;
pub use guard_mut::AsyncFdReadyMutGuard;

use crate::io::Interest;
use crate::io::registration::Registration;
use mio::unix::SourceFd;
use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::task::{Context, Poll, ready};

/// Waits for a descriptor to become ready.
///
/// The descriptor has to be one that the system's poller takes (`epoll` refuses files, for example) and in non-blocking mode. It
/// belongs to a value of the caller's, of any type that is [`AsRawFd`]; `OwnedFd` will do. Dropping the `AsyncFd` takes the
/// descriptor out of the poller and drops the value, which closes the descriptor if that is what its drop does;
/// [`into_inner`](Self::into_inner) gives the value back.
///
/// # Readiness
/// The poller tells of a descriptor that *becomes* ready, once; that it is ready is remembered until somebody says that it isn't any
/// longer. [`readable`](Self::readable) and [`writable`](Self::writable) wait until it is, and return a guard; whoever then meets
/// `WouldBlock`, and nobody else, must clear the readiness through the guard. [`AsyncFdReadyGuard::try_io`] does so by itself,
/// [`async_io`](Self::async_io) is the whole loop.
///
/// Any number of tasks may wait, for the same or for different things. The `poll_` functions are for implementing traits; each direction
/// has one waker then.
///
/// # Examples
/// A type that reads and writes:
/// ```
/// use gmp::io::unix::AsyncFd;
/// use gmp::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
/// use std::io::{self, Read, Write};
/// use std::os::unix::net::UnixStream;
/// use std::pin::Pin;
/// use std::task::{Context, Poll, ready};
///
/// struct Line(AsyncFd<UnixStream>);
///
/// impl Line {
///     fn new(stream: UnixStream) -> io::Result<Self> {
///         stream.set_nonblocking(true)?;
///         // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
///         Ok(Self(unsafe { AsyncFd::register(stream)? }))
///     }
/// }
///
/// impl AsyncRead for Line {
///     fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
///         loop {
///             let mut guard = ready!(self.0.poll_read_ready(cx))?;
///             let free = buf.initialize_unfilled();
///             if let Ok(result) = guard.try_io(|line| line.get_ref().read(free)) {
///                 buf.advance(result?);
///                 return Poll::Ready(Ok(()));
///             }
///         }
///     }
/// }
///
/// impl AsyncWrite for Line {
///     fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
///         loop {
///             let mut guard = ready!(self.0.poll_write_ready(cx))?;
///             if let Ok(result) = guard.try_io(|line| line.get_ref().write(buf)) {
///                 return Poll::Ready(result);
///             }
///         }
///     }
///
///     fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Poll::Ready(Ok(()))
///     }
///
///     fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Poll::Ready(self.0.get_ref().shutdown(std::net::Shutdown::Write))
///     }
/// }
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> io::Result<()> {
/// let (here, there) = UnixStream::pair()?;
/// let (mut here, mut there) = (Line::new(here)?, Line::new(there)?);
/// here.write_all(b"hello").await?;
/// here.shutdown().await?;
/// let mut all = String::new();
/// there.read_to_string(&mut all).await?;
/// assert_eq!(all, "hello");
/// # Ok(())
/// # }
/// ```
// The registration stands first so that it is dropped first: the poller must let go of the descriptor before it is closed.
pub struct AsyncFd<T: AsRawFd> {
    registered: Registered,
    inner: T,
}

/// A descriptor in the poller, until it is dropped.
struct Registered {
    registration: Registration,
    fd: RawFd,
}

impl Drop for Registered {
    fn drop(&mut self) {
        // An error means that the poller doesn't know the descriptor any more.
        let _ = self.registration.deregister(&mut SourceFd(&self.fd));
    }
}

impl<T: AsRawFd> AsyncFd<T> {
    /// For the functions of `register`, which say what the caller must promise.
    #[track_caller]
    fn registered(inner: T, interest: Interest) -> Result<Self, AsyncFdRegisterError<T>> {
        let fd = inner.as_raw_fd();
        match Registration::new(&mut SourceFd(&fd), interest) {
            Ok(registration) => Ok(Self { registered: Registered { registration, fd }, inner }),
            Err(cause) => Err(AsyncFdRegisterError::new(inner, cause)),
        }
    }

    fn registration(&self) -> &Registration {
        &self.registered.registration
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
    /// assert!(here.get_ref().peer_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// The value that the descriptor belongs to, to change it. It must keep its descriptor.
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
    /// let mut here = unsafe { AsyncFd::register(here)? };
    /// here.get_mut().write(b"hello")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// Takes the descriptor out of the poller and gives the value back.
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
    /// let here: UnixStream = here.into_inner();
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(self) -> T {
        let Self { registered, inner } = self;
        drop(registered);
        inner
    }

    /// Polls whether the descriptor may be read.
    ///
    /// Of several tasks that poll this or [`poll_read_ready_mut`](Self::poll_read_ready_mut) only the last is woken; a writer's waker
    /// has a place of its own. [`readable`](Self::readable) is for any number of tasks.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// See [`AsyncFd`].
    pub fn poll_read_ready<'a>(&'a self, cx: &mut Context<'_>) -> Poll<io::Result<AsyncFdReadyGuard<'a, T>>> {
        let event = ready!(self.registration().poll_read_ready(cx))?;
        Poll::Ready(Ok(AsyncFdReadyGuard::new(self, event)))
    }

    /// As [`poll_read_ready`](Self::poll_read_ready), with a guard that lets the value be changed.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    /// use std::task::Poll;
    ///
    /// let (here, there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let mut here = unsafe { AsyncFd::register(here)? };
    /// drop(there);
    /// poll_fn(|cx| here.poll_read_ready_mut(cx).map_ok(|mut guard| guard.retain_ready())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_read_ready_mut<'a>(
        &'a mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        let event = ready!(self.registration().poll_read_ready(cx))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, event)))
    }

    /// Polls whether the descriptor may be written.
    ///
    /// Of several tasks that poll this or [`poll_write_ready_mut`](Self::poll_write_ready_mut) only the last is woken; a reader's
    /// waker has a place of its own. [`writable`](Self::writable) is for any number of tasks.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// See [`AsyncFd`].
    pub fn poll_write_ready<'a>(&'a self, cx: &mut Context<'_>) -> Poll<io::Result<AsyncFdReadyGuard<'a, T>>> {
        let event = ready!(self.registration().poll_write_ready(cx))?;
        Poll::Ready(Ok(AsyncFdReadyGuard::new(self, event)))
    }

    /// As [`poll_write_ready`](Self::poll_write_ready), with a guard that lets the value be changed.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    ///
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let mut here = unsafe { AsyncFd::register(here)? };
    /// poll_fn(|cx| here.poll_write_ready_mut(cx).map_ok(|mut guard| guard.retain_ready())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_write_ready_mut<'a>(
        &'a mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        let event = ready!(self.registration().poll_write_ready(cx))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, event)))
    }
}

impl<T: AsRawFd> AsRawFd for AsyncFd<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }
}

impl<T: fmt::Debug + AsRawFd> fmt::Debug for AsyncFd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFd").field("inner", &self.inner).finish()
    }
}
