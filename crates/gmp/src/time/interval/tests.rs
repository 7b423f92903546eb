//! The policies, in figures.

use super::next_tick;
use crate::time::{Duration, FOR_EVER, Instant, MissedTickBehavior};
use MissedTickBehavior::{Burst, Delay, Skip};

/// When the next tick comes, in microseconds from the one that is taken so late.
fn next(late: u64, period: u64, behavior: MissedTickBehavior) -> u128 {
    let due = Instant::now();
    let next = next_tick(due, due + Duration::from_micros(late), Duration::from_micros(period), behavior);
    (next - due).as_micros()
}

#[test]
fn a_tick_on_time() {
    for behavior in [Burst, Delay, Skip] {
        assert_eq!(next(0, 50_000, behavior), 50_000);
        // Five milliseconds are no delay.
        assert_eq!(next(5_000, 50_000, behavior), 50_000);
        assert_eq!(next(5_000, 2_000, behavior), 2_000);
    }
}

#[test]
fn a_tick_that_is_late() {
    assert_eq!(next(5_001, 50_000, Burst), 50_000);
    assert_eq!(next(5_001, 50_000, Delay), 55_001);
    assert_eq!(next(5_001, 50_000, Skip), 50_000);
}

#[test]
fn ticks_that_were_missed() {
    assert_eq!(next(120_000, 50_000, Burst), 50_000);
    assert_eq!(next(120_000, 50_000, Delay), 170_000);
    assert_eq!(next(120_000, 50_000, Skip), 150_000);
    // On a multiple: that tick is the one that is taken, the next one comes after it.
    assert_eq!(next(100_000, 50_000, Burst), 50_000);
    assert_eq!(next(100_000, 50_000, Delay), 150_000);
    assert_eq!(next(100_000, 50_000, Skip), 150_000);
}

#[test]
fn the_longest_and_the_shortest_period() {
    let due = Instant::now();
    let day = Duration::from_secs(86_400);
    for behavior in [Burst, Delay, Skip] {
        assert!(next_tick(due, due + day, FOR_EVER, behavior) >= due + FOR_EVER);
    }
    let nanosecond = Duration::from_nanos(1);
    assert_eq!(next_tick(due, due + day, nanosecond, Burst), due + nanosecond);
    assert_eq!(next_tick(due, due + day, nanosecond, Delay), due + day + nanosecond);
    assert_eq!(next_tick(due, due + day, nanosecond, Skip), due + day + nanosecond);
    // An instant of long ago: the remainder is what counts.
    assert_eq!(next_tick(due, due + FOR_EVER, day, Skip), due + FOR_EVER + day);
}
