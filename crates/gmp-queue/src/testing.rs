//! An element for the tests: a number and a link.
//!
//! The number is in a cell that models watch: it is written before the element is queued and taken after it came out, by
//! plain accesses, so a queue that doesn't publish its elements is found out.

use gmp_base::link::{Link, LinkCell};
use gmp_base::loom::UnsafeCell;
use std::ptr::NonNull;

pub(crate) struct Item {
    value: UnsafeCell<usize>,
    link: LinkCell<Item>,
}

impl Item {
    /// A leaked item; [`take`] gives the memory back.
    pub(crate) fn leak(value: usize) -> NonNull<Item> {
        NonNull::from(Box::leak(Box::new(Item { value: UnsafeCell::new(value), link: LinkCell::new(None) })))
    }
}

// SAFETY: `link` is a field of the item.
unsafe impl Link for Item {
    unsafe fn link(this: NonNull<Self>) -> NonNull<LinkCell<Self>> {
        // SAFETY: the caller says that `this` is live.
        NonNull::from(unsafe { &this.as_ref().link })
    }
}

/// Frees an item and returns its number.
pub(crate) fn take(item: NonNull<Item>) -> usize {
    // SAFETY: the tests take each item out of a queue once; if a queue gave one twice this would be a double free,
    // which the sanitizers and loom's leak check report.
    let boxed = unsafe { Box::from_raw(item.as_ptr()) };
    // SAFETY: the box is ours, so nobody else touches the number.
    boxed.value.with_mut(|value| unsafe { *value })
}

// SAFETY: the link is only touched by the list that holds the item (`Link`'s contract), so it may go from thread to
// thread with it.
unsafe impl Send for Item {}
