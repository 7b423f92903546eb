//! Wakers that remember, for the tests and the models.

use gmp_base::loom::{AtomicUsize, Ordering, UnsafeCell};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

/// Counts how often it has been woken.
pub(crate) struct Flag {
    woken: AtomicUsize,
    /// Written when it is woken: loom reports a waker that was woken without having been handed over.
    touched: UnsafeCell<()>,
}

// SAFETY: the cell is empty; loom reports accesses that nothing orders.
unsafe impl Sync for Flag {}

impl Flag {
    pub(crate) fn new() -> Arc<Self> {
        let flag = Self { woken: AtomicUsize::new(0), touched: UnsafeCell::new(()) };
        flag.touched.with_mut(|_| ());
        Arc::new(flag)
    }

    pub(crate) fn woken(&self) -> usize {
        self.woken.load(Ordering::Relaxed)
    }

    /// Whether nobody but the caller has it: all wakers made of it have been dropped.
    pub(crate) fn is_alone(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1
    }

    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(self.clone())
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        gmp_base::lockrank::assert_no_locks();
        self.touched.with_mut(|_| ());
        self.woken.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Flag {
    fn drop(&mut self) {
        gmp_base::lockrank::assert_no_locks();
    }
}

/// Polls with this flag's waker.
pub(crate) fn poll(timer: &mut crate::Timer, flag: &Arc<Flag>) -> std::task::Poll<crate::Fired> {
    timer.poll(&Context::from_waker(&flag.waker()))
}
