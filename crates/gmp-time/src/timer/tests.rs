//! One timer, one thread at a time; and wakers that misbehave where the code can't know of it.

use super::{
    CANCELLED, Dormant, Due, Entry, FIRED, Fired, GONE, LATEST, REGISTERING, SHUTDOWN, Timer, armed, is_armed,
};
use crate::testing::{Flag, poll};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

fn wake(due: Due) {
    match due {
        Due::Fired(waker) => waker.expect("nobody registers just now").wake(),
        other => panic!("not fired: {other:?}"),
    }
}

#[test]
fn words_do_not_collide() {
    for when in [0, 1, LATEST - 1, LATEST] {
        assert!(is_armed(armed(when)) && is_armed(armed(when) | REGISTERING));
        assert_eq!((armed(when) | REGISTERING) >> 1, when);
    }
    assert!(![FIRED, SHUTDOWN, CANCELLED, GONE].into_iter().any(is_armed));
}

#[test]
fn the_last_waker_is_woken_once() {
    let flags = [Flag::new(), Flag::new(), Flag::new()];
    let mut timer = Timer::new(10, flags[0].waker());
    let entry = timer.entry();
    assert_eq!(timer.ended(), None);
    for i in [0, 1, 1, 2] {
        assert!(poll(&mut timer, &flags[i]).is_pending());
    }
    assert!(flags[0].is_alone() && flags[1].is_alone() && !flags[2].is_alone(), "the old ones have been dropped");
    wake(entry.fire(10));
    assert_eq!([0, 1, 2].map(|i| flags[i].woken()), [0, 0, 1]);
    assert!(flags[2].is_alone());
    assert!(matches!(entry.fire(10), Due::Dead));
    assert_eq!(timer.ended(), Some(Fired::Elapsed));
    assert_eq!(poll(&mut timer, &flags[0]), Poll::Ready(Fired::Elapsed));
    assert!(!timer.rearm_later(20), "it is over");
    assert!(timer.cancel().is_none());
    assert!(flags.iter().all(Flag::is_alone));
}

#[test]
fn the_same_waker_is_not_cloned_again() {
    let flag = Flag::new();
    let mut timer = Timer::new(10, flag.waker());
    let waker = flag.waker();
    assert_eq!(Arc::strong_count(&flag), 3);
    assert!(timer.poll(&Context::from_waker(&waker)).is_pending());
    assert_eq!(Arc::strong_count(&flag), 3);
}

#[test]
fn a_cancelled_timer_gives_the_last_waker_back_and_is_dead() {
    let flags = [Flag::new(), Flag::new()];
    let mut timer = Timer::new(10, flags[0].waker());
    let entry = timer.entry();
    assert!(poll(&mut timer, &flags[1]).is_pending());
    let waker = timer.cancel().expect("it waited");
    assert!(waker.will_wake(&flags[1].waker()));
    assert_eq!(entry.time_or_bury(), None);
    assert!(matches!(entry.fire(10), Due::Dead));
    assert!(entry.shut_down().is_none());
    drop(waker);
    assert!(flags.iter().all(Flag::is_alone));
}

#[test]
fn dropped_is_cancelled() {
    let flag = Flag::new();
    let timer = Timer::new(10, flag.waker());
    let entry = timer.entry();
    assert_eq!(entry.time_or_bury(), Some(10));
    drop(timer);
    assert!(entry.time_or_bury().is_none() && flag.is_alone());
    assert_eq!(flag.woken(), 0);
}

#[test]
fn put_off_many_times_and_never_earlier() {
    let flag = Flag::new();
    let mut timer = Timer::new(10, flag.waker());
    let entry = timer.entry();
    assert!(!timer.rearm_later(9));
    for when in 10..1000 {
        assert!(timer.rearm_later(when));
        assert!(timer.rearm_later(when), "the same time is not earlier");
        assert!(!timer.rearm_later(when - 1));
        assert!(matches!(entry.fire(when - 1), Due::Later(w) if w == when));
    }
    assert_eq!(flag.woken(), 0);
    wake(entry.fire(999));
    assert_eq!(flag.woken(), 1);
}

#[test]
fn times_beyond_the_last_are_the_last() {
    let mut timer = Timer::new(u64::MAX, Waker::noop().clone());
    let entry = timer.entry();
    assert!(matches!(entry.fire(LATEST - 1), Due::Later(LATEST)));
    assert!(timer.rearm_later(u64::MAX));
    assert!(!timer.rearm_later(LATEST - 1));
    assert!(matches!(entry.fire(LATEST), Due::Fired(Some(_))));
}

#[test]
fn the_end_of_the_runtime() {
    let flag = Flag::new();
    let mut timer = Timer::new(10, flag.waker());
    let entry = timer.entry();
    entry.shut_down().expect("it waited").wake();
    assert_eq!(flag.woken(), 1);
    assert_eq!(timer.ended(), Some(Fired::Shutdown));
    assert_eq!(poll(&mut timer, &flag), Poll::Ready(Fired::Shutdown));
    assert!(!timer.rearm_later(20));
    assert!(entry.shut_down().is_none(), "only once");
    assert!(matches!(entry.fire(10), Due::Dead));
    assert!(timer.cancel().is_none() && flag.is_alone());
}

#[test]
fn what_it_says_of_itself() {
    let timer = Timer::new(10, Waker::noop().clone());
    assert_eq!(format!("{timer:?}"), "Timer { entry: Armed(10) }");
    timer.entry().shut_down();
    assert_eq!(format!("{timer:?}"), "Timer { entry: Shutdown }");
    let entry = Timer::new(10, Waker::noop().clone()).entry();
    assert_eq!(format!("{entry:?}"), "Cancelled");
}

type OnClone = Box<dyn Fn()>;

thread_local!(static ON_CLONE: RefCell<Option<OnClone>> = const { RefCell::new(None) });

/// A waker whose clone does what the test says.
fn rude_waker(on_clone: impl Fn() + 'static) -> Waker {
    unsafe fn clone(_: *const ()) -> RawWaker {
        ON_CLONE.with_borrow(|f| f.as_ref().expect("set below")());
        RawWaker::new(std::ptr::null(), &VTABLE)
    }
    unsafe fn nothing(_: *const ()) {}
    static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, nothing, nothing, nothing);
    ON_CLONE.set(Some(Box::new(on_clone)));
    // SAFETY: without data there is nothing that the functions could do wrong.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &VTABLE)) }
}

fn poll_rudely(timer: &mut Timer, on_clone: impl Fn() + 'static) -> Result<Poll<Fired>, ()> {
    let waker = rude_waker(on_clone);
    catch_unwind(AssertUnwindSafe(|| timer.poll(&Context::from_waker(&waker)))).map_err(drop)
}

fn fire_during(entry: &Entry) {
    assert!(matches!(entry.fire(10), Due::Fired(None)), "the sleeper has the waker");
}

#[test]
fn fired_while_the_sleeper_clones() {
    let flag = Flag::new();
    let mut timer = Timer::new(10, flag.waker());
    let entry = timer.entry();
    assert_eq!(poll_rudely(&mut timer, move || fire_during(&entry)), Ok(Poll::Ready(Fired::Elapsed)));
    assert!(flag.is_alone());
}

#[test]
fn a_clone_that_panics_leaves_the_old_waker() {
    let flags = [Flag::new(), Flag::new()];
    let mut timer = Timer::new(10, flags[0].waker());
    let entry = timer.entry();
    poll_rudely(&mut timer, || panic!("no clone")).unwrap_err();
    assert!(timer.rearm_later(20));
    poll_rudely(&mut timer, || panic!("no clone")).unwrap_err();
    wake(entry.fire(20));
    assert_eq!(flags[0].woken(), 1);

    let mut timer = Timer::new(10, flags[0].waker());
    let entry = timer.entry();
    poll_rudely(&mut timer, || panic!("no clone")).unwrap_err();
    assert!(poll(&mut timer, &flags[1]).is_pending());
    wake(entry.fire(10));
    assert_eq!([0, 1].map(|i| flags[i].woken()), [1, 1]);
    assert!(flags.iter().all(Flag::is_alone));
}

/// Nothing must be left for the heap to drop: it would do that under its lock.
#[test]
fn a_clone_that_panics_while_it_fires() {
    let flag = Flag::new();
    let mut timer = Timer::new(10, flag.waker());
    let entry = timer.entry();
    let firing = entry.clone();
    let cloned = move || {
        fire_during(&firing);
        panic!("no clone");
    };
    poll_rudely(&mut timer, cloned).unwrap_err();
    assert!(flag.is_alone());
    assert_eq!(poll(&mut timer, &flag), Poll::Ready(Fired::Elapsed));
    drop((timer, entry));
    assert_eq!(flag.woken(), 0);
}

fn stop(timer: Timer) -> (Waker, Dormant) {
    let (waker, dormant) = timer.stop().expect("it waited");
    (waker.expect("it had a waker"), dormant)
}

#[test]
fn revived_for_another_waker() {
    let flags = [Flag::new(), Flag::new()];
    let timer = Timer::new(10, flags[0].waker());
    let entry = timer.entry();
    let (waker, dormant) = stop(timer);
    assert!(waker.will_wake(&flags[0].waker()));
    drop(waker);
    assert_eq!(format!("{dormant:?}"), "Dormant { entry: Cancelled, last: 10 }");
    assert_eq!(dormant.last(), 10);
    let timer = dormant.revive(15, flags[1].waker()).expect("nobody has let go of it");
    assert!(std::ptr::eq(entry.as_ptr(), timer.entry().as_ptr()));
    assert_eq!(entry.time_or_bury(), Some(15));
    assert!(matches!(entry.fire(10), Due::Later(15)));
    wake(entry.fire(15));
    assert_eq!([0, 1].map(|i| flags[i].woken()), [0, 1]);
    assert_eq!(timer.ended(), Some(Fired::Elapsed));
    assert!(flags.iter().all(Flag::is_alone));
}

#[test]
fn revived_again_and_again() {
    let flags = [Flag::new(), Flag::new()];
    let mut timer = Timer::new(10, flags[0].waker());
    let entry = timer.entry();
    for when in 10..1_000 {
        assert!(poll(&mut timer, &flags[1]).is_pending());
        let put_off = when % 3 == 0 && timer.rearm_later(when + 1);
        let (waker, dormant) = stop(timer);
        assert!(waker.will_wake(&flags[1].waker()));
        assert_eq!(dormant.last(), when + u64::from(put_off));
        timer = dormant.revive(when + 1, flags[0].waker()).expect("nobody has let go of it");
        assert!(matches!(entry.fire(when), Due::Later(later) if later == when + 1));
    }
    wake(entry.fire(1_000));
    assert!(timer.stop().is_none(), "it is over");
    assert_eq!([0, 1].map(|i| flags[i].woken()), [1, 0]);
    assert!(flags.iter().all(Flag::is_alone));
}

/// The key in the queue may be as late as the last time.
#[test]
fn not_revived_for_an_earlier_time() {
    let flag = Flag::new();
    let mut timer = Timer::new(10, Waker::noop().clone());
    assert!(timer.rearm_later(20));
    let (_, dormant) = stop(timer);
    let waker = dormant.revive(19, flag.waker()).expect_err("the queue may come to it too late");
    assert!(waker.will_wake(&flag.waker()));
    drop(waker);
    assert!(flag.is_alone());

    let (_, dormant) = stop(Timer::new(u64::MAX, Waker::noop().clone()));
    assert_eq!(dormant.last(), LATEST);
    assert!(dormant.revive(u64::MAX, Waker::noop().clone()).is_ok());
}

/// Each of the ways by which a queue lets go of an entry.
#[test]
fn not_revived_once_the_queue_has_let_go() {
    let ways: [fn(&Entry); 3] = [
        |entry| assert_eq!(entry.time_or_bury(), None),
        |entry| assert!(matches!(entry.fire(10), Due::Dead)),
        |entry| assert!(entry.shut_down().is_none()),
    ];
    for let_go in ways {
        let flag = Flag::new();
        let timer = Timer::new(10, Waker::noop().clone());
        let entry = timer.entry();
        let (_, dormant) = stop(timer);
        let_go(&entry);
        assert_eq!(format!("{entry:?}"), "Gone");
        let waker = dormant.revive(20, flag.waker()).expect_err("nobody would fire it");
        assert!(waker.will_wake(&flag.waker()));
        drop(waker);
        assert!(flag.is_alone(), "a dead entry keeps a waker");
        let_go(&entry);
    }
}

#[test]
fn what_has_ended_is_not_stopped() {
    for end in [FIRED, SHUTDOWN] {
        let flag = Flag::new();
        let timer = Timer::new(10, flag.waker());
        let entry = timer.entry();
        drop(if end == FIRED { entry.fire(10) } else { Due::Fired(entry.shut_down()) });
        assert!(timer.stop().is_none());
        assert!(flag.is_alone());
    }
}

#[test]
fn a_dormant_timer_keeps_no_waker() {
    let flag = Flag::new();
    let (waker, dormant) = stop(Timer::new(10, flag.waker()));
    drop(waker);
    assert!(flag.is_alone());
    drop(dormant);
}
