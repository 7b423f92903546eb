//! FreeBSD: LOCAL_PEERCRED, which has the process id since FreeBSD 13.
//!
//! Go: golang.org/x/sys/unix (GetsockoptXucred)

use super::PeerCred;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

/// `<sys/un.h>` has it; libc has it only since its 0.2.178.
const SOL_LOCAL: libc::c_int = 0;

pub(super) fn peer_cred(fd: BorrowedFd<'_>) -> io::Result<PeerCred> {
    let mut cred = MaybeUninit::<libc::xucred>::zeroed();
    let mut len = size_of::<libc::xucred>() as libc::socklen_t;
    // SAFETY: the descriptor is open while it is borrowed; the kernel writes at most `len` bytes, which is what `cred` has.
    let rc = unsafe {
        libc::getsockopt(fd.as_raw_fd(), SOL_LOCAL, libc::LOCAL_PEERCRED, cred.as_mut_ptr().cast(), &raw mut len)
    };
    if rc != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was zeroed, and any bytes are a valid `xucred`.
    let cred = unsafe { cred.assume_init() };
    if len as usize != size_of::<libc::xucred>() || cred.cr_version != libc::XUCRED_VERSION {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "LOCAL_PEERCRED has an unexpected form"));
    }
    // SAFETY: both variants of the union are plain data, of which every byte was zeroed or written by the kernel.
    let pid = unsafe { cred.cr_pid__c_anonymous_union.cr_pid };
    // The first of the groups is the effective one. No process has the id 0: an old kernel leaves it so.
    Ok(PeerCred { uid: cred.cr_uid, gid: cred.cr_groups[0], pid: (pid != 0).then_some(pid) })
}
