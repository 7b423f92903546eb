//! Models of the word: poll with another waker ∥ fire ∥ re-arm ∥ cancel ∥ close. Each has two threads, the sleeper and who
//! holds the heap; the waker's place is a loom cell, so that two who touch it at a time are found.

use super::{Due, Entry, Fired, Timer};
use crate::testing::{Flag, poll};
use gmp_base::loom::{UnsafeCell, thread};
use std::sync::Arc;
use std::task::Poll;

const DUE: u64 = 10;
const LATER: u64 = 20;

/// What the heap does at `DUE` and, if the timer has been put off, at `LATER`. Says when it fired, if it did.
fn heap_side(entry: &Entry) -> Option<u64> {
    match entry.fire(DUE) {
        Due::Fired(waker) => {
            waker.into_iter().for_each(|w| w.wake());
            Some(DUE)
        }
        Due::Later(when) => {
            assert_eq!(when, LATER);
            match entry.fire(LATER) {
                Due::Fired(waker) => {
                    waker.into_iter().for_each(|w| w.wake());
                    Some(LATER)
                }
                Due::Later(when) => panic!("put off once, to {LATER} and not {when}"),
                Due::Dead => None,
            }
        }
        Due::Dead => None,
    }
}

/// Runs `sleeper` against the heap's side; it returns the timer if it has not cancelled it. Then: a timer whose last poll was in
/// vain has woken the waker of that poll, once, and nobody has a waker any more.
fn against_fire(sleeper: impl Fn(Timer, &[Arc<Flag>; 3]) -> Option<(Timer, usize)> + Copy + Send + Sync + 'static) {
    loom::model(move || {
        let flags = [Flag::new(), Flag::new(), Flag::new()];
        let timer = Timer::new(DUE, flags[0].waker());
        let entry = timer.entry();
        let heap = thread::spawn(move || heap_side(&entry));
        let left = sleeper(timer, &flags);
        let fired = heap.join().unwrap();
        let woken = [0, 1, 2].map(|i| flags[i].woken());
        if let Some((mut timer, waits_with)) = left {
            let mut expected = [0; 3];
            if waits_with < 3 {
                expected[waits_with] = 1;
                assert_eq!(woken, expected, "(fired: {fired:?})");
            } else {
                assert!(woken.iter().sum::<usize>() <= 1);
            }
            assert!(fired.is_some());
            assert_eq!(timer.ended(), Some(Fired::Elapsed));
            assert_eq!(poll(&mut timer, &flags[2]), Poll::Ready(Fired::Elapsed));
            assert!(flags.iter().all(Flag::is_alone), "a sleep that is over keeps a waker");
        }
        assert!(flags.iter().all(Flag::is_alone), "a waker was leaked");
    });
}

const DONE: usize = 3;

fn waits(timer: &mut Timer, flags: &[Arc<Flag>; 3], with: usize) -> usize {
    if poll(timer, &flags[with]).is_pending() { with } else { DONE }
}

#[test]
fn loom_fire_against_poll_with_another_waker() {
    against_fire(|mut timer, flags| {
        let state = waits(&mut timer, flags, 1);
        Some((timer, state))
    });
}

#[test]
fn loom_fire_against_poll_with_the_same_waker() {
    against_fire(|mut timer, flags| {
        let state = waits(&mut timer, flags, 0);
        Some((timer, state))
    });
}

#[test]
fn loom_fire_against_two_polls() {
    against_fire(|mut timer, flags| {
        let mut state = waits(&mut timer, flags, 1);
        if state != DONE {
            state = waits(&mut timer, flags, 2);
        }
        Some((timer, state))
    });
}

#[test]
fn loom_fire_against_poll_and_cancel() {
    against_fire(|mut timer, flags| {
        let state = waits(&mut timer, flags, 1);
        let waker = timer.cancel();
        if let Some(waker) = waker {
            assert_ne!(state, DONE);
            assert!(waker.will_wake(&flags[1].waker()), "not the waker of the last poll");
            assert_eq!([0, 1, 2].map(|i| flags[i].woken()), [0; 3], "woken by the heap and given back");
        }
        None
    });
}

#[test]
fn loom_fire_against_drop() {
    against_fire(|timer, _| {
        drop(timer);
        None
    });
}

#[test]
fn loom_fire_against_rearm_and_poll() {
    against_fire(|mut timer, flags| {
        let put_off = timer.rearm_later(LATER);
        let mut state = waits(&mut timer, flags, 1);
        if !put_off {
            assert_eq!(state, DONE, "it was not put off, so it had ended");
            state = DONE;
        }
        Some((timer, state))
    });
}

#[test]
fn loom_fire_against_poll_and_rearm() {
    against_fire(|mut timer, flags| {
        let state = waits(&mut timer, flags, 1);
        let put_off = timer.rearm_later(LATER);
        assert!(!(state == DONE && put_off), "a sleep that is over was put off");
        Some((timer, state))
    });
}

/// A timer that has been put off fires at the later time, and one that hasn't been, at the earlier.
#[test]
fn loom_rearm_decides_when() {
    loom::model(|| {
        let flag = Flag::new();
        let mut timer = Timer::new(DUE, flag.waker());
        let entry = timer.entry();
        let heap = thread::spawn(move || heap_side(&entry));
        let put_off = timer.rearm_later(LATER);
        assert_eq!(heap.join().unwrap(), Some(if put_off { LATER } else { DUE }));
        assert_eq!(flag.woken(), 1);
        assert!(flag.is_alone());
    });
}

/// The end of the runtime, against a sleeper that registers; who is woken learns of the end.
#[test]
fn loom_shutdown_against_poll() {
    loom::model(|| {
        let flags = [Flag::new(), Flag::new()];
        let mut timer = Timer::new(DUE, flags[0].waker());
        let entry = timer.entry();
        let heap = thread::spawn(move || entry.shut_down().into_iter().for_each(|w| w.wake()));
        let first = poll(&mut timer, &flags[1]);
        heap.join().unwrap();
        if first.is_pending() {
            assert_eq!([0, 1].map(|i| flags[i].woken()), [0, 1]);
        }
        assert_eq!(poll(&mut timer, &flags[0]), Poll::Ready(Fired::Shutdown));
        assert!(!timer.rearm_later(LATER));
        assert!(flags.iter().all(Flag::is_alone));
    });
}

struct Before(UnsafeCell<()>);

// SAFETY: the cell is empty; loom reports accesses that nothing orders.
unsafe impl Sync for Before {}

/// What happened before the time came is visible to who learns that it has: by a look, by a poll, or by the poll's exchange.
#[test]
fn loom_the_end_publishes() {
    for by_poll in [false, true] {
        loom::model(move || {
            let flag = Flag::new();
            let mut timer = Timer::new(DUE, flag.waker());
            let (entry, before) = (timer.entry(), Arc::new(Before(UnsafeCell::new(()))));
            let heap = {
                let before = before.clone();
                thread::spawn(move || {
                    before.0.with_mut(|_| ());
                    // The waker orders nothing here: it is dropped.
                    entry.fire(DUE)
                })
            };
            let over = if by_poll { poll(&mut timer, &flag).is_ready() } else { timer.ended().is_some() };
            if over {
                before.0.with(|_| ());
            }
            drop(heap.join().unwrap());
        });
    }
}

/// Stops the timer and arms it again for `LATER`, with the second waker. `None`: it had fired, or the queue had let go of it.
fn stop_and_revive(timer: Timer, flags: &[Arc<Flag>; 2]) -> Option<Timer> {
    let (waker, dormant) = timer.stop()?;
    assert!(waker.is_some_and(|waker| waker.will_wake(&flags[0].waker())));
    match dormant.revive(LATER, flags[1].waker()) {
        Ok(timer) => Some(timer),
        Err(waker) => {
            assert!(waker.will_wake(&flags[1].waker()));
            None
        }
    }
}

/// Revival and removal are exchanges of one word: either the heap lets go of the entry or it fires for the new waker.
#[test]
fn loom_fire_against_stop_and_revive() {
    loom::model(|| {
        let flags = [Flag::new(), Flag::new()];
        let timer = Timer::new(DUE, flags[0].waker());
        let entry = timer.entry();
        let heap = thread::spawn(move || heap_side(&entry));
        let revived = stop_and_revive(timer, &flags);
        let fired = heap.join().unwrap();
        let woken = [0, 1].map(|i| flags[i].woken());
        match (&revived, fired) {
            (Some(timer), fired) => {
                assert_eq!((fired, woken), (Some(LATER), [0, 1]));
                assert_eq!(timer.ended(), Some(Fired::Elapsed));
            }
            (None, Some(DUE)) => assert_eq!(woken, [1, 0]),
            (None, fired) => assert_eq!((fired, woken), (None, [0, 0])),
        }
        assert!(flags.iter().all(Flag::is_alone), "a waker was leaked");
    });
}

/// Who asks for the time either has the revived one or is the reason why there is none.
#[test]
fn loom_a_look_against_stop_and_revive() {
    loom::model(|| {
        let flags = [Flag::new(), Flag::new()];
        let timer = Timer::new(DUE, flags[0].waker());
        let entry = timer.entry();
        let heap = thread::spawn(move || entry.time_or_bury());
        let revived = stop_and_revive(timer, &flags);
        match heap.join().unwrap() {
            Some(time) => assert!(revived.is_some() && time <= LATER),
            None => assert!(revived.is_none(), "revived, and nobody has it"),
        }
        drop(revived);
        assert!(flags.iter().all(Flag::is_alone), "a waker was leaked");
    });
}

/// A revived timer that is polled with a third waker while it fires.
#[test]
fn loom_fire_against_revive_and_poll() {
    loom::model(|| {
        let flags = [Flag::new(), Flag::new()];
        let third = Flag::new();
        let (_, dormant) = Timer::new(DUE, flags[0].waker()).stop().expect("it waited");
        let mut timer = dormant.revive(DUE, flags[1].waker()).expect("nobody has let go of it");
        let entry = timer.entry();
        let heap = thread::spawn(move || heap_side(&entry));
        let waits = poll(&mut timer, &third).is_pending();
        assert_eq!(heap.join().unwrap(), Some(DUE));
        let woken = (flags[0].woken(), flags[1].woken(), third.woken());
        assert!(if waits { woken == (0, 0, 1) } else { woken.0 == 0 && woken.1 + woken.2 <= 1 });
        assert_eq!(timer.ended(), Some(Fired::Elapsed));
        assert!(flags.iter().all(Flag::is_alone) && third.is_alone());
    });
}

/// The end of the runtime against a revival: shut down and woken, or not revived.
#[test]
fn loom_shutdown_against_stop_and_revive() {
    loom::model(|| {
        let flags = [Flag::new(), Flag::new()];
        let timer = Timer::new(DUE, flags[0].waker());
        let entry = timer.entry();
        let heap = thread::spawn(move || entry.shut_down().into_iter().for_each(|w| w.wake()));
        let revived = stop_and_revive(timer, &flags);
        heap.join().unwrap();
        if let Some(timer) = revived {
            assert_eq!(timer.ended(), Some(Fired::Shutdown), "it sleeps past the end");
            assert_eq!([0, 1].map(|i| flags[i].woken()), [0, 1]);
        } else {
            assert_eq!(flags[1].woken(), 0);
        }
        assert!(flags.iter().all(Flag::is_alone));
    });
}
