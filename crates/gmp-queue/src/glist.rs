//! [`GQueue`]: a FIFO list through the elements' own links.
//!
//! It owns nothing: an element in it stays alive because whoever put it there said so. It is not synchronised.
//!
//! Go: runtime/proc.go (gList, gQueue, 7809-7905)

use gmp_base::link::{Link, LinkCell};
use std::fmt;
use std::ptr::NonNull;

/// A first-in first-out list of elements that are linked through themselves.
pub struct GQueue<T> {
    head: Option<NonNull<T>>,
    tail: Option<NonNull<T>>,
    len: usize,
}

// SAFETY: the queue is a handful of pointers; sending it hands the right to the elements to another thread, which is
// what the elements (tasks) are for. `T: Send` says they may go.
unsafe impl<T: Send> Send for GQueue<T> {}

impl<T> Default for GQueue<T> {
    fn default() -> Self {
        Self { head: None, tail: None, len: 0 }
    }
}

impl<T> fmt::Debug for GQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GQueue").field("len", &self.len).finish_non_exhaustive()
    }
}

impl<T: Link> GQueue<T> {
    /// An empty queue.
    pub const fn new() -> Self {
        Self { head: None, tail: None, len: 0 }
    }

    /// How many elements are in it.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is in it.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// Appends an element.
    ///
    /// # Safety
    /// `item` must be live until it is popped, be in no other list, and be the caller's to queue.
    #[inline]
    pub unsafe fn push_back(&mut self, item: NonNull<T>) {
        // SAFETY: the caller says that `item` is live and in no list.
        unsafe { set_link(item, None) };
        match self.tail.replace(item) {
            // SAFETY: `tail` is in this list, so it is live and its link is ours.
            Some(tail) => unsafe { set_link(tail, Some(item)) },
            None => self.head = Some(item),
        }
        self.len += 1;
    }

    /// Takes the first element.
    #[inline]
    pub fn pop_front(&mut self) -> Option<NonNull<T>> {
        let item = self.head?;
        // SAFETY: `item` is in this list, so it is live and its link is ours.
        self.head = unsafe { get_link(item) };
        if self.head.is_none() {
            self.tail = None;
        }
        self.len -= 1;
        Some(item)
    }

    /// Takes the first `count` elements, or all if there are no more.
    pub fn split_front(&mut self, count: usize) -> Self {
        let mut front = Self::new();
        while front.len < count {
            let Some(item) = self.pop_front() else { break };
            // SAFETY: it was in this list and is in none now; what kept it alive there keeps it alive here.
            unsafe { front.push_back(item) };
        }
        front
    }

    /// Moves everything of `other` behind what is here.
    #[inline]
    pub fn append(&mut self, other: &mut Self) {
        let Some(first) = other.head.take() else {
            return;
        };
        match self.tail {
            // SAFETY: `tail` is in this list, so it is live and its link is ours.
            Some(tail) => unsafe { set_link(tail, Some(first)) },
            None => self.head = Some(first),
        }
        self.tail = other.tail.take();
        self.len += std::mem::take(&mut other.len);
    }
}

impl<T: Link> Iterator for GQueue<T> {
    type Item = NonNull<T>;

    fn next(&mut self) -> Option<NonNull<T>> {
        self.pop_front()
    }
}

/// # Safety
/// `item` must be live and its link the caller's.
#[inline]
unsafe fn get_link<T: Link>(item: NonNull<T>) -> Option<NonNull<T>> {
    // SAFETY: the caller says that `item` is live.
    let cell = unsafe { T::link(item) };
    // SAFETY: `Link` says that the address is the cell's.
    let cell: &LinkCell<T> = unsafe { cell.as_ref() };
    // SAFETY: the caller says that the link is its own, so nobody writes it now.
    cell.with(|link| unsafe { *link })
}

/// # Safety
/// As [`get_link`].
#[inline]
unsafe fn set_link<T: Link>(item: NonNull<T>, next: Option<NonNull<T>>) {
    // SAFETY: the caller says that `item` is live.
    let cell = unsafe { T::link(item) };
    // SAFETY: `Link` says that the address is the cell's.
    let cell: &LinkCell<T> = unsafe { cell.as_ref() };
    // SAFETY: the caller says that the link is its own, so nobody else touches it now.
    cell.with_mut(|link| unsafe { *link = next });
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
