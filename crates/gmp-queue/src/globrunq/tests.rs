//! First in, first out; closing refuses newcomers and no one else.

use super::GlobRunq;
use crate::testing::{Item, take};
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
    assert_eq!(rest.len(), 5);
    q.put_batch(&mut rest);
    assert_eq!((q.len(), rest.len()), (5, 0));
    assert_eq!(
        std::iter::from_fn(|| q.get()).map(take).collect::<Vec<_>>(),
        [5, 6, 7, 8, 9]
    );
    assert!(q.is_empty() && q.get().is_none());
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
        assert_eq!(
            q.len(),
            0,
            "something came in after the drain that followed the close"
        );
        drained += refused;
        assert_eq!(drained, 150);
    }
}
