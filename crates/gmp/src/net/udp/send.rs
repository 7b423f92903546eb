//! Sending.
//!
//! Go: net/udpsock.go (UDPConn.WriteTo, UDPConn.Write)

use super::UdpSocket;
use crate::net::ToSocketAddrs;
use crate::net::addr::to_socket_addrs;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use tokio::io::Interest;

impl UdpSocket {
    /// Sends a datagram to the peer that the socket is connected to. Returns its length.
    ///
    /// # Errors
    /// If the socket isn't connected. [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) may tell that an earlier
    /// datagram has found nobody. Or what the system reports; or if the runtime has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, the datagram has not been sent.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UdpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let server = UdpSocket::bind("127.0.0.1:0").await?;
    /// let client = UdpSocket::bind("127.0.0.1:0").await?;
    /// client.connect(server.local_addr()?).await?;
    /// client.send(b"hello").await?;
    /// assert_eq!(server.recv(&mut [0; 16]).await?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.registration().async_io(Interest::WRITABLE, || self.io.send(buf)).await
    }

    /// Polls to send a datagram to the peer that the socket is connected to.
    ///
    /// The waker of the last call of this and of the other `poll_send` methods is woken, and no other.
    ///
    /// # Errors
    /// As those of [`send`](UdpSocket::send).
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let server = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let client = UdpSocket::bind("127.0.0.1:0").await?;
    /// client.connect(server.local_addr()?).await?;
    /// let sent = std::future::poll_fn(|cx| client.poll_send(cx, b"hello")).await?;
    /// assert_eq!(sent, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_send(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io.registration().poll_write_io(cx, || self.io.send(buf))
    }

    /// Sends a datagram to the peer that the socket is connected to, without waiting for room.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room; wait with [`writable`](UdpSocket::writable). Or as
    /// those of [`send`](UdpSocket::send).
    ///
    /// # Examples
    /// ```
    /// use gmp::net::UdpSocket;
    /// use std::io::ErrorKind;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let server = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let client = UdpSocket::bind("127.0.0.1:0").await?;
    /// client.connect(server.local_addr()?).await?;
    /// loop {
    ///     client.writable().await?;
    ///     match client.try_send(b"hello") {
    ///         Ok(_) => break,
    ///         Err(e) if e.kind() == ErrorKind::WouldBlock => continue,
    ///         Err(e) => return Err(e),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::WRITABLE, || self.io.send(buf))
    }

    /// Sends a datagram to an address. Returns its length.
    ///
    /// If the address resolves to several, the first is used.
    ///
    /// # Errors
    /// If the address can't be resolved, or is of another version of IP than the socket. Or what the system reports; or if
    /// the runtime has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, the datagram has not been sent.
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
    /// assert_eq!(server.recv_from(&mut [0; 16]).await?, (5, client.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], addr: A) -> io::Result<usize> {
        let target = to_socket_addrs(addr).await?.next();
        let nobody = || io::Error::new(io::ErrorKind::InvalidInput, "no addresses to send data to");
        let target = target.ok_or_else(nobody)?;
        self.io.registration().async_io(Interest::WRITABLE, || self.io.send_to(buf, target)).await
    }

    /// Polls to send a datagram to an address.
    ///
    /// The waker of the last call of this and of the other `poll_send` methods is woken, and no other.
    ///
    /// # Errors
    /// As those of [`send_to`](UdpSocket::send_to).
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let server = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let client = UdpSocket::bind("127.0.0.1:0").await?;
    /// let to = server.local_addr()?;
    /// let sent = std::future::poll_fn(|cx| client.poll_send_to(cx, b"hello", to)).await?;
    /// assert_eq!(sent, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], target: SocketAddr) -> Poll<io::Result<usize>> {
        self.io.registration().poll_write_io(cx, || self.io.send_to(buf, target))
    }

    /// Sends a datagram to an address, without waiting for room.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room; wait with [`writable`](UdpSocket::writable). Or as
    /// those of [`send_to`](UdpSocket::send_to).
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let server = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let client = UdpSocket::bind("127.0.0.1:0").await?;
    /// client.writable().await?;
    /// assert_eq!(client.try_send_to(b"hello", server.local_addr()?)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.io.registration().try_io(Interest::WRITABLE, || self.io.send_to(buf, target))
    }
}
