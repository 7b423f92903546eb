//! What `#[gmp::main]` and `#[gmp::test]` expand to, beside the public API. Not API: no semver.
//!
//! The expansion calls `(&mut MainFuture::new(future)).run_main(runtime)` with both traits in scope. A method
//! call tries its receiver's type first, then a borrow of it. `RunAsG` is implemented for the receiver's type,
//! `&mut MainFuture<F>`, and only for futures that may move between threads; `RunLocked` for
//! `&mut &mut MainFuture<F>` and all futures. So the first wins where it applies, and nothing is ambiguous
//! where it doesn't.
//!
//! The runtime is passed by value: it ends before the function returns, after the future.
//!
//! Go: runtime/proc.go (main), as far as it chooses how main.main runs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::runtime::Runtime;

/// The future of the user's `main`, until it is run.
pub struct MainFuture<F> {
    /// Taken by the one call of `run_main`.
    future: Option<F>,
}

impl<F: Future> MainFuture<F> {
    /// Wraps the future for one call of `run_main`.
    pub fn new(future: F) -> MainFuture<F> {
        MainFuture { future: Some(future) }
    }

    fn take(&mut self) -> F {
        self.future.take().expect("main runs once")
    }
}

impl<F> fmt::Debug for MainFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MainFuture").finish_non_exhaustive()
    }
}

/// Runs `main` as an ordinary G: it may move between Ms.
pub trait RunAsG {
    /// What `main` returns.
    type Output;

    /// Runs the future to its end, then ends the runtime.
    #[track_caller]
    fn run_main(self, runtime: Runtime) -> Self::Output;
}

impl<F> RunAsG for &mut MainFuture<F>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    type Output = F::Output;

    #[track_caller]
    fn run_main(self, runtime: Runtime) -> F::Output {
        runtime.block_on_main(self.take())
    }
}

/// Runs `main` as a G that is locked to the calling M.
pub trait RunLocked {
    /// What `main` returns.
    type Output;

    /// Runs the future to its end, then ends the runtime.
    #[track_caller]
    fn run_main(self, runtime: Runtime) -> Self::Output;
}

impl<F: Future> RunLocked for &mut &mut MainFuture<F> {
    type Output = F::Output;

    #[track_caller]
    fn run_main(self, runtime: Runtime) -> F::Output {
        runtime.block_on(self.take())
    }
}

/// Hides the type of a test's future, so that all tests share one `block_on`.
pub fn erase<'a, F: Future + 'a>(future: Pin<&'a mut F>) -> Pin<&'a mut (dyn Future<Output = F::Output> + 'a)> {
    future
}

/// Stands for the output of a body before the body is typed. Never called.
pub fn output<T>() -> T {
    unreachable!("stands for a type only")
}
