//! Models of the ring with four slots: put ∥ get ∥ steal, overflow, `runnext`, indices that wrap.
//!
//! An item's number is a watched cell, so a model fails if an element comes out without what was written to it.
//!
//! Out of loom's reach: an owner whose store to a slot overtakes its load of `head` (loom runs threads in program order
//! and lets loads be old, never stores early), and the plain store to an empty `runnext`, which models replace by a swap.

use super::{Put, Runq};
use crate::glist::GQueue;
use crate::testing::{Item, take};
use gmp_base::loom::{AtomicUsize, Mutex, Ordering, thread};
use std::sync::Arc;

fn put(q: &Runq<Item>, value: usize, next: bool, seen: &Mutex<Vec<usize>>) {
    // SAFETY: one thread of the model puts; a fresh item, queued once.
    if let Put::Overflow(batch) = unsafe { q.put(Item::leak(value), next) } {
        seen.lock().extend(batch.map(take));
    }
}

fn get_all(q: &Runq<Item>, seen: &Mutex<Vec<usize>>) {
    // SAFETY: called by the owner.
    while let Some((item, _)) = unsafe { q.get() } {
        seen.lock().push(take(item));
    }
}

/// What a taker of `runnext` does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Leave,
    /// As a thief, who has seen it before.
    TakeSame,
    /// As who empties a record.
    Take,
}

fn thief(q: Arc<Runq<Item>>, seen: Arc<Mutex<Vec<usize>>>, next: Next, start: usize) {
    let mine = Runq::starting_at(start);
    // SAFETY: this thread owns `mine`, which is empty.
    if let Some(stolen) = unsafe { mine.steal_from(&q) } {
        seen.lock().push(take(stolen.item));
        get_all(&mine, &seen);
    } else {
        let taken = match next {
            Next::Leave => None,
            Next::TakeSame => q.seen_next().and_then(|item| q.take_same_next(item)),
            Next::Take => q.take_next(),
        };
        if let Some(item) = taken {
            seen.lock().push(take(item));
        }
    }
}

fn check(seen: &Mutex<Vec<usize>>, count: usize) {
    let mut seen = seen.lock().clone();
    seen.sort_unstable();
    assert_eq!(seen, (0..count).collect::<Vec<_>>());
}

fn model(start: usize, thieves: usize, items: usize, next_every: usize) {
    loom::model(move || {
        let q = Arc::new(Runq::starting_at(start));
        let seen = Arc::new(Mutex::new(vec![]));
        let threads: Vec<_> = (0..thieves)
            .map(|number| {
                let (q, seen) = (q.clone(), seen.clone());
                let next = match number {
                    _ if next_every == usize::MAX => Next::Leave,
                    0 => Next::TakeSame,
                    _ => Next::Take,
                };
                thread::spawn(move || thief(q, seen, next, start))
            })
            .collect();
        for i in 0..items {
            put(&q, i, i % next_every == 0, &seen);
            if i == 1 {
                // SAFETY: this thread is the owner.
                if let Some((item, _)) = unsafe { q.get() } {
                    seen.lock().push(take(item));
                }
            }
        }
        for t in threads {
            t.join().unwrap();
        }
        get_all(&q, &seen);
        check(&seen, items);
    });
}

#[test]
fn loom_put_get_steal() {
    model(0, 1, 4, usize::MAX);
}

#[test]
fn loom_put_get_steal_wrapping() {
    model(usize::MAX - 1, 1, 4, usize::MAX);
}

#[test]
fn loom_two_thieves() {
    model(usize::MAX, 2, 3, usize::MAX);
}

#[test]
fn loom_overflow_against_thief() {
    model(usize::MAX - 2, 1, 7, usize::MAX);
}

#[test]
fn loom_runnext_take() {
    model(0, 1, 3, 1);
}

#[test]
fn loom_runnext_two_takers() {
    model(0, 2, 2, 1);
}

/// A theft whose copy is of a slot that the owner reuses meanwhile must fail, not hand out the wrong element.
#[test]
fn loom_slot_reuse_against_copy() {
    loom::model(|| {
        let q = Arc::new(Runq::starting_at(usize::MAX - 1));
        let seen = Arc::new(Mutex::new(vec![]));
        put(&q, 0, false, &seen);
        let t = {
            let (q, seen) = (q.clone(), seen.clone());
            thread::spawn(move || thief(q, seen, Next::Leave, 0))
        };
        get_all(&q, &seen);
        for i in 1..5 {
            put(&q, i, false, &seen);
        }
        t.join().unwrap();
        get_all(&q, &seen);
        check(&seen, 5);
    });
}

/// What the owner puts as a batch is published like what it puts one by one.
#[test]
fn loom_put_batch_against_thief() {
    loom::model(|| {
        let q = Arc::new(Runq::starting_at(usize::MAX));
        let seen = Arc::new(Mutex::new(vec![]));
        let t = {
            let (q, seen) = (q.clone(), seen.clone());
            thread::spawn(move || thief(q, seen, Next::Leave, 0))
        };
        let mut batch = GQueue::new();
        for i in 0..3 {
            // SAFETY: a fresh item, queued once.
            unsafe { batch.push_back(Item::leak(i)) };
        }
        // SAFETY: this thread is the owner.
        unsafe { q.put_batch(&mut batch) };
        assert!(batch.is_empty());
        t.join().unwrap();
        get_all(&q, &seen);
        check(&seen, 3);
    });
}

/// A batch into a ring that is being emptied: what doesn't fit stays in the batch, nothing is written over.
#[test]
fn loom_put_batch_into_a_full_ring() {
    loom::model(|| {
        let q = Arc::new(Runq::starting_at(usize::MAX - 2));
        let seen = Arc::new(Mutex::new(vec![]));
        for i in 0..4 {
            put(&q, i, false, &seen);
        }
        let t = {
            let (q, seen) = (q.clone(), seen.clone());
            thread::spawn(move || thief(q, seen, Next::Leave, 0))
        };
        let mut batch = GQueue::new();
        for i in 4..7 {
            // SAFETY: a fresh item, queued once.
            unsafe { batch.push_back(Item::leak(i)) };
        }
        // SAFETY: this thread is the owner.
        unsafe { q.put_batch(&mut batch) };
        t.join().unwrap();
        get_all(&q, &seen);
        seen.lock().extend(batch.map(take));
        check(&seen, 7);
    });
}

/// What a thief has stolen is published to the thief's own thieves.
#[test]
fn loom_steal_from_a_thief() {
    loom::model(|| {
        let thiefs = Arc::new(Runq::starting_at(usize::MAX));
        let seen = Arc::new(Mutex::new(vec![]));
        // As in `loom_len_is_never_negative`: orders nothing, shows loom an order.
        let point = Arc::new(AtomicUsize::new(0));
        let t = {
            let (mine, seen, point) = (thiefs.clone(), seen.clone(), point.clone());
            thread::spawn(move || {
                let victim = Runq::new();
                for i in 0..3 {
                    put(&victim, i, false, &seen);
                }
                // SAFETY: this thread owns `mine`, which is empty.
                let stolen = unsafe { mine.steal_from(&victim) }.expect("nobody else steals from the victim");
                point.fetch_add(1, Ordering::Relaxed);
                let (first, rest) = (take(stolen.item), victim.take_oldest().map(take));
                (stolen.count, first, rest)
            })
        };
        point.fetch_add(1, Ordering::Relaxed);
        let second_hand = thiefs.take_oldest().map(take);
        assert!(second_hand.is_none_or(|value| value == 0));
        assert_eq!(t.join().unwrap(), (2, 1, Some(2)));
        let left = thiefs.take_oldest().map(take);
        assert_eq!(second_hand.xor(left), Some(0), "the stolen element is in one place");
    });
}

/// Who looks on sees no more elements than there ever were: `head` is never seen ahead of `tail`.
#[test]
fn loom_len_is_never_negative() {
    loom::model(|| {
        let q = Arc::new(Runq::starting_at(usize::MAX));
        // The owner's loads of `head` hide from loom that its exchange may come before ours; this exchange, which orders
        // nothing, shows it.
        let point = Arc::new(AtomicUsize::new(0));
        let t = {
            let (q, point) = (q.clone(), point.clone());
            thread::spawn(move || {
                let seen = Mutex::new(vec![]);
                put(&q, 0, false, &seen);
                get_all(&q, &seen);
                point.fetch_add(1, Ordering::Relaxed);
            })
        };
        point.fetch_add(1, Ordering::Relaxed);
        assert!(q.len() <= 1);
        t.join().unwrap();
        assert_eq!(q.len(), 0);
    });
}
