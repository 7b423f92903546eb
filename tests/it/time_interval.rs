//! [`Interval`]: when it ticks, what becomes of missed ticks, and how it is reset.

use crate::support::{ByHand, ms, on_each, panic_of, paused, watched};
use gmp::time::{Duration, Instant, Interval, MissedTickBehavior, advance, interval, interval_at, sleep};
use std::panic::Location;
use std::pin::pin;
use std::task::Poll;

/// An interval that is polled by hand, and its start.
struct Ticks {
    interval: ByHand<Interval>,
    start: Instant,
}

impl Ticks {
    fn every(period: u64) -> Self {
        let start = Instant::now();
        Self { interval: ByHand::new(interval(ms(period))), start }
    }

    fn with(mut self, behavior: MissedTickBehavior) -> Self {
        self.interval.as_mut().set_missed_tick_behavior(behavior);
        self
    }

    fn interval(&mut self) -> &mut Interval {
        self.interval.as_mut().get_mut()
    }

    fn poll(&mut self) -> Poll<Instant> {
        self.interval.enter(|interval, cx| interval.get_mut().poll_tick(cx))
    }

    /// It ticks now with these instants, in milliseconds from the start, and then no more.
    #[track_caller]
    fn now(&mut self, due: &[u64]) {
        for &due in due {
            assert_eq!(self.poll(), Poll::Ready(self.start + ms(due)));
        }
        assert_eq!(self.poll(), Poll::Pending);
    }

    /// So much later it ticks so. It was woken if and only if it does.
    #[track_caller]
    fn after(&mut self, pause: u64, due: &[u64]) -> impl Future<Output = ()> {
        let caller = Location::caller();
        async move {
            advance(ms(pause)).await;
            assert_eq!(self.interval.is_woken(), !due.is_empty(), "woken, at {caller}");
            self.now(due);
        }
    }
}

#[test]
fn ticks() {
    paused(async || {
        let start = Instant::now();
        let mut interval = interval(ms(100));
        assert_eq!(interval.tick().await, start);
        assert_eq!(start.elapsed(), Duration::ZERO, "the first comes at once");
        for i in 1..10 {
            assert_eq!(interval.tick().await, start + ms(100) * i);
            assert_eq!(start.elapsed(), ms(100) * i);
        }
    });
}

#[test]
fn from_a_start_on() {
    paused(async || {
        let start = Instant::now() + ms(250);
        let mut late = interval_at(start, ms(100));
        assert_eq!(late.tick().await, start);
        assert_eq!(Instant::now(), start);
        assert_eq!(late.tick().await, start + ms(100));
        // A start that is past: ticks are due since then.
        let mut early = interval_at(start - ms(200), ms(100));
        for due in [start - ms(200), start - ms(100), start, start + ms(100)] {
            assert_eq!(early.tick().await, due);
            assert_eq!(Instant::now(), start + ms(100));
        }
        assert_eq!(early.tick().await, start + ms(200));
        assert_eq!(Instant::now(), start + ms(200));
    });
}

#[test]
fn on_the_real_clock() {
    on_each(|rt| {
        let ticking = async || {
            let start = Instant::now();
            let mut interval = interval(ms(3));
            let first = interval.tick().await;
            assert!(first >= start);
            for i in 1..5 {
                assert_eq!(interval.tick().await, first + ms(3) * i);
                assert!(start.elapsed() >= ms(3) * i);
            }
        };
        rt.block_on(async {
            let task = gmp::spawn(ticking());
            ticking().await;
            task.await.unwrap();
        });
    });
}

#[test]
fn missed_ticks_come_in_a_burst() {
    paused(async || {
        let mut ticks = Ticks::every(300);
        assert_eq!(ticks.interval().missed_tick_behavior(), MissedTickBehavior::Burst);
        ticks.now(&[0]);
        ticks.after(100, &[]).await;
        ticks.after(200, &[300]).await;
        ticks.after(650, &[600, 900]).await; // at 950
        ticks.after(200, &[]).await;
        ticks.after(100, &[1200]).await; // at 1250
        ticks.after(250, &[1500]).await;
        ticks.after(300, &[1800]).await;
    });
}

#[test]
fn missed_ticks_delay_the_others() {
    paused(async || {
        let mut ticks = Ticks::every(300).with(MissedTickBehavior::Delay);
        ticks.now(&[0]);
        ticks.after(100, &[]).await;
        ticks.after(200, &[300]).await;
        ticks.after(650, &[600]).await; // at 950
        ticks.after(299, &[]).await;
        ticks.after(1, &[1250]).await;
        // Four milliseconds aren't a delay.
        ticks.after(304, &[1550]).await; // at 1554
        ticks.after(296, &[1850]).await;
    });
}

#[test]
fn missed_ticks_are_skipped() {
    paused(async || {
        let mut ticks = Ticks::every(300).with(MissedTickBehavior::Skip);
        ticks.now(&[0]);
        ticks.after(100, &[]).await;
        ticks.after(200, &[300]).await;
        ticks.after(650, &[600]).await; // at 950
        ticks.after(249, &[]).await;
        ticks.after(1, &[1200]).await;
        ticks.after(900, &[1500]).await; // at 2100, itself a tick that is skipped
        ticks.after(299, &[]).await;
        ticks.after(1, &[2400]).await;
    });
}

/// Each way to reset forgets ticks that were missed, and leaves the waker in its place.
#[test]
fn reset() {
    type Reset = fn(&mut Interval);
    // At 400, after a tick at 300: the reset, and when the next tick is due.
    let table: [(Reset, u64); 7] = [
        (|i| i.reset(), 700),
        (|i| i.reset_immediately(), 400),
        (|i| i.reset_after(ms(20)), 420),
        (|i| i.reset_after(Duration::ZERO), 400),
        (|i| i.reset_after(ms(1000)), 1400),
        (|i| i.reset_at(Instant::now() + ms(40)), 440),
        (|i| i.reset_at(Instant::now() + ms(1000)), 1400),
    ];
    for (reset, due) in table {
        for behavior in [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
            paused(async move || {
                let mut ticks = Ticks::every(300).with(behavior);
                ticks.now(&[0]);
                ticks.after(300, &[300]).await;
                ticks.after(100, &[]).await;
                reset(ticks.interval());
                let wait = due - 400;
                if wait > 0 {
                    ticks.after(wait - 1, &[]).await;
                    ticks.after(1, &[due]).await;
                } else {
                    assert!(ticks.interval.is_woken());
                    ticks.now(&[due]);
                }
                ticks.after(299, &[]).await;
                ticks.after(1, &[due + 300]).await;
            });
        }
    }
}

#[test]
fn reset_forgets_missed_ticks() {
    paused(async || {
        let mut ticks = Ticks::every(300);
        ticks.now(&[0]);
        advance(ms(1000)).await;
        ticks.interval().reset();
        ticks.now(&[]);
        ticks.after(300, &[1300]).await;
    });
}

/// To the past: what is due since then was missed.
#[test]
fn reset_to_the_past() {
    for (behavior, due, next) in [
        (MissedTickBehavior::Burst, &[450, 750, 1050][..], 1350),
        (MissedTickBehavior::Delay, &[450], 1400),
        (MissedTickBehavior::Skip, &[450], 1350),
    ] {
        paused(async move || {
            let mut ticks = Ticks::every(300).with(behavior);
            ticks.now(&[0]);
            advance(ms(1100)).await;
            let past = ticks.start + ms(450);
            ticks.interval().reset_at(past);
            ticks.now(due);
            ticks.after(next - 1101, &[]).await;
            ticks.after(1, &[next]).await;
        });
    }
}

/// A poll that is ready leaves no waker behind.
#[test]
fn a_tick_that_was_taken_wakes_nobody() {
    paused(async || {
        let mut ticks = Ticks::every(10);
        assert!(ticks.poll().is_ready());
        assert_eq!(ticks.interval.wakers(), 0);
        advance(ms(1000)).await;
        assert!(!ticks.interval.is_woken());
        ticks.interval().reset_at(Instant::now() + ms(50));
        assert!(ticks.poll().is_pending());
        assert_eq!(ticks.interval.wakers(), 1);
        advance(ms(50)).await;
        assert!(ticks.interval.is_woken() && ticks.poll().is_ready());
        assert_eq!(ticks.interval.wakers(), 0);
    });
}

#[test]
fn tick_is_cancel_safe() {
    paused(async || {
        let start = Instant::now();
        let mut interval = interval(ms(10));
        interval.tick().await;
        let mut ticks = Vec::new();
        while ticks.len() < 5 {
            gmp::select! {
                due = interval.tick() => ticks.push(due - start),
                () = sleep(ms(3)) => {}
            }
        }
        assert_eq!(ticks, [10, 20, 30, 40, 50].map(ms));
    });
}

/// A burst shares the poll budget: a task that is far behind yields.
#[test]
fn a_long_burst_yields() {
    paused(async || {
        let mut interval = interval(Duration::from_nanos(1));
        advance(Duration::from_secs(1)).await;
        let other = gmp::spawn(async {});
        while !other.is_finished() {
            interval.tick().await;
        }
    });
}

#[test]
fn the_longest_period() {
    paused(async || {
        let start = Instant::now();
        let mut interval = interval(Duration::MAX);
        assert_eq!(interval.tick().await, start);
        let decades = Duration::from_secs(20 * 365 * 86_400);
        assert!(interval.period() > decades);
        let mut tick = pin!(interval.tick());
        assert!(futures::poll!(tick.as_mut()).is_pending());
    });
    paused(async || {
        let mut interval = interval(ms(1));
        interval.tick().await;
        interval.reset_after(Duration::MAX);
        assert!(futures::poll!(pin!(interval.tick())).is_pending());
        let mut longest = gmp::time::interval(Duration::MAX);
        longest.reset();
        assert!(futures::poll!(pin!(longest.tick())).is_pending());
    });
}

#[test]
fn accessors() {
    paused(async || {
        let mut interval = interval(ms(7));
        assert_eq!(interval.period(), ms(7));
        for behavior in [MissedTickBehavior::Skip, MissedTickBehavior::Delay, MissedTickBehavior::Burst] {
            interval.set_missed_tick_behavior(behavior);
            assert_eq!(interval.missed_tick_behavior(), behavior);
        }
        assert!(format!("{interval:?}").contains("Interval"));
    });
}

#[test]
fn callers_mistakes() {
    const ZERO: &str = "`period` must be non-zero.";
    #[track_caller]
    fn panics_here<R>(text: &str, f: impl FnOnce() -> R) {
        let caught = panic_of(f);
        assert_eq!((caught.text.as_str(), caught.file.as_str()), (text, file!()));
        assert!(caught.line.abs_diff(Location::caller().line()) < 3, "line {}", caught.line);
    }
    let no_runtime = tokio::runtime::Handle::try_current().unwrap_err().to_string();
    panics_here(&no_runtime, || interval(ms(1)));
    panics_here(&no_runtime, || interval_at(Instant::now(), ms(1)));
    panics_here(ZERO, || interval(Duration::ZERO));
    panics_here(ZERO, || interval_at(Instant::now(), Duration::ZERO));
    assert_eq!(panic_of(|| tokio::time::interval(Duration::ZERO)).text, ZERO);
    watched(|| {
        crate::support::current().block_on(async {
            panics_here(ZERO, || interval(Duration::ZERO));
        });
    });
}
