//! The pool behind `spawn_blocking`: threads without a P.
//!
//! | file | |
//! |---|---|
//! | this one | jobs, submitting, closing |
//! | `crew` | who sleeps, who searches; the proof that no job is left lying |
//! | `queue` | the jobs that wait |
//! | `thread` | what a thread does: begin, find a job, run it, linger, sleep, end |
//! | `retry` | what is done when the system refuses a thread |
//!
//! A job is a G that is ready at its first poll: one allocation, from the same lists of free cells as all Gs. Its right to
//! be run is in the queue, or in the hands of the thread that has taken it out; who takes it out runs it or, if the pool has been
//! closed, cancels it.
//!
//! Go: none — Go's syscalls run on the M that calls them.

mod crew;
mod queue;
mod retry;
mod thread;

use crate::getg;
use crate::runtime2::config::Config;
use crate::runtime2::schedt::Sched;
use crew::{Call, Crew};
use gmp_base::loom::unmodelled::Ordering as Unmodelled;
use gmp_base::loom::{AtomicBool, Condvar, Mutex, Ordering, fence};
use gmp_task::cell::newg;
use gmp_task::gfree::SizeClass;
use gmp_task::schedule::Panicked;
use gmp_task::{Gp, Id, JoinHandle, NewG, Schedule, g};
use queue::Queue;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use thread::Threads;

/// The pool.
#[derive(Debug)]
pub(crate) struct BlockingPool {
    crew: Crew,
    queue: Queue,
    /// A task tries to start a thread now and then.
    retrying: AtomicBool,
    threads: Mutex<Threads>,
    /// The shutdown waits here.
    ended: Condvar,
}

/// A job, and the right to run it.
#[derive(Debug)]
pub(crate) struct Job(Gp);

// SAFETY: the right to run a G whose future is `Send` (`spawn_blocking`).
unsafe impl Send for Job {}

impl Job {
    fn id(&self) -> Id {
        // SAFETY: the right to run a G keeps it alive.
        unsafe { self.0.as_ref() }.id()
    }

    fn run(self) {
        getg::with_task(self.id(), || {
            // SAFETY: the right to run it is ours. It is ready at its first poll.
            let _ = unsafe { g::run(self.0) };
        });
    }

    fn cancel(self) {
        getg::with_task(self.id(), || {
            // SAFETY: the right to run it is ours.
            unsafe { g::shutdown(self.0) }
        });
    }
}

/// The scheduler of a job: it is never woken and never waits.
struct BlockingSched;

// SAFETY: a job is ready at its first poll, so it is never passed to `ready`; cells come from the P's lists or the
// allocator.
unsafe impl Schedule for BlockingSched {
    unsafe fn ready(gp: Gp) {
        gmp_base::throw!("a blocking job was woken: {gp:?}");
    }

    unsafe fn allgadd(gp: Gp) -> bool {
        gmp_base::throw!("a blocking job was pending: {gp:?}");
    }

    unsafe fn allgremove(gp: Gp) {
        gmp_base::throw!("a blocking job was listed: {gp:?}");
    }

    unsafe fn dying(_gp: Gp, _panicked: Option<Panicked<'_>>) {}

    #[inline]
    fn gfget(class: SizeClass) -> NonNull<u8> {
        Sched::gfget(class)
    }

    #[inline]
    unsafe fn gfput(cell: NonNull<u8>, class: SizeClass) {
        // SAFETY: the caller's promise.
        unsafe { Sched::gfput(cell, class) }
    }
}

/// A closure as a future.
struct Closure<F>(Option<F>);

impl<F> Unpin for Closure<F> {}

impl<F: FnOnce() -> R, R> Future for Closure<F> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<R> {
        let Some(f) = self.0.take() else { gmp_base::throw!("a blocking job was polled twice") };
        Poll::Ready(f())
    }
}

/// Runs `f` on a thread of the pool. If the pool is closed, `f` is dropped and the handle says that it was cancelled. If no
/// thread can be had, the job waits for one (see `retry`).
#[track_caller]
pub fn spawn_blocking<F, R>(sched: &Arc<Sched>, f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let id = match getg::getm_of(Arc::as_ptr(sched)).and_then(|mp| mp.p()) {
        // SAFETY: this thread's M holds the record; taking a number calls nothing.
        Some(pp) => unsafe { pp.owned(|o| o.ids.next_id()) },
        None => Id::next(),
    };
    let new = NewG { sched: NonNull::<BlockingSched>::dangling(), id, spawned_at: Location::caller() };
    // SAFETY: a job never looks at its scheduler (`BlockingSched`); closure and result are `Send`.
    let (gp, join) = unsafe { newg(Closure(Some(f)), new) };
    let (pool, job) = (&sched.blocking, Job(gp));
    if pool.crew.counts().is_closed() {
        job.cancel();
        return join;
    }
    pool.hold_clock(sched);
    pool.queue.push(job);
    pool.call(sched);
    join
}

/// What became of an attempt to make somebody search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// Somebody does, or all threads are busy that there may be.
    Done,
    /// There are jobs and no thread to be had for them.
    Failed,
}

impl BlockingPool {
    pub(crate) fn new(config: &Config) -> Self {
        let ncpu = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            // Go's limit: half of the CPUs' worth.
            crew: Crew::new(config.max_blocking_threads, ncpu / 2),
            queue: Queue::default(),
            retrying: AtomicBool::new(false),
            threads: Mutex::new(Threads::default()),
            ended: Condvar::new(),
        }
    }

    /// While jobs wait or run, a `current_thread` runtime that has nothing to do isn't idle: its paused clock stays where it is.
    #[inline]
    fn hold_clock(&self, sched: &Sched) {
        if sched.fifo {
            sched.clock.hold();
        }
    }

    /// The job is done, and who awaits it has been woken.
    #[inline]
    fn release_clock(&self, sched: &Sched) {
        if sched.fifo {
            sched.clock.release();
            if sched.clock.is_virtual() {
                // ORDERING: the seat's protocol (`proc/idle.rs`).
                fence(Ordering::SeqCst);
                crate::proc::seat::cover(sched, 0);
            }
        }
    }

    /// There are jobs in the queue: somebody is to search.
    #[inline]
    fn call(&self, sched: &Arc<Sched>) {
        // While a task tries to start threads, nobody else need try; but it may have nobody to run it.
        // ORDERING: behind the fence in `Crew::call`; see `retry::now`.
        let may_start = || !self.retrying.load(Ordering::Relaxed) || self.crew.counts().threads() == 0;
        if self.attempt(sched, may_start) == Attempt::Failed {
            retry::later(sched);
        }
    }

    #[inline]
    fn attempt(&self, sched: &Arc<Sched>, may_start: impl Fn() -> bool) -> Attempt {
        match self.crew.call(|| self.queue.len(), may_start) {
            Call::Nobody => {}
            Call::Wake(sleeper) => {
                sleeper.note.wakeup();
            }
            Call::Start => return self.start(sched),
            Call::Closed => self.discard_one(sched),
        }
        Attempt::Done
    }

    #[cold]
    fn start(&self, sched: &Arc<Sched>) -> Attempt {
        let error = match thread::start(sched) {
            Ok(true) => return Attempt::Done,
            Ok(false) => None,
            Err(error) => Some(error),
        };
        if let Some(sleeper) = self.crew.failed() {
            sleeper.note.wakeup();
        } else if error.is_none() {
            self.discard_one(sched);
        }
        let Some(error) = error else { return Attempt::Done };
        // ORDERING: a figure for people.
        if sched.stats.thread_failures.fetch_add(1, Unmodelled::Relaxed) == 0 {
            crate::dump::report(format_args!(
                "cannot start a thread for a blocking job ({error}); it waits, and starting one is tried again"
            ));
        }
        if self.queue.is_empty() { Attempt::Done } else { Attempt::Failed }
    }

    /// Refuses new jobs and cancels those that haven't begun.
    pub(crate) fn close(&self, sched: &Arc<Sched>) {
        for sleeper in self.crew.close() {
            sleeper.note.wakeup();
        }
        let _entered = getg::enter_frame(sched.clone());
        while let Some(job) = self.queue.pop() {
            self.discard(sched, job);
        }
    }

    /// A submitter has put a job into the queue of a pool that has been closed meanwhile: one is taken out for it. Not more, for
    /// the drops of other jobs may need locks that the submitter holds, and there is no need: who comes late takes
    /// one for one, all others are the closer's.
    #[cold]
    fn discard_one(&self, sched: &Sched) {
        if let Some(job) = self.queue.pop() {
            self.discard(sched, job);
        }
    }

    #[cold]
    fn discard(&self, sched: &Sched, job: Job) {
        job.cancel();
        self.release_clock(sched);
    }

    /// Waits for the jobs that run; says whether all threads have ended.
    pub(crate) fn wait(&self, sched: &Sched, deadline: Option<Instant>) -> bool {
        thread::wait(sched, deadline)
    }

    /// Threads, those of them without a job, queued jobs.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let counts = self.crew.counts();
        (counts.threads(), counts.asleep() + counts.searching(), self.queue.len())
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;
