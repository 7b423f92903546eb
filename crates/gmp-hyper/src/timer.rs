//! [`GmpTimer`]: hyper's timeouts are timers of gmp.
//!
//! Go: time.Timer, as net/http sets it for its deadlines.

use hyper::rt::{Sleep, Timer};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Gives hyper the clock of gmp.
///
/// Without a timer hyper has no timeouts: a client that sends half a header holds its connection for ever.
///
/// # Panics
/// A sleep panics outside of a runtime, as [`gmp::time::sleep`] does.
///
/// # Examples
/// ```
/// use gmp_hyper::GmpTimer;
/// use hyper::server::conn::http1;
/// use std::time::Duration;
///
/// let mut http1 = http1::Builder::new();
/// http1.timer(GmpTimer::new()).header_read_timeout(Duration::from_secs(5));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GmpTimer;

impl GmpTimer {
    /// A timer on the clock of the runtime that it is used in.
    pub fn new() -> Self {
        Self
    }
}

impl Timer for GmpTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(GmpSleep { sleep: gmp::time::sleep(duration) })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(GmpSleep { sleep: gmp::time::sleep_until(deadline.into()) })
    }

    /// The time that deadlines are counted from: that of the runtime, which stands still while a test has paused it.
    fn now(&self) -> Instant {
        gmp::time::Instant::now().into_std()
    }

    /// Moves a sleep of ours; one of somebody else's timer is replaced.
    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, new_deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<GmpSleep>() {
            Some(ours) => ours.project().sleep.reset(new_deadline.into()),
            None => *sleep = self.sleep_until(new_deadline),
        }
    }
}

pin_project! {
    /// What hyper holds: our sleep behind its trait.
    #[derive(Debug)]
    struct GmpSleep {
        #[pin]
        sleep: gmp::time::Sleep,
    }
}

impl Future for GmpSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().sleep.poll(cx)
    }
}

impl Sleep for GmpSleep {}

#[cfg(test)]
mod tests;
