//! Receiving into a slice, or a [`ReadBuf`].
//!
//! What waits to receive waits for errors, too: that a datagram sent earlier has found nobody is reported here.
//!
//! Go: net/udpsock.go (UDPConn.ReadFrom, UDPConn.Read)

use super::UdpSocket;
use gmp_netpoll::fd;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::task::{Context, Poll};
use tokio::io::{Interest, ReadBuf};

impl UdpSocket {
    /// Waits for a datagram from the peer that the socket is connected to. Returns its length.
    ///
    /// What of it doesn't fit into `buf` is lost.
    ///
    /// # Errors
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) may tell that a datagram sent earlier has found nobody. Or
    /// what else the system reports; or if the runtime has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, no datagram has been taken.
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
    /// let mut buf = [0; 16];
    /// let len = b.recv(&mut buf).await?;
    /// assert_eq!(&buf[..len], b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.registration().async_io(Interest::READABLE | Interest::ERROR, || self.io.recv(buf)).await
    }

    /// Polls for a datagram from the peer that the socket is connected to, and adds it to `buf`.
    ///
    /// The waker of the last call of this and of the other `poll_recv` and `poll_peek` methods is woken, and no other.
    ///
    /// # Errors
    /// As those of [`recv`](UdpSocket::recv).
    ///
    /// # Examples
    /// ```
    /// use gmp::io::ReadBuf;
    /// # use gmp::net::UdpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(socket.local_addr()?).await?;
    /// socket.send(b"hello").await?;
    /// let mut buf = [0; 16];
    /// let mut buf = ReadBuf::new(&mut buf);
    /// std::future::poll_fn(|cx| socket.poll_recv(cx, &mut buf)).await?;
    /// assert_eq!(buf.filled(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_read_io(cx, || fd::recv(self.io.as_fd(), buf, 0)).map_ok(drop)
    }

    /// Takes a datagram from the peer that the socket is connected to, if one is there. Returns its length.
    ///
    /// What of it doesn't fit into `buf` is lost.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if none is there; wait with [`readable`](UdpSocket::readable). Or as those
    /// of [`recv`](UdpSocket::recv).
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// use std::io::ErrorKind;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(socket.local_addr()?).await?;
    /// # socket.send(b"hello").await?;
    /// let mut buf = [0; 16];
    /// let len = loop {
    ///     socket.readable().await?;
    ///     match socket.try_recv(&mut buf) {
    ///         Err(e) if e.kind() == ErrorKind::WouldBlock => continue,
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(&buf[..len], b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || self.io.recv(buf))
    }

    /// Waits for a datagram. Returns its length and where it says it comes from.
    ///
    /// What of it doesn't fit into `buf` is lost. Anybody can send a datagram with any address: don't trust it for more than
    /// to answer.
    ///
    /// # Errors
    /// As those of [`recv`](UdpSocket::recv).
    ///
    /// # Cancel safety
    /// If the future is dropped, no datagram has been taken.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UdpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let server = UdpSocket::bind("127.0.0.1:0").await?;
    /// let client = UdpSocket::bind("127.0.0.1:0").await?;
    /// client.send_to(b"hello", server.local_addr()?).await?;
    /// let mut buf = [0; 16];
    /// let (len, from) = server.recv_from(&mut buf).await?;
    /// assert_eq!((&buf[..len], from), (&b"hello"[..], client.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.registration().async_io(Interest::READABLE | Interest::ERROR, || self.io.recv_from(buf)).await
    }

    /// Polls for a datagram, and adds it to `buf`. Returns where it says it comes from; see
    /// [`recv_from`](UdpSocket::recv_from).
    ///
    /// The waker of the last call of this and of the other `poll_recv` and `poll_peek` methods is woken, and no other.
    ///
    /// # Errors
    /// As those of [`recv`](UdpSocket::recv).
    ///
    /// # Examples
    /// ```
    /// use gmp::io::ReadBuf;
    /// # use gmp::net::UdpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"hello", socket.local_addr()?).await?;
    /// let mut buf = [0; 16];
    /// let mut buf = ReadBuf::new(&mut buf);
    /// let from = std::future::poll_fn(|cx| socket.poll_recv_from(cx, &mut buf)).await?;
    /// assert_eq!((buf.filled(), from), (&b"hello"[..], socket.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_recv_from(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<SocketAddr>> {
        self.io.registration().poll_read_io(cx, || self.recv_into(buf, 0))
    }

    /// Takes a datagram, if one is there. Returns its length and where it says it comes from; see
    /// [`recv_from`](UdpSocket::recv_from).
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if none is there; wait with [`readable`](UdpSocket::readable). Or as those
    /// of [`recv`](UdpSocket::recv).
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"hello", socket.local_addr()?).await?;
    /// socket.readable().await?;
    /// assert_eq!(socket.try_recv_from(&mut [0; 16])?, (5, socket.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.registration().try_io(Interest::READABLE, || self.io.recv_from(buf))
    }

    /// Takes a datagram, or with `MSG_PEEK` only looks at it, into the unfilled part of `buf`.
    pub(super) fn recv_into(&self, buf: &mut ReadBuf<'_>, flags: libc::c_int) -> io::Result<SocketAddr> {
        let (_, from) = fd::recv_from(self.io.as_fd(), buf, flags)?;
        from.as_socket().ok_or_else(|| io::Error::other("sender not available"))
    }
}
