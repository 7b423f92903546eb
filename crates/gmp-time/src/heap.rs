//! [`Heap`]: a 4-ary heap of entries, the earliest first, among equals in the order of their coming.
//!
//! Four children to a node: half the height of a binary heap, and the four are next to each other.
//!
//! Go: runtime/time.go (siftUp, siftDown, initHeap, 1235-1390; timerHeapN)

use crate::timer::Entry;
use std::sync::Arc;

const CHILDREN: usize = 4;

/// An entry and the time under which the heap has it, which may be earlier than the one in its word.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) when: u64,
    pub(crate) entry: Arc<Entry>,
}

impl Node {
    fn is_before(&self, other: &Node) -> bool {
        self.when < other.when || (self.when == other.when && self.entry.seq() < other.entry.seq())
    }
}

/// The heap.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    nodes: Vec<Node>,
}

impl Heap {
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn peek(&self) -> Option<&Node> {
        self.nodes.first()
    }

    pub(crate) fn push(&mut self, node: Node) {
        self.nodes.push(node);
        self.sift_up(self.nodes.len() - 1);
    }

    pub(crate) fn pop(&mut self) -> Option<Node> {
        if self.nodes.is_empty() {
            return None;
        }
        let first = self.nodes.swap_remove(0);
        if !self.nodes.is_empty() {
            self.sift_down(0);
        }
        Some(first)
    }

    /// Changes the first node's time to a later one.
    pub(crate) fn delay_first(&mut self, when: u64) {
        if let Some(first) = self.nodes.first_mut() {
            first.when = when;
            self.sift_down(0);
        }
    }

    /// Drops dead entries at the end of the array: what was set and cancelled in a row never piles up.
    pub(crate) fn trim(&mut self) {
        while self.nodes.last().is_some_and(|node| node.entry.is_dead()) {
            self.nodes.pop();
        }
    }

    /// Drops all dead entries.
    pub(crate) fn purge(&mut self) {
        self.nodes.retain(|node| !node.entry.is_dead());
        if self.nodes.capacity() > 4 * self.nodes.len().max(64) {
            self.nodes.shrink_to(2 * self.nodes.len());
        }
        for i in (0..self.nodes.len().div_ceil(CHILDREN)).rev() {
            self.sift_down(i);
        }
    }

    /// Takes everything out, in no order.
    pub(crate) fn take(&mut self) -> Vec<Node> {
        std::mem::take(&mut self.nodes)
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
