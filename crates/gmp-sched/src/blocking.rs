//! The pool behind `spawn_blocking`: threads without a P.
//!
//! One queue under one lock. A thread that finds nothing waits for the keep-alive time, then ends. A job is a G that is
//! ready at its first poll.
//!
//! # Proof: no job is orphaned
//! Queue, counts and the closed mark are under one lock. A submission that finds an idle thread takes it out of the
//! count of idle ones and leaves it a ticket (`wakeups`); an idle thread that wakes for a ticket, or whose time is up, looks
//! into the queue under the lock before it does anything else. If no thread can be started while others exist, one of
//! them takes the job when it is through with its own; if none exists, the job is refused.
//!
//! Go: none — Go's syscalls run on the M that calls them.

use crate::getg;
use crate::runtime2::config::{Config, NameFn};
use crate::runtime2::schedt::Sched;
use gmp_base::loom::fence;
use gmp_base::loom::unmodelled::Ordering;
use gmp_base::loom::{Condvar, Mutex};
use gmp_task::cell::newg;
use gmp_task::gfree::SizeClass;
use gmp_task::schedule::Panicked;
use gmp_task::{Gp, Id, JoinHandle, NewG, Schedule, g};
use std::cell::Cell;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::JoinHandle as ThreadHandle;
use std::time::{Duration, Instant};

/// The pool.
#[derive(Debug)]
pub(crate) struct BlockingPool {
    state: Mutex<State>,
    /// Idle threads wait here.
    work: Condvar,
    /// The shutdown waits here.
    ended: Condvar,
    name: Name,
    stack_size: Option<usize>,
    keep_alive: Duration,
    max_threads: usize,
}

struct Name(NameFn);

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name")
    }
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
    /// Idle threads that have been taken out of `idle` and have not woken yet.
    wakeups: usize,
    closed: bool,
    next_key: u64,
    handles: Vec<(u64, ThreadHandle<()>)>,
}

#[derive(Debug)]
struct Job(Gp, Id);

// SAFETY: the right to run a G whose future is `Send` (`spawn`).
unsafe impl Send for Job {}

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

    fn gfget(class: SizeClass) -> NonNull<u8> {
        Sched::gfget(class)
    }

    unsafe fn gfput(cell: NonNull<u8>, class: SizeClass) {
        // SAFETY: the caller's promise.
        unsafe { Sched::gfput(cell, class) }
    }
}

/// A closure as a future.
struct Call<F>(Option<F>);

impl<F> Unpin for Call<F> {}

impl<F: FnOnce() -> R, R> Future for Call<F> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<R> {
        let Some(f) = self.0.take() else { gmp_base::throw!("a blocking job was polled twice") };
        Poll::Ready(f())
    }
}

/// Runs `f` on a thread of the pool.
///
/// # Panics
/// If the pool has no thread and the system refuses one, in tokio's words.
#[track_caller]
pub fn spawn_blocking<F, R>(sched: &Arc<Sched>, f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let id = Id::next();
    let new = NewG { sched: NonNull::<BlockingSched>::dangling(), id, spawned_at: Location::caller() };
    // SAFETY: a job never looks at its scheduler (`BlockingSched`); closure and result are `Send`.
    let (gp, join) = unsafe { newg(Call(Some(f)), new) };
    hold_clock(sched);
    match sched.blocking.submit(sched, Job(gp, id)) {
        Submitted::Queued => {}
        Submitted::Refused(job) => {
            release_clock(sched);
            // SAFETY: the job has been given back, unqueued.
            unsafe { g::shutdown(job.0) }
        }
        Submitted::NoThread(job, error) => {
            release_clock(sched);
            // SAFETY: as above.
            unsafe { g::shutdown(job.0) };
            panic!("OS can't spawn worker thread: {error}");
        }
    }
    join
}

/// While jobs wait or run, a `current_thread` runtime that has nothing to do isn't idle: its paused clock stays where it is.
fn hold_clock(sched: &Sched) {
    if sched.fifo {
        sched.clock.hold();
    }
}

/// The job is done, and who awaits it has been woken.
fn release_clock(sched: &Sched) {
    if sched.fifo {
        sched.clock.release();
        if sched.clock.is_virtual() {
            // ORDERING: the seat's protocol (`proc/idle.rs`).
            fence(Ordering::SeqCst);
            crate::proc::seat::cover(sched, 0);
        }
    }
}

enum Submitted {
    Queued,
    Refused(Job),
    NoThread(Job, io::Error),
}

impl BlockingPool {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            state: Mutex::new(State::default()),
            work: Condvar::new(),
            ended: Condvar::new(),
            name: Name(config.thread_name.clone()),
            stack_size: config.thread_stack_size,
            keep_alive: config.thread_keep_alive,
            max_threads: config.max_blocking_threads,
        }
    }

    fn submit(&self, sched: &Arc<Sched>, job: Job) -> Submitted {
        // User code, so before the lock; thrown away if no thread is needed.
        let name = self.may_start().then(|| crate::proc::newm::thread_name(&self.name.0));
        let mut state = self.state.lock();
        if state.closed {
            return Submitted::Refused(job);
        }
        state.queue.push_back(job);
        if state.idle > 0 {
            state.idle -= 1;
            state.wakeups += 1;
            drop(state);
            self.work.notify_one();
        } else if state.threads < self.max_threads {
            if let Err(error) = self.start_thread(sched, &mut state, name) {
                // ORDERING: a figure for people.
                sched.stats.thread_failures.fetch_add(1, Ordering::Relaxed);
                if state.threads == 0 {
                    if let Some(job) = state.queue.pop_back() {
                        return Submitted::NoThread(job, error);
                    }
                }
            }
        }
        Submitted::Queued
    }

    /// Whether the next job may need a new thread.
    fn may_start(&self) -> bool {
        let state = self.state.lock();
        state.idle == 0 && state.threads < self.max_threads
    }

    fn start_thread(&self, sched: &Arc<Sched>, state: &mut State, name: Option<String>) -> io::Result<()> {
        // Without a name: the last idle thread went between the two looks. A plain one will do.
        let mut builder = std::thread::Builder::new().name(name.unwrap_or_else(|| "gmp-blocking".to_owned()));
        if let Some(size) = self.stack_size {
            builder = builder.stack_size(size);
        }
        let (sched, key) = (sched.clone(), state.next_key);
        let handle = builder.spawn(move || run_thread(&sched, key))?;
        state.next_key += 1;
        state.threads += 1;
        state.handles.push((key, handle));
        Ok(())
    }

    /// Refuses new jobs and cancels those that haven't begun.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let jobs = std::mem::take(&mut state.queue);
        drop(state);
        self.work.notify_all();
        for job in jobs {
            // SAFETY: it came out of the queue.
            unsafe { g::shutdown(job.0) };
        }
    }

    /// Waits for the jobs that run; says whether all threads have ended.
    pub(crate) fn wait(&self, sched: &Sched, deadline: Option<Instant>) -> bool {
        // A job that drops the last owner of its runtime doesn't wait for itself.
        let myself = usize::from(ptr::eq(POOL_OF.get(), sched));
        let mut state = self.state.lock();
        while state.threads > myself {
            match deadline {
                None => state = self.ended.wait(state),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    state = self.ended.wait_timeout(state, left).0;
                }
            }
        }
        let handles = std::mem::take(&mut state.handles);
        drop(state);
        for (_, handle) in handles {
            // As in `shutdown::wait_for_workers`.
            if deadline.is_some() || handle.thread().id() == std::thread::current().id() {
                continue;
            }
            // Jobs' panics are caught in the G; a hook's abort.
            let _ = handle.join();
        }
        true
    }

    /// Threads, idle threads, queued jobs.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let state = self.state.lock();
        (state.threads, state.idle, state.queue.len())
    }

    /// The next job, after waiting for one; `None`: the thread is to end, and isn't counted any more.
    fn next(&self, key: u64) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.queue.pop_front() {
                return Some(job);
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let deadline = Instant::now().checked_add(self.keep_alive);
            let timed_out = loop {
                let timed_out = match deadline {
                    None => {
                        state = self.work.wait(state);
                        false
                    }
                    Some(deadline) => {
                        let left = deadline.saturating_duration_since(Instant::now());
                        let (s, timed_out) = self.work.wait_timeout(state, left);
                        state = s;
                        timed_out
                    }
                };
                if state.wakeups > 0 {
                    // One of the idle threads was taken out of the count: let it be this one.
                    state.wakeups -= 1;
                    break false;
                }
                if timed_out || state.closed {
                    state.idle -= 1;
                    break timed_out;
                }
            };
            if timed_out && state.queue.is_empty() {
                // Nobody will join this thread while the runtime lives.
                state.handles.retain(|(k, _)| *k != key);
                break;
            }
        }
        state.threads -= 1;
        None
    }
}

thread_local! {
    /// Of which runtime's pool this thread is.
    static POOL_OF: Cell<*const Sched> = const { Cell::new(ptr::null()) };
}

fn run_thread(sched: &Arc<Sched>, key: u64) {
    POOL_OF.set(Arc::as_ptr(sched));
    // The submitting thread may be pinned.
    crate::proc::pin::float(sched);
    let entered = getg::enter_frame(sched.clone());
    let hooks = &sched.config.hooks;
    if let Some(hook) = &hooks.on_thread_start {
        crate::proc::newm::run_hook(hook);
    }
    while let Some(Job(gp, id)) = sched.blocking.next(key) {
        // A frame a job: guards that it leaves behind are gone with it.
        let _job = getg::enter_frame(sched.clone());
        getg::with_blocking_task(id, || {
            // SAFETY: it came out of the queue, so the right to run it is ours. It is ready at its first poll.
            let _ = unsafe { g::run(gp) };
        });
        release_clock(sched);
    }
    if let Some(hook) = &hooks.on_thread_stop {
        crate::proc::newm::run_hook(hook);
    }
    drop(entered);
    sched.blocking.ended.notify_all();
}
