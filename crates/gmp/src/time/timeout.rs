//! [`Timeout`]: a future that has only so long.

use crate::task::coop;
use crate::time::error::Elapsed;
use crate::time::sleep::Alarm;
use crate::time::{Duration, Instant};
use pin_project_lite::pin_project;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// Requires a future to complete before `duration` has elapsed.
///
/// The future is polled first, and then the time is looked at. So a future that is ready at once gives [`Ok`] even if
/// the time is zero, and one that doesn't yield can take longer than it should and still give [`Ok`]. A future whose
/// time is over is dropped with the [`Timeout`], or got back by [`Timeout::into_inner`].
///
/// # Errors
/// The output is an [`Elapsed`] if the time was over first.
///
/// # Panics
/// If called outside of a runtime's context. `rt.block_on(timeout(..))` does so: the argument is made before the
/// runtime is entered; `rt.block_on(async { timeout(..).await })` doesn't.
///
/// # Cancel safety
/// It is cancelled by dropping it, the future with it.
///
/// # Examples
/// ```
/// use gmp::sync::oneshot;
/// use gmp::time::{Duration, timeout};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() {
/// let (tx, rx) = oneshot::channel::<()>();
/// if timeout(Duration::from_millis(10), rx).await.is_err() {
///     println!("nothing came within 10 ms");
/// }
/// # drop(tx);
/// # }
/// ```
#[track_caller]
pub fn timeout<F>(duration: Duration, future: F) -> Timeout<F::IntoFuture>
where
    F: IntoFuture,
{
    let value = future.into_future();
    // A time that no instant can hold is no limit.
    let Some(deadline) = Instant::now().checked_add(duration) else { return Timeout { value, alarm: None } };
    Timeout { value, alarm: Some(Alarm::after(deadline, duration)) }
}

/// Requires a future to complete before `deadline`.
///
/// See [`timeout`] for everything else.
///
/// # Errors
/// The output is an [`Elapsed`] if the deadline came first.
///
/// # Panics
/// If called outside of a runtime's context.
///
/// # Cancel safety
/// It is cancelled by dropping it, the future with it.
///
/// # Examples
/// ```
/// use gmp::time::{Duration, Instant, timeout_at};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() {
/// let deadline = Instant::now() + Duration::from_millis(10);
/// assert_eq!(timeout_at(deadline, async { 1 }).await, Ok(1));
/// assert!(timeout_at(deadline, std::future::pending::<()>()).await.is_err());
/// # }
/// ```
#[track_caller]
pub fn timeout_at<F>(deadline: Instant, future: F) -> Timeout<F::IntoFuture>
where
    F: IntoFuture,
{
    Timeout { value: future.into_future(), alarm: Some(Alarm::new(deadline)) }
}

pin_project! {
    /// Future returned by [`timeout`] and [`timeout_at`].
    #[project(!Unpin)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    #[derive(Debug)]
    pub struct Timeout<T> {
        #[pin]
        value: T,
        // None: no limit.
        alarm: Option<Alarm>,
    }
}

impl<T> Timeout<T> {
    /// The future.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, timeout};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut limited = timeout(Duration::from_secs(1), std::future::ready(1));
    /// assert_eq!(format!("{:?}", limited.get_ref()), "Ready(Some(1))");
    /// *limited.get_mut() = std::future::ready(2);
    /// assert_eq!(limited.await, Ok(2));
    /// # }
    /// ```
    pub fn get_ref(&self) -> &T {
        &self.value
    }

    /// The future, to be changed.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// The future, without a limit.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, timeout};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let limited = timeout(Duration::from_millis(1), std::future::ready(1));
    /// assert_eq!(limited.into_inner().await, 1);
    /// # }
    /// ```
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Future for Timeout<T>
where
    T: Future,
{
    type Output = Result<T::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let me = self.project();
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(output) = me.value.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        match me.alarm {
            Some(alarm) => poll_alarm(alarm, had_budget, cx).map(|()| Err(Elapsed::new())),
            None => Poll::Pending,
        }
    }
}

/// Whether the time is over. A future that uses its budget up each time it is polled must not keep us from ever seeing
/// it: then this look costs nothing.
fn poll_alarm(alarm: &mut Alarm, had_budget: bool, cx: &mut Context<'_>) -> Poll<()> {
    if had_budget && !coop::has_budget_remaining() {
        pin!(coop::unconstrained(poll_fn(|cx| alarm.poll(cx)))).poll(cx)
    } else {
        alarm.poll(cx)
    }
}
