//! Locks exclude, and the order of ranks is kept.

use super::Lock;
use crate::lockrank::LockRank;
use std::sync::Arc;

#[test]
fn excludes() {
    let lock = Arc::new(Lock::new(LockRank::Leaf, 0_u64));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let lock = lock.clone();
            std::thread::spawn(move || {
                for _ in 0..10_000 {
                    *lock.lock() += 1;
                }
            })
        })
        .collect();
    for t in threads {
        t.join().unwrap();
    }
    assert_eq!(*lock.lock(), 40_000);
}

#[test]
fn rising_ranks_may_nest() {
    let low = Lock::new(LockRank::AllGs, ());
    let high = Lock::new(LockRank::Leaf, ());
    let a = low.lock();
    let b = high.lock();
    // Released in either order.
    drop(a);
    drop(b);
    let _again = low.lock();
}
