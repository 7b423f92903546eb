//! Unit tests of thread numbers and of the value that one thread owns.
//!
//! Go: none

use super::{Owned, ThreadNumber};
use std::cell::Cell;
use std::collections::HashSet;

#[test]
fn a_thread_keeps_its_number_and_no_other_gets_it() {
    let mine = ThreadNumber::current();
    assert_eq!(mine, ThreadNumber::current());
    let mut seen = HashSet::new();
    for _ in 0..20 {
        // One after the other, so that the system uses its own thread ids again.
        let number = std::thread::spawn(ThreadNumber::current).join().unwrap();
        assert!(seen.insert(number.0), "a number was used twice");
    }
    assert!(!seen.contains(&mine.0));
}

#[test]
fn only_the_owner_gets_the_value() {
    let owned = Owned::new(Cell::new(1));
    owned.get().unwrap().set(2);
    std::thread::scope(|s| {
        s.spawn(|| assert!(owned.get().is_none()));
    });
    assert_eq!(owned.get().unwrap().get(), 2);
}

#[test]
fn the_number_is_there_while_locals_are_destroyed() {
    struct AtExit(std::sync::mpsc::Sender<ThreadNumber>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            self.0.send(ThreadNumber::current()).unwrap();
        }
    }
    thread_local!(static LATE: Cell<Option<AtExit>> = const { Cell::new(None) });
    let (tx, rx) = std::sync::mpsc::channel();
    let during = std::thread::spawn(move || {
        LATE.set(Some(AtExit(tx)));
        ThreadNumber::current()
    });
    assert_eq!(during.join().unwrap(), rx.recv().unwrap());
}
