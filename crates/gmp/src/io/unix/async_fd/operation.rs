//! [`AsyncFd`]: waiting, and operations that wait.
//!
//! Go: internal/poll/fd_unix.go (RawRead)

use super::{AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard};
use crate::io::Interest;
use std::io;
use std::os::fd::AsRawFd;

impl<T: AsRawFd> AsyncFd<T> {
    /// Waits until the descriptor is ready for any of what `interest` names.
    ///
    /// The answer may be wrong, or empty: an operation that fails with `WouldBlock` is the signal to clear the readiness and to wait
    /// again. If `interest` names several things, only the one that has met `WouldBlock` is to be cleared, by
    /// [`clear_ready_matching`](AsyncFdReadyGuard::clear_ready_matching).
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use gmp::io::{Interest, Ready};
    /// use std::io::{ErrorKind, Read};
    ///
    /// let (here, there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register(here)? };
    /// drop(there);
    ///
    /// let mut buf = [0; 16];
    /// let n = loop {
    ///     let mut guard = here.ready(Interest::READABLE | Interest::WRITABLE).await?;
    ///     if guard.ready().is_readable() {
    ///         match here.get_ref().read(&mut buf) {
    ///             Err(error) if error.kind() == ErrorKind::WouldBlock => guard.clear_ready_matching(Ready::READABLE),
    ///             result => break result?,
    ///         }
    ///     }
    /// #   drop(guard);
    /// #   gmp::task::yield_now().await;
    /// };
    /// assert_eq!(n, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        let event = self.registration().readiness(interest).await?;
        Ok(AsyncFdReadyGuard::new(self, event))
    }

    /// As [`ready`](Self::ready), with a guard that lets the value be changed.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use gmp::io::Interest;
    /// use std::io::Write;
    ///
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let mut here = unsafe { AsyncFd::register(here)? };
    /// let mut guard = here.ready_mut(Interest::READABLE | Interest::WRITABLE).await?;
    /// if guard.ready().is_writable() {
    ///     guard.get_inner_mut().write(b"hello")?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready_mut(&mut self, interest: Interest) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        let event = self.registration().readiness(interest).await?;
        Ok(AsyncFdReadyMutGuard::new(self, event))
    }

    /// Waits until the descriptor may be read.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::{Read, Write};
    ///
    /// let (here, mut there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register(here)? };
    /// there.write(b"hello")?;
    /// let mut buf = [0; 16];
    /// let n = loop {
    ///     if let Ok(result) = here.readable().await?.try_io(|here| here.get_ref().read(&mut buf)) {
    ///         break result?;
    ///     }
    /// };
    /// assert_eq!(&buf[..n], b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn readable(&self) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        self.ready(Interest::READABLE).await
    }

    /// As [`readable`](Self::readable), with a guard that lets the value be changed.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::Read;
    ///
    /// let (here, there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let mut here = unsafe { AsyncFd::register(here)? };
    /// drop(there);
    /// let mut guard = here.readable_mut().await?;
    /// let n = guard.try_io(|here| here.get_mut().read(&mut [0; 16])).unwrap()?;
    /// assert_eq!(n, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn readable_mut(&mut self) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        self.ready_mut(Interest::READABLE).await
    }

    /// Waits until the descriptor may be written.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe.
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
    ///     if let Ok(result) = here.writable().await?.try_io(|here| here.get_ref().write(b"hello")) {
    ///         break result?;
    ///     }
    /// };
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn writable(&self) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        self.ready(Interest::WRITABLE).await
    }

    /// As [`writable`](Self::writable), with a guard that lets the value be changed.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe.
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
    /// let mut guard = here.writable_mut().await?;
    /// let n = guard.try_io(|here| here.get_mut().write(b"hello")).unwrap()?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn writable_mut(&mut self) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        self.ready_mut(Interest::WRITABLE).await
    }

    /// Waits until the descriptor is ready and calls `f`, again and again while that returns `WouldBlock`.
    ///
    /// What [`try_io`](Self::try_io) says about `f` and `interest` applies.
    ///
    /// # Errors
    /// What `f` returns, `WouldBlock` excepted; and an error if the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe if `f` is: it is dropped between two calls of `f`.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use gmp::io::Interest;
    /// use std::io::Write;
    ///
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register(here)? };
    /// let n = here.async_io(Interest::WRITABLE, |mut stream| stream.write(b"hello")).await?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn async_io<R>(&self, interest: Interest, mut f: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.registration().async_io(interest, || f(&self.inner)).await
    }

    /// As [`async_io`](Self::async_io), and `f` may change the value.
    ///
    /// # Errors
    /// As [`async_io`](Self::async_io).
    ///
    /// # Cancel safety
    /// As [`async_io`](Self::async_io).
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use gmp::io::Interest;
    /// use std::io::Write;
    ///
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let mut here = unsafe { AsyncFd::register(here)? };
    /// let n = here.async_io_mut(Interest::WRITABLE, |stream| stream.write(b"hello")).await?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn async_io_mut<R>(
        &mut self,
        interest: Interest,
        mut f: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        let Self { registered, inner } = self;
        registered.registration.async_io(interest, || f(inner)).await
    }

    /// Calls `f`, which is to do one operation on the descriptor, if that is ready for it.
    ///
    /// `f` returns `WouldBlock` if, and only if, the system has said so: the descriptor then counts as not ready until the poller says
    /// otherwise. `interest` is either to read or to write; with both it is not known which of them is to be cleared.
    ///
    /// # Errors
    /// `WouldBlock` if the descriptor isn't ready, without calling `f`; else what `f` returns.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use gmp::io::Interest;
    /// use std::io::Write;
    ///
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let here = unsafe { AsyncFd::register(here)? };
    /// here.writable().await?.retain_ready();
    /// let n = here.try_io(Interest::WRITABLE, |mut stream| stream.write(b"hello"))?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_io<R>(&self, interest: Interest, f: impl FnOnce(&T) -> io::Result<R>) -> io::Result<R> {
        self.registration().try_io(interest, || f(&self.inner))
    }

    /// As [`try_io`](Self::try_io), and `f` may change the value.
    ///
    /// # Errors
    /// As [`try_io`](Self::try_io).
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::unix::AsyncFd;
    /// # use std::os::unix::net::UnixStream;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use gmp::io::Interest;
    /// use std::io::Write;
    ///
    /// let (here, _there) = UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// // SAFETY: the stream owns an open descriptor, and nobody puts another in its place.
    /// let mut here = unsafe { AsyncFd::register(here)? };
    /// here.writable_mut().await?.retain_ready();
    /// let n = here.try_io_mut(Interest::WRITABLE, |stream| stream.write(b"hello"))?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_io_mut<R>(&mut self, interest: Interest, f: impl FnOnce(&mut T) -> io::Result<R>) -> io::Result<R> {
        let Self { registered, inner } = self;
        registered.registration.try_io(interest, || f(inner))
    }
}
