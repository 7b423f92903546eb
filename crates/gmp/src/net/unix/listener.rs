//! [`UnixListener`]: takes connections in.
//!
//! Go: net/unixsock.go (UnixListener)

use crate::io::Interest;
use crate::io::poll_evented::PollEvented;
use crate::net::UnixStream;
use crate::net::blocking_check::check_socket_for_blocking;
use crate::net::unix::{SocketAddr, address};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net;
use std::path::Path;
use std::task::{Context, Poll, ready};

/// A Unix socket that takes connections in.
///
/// The file at its path stays when the listener is dropped; it must be gone before the path can be bound to again.
///
/// # Errors
/// Not every error of [`accept`](Self::accept) is the listener's end: the process may be out of descriptors for a moment, or
/// a peer may have given up in the queue.
///
/// # Examples
/// ```no_run
/// use gmp::io::AsyncWriteExt;
/// use gmp::net::UnixListener;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let listener = UnixListener::bind("/run/clock.sock")?;
/// loop {
///     match listener.accept().await {
///         Ok((mut stream, _)) => {
///             gmp::spawn(async move { stream.write_all(b"late\n").await });
///         }
///         Err(error) => eprintln!("a connection has failed: {error}"),
///     }
/// }
/// # }
/// ```
pub struct UnixListener {
    io: PollEvented<mio::net::UnixListener>,
}

impl UnixListener {
    #[track_caller]
    pub(super) fn new(listener: mio::net::UnixListener) -> io::Result<UnixListener> {
        PollEvented::new(listener).map(|io| Self { io })
    }

    /// A listener at `path`.
    ///
    /// On Linux a path that begins with a zero byte is a name of the abstract namespace, without that byte.
    ///
    /// # Errors
    /// What the system says, `AddrInUse` if there is a file already. `InvalidInput` if the path is too long or has a zero byte
    /// elsewhere.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = gmp::net::UnixListener::bind("/run/clock.sock")?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn bind<P>(path: P) -> io::Result<UnixListener>
    where
        P: AsRef<Path>,
    {
        let address = address::of_path(path.as_ref())?;
        Self::new(mio::net::UnixListener::bind_addr(&address)?)
    }

    /// A listener at this address. As [`bind`](Self::bind) otherwise.
    ///
    /// # Errors
    /// What the system says, `AddrInUse` if there is a file already.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::UnixListener;
    /// use gmp::net::unix::SocketAddr;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let address = SocketAddr::from(std::os::unix::net::SocketAddr::from_pathname("/run/clock.sock")?);
    /// let listener = UnixListener::bind_addr(&address)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn bind_addr(socket_addr: &SocketAddr) -> io::Result<UnixListener> {
        let address = socket_addr.clone().into();
        Self::new(mio::net::UnixListener::bind_addr(&address)?)
    }

    /// Takes a listener of the standard library into the runtime.
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
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = std::os::unix::net::UnixListener::bind("/run/clock.sock")?;
    /// listener.set_nonblocking(true)?;
    /// let listener = gmp::net::UnixListener::from_std(listener)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_std(listener: net::UnixListener) -> io::Result<UnixListener> {
        check_socket_for_blocking(&listener)?;
        Self::new(mio::net::UnixListener::from_std(listener))
    }

    /// Takes the listener out of the runtime, as one of the standard library. It stays in non-blocking mode.
    ///
    /// # Errors
    /// What the system says when the socket is taken out of the poller.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = gmp::net::UnixListener::bind("/run/clock.sock")?.into_std()?;
    /// listener.set_nonblocking(false)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_std(self) -> io::Result<net::UnixListener> {
        self.io.into_inner().map(net::UnixListener::from)
    }

    /// The address that it listens at.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = gmp::net::UnixListener::bind("/run/clock.sock")?;
    /// assert_eq!(listener.local_addr()?.as_pathname(), Some("/run/clock.sock".as_ref()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr().map(SocketAddr::from)
    }

    /// The error that is pending on the socket (`SO_ERROR`), if there is one. It is pending no longer then.
    ///
    /// # Errors
    /// What the system says when it is asked.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = gmp::net::UnixListener::bind("/run/clock.sock")?;
    /// assert!(listener.take_error()?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.take_error()
    }

    /// Waits for a connection: the stream, and the address of the peer, which has one if it has bound its socket.
    ///
    /// # Errors
    /// What the system says; see [above](UnixListener). And an error if the runtime has ended.
    ///
    /// # Panics
    /// If polled outside of a runtime's context when there is a connection.
    ///
    /// # Cancel safety
    /// This is cancel safe: if it is dropped before it completes, no connection has been taken.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = gmp::net::UnixListener::bind("/run/clock.sock")?;
    /// let (stream, peer) = listener.accept().await?;
    /// println!("{peer:?} is {:?}", stream.peer_cred()?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let accepted = self.io.registration().async_io(Interest::READABLE, || self.io.accept()).await?;
        Self::accepted(accepted)
    }

    /// Polls for a connection.
    ///
    /// Of several tasks that poll this only the last is woken; [`accept`](Self::accept) is for any number of tasks.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    ///
    /// # Panics
    /// As [`accept`](Self::accept).
    ///
    /// # Examples
    /// ```no_run
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = gmp::net::UnixListener::bind("/run/clock.sock")?;
    /// let (stream, _) = poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        let accepted = ready!(self.io.registration().poll_read_io(cx, || self.io.accept()))?;
        Poll::Ready(Self::accepted(accepted))
    }

    fn accepted((stream, peer): (mio::net::UnixStream, net::SocketAddr)) -> io::Result<(UnixStream, SocketAddr)> {
        Ok((UnixStream::new_accepted(stream)?, SocketAddr::from(peer)))
    }
}

impl TryFrom<net::UnixListener> for UnixListener {
    type Error = io::Error;

    /// As [`UnixListener::from_std`].
    #[track_caller]
    fn try_from(listener: net::UnixListener) -> io::Result<Self> {
        Self::from_std(listener)
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.io).fmt(f)
    }
}

impl AsRawFd for UnixListener {
    fn as_raw_fd(&self) -> RawFd {
        self.io.as_raw_fd()
    }
}

impl AsFd for UnixListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}
