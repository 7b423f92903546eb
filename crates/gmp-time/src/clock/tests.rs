//! The clock, real and in the hand of a test.

use super::{Clock, WrongState};
use crate::LATEST;
use std::thread;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

fn paused() -> Clock {
    let clock = Clock::new();
    clock.pause().unwrap();
    clock
}

#[test]
fn goes_with_the_machines() {
    let before = Instant::now();
    let clock = Clock::new();
    let (a, between) = (clock.now(), Instant::now());
    thread::sleep(Duration::from_millis(2));
    let b = clock.now();
    assert!(b >= a + 2_000_000);
    assert!(!clock.is_virtual() && !clock.is_paused());
    assert!(clock.instant() >= between);
    assert_eq!(clock.when(before - SECOND), Some(0), "before its beginning is its beginning");
    let when = clock.when(between).unwrap();
    assert!(a <= when && when <= b, "an instant between two looks is between them on the clock");
}

#[test]
fn instants_too_far_away_are_none() {
    let clock = Clock::new();
    let century = Duration::from_nanos(LATEST);
    if let Some(instant) = Instant::now().checked_add(century + SECOND) {
        assert_eq!(clock.when(instant), None);
    }
    if let Some(instant) = clock.origin.checked_add(century) {
        assert_eq!(clock.when(instant), Some(LATEST));
        assert_eq!(clock.when(instant + Duration::from_nanos(1)), None);
    }
}

#[test]
fn paused_it_stands_and_moves_by_hand() {
    let clock = paused();
    assert!(clock.is_virtual() && clock.is_paused());
    assert_eq!(clock.pause(), Err(WrongState));
    let now = clock.now();
    let instant = clock.instant();
    thread::sleep(Duration::from_millis(2));
    assert_eq!((clock.now(), clock.instant()), (now, instant));
    clock.advance(SECOND).unwrap();
    assert_eq!((clock.now(), clock.instant()), (now + 1_000_000_000, instant + SECOND));
    assert_eq!(clock.when(instant + SECOND), Some(clock.now()), "both ways agree");
    clock.advance(Duration::MAX).unwrap();
    assert_eq!(clock.now(), LATEST);
}

#[test]
fn goes_on_from_where_it_stood() {
    let clock = paused();
    let stood = clock.now();
    clock.advance(SECOND).unwrap();
    thread::sleep(Duration::from_millis(5));
    let pause = Instant::now();
    clock.resume().unwrap();
    assert!(!clock.is_paused() && clock.is_virtual());
    assert_eq!(clock.resume(), Err(WrongState));
    assert_eq!(clock.advance(SECOND), Err(WrongState));
    let now = clock.now();
    assert!(now >= stood + 1_000_000_000);
    assert!(now <= stood + 1_000_000_000 + pause.elapsed().as_nanos() as u64, "the pause doesn't count");
    thread::sleep(Duration::from_millis(2));
    assert!(clock.now() >= now + 2_000_000);
    clock.pause().unwrap();
    let again = clock.now();
    assert!(again >= now + 2_000_000);
    assert_eq!(clock.now(), again);
}

#[test]
fn an_idle_runtime_moves_it_unless_it_is_held() {
    let clock = Clock::new();
    assert!(!clock.advance_to(5), "it goes by itself");
    clock.pause().unwrap();
    let target = clock.now() + 1_000;
    clock.hold();
    clock.hold();
    assert!(!clock.advance_to(target));
    clock.release();
    assert!(!clock.advance_to(target), "held twice");
    clock.advance(Duration::from_nanos(1)).unwrap();
    clock.release();
    assert!(clock.advance_to(target));
    assert_eq!(clock.now(), target);
    assert!(clock.advance_to(target - 500), "that is past");
    assert_eq!(clock.now(), target, "and it never goes back");
    assert!(clock.advance_to(u64::MAX));
    assert_eq!(clock.now(), LATEST);
}

#[test]
fn held_before_it_is_paused() {
    let clock = Clock::new();
    clock.hold();
    clock.pause().unwrap();
    assert!(!clock.advance_to(LATEST));
    clock.resume().unwrap();
    clock.pause().unwrap();
    assert!(!clock.advance_to(LATEST));
    clock.release();
    assert!(clock.advance_to(LATEST));
}
