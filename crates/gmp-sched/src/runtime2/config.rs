//! [`Config`]: every knob of a runtime.
//!
//! Go: runtime/runtime1.go (debug), GODEBUG, GOMAXPROCS

use crate::observe::Observer;
use crate::rt0::record::BootRecord;
use crate::sysmon::StalledPoll;
use gmp_base::owned::ThreadNumber;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Which of the two schedulers a runtime has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// GOMAXPROCS Ps, Ms on demand.
    MultiThread,
    /// One P and no M but the one that calls `block_on`.
    CurrentThread,
}

/// Where an M that holds a P may run.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Pin {
    /// [`Core`](Pin::Core) for Ms that are busy, if the runtime has the machine to itself; [`None`](Pin::None) otherwise. An M that sleeps
    /// more than it runs floats, and all do once one of them finds that it must share its CPU.
    #[default]
    Auto,
    /// Each P on a CPU of its own.
    Core,
    /// Each P on the CPUs that share a last-level cache with its own.
    Llc,
    /// Anywhere.
    None,
    /// P number `i` on the `i`-th CPU of this list, around again if there are more Ps.
    Custom(Vec<usize>),
}

/// What the runtime does when a task panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum UnhandledPanic {
    /// The panic becomes a `JoinError`, nothing else happens.
    #[default]
    Ignore,
    /// The runtime shuts down: its other tasks are cancelled, and `block_on` panics.
    ShutdownRuntime,
}

/// A hook without arguments.
pub type Hook = Arc<dyn Fn() + Send + Sync + 'static>;
/// The embedder's hook, called with what is known when it is its turn.
pub type BootHook = Box<dyn FnOnce(&BootRecord) + Send + 'static>;
/// Is told of polls that were found stuck.
pub type StallHook = Arc<dyn Fn(&StalledPoll) + Send + Sync + 'static>;
/// Gives a thread its name.
pub type NameFn = Arc<dyn Fn() -> String + Send + Sync + 'static>;

/// Functions of the embedder's.
#[derive(Clone, Default)]
pub struct Hooks {
    /// On each new thread, before anything else.
    pub on_thread_start: Option<Hook>,
    /// On each thread before it ends.
    pub on_thread_stop: Option<Hook>,
    /// Before an M sleeps because there is nothing to do.
    pub on_thread_park: Option<Hook>,
    /// After it has been woken.
    pub on_thread_unpark: Option<Hook>,
    /// When a poll is found stuck, and when it is over.
    pub on_stalled_poll: Option<StallHook>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("on_thread_start", &self.on_thread_start.is_some())
            .field("on_thread_stop", &self.on_thread_stop.is_some())
            .field("on_thread_park", &self.on_thread_park.is_some())
            .field("on_thread_unpark", &self.on_thread_unpark.is_some())
            .field("on_stalled_poll", &self.on_stalled_poll.is_some())
            .finish()
    }
}

/// Every knob.
pub struct Config {
    /// Which scheduler.
    pub flavor: Flavor,
    /// How many Ps; the builder's choice, the environment's or the machine's.
    pub procs: Option<usize>,
    /// `current_thread` only: the one thread that runs its Gs, which therefore needn't be `Send`.
    pub owner: Option<ThreadNumber>,
    /// The runtime's name, for people.
    pub name: Option<String>,
    /// Names of threads.
    pub thread_name: NameFn,
    /// Stack of new threads in bytes.
    pub thread_stack_size: Option<usize>,
    /// How long an idle thread of the blocking pool waits for the next job.
    pub thread_keep_alive: Duration,
    /// Most threads of the blocking pool.
    pub max_blocking_threads: usize,
    /// After so many turns an M looks into the global queue first.
    pub global_queue_interval: u32,
    /// After so many turns an M looks for events, and `block_on` at its own future.
    pub event_interval: u32,
    /// Most events that one look at the netpoller takes.
    pub max_io_events_per_tick: usize,
    /// The netpoller is made when the runtime boots, so that its failure is the boot's; else with the first descriptor.
    pub netpoll: bool,
    /// The clock stands still from the beginning.
    pub start_paused: bool,
    /// Where Ms run.
    pub pin: Pin,
    /// Whether there is a sysmon, which takes Ps away from Ms that are stuck.
    pub stall_detection: bool,
    /// How long a poll may use the CPU until it counts as stalled (Go: forcePreemptNS). Polls that block are found sooner.
    pub stall_threshold: Duration,
    /// What a panic of a task does.
    pub unhandled_panic: UnhandledPanic,
    /// The seed of everything random in the scheduler.
    pub seed: Option<u64>,
    /// The embedder's functions.
    pub hooks: Hooks,
    /// Who is told of tasks.
    pub observer: Option<Arc<Observer>>,
    /// Called once while booting.
    pub on_boot: Option<BootHook>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("flavor", &self.flavor)
            .field("procs", &self.procs)
            .field("owner", &self.owner)
            .field("name", &self.name)
            .field("thread_stack_size", &self.thread_stack_size)
            .field("thread_keep_alive", &self.thread_keep_alive)
            .field("max_blocking_threads", &self.max_blocking_threads)
            .field("global_queue_interval", &self.global_queue_interval)
            .field("event_interval", &self.event_interval)
            .field("max_io_events_per_tick", &self.max_io_events_per_tick)
            .field("netpoll", &self.netpoll)
            .field("start_paused", &self.start_paused)
            .field("pin", &self.pin)
            .field("stall_detection", &self.stall_detection)
            .field("stall_threshold", &self.stall_threshold)
            .field("unhandled_panic", &self.unhandled_panic)
            .field("seed", &self.seed)
            .field("hooks", &self.hooks)
            .field("observer", &self.observer)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The defaults of a flavour.
    pub fn new(flavor: Flavor) -> Self {
        Self {
            flavor,
            procs: None,
            owner: None,
            name: None,
            thread_name: Arc::new(|| "gmp-worker".to_owned()),
            thread_stack_size: None,
            thread_keep_alive: Duration::from_secs(10),
            max_blocking_threads: 512,
            global_queue_interval: 61,
            event_interval: 61,
            max_io_events_per_tick: 1024,
            netpoll: false,
            start_paused: false,
            pin: Pin::Auto,
            stall_detection: true,
            stall_threshold: Duration::from_millis(10),
            unhandled_panic: UnhandledPanic::Ignore,
            seed: None,
            hooks: Hooks::default(),
            observer: None,
            on_boot: None,
        }
    }
}
