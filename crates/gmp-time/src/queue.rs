//! [`Queue`]: the entries of a slot in the order of their times; a heap for those that come next, a wheel for the others.
//!
//! Time is cut into slices. Entries of the *base* slice, and before it, are *near*: they are in a heap. The others are *far*: in
//! a wheel of levels, each of 64 buckets; a bucket of level 0 has the entries of a slice, one of level n those of 64ⁿ slices. An
//! entry's level is that of the highest digit, to the base of 64, in which its slice differs from the base slice, and
//! that digit says which bucket. So all of a level come before all of the next, and within it in the order of the buckets.
//!
//! When nothing is near any more, and the first far entry is due, its slice becomes the base: its bucket is distributed over the
//! levels below, or, at level 0, becomes the heap. So an entry is moved once a level at most, two or three times in its
//! life, with its neighbours and without being touched; and the heap is as small as a slice.
//!
//! The base never runs ahead of what was due: entries that come next would all be near. Until then the first far entry is the first of
//! its bucket, which knows it.
//!
//! Go: none — there each P has one heap (runtime/time.go); the wheel is Varghese and Lauck's, 1987, scheme 7

use crate::heap::{Heap, Node};

/// A slice has so many bits of nanoseconds: 262 µs.
const SLICE_BITS: u32 = 18;
const DIGIT_BITS: u32 = 6;
const BUCKETS: usize = 1 << DIGIT_BITS;
/// Enough for [`LATEST`](crate::LATEST).
const LEVELS: usize = 8;
const _: () = assert!(crate::LATEST >> SLICE_BITS >> (LEVELS as u32 * DIGIT_BITS) == 0);

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    near: Heap,
    /// The slice up to which entries are near.
    base: u64,
    /// Which buckets of each level have entries.
    occupied: [u64; LEVELS],
    /// The buckets; a level is made when it gets its first entry.
    levels: [Option<Box<[Heap; BUCKETS]>>; LEVELS],
    len: usize,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The first entry.
    #[inline]
    pub(crate) fn peek(&self) -> Option<&Node> {
        match self.near.peek() {
            Some(node) => Some(node),
            None => self.peek_far(),
        }
    }

    /// The first entry, if it is due at `now`.
    #[inline]
    pub(crate) fn due(&mut self, now: u64) -> Option<&Node> {
        while self.near.is_empty() {
            if self.peek_far()?.when > now {
                return None;
            }
            self.advance();
        }
        self.near.peek().filter(|node| node.when <= now)
    }

    /// Adds an entry, and drops dead ones that would be next to it.
    #[inline]
    pub(crate) fn push(&mut self, node: Node) {
        let heap = self.heap_for(node.when);
        let before = heap.len();
        heap.trim();
        heap.push(node);
        let after = heap.len();
        self.len = self.len + after - before;
    }

    /// Takes the first entry out.
    pub(crate) fn pop(&mut self) -> Option<Node> {
        let first = match self.near.pop() {
            Some(first) => first,
            None => {
                let (level, i) = self.first_bucket()?;
                let bucket = &mut self.levels[level].as_mut()?[i];
                let first = bucket.pop()?;
                if bucket.is_empty() {
                    bucket.shrink();
                    self.occupied[level] &= !(1 << i);
                }
                first
            }
        };
        self.len -= 1;
        Some(first)
    }

    /// Changes the first entry's time to a later one.
    pub(crate) fn delay_first(&mut self, when: u64) {
        if let Some(first) = self.pop() {
            self.push(Node { when, ..first });
        }
    }

    /// Drops all dead entries.
    pub(crate) fn purge(&mut self) {
        self.near.purge();
        self.near.shrink();
        self.len = self.near.len();
        for (level, occupied) in self.levels.iter_mut().zip(&mut self.occupied) {
            for (i, bucket) in level.iter_mut().flat_map(|level| level.iter_mut()).enumerate() {
                bucket.purge();
                bucket.shrink();
                self.len += bucket.len();
                if bucket.is_empty() {
                    *occupied &= !(1 << i);
                    bucket.take();
                }
            }
        }
    }

    /// Takes everything out, in no order.
    pub(crate) fn take(&mut self) -> Vec<Node> {
        let mut nodes = self.near.take();
        for level in std::mem::take(self).levels.iter_mut().flatten() {
            level.iter_mut().for_each(|bucket| nodes.append(&mut bucket.take()));
        }
        nodes
    }

    /// Where an entry belongs.
    #[inline]
    fn heap_for(&mut self, when: u64) -> &mut Heap {
        let slice = when >> SLICE_BITS;
        if slice <= self.base {
            return &mut self.near;
        }
        let level = (slice ^ self.base).ilog2() / DIGIT_BITS;
        let digit = (slice >> (level * DIGIT_BITS)) as usize % BUCKETS;
        let level = level as usize;
        self.occupied[level] |= 1 << digit;
        &mut self.levels[level].get_or_insert_with(new_level)[digit]
    }

    fn first_bucket(&self) -> Option<(usize, usize)> {
        let level = self.occupied.iter().position(|&buckets| buckets != 0)?;
        Some((level, self.occupied[level].trailing_zeros() as usize))
    }

    fn peek_far(&self) -> Option<&Node> {
        let (level, i) = self.first_bucket()?;
        self.levels[level].as_ref()?[i].peek()
    }

    /// Nothing is near, and the first far entry is due: its slice becomes the base.
    fn advance(&mut self) {
        let Some((level, i)) = self.first_bucket() else { return };
        let Some(bucket) = self.levels[level].as_mut().map(|level| &mut level[i]) else { return };
        let Some(first) = bucket.peek() else { return };
        self.base = first.when >> SLICE_BITS;
        self.occupied[level] &= !(1 << i);
        if level == 0 {
            // The bucket gets the memory of the heap before it.
            std::mem::swap(&mut self.near, bucket);
            bucket.shrink();
            // All are touched soon; here the processor waits for many at a time.
            self.len -= self.near.len();
            self.near.purge();
            self.len += self.near.len();
        } else {
            for node in bucket.take() {
                self.heap_for(node.when).push(node);
            }
        }
    }
}

#[cold]
fn new_level() -> Box<[Heap; BUCKETS]> {
    Box::new(std::array::from_fn(|_| Heap::default()))
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
