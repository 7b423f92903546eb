//! What can be set on a socket before it is connected or listens.
//!
//! Go: net/sockopt_linux.go, net/tcpsockopt_posix.go

use super::TcpSocket;
use std::io;
use std::time::Duration;

impl TcpSocket {
    /// Sets whether the system probes a silent connection from time to time (`SO_KEEPALIVE`).
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// socket.set_keepalive(true)?;
    /// assert!(socket.keepalive()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_keepalive(&self, keepalive: bool) -> io::Result<()> {
        self.inner.set_keepalive(keepalive)
    }

    /// Whether the system probes a silent connection from time to time (`SO_KEEPALIVE`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_keepalive`](TcpSocket::set_keepalive).
    pub fn keepalive(&self) -> io::Result<bool> {
        self.inner.keepalive()
    }

    /// Sets whether the socket may be bound to an address that is in use (`SO_REUSEADDR`); what that means differs between
    /// systems.
    ///
    /// On Unix it lets a server be started again while connections of the last one are in `TIME_WAIT`.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// socket.set_reuseaddr(true)?;
    /// assert!(socket.reuseaddr()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_reuseaddr(&self, reuseaddr: bool) -> io::Result<()> {
        self.inner.set_reuse_address(reuseaddr)
    }

    /// Whether the socket may be bound to an address that is in use (`SO_REUSEADDR`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_reuseaddr`](TcpSocket::set_reuseaddr).
    pub fn reuseaddr(&self) -> io::Result<bool> {
        self.inner.reuse_address()
    }

    /// Sets the size of the buffer for what isn't sent yet (`SO_SNDBUF`).
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// socket.set_send_buffer_size(65536)?;
    /// assert!(socket.send_buffer_size()? >= 65536);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_send_buffer_size(&self, size: u32) -> io::Result<()> {
        self.inner.set_send_buffer_size(size as usize)
    }

    /// The size of the buffer for what isn't sent yet (`SO_SNDBUF`).
    ///
    /// It need not be what was set: systems have limits, and Linux doubles the number, for what it needs itself.
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_send_buffer_size`](TcpSocket::set_send_buffer_size).
    pub fn send_buffer_size(&self) -> io::Result<u32> {
        self.inner.send_buffer_size().map(|size| size as u32)
    }

    /// Sets the size of the buffer for what isn't read yet (`SO_RCVBUF`).
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// socket.set_recv_buffer_size(65536)?;
    /// assert!(socket.recv_buffer_size()? >= 65536);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_recv_buffer_size(&self, size: u32) -> io::Result<()> {
        self.inner.set_recv_buffer_size(size as usize)
    }

    /// The size of the buffer for what isn't read yet (`SO_RCVBUF`).
    ///
    /// It need not be what was set: systems have limits, and Linux doubles the number, for what it needs itself.
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_recv_buffer_size`](TcpSocket::set_recv_buffer_size).
    pub fn recv_buffer_size(&self) -> io::Result<u32> {
        self.inner.recv_buffer_size().map(|size| size as u32)
    }

    /// Sets how long closing the socket waits for data that isn't sent yet (`SO_LINGER`).
    ///
    /// The wait blocks the thread that drops the stream; see
    /// [`TcpStream::set_linger`](crate::net::TcpStream::set_linger).
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// # #![allow(deprecated)]
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// socket.set_linger(None)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[deprecated = "`SO_LINGER` causes the socket to block the thread on drop"]
    pub fn set_linger(&self, dur: Option<Duration>) -> io::Result<()> {
        self.inner.set_linger(dur)
    }

    /// Makes closing the socket throw the connection away (`SO_LINGER` of zero): what isn't sent yet is lost, and the peer
    /// gets a reset. See [`TcpStream::set_zero_linger`](crate::net::TcpStream::set_zero_linger).
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// socket.set_zero_linger()?;
    /// assert_eq!(socket.linger()?, Some(std::time::Duration::ZERO));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.inner.set_linger(Some(Duration::ZERO))
    }

    /// How long closing the socket waits for data that isn't sent yet (`SO_LINGER`); `None` if it doesn't.
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_zero_linger`](TcpSocket::set_zero_linger).
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.inner.linger()
    }

    /// Sets whether small writes are sent at once (`TCP_NODELAY`); see
    /// [`TcpStream::set_nodelay`](crate::net::TcpStream::set_nodelay).
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// socket.set_nodelay(true)?;
    /// assert!(socket.nodelay()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.inner.set_tcp_nodelay(nodelay)
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_nodelay`](TcpSocket::set_nodelay).
    pub fn nodelay(&self) -> io::Result<bool> {
        self.inner.tcp_nodelay()
    }

    /// Takes the error that the system has pending for this socket (`SO_ERROR`), if there is one.
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// assert!(socket.take_error()?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.inner.take_error()
    }
}

#[cfg(not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin", target_os = "nuttx")))]
impl TcpSocket {
    /// Sets whether the socket may be bound to a port that is in use (`SO_REUSEPORT`); what that means differs between
    /// systems.
    ///
    /// Linux spreads the clients over all listeners of the port.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// socket.set_reuseport(true)?;
    /// assert!(socket.reuseport()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_reuseport(&self, reuseport: bool) -> io::Result<()> {
        self.inner.set_reuse_port(reuseport)
    }

    /// Whether the socket may be bound to a port that is in use (`SO_REUSEPORT`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_reuseport`](TcpSocket::set_reuseport).
    pub fn reuseport(&self) -> io::Result<bool> {
        self.inner.reuse_port()
    }
}

#[cfg(any(
    target_os = "android",
    target_os = "cygwin",
    target_os = "dragonfly",
    target_os = "freebsd",
    target_os = "fuchsia",
    target_os = "linux",
    target_os = "macos",
    target_os = "netbsd",
    target_os = "openbsd",
))]
impl TcpSocket {
    /// The traffic class of the packets of an IPv6 socket (`IPV6_TCLASS`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_tclass_v6`](TcpSocket::set_tclass_v6).
    pub fn tclass_v6(&self) -> io::Result<u32> {
        self.inner.tclass_v6()
    }

    /// Sets the traffic class of the packets of an IPv6 socket (`IPV6_TCLASS`). May do nothing to one of IPv4.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```no_run
    /// let socket = gmp::net::TcpSocket::new_v6()?;
    /// socket.set_tclass_v6(0x28)?;
    /// assert_eq!(socket.tclass_v6()?, 0x28);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_tclass_v6(&self, tclass: u32) -> io::Result<()> {
        self.inner.set_tclass_v6(tclass)
    }
}

#[cfg(not(any(
    target_os = "fuchsia",
    target_os = "haiku",
    target_os = "illumos",
    target_os = "redox",
    target_os = "solaris",
)))]
impl TcpSocket {
    /// The type of service of the packets of an IPv4 socket (`IP_TOS`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_tos_v4`](TcpSocket::set_tos_v4).
    pub fn tos_v4(&self) -> io::Result<u32> {
        self.inner.tos_v4()
    }

    /// Sets the type of service of the packets of an IPv4 socket (`IP_TOS`). May do nothing to one of IPv6.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// socket.set_tos_v4(0x10)?;
    /// assert_eq!(socket.tos_v4()?, 0x10);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_tos_v4(&self, tos: u32) -> io::Result<()> {
        self.inner.set_tos_v4(tos)
    }

    /// The old name of [`tos_v4`](TcpSocket::tos_v4).
    #[deprecated = "`tos` related methods have been renamed `tos_v4` since they are IPv4-specific."]
    #[doc(hidden)]
    pub fn tos(&self) -> io::Result<u32> {
        self.tos_v4()
    }

    /// The old name of [`set_tos_v4`](TcpSocket::set_tos_v4).
    #[deprecated = "`tos` related methods have been renamed `tos_v4` since they are IPv4-specific."]
    #[doc(hidden)]
    pub fn set_tos(&self, tos: u32) -> io::Result<()> {
        self.set_tos_v4(tos)
    }
}

#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
impl TcpSocket {
    /// The name of the interface that the socket is bound to (`SO_BINDTODEVICE`), if it is.
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// ```
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// assert_eq!(socket.device()?, None);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        self.inner.device()
    }

    /// Binds the socket to an interface (`SO_BINDTODEVICE`): only what comes in there is for this socket.
    ///
    /// `None`, or an empty name, undoes it. Works for some kinds of socket only, `AF_INET` among them.
    ///
    /// # Errors
    /// If there is no such interface, or the caller may not.
    ///
    /// # Examples
    /// ```no_run
    /// let socket = gmp::net::TcpSocket::new_v4()?;
    /// socket.bind_device(Some(b"lo"))?;
    /// assert_eq!(socket.device()?.as_deref(), Some(&b"lo"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        self.inner.bind_device(interface)
    }
}
