//! [`pause`], [`advance`], [`resume`]: a clock that a test holds in its hand.

use crate::runtime::PAUSE_NEEDS_CURRENT_THREAD;
use crate::task::yield_now;
use crate::time::Instant;
use crate::time::instant::machine_now;
use gmp_sched::{Flavor, Sched};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

// The words are tokio's.
const OUTSIDE: &str = "time cannot be frozen from outside the Tokio runtime";
const FROZEN: &str = "time is already frozen";
const NOT_FROZEN: &str = "time is not frozen";

/// Stops the clock of the current runtime.
///
/// From now on [`Instant::now`] returns the same moment, and only [`advance`] and the runtime itself (below) move it.
/// std's clock isn't touched.
///
/// A test that is to begin so is written `#[gmp::test(start_paused = true)]`; see also
/// [`Builder::start_paused`](crate::runtime::Builder::start_paused).
///
/// # Auto-advance
/// When all tasks of the runtime wait, the clock jumps to the next time that one of them waits for, exactly. So a
/// [`sleep`](crate::time::sleep()) takes no real time, and what sleeps wakes in order.
///
/// It doesn't jump while a job of [`spawn_blocking`](crate::task::spawn_blocking) runs: a task can wait for what
/// happens in the real world and find the clock where it was.
///
/// # Panics
/// If the clock is paused already, if called outside of a runtime's context, or if the runtime isn't a `current_thread`
/// one.
///
/// # Examples
/// ```
/// use gmp::time::{self, Duration, Instant};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() {
/// time::pause();
/// let before = Instant::now();
/// time::sleep(Duration::from_secs(3600)).await;
/// assert_eq!(before.elapsed(), Duration::from_secs(3600));
/// # }
/// ```
#[track_caller]
pub fn pause() {
    let sched = current();
    assert!(sched.config.flavor == Flavor::CurrentThread, "{PAUSE_NEEDS_CURRENT_THREAD}");
    clocks_may_stand();
    assert!(sched.clock().pause().is_ok(), "{FROZEN}");
}

/// Lets the clock of the current runtime go on from where it stands.
///
/// # Panics
/// If the clock isn't paused, or if called outside of a runtime's context.
///
/// # Examples
/// ```
/// use gmp::time::{self, Duration, Instant};
///
/// # #[gmp::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let before = Instant::now();
/// time::resume();
/// std::thread::sleep(Duration::from_millis(5));
/// assert!(before.elapsed() >= Duration::from_millis(5));
/// # }
/// ```
#[track_caller]
pub fn resume() {
    assert!(gmp_sched::timer::resume(&current()).is_ok(), "{NOT_FROZEN}");
}

/// Moves the paused clock of the current runtime forward, in one jump, and yields.
///
/// All sleeps whose time is passed are over then. Their tasks run after this, in any order, and see the new time,
/// however long ago theirs was: to have them run one by one, each at its time, [`sleep`](crate::time::sleep()) instead
/// and let the clock [move by itself](pause#auto-advance).
///
/// # Panics
/// If the clock isn't paused, if called outside of a runtime's context, or if no instant is so late.
///
/// # Examples
/// ```
/// use gmp::time::{self, Duration, Instant};
///
/// # #[gmp::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let before = Instant::now();
/// time::advance(Duration::from_micros(1)).await;
/// assert_eq!(before.elapsed(), Duration::from_micros(1));
/// # }
/// ```
pub async fn advance(duration: Duration) {
    jump(duration);
    yield_now().await;
}

fn jump(duration: Duration) {
    let sched = current();
    let clock = sched.clock();
    assert!(clock.is_paused(), "{NOT_FROZEN}");
    // std's panic, in std's words, if the time is too late.
    let _ = clock.instant() + duration;
    let moved = gmp_sched::timer::advance(&sched, duration);
    assert!(moved.is_ok(), "{NOT_FROZEN}");
}

#[track_caller]
fn current() -> Arc<Sched> {
    match gmp_sched::current() {
        Some(sched) => sched,
        None => panic!("{OUTSIDE}"),
    }
}

/// Whether the clock of any runtime has been paused. As long as none was, the time costs a program no more that has
/// this feature on without using it.
static PAUSED: AtomicBool = AtomicBool::new(false);

/// To be called before a clock is paused.
pub(crate) fn clocks_may_stand() {
    // ORDERING: whoever learns of the pause by other means sees this.
    PAUSED.store(true, Ordering::Release);
}

pub(super) fn now() -> Instant {
    // ORDERING: pairs with `clocks_may_stand`.
    if !PAUSED.load(Ordering::Acquire) {
        return machine_now();
    }
    let now = gmp_sched::current().map(|sched| sched.clock().instant());
    Instant::from_std(now.unwrap_or_else(std::time::Instant::now))
}
