//! Timers that are stopped and armed again where they are: each way of the queue's to let go of them, order, and threads that race.

use crate::testing::{Flag, poll};
use crate::timer::{Dormant, Fired, LATEST, Timer};
use crate::timers::{NEVER, PURGE_FROM, Timers};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::thread;

fn noop() -> Waker {
    Waker::noop().clone()
}

fn stop(timer: Timer) -> Dormant {
    timer.stop().expect("it waits").1
}

/// What an M does: the timer that it keeps, or a new one. Says whether it was revived.
fn start(timers: &Timers, kept: &mut Option<Dormant>, when: u64, waker: Waker) -> (Timer, bool) {
    match kept.take_if(|dormant| dormant.last() <= when).map(|dormant| dormant.revive(when, waker.clone())) {
        Some(Ok(timer)) => (timer, true),
        Some(Err(_)) | None => (timers.start(when, waker).0, false),
    }
}

/// A timeout around each of many requests: one entry, which the queue looks at when its first time has come.
#[test]
fn set_and_stopped_in_a_row() {
    let timers = Timers::new();
    let flag = Flag::new();
    let (mut timer, _) = timers.start(100, flag.waker());
    for when in 101..10_000 {
        timer = stop(timer).revive(when, flag.waker()).expect("the queue has it");
        assert_eq!((timers.len(), timers.earliest()), (1, 100));
    }
    assert!(!timers.run(9_998, Waker::wake));
    assert_eq!((timers.len(), timers.earliest(), flag.woken()), (1, 9_999, 0));
    assert!(timers.run(9_999, Waker::wake));
    assert_eq!((flag.woken(), timer.ended()), (1, Some(Fired::Elapsed)));
    assert!(flag.is_alone() && timers.is_empty());
}

/// However late they are: armed anew is armed for a later place.
#[test]
fn overdue_ones_fire_in_the_order_of_their_times() {
    struct Numbered(usize, Arc<Mutex<Vec<usize>>>);
    impl Wake for Numbered {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().push(self.0);
        }
    }
    let (timers, woken) = (Timers::new(), Arc::new(Mutex::new(vec![])));
    let waker = |number| Waker::from(Arc::new(Numbered(number, woken.clone())));
    let first = timers.start(10, noop()).0;
    let mut second = timers.start(20, waker(400)).0;
    let _others = [300, 600].map(|when| timers.start(when, waker(when as usize)).0);
    let _first = stop(first).revive(500, waker(500)).expect("the queue has it");
    assert!(second.rearm_later(400));
    assert!(timers.run(1_000, Waker::wake));
    assert_eq!(*woken.lock().unwrap(), [300, 400, 500, 600]);
}

#[test]
fn who_looks_for_the_earliest_takes_it_into_account() {
    let timers = Timers::new();
    let (kept, _) = timers.start(10, noop());
    let (_other, _) = timers.start(30, noop());
    let timer = stop(kept).revive(20, noop()).expect("the queue has it");
    assert_eq!((timers.earliest(), timers.earliest_alive()), (10, 20));
    let dormant = stop(timer);
    assert_eq!((timers.earliest_alive(), timers.len()), (30, 1));
    assert!(dormant.revive(20, noop()).is_err(), "it would be slept through");
}

#[test]
fn not_once_it_was_trimmed() {
    let timers = Timers::new();
    let dormant = stop(timers.start(10, noop()).0);
    let _next = timers.start(11, noop());
    assert_eq!(timers.len(), 1);
    assert!(dormant.revive(12, noop()).is_err());
}

#[test]
fn not_once_it_was_purged() {
    let timers = Timers::new();
    let mut dormant: Vec<_> = (0..PURGE_FROM as u64).map(|i| timers.start(1_000 + i, noop()).0).collect();
    let alive = dormant.split_off(PURGE_FROM / 2);
    let dormant: Vec<_> = dormant.into_iter().map(stop).collect();
    let _one_more = timers.start(5_000, noop());
    assert_eq!(timers.len(), alive.len() + 1);
    assert!(dormant.into_iter().all(|dormant| dormant.revive(2_000, noop()).is_err()));
}

#[test]
fn not_once_its_time_has_come() {
    let timers = Timers::new();
    let dormant = stop(timers.start(10, noop()).0);
    assert!(!timers.run(10, Waker::wake));
    assert_eq!((timers.len(), timers.earliest()), (0, NEVER));
    assert!(dormant.revive(20, noop()).is_err());
}

#[test]
fn the_end() {
    let timers = Timers::new();
    let flag = Flag::new();
    let dormant = stop(timers.start(10, noop()).0);
    let revived = stop(timers.start(11, noop()).0).revive(12, flag.waker()).expect("the queue has it");
    timers.close(Waker::wake);
    assert_eq!((flag.woken(), revived.ended()), (1, Some(Fired::Shutdown)));
    assert!(flag.is_alone());
    let waker = dormant.revive(20, flag.waker()).expect_err("nobody would tell it of the end");
    assert_eq!(timers.start(20, waker).0.ended(), Some(Fired::Shutdown));
    assert!(flag.is_alone());
}

/// At random, against a list: whatever fires has come to its time, in the order of times, and nothing that has is left.
#[test]
fn everything_fires_in_its_time() {
    let mut random = 0x9E37_79B9_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % below
    };
    // The times differ by their place in the sequence.
    const STEP: u64 = 1 << 16;
    let timers = [Timers::new(), Timers::new()];
    let (mut now, mut kept, mut revived, mut fired) = (0, None, 0, 0);
    let mut alive: BTreeMap<u64, (Timer, Arc<Flag>)> = BTreeMap::new();
    for i in 0..if cfg!(debug_assertions) { 30_000 } else { 300_000 } {
        match next(10) {
            0..5 => {
                let (slices, flag) = (next(9), Flag::new());
                let when = (now + next(1 << (slices * 4)) + 1) * STEP + i;
                let (timer, again) = start(&timers[next(2) as usize], &mut kept, when, flag.waker());
                revived += usize::from(again);
                alive.insert(when, (timer, flag));
            }
            5..9 => {
                let Some(&when) = alive.keys().nth(next(alive.len() as u64 + 1) as usize) else { continue };
                let Some((timer, flag)) = alive.remove(&when) else { continue };
                let (waker, dormant) = timer.stop().expect("it waits");
                drop(waker);
                assert!(flag.is_alone() && flag.woken() == 0);
                kept = kept.filter(|old: &Dormant| old.last() <= dormant.last()).or(Some(dormant));
            }
            _ => {
                let slices = next(9);
                now += next(1 << (slices * 4));
                let until = timers.iter().map(Timers::earliest_alive).min();
                assert_eq!(until, Some(alive.keys().next().copied().unwrap_or(NEVER)));
                timers.iter().for_each(|timers| _ = timers.run(now * STEP, Waker::wake));
                let later = alive.split_off(&(now * STEP + 1));
                for (when, (timer, flag)) in std::mem::replace(&mut alive, later) {
                    assert_eq!((timer.ended(), flag.woken()), (Some(Fired::Elapsed), 1), "{when} at {now}");
                    fired += 1;
                }
                assert!(alive.values().all(|(timer, flag)| timer.ended().is_none() && flag.woken() == 0));
            }
        }
    }
    assert!(revived > 1_000 && fired > 1_000, "{revived} revived, {fired} fired");
}

/// Threads that start, poll, put off, stop and revive timers in each other's queues while others fire, purge and look: who isn't
/// stopped is woken once, who is stopped never, and no waker is left.
#[test]
fn stress_revival_against_run() {
    let timers = [Timers::new(), Timers::new()];
    let clock = AtomicUsize::new(0);
    let rounds = if cfg!(debug_assertions) { 3_000 } else { 200_000 };
    let working = AtomicUsize::new(2);
    thread::scope(|scope| {
        for own in 0..2_usize {
            let (timers, clock, working) = (&timers, &clock, &working);
            scope.spawn(move || {
                let (mut random, mut revived, mut stopped) = (own as u64 + 1, 0, 0);
                let mut kept: Option<Dormant> = None;
                for i in 0..rounds {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let flag = Flag::new();
                    let when = clock.load(Ordering::Relaxed) as u64 + (random >> 60);
                    // The queue changes, as it does when an M gets another slot.
                    let (mut timer, again) = start(&timers[(own + i / 64) % 2], &mut kept, when, flag.waker());
                    revived += usize::from(again);
                    let _ = i % 3 == 0 && timer.rearm_later(when + (random >> 59) % 8);
                    if i % 128 > 0 {
                        for _ in 0..i % 3 {
                            if poll(&mut timer, &flag).is_ready() {
                                break;
                            }
                        }
                        if let Some((waker, dormant)) = timer.stop() {
                            stopped += 1;
                            drop(waker);
                            assert!(flag.woken() == 0 && flag.is_alone(), "stopped and woken");
                            kept = kept.filter(|old| old.last() <= dormant.last()).or(Some(dormant));
                        }
                    } else {
                        while timer.ended().is_none() {
                            thread::yield_now();
                        }
                        assert!(clock.load(Ordering::Relaxed) as u64 >= when, "early");
                        // Who has fired it may be about to wake.
                        while flag.woken() == 0 {
                            thread::yield_now();
                        }
                        assert_eq!(flag.woken(), 1);
                    }
                }
                working.fetch_sub(1, Ordering::Release);
                assert!(revived > 0 && stopped > 0, "{revived} revived, {stopped} stopped");
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                while working.load(Ordering::Acquire) > 0 {
                    let now = clock.fetch_add(1, Ordering::Relaxed) + 1;
                    for timers in &timers {
                        timers.run(now as u64, Waker::wake);
                        timers.earliest_alive();
                    }
                }
            });
        }
    });
    for timers in timers {
        timers.run(LATEST, |_| panic!("all sleepers are gone"));
        assert!(timers.is_empty());
    }
}
