//! Who is at the other end of a Unix socket. Each system has its own call for it.
//!
//! Go: syscall (GetsockoptUcred), golang.org/x/sys/unix (GetsockoptXucred)

use std::io;
use std::os::fd::BorrowedFd;

#[cfg_attr(
    any(
        target_os = "linux",
        target_os = "android",
        target_os = "openbsd",
        target_os = "haiku",
        target_os = "redox",
        target_os = "cygwin"
    ),
    path = "peer_cred/linux.rs"
)]
#[cfg_attr(target_vendor = "apple", path = "peer_cred/apple.rs")]
#[cfg_attr(target_os = "freebsd", path = "peer_cred/freebsd.rs")]
#[cfg_attr(target_os = "netbsd", path = "peer_cred/netbsd.rs")]
#[cfg_attr(any(target_os = "solaris", target_os = "illumos"), path = "peer_cred/solaris.rs")]
#[cfg_attr(any(target_os = "dragonfly", target_os = "aix", target_os = "nto"), path = "peer_cred/bsd.rs")]
#[cfg_attr(
    not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "openbsd",
        target_os = "haiku",
        target_os = "redox",
        target_os = "cygwin",
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "solaris",
        target_os = "illumos",
        target_os = "dragonfly",
        target_os = "aix",
        target_os = "nto"
    )),
    path = "peer_cred/other.rs"
)]
mod os;

/// The effective ids of the process at the other end, as they were when it called `connect`, `listen` or `socketpair`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerCred {
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its process id, where the system tells.
    pub pid: Option<i32>,
}

/// Who is at the other end of the Unix socket `fd`.
///
/// # Errors
/// What the system says, which depends on the system for sockets that aren't connected.
pub fn peer_cred(fd: BorrowedFd<'_>) -> io::Result<PeerCred> {
    os::peer_cred(fd)
}
