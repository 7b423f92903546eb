//! [`lookup_host`]: names to addresses.
//!
//! Go: net/lookup.go (LookupHost)

use crate::net::ToSocketAddrs;
use crate::net::addr::to_socket_addrs;
use std::io;
use std::net::SocketAddr;

/// Resolves a host's name, with its port, to socket addresses.
///
/// What the resolver of the system answers is what is returned, in its order; that may be nothing. For more than that (other
/// records, other servers, caches) there are libraries.
///
/// # Errors
/// If the name can't be resolved, or the runtime ends meanwhile.
///
/// # Panics
/// If a name has to be looked up outside of a runtime's context.
///
/// # Examples
/// ```
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// for address in gmp::net::lookup_host("localhost:3000").await? {
///     assert!(address.ip().is_loopback());
///     assert_eq!(address.port(), 3000);
/// }
/// # Ok(())
/// # }
/// ```
pub async fn lookup_host<T>(host: T) -> io::Result<impl Iterator<Item = SocketAddr>>
where
    T: ToSocketAddrs,
{
    to_socket_addrs(host).await
}
