//! The halves of a stream that borrow it.
//!
//! All that they do takes `&TcpStream`; that there is one half of each kind keeps to the rule that one task at a time
//! polls a direction.
//!
//! Go: none — a net.Conn is shared as it is.

use crate::net::TcpStream;
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};

#[cfg(feature = "io-util")]
use bytes::BufMut;

/// The half that reads, borrowed from a [`TcpStream`] by [`split`](TcpStream::split).
///
/// Read with the methods of [`AsyncReadExt`](crate::io::AsyncReadExt).
///
/// # Examples
/// ```
/// use gmp::io::AsyncReadExt;
/// use gmp::net::{TcpListener, TcpStream};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (reader, writer) = client.split();
/// assert_eq!(reader.peer_addr()?, listener.local_addr()?);
/// assert_eq!(reader.as_ref().nodelay()?, writer.as_ref().nodelay()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ReadHalf<'a>(&'a TcpStream);

/// The half that writes, borrowed from a [`TcpStream`] by [`split`](TcpStream::split).
///
/// Write with the methods of [`AsyncWriteExt`](crate::io::AsyncWriteExt). Its
/// [`shutdown`](crate::io::AsyncWriteExt::shutdown) ends the direction of writing; dropping it does nothing.
///
/// # Examples
/// ```
/// use gmp::io::{AsyncReadExt, AsyncWriteExt};
/// use gmp::net::{TcpListener, TcpStream};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
/// let (_, mut writer) = client.split();
/// writer.write_all(b"all of it").await?;
/// writer.shutdown().await?;
/// let mut text = String::new();
/// server.read_to_string(&mut text).await?;
/// assert_eq!(text, "all of it");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WriteHalf<'a>(&'a TcpStream);

pub(crate) fn split(stream: &mut TcpStream) -> (ReadHalf<'_>, WriteHalf<'_>) {
    (ReadHalf(stream), WriteHalf(stream))
}

impl ReadHalf<'_> {
    /// Polls for data and reads it without taking it; see [`TcpStream::poll_peek`].
    ///
    /// # Errors
    /// As those of [`TcpStream::poll_peek`].
    ///
    /// # Examples
    /// ```
    /// use gmp::io::{AsyncWriteExt, ReadBuf};
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// server.write_all(b"hello").await?;
    /// let (mut reader, _) = client.split();
    /// let mut buf = [0; 16];
    /// let mut buf = ReadBuf::new(&mut buf);
    /// std::future::poll_fn(|cx| reader.poll_peek(cx, &mut buf)).await?;
    /// assert_eq!(buf.filled(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_peek(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        self.0.poll_peek(cx, buf)
    }

    /// Waits for data and reads it without taking it; see [`TcpStream::peek`].
    ///
    /// # Errors
    /// As those of [`TcpStream::peek`].
    ///
    /// # Cancel safety
    /// If the future is dropped, `buf` is as it was.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::{AsyncReadExt, AsyncWriteExt};
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// server.write_all(b"hello").await?;
    /// let (mut reader, _) = client.split();
    /// let (mut peeked, mut read) = ([0; 5], [0; 5]);
    /// let n = reader.peek(&mut peeked).await?;
    /// reader.read_exact(&mut read).await?;
    /// assert_eq!(peeked[..n], read[..n]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn peek(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut buf = ReadBuf::new(buf);
        poll_fn(|cx| self.poll_peek(cx, &mut buf)).await
    }

    /// Waits until the socket is ready for any of what `interest` names; see [`TcpStream::ready`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (server, _) = listener.accept().await?;
    /// drop(server);
    /// let (reader, _) = client.split();
    /// assert!(reader.ready(Interest::READABLE).await?.is_read_closed());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.0.ready(interest).await
    }

    /// Waits until the socket is readable; see [`TcpStream::readable`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    ///
    /// # Examples
    /// See [`try_read`](ReadHalf::try_read).
    pub async fn readable(&self) -> io::Result<()> {
        self.0.readable().await
    }

    /// Reads what is there, without waiting for more; see [`TcpStream::try_read`].
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing is there; or what the system reports.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::AsyncWriteExt;
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// server.write_all(b"hello").await?;
    /// let (reader, _) = client.split();
    /// reader.readable().await?;
    /// assert_eq!(reader.try_read(&mut [0; 16])?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buf)
    }

    /// As [`try_read`](ReadHalf::try_read), into several buffers; see [`TcpStream::try_read_vectored`].
    ///
    /// # Errors
    /// As those of [`try_read`](ReadHalf::try_read).
    ///
    /// # Examples
    /// See [`TcpStream::try_read_vectored`].
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.0.try_read_vectored(bufs)
    }

    /// As [`try_read`](ReadHalf::try_read), into the free space of a buffer; see [`TcpStream::try_read_buf`].
    ///
    /// # Errors
    /// As those of [`try_read`](ReadHalf::try_read).
    ///
    /// # Examples
    /// See [`TcpStream::try_read_buf`].
    #[cfg(feature = "io-util")]
    pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.0.try_read_buf(buf)
    }

    /// The address of the peer; see [`TcpStream::peer_addr`].
    ///
    /// # Errors
    /// If the connection is gone.
    ///
    /// # Examples
    /// See [`ReadHalf`].
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    /// The address of this end; see [`TcpStream::local_addr`].
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`TcpStream::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl WriteHalf<'_> {
    /// Waits until the socket is ready for any of what `interest` names; see [`TcpStream::ready`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_, writer) = client.split();
    /// assert!(writer.ready(Interest::WRITABLE).await?.is_writable());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.0.ready(interest).await
    }

    /// Waits until the socket is writable; see [`TcpStream::writable`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    ///
    /// # Examples
    /// See [`try_write`](WriteHalf::try_write).
    pub async fn writable(&self) -> io::Result<()> {
        self.0.writable().await
    }

    /// Writes what there is room for, without waiting for more; see [`TcpStream::try_write`].
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room; or what the system reports.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_, writer) = client.split();
    /// writer.writable().await?;
    /// assert_eq!(writer.try_write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.try_write(buf)
    }

    /// As [`try_write`](WriteHalf::try_write), from several buffers; see [`TcpStream::try_write_vectored`].
    ///
    /// # Errors
    /// As those of [`try_write`](WriteHalf::try_write).
    ///
    /// # Examples
    /// See [`TcpStream::try_write_vectored`].
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(bufs)
    }

    /// The address of the peer; see [`TcpStream::peer_addr`].
    ///
    /// # Errors
    /// If the connection is gone.
    ///
    /// # Examples
    /// See [`TcpStream::peer_addr`].
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    /// The address of this end; see [`TcpStream::local_addr`].
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`TcpStream::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl AsyncRead for ReadHalf<'_> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.read_half_poll_read(cx, buf)
    }
}

impl AsyncWrite for WriteHalf<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0.write_half_poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.write_half_poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    /// Nothing to do: what has been written is with the system.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ends the direction of writing.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.shutdown_write())
    }
}

impl AsRef<TcpStream> for ReadHalf<'_> {
    fn as_ref(&self) -> &TcpStream {
        self.0
    }
}

impl AsRef<TcpStream> for WriteHalf<'_> {
    fn as_ref(&self) -> &TcpStream {
        self.0
    }
}
