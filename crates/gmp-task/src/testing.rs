//! A scheduler for the tests: one queue under a lock, every entry checked.

use crate::allgs::AllGs;
use crate::cell;
use crate::g::{self, Gp};
use crate::gfree::SizeClass;
use crate::id::Id;
use crate::join::JoinHandle;
use crate::poll::Ran;
use crate::schedule::{NewG, Panicked, Schedule};
use gmp_base::loom::Mutex;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;

pub(crate) struct Mock {
    queue: Mutex<VecDeque<Runnable>>,
    pub(crate) allgs: AllGs,
}

struct Runnable(Gp);

// SAFETY: the right to run a G may go to any thread; the tests' futures are `Send`.
unsafe impl Send for Runnable {}

/// # Safety
/// `gp` must be a live G of a `Mock`.
unsafe fn mock(gp: Gp) -> &'static Mock {
    // SAFETY: the tests keep the mock until all Gs are dead.
    let header = unsafe { gp.as_ref() };
    // SAFETY: every G here is made with a `Mock`.
    let mock = unsafe { header.sched::<Mock>() };
    // SAFETY: as above.
    unsafe { mock.as_ref() }
}

// SAFETY: every G that comes in goes out of the queue once; cells come from the allocator.
unsafe impl Schedule for Mock {
    unsafe fn ready(gp: Gp) {
        // SAFETY: a G that has become runnable isn't dead.
        unsafe { mock(gp) }.queue.lock().push_back(Runnable(gp));
    }

    unsafe fn allgadd(gp: Gp) -> bool {
        // SAFETY: the caller runs the G.
        unsafe { mock(gp).allgs.add(gp, 0) }
    }

    unsafe fn allgremove(gp: Gp) {
        // SAFETY: the caller runs the G.
        unsafe { mock(gp).allgs.remove(gp) };
    }

    unsafe fn dying(_gp: Gp, _panicked: Option<Panicked<'_>>) {}

    fn gfget(class: SizeClass) -> NonNull<u8> {
        class.allocate()
    }

    unsafe fn gfput(cell: NonNull<u8>, class: SizeClass) {
        // SAFETY: from `gfget`.
        unsafe { class.deallocate(cell) };
    }
}

impl Mock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { queue: Mutex::new(VecDeque::new()), allgs: AllGs::new(1) })
    }

    #[track_caller]
    pub(crate) fn spawn<F>(self: &Arc<Self>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let new = NewG { sched: NonNull::from(&**self), id: Id::next(), spawned_at: Location::caller() };
        // SAFETY: the tests keep the mock until all Gs are dead; the future is `Send`.
        let (gp, join) = unsafe { cell::newg(future, new) };
        self.queue.lock().push_back(Runnable(gp));
        join
    }

    /// Runs the first G of the queue; false if there is none.
    pub(crate) fn run_one(&self) -> bool {
        let Some(Runnable(gp)) = self.queue.lock().pop_front() else {
            return false;
        };
        // SAFETY: it was in the queue.
        if unsafe { g::run(gp) } == Ran::Again {
            self.queue.lock().push_back(Runnable(gp));
        }
        true
    }

    pub(crate) fn run_all(&self) {
        while self.run_one() {}
    }

    /// Cancels everything, as a shutdown does.
    pub(crate) fn close(&self) {
        // SAFETY: `close` passes on the right to queue.
        self.allgs.close(|gp| unsafe { Self::ready(gp) });
        self.drain();
    }

    /// Shuts down what is queued, and nothing that waits.
    pub(crate) fn drain(&self) {
        loop {
            let Some(Runnable(gp)) = self.queue.lock().pop_front() else {
                break;
            };
            // SAFETY: it was in the queue.
            unsafe { g::shutdown(gp) };
        }
    }

    pub(crate) fn listed(&self) -> usize {
        self.allgs.len()
    }
}
