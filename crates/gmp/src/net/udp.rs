//! [`UdpSocket`]. What it is and how it is made is here; `ready` has readiness, `send`, `recv`, `recv_buf` and `peek` the
//! operations, `options` and `multicast` what can be set.
//!
//! Go: net/udpsock.go (UDPConn)

mod ready;
mod send;
mod recv;
#[cfg(feature = "io-util")]
mod recv_buf;
mod peek;
mod options;
mod multicast;

use crate::io::poll_evented::PollEvented;
use crate::net::ToSocketAddrs;
use crate::net::addr::try_each;
use crate::net::blocking_check::check_socket_for_blocking;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

/// A UDP socket.
///
/// There are two ways to use one:
///
/// * [`bind`](UdpSocket::bind) it, and talk to anybody with [`send_to`](UdpSocket::send_to) and
///   [`recv_from`](UdpSocket::recv_from);
/// * [`connect`](UdpSocket::connect) it, too, and talk to one peer with [`send`](UdpSocket::send) and
///   [`recv`](UdpSocket::recv).
///
/// All methods take `&self`: to send and to receive in different tasks, share the socket in an [`Arc`](std::sync::Arc).
///
/// Where a datagram comes from is what it says itself. Anybody can send one with any address.
///
/// # Examples
/// A server that echoes, and a client that is connected to it:
/// ```
/// use gmp::net::UdpSocket;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let server = UdpSocket::bind("127.0.0.1:0").await?;
/// let address = server.local_addr()?;
/// gmp::spawn(async move {
///     let mut buf = [0; 1500];
///     while let Ok((len, from)) = server.recv_from(&mut buf).await {
///         let _ = server.send_to(&buf[..len], from).await;
///     }
/// });
///
/// let client = UdpSocket::bind("127.0.0.1:0").await?;
/// client.connect(address).await?;
/// client.send(b"hello").await?;
/// let mut buf = [0; 1500];
/// let len = client.recv(&mut buf).await?;
/// assert_eq!(&buf[..len], b"hello");
/// # Ok(())
/// # }
/// ```
///
/// One task that receives, one that sends:
/// ```
/// use gmp::net::UdpSocket;
/// use gmp::sync::mpsc;
/// use std::sync::Arc;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await?);
/// # let address = socket.local_addr()?;
/// let (to_send, mut outgoing) = mpsc::channel::<(Vec<u8>, std::net::SocketAddr)>(16);
/// let sender = socket.clone();
/// gmp::spawn(async move {
///     while let Some((datagram, to)) = outgoing.recv().await {
///         let _ = sender.send_to(&datagram, to).await;
///     }
/// });
/// gmp::spawn(async move {
///     let mut buf = [0; 1500];
///     while let Ok((len, from)) = socket.recv_from(&mut buf).await {
///         let _ = to_send.send((buf[..len].to_vec(), from)).await;
///     }
/// });
/// # let client = UdpSocket::bind("127.0.0.1:0").await?;
/// # client.send_to(b"hello", address).await?;
/// # assert_eq!(client.recv(&mut [0; 16]).await?, 5);
/// # Ok(())
/// # }
/// ```
pub struct UdpSocket {
    io: PollEvented<mio::net::UdpSocket>,
}

impl UdpSocket {
    /// Makes a socket that is bound to an address.
    ///
    /// If the address resolves to several, they are tried one after the other. With port 0 the system chooses one; ask
    /// [`local_addr`](UdpSocket::local_addr) which.
    ///
    /// # Errors
    /// If the address can't be resolved, or none can be bound; then the error is that of the last attempt.
    ///
    /// # Panics
    /// If polled outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UdpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_ne!(socket.local_addr()?.port(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        try_each(addr, |addr| UdpSocket::new(mio::net::UdpSocket::bind(addr)?)).await
    }

    #[track_caller]
    fn new(socket: mio::net::UdpSocket) -> io::Result<UdpSocket> {
        Ok(UdpSocket { io: PollEvented::new(socket)? })
    }

    /// Takes over a bound socket of the standard library, which must be in non-blocking mode.
    ///
    /// With the crate `socket2` one can set any option before. In blocking mode its operations would block the thread. That
    /// is always a mistake; debug builds find it.
    ///
    /// # Errors
    /// If the socket can't be registered with the runtime.
    ///
    /// # Panics
    /// If called outside of a runtime's context; in debug builds, if the socket is in blocking mode.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UdpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    /// socket.set_nonblocking(true)?;
    /// let socket = UdpSocket::from_std(socket)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        check_socket_for_blocking(&socket)?;
        UdpSocket::new(mio::net::UdpSocket::from_std(socket))
    }

    /// Makes it a socket of the standard library again. It is still in non-blocking mode.
    ///
    /// # Errors
    /// If the socket can't be taken from the runtime.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UdpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?.into_std()?;
    /// socket.set_nonblocking(false)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_std(self) -> io::Result<std::net::UdpSocket> {
        self.io.into_inner().map(Into::into)
    }

    /// The address that the socket is bound to.
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UdpSocket;
    /// use std::net::Ipv4Addr;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    /// assert_eq!(socket.local_addr()?.ip(), Ipv4Addr::LOCALHOST);
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    /// The address of the peer that the socket is connected to.
    ///
    /// # Errors
    /// If it isn't connected.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UdpSocket;
    /// use std::net::SocketAddr;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let peer: SocketAddr = "127.0.0.1:11100".parse().unwrap();
    /// assert!(socket.peer_addr().is_err());
    /// socket.connect(peer).await?;
    /// assert_eq!(socket.peer_addr()?, peer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr()
    }

    /// Connects the socket to a peer: [`send`](UdpSocket::send) sends to it, and what others send isn't received any more.
    ///
    /// Nothing is sent for this. If the address resolves to several, they are tried one after the other.
    ///
    /// # Errors
    /// If the address can't be resolved, or the system refuses all.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UdpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let a = UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = UdpSocket::bind("127.0.0.1:0").await?;
    /// a.connect(b.local_addr()?).await?;
    /// b.connect(a.local_addr()?).await?;
    /// a.send(b"hello").await?;
    /// assert_eq!(b.recv(&mut [0; 16]).await?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        try_each(addr, |addr| self.io.connect(addr)).await
    }
}

impl TryFrom<std::net::UdpSocket> for UdpSocket {
    type Error = io::Error;

    /// The same as [`UdpSocket::from_std`].
    #[track_caller]
    fn try_from(socket: std::net::UdpSocket) -> io::Result<Self> {
        Self::from_std(socket)
    }
}

impl AsFd for UdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}

impl AsRawFd for UdpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.io.as_raw_fd()
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.io).fmt(f)
    }
}
