//! Receiving into the free space of a buffer.
//!
//! Go: none — a Go slice has no memory that is not initialised.

use super::UdpSocket;
use crate::net::read_into::read_into;
use bytes::BufMut;
use gmp_netpoll::fd;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use tokio::io::Interest;

impl UdpSocket {
    /// As [`recv`](UdpSocket::recv), into the free space of a buffer, which need not be initialised.
    ///
    /// What doesn't fit is lost: a [`Vec`] doesn't grow for a longer datagram.
    ///
    /// # Errors
    /// As those of [`recv`](UdpSocket::recv).
    ///
    /// # Cancel safety
    /// If the future is dropped, no datagram has been taken.
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(socket.local_addr()?).await?;
    /// socket.send(b"hello").await?;
    /// let mut buf = Vec::with_capacity(1500);
    /// assert_eq!(socket.recv_buf(&mut buf).await?, 5);
    /// assert_eq!(buf, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io.registration().async_io(Interest::READABLE | Interest::ERROR, || self.recv_space(buf)).await
    }

    /// As [`try_recv`](UdpSocket::try_recv), into the free space of a buffer, which need not be initialised.
    ///
    /// # Errors
    /// As those of [`try_recv`](UdpSocket::try_recv).
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
    /// let mut buf = Vec::with_capacity(1500);
    /// assert_eq!(socket.try_recv_buf(&mut buf)?, 5);
    /// assert_eq!(buf, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || self.recv_space(buf))
    }

    /// As [`recv_from`](UdpSocket::recv_from), into the free space of a buffer, which need not be initialised.
    ///
    /// # Errors
    /// As those of [`recv`](UdpSocket::recv).
    ///
    /// # Cancel safety
    /// If the future is dropped, no datagram has been taken.
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"hello", socket.local_addr()?).await?;
    /// let mut buf = Vec::with_capacity(1500);
    /// let (_, from) = socket.recv_buf_from(&mut buf).await?;
    /// assert_eq!((&buf[..], from), (&b"hello"[..], socket.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_buf_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, SocketAddr)> {
        self.io.registration().async_io(Interest::READABLE | Interest::ERROR, || self.recv_space_from(buf)).await
    }

    /// As [`try_recv_from`](UdpSocket::try_recv_from), into the free space of a buffer, which need not be initialised.
    ///
    /// # Errors
    /// As those of [`try_recv_from`](UdpSocket::try_recv_from).
    ///
    /// # Examples
    /// ```
    /// # use gmp::net::UdpSocket;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"hello", socket.local_addr()?).await?;
    /// socket.readable().await?;
    /// let mut buf = Vec::with_capacity(1500);
    /// assert_eq!(socket.try_recv_buf_from(&mut buf)?, (5, socket.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv_buf_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, SocketAddr)> {
        self.io.registration().try_io(Interest::READABLE, || self.recv_space_from(buf))
    }

    fn recv_space<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        read_into(buf, |free| fd::recv(self.io.as_fd(), free, 0).map(drop))
    }

    fn recv_space_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, SocketAddr)> {
        let mut sender = None;
        let len = read_into(buf, |free| {
            sender = Some(self.recv_into(free, 0)?);
            Ok(())
        })?;
        Ok((len, sender.expect("`read_into` has called the closure")))
    }
}
