//! [`Builder`]: a task with a name.

use crate::runtime::Handle;
use crate::task::{JoinHandle, LocalSet, spawn_local};
use gmp_sched::proc::newproc;
use std::future::Future;
use std::io;
use std::panic::Location;

/// Spawns tasks that have a name.
///
/// The name is in the report of a panic that nobody awaits, and the hooks of the runtime are
/// [told](crate::runtime::TaskMeta::name).
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// use gmp::task::Builder;
///
/// let task = Builder::new().name("greeter").spawn(async { "hello" })?;
/// assert_eq!(task.await?, "hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Builder<'a> {
    name: Option<&'a str>,
}

impl<'a> Builder<'a> {
    /// Creates a builder without a name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the task a name.
    pub fn name(&self, name: &'a str) -> Self {
        Self { name: Some(name) }
    }

    /// Spawns the task on the current runtime, as [`spawn`](crate::spawn).
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    #[track_caller]
    pub fn spawn<Fut>(self, future: Fut) -> io::Result<JoinHandle<Fut::Output>>
    where
        Fut: Future + Send + 'static,
        Fut::Output: Send + 'static,
    {
        self.spawn_on(future, &Handle::current())
    }

    /// Spawns the task on the given runtime.
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    ///
    /// # Examples
    /// ```
    /// use gmp::{runtime::Runtime, task::Builder};
    ///
    /// let rt = Runtime::new()?;
    /// let task = Builder::new().name("from outside").spawn_on(async { 1 }, rt.handle())?;
    /// assert_eq!(rt.block_on(task)?, 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_on<Fut>(self, future: Fut, handle: &Handle) -> io::Result<JoinHandle<Fut::Output>>
    where
        Fut: Future + Send + 'static,
        Fut::Output: Send + 'static,
    {
        let spawned_at = Location::caller();
        Ok(match self.name {
            // Boxed in there.
            Some(name) => newproc::newproc_named(handle.sched(), future, spawned_at, name),
            None => handle.spawn(future),
        })
    }

    /// Spawns the task on the current [`LocalSet`] or local runtime, as [`spawn_local`](crate::task::spawn_local).
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    ///
    /// # Panics
    /// If called outside of both.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "local")]
    /// # async fn main() -> std::io::Result<()> {
    /// let task = gmp::task::Builder::new().name("stays here").spawn_local(async { std::rc::Rc::new(1) })?;
    /// assert_eq!(*task.await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local<Fut>(self, future: Fut) -> io::Result<JoinHandle<Fut::Output>>
    where
        Fut: Future + 'static,
        Fut::Output: 'static,
    {
        Ok(spawn_local::spawn_named(future, Location::caller(), self.name))
    }

    /// Spawns the task on the given [`LocalSet`].
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let set = gmp::task::LocalSet::new();
    /// let task = gmp::task::Builder::new().name("of the set").spawn_local_on(async { 1 }, &set)?;
    /// assert_eq!(set.run_until(task).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local_on<Fut>(self, future: Fut, local_set: &LocalSet) -> io::Result<JoinHandle<Fut::Output>>
    where
        Fut: Future + 'static,
        Fut::Output: 'static,
    {
        Ok(local_set.spawn_named(future, Location::caller(), self.name))
    }

    /// Runs the function on the blocking pool of the current runtime, as [`spawn_blocking`](crate::task::spawn_blocking).
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    ///
    /// # Panics
    /// If called outside of a runtime's context, or if no thread can be had.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let job = gmp::task::Builder::new().name("job").spawn_blocking(|| 1)?;
    /// assert_eq!(job.await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_blocking<Function, Output>(self, function: Function) -> io::Result<JoinHandle<Output>>
    where
        Function: FnOnce() -> Output + Send + 'static,
        Output: Send + 'static,
    {
        self.spawn_blocking_on(function, &Handle::current())
    }

    /// Runs the function on the blocking pool of the given runtime. Jobs aren't told of by their names.
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    ///
    /// # Panics
    /// If no thread can be had.
    ///
    /// # Examples
    /// ```
    /// use gmp::{runtime::Runtime, task::Builder};
    ///
    /// let rt = Runtime::new()?;
    /// let job = Builder::new().name("job").spawn_blocking_on(|| 1, rt.handle())?;
    /// assert_eq!(rt.block_on(job)?, 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_blocking_on<Function, Output>(
        self,
        function: Function,
        handle: &Handle,
    ) -> io::Result<JoinHandle<Output>>
    where
        Function: FnOnce() -> Output + Send + 'static,
        Output: Send + 'static,
    {
        Ok(handle.spawn_blocking(function))
    }
}
