//! The halves of a [`UnixStream`] that are borrowed from it.
//!
//! Go: none — a UnixConn is read and written by different goroutines as it is

use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use crate::net::UnixStream;
use crate::net::unix::SocketAddr;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The half of a [`UnixStream`] that reads, borrowed from it by [`UnixStream::split`].
///
/// # Examples
/// ```
/// use gmp::io::AsyncReadExt;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (mut here, there) = gmp::net::UnixStream::pair()?;
/// there.try_write(b"hello")?;
/// let (mut reader, _writer) = here.split();
/// let mut buf = [0; 5];
/// reader.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ReadHalf<'a>(&'a UnixStream);

/// The half of a [`UnixStream`] that writes, borrowed from it by [`UnixStream::split`].
///
/// [`shutdown`](crate::io::AsyncWriteExt::shutdown) shuts the stream down in the writing direction; a mere drop doesn't.
///
/// # Examples
/// ```
/// use gmp::io::AsyncWriteExt;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (mut here, _there) = gmp::net::UnixStream::pair()?;
/// let (_reader, mut writer) = here.split();
/// writer.write_all(b"hello").await?;
/// writer.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WriteHalf<'a>(&'a UnixStream);

pub(super) fn split(stream: &mut UnixStream) -> (ReadHalf<'_>, WriteHalf<'_>) {
    (ReadHalf(stream), WriteHalf(stream))
}

impl ReadHalf<'_> {
    /// Waits until the stream is ready for any of what `interest` names: [`UnixStream::ready`].
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
    /// let (mut here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let (reader, _writer) = here.split();
    /// assert!(reader.ready(Interest::READABLE).await?.is_readable());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.0.ready(interest).await
    }

    /// Waits until the stream may be read: [`UnixStream::readable`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a read has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let (reader, _writer) = here.split();
    /// reader.readable().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.0.readable().await
    }

    /// Reads what is there, without waiting: [`UnixStream::try_read`].
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let (reader, _writer) = here.split();
    /// reader.readable().await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(reader.try_read(&mut buf)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buf)
    }

    /// Reads what is there into the free space of `buf`, without waiting: [`UnixStream::try_read_buf`].
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let (reader, _writer) = here.split();
    /// reader.readable().await?;
    /// let mut buf = Vec::with_capacity(16);
    /// assert_eq!(reader.try_read_buf(&mut buf)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "io-util")]
    pub fn try_read_buf<B: bytes::BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.0.try_read_buf(buf)
    }

    /// Reads what is there into several buffers, without waiting: [`UnixStream::try_read_vectored`].
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
    /// let (mut here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let (reader, _writer) = here.split();
    /// reader.readable().await?;
    /// let (mut head, mut tail) = ([0; 2], [0; 8]);
    /// let n = reader.try_read_vectored(&mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)])?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.0.try_read_vectored(bufs)
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut here, _there) = gmp::net::UnixStream::pair()?;
    /// let (reader, _writer) = here.split();
    /// assert!(reader.peer_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    /// The address of this end.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut here, _there) = gmp::net::UnixStream::pair()?;
    /// let (reader, _writer) = here.split();
    /// assert!(reader.local_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl WriteHalf<'_> {
    /// Waits until the stream is ready for any of what `interest` names: [`UnixStream::ready`].
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
    /// let (mut here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.split();
    /// assert!(writer.ready(Interest::WRITABLE).await?.is_writable());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.0.ready(interest).await
    }

    /// Waits until the stream may be written: [`UnixStream::writable`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a write has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.split();
    /// writer.writable().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn writable(&self) -> io::Result<()> {
        self.0.writable().await
    }

    /// Writes as much as there is room for, without waiting: [`UnixStream::try_write`].
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.split();
    /// writer.writable().await?;
    /// assert_eq!(writer.try_write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.try_write(buf)
    }

    /// Writes as much of several buffers as there is room for, without waiting: [`UnixStream::try_write_vectored`].
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
    /// let (mut here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.split();
    /// writer.writable().await?;
    /// assert_eq!(writer.try_write_vectored(&[IoSlice::new(b"he"), IoSlice::new(b"llo")])?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write_vectored(&self, buf: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(buf)
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.split();
    /// assert!(writer.peer_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    /// The address of this end.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.split();
    /// assert!(writer.local_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl AsyncRead for ReadHalf<'_> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.poll_read_priv(cx, buf)
    }
}

impl AsyncWrite for WriteHalf<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_write_priv(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write_vectored_priv(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.shutdown_std(Shutdown::Write))
    }
}

impl AsRef<UnixStream> for ReadHalf<'_> {
    fn as_ref(&self) -> &UnixStream {
        self.0
    }
}

impl AsRef<UnixStream> for WriteHalf<'_> {
    fn as_ref(&self) -> &UnixStream {
        self.0
    }
}
