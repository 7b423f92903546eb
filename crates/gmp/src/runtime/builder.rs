//! [`Builder`]: every knob of a runtime, and the boot.

mod no_effect;
mod stalls;
mod observe;
mod threads;

use crate::runtime::{
    BootRecord, Handle, LocalOptions, LocalRuntime, PAUSE_NEEDS_CURRENT_THREAD, Pin, RngSeed, Runtime, UnhandledPanic,
};
use gmp_sched::local_runtime::ThreadNumber;
use gmp_sched::{Config, Flavor, rt0};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Builds a [`Runtime`] with knobs of one's own.
///
/// # Examples
/// ```
/// use gmp::runtime::Builder;
///
/// let rt = Builder::new_multi_thread()
///     .worker_threads(4)
///     .thread_name("my-custom-name")
///     .thread_stack_size(3 * 1024 * 1024)
///     .build()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Builder {
    flavor: Flavor,
    procs: Option<usize>,
    name: Option<String>,
    thread_name: Option<gmp_sched::runtime2::config::NameFn>,
    thread_stack_size: Option<usize>,
    thread_keep_alive: Option<Duration>,
    max_blocking_threads: Option<usize>,
    global_queue_interval: Option<u32>,
    event_interval: Option<u32>,
    max_io_events_per_tick: Option<usize>,
    netpoll: bool,
    pin: Pin,
    unhandled_panic: UnhandledPanic,
    seed: Option<u64>,
    hooks: gmp_sched::runtime2::config::Hooks,
    on_boot: Option<BootFn>,
    start_paused: bool,
    stall_detection: bool,
    stall_threshold: Option<Duration>,
    observation: observe::Observation,
}

/// Called in each boot.
type BootFn = Arc<Mutex<dyn FnMut(&BootRecord) + Send + 'static>>;

impl Builder {
    fn new(flavor: Flavor) -> Self {
        Self {
            flavor,
            procs: None,
            name: None,
            thread_name: None,
            thread_stack_size: None,
            thread_keep_alive: None,
            max_blocking_threads: None,
            global_queue_interval: None,
            event_interval: None,
            max_io_events_per_tick: None,
            netpoll: false,
            pin: Pin::Auto,
            unhandled_panic: UnhandledPanic::Ignore,
            seed: None,
            hooks: gmp_sched::runtime2::config::Hooks::default(),
            on_boot: None,
            start_paused: false,
            stall_detection: true,
            stall_threshold: None,
            observation: observe::Observation::default(),
        }
    }

    /// A builder for a `multi_thread` runtime.
    #[cfg(feature = "rt-multi-thread")]
    pub fn new_multi_thread() -> Builder {
        Self::new(Flavor::MultiThread)
    }

    /// A builder for a `current_thread` runtime.
    pub fn new_current_thread() -> Builder {
        Self::new(Flavor::CurrentThread)
    }

    /// Enables every driver.
    ///
    /// What isn't used costs next to nothing here, so sockets and timers work without this too. But a system that has no selector
    /// left shows itself in [`build`](Self::build) only if it has been enabled, and otherwise when the first socket is made.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().enable_all().build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn enable_all(&mut self) -> &mut Self {
        self.enable_io().enable_time()
    }

    /// Enables the netpoller, see [`enable_all`](Self::enable_all).
    pub fn enable_io(&mut self) -> &mut Self {
        self.netpoll = true;
        self
    }

    /// Enables timers, see [`enable_all`](Self::enable_all).
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().enable_time().build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn enable_time(&mut self) -> &mut Self {
        self
    }

    /// Most events that are taken from the netpoller at a time; 1024 if not said, and not more than 256 on Linux.
    ///
    /// # Panics
    /// If `capacity` is 0.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().enable_io().max_io_events_per_tick(64).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn max_io_events_per_tick(&mut self, capacity: usize) -> &mut Self {
        assert!(capacity > 0, "max_io_events_per_tick must be non-zero");
        self.max_io_events_per_tick = Some(capacity);
        self
    }

    /// How many workers run tasks at a time (Go: GOMAXPROCS): how many Ps there are.
    ///
    /// The default is what the environment variable `GMP_MAXPROCS` says (or `TOKIO_WORKER_THREADS`, if that isn't set), else
    /// the number of CPUs that the process may use, bounded by the quota of its cgroup. In a `current_thread` runtime it
    /// is always 1.
    ///
    /// # Panics
    /// If `val` is 0, or more than 1024.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    /// assert_eq!(rt.metrics().num_workers(), 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    #[doc(alias = "GOMAXPROCS")]
    pub fn worker_threads(&mut self, val: usize) -> &mut Self {
        assert!(val > 0, "Worker threads cannot be set to 0");
        assert!(val <= 1024, "Worker threads cannot be set to more than 1024");
        self.procs = Some(val);
        self
    }

    /// Most threads for [`spawn_blocking`](crate::task::spawn_blocking); 512 if not said. Workers are not among them.
    ///
    /// # Panics
    /// If `val` is 0.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().max_blocking_threads(1).build()?;
    /// // The second waits for the first: there is one thread for both.
    /// let jobs = [rt.spawn_blocking(|| 1), rt.spawn_blocking(|| 2)];
    /// for (i, job) in jobs.into_iter().enumerate() {
    ///     assert_eq!(rt.block_on(job).unwrap(), i + 1);
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn max_blocking_threads(&mut self, val: usize) -> &mut Self {
        assert!(val > 0, "Max blocking threads cannot be set to 0");
        self.max_blocking_threads = Some(val);
        self
    }

    /// The name of the runtime, for people.
    ///
    /// # Panics
    /// If it is empty.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().name("mine").build()?;
    /// assert_eq!(rt.handle().name(), Some("mine"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn name(&mut self, val: impl Into<String>) -> &mut Self {
        let val = val.into();
        assert!(!val.trim().is_empty(), "runtime name shouldn't be empty");
        self.name = Some(val);
        self
    }

    /// After how many turns a worker looks into the global queue first; 61 if not said.
    ///
    /// # Panics
    /// If `val` is 0.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().global_queue_interval(31).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn global_queue_interval(&mut self, val: u32) -> &mut Self {
        assert!(val > 0, "global_queue_interval must be greater than 0");
        self.global_queue_interval = Some(val);
        self
    }

    /// After how many turns a worker looks for events; 61 if not said. In a `current_thread` runtime also: how many turns other
    /// tasks get between two polls of the future of `block_on`, at most.
    ///
    /// # Panics
    /// If `val` is 0.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().event_interval(31).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn event_interval(&mut self, val: u32) -> &mut Self {
        assert!(val > 0, "event_interval must be greater than 0");
        self.event_interval = Some(val);
        self
    }

    /// What happens when a task panics; by default nothing beyond its [`JoinError`](crate::task::JoinError).
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::{Builder, UnhandledPanic};
    ///
    /// let rt = Builder::new_current_thread().unhandled_panic(UnhandledPanic::ShutdownRuntime).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn unhandled_panic(&mut self, behavior: UnhandledPanic) -> &mut Self {
        self.unhandled_panic = behavior;
        self
    }

    /// Where workers run. The environment variable `GMP_PIN` (`auto`, `core`, `llc`, `none`, or CPU numbers) stands above it.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::{Builder, Pin};
    ///
    /// let rt = Builder::new_multi_thread().pin_workers(Pin::None).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn pin_workers(&mut self, pin: Pin) -> &mut Self {
        self.pin = pin;
        self
    }

    /// The seed of everything random in the scheduler (whom to steal from); random if not said.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().scheduler_seed(42).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn scheduler_seed(&mut self, seed: u64) -> &mut Self {
        self.seed = Some(seed);
        self
    }

    /// The seed of everything random in the scheduler, in tokio's words for [`scheduler_seed`](Self::scheduler_seed).
    ///
    /// In which order [`select!`](crate::select) polls its branches doesn't depend on it: the macro is tokio's, its random numbers are in
    /// a thread-local of tokio's, and nothing in tokio's stable API sets that. Write `biased;` where the order matters.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::{Builder, RngSeed};
    ///
    /// let seed = RngSeed::from_bytes(b"place your seed here");
    /// let rt = Builder::new_current_thread().rng_seed(seed).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn rng_seed(&mut self, seed: RngSeed) -> &mut Self {
        self.scheduler_seed(seed.0)
    }

    /// The embedder's hook in the boot, where Go calls `_cgo_init`: after the CPU is known, before any thread exists.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().on_boot(|record| println!("on {}", record.cpu)).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "_cgo_init")]
    pub fn on_boot<F>(&mut self, f: F) -> &mut Self
    where
        F: FnMut(&BootRecord) + Send + 'static,
    {
        self.on_boot = Some(Arc::new(Mutex::new(f)));
        self
    }

    /// Whether the runtime's clock is [paused](crate::time::pause) from the start; only for `current_thread`.
    ///
    /// # Examples
    /// ```
    /// use gmp::time::{Duration, sleep};
    ///
    /// let rt = gmp::runtime::Builder::new_current_thread().start_paused(true).build()?;
    /// rt.block_on(async { sleep(Duration::from_secs(3600)).await }); // at once
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "test-util")]
    pub fn start_paused(&mut self, start_paused: bool) -> &mut Self {
        if start_paused {
            crate::time::clocks_may_stand();
        }
        self.start_paused = start_paused;
        self
    }

    /// Boots a runtime, in the order of Go's `rt0_go`.
    ///
    /// The calling thread becomes its first M. Other threads are started when there is work for them.
    ///
    /// # Errors
    /// If a variable of the environment makes no sense.
    ///
    /// # Panics
    /// If the clock is to start paused in a `multi_thread` runtime.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_current_thread().build()?;
    /// rt.block_on(async { println!("Hello from the runtime") });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "rt0_go")]
    #[track_caller]
    pub fn build(&mut self) -> io::Result<Runtime> {
        self.boot(None).map(Runtime::from_handle)
    }

    /// As [`build`](Self::build), for a runtime that belongs to the calling thread and whose tasks needn't be `Send`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    ///
    /// # Panics
    /// If the builder is for a `multi_thread` runtime.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::{Builder, LocalOptions};
    ///
    /// let rt = Builder::new_current_thread().build_local(LocalOptions::default())?;
    /// let task = rt.spawn_local(async { std::rc::Rc::new(1) });
    /// assert_eq!(*rt.block_on(task).unwrap(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn build_local(&mut self, options: LocalOptions) -> io::Result<LocalRuntime> {
        let LocalOptions { .. } = options;
        assert!(self.flavor == Flavor::CurrentThread, "multi_thread is not supported for LocalRuntime");
        self.boot(Some(ThreadNumber::current())).map(LocalRuntime::from_handle)
    }

    #[track_caller]
    fn boot(&self, owner: Option<ThreadNumber>) -> io::Result<Handle> {
        assert!(!self.start_paused || self.flavor == Flavor::CurrentThread, "{PAUSE_NEEDS_CURRENT_THREAD}");
        let mut config = Config::new(self.flavor);
        config.owner = owner;
        config.start_paused = self.start_paused;
        config.procs = self.procs.filter(|_| self.flavor == Flavor::MultiThread);
        config.name = self.name.clone();
        config.thread_stack_size = self.thread_stack_size;
        config.pin = self.pin.clone();
        config.stall_detection = self.stall_detection;
        if let Some(threshold) = self.stall_threshold {
            config.stall_threshold = threshold;
        }
        config.unhandled_panic = self.unhandled_panic;
        config.seed = self.seed;
        config.hooks = self.hooks.clone();
        if let Some(name) = &self.thread_name {
            config.thread_name = name.clone();
        }
        if let Some(d) = self.thread_keep_alive {
            config.thread_keep_alive = d;
        }
        if let Some(n) = self.max_blocking_threads {
            config.max_blocking_threads = n;
        }
        if let Some(n) = self.global_queue_interval {
            config.global_queue_interval = n;
        }
        if let Some(n) = self.event_interval {
            config.event_interval = n;
        }
        if let Some(n) = self.max_io_events_per_tick {
            config.max_io_events_per_tick = n;
        }
        config.netpoll = self.netpoll;
        config.observer = self.observation.observer();
        if let Some(hook) = &self.on_boot {
            let hook = hook.clone();
            config.on_boot = Some(Box::new(move |record| {
                let mut hook = hook.lock().unwrap_or_else(PoisonError::into_inner);
                hook(record);
            }));
        }
        let sched = rt0::rt0_go(config)?;
        Ok(Handle::from_sched(sched))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("flavor", &self.flavor)
            .field("worker_threads", &self.procs)
            .field("max_blocking_threads", &self.max_blocking_threads)
            .field("pin", &self.pin)
            .field("hooks", &self.hooks)
            .finish_non_exhaustive()
    }
}
