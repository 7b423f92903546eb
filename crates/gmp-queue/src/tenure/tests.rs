//! The four arrows, and a race between the two ends of a tenure.

use super::Tenure;
use crate::runq::{Put, Runq};
use crate::testing::{Item, take};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[test]
fn the_arrows() {
    let t = Tenure::new();
    assert!(!t.retire(), "an idle record can't be retired");
    assert!(t.acquire() && t.is_live());
    assert!(!t.acquire(), "a live record has a holder");
    assert!(t.release());
    assert!(t.acquire() && t.retire() && t.is_retired());
    assert!(!t.release(), "a retired record isn't released");
    assert!(!t.acquire(), "a retired record still has a holder");
    t.give_back();
    assert!(t.acquire());
}

/// The model of `loom_tests.rs` at full size: an M that pushes through many tenures, a sysmon that retires at random.
#[test]
fn stress_push_retire_return() {
    const TENURES: usize = 3_000;
    const PUSHES: usize = 40;
    let (tenure, runq) = (Tenure::new(), Runq::<Item>::new());
    let (global, retired) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let stop = AtomicBool::new(false);
    let count = |n: usize| {
        global.fetch_add(n, Ordering::Relaxed);
    };
    let drain = || {
        let ring = std::iter::from_fn(|| runq.take_oldest()).map(take).count();
        let next = runq.take_next().map(take).is_some();
        count(ring + usize::from(next));
    };
    std::thread::scope(|s| {
        s.spawn(|| {
            while !stop.load(Ordering::Acquire) {
                if tenure.retire() {
                    retired.fetch_add(1, Ordering::Relaxed);
                    drain();
                }
                std::thread::yield_now();
            }
        });
        for _ in 0..TENURES {
            assert!(tenure.acquire());
            for i in 0..PUSHES {
                if tenure.is_retired() {
                    count(1);
                    continue;
                }
                // SAFETY: this thread is the only producer; a fresh item, queued once.
                match unsafe { runq.put(Item::leak(i), i % 3 == 0) } {
                    Put::Next | Put::Ring => {}
                    Put::Overflow(batch) => count(batch.map(take).count()),
                }
            }
            if !tenure.release() {
                drain();
                assert!(runq.is_empty() && !runq.has_next());
                tenure.give_back();
            }
        }
        stop.store(true, Ordering::Release);
    });
    drain();
    assert_eq!(global.load(Ordering::Relaxed), TENURES * PUSHES);
}
