//! Sockets. All but [`ToSocketAddrs`] needs the feature `net`.
//!
//! As in tokio the trait is there without it, so that a library can name it in a bound, and addresses have it; names, which have to be
//! looked up, don't.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// What can be resolved to one or more socket addresses, without blocking the thread.
///
/// It is an argument of the functions that the feature `net` adds, and can't be implemented for other types.
///
/// # Examples
/// ```
/// fn takes(address: impl gmp::net::ToSocketAddrs) {}
/// takes((std::net::Ipv4Addr::LOCALHOST, 80));
/// ```
pub trait ToSocketAddrs: sealed::Sealed {}

mod sealed {
    //! What keeps others from implementing the trait.

    #[expect(unnameable_types, reason = "that nobody else can name it is what seals the trait")]
    pub trait Sealed {}
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {}
impl<T: sealed::Sealed + ?Sized> sealed::Sealed for &T {}
impl ToSocketAddrs for SocketAddr {}
impl sealed::Sealed for SocketAddr {}
impl ToSocketAddrs for SocketAddrV4 {}
impl sealed::Sealed for SocketAddrV4 {}
impl ToSocketAddrs for SocketAddrV6 {}
impl sealed::Sealed for SocketAddrV6 {}
impl ToSocketAddrs for (IpAddr, u16) {}
impl sealed::Sealed for (IpAddr, u16) {}
impl ToSocketAddrs for (Ipv4Addr, u16) {}
impl sealed::Sealed for (Ipv4Addr, u16) {}
impl ToSocketAddrs for (Ipv6Addr, u16) {}
impl sealed::Sealed for (Ipv6Addr, u16) {}
impl ToSocketAddrs for &[SocketAddr] {}
impl sealed::Sealed for &[SocketAddr] {}
