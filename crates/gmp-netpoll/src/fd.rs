//! System calls on borrowed descriptors as safe functions: reads into memory that nobody has initialised yet, flags of a
//! descriptor, the credentials of a peer, descriptors of processes.
//!
//! A read into a [`ReadBuf`] goes to its unfilled part as it is, without zeroing it first; what the kernel wrote is then marked
//! as initialised and filled. None of these functions waits if the descriptor is in non-blocking mode, and none of them tries
//! again by itself: `WouldBlock` and `Interrupted` are the caller's.
//!
//! Options of sockets aren't here: socket2's `SockRef::from(&fd)` has them.
//!
//! Go: internal/poll/fd_unix.go

#![allow(unsafe_code, reason = "calls into the C library, and marking what they wrote as initialised")]

#[cfg(target_os = "linux")]
mod boundary;
mod flags;
#[cfg(target_os = "linux")]
mod inq;
mod peer_cred;
#[cfg(target_os = "linux")]
mod pidfd;

#[cfg(target_os = "linux")]
pub use boundary::recv_boundary;
pub use flags::{Access, access, is_fifo, is_nonblocking, set_nonblocking};
#[cfg(target_os = "linux")]
pub use inq::{enable_inq, recv_inq};
pub use peer_cred::{PeerCred, peer_cred};
#[cfg(target_os = "linux")]
pub use pidfd::pidfd_open;

use socket2::{SockAddr, SockRef};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use tokio::io::ReadBuf;

/// The most that one `read` is asked for: more is an error on Apple's systems and wouldn't fit the result elsewhere.
const MOST: usize = if cfg!(target_vendor = "apple") { i32::MAX as usize - 1 } else { isize::MAX as usize };

/// `read(2)` into the unfilled part of `buf`: how many bytes it was; 0 at the end of the stream, or if there is no room.
///
/// # Errors
/// What the system says, `WouldBlock` among it.
pub fn read(fd: BorrowedFd<'_>, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
    read_at_most(fd, buf, MOST)
}

/// As [`read`], but asks for `most` bytes at most.
///
/// # Errors
/// What the system says, `WouldBlock` among it.
pub fn read_at_most(fd: BorrowedFd<'_>, buf: &mut ReadBuf<'_>, most: usize) -> io::Result<usize> {
    let (n, ()) = receive(buf, |unfilled| {
        let room = unfilled.len().min(most).min(MOST);
        // SAFETY: the descriptor is open while it is borrowed; the kernel writes at most `room` bytes, which `unfilled` has.
        let n = unsafe { libc::read(fd.as_raw_fd(), unfilled.as_mut_ptr().cast(), room) };
        // Negative is -1, and errno says why.
        let n = usize::try_from(n).map_err(|_| io::Error::last_os_error())?;
        Ok((n, ()))
    })?;
    Ok(n)
}

/// `recv(2)` into the unfilled part of `buf`: how many bytes it was.
///
/// `flags` is 0 or `MSG_PEEK`. What doesn't fit of a datagram is lost.
///
/// # Errors
/// What the system says, `WouldBlock` among it. `InvalidInput` for other flags.
pub fn recv(fd: BorrowedFd<'_>, buf: &mut ReadBuf<'_>, flags: libc::c_int) -> io::Result<usize> {
    check_flags(flags)?;
    let (n, ()) = receive(buf, |unfilled| {
        let room = unfilled.len().min(MOST);
        // SAFETY: the descriptor is open while it is borrowed; the kernel writes at most `room` bytes, which `unfilled` has, and with
        // these flags says how many it has written.
        let n = unsafe { libc::recv(fd.as_raw_fd(), unfilled.as_mut_ptr().cast(), room, flags) };
        let n = usize::try_from(n).map_err(|_| io::Error::last_os_error())?;
        Ok((n, ()))
    })?;
    Ok(n)
}

/// `recvfrom(2)` into the unfilled part of `buf`: how many bytes it was, and from whom.
///
/// `flags` is 0 or `MSG_PEEK`. What doesn't fit of a datagram is lost.
///
/// # Errors
/// What the system says, `WouldBlock` among it. `InvalidInput` for other flags.
pub fn recv_from(fd: BorrowedFd<'_>, buf: &mut ReadBuf<'_>, flags: libc::c_int) -> io::Result<(usize, SockAddr)> {
    check_flags(flags)?;
    receive(buf, |unfilled| SockRef::from(&fd).recv_from_with_flags(unfilled, flags))
}

/// With MSG_TRUNC the kernel tells of bytes that it didn't write, and they must not be taken for initialised. The others are
/// of no use to a runtime.
fn check_flags(flags: libc::c_int) -> io::Result<()> {
    match flags {
        0 | libc::MSG_PEEK => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "only MSG_PEEK may be among the flags")),
    }
}

/// Lets `call` write to the unfilled part of `buf`; what it says that it wrote is filled from then on.
///
/// For this module's own calls: `call` must have written as many bytes as it says (the kernel does), and nothing that is
/// uninitialised.
fn receive<R>(
    buf: &mut ReadBuf<'_>,
    call: impl FnOnce(&mut [MaybeUninit<u8>]) -> io::Result<(usize, R)>,
) -> io::Result<(usize, R)> {
    // SAFETY: `call` is one of the three of this module, and they write initialised bytes only: the kernel's.
    let unfilled = unsafe { buf.unfilled_mut() };
    let room = unfilled.len();
    let (n, more) = call(unfilled)?;
    assert!(n <= room, "the kernel has read {n} bytes into {room}");
    // SAFETY: the kernel has written the first `n` bytes of the unfilled part, which has as many.
    unsafe { buf.assume_init(n) };
    buf.advance(n);
    Ok((n, more))
}

#[cfg(test)]
mod tests;
