//! A [`UnixSocket`] from a bare descriptor number: the trait's function is unsafe.
//!
//! Go: net/file.go (FileConn)

#![allow(unsafe_code, reason = "`FromRawFd` is an unsafe function")]

use super::UnixSocket;
use socket2::Socket;
use std::os::fd::{FromRawFd, RawFd};

impl FromRawFd for UnixSocket {
    /// A socket from its descriptor, which must be in non-blocking mode.
    ///
    /// # Safety
    /// As [`FromRawFd::from_raw_fd`]: the descriptor is open, and nobody else owns it.
    unsafe fn from_raw_fd(fd: RawFd) -> UnixSocket {
        // SAFETY: what the caller promises is what is asked for.
        let inner = unsafe { Socket::from_raw_fd(fd) };
        UnixSocket { inner }
    }
}
