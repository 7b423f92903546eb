//! [`GlobRunq`]: the global run queue.
//!
//! A FIFO list under its own lock (Go keeps it under `sched.lock`), whose length can be read without. It can be closed
//! to newcomers: that is the point where a spawn and a shutdown meet.
//!
//! # Proof: close against push
//! `closed` is read and written under the lock. A push before the close is in the list, where the drain that follows
//! the close finds it; a push after the close gives the element back to its caller. There is no third case.
//!
//! Go: runtime/proc.go (globrunqput, globrunqputbatch, globrunqget, globrunqgetbatch, 7300-7360)

use crate::glist::GQueue;
use gmp_base::link::Link;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::{AtomicUsize, Ordering};
use std::fmt;
use std::ptr::NonNull;

/// The global run queue of a scheduler.
pub struct GlobRunq<T> {
    /// Elements in the list; written under the lock, read without it as a hint and, after a fence, as a proof.
    len: AtomicUsize,
    list: Lock<List<T>>,
}

struct List<T> {
    queue: GQueue<T>,
    closed: bool,
}

impl<T> fmt::Debug for GlobRunq<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // ORDERING: a snapshot for people.
        f.debug_struct("GlobRunq")
            .field("len", &self.len.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}

impl<T: Link> Default for GlobRunq<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Link> GlobRunq<T> {
    /// An empty, open queue.
    pub fn new() -> Self {
        Self {
            len: AtomicUsize::new(0),
            list: Lock::new(
                LockRank::GlobRunq,
                List {
                    queue: GQueue::new(),
                    closed: false,
                },
            ),
        }
    }

    /// How many elements are seen in it.
    #[inline]
    pub fn len(&self) -> usize {
        // ORDERING: a hint; where a proof rests on it there is a fence before (`idle.rs`, the delicate dance).
        self.len.load(Ordering::Relaxed)
    }

    /// Whether it is seen empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends an element, also to a closed queue: for elements that were in the scheduler before.
    ///
    /// # Safety
    /// `item` must be live until it is popped, be in no other list, and be the caller's to queue.
    #[inline]
    pub unsafe fn put(&self, item: NonNull<T>) {
        let mut list = self.list.lock();
        // SAFETY: the caller's promise.
        unsafe { list.queue.push_back(item) };
        self.set_len(list.queue.len());
    }

    /// Appends a new element if the queue is open; gives it back otherwise.
    ///
    /// # Errors
    /// The element, if the queue is closed.
    ///
    /// # Safety
    /// As [`put`](Self::put).
    #[inline]
    pub unsafe fn put_new(&self, item: NonNull<T>) -> Result<(), NonNull<T>> {
        let mut list = self.list.lock();
        if list.closed {
            return Err(item);
        }
        // SAFETY: the caller's promise.
        unsafe { list.queue.push_back(item) };
        self.set_len(list.queue.len());
        Ok(())
    }

    /// Appends a batch and empties it.
    pub fn put_batch(&self, batch: &mut GQueue<T>) {
        if batch.is_empty() {
            return;
        }
        let mut list = self.list.lock();
        list.queue.append(batch);
        self.set_len(list.queue.len());
    }

    /// Takes up to `max` elements.
    pub fn get_batch(&self, max: usize) -> GQueue<T> {
        let mut batch = GQueue::new();
        if self.is_empty() {
            return batch;
        }
        let mut list = self.list.lock();
        while batch.len() < max {
            let Some(item) = list.queue.pop_front() else {
                break;
            };
            // SAFETY: it was in the list and is in none now; what kept it alive there keeps it alive here.
            unsafe { batch.push_back(item) };
        }
        self.set_len(list.queue.len());
        batch
    }

    /// Takes the first element.
    pub fn get(&self) -> Option<NonNull<T>> {
        if self.is_empty() {
            return None;
        }
        let mut list = self.list.lock();
        let item = list.queue.pop_front();
        self.set_len(list.queue.len());
        item
    }

    /// Refuses newcomers from now on.
    pub fn close(&self) {
        self.list.lock().closed = true;
    }

    /// Whether newcomers are refused.
    pub fn is_closed(&self) -> bool {
        self.list.lock().closed
    }

    #[inline]
    fn set_len(&self, len: usize) {
        // ORDERING: written under the lock; a reader without the lock has a fence between its own store and this load
        // (`idle.rs`, the delicate dance) and the writer has one behind its push.
        self.len.store(len, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;

#[cfg(all(test, gmp_loom))]
mod loom_tests;
