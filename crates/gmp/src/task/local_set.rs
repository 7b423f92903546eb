//! [`LocalSet`]: tasks that stay on one thread, so that their futures needn't be `Send`.

use crate::runtime::{Id, Runtime, UnhandledPanic};
use crate::task::JoinHandle;
use gmp_sched::local::{Driver, LocalGuard, LocalSched};
use gmp_sched::proc::newproc;
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

/// A set of tasks that run on the thread that made it.
///
/// [`spawn`](crate::spawn) wants futures that are `Send`, because their tasks move between threads. Tasks of a `LocalSet` don't:
/// they are created, polled and dropped on its thread, so they may hold an [`Rc`](std::rc::Rc) or anything else that is bound to
/// it. They run while the set is driven, by [`run_until`](Self::run_until), by [`block_on`](Self::block_on), or by awaiting the
/// set itself, and share the thread with whoever drives it: a local task that blocks stalls the others of its set.
///
/// Everything else about them is as with other tasks: they have [ids](crate::task::Id) and [join handles](JoinHandle), they can be
/// woken and aborted from any thread (their futures are dropped on their own), and a panic ends one task only. Each has a
/// [budget](crate::task::coop) of its own, and after 61 turns the set lets others have theirs.
///
/// # Awaiting a set
/// A `LocalSet` is a future: it is ready when all its tasks are done.
///
/// ```
/// use gmp::task::LocalSet;
/// use std::rc::Rc;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() {
/// let set = LocalSet::new();
/// let name = Rc::new("world");
/// for _ in 0..2 {
///     let name = name.clone();
///     set.spawn_local(async move {
///         gmp::task::yield_now().await;
///         println!("hello, {name}");
///     });
/// }
/// set.await;
/// assert_eq!(Rc::strong_count(&name), 1);
/// # }
/// ```
///
/// # From other threads
/// The set isn't `Send`, and neither is what drives it: in a task of [`spawn`](crate::spawn) it can't be awaited. A thread of its
/// own can have one, and be given work through a channel:
///
/// ```
/// use gmp::sync::{mpsc, oneshot};
/// use gmp::task::{LocalSet, spawn_local};
///
/// # #[gmp::main]
/// # async fn main() {
/// let (jobs, mut queue) = mpsc::unbounded_channel::<(u32, oneshot::Sender<u32>)>();
/// std::thread::spawn(move || {
///     let rt = gmp::runtime::Builder::new_current_thread().enable_all().build().unwrap();
///     let set = LocalSet::new();
///     set.spawn_local(async move {
///         while let Some((n, answer)) = queue.recv().await {
///             spawn_local(async move { answer.send(n + 1) });
///         }
///     });
///     // Until all senders are gone and every task has ended.
///     rt.block_on(set);
/// });
///
/// let (answer, eleven) = oneshot::channel();
/// jobs.send((10, answer)).unwrap();
/// assert_eq!(eleven.await.unwrap(), 11);
/// # }
/// ```
///
/// # Dropping
/// When the set is dropped its tasks are cancelled: their futures are dropped, in the order in which they were spawned. What they
/// spawn meanwhile is cancelled at once.
pub struct LocalSet {
    local: Arc<LocalSched>,
    /// For whoever awaits the set itself.
    driver: Driver,
    /// Neither `Send` nor `Sync`.
    thread_bound: PhantomData<*const ()>,
}

/// The set stays the one that [`spawn_local`](crate::task::spawn_local) means until this is dropped.
///
/// # Examples
/// ```
/// use gmp::task::{LocalSet, spawn_local};
///
/// # #[gmp::main]
/// # async fn main() {
/// let set = LocalSet::new();
/// let guard = set.enter();
/// let task = spawn_local(async { 1 });
/// drop(guard);
/// assert_eq!(set.run_until(task).await.unwrap(), 1);
/// # }
/// ```
#[must_use = "the set stays current only until the guard is dropped"]
pub struct LocalEnterGuard {
    _guard: LocalGuard,
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish_non_exhaustive()
    }
}

impl LocalSet {
    /// An empty set, for the calling thread.
    ///
    /// # Examples
    /// ```
    /// let set = gmp::task::LocalSet::new();
    /// let task = set.spawn_local(async { 5 });
    /// let rt = gmp::runtime::Runtime::new()?;
    /// assert_eq!(set.block_on(&rt, task).unwrap(), 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new() -> LocalSet {
        let local = LocalSched::new();
        LocalSet { driver: Driver::new(local.clone()), local, thread_bound: PhantomData }
    }

    /// Enters the set: until the guard is dropped [`spawn_local`](crate::task::spawn_local) means it. It isn't driven by that.
    ///
    /// # Examples
    /// ```
    /// use gmp::task::{LocalSet, spawn_local};
    ///
    /// let set = LocalSet::new();
    /// let task = {
    ///     let _guard = set.enter();
    ///     spawn_local(async { "spawned outside of any runtime" })
    /// };
    /// let rt = gmp::runtime::Runtime::new()?;
    /// assert_eq!(set.block_on(&rt, task).unwrap(), "spawned outside of any runtime");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn enter(&self) -> LocalEnterGuard {
        LocalEnterGuard { _guard: gmp_sched::local::enter(self.local.clone()) }
    }

    /// Spawns a task onto the set. It starts when the set is driven next, whether its handle is awaited or not.
    ///
    /// # Examples
    /// ```
    /// use gmp::task::LocalSet;
    ///
    /// # #[gmp::main]
    /// # async fn main() {
    /// let set = LocalSet::new();
    /// let task = set.spawn_local(async { std::thread::current().id() });
    /// assert_eq!(set.run_until(task).await.unwrap(), std::thread::current().id());
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        spawn_on(&self.local, future, Location::caller(), None)
    }

    /// For the builders.
    pub(super) fn spawn_named<F>(
        &self,
        future: F,
        spawned_at: &'static Location<'static>,
        name: Option<&str>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        spawn_on(&self.local, future, spawned_at, name)
    }

    /// Runs a future to its end on the calling thread, with the given runtime as the current one, and drives the set meanwhile.
    ///
    /// # Panics
    /// If the future panics, or if called from within a runtime's context where blocking isn't allowed.
    ///
    /// # Examples
    /// ```
    /// use gmp::task::{LocalSet, spawn_local};
    ///
    /// let rt = gmp::runtime::Runtime::new()?;
    /// let set = LocalSet::new();
    /// let out = set.block_on(&rt, async {
    ///     let text = std::rc::Rc::new(String::from("here"));
    ///     spawn_local(async move { text.len() }).await.unwrap()
    /// });
    /// assert_eq!(out, 4);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, rt: &Runtime, future: F) -> F::Output {
        rt.block_on(self.run_until(future))
    }

    /// Runs a future to its end and drives the set meanwhile.
    ///
    /// In the future, and in the set's tasks, [`spawn_local`](crate::task::spawn_local) means this set. Tasks that aren't done when
    /// the future is stay in the set, and go on when it is driven again.
    ///
    /// # Cancel safety
    /// This is cancel safe if the future is: the set's tasks stay in it.
    ///
    /// # Examples
    /// ```
    /// use gmp::task::{LocalSet, spawn_local};
    ///
    /// # #[gmp::main]
    /// # async fn main() {
    /// let out = LocalSet::new().run_until(async { spawn_local(async { 6 * 7 }).await.unwrap() }).await;
    /// assert_eq!(out, 42);
    /// # }
    /// ```
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let driver = Driver::new(self.local.clone());
        poll_fn(|cx| driver.poll(cx, |cx| future.as_mut().poll(cx))).await
    }

    /// The number of the set: no other set has it, and no runtime.
    ///
    /// # Examples
    /// ```
    /// use gmp::task::LocalSet;
    ///
    /// assert_ne!(LocalSet::new().id(), LocalSet::new().id());
    /// ```
    pub fn id(&self) -> Id {
        Id::from_u64(self.local.id())
    }

    /// What happens when a task of the set panics; by default nothing beyond its [`JoinError`](crate::task::JoinError).
    ///
    /// With [`UnhandledPanic::ShutdownRuntime`] the other tasks are cancelled, and whoever drives the set panics.
    ///
    /// # Panics
    /// If the set has been used already.
    ///
    /// # Examples
    /// ```should_panic
    /// use gmp::runtime::UnhandledPanic;
    /// use gmp::task::{LocalSet, spawn_local};
    ///
    /// # #[gmp::main]
    /// # async fn main() {
    /// let mut set = LocalSet::new();
    /// set.unhandled_panic(UnhandledPanic::ShutdownRuntime);
    /// set.run_until(async {
    ///     spawn_local(async { panic!("boom") });
    ///     std::future::pending::<()>().await // `run_until` panics
    /// })
    /// .await;
    /// # }
    /// ```
    #[track_caller]
    pub fn unhandled_panic(&mut self, behavior: UnhandledPanic) -> &mut Self {
        // The set itself and its driver.
        let unused = Arc::strong_count(&self.local) == 2 && self.local.is_done();
        assert!(unused, "Unhandled Panic behavior modified after starting LocalSet");
        self.local.set_unhandled_panic(behavior);
        self
    }
}

pub(super) fn spawn_on<F>(
    local: &Arc<LocalSched>,
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
        return local.spawn_named(future, spawned_at, name);
    }
    if size_of::<F>() > newproc::BOX_ABOVE {
        local.spawn(Box::pin(future), spawned_at)
    } else {
        local.spawn(future, spawned_at)
    }
}

impl Future for LocalSet {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polled: Poll<()> = self.driver.poll(cx, |_| Poll::Pending);
        if polled.is_pending() && !self.local.is_done() {
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        self.local.close();
    }
}

impl Default for LocalSet {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet").field("id", &self.id()).finish_non_exhaustive()
    }
}
