//! [`JoinSet`]: tasks that are awaited in the order in which they finish.
//!
//! Each task's join waker puts the task's key into a list of those that may have finished and wakes whoever polls the set; a
//! poll looks at these only.

mod join;
mod builder;

pub use builder::Builder;

use crate::runtime::Handle;
use crate::task::{AbortHandle, JoinHandle, LocalSet};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

/// A collection of tasks spawned on a runtime.
///
/// The tasks are returned in the order in which they complete. When the set is dropped, all its tasks are aborted.
///
/// # Examples
/// ```
/// use gmp::task::JoinSet;
///
/// # #[gmp::main]
/// # async fn main() {
/// let mut set = JoinSet::new();
/// for i in 0..10 {
///     set.spawn(async move { i });
/// }
/// let mut seen = [false; 10];
/// while let Some(res) = set.join_next().await {
///     seen[res.unwrap()] = true;
/// }
/// assert!(seen.iter().all(|&s| s));
/// # }
/// ```
pub struct JoinSet<T> {
    entries: Vec<Option<Entry<T>>>,
    vacant: Vec<usize>,
    finished: Arc<Finished>,
}

struct Entry<T> {
    handle: JoinHandle<T>,
    waker: Arc<EntryWaker>,
}

/// The keys of tasks that may have finished, and who waits for one.
#[derive(Default)]
struct Finished(Mutex<(VecDeque<usize>, Option<Waker>)>);

struct EntryWaker {
    key: usize,
    queued: AtomicBool,
    finished: Arc<Finished>,
}

impl Finished {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<usize>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next key; if there is none, `cx` is woken when there is.
    fn pop(&self, cx: Option<&mut Context<'_>>) -> Option<usize> {
        let mut old = None;
        let mut finished = self.lock();
        let key = finished.0.pop_front();
        if let (None, Some(cx)) = (key, cx) {
            if !finished.1.as_ref().is_some_and(|w| w.will_wake(cx.waker())) {
                old = finished.1.replace(cx.waker().clone());
            }
        }
        drop(finished);
        drop(old);
        key
    }
}

impl Wake for EntryWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // ORDERING: pairs with the store before the handle is polled: either that poll sees what we are woken for, or the
        // key is in the list again.
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let waker = {
            let mut finished = self.finished.lock();
            finished.0.push_back(self.key);
            finished.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> JoinSet<T> {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self { entries: Vec::new(), vacant: Vec::new(), finished: Arc::default() }
    }

    /// How many tasks are in the set.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut set = gmp::task::JoinSet::new();
    /// assert!(set.is_empty());
    /// set.spawn(async {});
    /// assert_eq!(set.len(), 1);
    /// set.join_next().await.unwrap().unwrap();
    /// assert_eq!(set.len(), 0);
    /// # }
    /// ```
    pub fn len(&self) -> usize {
        self.entries.len() - self.vacant.len()
    }

    /// Whether no task is in the set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn handles(&self) -> impl Iterator<Item = &JoinHandle<T>> {
        self.entries.iter().flatten().map(|e| &e.handle)
    }

    /// Aborts all tasks of the set. They stay in it until they are joined.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut set = gmp::task::JoinSet::new();
    /// set.spawn(std::future::pending::<()>());
    /// set.abort_all();
    /// assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn abort_all(&mut self) {
        self.handles().for_each(JoinHandle::abort);
    }

    /// Removes all tasks from the set without aborting them: they go on by themselves.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let (tx, rx) = gmp::sync::oneshot::channel();
    /// let mut set = gmp::task::JoinSet::new();
    /// set.spawn(async move { tx.send("still here") });
    /// set.detach_all();
    /// assert!(set.is_empty());
    /// assert_eq!(rx.await.unwrap(), "still here");
    /// # }
    /// ```
    pub fn detach_all(&mut self) {
        self.clear();
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.vacant.clear();
        self.finished.lock().0.clear();
    }

    fn take(&mut self, key: usize) -> Option<JoinHandle<T>> {
        let entry = self.entries.get_mut(key)?.take()?;
        self.vacant.push(key);
        if self.is_empty() {
            self.clear();
        }
        Some(entry.handle)
    }
}

impl<T: 'static> JoinSet<T> {
    fn insert(&mut self, handle: JoinHandle<T>) -> AbortHandle {
        let abort = handle.abort_handle();
        let key = self.vacant.pop().unwrap_or_else(|| {
            self.entries.push(None);
            self.entries.len() - 1
        });
        let waker = Arc::new(EntryWaker { key, queued: AtomicBool::new(false), finished: self.finished.clone() });
        // It may have finished already, and its handle must be polled once to know the waker.
        waker.wake_by_ref();
        self.entries[key] = Some(Entry { handle, waker });
        abort
    }

    /// Spawns the task on the current runtime and stores it in the set.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(crate::spawn(task))
    }

    /// Spawns the task on the given runtime and stores it in the set.
    ///
    /// # Examples
    /// ```
    /// use gmp::{runtime::Runtime, task::JoinSet};
    ///
    /// let rt = Runtime::new()?;
    /// let mut set = JoinSet::new();
    /// set.spawn_on(async { 1 }, rt.handle());
    /// assert_eq!(rt.block_on(set.join_next()).unwrap().unwrap(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn(task))
    }

    /// Runs the function on the blocking pool of the current runtime and stores it in the set.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut set = gmp::task::JoinSet::new();
    /// for file in ["Cargo.toml", "src/lib.rs"] {
    ///     set.spawn_blocking(move || std::fs::read(file));
    /// }
    /// while let Some(contents) = set.join_next().await {
    ///     assert!(contents.unwrap().is_ok());
    /// }
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(crate::task::spawn_blocking(f))
    }

    /// Runs the function on the blocking pool of the given runtime and stores it in the set.
    ///
    /// # Examples
    /// ```
    /// use gmp::{runtime::Runtime, task::JoinSet};
    ///
    /// let rt = Runtime::new()?;
    /// let mut set = JoinSet::new();
    /// set.spawn_blocking_on(|| 1, rt.handle());
    /// assert_eq!(rt.block_on(set.join_next()).unwrap().unwrap(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn_blocking(f))
    }

    /// Spawns the task on the current [`LocalSet`] or [`LocalRuntime`](crate::runtime::LocalRuntime) and stores it in the set.
    ///
    /// # Panics
    /// If called outside of a `LocalSet` and of a `LocalRuntime`.
    ///
    /// # Examples
    /// ```
    /// use gmp::task::{JoinSet, LocalSet};
    ///
    /// # #[gmp::main]
    /// # async fn main() {
    /// let local = LocalSet::new();
    /// local
    ///     .run_until(async {
    ///         let mut set = JoinSet::new();
    ///         set.spawn_local(async { std::rc::Rc::new(1) });
    ///         assert_eq!(*set.join_next().await.unwrap().unwrap(), 1);
    ///     })
    ///     .await;
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(crate::task::spawn_local(task))
    }

    /// Spawns the task on the given [`LocalSet`] and stores it in the set. It starts when that is driven.
    ///
    /// # Examples
    /// ```
    /// use gmp::task::{JoinSet, LocalSet};
    ///
    /// # #[gmp::main]
    /// # async fn main() {
    /// let local = LocalSet::new();
    /// let mut set = JoinSet::new();
    /// set.spawn_local_on(async { 2 }, &local);
    /// local.await;
    /// assert_eq!(set.join_next().await.unwrap().unwrap(), 2);
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(local_set.spawn_local(task))
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.handles().for_each(JoinHandle::abort);
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> UnwindSafe for JoinSet<T> {}
impl<T> RefUnwindSafe for JoinSet<T> {}

impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    /// Spawns every future of the iterator on the current runtime.
    fn from_iter<I: IntoIterator<Item = F>>(iter: I) -> Self {
        let mut set = Self::new();
        set.extend(iter);
        set
    }
}

impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    /// Spawns every future of the iterator on the current runtime.
    fn extend<I: IntoIterator<Item = F>>(&mut self, iter: I) {
        iter.into_iter().for_each(|task| {
            self.spawn(task);
        });
    }
}
