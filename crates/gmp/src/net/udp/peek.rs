//! Looking at the next datagram without taking it.
//!
//! Go: none — by net.UDPConn.SyscallConn.

use super::UdpSocket;
use gmp_netpoll::fd;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::task::{Context, Poll};
use tokio::io::{Interest, ReadBuf};

impl UdpSocket {
    /// Waits for a datagram and reads it without taking it. Returns how many bytes were read.
    ///
    /// # Errors
    /// As those of [`recv`](UdpSocket::recv). macOS refuses an empty buffer; see [`peek_sender`](UdpSocket::peek_sender).
    ///
    /// # Cancel safety
    /// If the future is dropped, `buf` is as it was.
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(socket.local_addr()?).await?;
    /// socket.send(b"hello").await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(socket.peek(&mut buf).await?, 5);
    /// assert_eq!(socket.recv(&mut buf).await?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.registration().async_io(Interest::READABLE | Interest::ERROR, || self.io.peek(buf)).await
    }

    /// Polls for a datagram, and adds it to `buf` without taking it.
    ///
    /// The waker of the last call of this and of the other `poll_recv` and `poll_peek` methods is woken, and no other.
    ///
    /// # Errors
    /// As those of [`peek`](UdpSocket::peek).
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
    /// std::future::poll_fn(|cx| socket.poll_peek(cx, &mut buf)).await?;
    /// assert_eq!(buf.filled(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_read_io(cx, || fd::recv(self.io.as_fd(), buf, libc::MSG_PEEK)).map_ok(drop)
    }

    /// Reads a datagram without taking it, if one is there. Returns how many bytes were read.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if none is there; wait with [`readable`](UdpSocket::readable). Or as those
    /// of [`peek`](UdpSocket::peek).
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(socket.local_addr()?).await?;
    /// socket.send(b"hello").await?;
    /// socket.readable().await?;
    /// assert_eq!(socket.try_peek(&mut [0; 16])?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || self.io.peek(buf))
    }

    /// Waits for a datagram and reads it without taking it. Returns how many bytes were read, and where it says it comes
    /// from; see [`recv_from`](UdpSocket::recv_from).
    ///
    /// # Errors
    /// As those of [`peek`](UdpSocket::peek).
    ///
    /// # Cancel safety
    /// If the future is dropped, `buf` is as it was.
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"hello", socket.local_addr()?).await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(socket.peek_from(&mut buf).await?, (5, socket.local_addr()?));
    /// assert_eq!(socket.recv_from(&mut buf).await?, (5, socket.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.registration().async_io(Interest::READABLE | Interest::ERROR, || self.io.peek_from(buf)).await
    }

    /// Polls for a datagram, and adds it to `buf` without taking it. Returns where it says it comes from; see
    /// [`recv_from`](UdpSocket::recv_from).
    ///
    /// The waker of the last call of this and of the other `poll_recv` and `poll_peek` methods is woken, and no other.
    ///
    /// # Errors
    /// As those of [`peek`](UdpSocket::peek).
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
    /// let from = std::future::poll_fn(|cx| socket.poll_peek_from(cx, &mut buf)).await?;
    /// assert_eq!((buf.filled(), from), (&b"hello"[..], socket.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_peek_from(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<SocketAddr>> {
        self.io.registration().poll_read_io(cx, || self.recv_into(buf, libc::MSG_PEEK))
    }

    /// Reads a datagram without taking it, if one is there. Returns how many bytes were read, and where it says it comes
    /// from; see [`recv_from`](UdpSocket::recv_from).
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if none is there; wait with [`readable`](UdpSocket::readable). Or as those
    /// of [`peek`](UdpSocket::peek).
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"hello", socket.local_addr()?).await?;
    /// socket.readable().await?;
    /// assert_eq!(socket.try_peek_from(&mut [0; 16])?, (5, socket.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.registration().try_io(Interest::READABLE, || self.io.peek_from(buf))
    }

    /// Waits for a datagram, and returns where it says it comes from, without taking it; see
    /// [`recv_from`](UdpSocket::recv_from).
    ///
    /// # Errors
    /// As those of [`recv`](UdpSocket::recv).
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"hello", socket.local_addr()?).await?;
    /// assert_eq!(socket.peek_sender().await?, socket.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn peek_sender(&self) -> io::Result<SocketAddr> {
        self.io.registration().async_io(Interest::READABLE | Interest::ERROR, || self.next_sender()).await
    }

    /// Polls for a datagram, and returns where it says it comes from, without taking it; see
    /// [`recv_from`](UdpSocket::recv_from).
    ///
    /// The waker of the last call of this and of the other `poll_recv` and `poll_peek` methods is woken, and no other.
    ///
    /// # Errors
    /// As those of [`recv`](UdpSocket::recv).
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"hello", socket.local_addr()?).await?;
    /// let from = std::future::poll_fn(|cx| socket.poll_peek_sender(cx)).await?;
    /// assert_eq!(from, socket.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_peek_sender(&self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        self.io.registration().poll_read_io(cx, || self.next_sender())
    }

    /// Returns where the next datagram says it comes from, if one is there, without taking it; see
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
    /// assert_eq!(socket.try_peek_sender()?, socket.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_peek_sender(&self) -> io::Result<SocketAddr> {
        self.io.registration().try_io(Interest::READABLE, || self.next_sender())
    }

    fn next_sender(&self) -> io::Result<SocketAddr> {
        // socket2 knows which systems want a buffer that isn't empty.
        let sender = SockRef::from(self).peek_sender()?;
        sender.as_socket().ok_or_else(|| io::Error::other("sender not available"))
    }
}
