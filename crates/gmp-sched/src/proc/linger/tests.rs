//! When a thread looks.

use super::{Linger, MOST_LOST, SHORT_SLEEP};

/// So many looks out of so many short sleeps, each of which finds something if `finds` says so of its number.
fn looks(sleeps: u32, finds: impl Fn(u32) -> bool) -> u32 {
    let (mut linger, mut looks) = (Linger::default(), 0);
    for _ in 0..sleeps {
        linger.has_slept(SHORT_SLEEP - 1);
        while linger.is_due() {
            looks += 1;
            linger.has_looked(finds(looks));
            if looks > 10 * sleeps {
                return looks;
            }
        }
    }
    looks
}

#[test]
fn only_after_short_sleeps() {
    let mut linger = Linger::default();
    assert!(!linger.is_due());
    linger.has_slept(SHORT_SLEEP);
    assert!(!linger.is_due());
    linger.has_slept(SHORT_SLEEP - 1);
    assert!(linger.is_due());
}

#[test]
fn looks_in_vain_become_rare() {
    let all = looks(10_000, |_| false);
    assert!((MOST_LOST..60).contains(&all), "{all}");
}

#[test]
fn looks_that_find_go_on() {
    assert!(looks(10, |_| true) > 100);
    let mostly = looks(1_000, |look| look % 3 != 0);
    assert!(mostly > 900, "{mostly}: two of three are worth it");
    let seldom = looks(10_000, |look| look % 3 == 0);
    assert!(seldom < 1_000, "{seldom}: one of three isn't");
}

#[test]
fn long_sleeps_do_not_bring_the_next_look_nearer() {
    let mut linger = Linger::default();
    linger.has_slept(1);
    linger.has_looked(false);
    for _ in 0..100 {
        linger.has_slept(SHORT_SLEEP);
    }
    linger.has_slept(1);
    assert!(!linger.is_due(), "one short sleep is left out");
    linger.has_slept(1);
    assert!(linger.is_due());
}
