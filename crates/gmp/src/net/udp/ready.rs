//! Readiness, and operations of the caller's own.
//!
//! Go: net/rawconn.go (rawConn.Read, rawConn.Write)

use super::UdpSocket;
use std::io;
use std::task::{Context, Poll};
use tokio::io::{Interest, Ready};

impl UdpSocket {
    /// Waits until the socket is ready for any of what `interest` names, and says for what.
    ///
    /// Together with [`try_recv`](UdpSocket::try_recv), [`try_send`](UdpSocket::try_send) and their kin this lets one task
    /// send and receive. It may say ready too often: then an attempt fails with
    /// [`WouldBlock`](io::ErrorKind::WouldBlock). It may also return an empty set: look at what it returns, and wait again.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped: once ready, the socket stays ready until an attempt to send or to receive
    /// would have to wait.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    /// use gmp::net::UdpSocket;
    /// use std::io::ErrorKind;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.connect(socket.local_addr()?).await?; // To itself.
    /// let mut sent = false;
    /// loop {
    ///     let interest = if sent { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
    ///     let ready = socket.ready(interest).await?;
    ///     if ready.is_readable() {
    ///         let mut buf = [0; 1500];
    ///         match socket.try_recv(&mut buf) {
    ///             Ok(len) => break assert_eq!(&buf[..len], b"hello"),
    ///             Err(e) if e.kind() == ErrorKind::WouldBlock => {}
    ///             Err(e) => return Err(e),
    ///         }
    ///     }
    ///     if ready.is_writable() && !sent {
    ///         match socket.try_send(b"hello") {
    ///             Ok(_) => sent = true,
    ///             Err(e) if e.kind() == ErrorKind::WouldBlock => {}
    ///             Err(e) => return Err(e),
    ///         }
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        Ok(self.io.registration().readiness(interest).await?.ready)
    }

    /// Waits until the socket is writable: [`ready`](UdpSocket::ready) with [`Interest::WRITABLE`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped: once writable, the socket stays so until an attempt to send would have to
    /// wait.
    ///
    /// # Examples
    /// See [`try_send`](UdpSocket::try_send).
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await.map(drop)
    }

    /// Waits until the socket is readable: [`ready`](UdpSocket::ready) with [`Interest::READABLE`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped: once readable, the socket stays so until an attempt to receive would have
    /// to wait.
    ///
    /// # Examples
    /// See [`try_recv`](UdpSocket::try_recv).
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await.map(drop)
    }

    /// Polls for being writable; for where the future of [`writable`](UdpSocket::writable) has no place.
    ///
    /// The waker of the last call of this and of the other `poll_send` methods is woken, and no other: one task at a time.
    /// (`writable` serves any number.)
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// std::future::poll_fn(|cx| socket.poll_send_ready(cx)).await
    /// # }
    /// ```
    pub fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_write_ready(cx).map_ok(drop)
    }

    /// Polls for being readable; for where the future of [`readable`](UdpSocket::readable) has no place.
    ///
    /// The waker of the last call of this and of the other `poll_recv` and `poll_peek` methods is woken, and no other: one
    /// task at a time. (`readable` serves any number.)
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"to myself", socket.local_addr()?).await?;
    /// std::future::poll_fn(|cx| socket.poll_recv_ready(cx)).await
    /// # }
    /// ```
    pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_read_ready(cx).map_ok(drop)
    }

    /// Runs an operation of the caller's own on the socket, if the socket is ready for it.
    ///
    /// `f` makes a system call on the descriptor. If that would have to wait it returns
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), and the socket counts as not ready until the system reports it again. So
    /// `f` must return that error in no other case, and must not use the methods of this socket, which keep count themselves.
    ///
    /// `interest` has to be one thing: to receive, or to send.
    ///
    /// # Errors
    /// `WouldBlock` if the socket isn't ready, without a call of `f`; else what `f` returns.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    /// use gmp::net::UdpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let to = socket.local_addr()?.into();
    /// socket.writable().await?;
    /// let sent = socket.try_io(Interest::WRITABLE, || socket2::SockRef::from(&socket).send_to(b"hello", &to))?;
    /// assert_eq!(sent, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_io<R>(&self, interest: Interest, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.io.registration().try_io(interest, || self.io.try_io(f))
    }

    /// Runs an operation of the caller's own on the socket, when the socket is ready for it.
    ///
    /// The same as [`try_io`](UdpSocket::try_io), but waits before the call, and again each time when `f` returns
    /// [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// # Errors
    /// What `f` returns; or if the runtime has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, `f` has had no success.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    /// use gmp::net::UdpSocket;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let to = socket.local_addr()?.into();
    /// let sent = socket.async_io(Interest::WRITABLE, || socket2::SockRef::from(&socket).send_to(b"hello", &to)).await?;
    /// assert_eq!(sent, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn async_io<R>(&self, interest: Interest, mut f: impl FnMut() -> io::Result<R>) -> io::Result<R> {
        self.io.registration().async_io(interest, || self.io.try_io(&mut f)).await
    }
}
