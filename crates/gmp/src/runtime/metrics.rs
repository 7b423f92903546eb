//! [`RuntimeMetrics`]: what the scheduler counts.

mod histograms;

use crate::runtime::Handle;
use gmp_sched::StallKind;
use gmp_sched::metrics::Metrics;
use std::thread::ThreadId;
use std::time::Duration;

/// Handle to the figures of a runtime. All of them are stable, tokio's unstable ones too.
///
/// A figure is exact for the worker that counts it and a little old for everyone else; figures are not consistent with
/// one another.
///
/// # Examples
/// ```
/// # let rt = gmp::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
/// let metrics = rt.metrics();
/// rt.block_on(rt.spawn(async {})).unwrap();
/// assert_eq!(metrics.spawned_tasks_count(), 1);
/// ```
///
/// All of it, as a program might write it into its log once a minute:
/// ```
/// # #![allow(deprecated, reason = "an older name is among them")]
/// use gmp::runtime::{Builder, RuntimeMetrics, StallKind};
///
/// fn log(metrics: &RuntimeMetrics) {
///     println!(
///         "tasks: {} alive ({} by the older name), {} spawned, {} panicked",
///         metrics.num_alive_tasks(),
///         metrics.active_tasks_count(),
///         metrics.spawned_tasks_count(),
///         metrics.panicked_tasks_count(),
///     );
///     println!(
///         "queue: {} waiting, {} came from outside; {} polls ended for want of budget",
///         metrics.global_queue_depth(),
///         metrics.remote_schedule_count(),
///         metrics.budget_forced_yield_count(),
///     );
///     println!(
///         "blocking: {} threads, {} of them idle, {} jobs waiting; {} times the system refused a thread",
///         metrics.num_blocking_threads(),
///         metrics.num_idle_blocking_threads(),
///         metrics.blocking_queue_depth(),
///         metrics.thread_failure_count(),
///     );
///     println!(
///         "descriptors: {} registered, {} deregistered, {} events",
///         metrics.io_driver_fd_registered_count(),
///         metrics.io_driver_fd_deregistered_count(),
///         metrics.io_driver_ready_count(),
///     );
///     for kind in [StallKind::Blocked, StallKind::Busy] {
///         let (found, retaken) = (metrics.stalled_poll_count(kind), metrics.retaken_count(kind));
///         println!("{kind} polls: {found} found, {retaken} times another thread went on");
///     }
///     println!(
///         "stalls: longest {:?}, {} preempted, {} sections retaken, {} denied, {} retired, {} looks",
///         metrics.longest_poll(),
///         metrics.preempted_count(),
///         metrics.retaken_section_count(),
///         metrics.retake_denied_count(),
///         metrics.retired_count(),
///         metrics.watcher_tick_count(),
///     );
///     for worker in 0..metrics.num_workers() {
///         println!(
///             "worker {worker} on {:?}: busy {:?}, {} polls of {:?}, parked {} times (woken {}), {} in vain",
///             metrics.worker_thread_id(worker),
///             metrics.worker_total_busy_duration(worker),
///             metrics.worker_poll_count(worker),
///             metrics.worker_mean_poll_time(worker),
///             metrics.worker_park_count(worker),
///             metrics.worker_park_unpark_count(worker) / 2,
///             metrics.worker_noop_count(worker),
///         );
///         println!(
///             "worker {worker}: {} in its queue, {} queued there so far, {} stolen in {} raids, {} overflows",
///             metrics.worker_local_queue_depth(worker),
///             metrics.worker_local_schedule_count(worker),
///             metrics.worker_steal_count(worker),
///             metrics.worker_steal_operations(worker),
///             metrics.worker_overflow_count(worker),
///         );
///     }
///     if metrics.poll_time_histogram_enabled() {
///         for bucket in 0..metrics.poll_time_histogram_num_buckets() {
///             let counts = (0..metrics.num_workers()).map(|w| metrics.poll_time_histogram_bucket_count(w, bucket));
///             println!("polls of {:?}: {}", metrics.poll_time_histogram_bucket_range(bucket), counts.sum::<u64>());
///         }
///     }
///     if metrics.schedule_latency_histogram_enabled() {
///         for bucket in 0..metrics.schedule_latency_histogram_num_buckets() {
///             let counts = (0..metrics.num_workers()).map(|w| metrics.schedule_latency_histogram_bucket_count(w, bucket));
///             println!("waits of {:?}: {}", metrics.schedule_latency_histogram_bucket_range(bucket), counts.sum::<u64>());
///         }
///     }
/// }
///
/// let rt = Builder::new_multi_thread()
///     .enable_metrics_poll_time_histogram()
///     .enable_metrics_schedule_latency_histogram()
///     .build()?;
/// rt.block_on(rt.spawn(async {})).unwrap();
/// log(&rt.metrics());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RuntimeMetrics {
    handle: Handle,
}

impl RuntimeMetrics {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    fn metrics(&self) -> Metrics<'_> {
        Metrics(self.handle.sched())
    }

    /// How many workers (Ps) there are. [`Handle::set_max_procs`] changes it; figures of a worker stay when it goes.
    pub fn num_workers(&self) -> usize {
        self.metrics().num_workers()
    }

    /// How many tasks have been spawned and aren't done.
    pub fn num_alive_tasks(&self) -> usize {
        self.metrics().num_alive_tasks()
    }

    /// The old name of [`num_alive_tasks`](Self::num_alive_tasks).
    #[deprecated = "Renamed to num_alive_tasks"]
    pub fn active_tasks_count(&self) -> usize {
        self.num_alive_tasks()
    }

    /// How many tasks have been spawned so far.
    pub fn spawned_tasks_count(&self) -> u64 {
        self.metrics().spawned_tasks_count()
    }

    /// How many tasks are in the global queue.
    pub fn global_queue_depth(&self) -> usize {
        self.metrics().global_queue_depth()
    }

    /// How often a task was scheduled from outside of the runtime's workers.
    pub fn remote_schedule_count(&self) -> u64 {
        self.metrics().remote_schedule_count()
    }

    /// How many threads the blocking pool has.
    pub fn num_blocking_threads(&self) -> usize {
        self.metrics().blocking().0
    }

    /// How many of the blocking pool's threads wait for a job.
    pub fn num_idle_blocking_threads(&self) -> usize {
        self.metrics().blocking().1
    }

    /// How many jobs wait for a thread of the blocking pool.
    pub fn blocking_queue_depth(&self) -> usize {
        self.metrics().blocking().2
    }

    /// How long the worker has been awake.
    ///
    /// # Panics
    /// If there is no such worker, as all of the following.
    #[track_caller]
    pub fn worker_total_busy_duration(&self, worker: usize) -> Duration {
        Duration::from_nanos(self.metrics().worker(worker).busy_nanos)
    }

    /// How often the worker went to sleep.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    pub fn worker_park_count(&self, worker: usize) -> u64 {
        self.metrics().worker(worker).parks
    }

    /// How often the worker went to sleep or woke: odd while it sleeps.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    pub fn worker_park_unpark_count(&self, worker: usize) -> u64 {
        self.metrics().worker(worker).parks_and_unparks
    }

    /// How often the worker woke and found nothing to do.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    pub fn worker_noop_count(&self, worker: usize) -> u64 {
        self.metrics().worker(worker).noops
    }

    /// How many tasks the worker has stolen.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    pub fn worker_steal_count(&self, worker: usize) -> u64 {
        self.metrics().worker(worker).steals
    }

    /// How often the worker has stolen, one task or many.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    pub fn worker_steal_operations(&self, worker: usize) -> u64 {
        self.metrics().worker(worker).steal_operations
    }

    /// How often the worker has polled a task.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    #[doc(alias = "schedtick")]
    pub fn worker_poll_count(&self, worker: usize) -> u64 {
        self.metrics().worker(worker).polls
    }

    /// How often a task was queued by the worker itself.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    pub fn worker_local_schedule_count(&self, worker: usize) -> u64 {
        self.metrics().worker(worker).local_schedules
    }

    /// How often the worker's own queue overflowed into the global one.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    pub fn worker_overflow_count(&self, worker: usize) -> u64 {
        self.metrics().worker(worker).overflows
    }

    /// How many tasks are in the worker's own queue.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    pub fn worker_local_queue_depth(&self, worker: usize) -> usize {
        self.metrics().worker_local_queue_depth(worker)
    }

    /// The mean time of a poll on the worker: how long it was awake, over how often it has polled.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    pub fn worker_mean_poll_time(&self, worker: usize) -> Duration {
        let totals = self.metrics().worker(worker);
        Duration::from_nanos(totals.busy_nanos.checked_div(totals.polls).unwrap_or(0))
    }

    /// The thread of the worker: which has it now, or had it last. `None` before its first task.
    ///
    /// # Panics
    /// If there is no such worker.
    #[track_caller]
    pub fn worker_thread_id(&self, worker: usize) -> Option<ThreadId> {
        self.metrics().worker_thread_id(worker)
    }

    /// How often a task yielded because its poll budget was used up.
    pub fn budget_forced_yield_count(&self) -> u64 {
        self.metrics().budget_forced_yield_count()
    }

    /// How many tasks have panicked.
    pub fn panicked_tasks_count(&self) -> u64 {
        self.metrics().panics()
    }

    /// How often a P was taken away from a thread that was stuck in a poll, for whatever reason (Go: `retake`).
    pub fn retired_count(&self) -> u64 {
        self.metrics().retired_count()
    }

    /// How many polls were found to do what [`StallKind`] says.
    pub fn stalled_poll_count(&self, kind: StallKind) -> u64 {
        match kind {
            StallKind::Blocked => self.metrics().stalls().blocked,
            StallKind::Busy => self.metrics().stalls().busy,
            _ => 0,
        }
    }

    /// How often a P was taken from a poll that did what [`StallKind`] says.
    pub fn retaken_count(&self, kind: StallKind) -> u64 {
        match kind {
            StallKind::Blocked => self.metrics().stalls().retaken_blocked,
            StallKind::Busy => self.metrics().stalls().retaken_busy,
            _ => 0,
        }
    }

    /// How often a P was taken from a blocking section: [`block_in_place`](crate::task::block_in_place) or a call of
    /// [`fs`](crate).
    pub fn retaken_section_count(&self) -> u64 {
        self.metrics().stalls().retaken_section
    }

    /// How often a P should have been taken from a thread, which was stuck or one too many, and wasn't, because too many are out or too many
    /// threads were started.
    pub fn retake_denied_count(&self) -> u64 {
        self.metrics().stalls().denied
    }

    /// How often tasks that wake each other without a pause were told to let others run.
    pub fn preempted_count(&self) -> u64 {
        self.metrics().stalls().preempted
    }

    /// The longest poll that the watcher has seen: zero if there was none above a few milliseconds. A few milliseconds less than the truth.
    pub fn longest_poll(&self) -> Duration {
        self.metrics().stalls().longest
    }

    /// How often the watcher has looked at the workers (Go: `sysmontick`).
    pub fn watcher_tick_count(&self) -> u64 {
        self.metrics().stalls().looks
    }

    /// How often the system refused to start a thread.
    pub fn thread_failure_count(&self) -> u64 {
        self.metrics().thread_failures()
    }

    /// How many descriptors have been registered with the netpoller so far.
    #[cfg(feature = "net")]
    pub fn io_driver_fd_registered_count(&self) -> u64 {
        self.metrics().netpoll()[0]
    }

    /// How many descriptors have been deregistered so far.
    #[cfg(feature = "net")]
    pub fn io_driver_fd_deregistered_count(&self) -> u64 {
        self.metrics().netpoll()[1]
    }

    /// How many times a descriptor has become ready so far.
    #[cfg(feature = "net")]
    pub fn io_driver_ready_count(&self) -> u64 {
        self.metrics().netpoll()[2]
    }
}
