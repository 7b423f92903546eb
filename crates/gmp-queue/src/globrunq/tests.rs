//! First in, first out; closing refuses newcomers and no one else.

use super::GlobRunq;
use crate::glist::GQueue;
use crate::testing::{Item, take};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;

#[test]
fn is_fifo_and_counts() {
    let q = GlobRunq::new();
    for i in 0..10 {
        // SAFETY: a fresh item, queued once.
        unsafe { q.put(Item::leak(i)) };
    }
    assert_eq!(q.len(), 10);
    assert_eq!(q.get().map(take), Some(0));
    assert_eq!(q.get_batch(4).map(take).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let mut rest = q.get_batch(100);
    assert_eq!((rest.len(), q.len()), (5, 0));
    // SAFETY: a fresh item, queued once.
    unsafe { q.put(Item::leak(4)) };
    q.put_batch(&mut rest);
    assert_eq!((q.len(), rest.len()), (6, 0));
    assert_eq!(std::iter::from_fn(|| q.get()).map(take).collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9]);
    assert!(q.is_empty() && q.get().is_none());
}

proptest! {
    #[test]
    fn behaves_as_a_deque(ops in prop::collection::vec((0..4_u8, 1..200_usize), 0..60)) {
        let q = GlobRunq::new();
        let mut model = VecDeque::new();
        let mut number = 0;
        for (op, n) in ops {
            match op {
                0 => for _ in 0..n {
                    // SAFETY: a fresh item, queued once.
                    unsafe { q.put(Item::leak(number)) };
                    model.push_back(number);
                    number += 1;
                },
                1 => {
                    let mut batch = GQueue::new();
                    for _ in 0..n {
                        // SAFETY: a fresh item, queued once.
                        unsafe { batch.push_back(Item::leak(number)) };
                        model.push_back(number);
                        number += 1;
                    }
                    q.put_batch(&mut batch);
                }
                2 => prop_assert_eq!(q.get().map(take), model.pop_front()),
                _ => {
                    let batch: Vec<_> = q.get_batch(n).map(take).collect();
                    prop_assert!(batch.len() <= n && (model.is_empty() || !batch.is_empty()));
                    prop_assert_eq!(&batch, &model.drain(..batch.len()).collect::<Vec<_>>());
                }
            }
            prop_assert_eq!(q.len(), model.len());
        }
        while let Some(item) = q.get() {
            take(item);
        }
    }
}

#[test]
fn closed_refuses_newcomers_only() {
    let q = GlobRunq::new();
    q.close();
    // SAFETY: a fresh item.
    let refused = unsafe { q.put_new(Item::leak(1)) }.unwrap_err();
    assert_eq!(take(refused), 1);
    // SAFETY: a fresh item, queued once.
    unsafe { q.put(Item::leak(2)) };
    assert_eq!(q.get().map(take), Some(2));
}

#[test]
fn every_push_is_drained_or_refused() {
    for _ in 0..200 {
        let q = Arc::new(GlobRunq::new());
        let pushers: Vec<_> = (0..3)
            .map(|_| {
                let q = q.clone();
                std::thread::spawn(move || {
                    let mut refused = 0;
                    for i in 0..50 {
                        // SAFETY: a fresh item, queued once.
                        if let Err(item) = unsafe { q.put_new(Item::leak(i)) } {
                            take(item);
                            refused += 1;
                        }
                    }
                    refused
                })
            })
            .collect();
        q.close();
        let mut drained = std::iter::from_fn(|| q.get()).map(take).count();
        let refused: usize = pushers.into_iter().map(|t| t.join().unwrap()).sum();
        assert_eq!(q.len(), 0, "something came in after the drain that followed the close");
        drained += refused;
        assert_eq!(drained, 150);
    }
}
