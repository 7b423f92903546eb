//! [`UnixSocket`]: before it is known what it will be.
//!
//! Go: net/sock_posix.go (socket)

mod raw;

use crate::net::{UnixDatagram, UnixListener, UnixStream};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::path::Path;

/// A Unix socket that isn't a [`UnixStream`], [`UnixListener`] or [`UnixDatagram`] yet.
///
/// It is for what must be set before it becomes one: a name for the end that connects, the length of a listener's queue,
/// options. Options that have no function here are set through its descriptor, by a crate such as socket2:
///
/// ```
/// use gmp::net::UnixSocket;
///
/// let socket = UnixSocket::new_stream()?;
/// socket2::SockRef::from(&socket).set_send_buffer_size(1 << 16)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// [`connect`](Self::connect), [`listen`](Self::listen) and [`datagram`](Self::datagram) need a runtime; the rest doesn't.
///
/// # Examples
/// ```no_run
/// use gmp::net::UnixSocket;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let socket = UnixSocket::new_stream()?;
/// socket.bind("/run/client.sock")?;
/// let stream = socket.connect("/run/clock.sock").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct UnixSocket {
    inner: Socket,
}

impl UnixSocket {
    /// A datagram socket.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::UnixSocket::new_datagram()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new_datagram() -> io::Result<UnixSocket> {
        Self::new(Type::DGRAM)
    }

    /// A stream socket.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::UnixSocket::new_stream()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new_stream() -> io::Result<UnixSocket> {
        Self::new(Type::STREAM)
    }

    fn new(kind: Type) -> io::Result<UnixSocket> {
        let inner = Socket::new(Domain::UNIX, kind, None)?;
        inner.set_nonblocking(true)?;
        Ok(Self { inner })
    }

    /// Gives the socket a name.
    ///
    /// On Linux a path that begins with a zero byte is a name of the abstract namespace, without that byte.
    ///
    /// # Errors
    /// What the system says, `AddrInUse` if there is a file already.
    ///
    /// # Examples
    /// ```no_run
    /// let socket = gmp::net::UnixSocket::new_stream()?;
    /// socket.bind("/run/client.sock")?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.inner.bind(&SockAddr::unix(path)?)
    }

    /// Makes it a listener. `backlog` is how many connections may wait to be accepted.
    ///
    /// # Errors
    /// If it is a datagram socket; else what the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixSocket::new_stream()?;
    /// socket.bind("/run/clock.sock")?;
    /// let listener = socket.listen(1024)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<UnixListener> {
        if self.kind()? == Type::DGRAM {
            return Err(io::Error::other("listen cannot be called on a datagram socket"));
        }
        self.inner.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        UnixListener::new(mio::net::UnixListener::from(OwnedFd::from(self.inner)))
    }

    /// Connects to the socket at `path`.
    ///
    /// # Errors
    /// If it is a datagram socket; else as [`UnixStream::connect`].
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Cancel safety
    /// If it is dropped before it completes the socket is closed.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let stream = gmp::net::UnixSocket::new_stream()?.connect("/run/clock.sock").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(self, path: impl AsRef<Path>) -> io::Result<UnixStream> {
        if self.kind()? == Type::DGRAM {
            return Err(io::Error::other("connect cannot be called on a datagram socket"));
        }
        match self.inner.connect(&SockAddr::unix(path)?) {
            Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => return Err(error),
            _ => {}
        }
        UnixStream::connect_mio(mio::net::UnixStream::from(OwnedFd::from(self.inner))).await
    }

    /// Makes it a datagram socket.
    ///
    /// # Errors
    /// If it is a stream socket; else what the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UnixSocket::new_datagram()?;
    /// socket.bind("/run/log.sock")?;
    /// let socket = socket.datagram()?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn datagram(self) -> io::Result<UnixDatagram> {
        if self.kind()? == Type::STREAM {
            return Err(io::Error::other("datagram cannot be called on a stream socket"));
        }
        UnixDatagram::from_mio(mio::net::UnixDatagram::from(OwnedFd::from(self.inner)))
    }

    fn kind(&self) -> io::Result<Type> {
        self.inner.r#type()
    }
}

impl AsRawFd for UnixSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }
}

impl AsFd for UnixSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

impl IntoRawFd for UnixSocket {
    fn into_raw_fd(self) -> RawFd {
        self.inner.into_raw_fd()
    }
}
