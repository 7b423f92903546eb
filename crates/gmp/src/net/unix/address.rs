//! What a path names, and what a system call says about an address.
//!
//! Go: net/unixsock_posix.go

use crate::net::unix::SocketAddr;
use std::io;
use std::os::unix::net::SocketAddr as StdSocketAddr;
use std::path::Path;

#[cfg(target_os = "android")]
use std::os::android::net::SocketAddrExt;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;

/// The address that `path` names. On Linux a path that begins with a zero byte is a name of the abstract namespace.
pub(super) fn of_path(path: &Path) -> io::Result<StdSocketAddr> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use std::os::unix::ffi::OsStrExt;

        if let Some(name) = path.as_os_str().as_bytes().strip_prefix(b"\0") {
            return StdSocketAddr::from_abstract_name(name);
        }
    }
    StdSocketAddr::from_pathname(path)
}

/// The address of a sender. One that isn't bound to a name has an address without a family, or of no length; it is the
/// unnamed one.
///
/// A path that fills the address to the last byte has no room for the zero that std wants at its end. Std can neither bind to such a
/// path nor send to it; whoever did is unnamed here.
pub(super) fn of_sender(sender: &socket2::SockAddr) -> SocketAddr {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Some(Ok(address)) = sender.as_abstract_namespace().map(StdSocketAddr::from_abstract_name) {
        return SocketAddr::from(address);
    }
    match sender.as_pathname().map(StdSocketAddr::from_pathname) {
        Some(Ok(address)) => SocketAddr::from(address),
        _ => unnamed(),
    }
}

/// The address of a socket that isn't bound to a name.
pub(super) fn unnamed() -> SocketAddr {
    let address = StdSocketAddr::from_pathname("").expect("std takes no path for no name");
    SocketAddr::from(address)
}
