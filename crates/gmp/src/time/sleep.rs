//! [`Sleep`]: a future that completes at an instant.
//!
//! A sleep has a timer of the scheduler's only while it waits: it gets one when it is polled before its time, and lets
//! go of it when the time comes, when it is dropped, or when it is reset to an earlier time. See `gmp_time` for what
//! that costs.

use crate::runtime::{NO_RUNTIME, SHUTTING_DOWN};
use crate::task::leaf;
use crate::time::{Duration, Instant, from_now};
use gmp_time::{Fired, LATEST, Timer};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

/// Waits until `deadline` is reached.
///
/// # Panics
/// If called outside of a runtime's context. `rt.block_on(sleep_until(..))` does so: the argument is made before the
/// runtime is entered; `rt.block_on(async { sleep_until(..).await })` doesn't.
///
/// # Cancel safety
/// The sleep is cancelled by dropping it.
///
/// # Examples
/// ```
/// use gmp::time::{Duration, Instant, sleep_until};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() {
/// let deadline = Instant::now() + Duration::from_millis(10);
/// sleep_until(deadline).await;
/// assert!(Instant::now() >= deadline);
/// # }
/// ```
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { alarm: Alarm::new(deadline) }
}

/// Waits until `duration` has elapsed.
///
/// The time counts from this call on, not from the first poll. A sleep without a duration is over at once. One of more
/// than thirty years lasts thirty years, so that `Duration::MAX` is one way to say "for ever".
///
/// To do something at regular times, see [`interval`](crate::time::interval()).
///
/// # Panics
/// If called outside of a runtime's context. `rt.block_on(sleep(..))` does so: the argument is made before the runtime
/// is entered; `rt.block_on(async { sleep(..).await })` doesn't.
///
/// # Cancel safety
/// The sleep is cancelled by dropping it.
///
/// # Examples
/// ```
/// use gmp::time::{Duration, sleep};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() {
/// sleep(Duration::from_millis(10)).await;
/// println!("10 ms have elapsed");
/// # }
/// ```
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    Sleep { alarm: Alarm::after(from_now(duration), duration) }
}

pin_project! {
    /// Future returned by [`sleep`] and [`sleep_until`].
    ///
    /// It isn't `Unpin`: awaiting it needs nothing, but to poll it more than once in a loop, as
    /// [`select!`](crate::select) does, it must be pinned first, by [`pin!`](crate::pin) or [`Box::pin`].
    ///
    /// Polled again after it has completed, it is still complete, until it is [`reset`](Sleep::reset).
    ///
    /// # Panics
    /// When it is polled while it waits and its runtime has ended.
    ///
    /// # Examples
    /// One sleep in a loop:
    /// ```
    /// use gmp::time::{self, Duration, Instant};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let sleep = time::sleep(Duration::from_millis(10));
    /// gmp::pin!(sleep);
    ///
    /// for _ in 0..2 {
    ///     gmp::select! {
    ///         () = &mut sleep => {
    ///             println!("elapsed");
    ///             sleep.as_mut().reset(Instant::now() + Duration::from_millis(10));
    ///         }
    ///     }
    /// }
    /// # }
    /// ```
    /// In a struct; with the box the struct is `Unpin`:
    /// ```
    /// use gmp::time::Sleep;
    /// use std::future::Future;
    /// use std::pin::Pin;
    /// use std::task::{Context, Poll};
    ///
    /// struct HasSleep {
    ///     sleep: Pin<Box<Sleep>>,
    /// }
    ///
    /// impl Future for HasSleep {
    ///     type Output = ();
    ///
    ///     fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
    ///         self.sleep.as_mut().poll(cx)
    ///     }
    /// }
    /// ```
    #[project(!Unpin)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Sleep {
        alarm: Alarm,
    }
}

impl Sleep {
    /// The instant at which it completes.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, Instant, sleep_until};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let deadline = Instant::now() + Duration::from_secs(60);
    /// assert_eq!(sleep_until(deadline).deadline(), deadline);
    /// # }
    /// ```
    pub fn deadline(&self) -> Instant {
        self.alarm.deadline
    }

    /// Whether it is over: it waited and its time came, or its time had come when it was polled.
    ///
    /// One that was never polled isn't, unless it has been [`reset`](Sleep::reset).
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, sleep};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let sleep = sleep(Duration::from_millis(1));
    /// gmp::pin!(sleep);
    /// assert!(!sleep.is_elapsed());
    /// sleep.as_mut().await;
    /// assert!(sleep.is_elapsed());
    /// # }
    /// ```
    pub fn is_elapsed(&self) -> bool {
        self.alarm.is_elapsed()
    }

    /// Gives it a new deadline, whether it is over or not.
    ///
    /// Moving the deadline of a sleep that waits to a later time is one store, so it is the cheap way to have a timeout
    /// since the last of many events. Who was to be woken at the old time will be at the new one.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, Instant, sleep};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let sleep = sleep(Duration::from_millis(10));
    /// gmp::pin!(sleep);
    ///
    /// let later = Instant::now() + Duration::from_millis(20);
    /// sleep.as_mut().reset(later);
    /// sleep.await;
    /// assert!(Instant::now() >= later);
    /// # }
    /// ```
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        self.project().alarm.reset(deadline);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().alarm.poll(cx)
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").field("deadline", &self.deadline()).field("is_elapsed", &self.is_elapsed()).finish()
    }
}

/// What is in a [`Sleep`], and in whatever else waits for a time. By itself it doesn't need to be pinned.
pub(super) struct Alarm {
    deadline: Instant,
    /// The runtime whose clock this waits for, by its number: a reference to it would be counted up and down at each sleep, by all
    /// threads in the same place.
    runtime: u64,
    state: State,
}

/// A sleep that is made for so long isn't over when it is polled first, as a rule; and if it is, the scheduler tells.
const AHEAD: Duration = Duration::from_millis(1);

/// Of one that is made for a time. Who has read the clock before, in the same turn, most probably to reckon the time, has read it
/// for both.
#[inline]
fn state_for(deadline: Instant) -> State {
    let ahead = |now: std::time::Instant| now.checked_add(AHEAD).is_some_and(|near| deadline.into_std() >= near);
    if gmp_sched::timer::seen_now().is_some_and(ahead) { State::Ahead } else { State::New }
}

enum State {
    /// Not polled yet.
    New,
    /// Not polled yet, and made for a time that was well ahead: the clock needn't be read.
    Ahead,
    /// Not polled since it was reset.
    Reset,
    /// Waits.
    Armed(Timer),
    /// Its time has come.
    Elapsed,
}

impl Alarm {
    /// Set to `deadline` on the current runtime's clock.
    #[track_caller]
    #[inline]
    pub(super) fn new(deadline: Instant) -> Self {
        Self::with_state(deadline, state_for(deadline))
    }

    /// The same, where that is `duration` from now.
    #[track_caller]
    #[inline]
    pub(super) fn after(deadline: Instant, duration: Duration) -> Self {
        Self::with_state(deadline, if duration >= AHEAD { State::Ahead } else { State::New })
    }

    #[track_caller]
    #[inline]
    fn with_state(deadline: Instant, state: State) -> Self {
        match gmp_sched::getg::current_runtime() {
            Some(runtime) => Self { deadline, runtime, state },
            None => panic!("{NO_RUNTIME}"),
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    fn is_elapsed(&self) -> bool {
        match &self.state {
            State::New | State::Ahead => false,
            State::Reset => self.is_past().unwrap_or(false),
            State::Armed(timer) => timer.ended() == Some(Fired::Elapsed),
            State::Elapsed => true,
        }
    }

    /// Whether the deadline is past on the runtime's clock; `None` if there is no runtime any more.
    fn is_past(&self) -> Option<bool> {
        gmp_sched::getg::with_runtime(self.runtime, |sched| sched.clock().instant() >= self.deadline.into_std())
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let fired = match &mut self.state {
            State::New | State::Ahead | State::Reset => self.look(cx.waker()),
            State::Armed(timer) => timer.poll(cx),
            State::Elapsed => Poll::Ready(Fired::Elapsed),
        };
        if ready!(fired) == Fired::Shutdown {
            panic!("{SHUTTING_DOWN}");
        }
        // Only what is over is progress.
        let budget = ready!(leaf::poll_proceed(cx));
        self.state = State::Elapsed;
        budget.made_progress();
        Poll::Ready(())
    }

    /// Looks at the clock, and waits if the time is yet to come.
    fn look(&mut self, waker: &Waker) -> Poll<Fired> {
        let ahead = matches!(self.state, State::Ahead);
        let looked = gmp_sched::getg::with_runtime(self.runtime, |sched| {
            let clock = sched.clock();
            // Beyond the clock's end there is nothing to wait for, and nobody to be woken.
            let Some(when) = clock.when(self.deadline.into_std()) else { return Poll::Pending };
            if (!ahead || clock.is_virtual()) && when <= clock.now() {
                return Poll::Ready(Fired::Elapsed);
            }
            let timer = gmp_sched::timer::start(sched, when, waker.clone());
            if let Some(fired) = timer.ended() {
                return Poll::Ready(fired);
            }
            self.state = State::Armed(timer);
            Poll::Pending
        });
        looked.unwrap_or(Poll::Ready(Fired::Shutdown))
    }

    /// A new deadline. Whoever was to be woken at the old one will be at this.
    pub(super) fn reset(&mut self, deadline: Instant) {
        self.deadline = deadline;
        let State::Armed(mut timer) = std::mem::replace(&mut self.state, State::Reset) else { return };
        let when = gmp_sched::getg::with_runtime(self.runtime, |sched| sched.clock().when(deadline.into_std()));
        if timer.rearm_later(when.flatten().unwrap_or(LATEST)) {
            self.state = State::Armed(timer);
            return;
        }
        // It is earlier, or the timer has just fired; then there is no waker any more.
        if let Some(waker) = gmp_sched::timer::stop(self.runtime, timer) {
            if self.look(&waker).is_ready() {
                waker.wake();
            }
        }
    }

    /// A new deadline. Nobody waits for it until the next poll.
    pub(super) fn set(&mut self, deadline: Instant) {
        self.deadline = deadline;
        self.stop();
        self.state = state_for(deadline);
    }

    /// Nobody is to be woken.
    #[inline]
    fn stop(&mut self) {
        if let State::Armed(timer) = std::mem::replace(&mut self.state, State::Elapsed) {
            drop(gmp_sched::timer::stop(self.runtime, timer));
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm")
            .field("deadline", &self.deadline)
            .field("is_elapsed", &self.is_elapsed())
            .finish_non_exhaustive()
    }
}
