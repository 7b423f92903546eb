//! [`yield_now`]: lets others go first.

use std::future::poll_fn;
use std::task::Poll;

/// Yields execution back to the runtime.
///
/// The task goes to the end of its worker's queue. There is no promise about what runs before it is polled again, nor that
/// anything does.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() {
/// gmp::spawn(async { println!("spawned task done") });
/// // The spawned task gets a chance to run before this one goes on.
/// gmp::task::yield_now().await;
/// # }
/// ```
#[doc(alias = "Gosched")]
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
