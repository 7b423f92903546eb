//! [`GlobRunq`]: the global run queue.
//!
//! First in, first out, under its own lock (Go keeps it under `sched.lock`); the length can be read without. It can be
//! closed to newcomers: that is the point where a spawn and a shutdown meet.
//!
//! Elements stand in chains. A batch that overflowed from a ring stays one chain, and who takes a batch takes a chain: the
//! lock is held for a few instructions, and the elements, which are in another core's cache as a rule, are touched
//! outside of it. (One long list, walked under the lock, took 15 % of the time of a benchmark that lives from
//! overflows.)
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
use std::collections::VecDeque;
use std::fmt;
use std::ptr::NonNull;

/// The global run queue of a scheduler.
pub struct GlobRunq<T> {
    /// Elements in the list; written under the lock, read without it as a hint and, after a fence, as a proof.
    len: AtomicUsize,
    list: Lock<List<T>>,
}

struct List<T> {
    chains: VecDeque<GQueue<T>>,
    len: usize,
    closed: bool,
}

/// Elements that come one by one are put into chains of so many: enough to make a batch worth its while, few enough for
/// several Ps to have one each.
const SINGLES: usize = if cfg!(gmp_loom) { 2 } else { 32 };

impl<T: Link> List<T> {
    /// # Safety
    /// As [`GQueue::push_back`].
    unsafe fn push(&mut self, item: NonNull<T>) {
        self.len += 1;
        if let Some(last) = self.chains.back_mut() {
            if last.len() < SINGLES {
                // SAFETY: the caller's promise.
                return unsafe { last.push_back(item) };
            }
        }
        let mut chain = GQueue::new();
        // SAFETY: the caller's promise.
        unsafe { chain.push_back(item) };
        self.chains.push_back(chain);
    }

    fn pop(&mut self) -> Option<NonNull<T>> {
        let first = self.chains.front_mut()?;
        let item = first.pop_front();
        if first.is_empty() {
            self.chains.pop_front();
            // What a burst made large is given back.
            if self.chains.is_empty() && self.chains.capacity() > 64 {
                self.chains.shrink_to(64);
            }
        }
        self.len -= usize::from(item.is_some());
        item
    }
}

impl<T> fmt::Debug for GlobRunq<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // ORDERING: a snapshot for people.
        f.debug_struct("GlobRunq").field("len", &self.len.load(Ordering::Relaxed)).finish_non_exhaustive()
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
            list: Lock::new(LockRank::GlobRunq, List { chains: VecDeque::new(), len: 0, closed: false }),
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
        unsafe { list.push(item) };
        self.set_len(list.len);
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
        unsafe { list.push(item) };
        self.set_len(list.len);
        Ok(())
    }

    /// Appends a batch and empties it.
    pub fn put_batch(&self, batch: &mut GQueue<T>) {
        if batch.is_empty() {
            return;
        }
        let mut list = self.list.lock();
        list.len += batch.len();
        list.chains.push_back(std::mem::take(batch));
        self.set_len(list.len);
    }

    /// Takes the first chain, or its first `max` elements if it is longer.
    pub fn get_batch(&self, max: usize) -> GQueue<T> {
        if self.is_empty() {
            return GQueue::new();
        }
        let mut list = self.list.lock();
        let Some(first) = list.chains.front_mut() else {
            return GQueue::new();
        };
        let batch =
            if first.len() <= max { list.chains.pop_front().unwrap_or_default() } else { first.split_front(max) };
        list.len -= batch.len();
        self.set_len(list.len);
        batch
    }

    /// Takes the first element.
    pub fn get(&self) -> Option<NonNull<T>> {
        if self.is_empty() {
            return None;
        }
        let mut list = self.list.lock();
        let item = list.pop();
        self.set_len(list.len);
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
