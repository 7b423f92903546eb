//! Linux: a read of a Unix stream that also tells whether it has ended at a boundary rather than with what there is. The kernel ends a
//! read behind bytes that came with descriptors, and where another writer's begin if the socket asks for credentials. What it has
//! thrown away of that it says by a flag, at the price of a `recvmsg` in place of a `read`.
//!
//! Go: net/unixsock_posix.go (readMsg)

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use tokio::io::ReadBuf;

/// As [`recv`](super::recv) on a Unix stream, and whether more may be there although the buffer isn't full.
///
/// # Errors
/// What the system says, `WouldBlock` among it.
pub fn recv_boundary(fd: BorrowedFd<'_>, buf: &mut ReadBuf<'_>) -> io::Result<(usize, bool)> {
    if buf.remaining() == 0 {
        // A `read` of nothing gives nothing; `recvmsg` would wait for something first.
        return Ok((0, false));
    }
    super::receive(buf, |unfilled| recvmsg(fd, unfilled))
}

fn recvmsg(fd: BorrowedFd<'_>, unfilled: &mut [MaybeUninit<u8>]) -> io::Result<(usize, bool)> {
    let mut part = libc::iovec { iov_base: unfilled.as_mut_ptr().cast(), iov_len: unfilled.len() };
    // SAFETY: all zeros is a valid `msghdr`: null pointers and no lengths.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    // SAFETY: the descriptor is open while it is borrowed; the header points to one part, which is `unfilled`, ours to write for the
    // call and as long as said.
    let n = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut message, 0) };
    let n = usize::try_from(n).map_err(|_| io::Error::last_os_error())?;
    Ok((n, message.msg_flags & libc::MSG_CTRUNC != 0))
}
