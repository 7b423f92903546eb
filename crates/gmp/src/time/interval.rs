//! [`Interval`]: completes again and again, one period after the other.

use crate::time::sleep::Alarm;
use crate::time::{Duration, FOR_EVER, Instant, MissedTickBehavior, from_now};
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

/// A tick that is late by no more than this is on time. It is said in the documentation of [`MissedTickBehavior`].
const TOLERANCE: Duration = Duration::from_millis(5);

/// Ticks now, and then each time that `period` has elapsed.
///
/// Ticks that nobody was there to take are caught up with at once, unless
/// [`set_missed_tick_behavior`](Interval::set_missed_tick_behavior) says otherwise. So a loop of a tick and some work
/// takes one period a round, where one of a [`sleep`](crate::time::sleep()) and the same work takes the time of both.
///
/// # Panics
/// If `period` is zero, or if called outside of a runtime's context.
///
/// # Examples
/// ```
/// use gmp::time::{self, Duration, Instant};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() {
/// let begun = Instant::now();
/// let mut interval = time::interval(Duration::from_millis(5));
/// interval.tick().await; // at once
/// interval.tick().await; // after 5 ms
/// interval.tick().await; // after 10 ms
/// assert!(begun.elapsed() >= Duration::from_millis(10));
/// # }
/// ```
#[track_caller]
#[doc(alias = "NewTicker")]
pub fn interval(period: Duration) -> Interval {
    interval_at_checked(Instant::now(), period)
}

/// Ticks at `start`, and then each time that `period` has elapsed.
///
/// # Panics
/// If `period` is zero, or if called outside of a runtime's context.
///
/// # Examples
/// ```
/// use gmp::time::{Duration, Instant, interval_at};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() {
/// let start = Instant::now() + Duration::from_millis(20);
/// let mut interval = interval_at(start, Duration::from_millis(5));
/// assert_eq!(interval.tick().await, start);
/// assert_eq!(interval.tick().await, start + Duration::from_millis(5));
/// # }
/// ```
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    interval_at_checked(start, period)
}

#[track_caller]
fn interval_at_checked(start: Instant, period: Duration) -> Interval {
    assert!(!period.is_zero(), "`period` must be non-zero.");
    Interval {
        alarm: Alarm::new(start),
        period: period.min(FOR_EVER),
        missed_tick_behavior: MissedTickBehavior::default(),
    }
}

/// Interval returned by [`interval`] and [`interval_at`].
///
/// It ticks until it is dropped.
#[derive(Debug)]
pub struct Interval {
    alarm: Alarm,
    period: Duration,
    missed_tick_behavior: MissedTickBehavior,
}

impl Interval {
    /// Completes at the next tick, and returns the instant at which it was due.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, no tick has been taken.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, interval};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut interval = interval(Duration::from_millis(5));
    /// let first = interval.tick().await;
    /// let second = interval.tick().await;
    /// assert_eq!(second - first, Duration::from_millis(5));
    /// # }
    /// ```
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// Polls for the next tick; ready with the instant at which it was due.
    ///
    /// The waker of the last call that returned `Pending` is woken. A call that returned `Ready` has none that would
    /// be.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, interval};
    /// use std::future::poll_fn;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut interval = interval(Duration::from_millis(5));
    /// poll_fn(|cx| interval.poll_tick(cx)).await;
    /// # }
    /// ```
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(self.alarm.poll(cx));
        let due = self.alarm.deadline();
        self.alarm.set(next_tick(due, Instant::now(), self.period, self.missed_tick_behavior));
        Poll::Ready(due)
    }

    /// The next tick comes one period from now, whatever the [`MissedTickBehavior`].
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, Instant, interval, sleep};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut interval = interval(Duration::from_millis(10));
    /// interval.tick().await;
    ///
    /// sleep(Duration::from_millis(5)).await;
    /// let now = Instant::now();
    /// interval.reset();
    /// assert!(interval.tick().await >= now + Duration::from_millis(10));
    /// # }
    /// ```
    pub fn reset(&mut self) {
        self.alarm.reset(from_now(self.period));
    }

    /// The next tick comes now, whatever the [`MissedTickBehavior`].
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, interval};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut interval = interval(Duration::from_secs(3600));
    /// interval.tick().await;
    /// interval.reset_immediately();
    /// interval.tick().await; // not after an hour
    /// # }
    /// ```
    pub fn reset_immediately(&mut self) {
        self.alarm.reset(Instant::now());
    }

    /// The next tick comes `after` from now, whatever the [`MissedTickBehavior`].
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, interval};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut interval = interval(Duration::from_secs(3600));
    /// interval.tick().await;
    /// interval.reset_after(Duration::from_millis(5));
    /// interval.tick().await; // after 5 ms
    /// # }
    /// ```
    pub fn reset_after(&mut self, after: Duration) {
        self.alarm.reset(from_now(after));
    }

    /// The next tick comes at `deadline`, the others each one period later.
    ///
    /// If `deadline` is past, the ticks from then on are missed ones, to which the [`MissedTickBehavior`] applies.
    /// Ticks that had been missed before are forgotten.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, Instant, interval};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut interval = interval(Duration::from_secs(3600));
    /// interval.tick().await;
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// interval.reset_at(deadline);
    /// assert_eq!(interval.tick().await, deadline);
    /// # }
    /// ```
    pub fn reset_at(&mut self, deadline: Instant) {
        self.alarm.reset(deadline);
    }

    /// What happens to ticks that were missed.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed_tick_behavior
    }

    /// Says what is to happen to ticks that were missed.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, MissedTickBehavior, interval};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut interval = interval(Duration::from_millis(5));
    /// assert_eq!(interval.missed_tick_behavior(), MissedTickBehavior::Burst);
    /// interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    /// assert_eq!(interval.missed_tick_behavior(), MissedTickBehavior::Skip);
    /// # }
    /// ```
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed_tick_behavior = behavior;
    }

    /// The time between two ticks.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, interval};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// assert_eq!(interval(Duration::from_secs(5)).period(), Duration::from_secs(5));
    /// # }
    /// ```
    pub fn period(&self) -> Duration {
        self.period
    }
}

/// When to tick after the tick that was due at `due` and is taken at `now`, not before it.
fn next_tick(due: Instant, now: Instant, period: Duration, behavior: MissedTickBehavior) -> Instant {
    let late = now - due;
    if late <= TOLERANCE {
        return due + period;
    }
    match behavior {
        MissedTickBehavior::Burst => due + period,
        MissedTickBehavior::Delay => now + period,
        MissedTickBehavior::Skip => {
            // A remainder is shorter than the period, and that has at most thirty years of nanoseconds: it fits.
            let into_period = (late.as_nanos() % period.as_nanos()) as u64;
            now + (period - Duration::from_nanos(into_period))
        }
    }
}

#[cfg(test)]
mod tests;
