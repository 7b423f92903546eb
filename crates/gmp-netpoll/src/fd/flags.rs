//! What kind of descriptor it is and how it was opened: `fstat` and `fcntl`.
//!
//! Go: internal/syscall/unix/fcntl_unix.go, nonblocking_unix.go

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

/// What a descriptor was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// It can be read from.
    pub read: bool,
    /// It can be written to.
    pub write: bool,
}

/// What `fd` was opened for.
///
/// # Errors
/// What the system says.
pub fn access(fd: BorrowedFd<'_>) -> io::Result<Access> {
    let mode = status_flags(fd)? & libc::O_ACCMODE;
    let both = mode == libc::O_RDWR;
    Ok(Access { read: both || mode == libc::O_RDONLY, write: both || mode == libc::O_WRONLY })
}

/// Whether `fd` is a pipe, with a name (FIFO) or without.
///
/// # Errors
/// What the system says.
pub fn is_fifo(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the descriptor is open while it is borrowed; there is room for a `stat` behind the pointer.
    let rc = unsafe { libc::fstat(fd.as_raw_fd(), stat.as_mut_ptr()) };
    if rc == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so it has written the whole `stat`.
    let stat = unsafe { stat.assume_init() };
    Ok(stat.st_mode & libc::S_IFMT == libc::S_IFIFO)
}

/// Whether `fd` is in non-blocking mode.
///
/// # Errors
/// What the system says.
pub fn is_nonblocking(fd: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(status_flags(fd)? & libc::O_NONBLOCK != 0)
}

/// Puts `fd` into non-blocking mode, or takes it out. All descriptors of the same open file follow.
///
/// # Errors
/// What the system says.
pub fn set_nonblocking(fd: BorrowedFd<'_>, nonblocking: bool) -> io::Result<()> {
    let old = status_flags(fd)?;
    let new = if nonblocking { old | libc::O_NONBLOCK } else { old & !libc::O_NONBLOCK };
    if new == old {
        return Ok(());
    }
    // SAFETY: the descriptor is open while it is borrowed; F_SETFL takes a number and no pointer.
    let rc = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, new) };
    if rc == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn status_flags(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    // SAFETY: the descriptor is open while it is borrowed; F_GETFL takes nothing.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    if flags == -1 { Err(io::Error::last_os_error()) } else { Ok(flags) }
}
