//! [`Builder`]: a task with a name, for a set.

use super::JoinSet;
use crate::runtime::Handle;
use crate::task::{self, AbortHandle, LocalSet};
use std::fmt;
use std::future::Future;
use std::io;

/// Spawns a task that has a name into a [`JoinSet`].
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut set = gmp::task::JoinSet::new();
/// set.build_task().name("seven").spawn(async { 7 })?;
/// assert_eq!(set.join_next().await.unwrap().unwrap(), 7);
/// # Ok(())
/// # }
/// ```
///
/// Elsewhere than in the current runtime, and in all ways in which tasks are spawned:
/// ```
/// use gmp::{runtime::Runtime, task::{JoinSet, LocalSet}};
///
/// let rt = Runtime::new()?;
/// let local = LocalSet::new();
/// let mut set = JoinSet::new();
/// set.build_task().name("on a runtime").spawn_on(async { 1 }, rt.handle())?;
/// set.build_task().name("in a set").spawn_local_on(async { 2 }, &local)?;
/// set.build_task().name("job").spawn_blocking_on(|| 3, rt.handle())?;
/// let sum = local.block_on(&rt, async {
///     set.build_task().name("in the current set").spawn_local(async { 4 })?;
///     set.build_task().name("job").spawn_blocking(|| 5)?;
///     Ok::<i32, std::io::Error>(set.join_all().await.into_iter().sum())
/// })?;
/// assert_eq!(sum, 15);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "builders do nothing unless used to spawn a task"]
pub struct Builder<'a, T> {
    set: &'a mut JoinSet<T>,
    builder: task::Builder<'a>,
}

impl<T: 'static> JoinSet<T> {
    /// Returns a [`Builder`] for a task that is to have a name.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut set = gmp::task::JoinSet::new();
    /// set.build_task().name("seven").spawn(async { 7 })?;
    /// assert_eq!(set.join_next().await.unwrap()?, 7);
    /// # Ok(())
    /// # }
    /// ```
    pub fn build_task(&mut self) -> Builder<'_, T> {
        Builder { set: self, builder: task::Builder::new() }
    }
}

impl<'a, T: 'static> Builder<'a, T> {
    /// Gives the task a name.
    pub fn name(self, name: &'a str) -> Self {
        Self { builder: self.builder.name(name), ..self }
    }

    /// Spawns the task on the current runtime and stores it in the set.
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(self.builder.spawn(future)?))
    }

    /// Spawns the task on the given runtime and stores it in the set.
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(self.builder.spawn_on(future, handle)?))
    }

    /// Spawns the task on the current [`LocalSet`] or local runtime and stores it in the set.
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    ///
    /// # Panics
    /// If called outside of both.
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + 'static,
    {
        Ok(self.set.insert(self.builder.spawn_local(future)?))
    }

    /// Spawns the task on the given [`LocalSet`] and stores it in the set.
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    #[track_caller]
    pub fn spawn_local_on<F>(self, future: F, local_set: &LocalSet) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + 'static,
    {
        Ok(self.set.insert(self.builder.spawn_local_on(future, local_set)?))
    }

    /// Runs the function on the blocking pool of the current runtime and stores it in the set.
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    #[track_caller]
    pub fn spawn_blocking<F>(self, f: F) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(self.builder.spawn_blocking(f)?))
    }

    /// Runs the function on the blocking pool of the given runtime and stores it in the set.
    ///
    /// # Errors
    /// Never; the signature is tokio's.
    #[track_caller]
    pub fn spawn_blocking_on<F>(self, f: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(self.builder.spawn_blocking_on(f, handle)?))
    }
}

impl<T> fmt::Debug for Builder<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("join_set::Builder").field("joinset", &self.set).field("builder", &self.builder).finish()
    }
}
