//! [`Heap`]: a 4-ary heap of entries, the earliest first, among equals in the order of their coming.
//!
//! It is lazy: until something is taken out only its first node is in its place, and adding one is a comparison. So a heap
//! that is only filled and then moved elsewhere, as most are ([`Queue`](crate::queue::Queue)), has never been one.
//!
//! Four children to a node: half the height of a binary heap, and the four are next to each other.
//!
//! Go: runtime/time.go (siftUp, siftDown, initHeap, 1235-1390; timerHeapN)

use crate::shared::Shared;
use gmp_base::prefetch::prefetch;

const CHILDREN: usize = 4;

/// An empty heap keeps memory for so many nodes.
const KEEP: usize = 64;

/// An entry and the time under which the heap has it, which may be earlier than the one in its word. What the order depends on
/// is all here, so that moving a node about doesn't touch the entry.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) when: u64,
    /// The place among those of the same time.
    pub(crate) seq: u64,
    pub(crate) entry: Shared,
}

impl Node {
    fn key(&self) -> (u64, u64) {
        (self.when, self.seq)
    }

    fn is_before(&self, other: &Node) -> bool {
        self.key() < other.key()
    }
}

/// The heap.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    nodes: Vec<Node>,
    /// Whether it is a heap. If not, the first node is the first nevertheless, and the others are in no order.
    is_ordered: bool,
}

impl Heap {
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<&Node> {
        self.nodes.first()
    }

    #[inline]
    pub(crate) fn push(&mut self, node: Node) {
        self.nodes.push(node);
        let last = self.nodes.len() - 1;
        if self.is_ordered {
            self.sift_up(last);
        } else if self.nodes[last].is_before(&self.nodes[0]) {
            self.nodes.swap(0, last);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Node> {
        if self.nodes.is_empty() {
            return None;
        }
        if !self.is_ordered {
            self.order();
        }
        let first = self.nodes.swap_remove(0);
        if self.nodes.is_empty() {
            self.is_ordered = false;
        } else {
            self.sift_down(0);
        }
        Some(first)
    }

    /// Drops dead entries at the end of the array: what was set and cancelled in a row never piles up.
    pub(crate) fn trim(&mut self) {
        while self.nodes.last().is_some_and(|node| node.entry.time_or_bury().is_none()) {
            self.nodes.pop();
        }
        self.is_ordered &= !self.nodes.is_empty();
    }

    /// Drops all dead entries.
    pub(crate) fn purge(&mut self) {
        let before = self.nodes.len();
        for node in &self.nodes {
            prefetch(node.entry.as_ptr());
        }
        self.nodes.retain(|node| node.entry.time_or_bury().is_some());
        if self.nodes.len() == before {
            return;
        }
        if self.is_ordered {
            self.order();
        } else if let Some(first) = (0..self.nodes.len()).min_by_key(|&i| self.nodes[i].key()) {
            self.nodes.swap(0, first);
        }
    }

    /// Gives memory back that a burst has left here.
    pub(crate) fn shrink(&mut self) {
        if self.nodes.capacity() > 4 * self.nodes.len().max(KEEP / 4) {
            self.nodes.shrink_to(2 * self.nodes.len());
        }
    }

    /// Takes everything out, in no order.
    pub(crate) fn take(&mut self) -> Vec<Node> {
        self.is_ordered = false;
        std::mem::take(&mut self.nodes)
    }

    #[cfg(all(test, not(gmp_loom)))]
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    #[cfg(all(test, not(gmp_loom)))]
    pub(crate) fn capacity(&self) -> usize {
        self.nodes.capacity()
    }

    fn order(&mut self) {
        for i in (0..self.nodes.len().div_ceil(CHILDREN)).rev() {
            self.sift_down(i);
        }
        self.is_ordered = !self.nodes.is_empty();
    }

    fn sift_up(&mut self, mut i: usize) {
        while i > 0 {
            let parent = (i - 1) / CHILDREN;
            if !self.nodes[i].is_before(&self.nodes[parent]) {
                return;
            }
            self.nodes.swap(i, parent);
            i = parent;
        }
    }

    fn sift_down(&mut self, mut i: usize) {
        loop {
            let first = i * CHILDREN + 1;
            let mut least = i;
            for child in first..(first + CHILDREN).min(self.nodes.len()) {
                if self.nodes[child].is_before(&self.nodes[least]) {
                    least = child;
                }
            }
            if least == i {
                return;
            }
            self.nodes.swap(i, least);
            i = least;
        }
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
