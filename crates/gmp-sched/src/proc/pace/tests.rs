//! When a second M is worth its price.

use super::{Pace, SOON};

/// An M whose turns take so long, as it has seen.
fn used_to(turn: u64) -> Pace {
    let mut pace = Pace::new();
    let mut now = 1;
    for _ in 0..100 {
        pace.look(now, 4);
        now += 4 * turn;
    }
    assert!(pace.turn <= turn + 4, "{pace:?}");
    pace.asleep();
    pace
}

#[test]
fn a_single_one_runs_here() {
    let mut pace = Pace::new();
    assert!(!pace.is_behind(10, 1, 1, false));
    assert!(!pace.is_behind(10, 0, 0, true));
    assert!(pace.is_behind(10, 1, 2, false), "turns may be long for all one knows");
}

#[test]
fn a_few_short_ones_run_here_and_many_do_not() {
    let mut pace = used_to(500);
    assert!(!pace.is_behind(10, 100, 100, false));
    assert!(pace.is_behind(20, 500, 600, false));
    assert!(!pace.is_behind(30, 0, 600, false), "said already");
    assert!(pace.is_behind(40, 1, 600, false));
}

/// Who doesn't look again can't find out that it takes longer.
#[test]
fn the_last_look_decides() {
    let mut pace = used_to(500);
    assert!(pace.is_behind(10, 2, 2, true));
    assert!(!pace.is_behind(10, 1, 1, true));
}

#[test]
fn what_takes_longer_than_expected_is_shared() {
    let mut pace = used_to(500);
    let start = 1_000_000;
    pace.look(start, 0);
    assert!(!pace.is_behind(start, 10, 10, false));
    assert!(!pace.is_behind(start + SOON / 2, 0, 9, false));
    assert!(pace.is_behind(start + SOON, 0, 8, false));
}

#[test]
fn a_long_turn_is_remembered_and_forgotten() {
    let mut pace = used_to(500);
    let mut now = 1_000_000;
    pace.look(now, 0);
    now += 1_000_000;
    pace.look(now, 4);
    assert!(pace.is_behind(now, 2, 2, false));
    for _ in 0..100 {
        now += 2_000;
        pace.look(now, 4);
    }
    assert!(!pace.is_behind(now, 2, 2, false));
}

#[test]
fn sleep_is_not_a_turn() {
    let mut pace = used_to(500);
    pace.look(1_000_000, 4);
    pace.asleep();
    pace.look(9_000_000, 4);
    assert!(!pace.is_behind(9_000_000, 2, 2, false));
}

/// Often if there is little to do or turns are long, seldom if a long ring of short turns is to be gone through anyway.
#[test]
fn looks_are_as_far_apart_as_does_no_harm() {
    let pace = used_to(500);
    assert_eq!([0, 1, 16, 40, 256].map(|waiting| pace.next_look(waiting)), [4, 4, 4, 10, 64]);
    assert!((24..27).contains(&used_to(10_000).next_look(256)));
    assert_eq!(used_to(1_000_000).next_look(256), 4);
    assert_eq!(Pace::new().next_look(256), 4);
}
