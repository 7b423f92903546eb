//! Groups.
//!
//! Go: net/sockoptip_posix.go

use super::UdpSocket;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

impl UdpSocket {
    /// Whether the socket's own machine gets what it sends to a group of IPv4 (`IP_MULTICAST_LOOP`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_multicast_loop_v4`](UdpSocket::set_multicast_loop_v4).
    pub fn multicast_loop_v4(&self) -> io::Result<bool> {
        self.io.multicast_loop_v4()
    }

    /// Sets whether the socket's own machine gets what it sends to a group of IPv4 (`IP_MULTICAST_LOOP`).
    ///
    /// May do nothing to a socket of IPv6.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_multicast_loop_v4(false)?;
    /// assert!(!socket.multicast_loop_v4()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_multicast_loop_v4(&self, on: bool) -> io::Result<()> {
        self.io.set_multicast_loop_v4(on)
    }

    /// How many routers a packet to a group of IPv4 may pass (`IP_MULTICAST_TTL`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_multicast_ttl_v4`](UdpSocket::set_multicast_ttl_v4).
    pub fn multicast_ttl_v4(&self) -> io::Result<u32> {
        self.io.multicast_ttl_v4()
    }

    /// Sets how many routers a packet to a group of IPv4 may pass (`IP_MULTICAST_TTL`).
    ///
    /// It is 1 by default: such packets stay in the local network. May do nothing to a socket of IPv6.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_multicast_ttl_v4(4)?;
    /// assert_eq!(socket.multicast_ttl_v4()?, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_multicast_ttl_v4(&self, ttl: u32) -> io::Result<()> {
        self.io.set_multicast_ttl_v4(ttl)
    }

    /// Whether the socket's own machine gets what it sends to a group of IPv6 (`IPV6_MULTICAST_LOOP`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_multicast_loop_v6`](UdpSocket::set_multicast_loop_v6).
    pub fn multicast_loop_v6(&self) -> io::Result<bool> {
        self.io.multicast_loop_v6()
    }

    /// Sets whether the socket's own machine gets what it sends to a group of IPv6 (`IPV6_MULTICAST_LOOP`).
    ///
    /// May do nothing to a socket of IPv4.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = gmp::net::UdpSocket::bind("[::1]:0").await?;
    /// socket.set_multicast_loop_v6(false)?;
    /// assert!(!socket.multicast_loop_v6()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_multicast_loop_v6(&self, on: bool) -> io::Result<()> {
        self.io.set_multicast_loop_v6(on)
    }

    /// Joins a group of IPv4 (`IP_ADD_MEMBERSHIP`), on the interface that has an address; which one the system chooses if
    /// that is [`Ipv4Addr::UNSPECIFIED`].
    ///
    /// # Errors
    /// If `multiaddr` isn't the address of a group, or there is no such interface.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::UdpSocket;
    /// use std::net::Ipv4Addr;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = UdpSocket::bind("0.0.0.0:5353").await?;
    /// let group = Ipv4Addr::new(224, 0, 0, 251);
    /// socket.join_multicast_v4(group, Ipv4Addr::UNSPECIFIED)?;
    /// let (len, from) = socket.recv_from(&mut [0; 1500]).await?;
    /// println!("{len} bytes from {from}");
    /// socket.leave_multicast_v4(group, Ipv4Addr::UNSPECIFIED)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn join_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.io.join_multicast_v4(&multiaddr, &interface)
    }

    /// Joins a group of IPv6 (`IPV6_ADD_MEMBERSHIP`), on the interface with a number; which one the system chooses if that
    /// is 0.
    ///
    /// # Errors
    /// If `multiaddr` isn't the address of a group, or there is no such interface.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::UdpSocket;
    /// use std::net::Ipv6Addr;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = UdpSocket::bind("[::]:5353").await?;
    /// let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
    /// socket.join_multicast_v6(&group, 0)?;
    /// let (len, from) = socket.recv_from(&mut [0; 1500]).await?;
    /// println!("{len} bytes from {from}");
    /// socket.leave_multicast_v6(&group, 0)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn join_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.join_multicast_v6(multiaddr, interface)
    }

    /// Leaves a group of IPv4 (`IP_DROP_MEMBERSHIP`).
    ///
    /// # Errors
    /// If the socket isn't in it.
    ///
    /// # Examples
    /// See [`join_multicast_v4`](UdpSocket::join_multicast_v4).
    pub fn leave_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.io.leave_multicast_v4(&multiaddr, &interface)
    }

    /// Leaves a group of IPv6 (`IPV6_DROP_MEMBERSHIP`).
    ///
    /// # Errors
    /// If the socket isn't in it.
    ///
    /// # Examples
    /// See [`join_multicast_v6`](UdpSocket::join_multicast_v6).
    pub fn leave_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.leave_multicast_v6(multiaddr, interface)
    }
}
