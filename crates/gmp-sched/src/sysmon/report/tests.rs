//! When a place is told again, and the words.

use super::*;

#[track_caller]
fn here() -> &'static Location<'static> {
    Location::caller()
}

#[test]
fn a_place_is_told_once_in_a_while() {
    let (a, b) = (here(), here());
    let mut places = Places::default();
    assert!(places.is_due(a, 5));
    assert!(!places.is_due(a, 6));
    assert!(places.is_due(b, 6), "another place");
    assert!(!places.is_due(a, 4 + REPORT_EVERY));
    assert!(places.is_due(a, 5 + REPORT_EVERY));
    assert!(!places.is_due(a, 6 + REPORT_EVERY));
}

#[test]
fn words() {
    let mut stalled = StalledPoll {
        id: Id::from_raw(7),
        spawned_at: here(),
        kind: StallKind::Blocked,
        duration: Duration::from_millis(12),
        is_over: false,
    };
    let place = stalled.spawned_at;
    assert_eq!(stalled.to_string(), format!("task 7 (spawned at {place}) has been blocked in one poll for 12.0ms"));
    stalled.is_over = true;
    stalled.kind = StallKind::Busy;
    stalled.id = None;
    assert_eq!(
        stalled.to_string(),
        format!("the future of block_on (called at {place}) was busy in one poll for 12.0ms")
    );
}
