//! Solaris and illumos: `getpeerucred`.
//!
//! Go: none — Go has no call of its own for it

use super::PeerCred;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

pub(super) fn peer_cred(fd: BorrowedFd<'_>) -> io::Result<PeerCred> {
    let mut cred: *mut libc::ucred_t = ptr::null_mut();
    // SAFETY: the descriptor is open while it is borrowed; a null pointer asks for an allocated answer.
    let rc = unsafe { libc::getpeerucred(fd.as_raw_fd(), &raw mut cred) };
    if rc != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so `cred` is an answer that isn't freed yet.
    let uid = unsafe { libc::ucred_geteuid(cred) };
    // SAFETY: as above.
    let gid = unsafe { libc::ucred_getegid(cred) };
    // SAFETY: as above.
    let pid = unsafe { libc::ucred_getpid(cred) };
    // SAFETY: the answer is ours, is freed once and not used again.
    unsafe { libc::ucred_free(cred) };
    Ok(PeerCred { uid, gid, pid: Some(pid) })
}
