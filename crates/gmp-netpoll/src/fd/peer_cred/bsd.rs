//! Systems that have `getpeereid` and nothing more.
//!
//! Go: none — Go has no call of its own for it

use super::PeerCred;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

#[allow(clippy::unnecessary_cast, reason = "the width and sign of the ids are the system's")]
pub(super) fn peer_cred(fd: BorrowedFd<'_>) -> io::Result<PeerCred> {
    let mut uid: libc::uid_t = 0;
    let mut gid: libc::gid_t = 0;
    // SAFETY: the descriptor is open while it is borrowed; both results are written to locals.
    let rc = unsafe { libc::getpeereid(fd.as_raw_fd(), &raw mut uid, &raw mut gid) };
    if rc != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(PeerCred { uid: uid as u32, gid: gid as u32, pid: None })
}
