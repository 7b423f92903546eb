//! Models of the ring with four slots: put ∥ get ∥ steal, overflow, `runnext`, indices that wrap.

use super::{Put, Runq};
use crate::testing::{Item, take};
use gmp_base::loom::{Mutex, thread};
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

fn thief(q: Arc<Runq<Item>>, seen: Arc<Mutex<Vec<usize>>>, next_too: bool, start: usize) {
    let mine = Runq::starting_at(start);
    // SAFETY: this thread owns `mine`, which is empty.
    if let Some(stolen) = unsafe { mine.steal_from(&q) } {
        seen.lock().push(take(stolen.item));
        get_all(&mine, &seen);
    } else if next_too {
        if let Some(item) = q.take_next() {
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
            .map(|_| {
                let (q, seen) = (q.clone(), seen.clone());
                thread::spawn(move || thief(q, seen, next_every != usize::MAX, start))
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
            thread::spawn(move || thief(q, seen, false, 0))
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
