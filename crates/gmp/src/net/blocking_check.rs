//! A socket in blocking mode must not come into a runtime: its first read would stop a P.
//!
//! Go: none — net.FileConn and its kin set the mode themselves.

use std::io;
use std::os::fd::AsFd;

/// Panics in debug builds if the socket is in blocking mode. A release build doesn't look.
#[track_caller]
pub(crate) fn check_socket_for_blocking(socket: &impl AsFd) -> io::Result<()> {
    if cfg!(debug_assertions) {
        assert!(
            socket2::SockRef::from(socket).nonblocking()?,
            "Registering a blocking socket with the runtime is unsupported: call `set_nonblocking(true)` first"
        );
    }
    Ok(())
}
