//! [`Shared`]: a reference to a timer's [`Entry`]. There are two, the sleeper's and the queue's.
//!
//! An `Arc` would do; but to allocate and free one is more than all else that a sleep costs. So whoever drops the last reference keeps the
//! memory, up to a bound, for the next timers that its thread starts.
//!
//! # Proof
//! * *The last one has it alone.* A reference is made with its entry, or from another one. Who finds the count at one has the only one, and nobody
//!   is left to make or drop another; who counts it down from two to one isn't the last.
//! * *Nobody uses what the last one drops.* The count goes down by a release, and who finds it at one does so by an acquire: all uses of the
//!   entry by the other side come before.
//!
//! Model: `timer/loom_tests.rs`, where entries are never used again, so that each execution has its own.
//!
//! Go: none — there a timer is part of what waits for it

use crate::timer::Entry;
use gmp_base::loom::{AtomicUsize, Ordering};
use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;

/// So many are kept by a thread: a few pages.
const KEEP: usize = if cfg!(any(gmp_loom, gmp_shuttle, gmp_no_cell_reuse)) { 0 } else { 256 };

struct Counted {
    refs: AtomicUsize,
    entry: Entry,
}

/// Where an entry has been that nobody has a reference to any more.
struct Place(Box<Counted>);

thread_local! {
    static SPARE: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// See the [module](self).
pub(crate) struct Shared(NonNull<Counted>);

// SAFETY: as an `Arc<Entry>`: the count is atomic, and an entry is `Send` and `Sync`.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Deref for Shared {
    type Target = Entry;

    #[inline(always)]
    fn deref(&self) -> &Entry {
        &self.counted().entry
    }
}

impl Shared {
    /// Both references to a new entry.
    #[inline]
    pub(crate) fn pair(entry: Entry) -> [Self; 2] {
        let counted = Counted { refs: AtomicUsize::new(2), entry };
        // Where the thread's locals are being destroyed there are none.
        let spare = SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten();
        let counted = match spare {
            Some(Place(mut place)) => {
                *place = counted;
                place
            }
            None => Box::new(counted),
        };
        let counted = NonNull::from(Box::leak(counted));
        [Self(counted), Self(counted)]
    }

    #[inline(always)]
    fn counted(&self) -> &Counted {
        // SAFETY: it lives until the last reference is dropped.
        unsafe { self.0.as_ref() }
    }

    /// The entry's address.
    pub(crate) fn as_ptr(&self) -> *const Entry {
        &raw const self.counted().entry
    }
}

#[cfg(test)]
impl Clone for Shared {
    fn clone(&self) -> Self {
        // ORDERING: made from another reference, which keeps the entry.
        self.counted().refs.fetch_add(1, Ordering::Relaxed);
        Self(self.0)
    }
}

impl Drop for Shared {
    #[inline]
    fn drop(&mut self) {
        // The last one needs no locked operation.
        // ORDERING: acquires the other side's release.
        if self.counted().refs.load(Ordering::Acquire) != 1 {
            // ORDERING: releases our uses to the last one; acquires the others', should that be us.
            if self.counted().refs.fetch_sub(1, Ordering::AcqRel) != 1 {
                return;
            }
        }
        // SAFETY: made of a box in `pair`; this was the last reference.
        keep(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Its waker has been taken by one side or the other: nothing of value is in it.
fn keep(counted: Box<Counted>) {
    let mut counted = Some(counted);
    let _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.len() < KEEP {
            spare.extend(counted.take().map(Place));
        }
    });
    // What found no place is freed here, where nothing is borrowed.
    drop(counted);
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
