//! [`TcpSocket`]: a socket before it is a connection or a listener. `options` has what can be set; `raw_fd` is the one
//! place of this crate that needs `unsafe`.
//!
//! Go: net/dial.go (Dialer.Control), net/sock_posix.go (socket)

mod options;
mod raw_fd;

use crate::net::{TcpListener, TcpStream};
use socket2::{Domain, Protocol, Socket, Type};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};

/// A TCP socket that is neither connected nor listening yet, so that options can be set.
///
/// [`connect`](TcpSocket::connect) makes it a [`TcpStream`], [`listen`](TcpSocket::listen) a [`TcpListener`]. Without
/// options to set, [`TcpStream::connect`] and [`TcpListener::bind`] are shorter. For options that have no method here, use
/// the crate `socket2` on the descriptor.
///
/// # Examples
/// ```
/// use gmp::net::TcpSocket;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let socket = TcpSocket::new_v4()?;
/// socket.set_reuseaddr(true)?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(1024)?;
///
/// let socket = TcpSocket::new_v4()?;
/// socket.set_nodelay(true)?;
/// let stream = socket.connect(listener.local_addr()?).await?;
/// assert!(stream.nodelay()?);
/// # Ok(())
/// # }
/// ```
pub struct TcpSocket {
    inner: Socket,
}

impl TcpSocket {
    /// Makes a socket for IPv4.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new_v4() -> io::Result<TcpSocket> {
        TcpSocket::new(Domain::IPV4)
    }

    /// Makes a socket for IPv6.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v6()?;
    /// socket.bind("[::1]:0".parse().unwrap())?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new_v6() -> io::Result<TcpSocket> {
        TcpSocket::new(Domain::IPV6)
    }

    fn new(domain: Domain) -> io::Result<TcpSocket> {
        // Closed on exec where the system can do that; so is everything that socket2 makes.
        let inner = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        inner.set_nonblocking(true)?;
        Ok(TcpSocket { inner })
    }

    /// Binds the socket to an address.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// assert_ne!(socket.local_addr()?.port(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        self.inner.bind(&addr.into())
    }

    /// Connects to a peer, and becomes the connection.
    ///
    /// # Errors
    /// If no connection can be made.
    ///
    /// # Cancel safety
    /// If the future is dropped, the socket is closed.
    ///
    /// # Panics
    /// If polled outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpSocket};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpSocket::new_v4()?.connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(self, addr: SocketAddr) -> io::Result<TcpStream> {
        if let Err(error) = self.inner.connect(&addr.into()) {
            if error.raw_os_error() != Some(libc::EINPROGRESS) {
                return Err(error);
            }
        }
        TcpStream::connected(OwnedFd::from(self.inner).into()).await
    }

    /// Becomes a listener.
    ///
    /// `backlog` is how many connections may wait to be accepted; the system may have a limit of its own, and refuses
    /// clients beyond it.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = TcpSocket::new_v4()?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// let listener = socket.listen(128)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        self.inner.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        TcpListener::new(OwnedFd::from(self.inner).into())
    }

    /// Takes over a socket of the standard library, which must be in non-blocking mode and not connected yet.
    ///
    /// Of use with the crate `socket2`, for options that have no method here.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpSocket;
    /// use socket2::{Domain, Socket, Type};
    ///
    /// let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    /// socket.set_nonblocking(true)?;
    /// let socket = TcpSocket::from_std_stream(socket.into());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn from_std_stream(std_stream: std::net::TcpStream) -> TcpSocket {
        TcpSocket { inner: std_stream.into() }
    }

    /// The address that the socket is bound to.
    ///
    /// # Errors
    /// If the system can't tell, or the address is neither of IPv4 nor of IPv6.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// assert_eq!(socket.local_addr()?.to_string(), "0.0.0.0:0");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let not_ip = || io::Error::new(io::ErrorKind::InvalidInput, "invalid address family (not IPv4 or IPv6)");
        self.inner.local_addr()?.as_socket().ok_or_else(not_ip)
    }
}

impl AsFd for TcpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

impl AsRawFd for TcpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }
}

impl IntoRawFd for TcpSocket {
    fn into_raw_fd(self) -> RawFd {
        self.inner.into_raw_fd()
    }
}

impl fmt::Debug for TcpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
