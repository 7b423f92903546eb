//! The heap of a slot: when what fires, what stays in memory, the end; and threads that race for the same timers.

mod revival;

use super::{BATCH, NEVER, PURGE_FROM, Place, Timers};
use crate::testing::Flag;
use crate::timer::{Fired, LATEST, Timer};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

fn noop() -> Waker {
    Waker::noop().clone()
}

/// A waker that writes its number down.
struct Numbered {
    number: usize,
    woken: Arc<std::sync::Mutex<Vec<usize>>>,
}

impl Wake for Numbered {
    fn wake(self: Arc<Self>) {
        self.woken.lock().unwrap().push(self.number);
    }
}

#[test]
fn earliest_is_the_earliest() {
    let timers = Timers::new();
    assert_eq!((timers.earliest(), timers.len()), (NEVER, 0));
    let (a, place) = timers.start(10, noop());
    assert_eq!((place, timers.earliest()), (Place::Earliest, 10));
    let (_b, place) = timers.start(20, noop());
    assert_eq!((place, timers.earliest()), (Place::Later, 10));
    let (_c, place) = timers.start(5, noop());
    assert_eq!((place, timers.earliest(), timers.len()), (Place::Earliest, 5, 3));
    assert!(timers.run(5, Waker::wake));
    assert_eq!(timers.earliest(), 10);
    drop(a);
    assert_eq!(timers.earliest(), 10, "too early is allowed");
    assert!(!timers.run(15, Waker::wake), "the one at 10 was cancelled");
    assert_eq!(timers.earliest(), 20);
    assert!(timers.run(20, Waker::wake));
    assert_eq!((timers.earliest(), timers.is_empty()), (NEVER, true));
}

#[test]
fn nothing_fires_early() {
    let timers = Timers::new();
    let flag = Flag::new();
    let (timer, _) = timers.start(10, flag.waker());
    assert!(!timers.run(9, Waker::wake));
    assert_eq!((timer.ended(), flag.woken()), (None, 0));
    assert!(timers.run(10, Waker::wake));
    assert_eq!((timer.ended(), flag.woken()), (Some(Fired::Elapsed), 1));
}

/// More than a batch, due at once and in the order of their coming.
#[test]
fn many_at_once_in_order() {
    let timers = Timers::new();
    let woken = Arc::new(std::sync::Mutex::new(vec![]));
    let count = 3 * BATCH + 7;
    let mut kept = vec![];
    for when in [2, 1] {
        for i in 0..count {
            let number = when as usize * 1000 + i;
            kept.push(timers.start(when, Arc::new(Numbered { number, woken: woken.clone() }).into()).0);
        }
    }
    assert!(timers.run(1, Waker::wake));
    assert_eq!(*woken.lock().unwrap(), (1000..1000 + count).collect::<Vec<_>>());
    woken.lock().unwrap().clear();
    assert!(timers.run(7, Waker::wake));
    assert_eq!(*woken.lock().unwrap(), (2000..2000 + count).collect::<Vec<_>>());
    assert!(timers.is_empty());
}

/// Dead and put off ones don't count for a batch, and don't end a run.
#[test]
fn a_run_goes_through_what_is_dead_or_put_off() {
    let timers = Timers::new();
    let flag = Flag::new();
    let mut kept = vec![];
    for i in 0..4 * BATCH {
        let (mut timer, _) = timers.start(i as u64, flag.waker());
        match i % 4 {
            0 => drop(timer),
            1 => {
                assert!(timer.rearm_later(1_000_000));
                kept.push(timer);
            }
            _ => kept.push(timer),
        }
    }
    assert!(timers.run(1_000, Waker::wake));
    assert_eq!(flag.woken(), 2 * BATCH);
    assert_eq!((timers.len(), timers.earliest()), (BATCH, 1_000_000));
    assert!(timers.run(1_000_000, Waker::wake));
    assert_eq!(flag.woken(), 3 * BATCH);
}

/// A waker may start and drop timers: no lock is held.
#[test]
fn a_waker_may_use_the_heap() {
    struct Again(Arc<Timers>, AtomicUsize);
    impl Wake for Again {
        fn wake(self: Arc<Self>) {
            gmp_base::lockrank::assert_no_locks();
            if self.1.fetch_add(1, Ordering::Relaxed) < 100 {
                std::mem::forget(self.0.start(1, self.clone().into()));
            }
        }
    }
    let timers = Arc::new(Timers::new());
    let again = Arc::new(Again(timers.clone(), AtomicUsize::new(0)));
    std::mem::forget(timers.start(1, again.clone().into()));
    while timers.earliest() <= 1 {
        assert!(timers.run(1, Waker::wake));
    }
    assert_eq!(again.1.load(Ordering::Relaxed), 101);
}

#[test]
fn a_time_that_never_comes() {
    let timers = Timers::new();
    let (timer, place) = timers.start(u64::MAX, noop());
    assert_eq!((place, timers.earliest()), (Place::Earliest, LATEST));
    assert!(!timers.run(LATEST - 1, Waker::wake));
    assert_eq!(timer.ended(), None);
    assert!(timers.run(LATEST, Waker::wake));
}

/// An idle connection's timeout, put off with each packet.
#[test]
fn put_off_again_and_again() {
    let timers = Timers::new();
    let flag = Flag::new();
    let (mut timer, _) = timers.start(10, flag.waker());
    for now in 0..10_000 {
        assert!(timer.rearm_later(now + 10));
        assert!(!timers.run(now, Waker::wake));
        let earliest = timers.earliest();
        assert!(earliest > now && earliest <= now + 10, "{earliest} at {now}");
    }
    assert_eq!((timers.len(), flag.woken()), (1, 0));
    assert!(timers.run(10_009, Waker::wake));
    assert_eq!(flag.woken(), 1);
}

/// Set and cancelled in a row, the commonest use: nothing piles up.
#[test]
fn timeouts_that_are_not_needed_leave_nothing() {
    let timers = Timers::new();
    let (_kept, _) = timers.start(5, noop());
    for when in 0..10_000 {
        drop(timers.start(1_000 + when, noop()));
        assert!(timers.len() <= 2);
    }
}

/// The heap is never longer than twice the most that were alive at a time, or sixty-four.
#[test]
fn dead_entries_are_bounded() {
    let mut random = 1_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % below
    };
    for most in [0, 1, 10, 40, 300] {
        let timers = Timers::new();
        let mut alive: Vec<Timer> = vec![];
        let mut longest = 0;
        for _ in 0..20_000 {
            let (timer, _) = timers.start(next(1_000_000), noop());
            if alive.len() == most {
                // The new one or an old one goes, wherever it is in the heap.
                match next(most as u64 + 1) as usize {
                    i if i < most => drop(std::mem::replace(&mut alive[i], timer)),
                    _ => drop(timer),
                }
            } else {
                alive.push(timer);
            }
            longest = longest.max(timers.len());
        }
        let bound = PURGE_FROM.max(2 * (most + 1));
        assert!(longest <= bound, "{longest} entries for {most} timers");
        assert!(most == 0 || longest > most + 1, "nothing dead was ever kept: what was tested?");
        let live: Vec<_> = alive.iter().map(Timer::ended).collect();
        assert_eq!(live, vec![None; most]);
        alive.clear();
        timers.run(1_000_000, Waker::wake);
        assert!(timers.is_empty());
    }
}

#[test]
fn the_end() {
    let timers = Timers::new();
    let flags: Vec<_> = (0..100).map(|_| Flag::new()).collect();
    let mut running: Vec<_> = flags.iter().map(|flag| timers.start(10, flag.waker()).0).collect();
    let gone = Flag::new();
    drop(timers.start(1, gone.waker()));
    timers.close(Waker::wake);
    assert!(flags.iter().all(|flag| flag.woken() == 1 && flag.is_alone()));
    assert!(gone.woken() == 0 && gone.is_alone());
    for timer in &mut running {
        assert_eq!(timer.poll(&Context::from_waker(&noop())), Poll::Ready(Fired::Shutdown));
    }
    assert_eq!((timers.len(), timers.earliest()), (0, NEVER));
    let late = Flag::new();
    let (timer, place) = timers.start(10, late.waker());
    assert_eq!((timer.ended(), place), (Some(Fired::Shutdown), Place::Later));
    assert!(late.woken() == 0 && late.is_alone(), "it is dropped: who starts a timer looks at it");
    assert_eq!(timers.earliest(), NEVER);
    timers.close(|_| panic!("nobody is left"));
}

/// A sleeper of the stress tests below: polls until it has been woken or its time is up, as a task would.
fn sleep(mut timer: Timer, flag: &Arc<Flag>, rounds: usize) -> bool {
    for _ in 0..rounds {
        if timer.poll(&Context::from_waker(&flag.waker())).is_ready() {
            return true;
        }
    }
    match timer.cancel() {
        Some(waker) => {
            assert!(waker.will_wake(&flag.waker()));
            false
        }
        None => true,
    }
}

/// Threads that start, poll, put off and drop timers while others fire them: each waker is woken at most once, exactly once if the
/// sleeper waited to the end, and none is left.
#[test]
fn stress_foreign_threads_against_run() {
    let timers = Timers::new();
    let clock = AtomicUsize::new(0);
    let rounds = if cfg!(debug_assertions) { 4_000 } else { 100_000 };
    let working = AtomicUsize::new(2);
    thread::scope(|scope| {
        for seed in 0..2_usize {
            let (timers, clock, working) = (&timers, &clock, &working);
            scope.spawn(move || {
                let mut random = seed as u64 + 1;
                let mut fired = 0;
                for i in 0..rounds {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let flag = Flag::new();
                    let when = clock.load(Ordering::Relaxed) as u64 + (random >> 60);
                    let (mut timer, _) = timers.start(when, flag.waker());
                    match i % 4 {
                        0 => drop(timer),
                        1 => {
                            let _ = timer.rearm_later(when + 5);
                            fired += usize::from(sleep(timer, &flag, 3));
                        }
                        2 => fired += usize::from(sleep(timer, &flag, (random >> 58) as usize)),
                        _ => {
                            while timer.poll(&Context::from_waker(&flag.waker())).is_pending() {
                                thread::yield_now();
                            }
                            fired += 1;
                        }
                    }
                    assert!(flag.woken() <= 1);
                }
                working.fetch_sub(1, Ordering::Release);
                assert!(fired >= rounds / 4);
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                while working.load(Ordering::Acquire) > 0 {
                    let now = clock.fetch_add(1, Ordering::Relaxed) + 1;
                    timers.run(now as u64, Waker::wake);
                }
            });
        }
    });
    timers.run(LATEST, |_| panic!("all sleepers are gone"));
    assert!(timers.is_empty());
}

/// The runtime ends under threads that sleep: nobody sleeps on.
#[test]
fn stress_close_against_sleepers() {
    let rounds = if cfg!(debug_assertions) { 100 } else { 2_000 };
    for _ in 0..rounds {
        let timers = Timers::new();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    loop {
                        struct Unpark(thread::Thread);
                        impl Wake for Unpark {
                            fn wake(self: Arc<Self>) {
                                self.0.unpark();
                            }
                        }
                        let (mut timer, _) = timers.start(1, Arc::new(Unpark(thread::current())).into());
                        let waker = Arc::new(Unpark(thread::current())).into();
                        loop {
                            match timer.poll(&Context::from_waker(&waker)) {
                                Poll::Ready(Fired::Elapsed) => break,
                                Poll::Ready(Fired::Shutdown) => return,
                                Poll::Pending => thread::park(),
                            }
                        }
                    }
                });
            }
            for _ in 0..10 {
                timers.run(1, Waker::wake);
            }
            timers.close(Waker::wake);
        });
        assert!(timers.is_empty());
    }
}
