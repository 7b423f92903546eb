//! [`Sender`]: the end to write to.
//!
//! Go: os/file.go (File)

use super::adopt;
use crate::io::poll_evented::PollEvented;
use crate::io::{AsyncWrite, Interest, Ready};
use gmp_netpoll::fd;
use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The end of a pipe that is written to.
///
/// When it is dropped, and no other is open, the receiver sees the end. A write to a pipe that nobody can read is an error of the
/// kind `BrokenPipe`.
///
/// # Examples
/// A pipe with a name can be opened once somebody has it open for reading:
/// ```no_run
/// use gmp::net::unix::pipe;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let sender = match pipe::OpenOptions::new().open_sender("/run/orders") {
///     Err(error) if error.raw_os_error() == Some(libc::ENXIO) => panic!("nobody reads the orders"),
///     result => result?,
/// };
/// # Ok(())
/// # }
/// ```
pub struct Sender {
    io: PollEvented<mio::unix::pipe::Sender>,
}

impl Sender {
    #[track_caller]
    pub(super) fn from_mio(sender: mio::unix::pipe::Sender) -> io::Result<Sender> {
        PollEvented::new_with_interest(sender, Interest::WRITABLE).map(|io| Self { io })
    }

    /// The sender of a pipe that is open already. It is put into non-blocking mode.
    ///
    /// # Errors
    /// `InvalidInput` if the file isn't a pipe, or wasn't opened for writing; else what the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::unix::pipe::Sender;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = std::fs::OpenOptions::new().write(true).open("/run/orders")?;
    /// let sender = Sender::from_file(file)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_file(file: File) -> io::Result<Sender> {
        Self::from_owned_fd(file.into())
    }

    /// The sender of a pipe that is open already. It is put into non-blocking mode.
    ///
    /// # Errors
    /// `InvalidInput` if it isn't a pipe, or wasn't opened for writing; else what the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::unix::pipe;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, _receiver) = pipe::pipe()?;
    /// let descriptor = sender.into_blocking_fd()?;
    /// let sender = pipe::Sender::from_owned_fd(descriptor)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_owned_fd(owned_fd: OwnedFd) -> io::Result<Sender> {
        adopt(&owned_fd, |access| access.write, "not in O_WRONLY or O_RDWR access mode")?;
        Self::from_owned_fd_unchecked(owned_fd)
    }

    /// As [`from_file`](Self::from_file), without a look at the file: it has to be a pipe, open for writing, in non-blocking mode.
    ///
    /// # Errors
    /// What the system says when the file is registered.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::unix::pipe::Sender;
    /// use std::os::unix::fs::OpenOptionsExt;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = std::fs::OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open("/run/orders")?;
    /// let sender = Sender::from_file_unchecked(file)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_file_unchecked(file: File) -> io::Result<Sender> {
        Self::from_owned_fd_unchecked(file.into())
    }

    /// As [`from_owned_fd`](Self::from_owned_fd), without a look at the descriptor: it has to be a pipe's, open for writing, in
    /// non-blocking mode.
    ///
    /// # Errors
    /// What the system says when the descriptor is registered.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::unix::pipe;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, _receiver) = pipe::pipe()?;
    /// let descriptor = sender.into_nonblocking_fd()?;
    /// let sender = pipe::Sender::from_owned_fd_unchecked(descriptor)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_owned_fd_unchecked(owned_fd: OwnedFd) -> io::Result<Sender> {
        Self::from_mio(owned_fd.into())
    }

    /// Waits until the pipe is ready for any of what `interest` names, and says for what.
    ///
    /// The answer may be wrong, or empty: an operation that fails with `WouldBlock` is the signal to wait again.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a write has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, receiver) = gmp::net::unix::pipe::pipe()?;
    /// assert!(sender.ready(Interest::WRITABLE).await?.is_writable());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        Ok(self.io.registration().readiness(interest).await?.ready)
    }

    /// Waits until the pipe may be written: [`ready`](Self::ready) with [`Interest::WRITABLE`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a write has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, _receiver) = gmp::net::unix::pipe::pipe()?;
    /// sender.writable().await?;
    /// assert_eq!(sender.try_write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await?;
        Ok(())
    }

    /// Polls whether the pipe may be written.
    ///
    /// Of several tasks that poll this or [`AsyncWrite`] only the last is woken; [`writable`](Self::writable) is for any number of
    /// tasks.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, _receiver) = gmp::net::unix::pipe::pipe()?;
    /// poll_fn(|cx| sender.poll_write_ready(cx)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_write_ready(cx).map_ok(|_| ())
    }

    /// Writes as much as there is room for, without waiting: how many bytes it was.
    ///
    /// A write of at most `PIPE_BUF` bytes (4096 on Linux) is done as a whole or not at all.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room, or the poller hasn't said yet that there is some; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, _receiver) = gmp::net::unix::pipe::pipe()?;
    /// sender.writable().await?;
    /// assert_eq!(sender.try_write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::WRITABLE, || (&*self.io).write(buf))
    }

    /// Writes as much of several buffers, one after the other, as there is room for, without waiting: how many bytes it was.
    ///
    /// As one [`try_write`](Self::try_write) of a buffer that is made of all of them.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room, or the poller hasn't said yet that there is some; else what the system says.
    ///
    /// # Examples
    /// ```
    /// use std::io::IoSlice;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, _receiver) = gmp::net::unix::pipe::pipe()?;
    /// sender.writable().await?;
    /// assert_eq!(sender.try_write_vectored(&[IoSlice::new(b"he"), IoSlice::new(b"llo")])?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write_vectored(&self, buf: &[IoSlice<'_>]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::WRITABLE, || (&*self.io).write_vectored(buf))
    }

    /// Calls `f`, which is to do one write on the pipe, if the pipe is ready for it.
    ///
    /// `f` returns `WouldBlock` if, and only if, the system has said so: the pipe then counts as not ready until the poller says
    /// otherwise. It must not use the functions of this type for that, which keep the same account.
    ///
    /// # Errors
    /// `WouldBlock` if the pipe isn't ready, without calling `f`; else what `f` returns.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::Write;
    /// use std::os::fd::AsFd;
    ///
    /// let (sender, _receiver) = gmp::net::unix::pipe::pipe()?;
    /// sender.writable().await?;
    /// let mut file = std::fs::File::from(sender.as_fd().try_clone_to_owned()?);
    /// assert_eq!(sender.try_io(|| file.write(b"hello"))?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_io<R>(&self, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.io.registration().try_io(Interest::WRITABLE, || self.io.try_io(f))
    }

    /// Takes the pipe out of the runtime and puts it into blocking mode, as other programs expect of what they are given.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// use std::process::Command;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, _receiver) = gmp::net::unix::pipe::pipe()?;
    /// Command::new("true").stdout(sender.into_blocking_fd()?).status()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_blocking_fd(self) -> io::Result<OwnedFd> {
        let owned_fd = self.into_nonblocking_fd()?;
        fd::set_nonblocking(owned_fd.as_fd(), false)?;
        Ok(owned_fd)
    }

    /// Takes the pipe out of the runtime, in non-blocking mode.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, _receiver) = gmp::net::unix::pipe::pipe()?;
    /// let descriptor = sender.into_nonblocking_fd()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_nonblocking_fd(self) -> io::Result<OwnedFd> {
        self.io.into_inner().map(OwnedFd::from)
    }
}

impl AsyncWrite for Sender {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Nothing is buffered here.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// The drop closes the pipe, nothing before it.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("io", &*self.io).finish()
    }
}

impl AsRawFd for Sender {
    fn as_raw_fd(&self) -> RawFd {
        self.io.as_raw_fd()
    }
}

impl AsFd for Sender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}
