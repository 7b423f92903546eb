//! [`Handle`]: a runtime, without the right to end it.

use crate::runtime::{BootRecord, NO_RUNTIME, RuntimeMetrics};
use crate::task::JoinHandle;
use gmp_sched::proc::{needm, newproc, procresize};
use gmp_sched::{Flavor, Sched, blocking};
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// A handle to a runtime. Cheap to clone; it doesn't keep the runtime going.
///
/// # Examples
/// ```
/// let rt = gmp::runtime::Runtime::new()?;
/// let handle = rt.handle().clone();
/// std::thread::spawn(move || handle.spawn(async { println!("from another thread") })).join().unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Handle {
    sched: Arc<Sched>,
}

/// The runtime that a [`Handle`] entered stays current until this is dropped.
///
/// Guards must be dropped in the reverse order of their making.
///
/// # Examples
/// ```
/// let rt = gmp::runtime::Runtime::new()?;
/// let guard = rt.enter();
/// gmp::spawn(async { println!("from the context of the runtime") });
/// drop(guard);
/// assert!(gmp::runtime::Handle::try_current().is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the runtime stays current only until the guard is dropped"]
pub struct EnterGuard<'a> {
    _guard: gmp_sched::EnterGuard,
    handle: PhantomData<&'a Handle>,
}

/// Which kind of scheduler a runtime has.
///
/// # Examples
/// ```
/// use gmp::runtime::{Builder, RuntimeFlavor};
///
/// let rt = Builder::new_current_thread().build()?;
/// assert_eq!(rt.handle().runtime_flavor(), RuntimeFlavor::CurrentThread);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuntimeFlavor {
    /// Everything runs on the thread that calls `block_on`.
    CurrentThread,
    /// Tasks run on several threads.
    MultiThread,
}

/// A number that identifies a runtime within the process.
///
/// # Examples
/// ```
/// use gmp::runtime::Runtime;
///
/// let (one, other) = (Runtime::new()?, Runtime::new()?);
/// assert_ne!(one.handle().id(), other.handle().id());
/// println!("runtime {}", one.handle().id());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Id(u64);

impl Id {
    pub(crate) fn from_u64(id: u64) -> Self {
        Self(id)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl UnwindSafe for Handle {}
impl RefUnwindSafe for Handle {}

impl Handle {
    pub(crate) fn from_sched(sched: Arc<Sched>) -> Self {
        Self { sched }
    }

    pub(crate) fn sched(&self) -> &Arc<Sched> {
        &self.sched
    }

    /// The handle of the current runtime.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// # gmp::runtime::Runtime::new().unwrap().block_on(async {
    /// let handle = gmp::runtime::Handle::current();
    /// std::thread::spawn(move || {
    ///     handle.spawn(async { println!("on the runtime of the handle") });
    /// });
    /// # })
    /// ```
    #[track_caller]
    pub fn current() -> Self {
        match Self::try_current() {
            Ok(handle) => handle,
            Err(error) => panic!("{error}"),
        }
    }

    /// The handle of the current runtime, if there is one.
    ///
    /// # Errors
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::Handle;
    ///
    /// assert!(Handle::try_current().unwrap_err().is_missing_context());
    /// let rt = gmp::runtime::Runtime::new()?;
    /// rt.block_on(async { assert!(Handle::try_current().is_ok()) });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn try_current() -> Result<Self, TryCurrentError> {
        gmp_sched::current().map(Self::from_sched).ok_or(TryCurrentError(()))
    }

    /// Enters the runtime: until the guard is dropped [`spawn`](crate::spawn) and the like use it.
    ///
    /// # Panics
    /// The guard's drop panics if a guard that was made later is still there.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// let handle = rt.handle().clone();
    /// let _guard = handle.enter();
    /// gmp::spawn(async { println!("spawned") });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        EnterGuard { _guard: gmp_sched::enter(self.sched.clone()), handle: PhantomData }
    }

    /// Spawns a future onto the runtime. It starts at once, whether it is awaited or not.
    ///
    /// If the runtime has been shut down, the task is cancelled at once.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// let task = rt.handle().spawn(async { 3 });
    /// assert_eq!(rt.block_on(task).unwrap(), 3);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let spawned_at = Location::caller();
        if size_of::<F>() > newproc::BOX_ABOVE {
            newproc::newproc(&self.sched, Box::pin(future), spawned_at)
        } else {
            newproc::newproc(&self.sched, future, spawned_at)
        }
    }

    /// Runs the function on a thread where blocking is allowed. See [`task::spawn_blocking`](crate::task::spawn_blocking).
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// let job = rt.handle().spawn_blocking(|| 5);
    /// assert_eq!(rt.block_on(job).unwrap(), 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, func: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        blocking::spawn_blocking(&self.sched, func)
    }

    /// Runs a future to its end on the calling thread, with this runtime as the current one.
    ///
    /// It runs no other tasks: those of a `current_thread` runtime only move on while some thread is in
    /// [`Runtime::block_on`](crate::runtime::Runtime::block_on).
    ///
    /// # Panics
    /// If the future panics, or if called from within a runtime's context where blocking isn't allowed.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// let handle = rt.handle().clone();
    /// let thread = std::thread::spawn(move || handle.block_on(async { gmp::spawn(async { 8 }).await.unwrap() }));
    /// assert_eq!(thread.join().unwrap(), 8);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _driving = gmp_sched::start_driving();
        needm::block_on_locked(&self.sched, future)
    }

    /// Sets how many workers may run tasks at once, while the runtime runs; returns how many it were. Go: `runtime.GOMAXPROCS(n)`.
    ///
    /// Fewer workers: those that are too many finish the poll that they are in, and what is queued at them is for the others. More
    /// workers: they start as soon as there is something to do. Threads that are not needed any more end after a while
    /// ([`Builder::thread_keep_alive`](crate::runtime::Builder::thread_keep_alive)). Neither stops the others, and no task, timer or socket is lost on the
    /// way. A task that blocks or computes stalls nobody with any number of workers.
    ///
    /// There is room for as many workers as the runtime was built with, as there are CPUs, or for 64, whichever is most; `val` is
    /// taken for that if it is more. Workers beyond those that the runtime was built with aren't pinned; with [`Pin::Auto`](crate::runtime::Pin::Auto)
    /// the others aren't any more then, either. A `current_thread` runtime has one worker, and nothing changes there.
    ///
    /// How many there are at the moment [`RuntimeMetrics::num_workers`] tells. tokio has nothing like this.
    ///
    /// # Panics
    /// If `val` is 0.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(4).build()?;
    /// let handle = rt.handle();
    /// assert_eq!(handle.set_max_procs(1), 4);
    /// assert_eq!(handle.metrics().num_workers(), 1);
    /// assert_eq!(handle.set_max_procs(8), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    #[doc(alias = "GOMAXPROCS")]
    pub fn set_max_procs(&self, val: usize) -> usize {
        assert!(val > 0, "Worker threads cannot be set to 0");
        procresize::gomaxprocs(&self.sched, val)
    }

    /// Which kind of scheduler the runtime has.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::{Builder, RuntimeFlavor};
    ///
    /// let rt = Builder::new_current_thread().build()?;
    /// assert_eq!(rt.handle().runtime_flavor(), RuntimeFlavor::CurrentThread);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        match self.sched.config.flavor {
            Flavor::CurrentThread => RuntimeFlavor::CurrentThread,
            Flavor::MultiThread => RuntimeFlavor::MultiThread,
        }
    }

    /// The runtime's number.
    ///
    /// # Examples
    /// ```
    /// # gmp::runtime::Runtime::new().unwrap().block_on(async {
    /// let handle = gmp::runtime::Handle::current();
    /// assert_eq!(handle.id(), gmp::spawn(async { gmp::runtime::Handle::current().id() }).await.unwrap());
    /// # })
    /// ```
    pub fn id(&self) -> Id {
        Id(self.sched.id)
    }

    /// The name given by [`Builder::name`](crate::runtime::Builder::name).
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_current_thread().name("mine").build()?;
    /// assert_eq!(rt.handle().name(), Some("mine"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn name(&self) -> Option<&str> {
        self.sched.config.name.as_deref()
    }

    /// The runtime's figures.
    ///
    /// # Examples
    /// ```
    /// # gmp::runtime::Runtime::new().unwrap().block_on(async {
    /// println!("{} workers", gmp::runtime::Handle::current().metrics().num_workers());
    /// # })
    /// ```
    pub fn metrics(&self) -> RuntimeMetrics {
        RuntimeMetrics::new(self.clone())
    }

    /// What each step of the boot found.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Runtime::new()?;
    /// println!("{}", rt.handle().boot_record());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn boot_record(&self) -> &BootRecord {
        &self.sched.boot
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("id", &self.id()).field("flavor", &self.runtime_flavor()).finish_non_exhaustive()
    }
}

/// Error returned by [`Handle::try_current`] when no runtime is current.
///
/// # Examples
/// ```
/// let error = gmp::runtime::Handle::try_current().unwrap_err();
/// assert!(error.is_missing_context() && !error.is_thread_local_destroyed());
/// assert_eq!(error.to_string(), "there is no reactor running, must be called from the context of a Tokio 1.x runtime");
/// ```
pub struct TryCurrentError(());

impl TryCurrentError {
    /// Whether the reason is that no runtime has been entered. Always true here.
    pub fn is_missing_context(&self) -> bool {
        true
    }

    /// Whether the reason is that the thread's locals are being destroyed. Never here: the context has no destructor.
    pub fn is_thread_local_destroyed(&self) -> bool {
        false
    }
}

impl fmt::Debug for TryCurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryCurrentError").field("kind", &format_args!("NoContext")).finish()
    }
}

impl fmt::Display for TryCurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NO_RUNTIME)
    }
}

impl Error for TryCurrentError {}
