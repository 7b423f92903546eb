//! [`UnixStream`]: making one, and what it is.
//!
//! Go: net/unixsock.go (UnixConn)

mod try_io;

use crate::io::poll_evented::PollEvented;
use crate::io::{AsyncRead, AsyncWrite, ReadBuf, Ready};
use crate::net::blocking_check::check_socket_for_blocking;
use crate::net::unix::address;
use crate::net::unix::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, SocketAddr, UCred, WriteHalf};
#[cfg(target_os = "linux")]
use gmp_netpoll::Direction;
use gmp_netpoll::fd;
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A connected Unix stream socket.
///
/// [`connect`](Self::connect) makes one, [`UnixListener::accept`](crate::net::UnixListener::accept) makes the one at the other
/// end, [`pair`](Self::pair) makes both at once. It is read and written through [`AsyncRead`] and [`AsyncWrite`]. When it is
/// dropped the connection is closed; [`shutdown`](crate::io::AsyncWriteExt::shutdown) closes the writing direction only,
/// which the peer sees as the end of what it reads.
///
/// # Examples
/// ```no_run
/// use gmp::io::{AsyncReadExt, AsyncWriteExt};
/// use gmp::net::UnixStream;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut stream = UnixStream::connect("/run/clock.sock").await?;
/// stream.write_all(b"what time is it?\n").await?;
/// stream.shutdown().await?;
/// let mut answer = String::new();
/// stream.read_to_string(&mut answer).await?;
/// # Ok(())
/// # }
/// ```
pub struct UnixStream {
    io: PollEvented<mio::net::UnixStream>,
}

impl UnixStream {
    /// Connects to the socket at `path`.
    ///
    /// On Linux a path that begins with a zero byte is a name of the abstract namespace, without that byte.
    ///
    /// # Errors
    /// What the system says: `NotFound`, `ConnectionRefused` if nobody listens, `WouldBlock` if the listener's queue is full.
    /// `InvalidInput` if the path is too long or has a zero byte elsewhere.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Cancel safety
    /// If it is dropped before it completes the connection is closed again.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let stream = gmp::net::UnixStream::connect("/run/clock.sock").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect<P>(path: P) -> io::Result<UnixStream>
    where
        P: AsRef<Path>,
    {
        let address = address::of_path(path.as_ref())?;
        Self::connect_mio(mio::net::UnixStream::connect_addr(&address)?).await
    }

    /// Connects to the socket with this address. As [`connect`](Self::connect) otherwise.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Cancel safety
    /// If it is dropped before it completes the connection is closed again.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::UnixStream;
    /// use gmp::net::unix::SocketAddr;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let address = SocketAddr::from(std::os::unix::net::SocketAddr::from_pathname("/run/clock.sock")?);
    /// let stream = UnixStream::connect_addr(&address).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect_addr(socket_addr: &SocketAddr) -> io::Result<UnixStream> {
        let address = socket_addr.clone().into();
        Self::connect_mio(mio::net::UnixStream::connect_addr(&address)?).await
    }

    /// A socket of which the connection has begun. It becomes writable when that has ended, one way or the other.
    pub(super) async fn connect_mio(stream: mio::net::UnixStream) -> io::Result<UnixStream> {
        let stream = Self::new(stream)?;
        poll_fn(|cx| stream.io.registration().poll_write_ready(cx)).await?;
        match stream.io.take_error()? {
            Some(error) => Err(error),
            None => Ok(stream),
        }
    }

    #[track_caller]
    fn new(stream: mio::net::UnixStream) -> io::Result<UnixStream> {
        PollEvented::new_stream(stream).map(|io| Self { io })
    }

    /// A socket that a listener has accepted. It is writable, and mostly its peer has sent something already; a try costs less
    /// than a wait for the poller to say so.
    pub(super) fn new_accepted(stream: mio::net::UnixStream) -> io::Result<UnixStream> {
        let stream = Self::new(stream)?;
        stream.io.registration().assume_ready(Ready::READABLE | Ready::WRITABLE);
        Ok(stream)
    }

    /// Two sockets that are connected to each other and have no name.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UnixStream;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = UnixStream::pair()?;
    /// assert_eq!(here.try_write(b"hello")?, 5);
    /// there.readable().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (a, b) = mio::net::UnixStream::pair()?;
        let (a, b) = (Self::new(a)?, Self::new(b)?);
        // Their buffers are empty, so both can be written to without asking the poller.
        a.io.registration().assume_ready(Ready::WRITABLE);
        b.io.registration().assume_ready(Ready::WRITABLE);
        Ok((a, b))
    }

    /// Takes a socket of the standard library into the runtime.
    ///
    /// It must be in non-blocking mode: otherwise an operation that has to wait blocks its thread.
    ///
    /// # Errors
    /// What the system says when the socket is registered.
    ///
    /// # Panics
    /// If called outside of a runtime's context; in debug builds also if the socket is in blocking mode.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UnixStream;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = std::os::unix::net::UnixStream::pair()?;
    /// here.set_nonblocking(true)?;
    /// let here = UnixStream::from_std(here)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_std(stream: net::UnixStream) -> io::Result<UnixStream> {
        check_socket_for_blocking(&stream)?;
        Self::new(mio::net::UnixStream::from_std(stream))
    }

    /// Takes the socket out of the runtime, as one of the standard library. It stays in non-blocking mode.
    ///
    /// # Errors
    /// What the system says when the socket is taken out of the poller.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UnixStream;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = UnixStream::pair()?;
    /// let here = here.into_std()?;
    /// here.set_nonblocking(false)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_std(self) -> io::Result<net::UnixStream> {
        self.io.into_inner().map(net::UnixStream::from)
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
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// assert!(here.local_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr().map(SocketAddr::from)
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
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// assert!(here.peer_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr().map(SocketAddr::from)
    }

    /// Who is at the other end: the effective ids of the process as they were when it called `connect`, `listen` or `pair`.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// println!("{:?}", here.peer_cred()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_cred(&self) -> io::Result<UCred> {
        fd::peer_cred(self.as_fd()).map(UCred::new)
    }

    /// The error that is pending on the socket (`SO_ERROR`), if there is one. It is pending no longer then.
    ///
    /// # Errors
    /// What the system says when it is asked.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// assert!(here.take_error()?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.take_error()
    }

    /// Splits the stream into a half to read and a half to write, both borrowed from it.
    ///
    /// They cost nothing, but can't go to different tasks; [`into_split`](Self::into_split) makes some that can.
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
    /// # Ok(())
    /// # }
    /// ```
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        super::split::split(self)
    }

    /// Splits the stream into a half to read and a half to write, which can go to different tasks. It costs an allocation.
    ///
    /// When the half to write is dropped, the stream is shut down in the writing direction;
    /// [`forget`](OwnedWriteHalf::forget) and [`reunite`](OwnedReadHalf::reunite) avoid that.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, mut there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, mut writer) = here.into_split();
    /// gmp::spawn(async move { writer.write_all(b"hello").await });
    /// let mut all = String::new();
    /// there.read_to_string(&mut all).await?;
    /// assert_eq!(all, "hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        super::split_owned::split_owned(self)
    }

    /// Some systems say `NotConnected` if the peer has closed its end already; there is nothing left to shut down then.
    pub(super) fn shutdown_std(&self, how: Shutdown) -> io::Result<()> {
        match self.io.shutdown(how) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }

    pub(super) fn poll_read_priv(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        #[cfg(target_os = "linux")]
        {
            let read = || {
                let room = buf.remaining();
                let (n, boundary) = fd::recv_boundary(self.io.as_fd(), buf)?;
                Ok((n, n > 0 && n < room && !boundary))
            };
            self.io.registration().poll_until_empty(cx, Direction::Read, read).map_ok(drop)
        }
        #[cfg(not(target_os = "linux"))]
        self.io.poll_read(cx, buf)
    }

    pub(super) fn poll_write_priv(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io.poll_write(cx, buf)
    }

    pub(super) fn poll_write_vectored_priv(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_write_vectored(cx, bufs)
    }
}

impl TryFrom<net::UnixStream> for UnixStream {
    type Error = io::Error;

    /// As [`UnixStream::from_std`].
    #[track_caller]
    fn try_from(stream: net::UnixStream) -> io::Result<Self> {
        Self::from_std(stream)
    }
}

impl AsyncRead for UnixStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll_read_priv(cx, buf)
    }
}

impl AsyncWrite for UnixStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_priv(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored_priv(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Nothing is buffered here.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_std(Shutdown::Write))
    }
}

impl fmt::Debug for UnixStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.io).fmt(f)
    }
}

impl AsRef<Self> for UnixStream {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl AsRawFd for UnixStream {
    fn as_raw_fd(&self) -> RawFd {
        self.io.as_raw_fd()
    }
}

impl AsFd for UnixStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}
