//! The queue against a sorted set, with times in all levels and a clock that goes on; and how it is laid out.

use super::{BUCKETS, DIGIT_BITS, Queue, SLICE_BITS};
use crate::heap::Node;
use crate::timer::{LATEST, Timer};
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::task::Waker;

type Key = (u64, u64);

fn key(node: &Node) -> Key {
    (node.when, node.seq)
}

/// A queue whose entries are numbered in the order of their coming; the sleepers' ends are kept beside it.
#[derive(Default)]
struct Numbered {
    queue: Queue,
    timers: Vec<Option<Timer>>,
}

impl Numbered {
    fn push(&mut self, when: u64) -> Key {
        let timer = Timer::new(when, Waker::noop().clone());
        let node = Node { when, seq: self.timers.len() as u64, entry: timer.entry() };
        let key = key(&node);
        self.timers.push(Some(timer));
        self.queue.push(node);
        key
    }

    fn is_dead(&self, seq: u64) -> bool {
        self.timers[seq as usize].is_none()
    }

    /// Every entry is where the module says; the bits and the length are right. Returns the entries.
    fn check(&self) -> BTreeSet<Key> {
        let queue = &self.queue;
        let mut found = vec![];
        for node in queue.near.nodes() {
            assert!(node.when >> SLICE_BITS <= queue.base, "{node:?} is far");
            found.push(key(node));
        }
        for (level, buckets) in queue.levels.iter().enumerate() {
            let Some(buckets) = buckets else {
                assert_eq!(queue.occupied[level], 0, "level {level} isn't there");
                continue;
            };
            for (i, bucket) in buckets.iter().enumerate() {
                assert_eq!(queue.occupied[level] >> i & 1 == 0, bucket.is_empty(), "bucket {i} of level {level}");
                for node in bucket.nodes() {
                    let slice = node.when >> SLICE_BITS;
                    let digit = |slice: u64| slice >> (level as u32 * DIGIT_BITS);
                    assert_eq!(digit(slice) as usize % BUCKETS, i, "{node:?} is in bucket {i} of level {level}");
                    assert!(digit(slice) > digit(queue.base), "{node:?} is nearer than level {level}");
                    assert_eq!(
                        digit(slice) >> DIGIT_BITS,
                        digit(queue.base) >> DIGIT_BITS,
                        "{node:?} in level {level}"
                    );
                    found.push(key(node));
                }
            }
        }
        assert_eq!(found.len(), queue.len());
        let set: BTreeSet<_> = found.iter().copied().collect();
        assert_eq!(set.len(), found.len(), "an entry is there twice");
        set
    }
}

#[derive(Clone, Debug)]
enum Op {
    /// So long after the clock's time.
    Push(u64),
    /// At a time that was.
    PushLate(u64),
    /// The clock goes on, and what is due is taken out.
    Due(u64),
    Pop,
    DelayFirst(u64),
    Cancel(usize),
    Purge,
    Take,
}

/// Mostly near to where slices and buckets begin and end.
fn delay() -> impl Strategy<Value = u64> {
    let bits = 0..62_u32;
    prop_oneof![
        3 => 0..100_u64,
        3 => (bits.clone(), 0..64_u64).prop_map(|(bits, by)| ((1 << bits) + by).saturating_sub(32)),
        2 => (0..4_u64, 0..3_u64).prop_map(|(slices, by)| (slices << SLICE_BITS) + by),
        3 => bits.prop_flat_map(|bits| 0..=1_u64 << bits),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        9 => delay().prop_map(Op::Push),
        1 => delay().prop_map(Op::PushLate),
        4 => delay().prop_map(Op::Due),
        2 => Just(Op::Pop),
        2 => delay().prop_map(Op::DelayFirst),
        4 => (0..100_usize).prop_map(Op::Cancel),
        1 => Just(Op::Purge),
        1 => (0..20_u8).prop_map(|i| if i == 0 { Op::Take } else { Op::Purge }),
    ]
}

/// What isn't there any more must have been dead.
fn only_dead_ones_are_missing(ours: &Numbered, theirs: &mut BTreeSet<Key>) {
    let left = ours.check();
    assert!(left.is_subset(theirs));
    assert!(theirs.difference(&left).all(|&(_, seq)| ours.is_dead(seq)), "a live one was dropped");
    *theirs = left;
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The earliest first, and among equals the one that came first, whatever the levels.
    #[test]
    fn as_a_sorted_set(ops in proptest::collection::vec(op(), 1..150)) {
        let mut ours = Numbered::default();
        let mut theirs = BTreeSet::new();
        let mut now = 0_u64;
        for op in ops {
            match op {
                Op::Push(delay) => drop(theirs.insert(ours.push((now + delay).min(LATEST)))),
                Op::PushLate(by) => drop(theirs.insert(ours.push(now.saturating_sub(by)))),
                Op::Due(by) => {
                    now = (now + by).min(LATEST);
                    while let Some(first) = ours.queue.due(now).map(key) {
                        only_dead_ones_are_missing(&ours, &mut theirs);
                        prop_assert_eq!(Some(first), theirs.pop_first());
                        prop_assert_eq!(Some(first), ours.queue.pop().as_ref().map(key));
                    }
                    prop_assert!(ours.queue.base <= now >> SLICE_BITS, "the base has run ahead");
                    only_dead_ones_are_missing(&ours, &mut theirs);
                    prop_assert!(theirs.first().is_none_or(|&(when, _)| when > now), "something due is left");
                }
                Op::Pop => prop_assert_eq!(ours.queue.pop().as_ref().map(key), theirs.pop_first()),
                Op::DelayFirst(by) => {
                    if let Some((when, seq)) = theirs.pop_first() {
                        let when = (when + by).min(LATEST);
                        theirs.insert((when, seq));
                        ours.queue.delay_first(when);
                    }
                }
                Op::Cancel(i) => {
                    let len = ours.timers.len();
                    if len > 0 {
                        ours.timers[i % len] = None;
                    }
                }
                Op::Purge => {
                    ours.queue.purge();
                    theirs.retain(|&(_, seq)| !ours.is_dead(seq));
                    prop_assert_eq!(&ours.check(), &theirs);
                }
                Op::Take => {
                    let taken: BTreeSet<_> = ours.queue.take().iter().map(key).collect();
                    prop_assert_eq!(taken, std::mem::take(&mut theirs));
                }
            }
            // An addition trims.
            only_dead_ones_are_missing(&ours, &mut theirs);
            prop_assert_eq!(ours.queue.peek().map(key), theirs.first().copied());
        }
        while let Some(first) = theirs.pop_first() {
            prop_assert_eq!(ours.queue.pop().as_ref().map(key), Some(first));
        }
        prop_assert!(ours.queue.pop().is_none());
        prop_assert_eq!(ours.queue.len(), 0);
    }
}

/// As many as a busy server has, from microseconds to hours, while the clock goes on and as many are added as are due.
#[test]
fn a_million_entries() {
    let count = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    let mut random = 0x9E37_79B9_u64;
    let mut next = |bits: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        random >> (64 - bits)
    };
    let (mut queue, mut theirs) = (Queue::default(), BinaryHeap::new());
    let mut seq = 0;
    let mut push = |queue: &mut Queue, theirs: &mut BinaryHeap<_>, when| {
        let timer = Timer::new(when, Waker::noop().clone());
        queue.push(Node { when, seq, entry: timer.entry() });
        theirs.push(Reverse((when, seq)));
        seq += 1;
        timer
    };
    let mut kept = vec![];
    for _ in 0..count {
        let bits = 16 + next(5);
        kept.push(push(&mut queue, &mut theirs, next(bits)));
    }
    let mut now = 0;
    while now < 1 << 44 && kept.len() < 2 * count {
        now += next(20);
        while let Some(first) = queue.due(now).map(key) {
            assert_eq!(theirs.pop(), Some(Reverse(first)));
            drop(queue.pop());
            let bits = 10 + next(5);
            kept.push(push(&mut queue, &mut theirs, now + next(bits)));
        }
        assert!(theirs.peek().is_none_or(|Reverse((when, _))| *when > now));
    }
    assert_eq!(queue.len(), theirs.len());
    while let Some(Reverse(first)) = theirs.pop() {
        assert_eq!(queue.due(LATEST).map(key), Some(first));
        drop(queue.pop());
    }
    assert!(queue.due(LATEST).is_none());
}

/// To be near is dear: what is far stays so while another far entry comes and goes, and whoever asks for the first.
#[test]
fn asking_for_the_first_does_not_move_the_base() {
    let mut ours = Numbered::default();
    ours.push(30_000_000_000);
    ours.push(40_000_000_000);
    assert!(ours.queue.due(1_000_000).is_none());
    assert_eq!(ours.queue.peek().map(key), Some((30_000_000_000, 0)));
    assert_eq!(ours.queue.pop().as_ref().map(key), Some((30_000_000_000, 0)));
    ours.queue.delay_first(50_000_000_000);
    assert_eq!((ours.queue.base, ours.queue.near.len()), (0, 0));
    for when in 1..1_000 {
        ours.push(when * 1_000_000);
    }
    assert_eq!((ours.queue.near.len(), ours.queue.len()), (0, 1_000));
    assert_eq!(ours.check().len(), 1_000);
}

/// A bucket whose first entries die one by one, as those of timeouts do, is made a heap once, and not searched each time.
#[test]
fn a_far_bucket_gives_its_entries_in_order() {
    let mut ours = Numbered::default();
    let base = 1 << 50;
    for i in 0..1_000 {
        ours.push(base + i * 7_919 % 1_000);
    }
    let mut last = (0, 0);
    for _ in 0..500 {
        let first = ours.queue.pop().as_ref().map(key).unwrap();
        assert!(first > last);
        last = first;
    }
    assert_eq!(ours.queue.base, 0);
    ours.push(base);
    assert_eq!(ours.queue.peek().map(key), Some((base, 1_000)));
    assert_eq!(ours.check().len(), 501);
}

#[test]
fn memory_is_given_back() {
    let mut ours = Numbered::default();
    for when in 0..100_000 {
        ours.push(when * 10_000);
    }
    let memory = |queue: &Queue| {
        let far: usize = queue.levels.iter().flatten().flat_map(|level| level.iter()).map(|b| b.capacity()).sum();
        queue.near.capacity() + far
    };
    assert!(memory(&ours.queue) >= 100_000);
    while ours.queue.due(1_000_000_000).is_some() {
        ours.queue.pop();
    }
    ours.push(2_000_000_000);
    let left = memory(&ours.queue);
    assert!(left <= 70 * 64, "memory for {left} nodes");

    for when in 0..100_000 {
        ours.push(when * 1_000_000_000);
    }
    ours.timers.clear();
    ours.queue.purge();
    assert_eq!((ours.queue.len(), ours.queue.peek().is_none()), (0, true));
    assert!(memory(&ours.queue) <= left);
}
