//! [`UnixStream`]: readiness, and operations that don't wait.
//!
//! Go: none — a goroutine just reads

use super::UnixStream;
use crate::io::{Interest, Ready};
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::task::{Context, Poll};

impl UnixStream {
    /// Waits until the stream is ready for any of what `interest` names, and says for what.
    ///
    /// With a `try_` function one task can read and write without splitting the stream. The answer may be wrong, or empty:
    /// an operation that fails with `WouldBlock` is the signal to wait again.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until an operation has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let ready = here.ready(Interest::READABLE | Interest::WRITABLE).await?;
    /// assert!(ready.is_writable());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        Ok(self.io.registration().readiness(interest).await?.ready)
    }

    /// Waits until the stream may be read: [`ready`](Self::ready) with [`Interest::READABLE`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a read has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// use std::io::ErrorKind::WouldBlock;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let mut buf = [0; 16];
    /// let n = loop {
    ///     here.readable().await?;
    ///     match here.try_read(&mut buf) {
    ///         Err(error) if error.kind() == WouldBlock => {}
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(&buf[..n], b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await?;
        Ok(())
    }

    /// Waits until the stream may be written: [`ready`](Self::ready) with [`Interest::WRITABLE`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a write has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// use std::io::ErrorKind::WouldBlock;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let n = loop {
    ///     here.writable().await?;
    ///     match here.try_write(b"hello") {
    ///         Err(error) if error.kind() == WouldBlock => {}
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await?;
        Ok(())
    }

    /// Polls whether the stream may be read.
    ///
    /// Of several tasks that poll this or [`AsyncRead`](crate::io::AsyncRead) only the last is woken; a writer's waker has a
    /// place of its own. [`readable`](Self::readable) is for any number of tasks.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// poll_fn(|cx| here.poll_read_ready(cx)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_read_ready(cx).map_ok(|_| ())
    }

    /// Polls whether the stream may be written.
    ///
    /// Of several tasks that poll this or [`AsyncWrite`](crate::io::AsyncWrite) only the last is woken; a reader's waker has a
    /// place of its own. [`writable`](Self::writable) is for any number of tasks.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// poll_fn(|cx| here.poll_write_ready(cx)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_write_ready(cx).map_ok(|_| ())
    }

    /// Reads what is there, without waiting: how many bytes it was.
    ///
    /// 0 means the end of the stream, or a buffer of no length.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// here.readable().await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(here.try_read(&mut buf)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || (&*self.io).read(buf))
    }

    /// Reads what is there into several buffers, one after the other, without waiting: how many bytes it was.
    ///
    /// As one [`try_read`](Self::try_read) into a buffer that is made of all of them.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read; else what the system says.
    ///
    /// # Examples
    /// ```
    /// use std::io::IoSliceMut;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// here.readable().await?;
    /// let (mut head, mut tail) = ([0; 2], [0; 8]);
    /// let n = here.try_read_vectored(&mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)])?;
    /// assert_eq!((n, &head, &tail[..3]), (5, b"he", &b"llo"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || (&*self.io).read_vectored(bufs))
    }

    /// Reads what is there into the free space of `buf`, without waiting: how many bytes it was.
    ///
    /// The space needn't be initialised. A `Vec` without any is given some. 0 means the end of the stream, or that there is no
    /// space.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// here.readable().await?;
    /// let mut buf = Vec::with_capacity(16);
    /// here.try_read_buf(&mut buf)?;
    /// assert_eq!(buf, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "io-util")]
    pub fn try_read_buf<B: bytes::BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        use crate::net::read_into::read_into;
        use gmp_netpoll::fd;
        use std::os::fd::AsFd;

        self.io
            .registration()
            .try_io(Interest::READABLE, || read_into(buf, |free| fd::read(self.io.as_fd(), free).map(drop)))
    }

    /// Writes as much as there is room for, without waiting: how many bytes it was.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// assert_eq!(here.try_write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::WRITABLE, || (&*self.io).write(buf))
    }

    /// Writes as much of several buffers, one after the other, as there is room for, without waiting: how many bytes it was.
    ///
    /// As one [`try_write`](Self::try_write) of a buffer that is made of all of them.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; else what the system says.
    ///
    /// # Examples
    /// ```
    /// use std::io::IoSlice;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// assert_eq!(here.try_write_vectored(&[IoSlice::new(b"he"), IoSlice::new(b"llo")])?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write_vectored(&self, buf: &[IoSlice<'_>]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::WRITABLE, || (&*self.io).write_vectored(buf))
    }

    /// Calls `f`, which is to do one operation on the socket, if the stream is ready for it.
    ///
    /// `f` returns `WouldBlock` if, and only if, the system has said so: the stream then counts as not ready until the poller
    /// says otherwise. It must not use the functions of this type for that, which keep the same account. `interest` is either
    /// to read or to write; with both it is not known which of them is to be cleared.
    ///
    /// # Errors
    /// `WouldBlock` if the stream isn't ready, without calling `f`; else what `f` returns.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let n = here.try_io(Interest::WRITABLE, || socket2::SockRef::from(&here).send(b"hello"))?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_io<R>(&self, interest: Interest, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.io.registration().try_io(interest, || self.io.try_io(f))
    }

    /// Waits until the stream is ready and calls `f`, again and again while that returns `WouldBlock`.
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
    /// use gmp::io::Interest;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let n = here.async_io(Interest::WRITABLE, || socket2::SockRef::from(&here).send(b"hello")).await?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn async_io<R>(&self, interest: Interest, mut f: impl FnMut() -> io::Result<R>) -> io::Result<R> {
        self.io.registration().async_io(interest, || self.io.try_io(&mut f)).await
    }
}
