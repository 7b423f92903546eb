//! An element for the tests: a number and a link.

use gmp_base::link::{Link, LinkCell};
use std::ptr::NonNull;

pub(crate) struct Item {
    pub(crate) value: usize,
    link: LinkCell<Item>,
}

impl Item {
    /// A leaked item; [`take`] gives the memory back.
    pub(crate) fn leak(value: usize) -> NonNull<Item> {
        NonNull::from(Box::leak(Box::new(Item { value, link: LinkCell::new(None) })))
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
    boxed.value
}

// SAFETY: the link is only touched by the list that holds the item (`Link`'s contract), so it may go from thread to
// thread with it.
unsafe impl Send for Item {}
