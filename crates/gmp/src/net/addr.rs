//! [`ToSocketAddrs`]: what a name or an address resolves to.
//!
//! Everything resolves to one type of future, [`sealed::Lookup`]: it is ready at once for addresses, and waits for a
//! blocking job that calls `getaddrinfo` for names.
//!
//! Go: net/lookup_unix.go, with the resolver of libc (cgo).

use crate::task::spawn_blocking;
use sealed::{Internal, Lookup, Resolve};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// What can be resolved to one or more socket addresses, without blocking the thread.
///
/// Addresses, and strings that spell one, are taken as they are. Other strings are names: they are looked up with the
/// resolver of the system, on the threads of [`spawn_blocking`](crate::task::spawn_blocking).
///
/// This trait is an argument of functions such as [`TcpStream::connect`](crate::net::TcpStream::connect) and has no
/// methods of its own; it can't be implemented for other types. To see the addresses call
/// [`lookup_host`](crate::net::lookup_host).
///
/// # Examples
/// ```
/// use gmp::net::{ToSocketAddrs, lookup_host};
/// use std::net::{Ipv4Addr, SocketAddr};
///
/// async fn first(of: impl ToSocketAddrs) -> std::io::Result<SocketAddr> {
///     Ok(lookup_host(of).await?.next().expect("one address"))
/// }
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let address = first((Ipv4Addr::LOCALHOST, 80)).await?;
/// assert_eq!(first("127.0.0.1:80").await?, address);
/// assert_eq!(first(("127.0.0.1", 80)).await?, address);
/// assert_eq!(first(&[address][..]).await?, address);
/// # Ok(())
/// # }
/// ```
pub trait ToSocketAddrs: Resolve {}

/// Begins to resolve.
pub(crate) fn to_socket_addrs(addr: impl ToSocketAddrs) -> Lookup {
    addr.resolve(Internal)
}

/// Resolves and tries one address after the other, until `attempt` is lucky. Fails with the last error.
pub(crate) async fn try_each<T>(
    addr: impl ToSocketAddrs,
    mut attempt: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let addrs = to_socket_addrs(addr).await?;
    let mut last = None;
    for addr in addrs {
        match attempt(addr) {
            Ok(lucky) => return Ok(lucky),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

/// The error of an operation that was given a name without addresses.
pub(crate) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "could not resolve to any address")
}

/// Asks the system's resolver, on a thread that may block.
fn ask(f: impl FnOnce() -> io::Result<std::vec::IntoIter<SocketAddr>> + Send + 'static) -> Lookup {
    Lookup::Asked(spawn_blocking(f))
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {}

impl<T: Resolve + ?Sized> Resolve for &T {
    fn resolve(&self, internal: Internal) -> Lookup {
        (**self).resolve(internal)
    }
}

impl ToSocketAddrs for SocketAddr {}

impl Resolve for SocketAddr {
    fn resolve(&self, _: Internal) -> Lookup {
        Lookup::One(*self)
    }
}

impl ToSocketAddrs for SocketAddrV4 {}

impl Resolve for SocketAddrV4 {
    fn resolve(&self, _: Internal) -> Lookup {
        Lookup::One((*self).into())
    }
}

impl ToSocketAddrs for SocketAddrV6 {}

impl Resolve for SocketAddrV6 {
    fn resolve(&self, _: Internal) -> Lookup {
        Lookup::One((*self).into())
    }
}

impl ToSocketAddrs for (IpAddr, u16) {}

impl Resolve for (IpAddr, u16) {
    fn resolve(&self, _: Internal) -> Lookup {
        Lookup::One((*self).into())
    }
}

impl ToSocketAddrs for (Ipv4Addr, u16) {}

impl Resolve for (Ipv4Addr, u16) {
    fn resolve(&self, _: Internal) -> Lookup {
        Lookup::One((*self).into())
    }
}

impl ToSocketAddrs for (Ipv6Addr, u16) {}

impl Resolve for (Ipv6Addr, u16) {
    fn resolve(&self, _: Internal) -> Lookup {
        Lookup::One((*self).into())
    }
}

impl ToSocketAddrs for &[SocketAddr] {}

impl Resolve for &[SocketAddr] {
    fn resolve(&self, _: Internal) -> Lookup {
        // A copy: the addresses are read after the caller's slice may have gone.
        Lookup::Many(self.to_vec())
    }
}

impl ToSocketAddrs for str {}

impl Resolve for str {
    fn resolve(&self, _: Internal) -> Lookup {
        if let Ok(addr) = self.parse() {
            return Lookup::One(addr);
        }
        let name = self.to_owned();
        ask(move || std::net::ToSocketAddrs::to_socket_addrs(&name))
    }
}

impl ToSocketAddrs for String {}

impl Resolve for String {
    fn resolve(&self, internal: Internal) -> Lookup {
        self.as_str().resolve(internal)
    }
}

impl ToSocketAddrs for (&str, u16) {}

impl Resolve for (&str, u16) {
    fn resolve(&self, _: Internal) -> Lookup {
        let (host, port) = *self;
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Lookup::One((ip, port).into());
        }
        let host = host.to_owned();
        ask(move || std::net::ToSocketAddrs::to_socket_addrs(&(host.as_str(), port)))
    }
}

impl ToSocketAddrs for (String, u16) {}

impl Resolve for (String, u16) {
    fn resolve(&self, internal: Internal) -> Lookup {
        (self.0.as_str(), self.1).resolve(internal)
    }
}

#[expect(unnameable_types, reason = "that nobody else can name them is what seals the trait")]
mod sealed {
    //! What stands behind [`ToSocketAddrs`](super::ToSocketAddrs), out of reach for others.

    use crate::task::JoinHandle;
    use std::future::Future;
    use std::io;
    use std::net::SocketAddr;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// Resolves itself.
    pub trait Resolve {
        /// Begins to resolve. Nobody outside of the crate can call this: they have no [`Internal`].
        fn resolve(&self, internal: Internal) -> Lookup;
    }

    /// The right to call [`Resolve::resolve`].
    #[derive(Debug)]
    pub struct Internal;

    /// Becomes the addresses.
    #[derive(Debug)]
    pub enum Lookup {
        /// An address was given.
        One(SocketAddr),
        /// Several were.
        Many(Vec<SocketAddr>),
        /// The resolver has been asked.
        Asked(JoinHandle<io::Result<std::vec::IntoIter<SocketAddr>>>),
    }

    /// The addresses, in the order in which they are to be tried.
    #[derive(Debug)]
    pub enum Addrs {
        /// No allocation for the usual case.
        One(std::option::IntoIter<SocketAddr>),
        /// Any number.
        Many(std::vec::IntoIter<SocketAddr>),
    }

    impl Future for Lookup {
        type Output = io::Result<Addrs>;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            match &mut *self {
                Lookup::One(addr) => Poll::Ready(Ok(Addrs::One(Some(*addr).into_iter()))),
                Lookup::Many(addrs) => Poll::Ready(Ok(Addrs::Many(std::mem::take(addrs).into_iter()))),
                Lookup::Asked(job) => Pin::new(job).poll(cx).map(|answer| Ok(Addrs::Many(answer??))),
            }
        }
    }

    impl Iterator for Addrs {
        type Item = SocketAddr;

        fn next(&mut self) -> Option<SocketAddr> {
            match self {
                Addrs::One(addr) => addr.next(),
                Addrs::Many(addrs) => addrs.next(),
            }
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            match self {
                Addrs::One(addr) => addr.size_hint(),
                Addrs::Many(addrs) => addrs.size_hint(),
            }
        }
    }
}
