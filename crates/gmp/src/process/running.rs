//! [`Running`]: a child that nobody has waited for yet, and how its end becomes known.
//!
//! Go: os/exec_unix.go (Process.wait), os/wait_waitid.go

use super::orphans;
use super::pidfd::Pidfd;
use crate::io::poll_evented::PollEvented;
use crate::signal::unix::{Signal, SignalKind};
use gmp_netpoll::is_shutdown_error;
use std::fmt;
use std::io;
use std::process::{Child, ExitStatus};
use std::task::{Context, Poll, ready};
use tokio::io::Interest;

/// A child that nobody has waited for. When it is dropped it becomes an [orphan](orphans).
pub(super) struct Running {
    /// `None` only while it is dropped.
    alive: Option<Alive>,
    kill_on_drop: bool,
}

struct Alive {
    child: Child,
    end: End,
}

/// What tells of its end.
enum End {
    Pidfd(PollEvented<Pidfd>),
    /// Of some child's end: of which, one has to look.
    Sigchld(Signal),
    /// Nothing yet: one has to look at once. If the system itself has waited for the child, because the program ignores `SIGCHLD`, a
    /// handler would do harm and no good.
    Unknown,
}

impl End {
    /// # Panics
    /// Outside of a runtime's context.
    fn of(child: &Child) -> io::Result<Self> {
        match Pidfd::open(child.id()) {
            Ok(pidfd) => PollEvented::new_with_interest(pidfd, Interest::READABLE).map(Self::Pidfd),
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(Self::Unknown),
            // The system has no such thing, or none left.
            Err(_) => Self::by_signal(),
        }
    }

    fn by_signal() -> io::Result<Self> {
        Signal::new(SignalKind::child()).map(Self::Sigchld)
    }
}

impl Running {
    /// Watches a child that has just been started. If that can't be done, it is an orphan, and killed if `kill_on_drop`.
    ///
    /// # Panics
    /// Outside of a runtime's context.
    pub(super) fn new(mut child: Child, kill_on_drop: bool) -> io::Result<Self> {
        match End::of(&child) {
            Ok(end) => Ok(Self { alive: Some(Alive { child, end }), kill_on_drop }),
            Err(error) => {
                if kill_on_drop {
                    let _ = child.kill();
                }
                orphans::leave(child, None);
                Err(error)
            }
        }
    }

    fn alive(&mut self) -> &mut Alive {
        self.alive.as_mut().expect("taken only by the drop")
    }

    pub(super) fn id(&self) -> u32 {
        self.alive.as_ref().expect("taken only by the drop").child.id()
    }

    pub(super) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.alive().child.try_wait()
    }

    pub(super) fn kill(&mut self) -> io::Result<()> {
        self.alive().child.kill()?;
        self.kill_on_drop = false;
        Ok(())
    }

    /// It has ended, and its status is known: there is nothing left to be waited for, or to be killed.
    pub(super) fn is_over(&mut self) {
        self.alive = None;
    }

    /// Waits for its end. The context is a task's.
    pub(super) fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        let Alive { child, end } = self.alive();
        loop {
            match end {
                End::Pidfd(pidfd) => match ready!(pidfd.registration().poll_read_ready(cx)) {
                    Ok(_) => {
                        if let Some(status) = child.try_wait()? {
                            return Poll::Ready(Ok(status));
                        }
                        // It has ended for whoever traces it, who has to let go of it first. The signal comes when it is ours.
                        *end = End::by_signal()?;
                    }
                    // The runtime that it was started on has ended: this one takes over.
                    Err(error) if is_shutdown_error(&error) && gmp_sched::getg::current_runtime().is_some() => {
                        *end = End::of(child)?;
                    }
                    Err(error) => return Poll::Ready(Err(error)),
                },
                End::Sigchld(listener) => {
                    // Before the look: a signal that comes behind it is seen by the next poll.
                    let waits = listener.poll_recv(cx).is_pending();
                    if let Some(status) = child.try_wait()? {
                        return Poll::Ready(Ok(status));
                    }
                    if waits {
                        return Poll::Pending;
                    }
                }
                End::Unknown => {
                    if let Some(status) = child.try_wait()? {
                        return Poll::Ready(Ok(status));
                    }
                    *end = End::by_signal()?;
                }
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(Alive { mut child, end }) = self.alive.take() else { return };
        if self.kill_on_drop {
            // It may have ended already.
            let _ = child.kill();
        }
        // An error means that there is nothing to wait for: somebody else has.
        if let Ok(None) = child.try_wait() {
            match end {
                End::Pidfd(pidfd) => orphans::leave(child, Some(pidfd)),
                End::Sigchld(_) | End::Unknown => orphans::leave(child, None),
            }
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("id", &self.id())
            .field("kill_on_drop", &self.kill_on_drop)
            .finish_non_exhaustive()
    }
}
