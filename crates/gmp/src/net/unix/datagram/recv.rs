//! [`UnixDatagram`]: receiving. What of a datagram doesn't fit the buffer is lost.
//!
//! Go: net/unixsock.go (ReadFromUnix)

use super::UnixDatagram;
use crate::io::{Interest, ReadBuf};
use crate::net::unix::{SocketAddr, address};
use gmp_netpoll::fd;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

#[cfg(feature = "io-util")]
use {crate::net::read_into::read_into, bytes::BufMut};

impl UnixDatagram {
    /// Receives a datagram: how many bytes of it are in `buf`. What doesn't fit is lost.
    ///
    /// # Errors
    /// What the system says; and an error if the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe: if it is dropped before it completes, nothing has been received.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixDatagram::pair()?;
    /// there.send(b"hello").await?;
    /// let mut buf = [0; 16];
    /// let n = here.recv(&mut buf).await?;
    /// assert_eq!(&buf[..n], b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.registration().async_io(Interest::READABLE, || self.recv_slice(buf)).await
    }

    /// Receives a datagram without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; else what the system says.
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
    pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || self.recv_slice(buf))
    }

    /// Polls to receive a datagram into the free part of `buf`.
    ///
    /// Of several tasks that poll this, [`poll_recv_from`](Self::poll_recv_from) or
    /// [`poll_recv_ready`](Self::poll_recv_ready) only the last is woken.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Examples
    /// ```
    /// use gmp::io::ReadBuf;
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixDatagram::pair()?;
    /// there.send(b"hello").await?;
    /// let mut space = [0; 16];
    /// let mut buf = ReadBuf::new(&mut space);
    /// poll_fn(|cx| here.poll_recv(cx, &mut buf)).await?;
    /// assert_eq!(buf.filled(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_read_io(cx, || self.recv_into(buf))
    }

    /// Receives a datagram and says from whom: how many bytes of it are in `buf`, and the sender's address.
    ///
    /// # Errors
    /// What the system says; and an error if the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe: if it is dropped before it completes, nothing has been received.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::bind("/run/log.sock")?;
    /// let mut buf = [0; 1024];
    /// let (n, from) = socket.recv_from(&mut buf).await?;
    /// println!("{n} bytes from {from:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.registration().async_io(Interest::READABLE, || self.recv_slice_from(buf)).await
    }

    /// Receives a datagram without waiting and says from whom.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; else what the system says.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::bind("/run/log.sock")?;
    /// socket.readable().await?;
    /// let mut buf = [0; 1024];
    /// let (n, from) = socket.try_recv_from(&mut buf)?;
    /// println!("{n} bytes from {from:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.registration().try_io(Interest::READABLE, || self.recv_slice_from(buf))
    }

    /// Polls to receive a datagram into the free part of `buf`, and says from whom.
    ///
    /// Of several tasks that poll this, [`poll_recv`](Self::poll_recv) or [`poll_recv_ready`](Self::poll_recv_ready) only the
    /// last is woken.
    ///
    /// # Errors
    /// As [`recv_from`](Self::recv_from).
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::io::ReadBuf;
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::bind("/run/log.sock")?;
    /// let mut space = [0; 1024];
    /// let mut buf = ReadBuf::new(&mut space);
    /// let from = poll_fn(|cx| socket.poll_recv_from(cx, &mut buf)).await?;
    /// println!("{} bytes from {from:?}", buf.filled().len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_recv_from(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<SocketAddr>> {
        self.io.registration().poll_read_io(cx, || self.recv_into_from(buf))
    }
}

/// The system calls.
impl UnixDatagram {
    fn recv_slice(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.or_end(self.io.recv(buf), || 0)
    }

    fn recv_into(&self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        self.or_end(fd::recv(self.io.as_fd(), buf, 0).map(drop), || ())
    }

    fn recv_slice_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let received = self.io.recv_from(buf).map(|(n, from)| (n, SocketAddr::from(from)));
        self.or_end(received, || (0, address::unnamed()))
    }

    fn recv_into_from(&self, buf: &mut ReadBuf<'_>) -> io::Result<SocketAddr> {
        let received = fd::recv_from(self.io.as_fd(), buf, 0);
        self.or_end(received.map(|(_, from)| address::of_sender(&from)), address::unnamed)
    }

    /// Nothing is there, and nothing will come once the socket is shut down.
    fn or_end<R>(&self, received: io::Result<R>, end: impl FnOnce() -> R) -> io::Result<R> {
        match received {
            // ORDERING: pairs with `shutdown`'s, through the event that has woken us if not by itself.
            Err(error)
                if error.kind() == io::ErrorKind::WouldBlock && self.receives_no_more.load(Ordering::Acquire) =>
            {
                Ok(end())
            }
            received => received,
        }
    }
}

/// Into memory that needn't be initialised.
#[cfg(feature = "io-util")]
impl UnixDatagram {
    /// Receives a datagram into the free space of `buf`: how many bytes of it are there.
    ///
    /// A `Vec` without free space is given some. What doesn't fit is lost.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Cancel safety
    /// This is cancel safe: if it is dropped before it completes, nothing has been received.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixDatagram::pair()?;
    /// there.send(b"hello").await?;
    /// let mut buf = Vec::with_capacity(16);
    /// here.recv_buf(&mut buf).await?;
    /// assert_eq!(buf, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io.registration().async_io(Interest::READABLE, || self.recv_buf_now(buf)).await
    }

    /// Receives a datagram into the free space of `buf`, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixDatagram::pair()?;
    /// there.send(b"hello").await?;
    /// here.readable().await?;
    /// let mut buf = Vec::with_capacity(16);
    /// assert_eq!(here.try_recv_buf(&mut buf)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || self.recv_buf_now(buf))
    }

    /// Receives a datagram into the free space of `buf`, and says from whom.
    ///
    /// # Errors
    /// As [`recv_from`](Self::recv_from).
    ///
    /// # Cancel safety
    /// This is cancel safe: if it is dropped before it completes, nothing has been received.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::bind("/run/log.sock")?;
    /// let mut buf = Vec::with_capacity(1024);
    /// let (n, from) = socket.recv_buf_from(&mut buf).await?;
    /// println!("{n} bytes from {from:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_buf_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, SocketAddr)> {
        self.io.registration().async_io(Interest::READABLE, || self.recv_buf_from_now(buf)).await
    }

    /// Receives a datagram into the free space of `buf`, without waiting, and says from whom.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; else what the system says.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixDatagram::bind("/run/log.sock")?;
    /// socket.readable().await?;
    /// let mut buf = Vec::with_capacity(1024);
    /// let (n, from) = socket.try_recv_buf_from(&mut buf)?;
    /// println!("{n} bytes from {from:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv_buf_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, SocketAddr)> {
        self.io.registration().try_io(Interest::READABLE, || self.recv_buf_from_now(buf))
    }

    fn recv_buf_now<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        read_into(buf, |free| self.recv_into(free))
    }

    fn recv_buf_from_now<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, SocketAddr)> {
        let mut sender = None;
        let n = read_into(buf, |free| {
            sender = Some(self.recv_into_from(free)?);
            Ok(())
        })?;
        Ok((n, sender.expect("the sender is known once the datagram is there")))
    }
}
