//! What is kept, what is started in its place, and what isn't.

use super::Kept;
use gmp_time::{Dormant, Fired, Timers};
use std::task::Waker;

fn waker() -> Waker {
    Waker::noop().clone()
}

fn dormant(timers: &Timers, when: u64) -> Dormant {
    timers.start(when, waker()).0.stop().expect("it waits").1
}

/// The times of what is kept, and whether a timer for this time was started.
fn put(kept: &Kept, dormant: Dormant) {
    // SAFETY: there is one thread.
    unsafe { kept.put(dormant) }
}

fn start(kept: &Kept, when: u64) -> Option<gmp_time::Timer> {
    // SAFETY: there is one thread.
    unsafe { kept.start(when, waker()) }.ok()
}

#[test]
fn nothing_is_started_where_nothing_is_kept() {
    assert!(start(&Kept::default(), 10).is_none());
}

#[test]
fn one_for_one() {
    let (timers, kept) = (Timers::new(), Kept::default());
    put(&kept, dormant(&timers, 10));
    let timer = start(&kept, 12).expect("it is kept");
    assert!(start(&kept, 13).is_none(), "it was given twice");
    assert_eq!((timers.len(), timers.earliest_alive()), (1, 12));
    assert!(timers.run(12, Waker::wake));
    assert_eq!(timer.ended(), Some(Fired::Elapsed));
}

#[test]
fn the_earlier_one_is_kept() {
    for times in [[10, 20], [20, 10]] {
        let (timers, kept) = (Timers::new(), Kept::default());
        // The second addition doesn't trim what is kept: it lies between two that are alive.
        let _alive = [timers.start(1, waker()).0, timers.start(2, waker()).0];
        let both = times.map(|when| timers.start(when, waker()).0);
        for timer in both {
            put(&kept, timer.stop().expect("it waits").1);
        }
        assert!(start(&kept, 9).is_none());
        assert!(start(&kept, 11).is_some(), "the later one was kept, of {times:?}");
    }
}

/// Too early a time is nothing that the one that is kept could help.
#[test]
fn a_time_that_is_too_early_leaves_it() {
    let (timers, kept) = (Timers::new(), Kept::default());
    put(&kept, dormant(&timers, 10));
    assert!(start(&kept, 9).is_none());
    assert!(start(&kept, 10).is_some());
}

#[test]
fn what_the_queue_has_let_go_of_is_not_kept_on() {
    let (timers, kept) = (Timers::new(), Kept::default());
    put(&kept, dormant(&timers, 10));
    assert!(!timers.run(10, Waker::wake));
    assert!(start(&kept, 20).is_none());
    put(&kept, dormant(&timers, 30));
    assert!(start(&kept, 30).is_some(), "the dead one was in the way");
}
