//! [`TcpStream`]: a TCP connection. What it is made of and how it begins is here; `ready` has readiness and the operations
//! that never wait, `raw` operations of the caller's own, `options` what can be set.
//!
//! Go: net/tcpsock.go (TCPConn), internal/poll/fd_unix.go

mod ready;
mod options;
mod raw;

use crate::io::backlog::Backlog;
use crate::io::poll_evented::PollEvented;
use crate::net::ToSocketAddrs;
use crate::net::addr::{no_address, to_socket_addrs};
use crate::net::blocking_check::check_socket_for_blocking;
use crate::net::tcp::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use crate::net::{tcp_split, tcp_split_owned};
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, Ready};

/// A TCP connection to a peer.
///
/// One is made by [`connect`](TcpStream::connect), by [`TcpListener::accept`](crate::net::TcpListener::accept), or out of a
/// [`TcpSocket`](crate::net::TcpSocket) whose options have been set. Read and write with the methods of
/// [`AsyncReadExt`](crate::io::AsyncReadExt) and [`AsyncWriteExt`](crate::io::AsyncWriteExt).
///
/// [`shutdown`](crate::io::AsyncWriteExt::shutdown) ends the direction of writing only: the peer reads to the end and can
/// still answer. Dropping the stream closes the socket.
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
///
/// client.write_all(b"question").await?;
/// client.shutdown().await?;
///
/// let mut question = Vec::new();
/// server.read_to_end(&mut question).await?;
/// server.write_all(&question[..5]).await?;
/// drop(server);
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer).await?;
/// assert_eq!(answer, "quest");
/// # Ok(())
/// # }
/// ```
pub struct TcpStream {
    io: PollEvented<mio::net::TcpStream>,
    backlog: Backlog,
}

impl TcpStream {
    /// Connects to a peer.
    ///
    /// If the address resolves to several, they are tried one after the other, until one accepts.
    ///
    /// To set options first, use a [`TcpSocket`](crate::net::TcpSocket).
    ///
    /// # Errors
    /// If the address can't be resolved, or no connection can be made; then the error is that of the last attempt, even if
    /// an earlier one would tell more.
    ///
    /// # Cancel safety
    /// If the future is dropped, no connection is left behind: an attempt that has begun is given up.
    ///
    /// # Panics
    /// If polled outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("localhost:0").await?;
    /// let stream = TcpStream::connect(("localhost", listener.local_addr()?.port())).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        let addrs = to_socket_addrs(addr).await?;
        let mut last = None;
        for addr in addrs {
            match TcpStream::connect_addr(addr).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(no_address))
    }

    async fn connect_addr(addr: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connected(mio::net::TcpStream::connect(addr)?).await
    }

    /// Waits until a connection that has begun is there, or has failed.
    pub(crate) async fn connected(connecting: mio::net::TcpStream) -> io::Result<TcpStream> {
        let stream = TcpStream { io: PollEvented::new_stream(connecting)?, backlog: Backlog::default() };
        // The kernel makes a socket writable when the attempt has ended, either way; which way SO_ERROR tells.
        poll_fn(|cx| stream.io.registration().poll_write_ready(cx)).await?;
        match stream.io.take_error()? {
            Some(error) => Err(error),
            None => Ok(stream),
        }
    }

    /// A connection that a listener has accepted. It is taken for ready: there is room to write, and often the first bytes
    /// are there, so the first operation tries before it waits. A wrong guess costs one `WouldBlock`.
    pub(crate) fn accepted(stream: mio::net::TcpStream) -> io::Result<TcpStream> {
        let stream = TcpStream { io: PollEvented::new_stream(stream)?, backlog: Backlog::default() };
        stream.io.registration().assume_ready(Ready::READABLE | Ready::WRITABLE);
        Ok(stream)
    }

    /// Takes over a stream of the standard library, which must be in non-blocking mode.
    ///
    /// In blocking mode its operations would block the thread. That is always a mistake; debug builds find it.
    ///
    /// # Errors
    /// If the socket can't be registered with the runtime.
    ///
    /// # Panics
    /// If called outside of a runtime's context; in debug builds, if the stream is in blocking mode.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpStream;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let address = listener.local_addr()?;
    /// let stream = std::net::TcpStream::connect(address)?;
    /// stream.set_nonblocking(true)?;
    /// let stream = TcpStream::from_std(stream)?;
    /// assert_eq!(stream.peer_addr()?, address);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<TcpStream> {
        check_socket_for_blocking(&stream)?;
        Ok(TcpStream {
            io: PollEvented::new_stream(mio::net::TcpStream::from_std(stream))?,
            backlog: Backlog::default(),
        })
    }

    /// Makes it a stream of the standard library again. It is still in non-blocking mode.
    ///
    /// # Errors
    /// If the socket can't be taken from the runtime.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::AsyncWriteExt;
    /// use gmp::net::{TcpListener, TcpStream};
    /// use std::io::Read;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// listener.accept().await?.0.write_all(b"hello").await?;
    ///
    /// let mut client = client.into_std()?;
    /// client.set_nonblocking(false)?;
    /// let mut greeting = String::new();
    /// client.read_to_string(&mut greeting)?;
    /// assert_eq!(greeting, "hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_std(self) -> io::Result<std::net::TcpStream> {
        self.io.into_inner().map(Into::into)
    }

    /// The address of this end.
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_server, from) = listener.accept().await?;
    /// assert_eq!(client.local_addr()?, from);
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    /// The address of the peer.
    ///
    /// # Errors
    /// If the connection is gone.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// assert_eq!(client.peer_addr()?, listener.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr()
    }

    /// Splits the stream into two halves that borrow it, to read and to write at the same time in one task.
    ///
    /// For halves that can go to different tasks see [`into_split`](TcpStream::into_split).
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
    /// gmp::spawn(async move {
    ///     let (mut reader, mut writer) = server.split();
    ///     gmp::io::copy(&mut reader, &mut writer).await
    /// });
    ///
    /// let (mut reader, mut writer) = client.split();
    /// let mut echo = [0; 4];
    /// gmp::try_join!(writer.write_all(b"echo"), reader.read_exact(&mut echo))?;
    /// assert_eq!(&echo, b"echo");
    /// # Ok(())
    /// # }
    /// ```
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        tcp_split::split(self)
    }

    /// Splits the stream into two halves that can go to different tasks, at the price of an allocation.
    ///
    /// Dropping the write half ends the direction of writing, as [`shutdown`](crate::io::AsyncWriteExt::shutdown) does. The
    /// socket is closed when both halves are gone.
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
    /// let (mut reader, mut writer) = listener.accept().await?.0.into_split();
    /// gmp::spawn(async move { gmp::io::copy(&mut reader, &mut writer).await });
    ///
    /// let (mut reader, mut writer) = client.into_split();
    /// let writing = gmp::spawn(async move { writer.write_all(b"there and back").await });
    /// let mut echo = String::new();
    /// reader.read_to_string(&mut echo).await?;
    /// assert_eq!(echo, "there and back");
    /// writing.await?
    /// # }
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        tcp_split_owned::split(self)
    }

    /// Ends the direction of writing. That the connection has gone already is not an error: whether it has is a race with
    /// the peer.
    pub(crate) fn shutdown_write(&self) -> io::Result<()> {
        match self.io.shutdown(Shutdown::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }

    // What the halves share with the stream: all of it takes `&self`.

    #[inline]
    pub(crate) fn read_half_poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.io.poll_recv(cx, buf, &self.backlog)
    }

    #[inline]
    pub(crate) fn write_half_poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io.poll_write(cx, buf)
    }

    #[inline]
    pub(crate) fn write_half_poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_write_vectored(cx, bufs)
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.read_half_poll_read(cx, buf)
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.write_half_poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write_half_poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Nothing to do: what has been written is with the system.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ends the direction of writing.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_write())
    }
}

impl TryFrom<std::net::TcpStream> for TcpStream {
    type Error = io::Error;

    /// The same as [`TcpStream::from_std`].
    #[track_caller]
    fn try_from(stream: std::net::TcpStream) -> io::Result<Self> {
        Self::from_std(stream)
    }
}

impl AsRef<Self> for TcpStream {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl AsFd for TcpStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}

impl AsRawFd for TcpStream {
    fn as_raw_fd(&self) -> RawFd {
        self.io.as_raw_fd()
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.io).fmt(f)
    }
}
