//! Go's own tests of the local queue, under their Go names, a property test, and thefts under way.
//!
//! Go: runtime/proc_test.go (TestSchedLocalQueue, TestSchedLocalQueueSteal, TestSchedLocalQueueEmpty)

use super::{CAPACITY, Put, Runq};
use crate::testing::{Item, take};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

/// Puts as the only owner; returns the numbers that overflowed.
fn put(q: &Runq<Item>, value: usize, next: bool) -> Vec<usize> {
    // SAFETY: each test has one thread that puts; a fresh item, queued once.
    match unsafe { q.put(Item::leak(value), next) } {
        Put::Next | Put::Ring => vec![],
        Put::Overflow(batch) => batch.map(take).collect(),
    }
}

fn get(q: &Runq<Item>) -> Option<usize> {
    // SAFETY: as in `put`.
    unsafe { q.get() }.map(|(item, _)| take(item))
}

#[test]
fn sched_local_queue() {
    for start in [0, usize::MAX - 2, usize::MAX - CAPACITY / 2] {
        let q = Runq::starting_at(start);
        for n in 0..CAPACITY {
            assert_eq!(get(&q), None);
            for i in 0..n {
                assert!(put(&q, i, false).is_empty());
            }
            for i in 0..n {
                assert_eq!(get(&q), Some(i));
            }
        }
        assert_eq!(get(&q), None);
    }
}

#[test]
fn sched_local_queue_steal() {
    for start in [0, usize::MAX - 3] {
        for n in 0..CAPACITY {
            let (victim, thief) = (Runq::starting_at(start), Runq::starting_at(start));
            for i in 0..n {
                assert!(put(&victim, i, false).is_empty());
            }
            // SAFETY: one thread owns both; the thief is empty.
            let stolen = unsafe { thief.steal_from(&victim) };
            let mut theirs: Vec<_> = std::iter::from_fn(|| get(&thief)).collect();
            if let Some(s) = stolen {
                assert_eq!(s.count, n - n / 2);
                theirs.push(take(s.item));
            }
            assert_eq!(theirs.len(), n - n / 2, "half, rounded up");
            let ours: Vec<_> = std::iter::from_fn(|| get(&victim)).collect();
            theirs.extend(ours);
            assert_eq!(theirs, (0..n).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_full_ring_gives_half_away() {
    let q = Runq::starting_at(usize::MAX - 100);
    for i in 0..CAPACITY {
        assert!(put(&q, i, false).is_empty());
    }
    let mut expected: Vec<_> = (0..CAPACITY / 2).collect();
    expected.push(999);
    assert_eq!(put(&q, 999, false), expected);
    assert_eq!(q.len(), CAPACITY / 2);
    let rest: Vec<_> = std::iter::from_fn(|| get(&q)).collect();
    assert_eq!(rest, (CAPACITY / 2..CAPACITY).collect::<Vec<_>>());
}

#[test]
fn next_runs_first_and_kicks_out() {
    let q = Runq::new();
    assert!(put(&q, 1, true).is_empty());
    assert!(put(&q, 2, true).is_empty());
    assert!(put(&q, 3, false).is_empty());
    assert_eq!(q.len(), 2);
    // SAFETY: this thread owns the queue.
    let (item, inherit) = unsafe { q.get() }.unwrap();
    assert!(inherit);
    assert_eq!(take(item), 2);
    assert_eq!((get(&q), get(&q), get(&q)), (Some(1), Some(3), None));
}

#[test]
fn a_batch_fills_what_fits() {
    let q = Runq::new();
    for i in 0..CAPACITY - 3 {
        assert!(put(&q, i, false).is_empty());
    }
    let mut batch = crate::GQueue::new();
    for i in 0..5 {
        // SAFETY: a fresh item, queued once.
        unsafe { batch.push_back(Item::leak(1000 + i)) };
    }
    // SAFETY: this thread owns the queue.
    unsafe { q.put_batch(&mut batch) };
    assert_eq!((q.len(), batch.len()), (CAPACITY, 2));
    assert_eq!(batch.map(take).collect::<Vec<_>>(), [1003, 1004]);
    assert_eq!(std::iter::from_fn(|| get(&q)).last(), Some(1002));
}

proptest! {
    #[test]
    fn behaves_as_a_deque_with_a_next(
        start in prop::sample::select(vec![0, usize::MAX - 10, usize::MAX - 255]),
        ops in prop::collection::vec((0..4_u8, 0..300_usize), 0..200),
    ) {
        let q = Runq::starting_at(start);
        let (mut ring, mut next) = (VecDeque::new(), None);
        let mut number = 0;
        for (op, n) in ops {
            for _ in 0..n {
                match op {
                    0 | 1 => {
                        number += 1;
                        let kicked = if op == 1 { next.replace(number) } else { Some(number) };
                        let mut expected = vec![];
                        if let Some(k) = kicked {
                            if ring.len() == CAPACITY {
                                expected.extend(ring.drain(..CAPACITY / 2));
                                expected.push(k);
                            } else {
                                ring.push_back(k);
                            }
                        }
                        prop_assert_eq!(put(&q, number, op == 1), expected);
                    }
                    2 => prop_assert_eq!(get(&q), next.take().or_else(|| ring.pop_front())),
                    _ => prop_assert_eq!(q.take_oldest().map(take), ring.pop_front()),
                }
                prop_assert_eq!((q.len(), q.has_next()), (ring.len(), next.is_some()));
            }
        }
        while get(&q).is_some() {}
    }
}

/// One owner puts and gets, three thieves steal until it is done: each number comes out exactly once.
#[test]
fn stress_thieves() {
    const ITEMS: usize = 200_000;
    for start in [0, usize::MAX - 1000] {
        let seen: Vec<AtomicU8> = (0..ITEMS).map(|_| AtomicU8::new(0)).collect();
        let count = AtomicUsize::new(0);
        let see = |v: usize| {
            assert_eq!(seen[v].fetch_add(1, Ordering::Relaxed), 0, "{v} came out twice");
            count.fetch_add(1, Ordering::Relaxed);
        };
        let q = Runq::starting_at(start);
        let done = AtomicBool::new(false);
        std::thread::scope(|s| {
            for t in 0..3 {
                let (q, done, see) = (&q, &done, &see);
                s.spawn(move || {
                    let mine = Runq::starting_at(start);
                    while !done.load(Ordering::Acquire) || !q.is_empty() {
                        // SAFETY: this thread owns `mine`, which it empties below.
                        if let Some(stolen) = unsafe { mine.steal_from(q) } {
                            see(take(stolen.item));
                            while let Some(v) = get(&mine) {
                                see(v);
                            }
                        } else if t == 0 {
                            if let Some(item) = q.take_next() {
                                see(take(item));
                            }
                        } else {
                            std::thread::yield_now();
                        }
                    }
                });
            }
            for i in 0..ITEMS {
                put(&q, i, i % 5 == 0).into_iter().for_each(&see);
                if i % 3 == 0 {
                    if let Some(v) = get(&q) {
                        see(v);
                    }
                }
            }
            while let Some(v) = get(&q) {
                see(v);
            }
            done.store(true, Ordering::Release);
        });
        while let Some(v) = get(&q) {
            see(v);
        }
        assert_eq!(count.load(Ordering::Relaxed), ITEMS);
    }
}
