//! A [`File`] out of a descriptor's number.
//!
//! Go: os.NewFile

#![allow(unsafe_code, reason = "the trait's method is unsafe: only the caller can know whose the descriptor is")]

use super::File;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

impl FromRawFd for File {
    /// Takes over a descriptor.
    ///
    /// # Safety
    /// `fd` must be open and nobody else's to close.
    unsafe fn from_raw_fd(fd: RawFd) -> File {
        // SAFETY: the caller promises what `OwnedFd` asks for: that `fd` is open and ours to close.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        fd.into()
    }
}
