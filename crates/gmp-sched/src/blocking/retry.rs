//! Jobs for which the system refuses a thread: they wait, and somebody tries again.
//!
//! Who is through with a job takes the next, so they wait for ever only if no thread of the pool is there or none ever gets
//! through. Against that, a task of the runtime tries again and again to start a thread, at first after a millisecond,
//! then at longer intervals. A task needs no thread of its own, which couldn't be had now, but somebody who runs the runtime:
//! a worker, or a thread in `block_on`. If there isn't anybody, the next submission tries.
//!
//! Go: none — Go throws if it can't have a thread (newosproc)

use crate::blocking::{Attempt, BlockingPool};
use crate::getg;
use crate::proc::newproc;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::{Ordering, fence};
use gmp_time::Timer;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

const FIRST_DELAY: Duration = Duration::from_millis(1);
const LONGEST_DELAY: Duration = Duration::from_millis(64);

/// Jobs wait, and no thread can be had for them: somebody is to try again.
#[cold]
pub(crate) fn later(sched: &Arc<Sched>) {
    // ORDERING: only the mark itself matters; see `now`.
    if sched.blocking.retrying.swap(true, Ordering::Relaxed) {
        return;
    }
    drop(newproc::newproc(sched, Retry { timer: None, delay: FIRST_DELAY }, Location::caller()));
}

/// Tries now; says whether jobs are still without a thread.
fn now(sched: &Arc<Sched>) -> bool {
    let pool: &BlockingPool = &sched.blocking;
    // ORDERING: push, fence, read the mark  ∥  clear the mark, fence, look at the queue: who has left a job to us because of the mark
    // is found here.
    pool.retrying.store(false, Ordering::Relaxed);
    // ORDERING: see above.
    fence(Ordering::SeqCst);
    if pool.queue.is_empty() || pool.attempt(sched, || true) != Attempt::Failed {
        return false;
    }
    // ORDERING: nothing is published. If another task has been started meanwhile, this one has done its part.
    !pool.retrying.swap(true, Ordering::Relaxed)
}

struct Retry {
    timer: Option<Timer>,
    delay: Duration,
}

impl Future for Retry {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(sched) = getg::current() else { return Poll::Ready(()) };
        if self.timer.is_some() || sched.clock.is_virtual() {
            if let Some(timer) = &mut self.timer {
                std::task::ready!(timer.poll(cx));
            }
            self.timer = None;
            if !now(&sched) {
                return Poll::Ready(());
            }
            self.delay = (self.delay * 2).min(LONGEST_DELAY);
        }
        if sched.clock.is_virtual() {
            // The jobs that wait hold that clock. Nobody but this thread runs the runtime, and what it waits for is a thread.
            std::thread::sleep(FIRST_DELAY);
            cx.waker().wake_by_ref();
        } else {
            let when = sched.clock.now() + self.delay.as_nanos() as u64;
            self.timer = Some(crate::timer::start(&sched, when, cx.waker().clone()));
        }
        Poll::Pending
    }
}
