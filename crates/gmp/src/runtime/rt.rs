//! [`Runtime`]: owns a scheduler; dropping it ends it.

#[cfg(feature = "rt-multi-thread")]
use crate::runtime::Builder;
use crate::runtime::{EnterGuard, Handle, RuntimeMetrics};
use crate::task::JoinHandle;
use gmp_sched::proc::{needm, newproc};
use gmp_sched::shutdown::{self, Wait};
use gmp_sched::{Flavor, main_g};
use std::future::Future;
#[cfg(feature = "rt-multi-thread")]
use std::io;
use std::time::Duration;

/// A runtime.
///
/// Dropping it cancels its tasks and waits for the blocking jobs that run; see [`shutdown_timeout`](Self::shutdown_timeout)
/// and [`shutdown_background`](Self::shutdown_background) for other ways.
///
/// # Examples
/// ```
/// let rt = gmp::runtime::Runtime::new()?;
/// rt.spawn(async { println!("on a worker") });
/// rt.block_on(async { println!("here") });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Runtime {
    handle: Handle,
    /// Whether the drop has still to end it.
    alive: bool,
}

impl Runtime {
    pub(crate) fn from_handle(handle: Handle) -> Self {
        Self { handle, alive: true }
    }

    /// A `multi_thread` runtime with everything enabled and the defaults of [`Builder`].
    ///
    /// # Errors
    /// As [`Builder::build`].
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "rt-multi-thread")]
    pub fn new() -> io::Result<Runtime> {
        Builder::new_multi_thread().enable_all().build()
    }

    /// A handle to the runtime, to spawn from elsewhere.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// let handle = rt.handle().clone();
    /// let job = std::thread::spawn(move || handle.block_on(async { 1 }));
    /// assert_eq!(job.join().unwrap(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Spawns a future onto the runtime. It starts at once, whether it is awaited or not.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// let task = rt.spawn(async { 1 + 1 });
    /// assert_eq!(rt.block_on(task).unwrap(), 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        // As in `Handle::spawn`, and here because each call by value costs a large future a copy.
        if size_of::<F>() > newproc::BOX_ABOVE {
            self.handle.spawn(Box::pin(future))
        } else {
            self.handle.spawn(future)
        }
    }

    /// Runs the function on a thread where blocking is allowed. See [`task::spawn_blocking`](crate::task::spawn_blocking).
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// let job = rt.spawn_blocking(|| std::fs::read("Cargo.toml"));
    /// assert!(rt.block_on(job).unwrap().is_ok());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, func: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle.spawn_blocking(func)
    }

    /// Runs a future to its end on the calling thread, and returns its output.
    ///
    /// In a `multi_thread` runtime the calling thread runs nothing else meanwhile, so no other task can stall this future;
    /// tasks run on the workers. In a `current_thread` runtime the calling thread runs all tasks while this lasts, and none
    /// runs outside of it. If several threads call it at the same time there, one of them runs the tasks, and another takes
    /// over when that one is through.
    ///
    /// When this returns, spawned tasks that aren't done stay; they go on (`multi_thread`), or with the next `block_on`
    /// (`current_thread`).
    ///
    /// # Panics
    /// If the future panics, or if called from within a runtime's context where blocking isn't allowed.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// assert_eq!(rt.block_on(async { 7 }), 7);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    #[doc(alias = "LockOSThread")]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _driving = gmp_sched::start_driving();
        let sched = self.handle.sched();
        match sched.config.flavor {
            Flavor::MultiThread => needm::block_on_locked(sched, future),
            Flavor::CurrentThread => needm::block_on_current(sched, future),
        }
    }

    /// What `#[gmp::main]` does with a `Send` future: it is the first task, and the calling thread is a worker until it is
    /// done.
    #[doc(hidden)]
    #[track_caller]
    pub fn block_on_main<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let _driving = gmp_sched::start_driving();
        main_g::rt0_main(self.handle.sched(), future)
    }

    /// Enters the runtime: until the guard is dropped [`spawn`](crate::spawn) and the like use it.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// let _guard = rt.enter();
    /// gmp::spawn(async { println!("on the runtime that was entered") });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Ends the runtime, waiting at most `duration` for what runs.
    ///
    /// Tasks are cancelled; one whose poll is going on is cancelled when that ends. Blocking jobs that have begun can't be
    /// cancelled. What hasn't ended in time goes on in the background and is leaked.
    ///
    /// # Panics
    /// If called from within a runtime's context where blocking isn't allowed.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let rt = gmp::runtime::Runtime::new()?;
    /// rt.spawn_blocking(|| loop { std::thread::park() });
    /// rt.shutdown_timeout(Duration::from_millis(10));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn shutdown_timeout(mut self, duration: Duration) {
        self.alive = false;
        shutdown::shutdown(self.handle.sched(), Wait::AtMost(duration));
    }

    /// Ends the runtime without waiting for anything; allowed everywhere, in a task too.
    ///
    /// # Examples
    /// ```
    /// let outer = gmp::runtime::Runtime::new()?;
    /// outer.block_on(async {
    ///     let inner = gmp::runtime::Runtime::new().unwrap();
    ///     inner.spawn(std::future::pending::<()>());
    ///     inner.shutdown_background();
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn shutdown_background(mut self) {
        self.alive = false;
        shutdown::shutdown(self.handle.sched(), Wait::No);
    }

    /// The runtime's figures.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    /// assert_eq!(rt.metrics().num_workers(), 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }
}

impl Drop for Runtime {
    #[track_caller]
    fn drop(&mut self) {
        if self.alive {
            shutdown::shutdown(self.handle.sched(), Wait::Forever);
        }
    }
}

impl std::panic::UnwindSafe for Runtime {}
impl std::panic::RefUnwindSafe for Runtime {}
