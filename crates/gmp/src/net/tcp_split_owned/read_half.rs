//! [`OwnedReadHalf`].
//!
//! Go: none — a net.Conn is shared as it is.

use super::{OwnedWriteHalf, ReuniteError};
use crate::net::TcpStream;
use std::future::poll_fn;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, Interest, ReadBuf, Ready};

#[cfg(feature = "io-util")]
use bytes::BufMut;

/// The half that reads, of a [`TcpStream`] that [`into_split`](TcpStream::into_split) has taken apart.
///
/// Read with the methods of [`AsyncReadExt`](crate::io::AsyncReadExt).
///
/// # Examples
/// ```
/// use gmp::io::{AsyncReadExt, AsyncWriteExt};
/// use gmp::net::{TcpListener, TcpStream};
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// listener.accept().await?.0.write_all(b"hello").await?;
///
/// let (mut reader, _writer) = client.into_split();
/// let reading = gmp::spawn(async move {
///     let mut text = String::new();
///     reader.read_to_string(&mut text).await.map(|_| text)
/// });
/// assert_eq!(reading.await??, "hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OwnedReadHalf {
    pub(super) inner: Arc<TcpStream>,
}

impl OwnedReadHalf {
    /// Puts the halves together again.
    ///
    /// # Errors
    /// If they are not of the same stream; the error has both.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let (reader, writer) = TcpStream::connect(listener.local_addr()?).await?.into_split();
    /// let stream: TcpStream = reader.reunite(writer).expect("the halves of one stream");
    /// # Ok(())
    /// # }
    /// ```
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
        super::reunite(self, other)
    }

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
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// server.write_all(b"hello").await?;
    /// let (mut reader, _writer) = client.into_split();
    /// let mut buf = [0; 16];
    /// let mut buf = ReadBuf::new(&mut buf);
    /// std::future::poll_fn(|cx| reader.poll_peek(cx, &mut buf)).await?;
    /// assert_eq!(buf.filled(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_peek(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        self.inner.poll_peek(cx, buf)
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
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// server.write_all(b"hello").await?;
    /// let (mut reader, _writer) = client.into_split();
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
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (server, _) = listener.accept().await?;
    /// drop(server);
    /// let (reader, _writer) = client.into_split();
    /// assert!(reader.ready(Interest::READABLE).await?.is_read_closed());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.inner.ready(interest).await
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
    /// See [`try_read`](OwnedReadHalf::try_read).
    pub async fn readable(&self) -> io::Result<()> {
        self.inner.readable().await
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
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// server.write_all(b"hello").await?;
    /// let (reader, _writer) = client.into_split();
    /// reader.readable().await?;
    /// assert_eq!(reader.try_read(&mut [0; 16])?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.try_read(buf)
    }

    /// As [`try_read`](OwnedReadHalf::try_read), into several buffers; see [`TcpStream::try_read_vectored`].
    ///
    /// # Errors
    /// As those of [`try_read`](OwnedReadHalf::try_read).
    ///
    /// # Examples
    /// See [`TcpStream::try_read_vectored`].
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.inner.try_read_vectored(bufs)
    }

    /// As [`try_read`](OwnedReadHalf::try_read), into the free space of a buffer; see [`TcpStream::try_read_buf`].
    ///
    /// # Errors
    /// As those of [`try_read`](OwnedReadHalf::try_read).
    ///
    /// # Examples
    /// See [`TcpStream::try_read_buf`].
    #[cfg(feature = "io-util")]
    pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.inner.try_read_buf(buf)
    }

    /// The address of the peer; see [`TcpStream::peer_addr`].
    ///
    /// # Errors
    /// If the connection is gone.
    ///
    /// # Examples
    /// See [`TcpStream::peer_addr`].
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }

    /// The address of this end; see [`TcpStream::local_addr`].
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`TcpStream::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl AsyncRead for OwnedReadHalf {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.inner.read_half_poll_read(cx, buf)
    }
}

impl AsRef<TcpStream> for OwnedReadHalf {
    fn as_ref(&self) -> &TcpStream {
        &self.inner
    }
}
