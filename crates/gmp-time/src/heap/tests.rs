//! The heap against std's, with timers that are cancelled and put off at random.

use super::{Heap, Node};
use crate::timer::Timer;
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::task::Waker;

/// A heap whose entries are numbered in the order of their coming; the sleepers' ends are kept beside it.
#[derive(Default)]
struct Numbered {
    heap: Heap,
    timers: Vec<Option<Timer>>,
}

impl Numbered {
    fn push(&mut self, when: u64) {
        let timer = Timer::new(when, Waker::noop().clone());
        let node = Node { when, seq: self.timers.len() as u64, entry: timer.entry() };
        self.timers.push(Some(timer));
        self.heap.push(node);
    }

    fn pop(&mut self) -> Option<(u64, u64)> {
        self.heap.pop().map(|node| node.key())
    }

    fn is_dead(&self, seq: u64) -> bool {
        self.timers[seq as usize].is_none()
    }

    /// Each node is before none of those above it, or none before the first; and the nodes are as said.
    fn check(&self, expected: &BTreeSet<(u64, u64)>) {
        for (i, node) in self.heap.nodes.iter().enumerate().skip(1) {
            let parent = if self.heap.is_ordered { (i - 1) / super::CHILDREN } else { 0 };
            assert!(!node.is_before(&self.heap.nodes[parent]), "node {i} is before its parent {parent}");
        }
        let nodes: BTreeSet<_> = self.heap.nodes.iter().map(Node::key).collect();
        assert_eq!(self.heap.is_empty(), expected.is_empty());
        assert_eq!(&nodes, expected);
        assert_eq!(self.heap.len(), expected.len());
    }
}

#[derive(Clone, Debug)]
enum Op {
    Push(u64),
    Pop,
    Take,
    Cancel(usize),
    Purge,
    Trim,
    Shrink,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..20_u64).prop_map(Op::Push),
        2 => Just(Op::Pop),
        3 => (0..100_usize).prop_map(Op::Cancel),
        1 => Just(Op::Purge),
        1 => (0..20_u8).prop_map(|i| if i == 0 { Op::Take } else { Op::Purge }),
        1 => Just(Op::Trim),
        1 => Just(Op::Shrink),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The earliest first, and among equals the one that came first.
    #[test]
    fn as_a_sorted_set(ops in proptest::collection::vec(op(), 1..200)) {
        let mut ours = Numbered::default();
        let mut theirs = BTreeSet::new();
        for op in ops {
            match op {
                Op::Push(when) => {
                    theirs.insert((when, ours.timers.len() as u64));
                    ours.push(when);
                }
                Op::Pop => {
                    let first = theirs.pop_first();
                    prop_assert_eq!(ours.pop(), first);
                }
                Op::Take => {
                    let taken: BTreeSet<_> = ours.heap.take().iter().map(Node::key).collect();
                    prop_assert_eq!(&taken, &std::mem::take(&mut theirs));
                }
                Op::Cancel(i) => {
                    let len = ours.timers.len();
                    if len > 0 {
                        ours.timers[i % len] = None;
                    }
                }
                Op::Purge => {
                    theirs.retain(|&(_, seq)| !ours.is_dead(seq));
                    ours.heap.purge();
                }
                Op::Shrink => ours.heap.shrink(),
                Op::Trim => {
                    ours.heap.trim();
                    let last = ours.heap.nodes.last().map(|node| node.seq);
                    prop_assert!(last.is_none_or(|seq| !ours.is_dead(seq)), "a dead entry is left at the end");
                    let left: BTreeSet<_> = ours.heap.nodes.iter().map(Node::key).collect();
                    prop_assert!(theirs.difference(&left).all(|&(_, seq)| ours.is_dead(seq)), "a live one was trimmed");
                    theirs = left;
                }
            }
            ours.check(&theirs);
            let first = ours.heap.peek().map(Node::key);
            prop_assert_eq!(first, theirs.first().copied());
        }
        while let Some(first) = theirs.pop_first() {
            prop_assert_eq!(ours.pop(), Some(first));
        }
        prop_assert_eq!(ours.pop(), None);
    }
}

/// As many as a busy server has, in an order that a heap dislikes.
#[test]
fn a_million_nodes() {
    let count = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    let mut heap = Heap::default();
    let mut theirs = BinaryHeap::new();
    let mut random = 0x9E37_79B9_u64;
    for seq in 0..count {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let when = random >> 48;
        let timer = Timer::new(when, Waker::noop().clone());
        heap.push(Node { when, seq, entry: timer.entry() });
        theirs.push(Reverse((when, seq)));
    }
    while let Some(Reverse(first)) = theirs.pop() {
        assert_eq!(heap.pop().map(|node| node.key()), Some(first));
    }
    assert!(heap.pop().is_none());
}

#[test]
fn a_heap_that_was_large_gives_its_memory_back() {
    let mut ours = Numbered::default();
    for when in 0..10_000 {
        ours.push(when);
    }
    let large = ours.heap.nodes.capacity();
    ours.timers.iter_mut().skip(10).for_each(|timer| *timer = None);
    ours.heap.purge();
    ours.heap.shrink();
    ours.check(&(0..10).map(|i| (i, i)).collect());
    assert!(ours.heap.nodes.capacity() < large / 10, "{} of {large}", ours.heap.nodes.capacity());
}

#[test]
fn everything_is_taken() {
    let mut ours = Numbered::default();
    (0..10).for_each(|when| ours.push(when));
    assert_eq!((ours.heap.take().len(), ours.heap.len()), (10, 0));
    assert!(ours.heap.peek().is_none());
}
