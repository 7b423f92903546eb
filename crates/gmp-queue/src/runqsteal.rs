//! The thieves' half of [`Runq`]. The proof is in [`runq`](crate::runq).
//!
//! A thief takes half of the victim's ring, rounded up, by copying first and moving `head` once: a thief that loses
//! its CPU in the middle holds up nobody. `runnext` is taken only from an empty ring and only when asked for.
//!
//! Go: runtime/proc.go (runqgrab, runqsteal, 7713-7805)

use crate::runq::{CAPACITY, Runq};
use gmp_base::link::Link;
use gmp_base::loom::Ordering;
use std::ptr::NonNull;

/// What a theft brought: one element to run now; the others are in the thief's ring.
#[derive(Debug, Clone, Copy)]
pub struct Stolen<T> {
    /// To run now.
    pub item: NonNull<T>,
    /// How many elements changed hands, this one included.
    pub count: usize,
}

impl<T: Link> Runq<T> {
    /// Steals half of `victim`'s ring into this queue.
    ///
    /// # Safety
    /// The caller must be the owner of `self`, `self`'s ring must be empty, and `victim` must be another queue.
    #[inline]
    pub unsafe fn steal_from(&self, victim: &Runq<T>) -> Option<Stolen<T>> {
        // ORDERING: the owner's own variable.
        let tail = self.owner.tail.load(Ordering::Relaxed);
        let count = self.grab(victim, tail);
        if count == 0 {
            return None;
        }
        let last = tail.wrapping_add(count - 1);
        // ORDERING: this thread wrote the slot in `grab`.
        let item = NonNull::new(self.slot(last).load(Ordering::Relaxed))?;
        if count > 1 {
            // ORDERING: for the check only, which can't fail: the ring is empty. That its slots may be written over was settled
            // before `grab`, by the acquire of `head` with which the owner's `get_ring` saw it empty.
            let head = self.head.load(Ordering::Acquire);
            if last.wrapping_sub(head) >= CAPACITY {
                gmp_base::throw!("runqsteal: runq overflow");
            }
            // ORDERING: publishes the stolen slots, as in `push_ring`.
            self.owner.tail.store(last, Ordering::Release);
        }
        Some(Stolen { item, count })
    }

    /// Copies half of `victim`'s elements to our slots from `to` on and takes them from it. They aren't published yet.
    #[inline]
    fn grab(&self, victim: &Runq<T>, to: usize) -> usize {
        loop {
            // ORDERING: acquires the release of whoever moved `head` here.
            let head = victim.head.load(Ordering::Acquire);
            // ORDERING: acquires the contents of the slots (`push_ring`).
            let tail = victim.owner.tail.load(Ordering::Acquire);
            let there = tail.wrapping_sub(head);
            let count = there - there / 2;
            if count == 0 {
                return 0;
            }
            if count > CAPACITY / 2 {
                // `head` and `tail` are of different times. Look again.
                continue;
            }
            for i in 0..count {
                // ORDERING: the acquire of `tail` made the contents visible; the exchange tells whether they hold.
                let item = victim.slot(head.wrapping_add(i)).load(Ordering::Relaxed);
                // ORDERING: published by the caller's store of `tail`.
                self.slot(to.wrapping_add(i)).store(item, Ordering::Relaxed);
            }
            // ORDERING: releases our reads of the slots to the owner's acquire of `head` in `push_ring`.
            let moved =
                victim.head.compare_exchange(head, head.wrapping_add(count), Ordering::AcqRel, Ordering::Relaxed);
            if moved.is_ok() {
                return count;
            }
        }
    }
}
