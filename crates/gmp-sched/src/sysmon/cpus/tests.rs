//! The arithmetic.

use super::{ONE, averaged, room};

fn after(looks: usize, threads: usize) -> usize {
    (0..looks).fold(0, |average, _| averaged(average, threads))
}

#[test]
fn the_average_comes_close_to_what_lasts_and_forgets_it() {
    assert_eq!(after(1, 8), ONE, "one look counts for an eighth");
    for threads in [0, 1, 2, 7, 1000] {
        let lasting = after(200, threads);
        assert!(lasting.abs_diff(threads * ONE) <= ONE / 64, "{threads}: {lasting}");
        let over = (0..200).fold(lasting, |average, _| averaged(average, 0));
        assert!(over <= ONE / 64, "{threads}: {over}");
    }
}

#[test]
fn there_is_room_for_what_others_leave() {
    assert_eq!(room(2, 0), 2);
    assert_eq!(room(2, after(200, 1)), 1, "one of two is taken all the time");
    assert_eq!(room(2, ONE * 2 / 5), 2, "or less than half of the time");
    assert_eq!(room(2, after(200, 2)), 1, "nothing is left, and one M is awake");
    assert_eq!(room(2, after(200, 50)), 1);
    assert_eq!(room(64, after(200, 3)), 61);
}
