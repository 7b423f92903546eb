//! [`Link`]: where an element keeps its queue pointer.
//!
//! Go: runtime/runtime2.go (g.schedlink)

use crate::loom::UnsafeCell;
use std::ptr::NonNull;

/// The place of the link inside an element of an intrusive list.
pub type LinkCell<T> = UnsafeCell<Option<NonNull<T>>>;

/// An element that can stand in one intrusive list at a time.
///
/// # Safety
/// `link` must return the address of the same, properly aligned cell inside the element each time, valid for as long
/// as the element is.
pub unsafe trait Link: Sized {
    /// The element's link. Only the list that holds the element may look into it.
    ///
    /// # Safety
    /// `this` must point to a live element.
    unsafe fn link(this: NonNull<Self>) -> NonNull<LinkCell<Self>>;
}
