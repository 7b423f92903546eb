//! [`UnixDatagram`]: readiness, and operations of the caller's own.
//!
//! Go: none — a goroutine just reads

use super::UnixDatagram;
use crate::io::{Interest, Ready};
use std::io;
use std::task::{Context, Poll};

impl UnixDatagram {
    /// Waits until the socket is ready for any of what `interest` names, and says for what.
    ///
    /// With a `try_` function one task can send and receive. The answer may be wrong, or empty: an operation that fails with
    /// `WouldBlock` is the signal to wait again.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until an operation has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixDatagram::pair()?;
    /// let ready = here.ready(Interest::READABLE | Interest::WRITABLE).await?;
    /// assert!(ready.is_writable());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        Ok(self.io.registration().readiness(interest).await?.ready)
    }

    /// Waits until the socket may send: [`ready`](Self::ready) with [`Interest::WRITABLE`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a send has met `WouldBlock`.
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
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await?;
        Ok(())
    }

    /// Waits until the socket may receive: [`ready`](Self::ready) with [`Interest::READABLE`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a receive has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixDatagram::pair()?;
    /// there.send(b"hello").await?;
    /// here.readable().await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(here.try_recv(&mut buf)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await?;
        Ok(())
    }

    /// Polls whether the socket may send.
    ///
    /// Of several tasks that poll this, [`poll_send`](Self::poll_send) or [`poll_send_to`](Self::poll_send_to) only the last is
    /// woken; a receiver's waker has a place of its own. [`writable`](Self::writable) is for any number of tasks.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixDatagram::pair()?;
    /// poll_fn(|cx| here.poll_send_ready(cx)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_write_ready(cx).map_ok(|_| ())
    }

    /// Polls whether the socket may receive.
    ///
    /// Of several tasks that poll this, [`poll_recv`](Self::poll_recv) or [`poll_recv_from`](Self::poll_recv_from) only the last
    /// is woken; a sender's waker has a place of its own. [`readable`](Self::readable) is for any number of tasks.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixDatagram::pair()?;
    /// there.send(b"hello").await?;
    /// poll_fn(|cx| here.poll_recv_ready(cx)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_read_ready(cx).map_ok(|_| ())
    }

    /// Calls `f`, which is to do one operation on the socket, if the socket is ready for it.
    ///
    /// `f` returns `WouldBlock` if, and only if, the system has said so: the socket then counts as not ready until the poller
    /// says otherwise. It must not use the functions of this type for that, which keep the same account. `interest` is either
    /// to receive or to send; with both it is not known which of them is to be cleared.
    ///
    /// # Errors
    /// `WouldBlock` if the socket isn't ready, without calling `f`; else what `f` returns.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixDatagram::pair()?;
    /// let n = here.try_io(Interest::WRITABLE, || socket2::SockRef::from(&here).send(b"hello"))?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_io<R>(&self, interest: Interest, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.io.registration().try_io(interest, || self.io.try_io(f))
    }

    /// Waits until the socket is ready and calls `f`, again and again while that returns `WouldBlock`.
    ///
    /// What [`try_io`](Self::try_io) says about `f` and `interest` applies.
    ///
    /// # Errors
    /// What `f` returns, `WouldBlock` excepted; and an error if the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe if `f` is: it is dropped between two calls of `f`.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixDatagram::pair()?;
    /// let n = here.async_io(Interest::WRITABLE, || socket2::SockRef::from(&here).send(b"hello")).await?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn async_io<R>(&self, interest: Interest, mut f: impl FnMut() -> io::Result<R>) -> io::Result<R> {
        self.io.registration().async_io(interest, || self.io.try_io(&mut f)).await
    }
}
