//! Linux: a read that also tells how many bytes of a TCP stream are left, so that the next read needn't be tried to learn that there
//! are none.
//!
//! Go: none — Go's reads learn it from EAGAIN

use std::io;
use std::mem::{MaybeUninit, size_of, size_of_val};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use tokio::io::ReadBuf;

/// The option, and the kind of its message (linux/tcp.h: TCP_INQ, TCP_CM_INQ).
const TCP_INQ: libc::c_int = 36;

/// From now on [`recv_inq`] can tell what is left.
///
/// # Errors
/// The kernel doesn't know it (it is from 4.18 on), or the descriptor isn't a TCP socket.
pub fn enable_inq(fd: BorrowedFd<'_>) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the descriptor is open while it is borrowed; the value is an int, alive for the call, and its size is said.
    let result = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_TCP,
            TCP_INQ,
            ptr::from_ref(&on).cast(),
            size_of_val(&on) as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// As [`recv`](super::recv), and whether nothing is left: then a read would block, until something comes.
///
/// # Errors
/// What the system says, `WouldBlock` among it.
pub fn recv_inq(fd: BorrowedFd<'_>, buf: &mut ReadBuf<'_>) -> io::Result<(usize, bool)> {
    super::receive(buf, |unfilled| recvmsg(fd, unfilled))
}

fn recvmsg(fd: BorrowedFd<'_>, unfilled: &mut [MaybeUninit<u8>]) -> io::Result<(usize, bool)> {
    let mut part = libc::iovec { iov_base: unfilled.as_mut_ptr().cast(), iov_len: unfilled.len() };
    // Room for one message of an int, aligned as its header wants it.
    let mut control = [0_u64; 8];
    // SAFETY: all zeros is a valid `msghdr`: null pointers and no lengths.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(&control) as _;
    // SAFETY: the descriptor is open while it is borrowed; the header points to one part, which is `unfilled`, and to `control`, both
    // ours to write for the call and as long as said.
    let n = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut message, 0) };
    let n = usize::try_from(n).map_err(|_| io::Error::last_os_error())?;
    Ok((n, left(&message) == Some(0)))
}

/// What the kernel says is left.
fn left(message: &libc::msghdr) -> Option<libc::c_int> {
    // SAFETY: the header is one that `recvmsg` has filled, whose control part is alive.
    let header = unsafe { libc::CMSG_FIRSTHDR(message) };
    // SAFETY: null, or a header inside the control part, which is aligned for it.
    let header = unsafe { header.as_ref() }?;
    // SAFETY: only computes a length.
    let wanted = unsafe { libc::CMSG_LEN(size_of::<libc::c_int>() as libc::c_uint) };
    if header.cmsg_level != libc::IPPROTO_TCP || header.cmsg_type != TCP_INQ || header.cmsg_len < wanted as _ {
        return None;
    }
    // SAFETY: the header is valid.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: the message is long enough for an int, which may lie anywhere.
    Some(unsafe { data.cast::<libc::c_int>().read_unaligned() })
}
