//! Entries that are used again.

use super::{KEEP, SPARE, Shared};
use crate::Timer;
use crate::testing::Flag;
use std::task::Waker;
use std::thread;

fn spare() -> usize {
    SPARE.with(|spare| spare.borrow().len())
}

fn timers(count: usize) -> Vec<(Timer, Shared)> {
    (0..count).map(|_| Timer::new_pair(10, Waker::noop().clone())).collect()
}

/// On a thread of its own: the spare entries are the thread's.
fn alone(f: impl FnOnce() + Send + 'static) {
    thread::spawn(f).join().unwrap();
}

#[test]
fn an_entry_is_kept_when_both_sides_are_gone_and_used_again() {
    alone(|| {
        let (timer, entry) = Timer::new_pair(10, Waker::noop().clone());
        let address = entry.as_ptr();
        drop(entry);
        assert_eq!(spare(), 0, "the sleeper has it");
        drop(timer);
        assert_eq!(spare(), KEEP.min(1));

        let flag = Flag::new();
        let (timer, entry) = Timer::new_pair(20, flag.waker());
        assert_eq!(spare(), 0);
        assert!(KEEP == 0 || entry.as_ptr() == address);
        assert_eq!(entry.time_or_bury(), Some(20), "nothing of the old one is left");
        assert_eq!(timer.ended(), None);
        drop(timer);
        assert!(flag.is_alone());
        drop(entry);
        assert_eq!(spare(), KEEP.min(1), "whichever side is the last");
    });
}

#[test]
fn no_more_are_kept_than_the_bound() {
    alone(|| {
        drop(timers(2 * KEEP.max(1)));
        assert_eq!(spare(), KEEP);
        let some = timers(KEEP + 1);
        assert_eq!(spare(), 0);
        drop(some);
        assert_eq!(spare(), KEEP);
    });
}

#[test]
fn the_two_sides_may_be_dropped_by_different_threads() {
    alone(|| {
        let (sleepers, entries): (Vec<_>, Vec<_>) = timers(1000).into_iter().unzip();
        let other = thread::spawn(move || drop(entries));
        drop(sleepers);
        other.join().unwrap();
        assert!(spare() <= KEEP);
    });
}
