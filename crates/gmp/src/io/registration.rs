//! [`Registration`]: a descriptor in the runtime's netpoller, and the operations that wait for its readiness.
//!
//! Each operation is: look at the readiness; try; if that would block, clear what was wrong, unless an event has come since, and
//! wait for the next. All of them use the task's budget, but for what finds at the first look that it has to wait: that is no
//! progress.
//!
//! Go: internal/poll/fd_poll_runtime.go, fd_unix.go (FD)

use crate::runtime::NO_RUNTIME;
use crate::task::leaf;
use gmp_netpoll::{Direction, PollDesc, Waiting, shutdown_error};
use gmp_sched::Sched;
use mio::event::Source;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{Interest, Ready};

/// A descriptor in the netpoller, until it is dropped.
pub(crate) struct Registration {
    sched: Arc<Sched>,
    desc: Arc<PollDesc>,
}

/// What a look at the readiness found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadyEvent {
    pub(crate) ready: Ready,
    event: gmp_netpoll::ReadyEvent,
}

impl ReadyEvent {
    fn of(event: gmp_netpoll::ReadyEvent) -> Self {
        Self { ready: to_tokio(event.ready), event }
    }

    /// The same look, about this readiness only.
    pub(crate) fn with_ready(self, ready: Ready) -> Self {
        Self { ready, event: self.event.with_ready(from_tokio(ready)) }
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("desc", &self.desc).finish_non_exhaustive()
    }
}

impl Registration {
    /// Registers a source with the current runtime.
    ///
    /// # Panics
    /// Outside of a runtime's context.
    #[track_caller]
    pub(crate) fn new(source: &mut impl Source, interest: Interest) -> io::Result<Self> {
        let Some(sched) = gmp_sched::current() else { panic!("{NO_RUNTIME}") };
        Self::on(sched, source, interest)
    }

    /// Registers a source with this runtime.
    pub(crate) fn on(sched: Arc<Sched>, source: &mut impl Source, interest: Interest) -> io::Result<Self> {
        let desc = gmp_sched::netpoll::open(&sched, source, to_mio(interest))?;
        Ok(Self { sched, desc })
    }

    /// Takes the source out of the kernel's set. The registration is of no use then but to be dropped.
    pub(crate) fn deregister(&self, source: &mut impl Source) -> io::Result<()> {
        gmp_sched::netpoll::deregister(&self.sched, source)
    }

    /// A fresh socket's readiness is known before its first event.
    pub(crate) fn assume_ready(&self, ready: Ready) {
        self.desc.assume(from_tokio(ready));
    }

    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<ReadyEvent>> {
        self.poll_ready(cx, Direction::Read).map_ok(ReadyEvent::of)
    }

    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<ReadyEvent>> {
        self.poll_ready(cx, Direction::Write).map_ok(ReadyEvent::of)
    }

    /// As [`poll_read_ready`](Self::poll_read_ready) for a waker that does the work itself and is no task's: it has no budget.
    #[cfg(all(unix, any(feature = "process", feature = "signal")))]
    pub(crate) fn poll_read_ready_unbudgeted(&self, cx: &Context<'_>) -> Poll<io::Result<ReadyEvent>> {
        let event = ready!(self.desc.poll(cx, Direction::Read));
        Poll::Ready(if event.is_shutdown { Err(shutdown_error()) } else { Ok(ReadyEvent::of(event)) })
    }

    #[inline(always)]
    fn poll_ready(&self, cx: &mut Context<'_>, direction: Direction) -> Poll<io::Result<gmp_netpoll::ReadyEvent>> {
        let event = ready!(self.desc.poll(cx, direction));
        let budget = ready!(leaf::poll_proceed(cx));
        if event.is_shutdown {
            return Poll::Ready(Err(shutdown_error()));
        }
        budget.made_progress();
        Poll::Ready(Ok(event))
    }

    /// Whether an operation has to wait; then the context's waker is woken when it hasn't any more. For the beginning of one that
    /// is worth a short way for this.
    #[inline]
    pub(crate) fn must_wait(&self, cx: &Context<'_>, direction: Direction) -> bool {
        self.desc.poll(cx, direction).is_pending()
    }

    pub(crate) fn poll_read_io<R>(
        &self,
        cx: &mut Context<'_>,
        f: impl FnMut() -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_io(cx, Direction::Read, f)
    }

    pub(crate) fn poll_write_io<R>(
        &self,
        cx: &mut Context<'_>,
        f: impl FnMut() -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_io(cx, Direction::Write, f)
    }

    #[inline]
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        mut f: impl FnMut() -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            let event = ready!(self.poll_ready(cx, direction))?;
            match f() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.desc.clear(event),
                result => return Poll::Ready(result),
            }
        }
    }

    /// As the above, for an operation that moves at most `len` bytes: if it moved fewer, the next one would block, and needn't
    /// be tried to learn that.
    #[inline]
    pub(crate) fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        len: usize,
        mut f: impl FnMut() -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        // Nothing at all is the end of the stream, which stays readable. Elsewhere than with epoll a short transfer proves nothing.
        let is_all = |n: usize| n > 0 && n < len && cfg!(any(target_os = "linux", target_os = "android"));
        self.poll_until_empty(cx, direction, || f().map(|n| (n, is_all(n))))
    }

    /// As the above, for an operation that says itself whether the next one would block.
    #[inline]
    pub(crate) fn poll_until_empty(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        mut f: impl FnMut() -> io::Result<(usize, bool)>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let event = ready!(self.poll_ready(cx, direction))?;
            match f() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.desc.clear(event),
                Ok((n, empty)) => {
                    // Out-of-band data ends a read early; what is behind it is still there.
                    if empty && self.desc.look(gmp_netpoll::Ready::PRIORITY).ready.is_empty() {
                        self.desc.clear(event);
                    }
                    return Poll::Ready(Ok(n));
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Tries once, if the descriptor is thought to be ready.
    pub(crate) fn try_io<R>(&self, interest: Interest, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        let event = self.desc.look(asked(interest));
        if event.is_shutdown {
            return Err(shutdown_error());
        }
        if event.ready.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        match f() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.desc.clear(event);
                Err(io::ErrorKind::WouldBlock.into())
            }
            result => result,
        }
    }

    /// Waits until the descriptor is ready. Any number of tasks may.
    pub(crate) async fn readiness(&self, interest: Interest) -> io::Result<ReadyEvent> {
        self.wait(asked(interest)).await.map(ReadyEvent::of)
    }

    async fn wait(&self, asked: gmp_netpoll::Ready) -> io::Result<gmp_netpoll::ReadyEvent> {
        /// A waiter that goes is forgotten.
        struct Waiter<'a>(&'a PollDesc, Waiting);
        impl Drop for Waiter<'_> {
            fn drop(&mut self) {
                self.0.forget(&mut self.1);
            }
        }
        let mut waiter = Waiter(&self.desc, Waiting::default());
        let event = poll_fn(|cx| waiter.0.poll_with(cx, asked, &mut waiter.1)).await;
        if event.is_shutdown { Err(shutdown_error()) } else { Ok(event) }
    }

    /// Repeats an operation until it doesn't block.
    pub(crate) async fn async_io<R>(&self, interest: Interest, mut f: impl FnMut() -> io::Result<R>) -> io::Result<R> {
        let asked = asked(interest);
        loop {
            // Ready as a rule: then there is nobody to be entered.
            let event = match self.desc.look(asked) {
                event if event.is_shutdown || event.ready.is_empty() => self.wait(asked).await?,
                event => event,
            };
            let budget = poll_fn(leaf::poll_proceed).await;
            match f() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.desc.clear(event),
                result => {
                    budget.made_progress();
                    return result;
                }
            }
        }
    }

    pub(crate) fn clear_readiness(&self, event: ReadyEvent) {
        self.desc.clear(event.event);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        gmp_sched::netpoll::free(&self.sched, &self.desc);
    }
}

/// What a wait for `interest` is over with.
fn asked(interest: Interest) -> gmp_netpoll::Ready {
    use gmp_netpoll::Ready;
    let mut ready = Ready::EMPTY;
    if interest.is_readable() {
        ready = ready | Ready::READ;
    }
    if interest.is_writable() {
        ready = ready | Ready::WRITE;
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if interest.is_priority() {
        ready = ready | Ready::PRIORITY | Ready::READ_CLOSED;
    }
    if interest.is_error() {
        ready = ready | Ready::ERROR;
    }
    ready
}

fn to_mio(interest: Interest) -> mio::Interest {
    let mut all: Option<mio::Interest> = None;
    let mut add = |wanted: bool, one: mio::Interest| {
        if wanted {
            all = Some(all.map_or(one, |others| others | one));
        }
    };
    // Errors are always reported; mio has no interest in nothing else.
    add(interest.is_readable() || interest.is_error(), mio::Interest::READABLE);
    add(interest.is_writable(), mio::Interest::WRITABLE);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    add(interest.is_priority(), mio::Interest::PRIORITY);
    all.unwrap_or(mio::Interest::READABLE)
}

const BITS: [(gmp_netpoll::Ready, Ready); 4] = [
    (gmp_netpoll::Ready::READABLE, Ready::READABLE),
    (gmp_netpoll::Ready::WRITABLE, Ready::WRITABLE),
    (gmp_netpoll::Ready::READ_CLOSED, Ready::READ_CLOSED),
    (gmp_netpoll::Ready::WRITE_CLOSED, Ready::WRITE_CLOSED),
];

fn to_tokio(ready: gmp_netpoll::Ready) -> Ready {
    let mut all =
        BITS.iter().filter(|(ours, _)| ready.intersects(*ours)).fold(Ready::EMPTY, |all, (_, one)| all | *one);
    if ready.intersects(gmp_netpoll::Ready::ERROR) {
        all |= Ready::ERROR;
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if ready.intersects(gmp_netpoll::Ready::PRIORITY) {
        all |= Ready::PRIORITY;
    }
    all
}

fn from_tokio(ready: Ready) -> gmp_netpoll::Ready {
    use gmp_netpoll::Ready as Ours;
    let mut all =
        BITS.iter().filter(|(_, one)| !(ready & *one).is_empty()).fold(Ours::EMPTY, |all, (ours, _)| all | *ours);
    if ready.is_error() {
        all = all | Ours::ERROR;
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if ready.is_priority() {
        all = all | Ours::PRIORITY;
    }
    all
}
