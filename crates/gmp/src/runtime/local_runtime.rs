//! [`LocalRuntime`]: a runtime that belongs to one thread.

use crate::runtime::{Builder, EnterGuard, Handle, Runtime, RuntimeMetrics};
use crate::task::JoinHandle;
use gmp_sched::Sched;
use gmp_sched::local_runtime::{newproc_local, newproc_local_named};
use gmp_sched::proc::newproc;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::panic::Location;
use std::time::Duration;

/// A runtime whose tasks needn't be `Send`: they are created, polled and dropped on the thread that made it.
///
/// It is a `current_thread` runtime that can't be moved to another thread. [`spawn_local`](Self::spawn_local) and, in its tasks and
/// in the future of [`block_on`](Self::block_on), [`task::spawn_local`](crate::task::spawn_local) spawn futures that aren't `Send`;
/// no [`LocalSet`](crate::task::LocalSet) is needed. Through its [`Handle`] other threads can spawn tasks that are.
///
/// Its tasks go on while its thread is in [`block_on`](Self::block_on), and only then. When it is dropped they are cancelled, on
/// this thread.
///
/// # Examples
/// ```
/// use gmp::runtime::LocalRuntime;
/// use gmp::task::spawn_local;
/// use std::{cell::Cell, rc::Rc};
///
/// let rt = LocalRuntime::new()?;
/// let count = Rc::new(Cell::new(0));
/// rt.block_on(async {
///     for _ in 0..3 {
///         let count = count.clone();
///         spawn_local(async move { count.set(count.get() + 1) }).await.unwrap();
///     }
/// });
/// assert_eq!(count.get(), 3);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct LocalRuntime {
    inner: Runtime,
    /// Neither `Send` nor `Sync`.
    thread_bound: PhantomData<*mut u8>,
}

/// Options for [`Builder::build_local`] that only a [`LocalRuntime`] has. There are none so far.
///
/// # Examples
/// ```
/// use gmp::runtime::{Builder, LocalOptions};
///
/// let rt = Builder::new_current_thread().build_local(LocalOptions::default())?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct LocalOptions {
    /// What may come here isn't `Send`.
    thread_bound: PhantomData<*mut u8>,
}

impl LocalRuntime {
    pub(crate) fn from_handle(handle: Handle) -> Self {
        Self { inner: Runtime::from_handle(handle), thread_bound: PhantomData }
    }

    /// A runtime for the calling thread with everything enabled and the defaults of [`Builder`].
    ///
    /// # Errors
    /// As [`Builder::build_local`].
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::LocalRuntime::new()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new() -> io::Result<LocalRuntime> {
        Builder::new_current_thread().enable_all().build_local(LocalOptions::default())
    }

    /// A handle to the runtime, to spawn from elsewhere: futures that are `Send`.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::LocalRuntime::new()?;
    /// let handle = rt.handle().clone();
    /// let task = std::thread::spawn(move || handle.spawn(async { 1 })).join().unwrap();
    /// assert_eq!(rt.block_on(task).unwrap(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn handle(&self) -> &Handle {
        self.inner.handle()
    }

    /// Spawns a future onto the runtime, which needn't be `Send`. It goes on while the runtime is in
    /// [`block_on`](Self::block_on).
    ///
    /// # Examples
    /// ```
    /// use std::rc::Rc;
    ///
    /// let rt = gmp::runtime::LocalRuntime::new()?;
    /// let task = rt.spawn_local(async { Rc::new(2) });
    /// assert_eq!(*rt.block_on(task).unwrap(), 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        spawn_on(self.handle().sched(), future, Location::caller(), None)
    }

    /// Runs the function on a thread where blocking is allowed; another thread than this one, so it must be `Send`.
    ///
    /// # Panics
    /// If no thread can be had for it.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::LocalRuntime::new()?;
    /// let job = rt.spawn_blocking(|| 5);
    /// assert_eq!(rt.block_on(job).unwrap(), 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, func: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.inner.spawn_blocking(func)
    }

    /// Runs a future to its end on this thread, and returns its output. All tasks of the runtime run while this lasts, and none
    /// outside of it.
    ///
    /// # Panics
    /// If the future panics, or if called from within a runtime's context where blocking isn't allowed.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::LocalRuntime::new()?;
    /// assert_eq!(rt.block_on(async { 7 }), 7);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.inner.block_on(future)
    }

    /// Enters the runtime: until the guard is dropped [`spawn`](crate::spawn), [`spawn_local`](crate::task::spawn_local) and the
    /// like use it.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::LocalRuntime::new()?;
    /// let _guard = rt.enter();
    /// let task = gmp::task::spawn_local(async { 8 });
    /// assert_eq!(rt.block_on(task).unwrap(), 8);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        self.inner.enter()
    }

    /// Ends the runtime, waiting at most `duration` for blocking jobs that have begun. Its tasks are cancelled at once.
    ///
    /// # Panics
    /// If called from within a runtime's context where blocking isn't allowed.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let rt = gmp::runtime::LocalRuntime::new()?;
    /// rt.spawn_blocking(|| loop { std::thread::park() });
    /// rt.shutdown_timeout(Duration::from_millis(10));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn shutdown_timeout(self, duration: Duration) {
        self.inner.shutdown_timeout(duration);
    }

    /// Ends the runtime without waiting for blocking jobs; allowed everywhere, in a task too. Its tasks are cancelled at once.
    ///
    /// # Examples
    /// ```
    /// let outer = gmp::runtime::LocalRuntime::new()?;
    /// outer.block_on(async {
    ///     let inner = gmp::runtime::LocalRuntime::new().unwrap();
    ///     inner.spawn_local(std::future::pending::<()>());
    ///     inner.shutdown_background();
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn shutdown_background(self) {
        self.inner.shutdown_background();
    }

    /// The runtime's figures. Local tasks are counted as all others.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::LocalRuntime::new()?;
    /// let _task = rt.spawn_local(std::future::pending::<()>());
    /// assert_eq!(rt.metrics().num_alive_tasks(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn metrics(&self) -> RuntimeMetrics {
        self.inner.metrics()
    }
}

/// Spawns onto a local runtime of the calling thread.
pub(crate) fn spawn_on<F>(
    sched: &Sched,
    future: F,
    spawned_at: &'static Location<'static>,
    name: Option<&str>,
) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    if let Some(name) = name {
        // Boxed in there.
        newproc_local_named(sched, future, spawned_at, name)
    } else if size_of::<F>() > newproc::BOX_ABOVE {
        newproc_local(sched, Box::pin(future), spawned_at)
    } else {
        newproc_local(sched, future, spawned_at)
    }
}

impl std::panic::UnwindSafe for LocalRuntime {}
impl std::panic::RefUnwindSafe for LocalRuntime {}
