//! The threads of the pool: how they begin, what they do between two jobs, how they end.
//!
//! Go: runtime/proc.go (mstart, mexit, stopm), as far as there are threads without a P

use crate::blocking::crew::Sleeper;
use crate::blocking::{BlockingPool, Job};
use crate::getg;
use crate::proc::linger::Linger;
use crate::proc::newm;
use crate::runtime2::schedt::Sched;
use gmp_arch::ticks::nanotime;
use gmp_base::loom::spin_loop;
use std::cell::Cell;
use std::io;
use std::ptr;
use std::sync::Arc;
use std::thread::JoinHandle as ThreadHandle;
use std::time::Instant;

/// As for Ms (`proc/find_runnable.rs`): about 20 µs in all, a fraction of what going to sleep and being woken takes.
const LINGER_ROUNDS: usize = 40;
const LINGER_PAUSES: usize = 16;

/// The threads that have been started and haven't ended.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    live: usize,
    next_key: u64,
    handles: Vec<(u64, ThreadHandle<()>)>,
    /// Of the thread that ended last because it had nothing to do. The next one joins it, so that one at most has ended without being
    /// joined.
    last_ended: Option<ThreadHandle<()>>,
}

thread_local! {
    /// Of which runtime's pool this thread is, and whether it is still counted there.
    static POOL_OF: Cell<(*const Sched, bool)> = const { Cell::new((ptr::null(), false)) };
}

/// What a thread of the pool knows of itself.
struct Me {
    sleeper: Arc<Sleeper>,
    /// It is counted as searching.
    searching: bool,
    linger: Linger,
}

/// Starts a thread that is counted as searching. `Ok(false)`: the pool is closed.
pub(crate) fn start(sched: &Arc<Sched>) -> io::Result<bool> {
    let pool = &sched.blocking;
    // User code, so before the lock.
    let name = newm::thread_name(&sched.config.thread_name);
    let mut threads = pool.threads.lock();
    if pool.crew.counts().is_closed() {
        return Ok(false);
    }
    if crate::rt0::fault::is("blocking-threads") && threads.next_key % 8 != 7 {
        threads.next_key += 1;
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let mut builder = std::thread::Builder::new().name(name);
    if let Some(size) = sched.config.thread_stack_size {
        builder = builder.stack_size(size);
    }
    let (of_thread, key) = (sched.clone(), threads.next_key);
    let handle = builder.spawn(move || run(of_thread, key))?;
    threads.next_key += 1;
    threads.live += 1;
    threads.handles.push((key, handle));
    Ok(true)
}

/// Waits until all threads have ended; says whether they have.
pub(crate) fn wait(sched: &Sched, deadline: Option<Instant>) -> bool {
    let pool = &sched.blocking;
    let (pool_of, counted) = POOL_OF.get();
    // A job that drops the last owner of its runtime doesn't wait for itself.
    let is_mine = ptr::eq(pool_of, sched);
    let myself = usize::from(is_mine && counted);
    let mut threads = pool.threads.lock();
    while threads.live > myself {
        match deadline {
            None => threads = pool.ended.wait(threads),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
                }
                threads = pool.ended.wait_timeout(threads, left).0;
            }
        }
    }
    let last_ended = threads.last_ended.take();
    let handles = std::mem::take(&mut threads.handles);
    drop(threads);
    // What a thread does after it has left (destructors of thread-locals, say) is waited for only if everything is; and not by
    // one of them, for which another may wait.
    if deadline.is_none() && !is_mine {
        for handle in last_ended.into_iter().chain(handles.into_iter().map(|(_, handle)| handle)) {
            // Jobs' panics are caught in the G; a hook's abort.
            let _ = handle.join();
        }
    }
    true
}

/// The first function of a thread.
fn run(sched: Arc<Sched>, key: u64) {
    POOL_OF.set((Arc::as_ptr(&sched), true));
    // The thread that made this one may be pinned.
    crate::proc::pin::float(&sched);
    let entered = getg::enter_frame(sched.clone());
    let pool = &sched.blocking;
    let mut me = Me { sleeper: Arc::default(), searching: true, linger: Linger::default() };
    let hooks = &sched.config.hooks;
    let mut next = None;
    if let Some(hook) = &hooks.on_thread_start {
        // Nobody is to rely on this thread while the hook runs: it takes its job before.
        next = take(&sched, &mut me);
        newm::run_hook(hook);
    }
    let depth = getg::depth();
    while let Some(job) = next.take().or_else(|| find_job(&sched, &mut me)) {
        if pool.crew.counts().is_closed() {
            pool.discard(&sched, job);
        } else {
            job.run();
            pool.release_clock(&sched);
        }
        if getg::depth() != depth {
            // The job has left guards behind.
            getg::drop_leaked(depth, Arc::as_ptr(&sched));
        }
    }
    let mut threads = pool.threads.lock();
    let mut before_me = None;
    if let Some(place) = threads.handles.iter().position(|(k, _)| *k == key) {
        let handle = threads.handles.swap_remove(place).1;
        before_me = threads.last_ended.replace(handle);
    }
    drop(threads);
    if let Some(hook) = &hooks.on_thread_stop {
        newm::run_hook(hook);
    }
    drop(entered);
    POOL_OF.set((Arc::as_ptr(&sched), false));
    pool.threads.lock().live -= 1;
    pool.ended.notify_all();
    if let Some(handle) = before_me {
        // As in `wait`.
        let _ = handle.join();
    }
}

/// A job for a thread that must not be counted as searching from here on.
fn take(sched: &Arc<Sched>, me: &mut Me) -> Option<Job> {
    let pool = &sched.blocking;
    let mut job = pool.queue.pop();
    me.searching = false;
    pool.crew.found();
    if job.is_none() {
        job = pool.queue.pop();
    }
    if !pool.queue.is_empty() {
        pool.call(sched);
    }
    job
}

/// The next job, after waiting for one; `None`: the thread is to end, and isn't counted any more.
fn find_job(sched: &Arc<Sched>, me: &mut Me) -> Option<Job> {
    let pool = &sched.blocking;
    loop {
        if let Some(job) = pool.queue.pop() {
            if std::mem::take(&mut me.searching) {
                pool.crew.found();
            }
            if !pool.queue.is_empty() {
                pool.call(sched);
            }
            return Some(job);
        }
        if me.linger.is_due() && linger(pool, me) {
            continue;
        }
        if !pool.crew.park(&me.sleeper, std::mem::take(&mut me.searching)) {
            return None;
        }
        if !pool.queue.is_empty() {
            // Most likely it is this thread that is woken: it is on top of the stack.
            pool.call(sched);
        }
        let asleep_since = nanotime();
        if !me.sleeper.note.sleep_timeout(sched.config.thread_keep_alive) {
            if pool.crew.expire(&me.sleeper) {
                return None;
            }
            me.sleeper.note.sleep();
        }
        me.searching = true;
        me.linger.has_slept(nanotime().saturating_sub(asleep_since));
    }
}

/// Looks a little longer, if nobody else does; says whether there is a job.
#[cold]
fn linger(pool: &BlockingPool, me: &mut Me) -> bool {
    if !me.searching {
        if pool.crew.counts().searching() > 0 {
            return false;
        }
        pool.crew.search();
        me.searching = true;
    }
    let found = (0..LINGER_ROUNDS).any(|_| {
        for _ in 0..LINGER_PAUSES {
            spin_loop();
        }
        !pool.queue.is_empty()
    });
    me.linger.has_looked(found);
    found
}
