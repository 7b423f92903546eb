//! gmp and tokio under one trait, so that a bench is one generic function and runs the same source on both.
//!
//! Channels need no trait: `gmp::sync` is tokio's, so a channel is one type on either runtime.

use std::fmt::Debug;
use std::future::Future;
use std::num::NonZero;
use std::thread;

/// What the benches ask of a runtime.
pub trait Runtime: Sized + 'static {
    /// What a report calls it.
    const NAME: &'static str;

    /// Why a task gave no output.
    type JoinError: Debug;

    /// A spawned task.
    type JoinHandle<T: Send + 'static>: Future<Output = Result<T, Self::JoinError>> + Send;

    /// A `multi_thread` runtime.
    fn multi_thread(workers: usize) -> Self;

    /// Runs a future on the calling thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Spawns onto the current runtime.
    fn spawn<F>(future: F) -> Self::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Spawns from a thread that isn't the runtime's.
    fn spawn_from_outside<F>(&self, future: F) -> Self::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Lets other tasks go first.
    fn yield_now() -> impl Future<Output = ()> + Send;

    /// Runs a future as a task and waits for it: Go's benchmarks run in goroutines, too.
    ///
    /// # Panics
    /// If the task does.
    fn run<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.block_on(async { Self::spawn(future).await }).expect("the benchmark's task completes")
    }
}

/// gmp.
#[derive(Debug)]
pub struct Gmp(gmp::runtime::Runtime);

impl Runtime for Gmp {
    const NAME: &'static str = "gmp";

    type JoinError = gmp::task::JoinError;
    type JoinHandle<T: Send + 'static> = gmp::task::JoinHandle<T>;

    fn multi_thread(workers: usize) -> Self {
        let built = gmp::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build();
        Self(built.expect("the runtime can be built"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    #[inline]
    fn spawn<F>(future: F) -> Self::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        gmp::spawn(future)
    }

    fn spawn_from_outside<F>(&self, future: F) -> Self::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn(future)
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        gmp::task::yield_now()
    }
}

/// tokio.
#[derive(Debug)]
pub struct Tokio(tokio::runtime::Runtime);

impl Runtime for Tokio {
    const NAME: &'static str = "tokio";

    type JoinError = tokio::task::JoinError;
    type JoinHandle<T: Send + 'static> = tokio::task::JoinHandle<T>;

    fn multi_thread(workers: usize) -> Self {
        let built = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build();
        Self(built.expect("the runtime can be built"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    #[inline]
    fn spawn<F>(future: F) -> Self::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(future)
    }

    fn spawn_from_outside<F>(&self, future: F) -> Self::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn(future)
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }
}

/// As many workers as the process may use CPUs, which is what `GOMAXPROCS` is by default; `taskset` changes both.
pub fn workers() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// How much of `total` operations the `index`-th of `parts` tasks does, so that together they do all of them.
pub fn share(total: u64, parts: usize, index: usize) -> u64 {
    let parts = parts as u64;
    total / parts + u64::from((index as u64) < total % parts)
}

#[cfg(test)]
mod tests;
