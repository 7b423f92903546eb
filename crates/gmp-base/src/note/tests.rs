//! A note keeps one wake-up, and none is lost between two threads that take turns.

use super::Note;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_wakeup_before_the_sleep_counts_once() {
    let note = Note::new();
    note.wakeup();
    note.wakeup();
    note.sleep();
    assert!(!note.take(), "two wake-ups before a sleep are one");
    assert!(!note.sleep_timeout(Duration::from_millis(1)), "nothing is left to wake it");
}

#[test]
fn a_timeout_that_cannot_be_represented_is_none() {
    let note = Arc::new(Note::new());
    let waker = note.clone();
    let t = std::thread::spawn(move || waker.wakeup());
    assert!(note.sleep_timeout(Duration::MAX));
    t.join().unwrap();
}

#[test]
fn two_threads_take_turns() {
    let (a, b) = (Arc::new(Note::new()), Arc::new(Note::new()));
    let (a2, b2) = (a.clone(), b.clone());
    let turns = 20_000;
    let t = std::thread::spawn(move || {
        for _ in 0..turns {
            a2.sleep();
            b2.wakeup();
        }
    });
    for _ in 0..turns {
        a.wakeup();
        b.sleep();
    }
    t.join().unwrap();
    assert!(!a.take() && !b.take());
}
