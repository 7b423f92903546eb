//! [`stderr`].
//!
//! Go: os/file.go (Stderr)

use super::output::{Output, Stream};
use crate::io::AsyncWrite;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A handle to the standard error output of the process.
///
/// It writes through the standard library's buffer, so that it can be mixed with `println!`: what doesn't end with a newline shows
/// when it is flushed.
///
/// What one `write` writes stays together, and it writes up to 2 MiB. `write_all` of more is several writes, between which others may
/// come.
///
/// On a `multi_thread` runtime it is written at once. On a `current_thread` runtime a thread of the pool writes, and each handle has
/// one write under way: writes by several handles may be done in another order than they were made in, so keep one handle, or flush.
///
/// # Panics
/// It can be made anywhere, but not used outside of a runtime.
///
/// # Examples
/// ```
/// # #[cfg(feature = "io-util")]
/// use gmp::io::AsyncWriteExt;
///
/// # #[cfg(feature = "io-util")]
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut stderr = gmp::io::stderr();
/// for word in ["hello", " ", "world\n"] {
///     stderr.write_all(word.as_bytes()).await?;
/// }
/// stderr.flush().await?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "io-util"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Stderr {
    output: Output<io::Stderr>,
}

impl Stream for io::Stderr {
    fn lock(&self) -> impl Write {
        io::Stderr::lock(self)
    }

    fn again(&self) -> Self {
        io::stderr()
    }
}

/// A new handle to the standard error output of the process. See [`Stderr`].
///
/// A handle knows only of what was written by itself: flush the one that you have written with.
///
/// # Examples
/// ```
/// # #[cfg(feature = "io-util")]
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// use gmp::io::AsyncWriteExt;
///
/// let mut stderr = gmp::io::stderr();
/// stderr.write_all(b"hello\n").await?;
/// stderr.flush().await?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "io-util"))]
/// # fn main() {}
/// ```
pub fn stderr() -> Stderr {
    Stderr { output: Output::new(io::stderr()) }
}

impl AsyncWrite for Stderr {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, src: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().output.poll_write(cx, src)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().output.poll_flush(cx)
    }

    /// Flushes. The stream stays open: it is the process's.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl AsFd for Stderr {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.output.stream.as_fd()
    }
}

impl AsRawFd for Stderr {
    fn as_raw_fd(&self) -> RawFd {
        self.output.stream.as_raw_fd()
    }
}
