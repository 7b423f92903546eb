//! [`Closing`]: that a runtime ends, against those who have Gs in their hands for a moment.
//!
//! # Proof: no G is in a hand when the last drain has looked
//! Who moves Gs from one queue to another and is no M that the shutdown waits for (a retirement) counts itself, executes a full fence, looks at
//! `closing`. The shutdown sets `closing`, executes a full fence, and the last drain looks at the count *before* it looks into the queues. Of
//! the two fences one is first. If the shutdown's is, the mover sees `closing` and moves nothing. If the mover's is, the last drain sees its
//! count, and looks again later; or sees it gone, and with it (release, acquire) what it has moved.
//!
//! Model: `closing/loom_tests.rs`.
//!
//! Go: none — a Go program exits.

use gmp_base::loom::{AtomicBool, AtomicUsize, Ordering, fence};

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Closing {
    closing: AtomicBool,
    movers: AtomicUsize,
}

impl Closing {
    /// Of a runtime that goes on.
    pub(crate) fn new() -> Self {
        Self { closing: AtomicBool::new(false), movers: AtomicUsize::new(0) }
    }

    /// Whether the runtime has been told to stop.
    #[inline(always)]
    pub(crate) fn is_closing(&self) -> bool {
        // ORDERING: a hint; the queue's and the list's own `closed`, under their locks, decide (`shutdown.rs`). For movers, behind
        // their fence.
        self.closing.load(Ordering::Relaxed)
    }

    /// Tells it to stop; says whether that is news.
    pub(crate) fn close(&self) -> bool {
        // ORDERING: the flag is a hint for the fast paths; the closed queue and list, under their locks, are what counts.
        let news = !self.closing.swap(true, Ordering::AcqRel);
        // ORDERING: the module's proof.
        fence(Ordering::SeqCst);
        news
    }

    /// Gs are about to be moved, until the guard is dropped; `None` if it is too late for that.
    pub(crate) fn start_moving(&self) -> Option<Moving<'_>> {
        // ORDERING: the module's proof: the store, a fence, the look.
        self.movers.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let moving = Moving(self);
        (!self.is_closing()).then_some(moving)
    }

    /// Whether nobody moves Gs, or ever will. The runtime must have been closed.
    pub(crate) fn is_quiet(&self) -> bool {
        // ORDERING: behind the fence in `close`; acquires what has been moved.
        self.movers.load(Ordering::Acquire) == 0
    }
}

/// Gs are being moved.
#[must_use]
#[derive(Debug)]
pub(crate) struct Moving<'a>(&'a Closing);

impl Drop for Moving<'_> {
    fn drop(&mut self) {
        // ORDERING: releases what was moved to `is_quiet`.
        self.0.movers.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;
