//! Figures for the facade's `RuntimeMetrics`. Each is exact for who wrote it and a little old for everyone else.
//!
//! Go: runtime/metrics.go (/sched/…)

use crate::runtime2::p::PTotals;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::unmodelled::Ordering;
use std::thread::ThreadId;
use std::time::Duration;

/// A runtime's figures.
#[derive(Clone, Copy, Debug)]
pub struct Metrics<'a>(pub &'a Sched);

/// What sysmon has found and done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stalls {
    /// Polls found blocked.
    pub blocked: u64,
    /// Polls found computing for longer than the threshold.
    pub busy: u64,
    /// Ps taken from polls that block.
    pub retaken_blocked: u64,
    /// Ps taken from blocking sections.
    pub retaken_section: u64,
    /// Ps taken from polls that compute.
    pub retaken_busy: u64,
    /// Ps that should have been taken and weren't.
    pub denied: u64,
    /// Time slices ended.
    pub preempted: u64,
    /// The longest poll seen.
    pub longest: Duration,
    /// How often sysmon has looked.
    pub looks: u64,
}

// ORDERING: everything here is a figure for people.
impl Metrics<'_> {
    /// GOMAXPROCS.
    pub fn num_workers(&self) -> usize {
        self.0.procs()
    }

    /// Tasks that have been spawned and aren't dead.
    pub fn num_alive_tasks(&self) -> usize {
        let stats = &self.0.stats;
        let (mut spawned, mut died) =
            (stats.remote_spawned.load(Ordering::Relaxed), stats.remote_died.load(Ordering::Relaxed));
        let used = self.0.used_slots().len();
        // Deaths first: a task that is born and dies between the two looks must not make the difference negative.
        for slot in 0..used {
            died += self.0.totals(slot).died;
        }
        for slot in 0..used {
            spawned += self.0.totals(slot).spawned;
        }
        usize::try_from(spawned.saturating_sub(died)).unwrap_or(usize::MAX)
    }

    /// Tasks spawned so far.
    pub fn spawned_tasks_count(&self) -> u64 {
        let local: u64 = (0..self.0.used_slots().len()).map(|slot| self.0.totals(slot).spawned).sum();
        local + self.0.stats.remote_spawned.load(Ordering::Relaxed)
    }

    /// Tasks in the global queue.
    pub fn global_queue_depth(&self) -> usize {
        self.0.runq.len()
    }

    /// Wakes and spawns from threads without a P of this runtime.
    pub fn remote_schedule_count(&self) -> u64 {
        self.0.stats.remote_schedules.load(Ordering::Relaxed) + self.0.stats.remote_spawned.load(Ordering::Relaxed)
    }

    /// A P's counters.
    ///
    /// # Panics
    /// If there is no such P, and never was.
    #[track_caller]
    pub fn worker(&self, worker: usize) -> PTotals {
        assert!(worker < self.0.used_slots().len(), "worker index out of range");
        self.0.totals(worker)
    }

    /// Descriptors registered and deregistered, and events of them.
    pub fn netpoll(&self) -> [u64; 3] {
        self.0.netpoll.get().map_or([0; 3], |netpoll| {
            let stats = &netpoll.stats;
            [&stats.registered, &stats.deregistered, &stats.ready].map(|count| count.load(Ordering::Relaxed))
        })
    }

    /// How often a task yielded because its poll budget was used up.
    pub fn budget_forced_yield_count(&self) -> u64 {
        (0..self.0.used_slots().len()).map(|slot| self.0.totals(slot).forced_yields).sum()
    }

    /// The thread of the M that has the P, or had it last.
    ///
    /// # Panics
    /// If there is no such P, and never was.
    #[track_caller]
    pub fn worker_thread_id(&self, worker: usize) -> Option<ThreadId> {
        assert!(worker < self.0.used_slots().len(), "worker index out of range");
        self.0.last_m(worker).and_then(|mp| mp.thread.get().copied())
    }

    /// Tasks in a P's own queue.
    ///
    /// # Panics
    /// If there is no such P, and never was.
    #[track_caller]
    pub fn worker_local_queue_depth(&self, worker: usize) -> usize {
        assert!(worker < self.0.used_slots().len(), "worker index out of range");
        let pp = self.0.slots[worker].record();
        pp.runq.len() + usize::from(pp.runq.has_next())
    }

    /// Threads of the blocking pool, those of them that are idle, and jobs that wait.
    pub fn blocking(&self) -> (usize, usize, usize) {
        self.0.blocking.counts()
    }

    /// Ps taken away from Ms that were stuck.
    pub fn retired_count(&self) -> u64 {
        self.0.stats.retired.load(Ordering::Relaxed)
    }

    /// What sysmon has found and done.
    pub fn stalls(&self) -> Stalls {
        let stalls = &self.0.stats.stalls;
        let get = |counter: &gmp_base::loom::unmodelled::AtomicU64| counter.load(Ordering::Relaxed);
        Stalls {
            blocked: get(&stalls.blocked),
            busy: get(&stalls.busy),
            retaken_blocked: get(&stalls.retaken_blocked),
            retaken_section: get(&stalls.retaken_section),
            retaken_busy: get(&stalls.retaken_busy),
            denied: get(&stalls.denied),
            preempted: get(&stalls.preempted),
            longest: Duration::from_nanos(get(&stalls.longest)),
            looks: get(&stalls.looks),
        }
    }

    /// Threads that the system refused.
    pub fn thread_failures(&self) -> u64 {
        self.0.stats.thread_failures.load(Ordering::Relaxed)
    }

    /// Tasks that panicked.
    pub fn panics(&self) -> u64 {
        self.0.stats.panics.load(Ordering::Relaxed)
    }

    /// Ms that there have been, and how many of them are idle.
    pub fn threads(&self) -> (u64, usize) {
        (self.0.m_count(), self.0.idle.nmidle())
    }
}
