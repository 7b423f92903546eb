//! The arithmetic: what a window of 100 ms says.

use super::*;
use std::ptr::NonNull;

/// An M that nobody looks at.
fn m(number: usize) -> MPtr {
    MPtr(NonNull::new(std::ptr::without_provenance_mut(number << 12)).unwrap())
}

/// `room` for two Ms that have waited for so many milliseconds, in a window in which the process used, and the CPUs idled, so many.
fn after(waited: [u64; 2], used: u64, idle: u64, procs: usize, limited: bool) -> usize {
    let ms = |n: u64| n * 1_000_000;
    let before = Reading { at: ms(7), idle: ms(50), used: ms(30), delays: vec![(m(1), ms(11)), (m(2), ms(12))] };
    let delays = vec![(m(2), ms(12 + waited[1])), (m(1), ms(11 + waited[0])), (m(3), ms(99))];
    room(&before, &Reading { at: ms(107), idle: ms(50 + idle), used: ms(30 + used), delays }, procs, limited)
}

#[test]
fn no_limit_where_ms_do_not_wait_for_cpus() {
    assert_eq!(after([0, 0], 200, 0, 2, false), usize::MAX, "they have all there is");
    assert_eq!(after([9, 10], 100, 5, 2, false), usize::MAX, "now and then somebody is in the way");
}

#[test]
fn where_others_compete_there_is_room_for_what_one_gets() {
    assert_eq!(after([30, 30], 110, 0, 2, false), 1);
    assert_eq!(after([0, 20], 140, 0, 2, false), 1);
    assert_eq!(after([30, 30], 10, 0, 2, false), 1, "never for none");
    assert_eq!(after([80, 90], 310, 20, 8, false), 3);
}

#[test]
fn what_the_process_does_itself_limits_it_not() {
    assert_eq!(after([90, 90], 200, 0, 2, false), usize::MAX, "the waits are for its own threads");
    assert_eq!(after([90, 90], 160, 0, 2, false), usize::MAX);
}

#[test]
fn the_limit_stays_until_there_is_an_idle_cpu() {
    assert_eq!(after([0, 0], 86, 20, 2, true), 1, "the other CPU is the client's");
    assert_eq!(after([0, 0], 60, 10, 2, true), 1);
    assert_eq!(after([0, 0], 86, 90, 2, true), usize::MAX, "the client is gone");
    assert_eq!(after([0, 0], 100, 150, 8, true), 3, "more and more");
}
