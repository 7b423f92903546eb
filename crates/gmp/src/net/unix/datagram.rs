//! [`UnixDatagram`]: making one, and what it is.
//!
//! Go: net/unixsock.go (UnixConn)

mod ready;
mod recv;
mod send;

use crate::io::Ready;
use crate::io::poll_evented::PollEvented;
use crate::net::blocking_check::check_socket_for_blocking;
use crate::net::unix::SocketAddr;
use std::fmt;
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// A Unix datagram socket.
///
/// It sends and receives whole messages, in order and without loss. [`bind`](Self::bind) gives it a name to receive at;
/// [`connect`](Self::connect) a peer, so that [`send`](Self::send) and [`recv`](Self::recv) do; otherwise there are
/// [`send_to`](Self::send_to) and [`recv_from`](Self::recv_from). [`pair`](Self::pair) makes two that are connected. Any number of tasks
/// may use one socket: put it into an `Arc`.
///
/// The file at its path stays when the socket is dropped; it must be gone before the path can be bound to again.
///
/// # Examples
/// ```
/// use gmp::net::UnixDatagram;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (here, there) = UnixDatagram::pair()?;
/// here.send(b"one").await?;
/// here.send(b"two").await?;
/// let mut buf = [0; 16];
/// assert_eq!(there.recv(&mut buf).await?, 3);
/// assert_eq!(&buf[..3], b"one");
/// # Ok(())
/// # }
/// ```
///
/// With names:
/// ```no_run
/// use gmp::net::UnixDatagram;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let log = UnixDatagram::bind("/run/log.sock")?;
/// let program = UnixDatagram::unbound()?;
/// program.send_to(b"started", "/run/log.sock").await?;
/// let mut buf = [0; 1024];
/// let (n, from) = log.recv_from(&mut buf).await?;
/// println!("{from:?}: {}", String::from_utf8_lossy(&buf[..n]));
/// # Ok(())
/// # }
/// ```
pub struct UnixDatagram {
    io: PollEvented<mio::net::UnixDatagram>,
    /// Whether it is shut down for receiving. Linux says `WouldBlock` then, for ever, where a receiver is to see the end.
    receives_no_more: AtomicBool,
}

impl UnixDatagram {
    /// A socket that has come from elsewhere, with an error pending perhaps.
    #[track_caller]
    pub(super) fn from_mio(socket: mio::net::UnixDatagram) -> io::Result<UnixDatagram> {
        let socket = Self::new(socket)?;
        match socket.io.take_error()? {
            Some(error) => Err(error),
            None => Ok(socket),
        }
    }

    #[track_caller]
    fn new(socket: mio::net::UnixDatagram) -> io::Result<UnixDatagram> {
        PollEvented::new(socket).map(|io| Self { io, receives_no_more: AtomicBool::new(false) })
    }

    /// A socket with a name.
    ///
    /// # Errors
    /// What the system says, `AddrInUse` if there is a file already. `InvalidInput` if the path is too long or has a zero byte.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::bind("/run/log.sock")?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn bind<P>(path: P) -> io::Result<UnixDatagram>
    where
        P: AsRef<Path>,
    {
        Self::new(mio::net::UnixDatagram::bind(path)?)
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
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixDatagram::pair()?;
    /// here.send(b"hello").await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(there.recv(&mut buf).await?, 5);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (a, b) = mio::net::UnixDatagram::pair()?;
        let (a, b) = (Self::new(a)?, Self::new(b)?);
        // Their queues are empty, so both can be sent to without asking the poller.
        a.io.registration().assume_ready(Ready::WRITABLE);
        b.io.registration().assume_ready(Ready::WRITABLE);
        Ok((a, b))
    }

    /// A socket without a name. It can send; to receive it must be [connected](Self::connect) by somebody who knows it, which is
    /// what [`pair`](Self::pair) is for.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::unbound()?;
    /// assert!(socket.local_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn unbound() -> io::Result<UnixDatagram> {
        Self::new(mio::net::UnixDatagram::unbound()?)
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
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = std::os::unix::net::UnixDatagram::pair()?;
    /// here.set_nonblocking(true)?;
    /// let here = gmp::net::UnixDatagram::from_std(here)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_std(datagram: net::UnixDatagram) -> io::Result<UnixDatagram> {
        check_socket_for_blocking(&datagram)?;
        Self::new(mio::net::UnixDatagram::from_std(datagram))
    }

    /// Takes the socket out of the runtime, as one of the standard library. It stays in non-blocking mode.
    ///
    /// # Errors
    /// What the system says when the socket is taken out of the poller.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixDatagram::pair()?;
    /// let here = here.into_std()?;
    /// here.set_nonblocking(false)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_std(self) -> io::Result<net::UnixDatagram> {
        self.io.into_inner().map(net::UnixDatagram::from)
    }

    /// Connects the socket: it sends to the one at `path` from then on, and receives from nobody else.
    ///
    /// It may be called again, for another peer.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::unbound()?;
    /// socket.connect("/run/log.sock")?;
    /// socket.send(b"started").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        self.io.connect(path)
    }

    /// The address of this socket.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::bind("/run/log.sock")?;
    /// assert_eq!(socket.local_addr()?.as_pathname(), Some("/run/log.sock".as_ref()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr().map(SocketAddr::from)
    }

    /// The address of the socket that this one is connected to.
    ///
    /// # Errors
    /// What the system says, `NotConnected` among it.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixDatagram::pair()?;
    /// assert!(here.peer_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr().map(SocketAddr::from)
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
    /// let socket = gmp::net::UnixDatagram::unbound()?;
    /// assert!(socket.take_error()?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.take_error()
    }

    /// Shuts the socket down in one direction or both, for those who wait as well: sending fails, receiving returns 0 bytes once
    /// the messages are taken that have come before.
    ///
    /// # Errors
    /// What the system says, `NotConnected` among it.
    ///
    /// # Examples
    /// ```
    /// use std::net::Shutdown;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixDatagram::pair()?;
    /// here.shutdown(Shutdown::Both)?;
    /// assert!(here.send(b"hello").await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        if how == Shutdown::Write {
            return self.io.shutdown(how);
        }
        // ORDERING: before the system call, whose event wakes those who then look at it (`recv.rs`); it publishes nothing else.
        let before = self.receives_no_more.swap(true, Ordering::AcqRel);
        let result = self.io.shutdown(how);
        if result.is_err() {
            // ORDERING: as above.
            self.receives_no_more.store(before, Ordering::Release);
        }
        result
    }
}

impl TryFrom<net::UnixDatagram> for UnixDatagram {
    type Error = io::Error;

    /// As [`UnixDatagram::from_std`].
    #[track_caller]
    fn try_from(datagram: net::UnixDatagram) -> io::Result<Self> {
        Self::from_std(datagram)
    }
}

impl fmt::Debug for UnixDatagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.io).fmt(f)
    }
}

impl AsRawFd for UnixDatagram {
    fn as_raw_fd(&self) -> RawFd {
        self.io.as_raw_fd()
    }
}

impl AsFd for UnixDatagram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}
