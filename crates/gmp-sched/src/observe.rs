//! What is told of tasks to those who ask: hooks, histograms, names.
//!
//! Every task has a place for what is told of it, which is empty in a runtime that isn't observed: that pays one look at it for each
//! spawn and each turn. Two kinds of tasks, told of and not, would be two calls of each future's `poll`, and the compiler makes none of them part of
//! the run loop then, which costs more.
//!
//! Whom a task is told to: the observer of its runtime, or for a task of a `LocalSet`, which has no runtime, that of the runtime in whose
//! context it was spawned. The histograms count a runtime's own tasks only: a set is polled inside of one, whose poll is counted.
//!
//! Go: runtime/trace.go (traceEvGo…), runtime/metrics.go (/sched/latencies:seconds)

pub mod histogram;
pub mod names;

use crate::getg;
use gmp_base::loom::unmodelled::{AtomicU64, Ordering};
use gmp_task::Id;
use histogram::Histogram;
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// What a hook is told of a task.
#[derive(Clone, Copy, Debug)]
pub struct TaskMeta<'a> {
    id: Id,
    spawned_at: &'static Location<'static>,
    name: Option<&'a str>,
    schedule_latency: Option<Duration>,
}

impl<'a> TaskMeta<'a> {
    /// Returns the id of the task.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Returns where the task was spawned.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// The name that the task was given when it was spawned.
    pub fn name(&self) -> Option<&'a str> {
        self.name
    }

    /// How long the task has waited for this poll since it was woken or spawned.
    ///
    /// Known to the hooks before and after a poll, if the builder was asked to track it.
    pub fn schedule_latency(&self) -> Option<Duration> {
        self.schedule_latency
    }
}

/// A hook of the embedder's.
pub type TaskHook = Arc<dyn Fn(&TaskMeta<'_>) + Send + Sync + 'static>;

/// What is asked for.
#[derive(Clone, Default)]
pub struct Observer {
    /// Before a task is queued for the first time.
    pub on_spawn: Option<TaskHook>,
    /// After its future has been dropped.
    pub on_terminate: Option<TaskHook>,
    /// Before each poll.
    pub on_before_poll: Option<TaskHook>,
    /// After each poll.
    pub on_after_poll: Option<TaskHook>,
    /// How long polls take.
    pub poll_times: Option<Arc<Histogram>>,
    /// Whether to note when tasks are woken.
    pub track_latency: bool,
    /// How long they wait from then on.
    pub latencies: Option<Arc<Histogram>>,
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("on_spawn", &self.on_spawn.is_some())
            .field("on_terminate", &self.on_terminate.is_some())
            .field("on_before_poll", &self.on_before_poll.is_some())
            .field("on_after_poll", &self.on_after_poll.is_some())
            .field("poll_times", &self.poll_times)
            .field("track_latency", &self.track_latency)
            .field("latencies", &self.latencies)
            .finish()
    }
}

pin_project! {
    /// A task's future, and what is told of it.
    pub(crate) struct Observed<F> {
        // Dropped before `life` ends.
        #[pin]
        future: F,
        life: Option<Arc<Life>>,
    }
}

/// From the spawn of a task to the drop of its future. One owner has it; in an `Arc`, because the compiler makes only what drops one part of
/// its caller.
pub(crate) struct Life {
    observer: Arc<Observer>,
    id: Id,
    spawned_at: &'static Location<'static>,
    name: Option<Arc<str>>,
    wakes: Option<Arc<Wakes>>,
    /// The histograms count it.
    counts: bool,
}

impl<F> Observed<F> {
    #[inline(always)]
    pub(crate) fn new(future: F, life: Option<Arc<Life>>) -> Self {
        Self { future, life }
    }
}

impl Life {
    /// A task is about to be spawned: the hook is told.
    #[cold]
    #[inline(never)]
    pub(crate) fn begin(
        observer: &Arc<Observer>,
        id: Id,
        spawned_at: &'static Location<'static>,
        name: Option<Arc<str>>,
    ) -> Arc<Self> {
        Self::made(observer, id, spawned_at, name, true)
    }

    /// As [`begin`](Self::begin), for a task that isn't the runtime's own.
    pub(crate) fn begin_guest(
        observer: &Arc<Observer>,
        id: Id,
        spawned_at: &'static Location<'static>,
        name: Option<Arc<str>>,
    ) -> Arc<Self> {
        Self::made(observer, id, spawned_at, name, false)
    }

    #[cold]
    fn made(
        observer: &Arc<Observer>,
        id: Id,
        spawned_at: &'static Location<'static>,
        name: Option<Arc<str>>,
        counts: bool,
    ) -> Arc<Self> {
        if let Some(hook) = &observer.on_spawn {
            hook(&TaskMeta { id, spawned_at, name: name.as_deref(), schedule_latency: None });
        }
        let tracks = observer.track_latency || observer.latencies.is_some();
        let wakes = tracks.then(|| Arc::new(Wakes::now()));
        Arc::new(Self { observer: observer.clone(), id, spawned_at, name, wakes, counts })
    }

    fn meta(&self, schedule_latency: Option<Duration>) -> TaskMeta<'_> {
        TaskMeta { id: self.id, spawned_at: self.spawned_at, name: self.name.as_deref(), schedule_latency }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if let Some(hook) = &self.observer.on_terminate {
            hook(&self.meta(None));
        }
    }
}

impl<F: Future> Future for Observed<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        // The waker and not the context, which is then made once.
        let waker = cx.waker();
        let told = this.life.as_deref().map(|life| Told::begin(life, waker));
        let waker = told.as_ref().map_or(waker, |told| &told.waker);
        this.future.poll(&mut Context::from_waker(waker))
    }
}

/// A poll that is told of. Its end is told even if it panics.
struct Told<'a> {
    life: &'a Life,
    latency: Option<Duration>,
    began: Instant,
    waker: Waker,
}

impl<'a> Told<'a> {
    #[cold]
    #[inline(never)]
    fn begin(life: &'a Life, waker: &Waker) -> Self {
        let observer = &life.observer;
        let latency = life.wakes.as_ref().and_then(|wakes| wakes.take());
        if let (true, Some(histogram), Some(latency)) = (life.counts, &observer.latencies, latency) {
            histogram.record(getg::worker_index().unwrap_or(0), latency);
        }
        if let Some(hook) = &observer.on_before_poll {
            hook(&life.meta(latency));
        }
        let waker = life.wakes.as_ref().map_or_else(|| waker.clone(), |wakes| wakes.waker(waker));
        Self { life, latency, began: Instant::now(), waker }
    }
}

impl Drop for Told<'_> {
    #[cold]
    fn drop(&mut self) {
        let observer = &self.life.observer;
        if let (true, Some(histogram)) = (self.life.counts, &observer.poll_times) {
            histogram.record(getg::worker_index().unwrap_or(0), self.began.elapsed());
        }
        let Some(hook) = &observer.on_after_poll else { return };
        let meta = self.life.meta(self.latency);
        if std::thread::panicking() {
            // The task's own panic is the one that counts.
            drop(catch_unwind(AssertUnwindSafe(|| hook(&meta))));
        } else {
            hook(&meta);
        }
    }
}

/// When a task was woken, and its waker.
struct Wakes {
    epoch: Instant,
    /// Nanoseconds from `epoch`, one more than it is; 0 if it wasn't woken since its last poll.
    woken: AtomicU64,
    /// A task has one waker from its first poll to its end.
    waker: OnceLock<Waker>,
}

impl Wakes {
    /// A spawn is a wake.
    fn now() -> Self {
        Self { epoch: Instant::now(), woken: AtomicU64::new(1), waker: OnceLock::new() }
    }

    fn nanos(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX - 1) + 1
    }

    /// How long ago the wake was, which the poll that begins answers.
    fn take(&self) -> Option<Duration> {
        // ORDERING: a figure for people.
        let woken = self.woken.swap(0, Ordering::Relaxed);
        (woken > 0).then(|| Duration::from_nanos(self.nanos().saturating_sub(woken)))
    }

    /// The waker for a poll with this one.
    fn waker(self: &Arc<Self>, waker: &Waker) -> Waker {
        self.waker.get_or_init(|| waker.clone());
        Waker::from(self.clone())
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // ORDERING: a figure for people; the wake itself is the inner waker's.
        let _ = self.woken.compare_exchange(0, self.nanos(), Ordering::Relaxed, Ordering::Relaxed);
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }
}
