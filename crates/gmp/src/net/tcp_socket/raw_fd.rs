//! A [`TcpSocket`] out of a descriptor's number.
//!
//! Go: net.FileConn

#![allow(unsafe_code, reason = "the trait's method is unsafe: only the caller can know whose the descriptor is")]

use super::TcpSocket;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

impl FromRawFd for TcpSocket {
    /// Takes over a descriptor, which must be in non-blocking mode.
    ///
    /// # Safety
    /// `fd` must be open, a socket, and nobody else's to close.
    unsafe fn from_raw_fd(fd: RawFd) -> TcpSocket {
        // SAFETY: the caller promises what `OwnedFd` asks for: that `fd` is open and ours to close.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        TcpSocket { inner: fd.into() }
    }
}
