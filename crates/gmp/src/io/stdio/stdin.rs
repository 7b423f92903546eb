//! [`stdin`].
//!
//! Go: os/file.go (Stdin)

use super::reader::{self, Place};
use crate::io::{AsyncRead, ReadBuf};
use crate::task::leaf;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A handle to the standard input of the process.
///
/// It is read by a thread of its own, through the standard library's buffer, one for the whole process, which starts when somebody
/// reads. A read that nobody answers holds up neither other tasks nor the end of a runtime or of the program.
///
/// All handles read from the same stream: each byte goes to one of them. Nothing is lost when a read is cancelled or its handle
/// dropped: what comes is for the next read, by whichever handle. The thread reads no more than somebody has asked for, so that the
/// standard library's handle, or a child process, can go on where the last read ended; while a read waits, these wait too.
///
/// For terminals there are better ways: `io::unix::AsyncFd`, or a thread that does nothing else.
///
/// # Cancel safety
/// A read that has been cancelled loses nothing.
///
/// # Examples
/// ```no_run
/// use gmp::io::{AsyncBufReadExt, BufReader};
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut lines = BufReader::new(gmp::io::stdin()).lines();
/// while let Some(line) = lines.next_line().await? {
///     println!("{line}");
/// }
/// # Ok(())
/// # }
/// ```
pub struct Stdin {
    std: io::Stdin,
    place: Place,
}

/// A new handle to the standard input of the process. See [`Stdin`].
///
/// # Examples
/// ```no_run
/// use gmp::io::AsyncReadExt;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut all = Vec::new();
/// gmp::io::stdin().read_to_end(&mut all).await?;
/// # Ok(())
/// # }
/// ```
pub fn stdin() -> Stdin {
    Stdin { std: io::stdin(), place: Place::default() }
}

impl AsyncRead for Stdin {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, dst: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if dst.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let budget = ready!(leaf::poll_proceed(cx));
        match reader::read(&mut self.get_mut().place, dst, cx.waker()) {
            Some(result) => {
                budget.made_progress();
                Poll::Ready(result)
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for Stdin {
    fn drop(&mut self) {
        reader::leave(&self.place);
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdin").finish_non_exhaustive()
    }
}

impl AsFd for Stdin {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.std.as_fd()
    }
}

impl AsRawFd for Stdin {
    fn as_raw_fd(&self) -> RawFd {
        self.std.as_raw_fd()
    }
}
