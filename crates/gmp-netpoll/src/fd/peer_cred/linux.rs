//! Linux, and the systems that have its SO_PEERCRED.
//!
//! Go: syscall (GetsockoptUcred)

use super::PeerCred;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

#[cfg(target_os = "openbsd")]
use libc::sockpeercred as ucred;
#[cfg(not(target_os = "openbsd"))]
use libc::ucred;

#[allow(clippy::unnecessary_cast, reason = "the width and sign of the ids are the system's")]
pub(super) fn peer_cred(fd: BorrowedFd<'_>) -> io::Result<PeerCred> {
    let mut cred = MaybeUninit::<ucred>::zeroed();
    let mut len = size_of::<ucred>() as libc::socklen_t;
    // SAFETY: the descriptor is open while it is borrowed; the kernel writes at most `len` bytes, which is what `cred` has.
    let rc = unsafe {
        libc::getsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, cred.as_mut_ptr().cast(), &raw mut len)
    };
    if rc != 0 {
        return Err(io::Error::last_os_error());
    }
    if len as usize != size_of::<ucred>() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "SO_PEERCRED has an unexpected size"));
    }
    // SAFETY: it was zeroed, and any bytes are a valid `ucred`.
    let cred = unsafe { cred.assume_init() };
    Ok(PeerCred { uid: cred.uid as u32, gid: cred.gid as u32, pid: Some(cred.pid as i32) })
}
