//! [`UnixDatagram`]: sending.
//!
//! Go: net/unixsock.go (WriteToUnix)

use super::UnixDatagram;
use crate::io::Interest;
use std::io;
use std::path::Path;
use std::task::{Context, Poll};

impl UnixDatagram {
    /// Sends a datagram to the peer that the socket is connected to: how many bytes it has, all of `buf`.
    ///
    /// # Errors
    /// What the system says: `NotConnected`, `ConnectionRefused` if the peer is gone, a message that is too long. And an error
    /// if the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe: if it is dropped before it completes, nothing has been sent.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixDatagram::pair()?;
    /// assert_eq!(here.send(b"hello").await?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.registration().async_io(Interest::WRITABLE, || self.io.send(buf)).await
    }

    /// Sends a datagram to the peer that the socket is connected to, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if the peer's queue is full; else as [`send`](Self::send).
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixDatagram::pair()?;
    /// here.writable().await?;
    /// assert_eq!(here.try_send(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::WRITABLE, || self.io.send(buf))
    }

    /// Polls to send a datagram to the peer that the socket is connected to.
    ///
    /// Of several tasks that poll this, [`poll_send_to`](Self::poll_send_to) or [`poll_send_ready`](Self::poll_send_ready) only
    /// the last is woken.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Examples
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixDatagram::pair()?;
    /// assert_eq!(poll_fn(|cx| here.poll_send(cx, b"hello")).await?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_send(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io.registration().poll_write_io(cx, || self.io.send(buf))
    }

    /// Sends a datagram to the socket at `target`: how many bytes it has, all of `buf`.
    ///
    /// # Errors
    /// What the system says: `NotFound`, `ConnectionRefused` if nobody has bound the path, a message that is too long. And an
    /// error if the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe: if it is dropped before it completes, nothing has been sent.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::unbound()?;
    /// socket.send_to(b"started", "/run/log.sock").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_to<P>(&self, buf: &[u8], target: P) -> io::Result<usize>
    where
        P: AsRef<Path>,
    {
        self.io.registration().async_io(Interest::WRITABLE, || self.io.send_to(buf, target.as_ref())).await
    }

    /// Sends a datagram to the socket at `target`, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if the receiver's queue is full; else as [`send_to`](Self::send_to).
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::unbound()?;
    /// socket.writable().await?;
    /// socket.try_send_to(b"started", "/run/log.sock")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_send_to<P>(&self, buf: &[u8], target: P) -> io::Result<usize>
    where
        P: AsRef<Path>,
    {
        self.io.registration().try_io(Interest::WRITABLE, || self.io.send_to(buf, target))
    }

    /// Polls to send a datagram to the socket at `target`.
    ///
    /// Of several tasks that poll this, [`poll_send`](Self::poll_send) or [`poll_send_ready`](Self::poll_send_ready) only the
    /// last is woken.
    ///
    /// # Errors
    /// As [`send_to`](Self::send_to).
    ///
    /// # Examples
    /// ```no_run
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::unbound()?;
    /// poll_fn(|cx| socket.poll_send_to(cx, b"started", "/run/log.sock")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_send_to<P>(&self, cx: &mut Context<'_>, buf: &[u8], target: P) -> Poll<io::Result<usize>>
    where
        P: AsRef<Path>,
    {
        self.io.registration().poll_write_io(cx, || self.io.send_to(buf, target.as_ref()))
    }
}
