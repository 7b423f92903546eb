//! [`Receiver`]: the end to read from.
//!
//! Go: os/file.go (File)

use super::adopt;
use crate::io::poll_evented::PollEvented;
use crate::io::{AsyncRead, Interest, ReadBuf, Ready};
use gmp_netpoll::fd;
use std::fs::File;
use std::io::{self, IoSliceMut, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The end of a pipe that is read from.
///
/// It sees the end when all senders have been closed. If the pipe has a name, another sender may still come: open the pipe again to
/// wait for it, or open it for [both](super::OpenOptions::read_write) in the first place.
///
/// # Examples
/// ```no_run
/// use gmp::io::AsyncReadExt;
/// use gmp::net::unix::pipe;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// loop {
///     let mut receiver = pipe::OpenOptions::new().open_receiver("/run/orders")?;
///     receiver.readable().await?;
///     let mut orders = String::new();
///     receiver.read_to_string(&mut orders).await?;
///     println!("{orders}");
/// }
/// # }
/// ```
pub struct Receiver {
    io: PollEvented<mio::unix::pipe::Receiver>,
}

impl Receiver {
    #[track_caller]
    pub(super) fn from_mio(receiver: mio::unix::pipe::Receiver) -> io::Result<Receiver> {
        PollEvented::new_with_interest(receiver, Interest::READABLE).map(|io| Self { io })
    }

    /// The receiver of a pipe that is open already. It is put into non-blocking mode.
    ///
    /// # Errors
    /// `InvalidInput` if the file isn't a pipe, or wasn't opened for reading; else what the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::unix::pipe::Receiver;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = std::fs::File::open("/run/orders")?;
    /// let receiver = Receiver::from_file(file)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_file(file: File) -> io::Result<Receiver> {
        Self::from_owned_fd(file.into())
    }

    /// The receiver of a pipe that is open already. It is put into non-blocking mode.
    ///
    /// # Errors
    /// `InvalidInput` if it isn't a pipe, or wasn't opened for reading; else what the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// What another program writes:
    /// ```
    /// use gmp::io::AsyncReadExt;
    /// use gmp::net::unix::pipe;
    /// use std::process::{Command, Stdio};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut child = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
    /// let stdout = child.stdout.take().unwrap();
    /// let mut receiver = pipe::Receiver::from_owned_fd(stdout.into())?;
    /// let mut all = String::new();
    /// receiver.read_to_string(&mut all).await?;
    /// assert_eq!(all, "hello\n");
    /// child.wait()?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_owned_fd(owned_fd: OwnedFd) -> io::Result<Receiver> {
        adopt(&owned_fd, |access| access.read, "not in O_RDONLY or O_RDWR access mode")?;
        Self::from_owned_fd_unchecked(owned_fd)
    }

    /// As [`from_file`](Self::from_file), without a look at the file: it has to be a pipe, open for reading, in non-blocking mode.
    ///
    /// # Errors
    /// What the system says when the file is registered.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::unix::pipe::Receiver;
    /// use std::os::unix::fs::OpenOptionsExt;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = std::fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open("/run/orders")?;
    /// let receiver = Receiver::from_file_unchecked(file)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_file_unchecked(file: File) -> io::Result<Receiver> {
        Self::from_owned_fd_unchecked(file.into())
    }

    /// As [`from_owned_fd`](Self::from_owned_fd), without a look at the descriptor: it has to be a pipe's, open for reading, in
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
    /// let (_sender, receiver) = pipe::pipe()?;
    /// let descriptor = receiver.into_nonblocking_fd()?;
    /// let receiver = pipe::Receiver::from_owned_fd_unchecked(descriptor)?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn from_owned_fd_unchecked(owned_fd: OwnedFd) -> io::Result<Receiver> {
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
    /// This is cancel safe. Readiness stays until a read has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, receiver) = gmp::net::unix::pipe::pipe()?;
    /// drop(sender);
    /// assert!(receiver.ready(Interest::READABLE).await?.is_read_closed());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        Ok(self.io.registration().readiness(interest).await?.ready)
    }

    /// Waits until the pipe may be read: [`ready`](Self::ready) with [`Interest::READABLE`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a read has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::AsyncWriteExt;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut sender, receiver) = gmp::net::unix::pipe::pipe()?;
    /// sender.write_all(b"hello").await?;
    /// receiver.readable().await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(receiver.try_read(&mut buf)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await?;
        Ok(())
    }

    /// Polls whether the pipe may be read.
    ///
    /// Of several tasks that poll this or [`AsyncRead`] only the last is woken; [`readable`](Self::readable) is for any number of
    /// tasks.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # use gmp::io::AsyncWriteExt;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut sender, receiver) = gmp::net::unix::pipe::pipe()?;
    /// sender.write_all(b"hello").await?;
    /// poll_fn(|cx| receiver.poll_read_ready(cx)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_read_ready(cx).map_ok(|_| ())
    }

    /// Reads what is there, without waiting: how many bytes it was.
    ///
    /// 0 means the end, or a buffer of no length.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read, or the poller hasn't said yet that there is; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::AsyncWriteExt;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut sender, receiver) = gmp::net::unix::pipe::pipe()?;
    /// sender.write_all(b"hello").await?;
    /// receiver.readable().await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(receiver.try_read(&mut buf)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || (&*self.io).read(buf))
    }

    /// Reads what is there into several buffers, one after the other, without waiting: how many bytes it was.
    ///
    /// As one [`try_read`](Self::try_read) into a buffer that is made of all of them.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read, or the poller hasn't said yet that there is; else what the system says.
    ///
    /// # Examples
    /// ```
    /// use std::io::IoSliceMut;
    ///
    /// # use gmp::io::AsyncWriteExt;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut sender, receiver) = gmp::net::unix::pipe::pipe()?;
    /// sender.write_all(b"hello").await?;
    /// receiver.readable().await?;
    /// let (mut head, mut tail) = ([0; 2], [0; 8]);
    /// let n = receiver.try_read_vectored(&mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)])?;
    /// assert_eq!((n, &head, &tail[..3]), (5, b"he", &b"llo"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || (&*self.io).read_vectored(bufs))
    }

    /// Reads what is there into the free space of `buf`, without waiting: how many bytes it was.
    ///
    /// The space needn't be initialised. A `Vec` without any is given some. 0 means the end, or that there is no space.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read, or the poller hasn't said yet that there is; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::AsyncWriteExt;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut sender, receiver) = gmp::net::unix::pipe::pipe()?;
    /// sender.write_all(b"hello").await?;
    /// receiver.readable().await?;
    /// let mut buf = Vec::with_capacity(16);
    /// receiver.try_read_buf(&mut buf)?;
    /// assert_eq!(buf, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "io-util")]
    pub fn try_read_buf<B: bytes::BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        use crate::net::read_into::read_into;

        self.io
            .registration()
            .try_io(Interest::READABLE, || read_into(buf, |free| fd::read(self.io.as_fd(), free).map(drop)))
    }

    /// Calls `f`, which is to do one read on the pipe, if the pipe is ready for it.
    ///
    /// `f` returns `WouldBlock` if, and only if, the system has said so: the pipe then counts as not ready until the poller says
    /// otherwise. It must not use the functions of this type for that, which keep the same account.
    ///
    /// # Errors
    /// `WouldBlock` if the pipe isn't ready, without calling `f`; else what `f` returns.
    ///
    /// # Examples
    /// ```
    /// # use gmp::io::AsyncWriteExt;
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::Read;
    /// use std::os::fd::AsFd;
    ///
    /// let (mut sender, receiver) = gmp::net::unix::pipe::pipe()?;
    /// sender.write_all(b"hello").await?;
    /// receiver.readable().await?;
    /// let mut file = std::fs::File::from(receiver.as_fd().try_clone_to_owned()?);
    /// assert_eq!(receiver.try_io(|| file.read(&mut [0; 16]))?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_io<R>(&self, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.io.registration().try_io(Interest::READABLE, || self.io.try_io(f))
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
    /// let (_sender, receiver) = gmp::net::unix::pipe::pipe()?;
    /// Command::new("true").stdin(receiver.into_blocking_fd()?).status()?;
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
    /// let (_sender, receiver) = gmp::net::unix::pipe::pipe()?;
    /// let descriptor = receiver.into_nonblocking_fd()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_nonblocking_fd(self) -> io::Result<OwnedFd> {
        self.io.into_inner().map(OwnedFd::from)
    }
}

impl AsyncRead for Receiver {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.io.poll_read(cx, buf)
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("io", &*self.io).finish()
    }
}

impl AsRawFd for Receiver {
    fn as_raw_fd(&self) -> RawFd {
        self.io.as_raw_fd()
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}
