//! What every leaf future of the runtime's asks before it makes progress: may the task go on?

use std::task::{Context, Poll};
use tokio::task::coop::{self, RestoreOnPending};

/// As [`coop::poll_proceed`]; and a task that has had its P for longer than its time slice is told to yield, whatever is left of its
/// budget (Go: a goroutine's prologue looks at `stackguard0`).
#[inline]
pub(crate) fn poll_proceed(cx: &mut Context<'_>) -> Poll<RestoreOnPending> {
    if gmp_sched::is_preempted() {
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    coop::poll_proceed(cx)
}
