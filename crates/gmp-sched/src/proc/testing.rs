//! An element for models of queues.
//!
//! Go: none

use gmp_base::link::{Link, LinkCell};
use std::ptr::NonNull;

pub(crate) struct Item {
    link: LinkCell<Item>,
}

// SAFETY: `link` is a field of the item.
unsafe impl Link for Item {
    unsafe fn link(this: NonNull<Self>) -> NonNull<LinkCell<Self>> {
        // SAFETY: the caller says that `this` is live.
        NonNull::from(unsafe { &this.as_ref().link })
    }
}

// SAFETY: the link is only touched by the list that holds the item.
unsafe impl Send for Item {}

/// A leaked item; [`free`] gives the memory back.
pub(crate) fn item() -> NonNull<Item> {
    NonNull::from(Box::leak(Box::new(Item { link: LinkCell::new(None) })))
}

pub(crate) fn free(item: NonNull<Item>) {
    // SAFETY: an item comes out of a queue once.
    drop(unsafe { Box::from_raw(item.as_ptr()) });
}
