//! [`Runq`]: the run queue of a P, owner's half. The thieves' half is in [`runqsteal`](crate::runqsteal).
//!
//! A ring of 256 slots and `runnext`, the element that runs before the ring. One thread, the *owner*, produces; the
//! owner and any number of thieves consume.
//!
//! # Proof
//! `head` and `tail` only grow (as `usize` they wrap, 256 divides the range, and on 64-bit targets no thread can sleep
//! through 2⁶⁴ pushes, so an index never comes back while somebody holds an old one). Slot `i` is `ring[i % 256]`.
//! * *One consumer an element.* An element in the ring leaves by the one compare-exchange of `head` that moves it past
//!   the element's index. `runnext` leaves by a swap or compare-exchange to null; only the owner makes it non-null.
//! * *A consumer reads what was put.* `tail`'s release store comes after the slot's store; a thief's acquire load of
//!   `tail` comes before its load of the slot. The owner reads its own stores.
//! * *A slot is not reused under a reader.* A thief copies slots `h..h+n` and then moves `head` from `h` by a
//!   releasing compare-exchange. If that succeeds, `head` was `h` all along (it never comes back), so no consumer had
//!   passed `h`, and the owner, which writes slot `h + 256` only after an acquire load of `head` has shown more than
//!   `h`, had not overwritten them. If it fails the copies are dropped, which is why slots are atomic: the copy may
//!   be of an element that is long gone, but only its address is copied.
//!
//! Model: `runq/loom_tests.rs`, with four slots and with indices that wrap.
//!
//! Go: runtime/proc.go (runqput, runqputslow, runqputbatch, runqget, runqempty, 7498-7710)

use crate::glist::GQueue;
use gmp_base::CachePadded;
use gmp_base::link::Link;
use gmp_base::loom::{AtomicPtr, AtomicUsize, Ordering};
use std::fmt;
use std::ptr::{self, NonNull};

/// Slots of a ring (Go: `len(p.runq)`); four in models, which must finish.
pub const CAPACITY: usize = if cfg!(any(gmp_loom, gmp_shuttle)) { 4 } else { 256 };

/// What [`Runq::put`] did.
#[must_use = "an overflow must be queued elsewhere, and who was kicked out may deserve another M"]
#[derive(Debug)]
pub enum Put<T> {
    /// The element is in an empty `runnext`; the ring is as it was.
    Next,
    /// The ring has one more element.
    Ring,
    /// The ring was full: its older half and the element are here, for the global queue.
    Overflow(GQueue<T>),
}

/// Where [`Runq::try_put`] found room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// As [`Put::Next`].
    Next,
    /// As [`Put::Ring`].
    Ring,
}

/// The run queue of one P.
pub struct Runq<T> {
    /// Index of the oldest element. Moved by consumers, by compare-exchange.
    pub(crate) head: CachePadded<AtomicUsize>,
    pub(crate) owner: CachePadded<OwnerHalf<T>>,
    /// Written by the owner, read by all. Atomic because a thief's copy may race with the owner's reuse.
    pub(crate) ring: Box<[AtomicPtr<T>; CAPACITY]>,
}

/// What the owner writes on each push; one cache line, apart from `head`.
pub(crate) struct OwnerHalf<T> {
    /// Index behind the newest element. Stored by the owner only.
    pub(crate) tail: AtomicUsize,
    /// Runs before the ring. Made non-null by the owner only, taken by anyone.
    pub(crate) next: AtomicPtr<T>,
}

impl<T> fmt::Debug for Runq<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runq").field("len", &self.len()).field("has_next", &self.has_next()).finish_non_exhaustive()
    }
}

impl<T> Runq<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self::starting_at(0)
    }

    /// An empty queue whose indices start at `index`, for tests of what happens when they wrap.
    pub fn starting_at(index: usize) -> Self {
        Self {
            head: CachePadded::new(AtomicUsize::new(index)),
            owner: CachePadded::new(OwnerHalf { tail: AtomicUsize::new(index), next: AtomicPtr::new(ptr::null_mut()) }),
            ring: Box::new(std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut()))),
        }
    }

    #[inline(always)]
    pub(crate) fn slot(&self, index: usize) -> &AtomicPtr<T> {
        &self.ring[index % CAPACITY]
    }

    /// Elements in the ring, `runnext` not counted. Exact for the owner if nobody steals, a snapshot otherwise.
    #[inline]
    pub fn len(&self) -> usize {
        // ORDERING: a snapshot; what is decided on it is decided again under a compare-exchange or after a fence
        // (`idle.rs`, the delicate dance). `head` first: it never passes `tail`, so the difference is never negative.
        let head = self.head.load(Ordering::Acquire);
        let tail = self.owner.tail.load(Ordering::Acquire);
        tail.wrapping_sub(head).min(CAPACITY)
    }

    /// Whether the ring is seen empty. `runnext` is not looked at: it belongs to who is running.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is a `runnext`.
    #[inline]
    pub fn has_next(&self) -> bool {
        // ORDERING: a hint; taking it is an atomic exchange.
        !self.owner.next.load(Ordering::Relaxed).is_null()
    }

    /// Takes `runnext` away from whoever has it.
    #[inline]
    pub fn take_next(&self) -> Option<NonNull<T>> {
        if !self.has_next() {
            return None;
        }
        // ORDERING: acquires what the owner published with its release store in `put`.
        NonNull::new(self.owner.next.swap(ptr::null_mut(), Ordering::Acquire))
    }

    /// Which element is `runnext`, for [`take_same_next`](Self::take_same_next). It may be gone, and dead, by now.
    #[inline]
    pub fn seen_next(&self) -> Option<NonNull<T>> {
        // ORDERING: a hint, as in `has_next`; nobody reads what it points to.
        NonNull::new(self.owner.next.load(Ordering::Relaxed))
    }

    /// Takes `runnext` away if it is still, or again, the one that was `seen`. (Go's runqgrab does so with a compare-and-swap, too.)
    #[inline]
    pub fn take_same_next(&self, seen: NonNull<T>) -> Option<NonNull<T>> {
        // ORDERING: acquires what the owner published with its release store in `put`, as `take_next`.
        let taken =
            self.owner.next.compare_exchange(seen.as_ptr(), ptr::null_mut(), Ordering::Acquire, Ordering::Relaxed);
        taken.ok().and_then(NonNull::new)
    }

    /// Takes the oldest element of the ring. Anyone may call it; the owner's [`get`](Self::get) does.
    #[inline]
    pub fn take_oldest(&self) -> Option<NonNull<T>> {
        loop {
            // ORDERING: acquires the release of the consumer that moved `head` here, so that indices are seen in order.
            let head = self.head.load(Ordering::Acquire);
            // ORDERING: acquires the slot's content, published by `push_ring`'s release store of `tail`.
            let tail = self.owner.tail.load(Ordering::Acquire);
            if head == tail {
                return None;
            }
            if tail.wrapping_sub(head) > CAPACITY {
                // `head` was old and more than a ring has gone by since. Look again.
                continue;
            }
            // ORDERING: `tail`'s acquire has made the content visible; the exchange below tells whether it was still it.
            let item = self.slot(head).load(Ordering::Relaxed);
            // ORDERING: releases our read of the slot to the owner, whose acquire of `head` precedes its reuse.
            let moved =
                self.head.compare_exchange_weak(head, head.wrapping_add(1), Ordering::AcqRel, Ordering::Relaxed);
            if moved.is_ok() {
                return NonNull::new(item);
            }
        }
    }
}

impl<T> Default for Runq<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Link> Runq<T> {
    /// Queues an element: as the next to run, kicking out who was (Go's runqput with next), or at the tail.
    ///
    /// # Safety
    /// The caller must be the queue's owner (the only thread that puts), and `item` must be live, in no other list
    /// and the caller's to queue.
    pub unsafe fn put(&self, item: NonNull<T>, next: bool) -> Put<T> {
        // SAFETY: the caller's promises.
        match unsafe { self.try_put(item, next) } {
            Ok(Room::Next) => Put::Next,
            Ok(Room::Ring) => Put::Ring,
            // SAFETY: the caller is the owner; the element is the caller's or was in `runnext`.
            Err(item) => unsafe { self.push_ring(item) },
        }
    }

    /// As [`put`](Self::put), but for a full ring: the element that finds no room comes back. That may be the one that was
    /// in `runnext`. Small, so that it can be part of its caller.
    ///
    /// # Errors
    /// The element, if the ring is full.
    ///
    /// # Safety
    /// As [`put`](Self::put).
    #[inline]
    pub unsafe fn try_put(&self, item: NonNull<T>, next: bool) -> Result<Room, NonNull<T>> {
        let mut item = item;
        if next {
            // ORDERING: only the owner makes it non-null, so null here stays null; the store publishes the element to
            // the taker's acquire. A taker's exchange that finds null and writes null can't swallow the store: an
            // exchange reads what directly precedes it in modification order. loom doesn't know that rule for a plain
            // store (it may order the two stores either way), so in models the swap below does the work.
            if !cfg!(gmp_loom) && self.owner.next.load(Ordering::Relaxed).is_null() {
                self.owner.next.store(item.as_ptr(), Ordering::Release);
                return Ok(Room::Next);
            }
            // ORDERING: as the store above; what comes out was put in by this same thread.
            match NonNull::new(self.owner.next.swap(item.as_ptr(), Ordering::AcqRel)) {
                None => return Ok(Room::Next),
                Some(kicked) => item = kicked,
            }
        }
        // ORDERING: as in `push_ring`.
        let tail = self.owner.tail.load(Ordering::Relaxed);
        if tail.wrapping_sub(self.head.load(Ordering::Acquire)) >= CAPACITY {
            return Err(item);
        }
        self.publish(tail, item);
        Ok(Room::Ring)
    }

    /// Owner only; there must be room.
    #[inline(always)]
    fn publish(&self, tail: usize, item: NonNull<T>) {
        // ORDERING: published by the next line.
        self.slot(tail).store(item.as_ptr(), Ordering::Relaxed);
        // ORDERING: publishes the slot and the element to the acquire of `tail` in every consumer.
        self.owner.tail.store(tail.wrapping_add(1), Ordering::Release);
    }

    /// # Safety
    /// As [`put`](Self::put).
    #[cold]
    unsafe fn push_ring(&self, item: NonNull<T>) -> Put<T> {
        // ORDERING: the owner's own variable.
        let tail = self.owner.tail.load(Ordering::Relaxed);
        loop {
            // ORDERING: acquires the consumers' releases: they have read the slots that we are about to reuse.
            let head = self.head.load(Ordering::Acquire);
            if tail.wrapping_sub(head) < CAPACITY {
                self.publish(tail, item);
                return Put::Ring;
            }
            // SAFETY: the caller's promises.
            if let Some(batch) = unsafe { self.overflow(item, head, tail) } {
                return Put::Overflow(batch);
            }
            // A consumer was faster: there is room now.
        }
    }

    /// Go: runqputslow. Moves the older half out of the full ring.
    ///
    /// # Safety
    /// As [`put`](Self::put).
    #[cold]
    unsafe fn overflow(&self, item: NonNull<T>, head: usize, tail: usize) -> Option<GQueue<T>> {
        let half = CAPACITY / 2;
        if tail.wrapping_sub(head) != CAPACITY {
            gmp_base::throw!("runqputslow: queue is not full");
        }
        // The owner is the only one that writes slots, so they can be read after the exchange as well; but a batch of
        // pointers must not be chained before we own it.
        // ORDERING: as in `take_oldest`; the slots were written by this thread.
        self.head.compare_exchange(head, head.wrapping_add(half), Ordering::AcqRel, Ordering::Relaxed).ok()?;
        let mut batch = GQueue::new();
        for i in 0..half {
            // ORDERING: this thread wrote it.
            let raw = self.slot(head.wrapping_add(i)).load(Ordering::Relaxed);
            let Some(old) = NonNull::new(raw) else { gmp_base::throw!("runqputslow: empty slot") };
            // SAFETY: the exchange made the elements `head..head+half` ours, each was queued once.
            unsafe { batch.push_back(old) };
        }
        // SAFETY: the caller's promise on `item`.
        unsafe { batch.push_back(item) };
        Some(batch)
    }

    /// Moves as many elements of `batch` into the ring as fit; the rest stays in `batch`.
    ///
    /// # Safety
    /// The caller must be the queue's owner.
    pub unsafe fn put_batch(&self, batch: &mut GQueue<T>) {
        // ORDERING: as in `push_ring`.
        let head = self.head.load(Ordering::Acquire);
        let start = self.owner.tail.load(Ordering::Relaxed);
        let mut tail = start;
        while tail.wrapping_sub(head) < CAPACITY {
            let Some(item) = batch.pop_front() else { break };
            // ORDERING: published by the store of `tail` below.
            self.slot(tail).store(item.as_ptr(), Ordering::Relaxed);
            tail = tail.wrapping_add(1);
        }
        if tail != start {
            // ORDERING: as in `push_ring`, for all of them at once.
            self.owner.tail.store(tail, Ordering::Release);
        }
    }

    /// The next element to run, and whether it comes from `runnext` (Go: `inheritTime`).
    ///
    /// # Safety
    /// The caller must be the queue's owner.
    #[inline]
    pub unsafe fn get(&self) -> Option<(NonNull<T>, bool)> {
        if let Some(item) = self.take_next() {
            return Some((item, true));
        }
        // SAFETY: the caller's promise.
        unsafe { self.get_ring() }.map(|item| (item, false))
    }

    /// The oldest element of the ring.
    ///
    /// # Safety
    /// The caller must be the queue's owner.
    #[inline]
    pub unsafe fn get_ring(&self) -> Option<NonNull<T>> {
        // ORDERING: the owner's own variable; its slots were written by this thread.
        let tail = self.owner.tail.load(Ordering::Relaxed);
        // ORDERING: acquires the consumers' releases: if the ring is seen empty, its slots may be written over (`steal_from`).
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            if head == tail {
                return None;
            }
            // ORDERING: this thread wrote it.
            let item = self.slot(head).load(Ordering::Relaxed);
            // ORDERING: as in `take_oldest`.
            match self.head.compare_exchange_weak(head, head.wrapping_add(1), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return NonNull::new(item),
                Err(now) => head = now,
            }
        }
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;

#[cfg(all(test, gmp_loom))]
mod loom_tests;
