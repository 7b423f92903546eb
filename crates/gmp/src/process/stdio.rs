//! [`ChildStdin`], [`ChildStdout`], [`ChildStderr`]: our ends of the pipes to a child.
//!
//! Go: os/exec/exec.go (StdinPipe, StdoutPipe, StderrPipe)

use crate::io::poll_evented::PollEvented;
use gmp_netpoll::fd;
use mio::event::Source;
use mio::unix::pipe;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

/// The standard input of a child: what is written here it can read.
///
/// The child sees the end of its input when this is dropped; [`shutdown`](crate::io::AsyncWriteExt::shutdown) does nothing.
///
/// # Examples
/// ```
/// use gmp::io::AsyncWriteExt;
/// use gmp::process::Command;
/// use std::process::Stdio;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
/// let mut stdin = child.stdin.take().unwrap();
/// stdin.write_all(b"hello").await?;
/// drop(stdin);
/// assert_eq!(child.wait_with_output().await?.stdout, b"hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ChildStdin {
    pipe: PollEvented<pipe::Sender>,
}

/// The standard output of a child: what it writes can be read here.
///
/// # Examples
/// ```
/// use gmp::io::AsyncReadExt;
/// use gmp::process::Command;
/// use std::process::Stdio;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut child = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
/// let mut text = String::new();
/// child.stdout.take().unwrap().read_to_string(&mut text).await?;
/// assert_eq!(text, "hello\n");
/// child.wait().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ChildStdout {
    pipe: PollEvented<pipe::Receiver>,
}

/// The standard error of a child: what it writes can be read here.
///
/// # Examples
/// ```
/// use gmp::io::AsyncReadExt;
/// use gmp::process::Command;
/// use std::process::Stdio;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut child = Command::new("sh").args(["-c", "echo oh >&2"]).stderr(Stdio::piped()).spawn()?;
/// let mut text = String::new();
/// child.stderr.take().unwrap().read_to_string(&mut text).await?;
/// assert_eq!(text, "oh\n");
/// child.wait().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ChildStderr {
    pipe: PollEvented<pipe::Receiver>,
}

/// Registers a pipe's end with the current runtime, in non-blocking mode.
///
/// # Panics
/// Outside of a runtime's context.
#[track_caller]
fn register<E: Source + AsFd>(pipe: E, interest: Interest) -> io::Result<PollEvented<E>> {
    fd::set_nonblocking(pipe.as_fd(), true)?;
    PollEvented::new_with_interest(pipe, interest)
}

/// Takes a pipe's end out of the runtime, in blocking mode: programs that are given one expect that.
fn release<E: Source + Into<OwnedFd>>(pipe: PollEvented<E>) -> io::Result<OwnedFd> {
    let pipe: OwnedFd = pipe.into_inner()?.into();
    fd::set_nonblocking(pipe.as_fd(), false)?;
    Ok(pipe)
}

/// What the three have in common.
macro_rules! common {
    ($name:ident, $interest:ident, $field:literal) => {
        impl $name {
            #[doc = concat!("Makes one of std's `", stringify!($name), "`, which is put into non-blocking mode.")]
            ///
            /// # Errors
            /// What the system says.
            ///
            /// # Panics
            /// If called outside of a runtime's context.
            ///
            /// # Examples
            /// ```
            #[doc = concat!("use gmp::process::", stringify!($name), ";")]
            /// use std::process::{Command, Stdio};
            ///
            /// # #[gmp::main]
            /// # async fn main() -> std::io::Result<()> {
            #[doc = concat!("let mut child = Command::new(\"true\").", $field, "(Stdio::piped()).spawn()?;")]
            #[doc = concat!("let ", $field, " = ", stringify!($name), "::from_std(child.", $field, ".take().unwrap())?;")]
            /// # child.wait()?;
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn from_std(inner: std::process::$name) -> io::Result<Self> {
                register(inner.into(), Interest::$interest).map(|pipe| Self { pipe })
            }

            /// Takes the pipe out of the runtime and puts it into blocking mode.
            ///
            /// # Errors
            /// What the system says.
            ///
            /// # Examples
            /// ```
            /// use gmp::process::Command;
            /// use std::process::Stdio;
            ///
            /// # #[gmp::main]
            /// # async fn main() -> std::io::Result<()> {
            #[doc = concat!("let mut child = Command::new(\"true\").", $field, "(Stdio::piped()).spawn()?;")]
            #[doc = concat!("let file = std::fs::File::from(child.", $field, ".take().unwrap().into_owned_fd()?);")]
            /// # child.wait().await?;
            /// # Ok(())
            /// # }
            /// ```
            pub fn into_owned_fd(self) -> io::Result<OwnedFd> {
                release(self.pipe)
            }
        }

        /// For the standard streams of another child. Takes the pipe out of the runtime and puts it into blocking mode.
        impl TryInto<Stdio> for $name {
            type Error = io::Error;

            fn try_into(self) -> io::Result<Stdio> {
                self.into_owned_fd().map(Stdio::from)
            }
        }

        impl AsRawFd for $name {
            fn as_raw_fd(&self) -> RawFd {
                self.pipe.as_raw_fd()
            }
        }

        impl AsFd for $name {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.pipe.as_fd()
            }
        }
    };
}

common!(ChildStdin, WRITABLE, "stdin");
common!(ChildStdout, READABLE, "stdout");
common!(ChildStderr, READABLE, "stderr");

impl AsyncWrite for ChildStdin {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.pipe.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pipe.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Nothing is kept back.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Does nothing: the end of a pipe is the drop of its sender.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for ChildStdout {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.pipe.poll_read(cx, buf)
    }
}

impl AsyncRead for ChildStderr {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.pipe.poll_read(cx, buf)
    }
}
