//! [`PollEvented`]: a source together with its registration.
//!
//! Go: internal/poll/fd_unix.go (FD)

use crate::io::registration::Registration;
use gmp_netpoll::Direction;
use mio::event::Source;
use std::fmt;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::task::{Context, Poll, ready};
use tokio::io::{Interest, ReadBuf};

/// How many buffers the system takes at once, where a short write is taken for a full socket.
const IOV_MAX: usize = 1024;

/// Vectored writes up to this are copied together: a plain write is cheaper by more than the copy (240 ns of 3,650 here, for the
/// head and body of a small HTTP response).
const COPIED: usize = 1024;

/// A source that is registered until it is dropped or taken out.
pub(crate) struct PollEvented<E: Source> {
    /// `None` only once it has been taken out.
    io: Option<E>,
    registration: Registration,
}

impl<E: Source> PollEvented<E> {
    /// Registers a source for reading and writing with the current runtime.
    ///
    /// # Panics
    /// Outside of a runtime's context.
    #[track_caller]
    pub(crate) fn new(io: E) -> io::Result<Self> {
        Self::new_with_interest(io, Interest::READABLE | Interest::WRITABLE)
    }

    /// As [`new`](Self::new), for a stream that may carry out-of-band data. Such data ends a read early, so the poller is to tell of
    /// it, lest a short read be taken for the last.
    #[track_caller]
    pub(crate) fn new_stream(io: E) -> io::Result<Self> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let interest = interest | Interest::PRIORITY;
        Self::new_with_interest(io, interest)
    }

    /// As [`new`](Self::new), for this interest.
    #[track_caller]
    pub(crate) fn new_with_interest(mut io: E, interest: Interest) -> io::Result<Self> {
        let registration = Registration::new(&mut io, interest)?;
        Ok(Self { io: Some(io), registration })
    }

    /// As [`new_with_interest`](Self::new_with_interest), with this runtime.
    #[cfg(all(unix, any(feature = "process", feature = "signal")))]
    pub(crate) fn on(sched: std::sync::Arc<gmp_sched::Sched>, mut io: E, interest: Interest) -> io::Result<Self> {
        let registration = Registration::on(sched, &mut io, interest)?;
        Ok(Self { io: Some(io), registration })
    }

    pub(crate) fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Deregisters the source and gives it back.
    pub(crate) fn into_inner(mut self) -> io::Result<E> {
        let mut io = self.io.take().expect("taken out once");
        self.registration.deregister(&mut io)?;
        Ok(io)
    }

    /// Reads into the unfilled part, which needn't be initialised.
    #[cfg(unix)]
    pub(crate) fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>>
    where
        E: std::os::fd::AsFd,
    {
        let len = buf.remaining();
        let n = ready!(
            self.registration.poll_transfer(cx, Direction::Read, len, || gmp_netpoll::fd::read(self.as_fd(), buf))
        );
        Poll::Ready(n.map(drop))
    }

    /// As [`poll_read`](Self::poll_read) for a TCP stream.
    #[cfg(all(unix, feature = "net"))]
    #[inline]
    pub(crate) fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        backlog: &crate::io::backlog::Backlog,
    ) -> Poll<io::Result<()>>
    where
        E: std::os::fd::AsFd,
    {
        // Who reads until nothing is left is here at least as often in vain as not.
        if self.registration.must_wait(cx, Direction::Read) {
            return Poll::Pending;
        }
        self.recv(cx, buf, backlog)
    }

    #[cfg(all(unix, feature = "net"))]
    #[inline(never)]
    fn recv(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        backlog: &crate::io::backlog::Backlog,
    ) -> Poll<io::Result<()>>
    where
        E: std::os::fd::AsFd,
    {
        let n = ready!(self.registration.poll_until_empty(cx, Direction::Read, || backlog.recv(self.as_fd(), buf)));
        Poll::Ready(n.map(drop))
    }

    pub(crate) fn poll_write<'a>(&'a self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>
    where
        &'a E: io::Write,
    {
        use io::Write;
        self.registration.poll_transfer(cx, Direction::Write, buf.len(), || self.source().write(buf))
    }

    pub(crate) fn poll_write_vectored<'a>(
        &'a self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>
    where
        &'a E: io::Write,
    {
        use io::Write;
        // That more buffers than these aren't written says nothing about room.
        let len = bufs.iter().take(IOV_MAX).map(|buf| buf.len()).sum();
        if len <= COPIED && bufs.len() > 1 && bufs.len() <= IOV_MAX {
            let mut copy = [MaybeUninit::uninit(); COPIED];
            let mut copy = ReadBuf::uninit(&mut copy);
            bufs.iter().for_each(|buf| copy.put_slice(buf));
            return self.poll_write(cx, copy.filled());
        }
        self.registration.poll_transfer(cx, Direction::Write, len, || self.source().write_vectored(bufs))
    }

    fn source(&self) -> &E {
        self.io.as_ref().expect("taken out only by value")
    }
}

// What a panic can leave half done is the user's protocol; readiness is a word, and the lists of waiters are changed by code
// that doesn't panic.
impl<E: Source> UnwindSafe for PollEvented<E> {}
impl<E: Source> RefUnwindSafe for PollEvented<E> {}

impl<E: Source> Deref for PollEvented<E> {
    type Target = E;

    fn deref(&self) -> &E {
        self.source()
    }
}

impl<E: Source> Drop for PollEvented<E> {
    fn drop(&mut self) {
        if let Some(mut io) = self.io.take() {
            // What can be done about it happens next anyway: the source is closed.
            let _ = self.registration.deregister(&mut io);
        }
    }
}

impl<E: Source + fmt::Debug> fmt::Debug for PollEvented<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollEvented").field("io", &self.io).finish_non_exhaustive()
    }
}
