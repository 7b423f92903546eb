//! What is remembered, and for how long.

use super::{KINDS, KNOWN_FOR, Kinds};

#[test]
fn a_kind_is_known_for_a_while() {
    let mut kinds = Kinds::default();
    assert!(!kinds.is_known(1, 5));
    kinds.remember(1, false, 5);
    assert!(kinds.is_known(1, 5) && kinds.is_known(1, 4 + KNOWN_FOR));
    assert!(!kinds.is_known(2, 5));
    assert!(!kinds.is_known(1, 5 + KNOWN_FOR));
}

#[test]
fn to_compute_for_long_is_remembered_as_long_as_it_is_caught() {
    let mut kinds = Kinds::default();
    kinds.remember(1, true, 0);
    kinds.remember(2, false, 0);
    assert!(kinds.computes(1, 1) && !kinds.computes(2, 1));
    kinds.remember(1, false, KNOWN_FOR - 1);
    assert!(kinds.computes(1, KNOWN_FOR), "caught again, for less");
    kinds.remember(1, false, 3 * KNOWN_FOR);
    assert!(!kinds.computes(1, 3 * KNOWN_FOR), "that was long ago");
}

#[test]
fn the_one_that_was_caught_least_lately_makes_room() {
    let mut kinds = Kinds::default();
    for kind in 0..KINDS {
        kinds.remember(kind, false, kind as u64);
    }
    kinds.remember(0, false, 100);
    kinds.remember(KINDS, false, 101);
    assert!(kinds.is_known(0, 102) && kinds.is_known(KINDS, 102));
    assert!(!kinds.is_known(1, 102));
}
