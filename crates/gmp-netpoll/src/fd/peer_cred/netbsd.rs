//! NetBSD: LOCAL_PEEREID.
//!
//! Go: none — Go has no call of its own for it

use super::PeerCred;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

/// `<sys/un.h>` has it, libc doesn't.
const SOL_LOCAL: libc::c_int = 0;

pub(super) fn peer_cred(fd: BorrowedFd<'_>) -> io::Result<PeerCred> {
    let mut cred = MaybeUninit::<libc::unpcbid>::zeroed();
    let mut len = size_of::<libc::unpcbid>() as libc::socklen_t;
    // SAFETY: the descriptor is open while it is borrowed; the kernel writes at most `len` bytes, which is what `cred` has.
    let rc = unsafe {
        libc::getsockopt(fd.as_raw_fd(), SOL_LOCAL, libc::LOCAL_PEEREID, cred.as_mut_ptr().cast(), &raw mut len)
    };
    if rc != 0 {
        return Err(io::Error::last_os_error());
    }
    if len as usize != size_of::<libc::unpcbid>() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "LOCAL_PEEREID has an unexpected size"));
    }
    // SAFETY: it was zeroed, and any bytes are a valid `unpcbid`.
    let cred = unsafe { cred.assume_init() };
    Ok(PeerCred { uid: cred.unp_euid, gid: cred.unp_egid, pid: Some(cred.unp_pid) })
}
