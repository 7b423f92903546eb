//! Utilities for tracking time: sleeps, intervals, timeouts.
//!
//! * [`Sleep`] completes at one [`Instant`].
//! * [`Interval`] completes again and again, one period after the other.
//! * [`Timeout`] gives a future only so long.
//!
//! They belong to the runtime that is current when they are made.
//!
//! ```
//! use gmp::time::{self, Duration};
//!
//! # #[gmp::main]
//! # async fn main() {
//! time::sleep(Duration::from_millis(5)).await;
//!
//! let never = std::future::pending::<()>();
//! assert!(time::timeout(Duration::from_millis(5), never).await.is_err());
//!
//! let mut interval = time::interval(Duration::from_millis(5));
//! for _ in 0..3 {
//!     interval.tick().await;
//! }
//! # }
//! ```
//!
//! # Precision
//! The clock counts nanoseconds, and nothing is rounded to milliseconds. Nothing completes before its time. How long
//! after it depends on how soon a thread of the runtime has time to look, and on how precisely the system wakes a
//! thread that sleeps.
//!
//! # Tests
#![cfg_attr(
    feature = "test-util",
    doc = "With the clock of a `current_thread` runtime [paused](pause), a test that sleeps takes no time."
)]
#![cfg_attr(
    not(feature = "test-util"),
    doc = "The feature `test-util` adds `pause`, `advance` and `resume`: with a paused clock a test that sleeps takes no time."
)]

#[cfg(feature = "test-util")]
mod pause;

pub mod error;
mod instant;
mod sleep;
mod interval;
mod timeout;

pub use instant::Instant;
pub use interval::{Interval, interval, interval_at};
#[cfg(feature = "test-util")]
pub use pause::{advance, pause, resume};
pub use sleep::{Sleep, sleep, sleep_until};
#[doc(no_inline)]
pub use std::time::Duration;
pub use timeout::{Timeout, timeout, timeout_at};
pub use tokio::time::MissedTickBehavior;

#[cfg(feature = "test-util")]
pub(crate) use pause::clocks_may_stand;

/// The longest time that is added to an instant: thirty years, which is for ever, and which every system's instants can
/// hold. Whoever reads [`Sleep::deadline`] or [`Interval::period`] sees it, so it is tokio's.
const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// `after` from now, or thirty years if that is sooner.
fn from_now(after: Duration) -> Instant {
    Instant::now() + after.min(FOR_EVER)
}
