//! A descriptor of a process: readable once the process has ended.
//!
//! Go: internal/syscall/unix/pidfd_linux.go, os/pidfd_linux.go

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// `pidfd_open(2)`: a descriptor of the process with this number. It isn't inherited by other processes.
///
/// The caller makes sure that the number is still the process's that it means: nobody may have waited for that one yet.
///
/// # Errors
/// What the system says: `ENOSYS` before Linux 5.3.
pub fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes a number and flags, of which there are none, and no pointer.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0) };
    let fd = RawFd::try_from(fd).ok().filter(|&fd| fd >= 0).ok_or_else(io::Error::last_os_error)?;
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
