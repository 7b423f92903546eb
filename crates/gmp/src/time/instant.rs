//! [`Instant`]: a moment on the runtime's clock.

use std::fmt;
use std::ops;
use std::time::Duration;

/// A moment on a clock that never goes back.
///
/// It is [`std::time::Instant`], but for [`now`](Instant::now), which knows of a paused clock (feature `test-util`).
/// Two moments can be compared and subtracted; the difference is zero if it would be negative.
///
/// # Examples
/// ```
/// use gmp::time::{Duration, Instant, sleep};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() {
/// let before = Instant::now();
/// sleep(Duration::from_millis(5)).await;
/// assert!(before.elapsed() >= Duration::from_millis(5));
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    std: std::time::Instant,
}

impl Instant {
    /// The present moment.
    ///
    /// With the feature `test-util`, if the current runtime's clock is or has been paused: the moment on that clock.
    ///
    /// # Examples
    /// ```
    /// let now = gmp::time::Instant::now();
    /// assert!(gmp::time::Instant::now() >= now);
    /// ```
    pub fn now() -> Instant {
        now()
    }

    /// The moment of std's that this is.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::Instant;
    ///
    /// let std = std::time::Instant::now();
    /// assert_eq!(Instant::from_std(std).into_std(), std);
    /// ```
    pub fn from_std(std: std::time::Instant) -> Instant {
        Instant { std }
    }

    /// The moment as std's type.
    pub fn into_std(self) -> std::time::Instant {
        self.std
    }

    /// How much later than `earlier` this is; zero if it isn't.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, Instant};
    ///
    /// let now = Instant::now();
    /// let later = now + Duration::from_secs(1);
    /// assert_eq!(later.duration_since(now), Duration::from_secs(1));
    /// assert_eq!(now.duration_since(later), Duration::ZERO);
    /// ```
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.std.saturating_duration_since(earlier.std)
    }

    /// How much later than `earlier` this is; `None` if it isn't.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, Instant};
    ///
    /// let now = Instant::now();
    /// let later = now + Duration::from_secs(1);
    /// assert_eq!(later.checked_duration_since(now), Some(Duration::from_secs(1)));
    /// assert_eq!(now.checked_duration_since(later), None);
    /// ```
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.std.checked_duration_since(earlier.std)
    }

    /// How much later than `earlier` this is; zero if it isn't.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, Instant};
    ///
    /// let now = Instant::now();
    /// let later = now + Duration::from_secs(1);
    /// assert_eq!(later.saturating_duration_since(now), Duration::from_secs(1));
    /// assert_eq!(now.saturating_duration_since(later), Duration::ZERO);
    /// ```
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.std.saturating_duration_since(earlier.std)
    }

    /// How long ago this was; zero if it is yet to come.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, Instant};
    ///
    /// let hour = Duration::from_secs(3600);
    /// assert_eq!((Instant::now() + hour).elapsed(), Duration::ZERO);
    /// ```
    pub fn elapsed(&self) -> Duration {
        Instant::now().saturating_duration_since(*self)
    }

    /// `duration` after this; `None` if no instant is so late.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, Instant};
    ///
    /// assert_eq!(Instant::now().checked_add(Duration::MAX), None);
    /// ```
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        self.std.checked_add(duration).map(Instant::from_std)
    }

    /// `duration` before this; `None` if no instant is so early.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, Instant};
    ///
    /// assert_eq!(Instant::now().checked_sub(Duration::MAX), None);
    /// ```
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        self.std.checked_sub(duration).map(Instant::from_std)
    }
}

#[cfg(not(feature = "test-util"))]
fn now() -> Instant {
    machine_now()
}

/// The machine's clock; a sleep that is made next knows what it says.
#[inline]
pub(super) fn machine_now() -> Instant {
    let now = std::time::Instant::now();
    gmp_sched::timer::note_now(now);
    Instant::from_std(now)
}

#[cfg(feature = "test-util")]
fn now() -> Instant {
    super::pause::now()
}

impl From<std::time::Instant> for Instant {
    fn from(time: std::time::Instant) -> Instant {
        Instant::from_std(time)
    }
}

impl From<Instant> for std::time::Instant {
    fn from(time: Instant) -> std::time::Instant {
        time.into_std()
    }
}

impl ops::Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, other: Duration) -> Instant {
        Instant::from_std(self.std + other)
    }
}

impl ops::AddAssign<Duration> for Instant {
    fn add_assign(&mut self, rhs: Duration) {
        *self = *self + rhs;
    }
}

impl ops::Sub for Instant {
    type Output = Duration;

    fn sub(self, rhs: Instant) -> Duration {
        self.duration_since(rhs)
    }
}

impl ops::Sub<Duration> for Instant {
    type Output = Instant;

    fn sub(self, rhs: Duration) -> Instant {
        Instant::from_std(self.std - rhs)
    }
}

impl ops::SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, rhs: Duration) {
        *self = *self - rhs;
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.std.fmt(f)
    }
}
