//! [`TcpListener`]: accepts TCP connections.
//!
//! Go: net/tcpsock.go (TCPListener)

use crate::io::poll_evented::PollEvented;
use crate::net::addr::try_each;
use crate::net::blocking_check::check_socket_for_blocking;
use crate::net::{TcpStream, ToSocketAddrs};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::task::{Context, Poll, ready};
use tokio::io::Interest;

/// A socket that accepts TCP connections. Closed when it is dropped.
///
/// # Errors
/// Not every error of [`accept`](TcpListener::accept) is the end of the listener: that a client has gone away before it was
/// accepted, or that there are too many open files just now, will pass. A server carries on.
///
/// # Examples
/// ```
/// use gmp::io::{AsyncReadExt, AsyncWriteExt};
/// use gmp::net::{TcpListener, TcpStream};
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let address = listener.local_addr()?;
/// gmp::spawn(async move {
///     loop {
///         match listener.accept().await {
///             Ok((mut stream, from)) => {
///                 gmp::spawn(async move { stream.write_all(from.to_string().as_bytes()).await });
///             }
///             Err(error) => eprintln!("a client couldn't be accepted: {error}"),
///         }
///     }
/// });
///
/// let mut client = TcpStream::connect(address).await?;
/// let mut name = String::new();
/// client.read_to_string(&mut name).await?;
/// assert_eq!(name, client.local_addr()?.to_string());
/// # Ok(())
/// # }
/// ```
pub struct TcpListener {
    io: PollEvented<mio::net::TcpListener>,
}

impl TcpListener {
    /// Makes a listener that is bound to an address.
    ///
    /// If the address resolves to several, they are tried one after the other. With port 0 the system chooses one; ask
    /// [`local_addr`](TcpListener::local_addr) which.
    ///
    /// On Unix the socket has `SO_REUSEADDR`, so that a server can be started again at once. To set other options first, use
    /// a [`TcpSocket`](crate::net::TcpSocket).
    ///
    /// # Errors
    /// If the address can't be resolved, or none can be bound; then the error is that of the last attempt.
    ///
    /// # Panics
    /// If polled outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpListener;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// assert_ne!(listener.local_addr()?.port(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        try_each(addr, |addr| TcpListener::new(mio::net::TcpListener::bind(addr)?)).await
    }

    #[track_caller]
    pub(crate) fn new(listener: mio::net::TcpListener) -> io::Result<TcpListener> {
        Ok(TcpListener { io: PollEvented::new(listener)? })
    }

    /// Waits for a client. Returns the connection, and the client's address.
    ///
    /// # Errors
    /// What the system reports, which may have passed by the next call; or if the runtime has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, no connection is lost: it waits for the next call.
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
    /// assert_eq!(from, client.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, from) = self.io.registration().async_io(Interest::READABLE, || self.io.accept()).await?;
        Ok((TcpStream::accepted(stream)?, from))
    }

    /// Polls for a client.
    ///
    /// The waker of the last call is woken, and no other: one task at a time. ([`accept`](TcpListener::accept) serves any
    /// number.)
    ///
    /// # Errors
    /// As those of [`accept`](TcpListener::accept).
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_server, from) = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// assert_eq!(from, client.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let (stream, from) = ready!(self.io.registration().poll_read_io(cx, || self.io.accept()))?;
        Poll::Ready(Ok((TcpStream::accepted(stream)?, from)))
    }

    /// Takes over a listener of the standard library, which must be in non-blocking mode.
    ///
    /// With the crate `socket2` one can set any option before. In blocking mode its operations would block the thread. That
    /// is always a mistake; debug builds find it.
    ///
    /// # Errors
    /// If the socket can't be registered with the runtime.
    ///
    /// # Panics
    /// If called outside of a runtime's context; in debug builds, if the listener is in blocking mode.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpListener;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// listener.set_nonblocking(true)?;
    /// let listener = TcpListener::from_std(listener)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<TcpListener> {
        check_socket_for_blocking(&listener)?;
        TcpListener::new(mio::net::TcpListener::from_std(listener))
    }

    /// Makes it a listener of the standard library again. It is still in non-blocking mode.
    ///
    /// # Errors
    /// If the socket can't be taken from the runtime.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpListener;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?.into_std()?;
    /// listener.set_nonblocking(false)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_std(self) -> io::Result<std::net::TcpListener> {
        self.io.into_inner().map(Into::into)
    }

    /// The address that the listener is bound to.
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpListener;
    /// use std::net::Ipv4Addr;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    /// assert_eq!(listener.local_addr()?.ip(), Ipv4Addr::LOCALHOST);
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    /// How many routers a packet of this socket may pass (`IP_TTL`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_ttl`](TcpListener::set_ttl).
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.ttl()
    }

    /// Sets how many routers a packet of this socket may pass (`IP_TTL`).
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::TcpListener;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// listener.set_ttl(100)?;
    /// assert_eq!(listener.ttl()?, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.set_ttl(ttl)
    }
}

impl TryFrom<std::net::TcpListener> for TcpListener {
    type Error = io::Error;

    /// The same as [`TcpListener::from_std`].
    #[track_caller]
    fn try_from(listener: std::net::TcpListener) -> io::Result<Self> {
        Self::from_std(listener)
    }
}

impl AsFd for TcpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}

impl AsRawFd for TcpListener {
    fn as_raw_fd(&self) -> RawFd {
        self.io.as_raw_fd()
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.io).fmt(f)
    }
}
