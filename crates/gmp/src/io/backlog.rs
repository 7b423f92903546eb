//! [`Backlog`]: how a TCP stream knows that nothing is left to read.
//!
//! A read that fills its buffer doesn't know whether more has come, and the next one may be tried only to learn that it would block.
//! Linux can say what is left with each read, at a fourth of the price of such a try. So a stream on which a try in vain has
//! followed a full buffer asks for that from then on; one whose buffers are large enough never does.
//!
//! Go: none — Go's reads learn it from EAGAIN

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::io::ReadBuf;

/// Nothing is known.
const UNKNOWN: u8 = 0;
/// The last read has filled its buffer.
const FULL: u8 = 1;
/// The kernel says what is left.
const TOLD: u8 = 2;
/// The kernel doesn't.
const NOT_TOLD: u8 = 3;

/// What is known of how a stream is read.
#[derive(Debug, Default)]
pub(crate) struct Backlog(AtomicU8);

impl Backlog {
    /// Reads: how many bytes it was, and whether nothing is left.
    pub(crate) fn recv(&self, fd: BorrowedFd<'_>, buf: &mut ReadBuf<'_>) -> io::Result<(usize, bool)> {
        // ORDERING: a hint; whatever is read here the stream is read right.
        let state = self.0.load(Ordering::Relaxed);
        #[cfg(target_os = "linux")]
        if state == TOLD {
            return gmp_netpoll::fd::recv_inq(fd, buf);
        }
        let len = buf.remaining();
        match gmp_netpoll::fd::recv(fd, buf, 0) {
            Ok(n) => {
                let full = n == len;
                if state != NOT_TOLD && (state == FULL) != full {
                    // ORDERING: as above.
                    self.0.store(if full { FULL } else { UNKNOWN }, Ordering::Relaxed);
                }
                Ok((n, !full && n > 0 && SHORT_IS_ALL))
            }
            Err(error) => {
                if state == FULL && error.kind() == io::ErrorKind::WouldBlock {
                    let told = if ask(fd) { TOLD } else { NOT_TOLD };
                    // ORDERING: as above.
                    self.0.store(told, Ordering::Relaxed);
                }
                Err(error)
            }
        }
    }
}

/// With epoll a short read has taken everything.
const SHORT_IS_ALL: bool = cfg!(any(target_os = "linux", target_os = "android"));

#[cfg(target_os = "linux")]
fn ask(fd: BorrowedFd<'_>) -> bool {
    gmp_netpoll::fd::enable_inq(fd).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn ask(_fd: BorrowedFd<'_>) -> bool {
    false
}
