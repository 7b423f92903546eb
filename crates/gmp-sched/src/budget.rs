//! The poll budget that gmp shares with `tokio::sync`.
//!
//! tokio's primitives consult a budget in a thread-local of tokio's, which is unlimited outside its own schedulers: a
//! loop over a ready channel would never yield here. Stable public API lets us set it all the same:
//! 1. [`scope`] runs an M's whole loop inside one poll of `coop::unconstrained`, whose guard puts the thread back to
//!    unlimited at the end. (A finite budget that nobody refills would turn every later poll on the thread into a
//!    livelock.)
//! 2. A task in a throw-away `LocalSet` has a full budget; the `RestoreOnPending` that its `poll_proceed` returns
//!    remembers it. Dropping that guard sets the thread's budget to full, outside of the `LocalSet` too.
//! 3. [`Budget::refill`] drops the guard and takes a new one for the next time.
//!
//! A refill costs a few nanoseconds (51 instructions a spawn and await, were it done each turn; 8 done every fourth), so an M
//! does it when a turn has used the budget up, and every eighth turn otherwise: no turn begins without any.
//!
//! The facade's tests pin this behaviour for each primitive.
//!
//! Go: runtime/preempt.go in spirit: what a goroutine's prologue checks

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio::task::coop::{RestoreOnPending, poll_proceed};

/// Turns of other Gs after which the budget is refilled whatever they did. A G uses a few units a turn, so what is
/// left for the last of them is still most of the 128.
pub(crate) const REFILL_EVERY: u32 = 8;

/// The thread's budget, armed. See the [module](self).
pub struct Budget {
    guard: Cell<Option<RestoreOnPending>>,
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").finish_non_exhaustive()
    }
}

impl Budget {
    fn new() -> Self {
        let stolen = Rc::new(Cell::new(None));
        let out = stolen.clone();
        let set = tokio::task::LocalSet::new();
        set.spawn_local(poll_fn(move |cx| {
            if let Poll::Ready(guard) = poll_proceed(cx) {
                out.set(Some(guard));
            }
            Poll::Ready(())
        }));
        let _ = pin!(set).poll(&mut Context::from_waker(Waker::noop()));
        Self { guard: Cell::new(stolen.take()) }
    }

    /// Whether anything is left of the thread's budget.
    #[inline]
    pub fn is_left() -> bool {
        tokio::task::coop::has_budget_remaining()
    }

    /// Sets the thread's budget to full.
    #[inline]
    pub fn refill(&self) {
        // Dropping the old guard restores what it saw: a full budget.
        drop(self.guard.take());
        if let Poll::Ready(guard) = poll_proceed(&mut Context::from_waker(Waker::noop())) {
            self.guard.set(Some(guard));
        }
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        // Wherever that happens: the guard must not give that thread a full budget.
        if let Some(guard) = self.guard.take() {
            guard.made_progress();
        }
    }
}

thread_local! {
    /// For executors inside of tasks.
    static NESTED: Budget = Budget::new();
}

/// For an executor inside of a task, which gives each of its own tasks a budget by calling what `f` is given. When `f` ends, the
/// thread's budget is what it was.
pub fn nested<R>(f: impl FnOnce(&dyn Fn()) -> R) -> R {
    // Where the thread's locals are being destroyed, tasks have to do with what there is.
    restored(|| {
        f(&|| {
            let _ = NESTED.try_with(Budget::refill);
        })
    })
}

/// Runs `f` with a budget that it can refill; afterwards the thread's budget is what it was.
pub fn scope<R>(f: impl FnOnce(&Budget) -> R) -> R {
    restored(|| f(&Budget::new()))
}

/// Runs `f`; afterwards the thread's budget is what it was.
fn restored<R>(f: impl FnOnce() -> R) -> R {
    let mut f = Some(f);
    let scoped = tokio::task::coop::unconstrained(poll_fn(|_| {
        let Some(f) = f.take() else { gmp_base::throw!("the budget's scope was polled twice") };
        Poll::Ready(f())
    }));
    match pin!(scoped).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => gmp_base::throw!("the budget's scope was pending"),
    }
}

/// Runs `f` without a limit; afterwards the thread's budget is what it was.
pub(crate) fn unlimited<R>(f: impl FnOnce() -> R) -> R {
    let mut f = Some(f);
    let unlimited = tokio::task::coop::unconstrained(poll_fn(|_| match f.take() {
        Some(f) => Poll::Ready(f()),
        None => gmp_base::throw!("the budget's scope was polled twice"),
    }));
    match pin!(unlimited).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => gmp_base::throw!("the budget's scope was pending"),
    }
}
