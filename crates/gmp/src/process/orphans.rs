//! Children that were dropped before they ended: somebody has to wait for them, or they stay in the system's table.
//!
//! Where there is a descriptor for the process it stays in the poller of the child's runtime, with a waker that does the waiting.
//! Without one, and when that runtime ends first, the child is queued: any runtime of the process that sees the next `SIGCHLD` looks at
//! all that are. If there is no runtime left, the next one does that starts a child.
//!
//! Go: none — Go's users wait themselves

use super::pidfd::Pidfd;
use crate::io::poll_evented::PollEvented;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use std::process::Child;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};

/// Those of whose end a signal tells.
static QUEUE: LazyLock<Lock<Vec<Child>>> = LazyLock::new(|| Lock::new(LockRank::Leaf, Vec::new()));

/// One of whose end a descriptor tells. It belongs to the waker that is in the netpoller.
struct Orphan {
    /// `None` once that is over.
    child: Lock<Option<Child>>,
    pidfd: PollEvented<Pidfd>,
}

/// Waits for a child in the background.
pub(super) fn leave(child: Child, pidfd: Option<PollEvented<Pidfd>>) {
    match pidfd {
        Some(pidfd) => Arc::new(Orphan { child: Lock::new(LockRank::Leaf, Some(child)), pidfd }).serve(),
        None => queue(child),
    }
}

fn queue(child: Child) {
    QUEUE.lock().push(child);
    // Its runtime has ended, or ends, as a rule: any other one will do. If there is none they wait for the next one.
    let _ = crate::signal::attend_everywhere(libc::SIGCHLD);
    // One whose signal has come before.
    reap();
}

/// Has the current runtime wait for those that are queued.
pub(super) fn take_over() {
    if QUEUE.lock().is_empty() {
        return;
    }
    // What is wrong with it shows in what the caller does next.
    let _ = crate::signal::attend(libc::SIGCHLD);
    reap();
}

/// Waits for those that have ended, of those that are queued. A signal tells that there may be some.
pub(crate) fn reap() {
    // The lock is held over the calls, which don't block: who comes meanwhile, with news, has to look at all of them, too.
    QUEUE.lock().retain_mut(|child| matches!(child.try_wait(), Ok(None)));
}

impl Orphan {
    fn serve(self: Arc<Self>) {
        let waker = Waker::from(self.clone());
        match self.pidfd.registration().poll_read_ready_unbudgeted(&Context::from_waker(&waker)) {
            Poll::Pending => {}
            // It has ended, or the runtime has. If it is somebody's who traces it, the signal comes when it is ours.
            Poll::Ready(_) => {
                let child = self.child.lock().take();
                if let Some(mut child) = child {
                    if let Ok(None) = child.try_wait() {
                        queue(child);
                    }
                }
            }
        }
    }
}

impl Wake for Orphan {
    fn wake(self: Arc<Self>) {
        self.serve();
    }
}
