//! Apple's systems: `getpeereid`, and the process id by a socket option.
//!
//! Go: golang.org/x/sys/unix (GetsockoptXucred)

use super::PeerCred;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

pub(super) fn peer_cred(fd: BorrowedFd<'_>) -> io::Result<PeerCred> {
    let mut pid: libc::pid_t = 0;
    let mut len = size_of::<libc::pid_t>() as libc::socklen_t;
    // SAFETY: the descriptor is open while it is borrowed; the kernel writes at most `len` bytes, which is what `pid` has.
    let rc = unsafe {
        libc::getsockopt(fd.as_raw_fd(), libc::SOL_LOCAL, libc::LOCAL_PEEREPID, (&raw mut pid).cast(), &raw mut len)
    };
    if rc != 0 {
        return Err(io::Error::last_os_error());
    }
    if len as usize != size_of::<libc::pid_t>() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "LOCAL_PEEREPID has an unexpected size"));
    }
    let mut uid: libc::uid_t = 0;
    let mut gid: libc::gid_t = 0;
    // SAFETY: the descriptor is open while it is borrowed; both results are written to locals.
    let rc = unsafe { libc::getpeereid(fd.as_raw_fd(), &raw mut uid, &raw mut gid) };
    if rc != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(PeerCred { uid, gid, pid: Some(pid) })
}
