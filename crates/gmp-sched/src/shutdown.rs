//! The end of a runtime: close, cancel, drain, wait.
//!
//! # What is promised
//! After the runtime has been dropped there is no task of it: each one's future has been dropped, once, by an M of the
//! runtime or by the dropping thread. A spawn is refused (its task is cancelled at once). Wakers and handles that are
//! left do nothing; timers and descriptors that are left say that the runtime has ended. (A thread that is in `Handle::block_on` meanwhile holds what it has just spawned until its next wait, and
//! cancels it then.)
//!
//! # Proof: every G dies
//! `closing` is set, then the global queue is closed to newcomers, then the list of all Gs is closed and what is in it
//! cancelled. A G is then
//! * *listed*: it has been cancelled; if it waited, it has been queued; if it runs, its M queues it again or ends it; if
//!   somebody is about to queue it (between the wake that gave it the right and the queue), it will be in a queue;
//! * *not listed*: it has never waited. It is in a queue, or runs and is refused by the closed list when it wants to wait.
//!
//! So all that remains comes to the queues. They are emptied by each M before it leaves, and by the last one to leave, or the
//! dropping thread, until the list is empty. What a waker queues from outside is listed, so it is found there; the waker's thread
//! cancels nothing, for it may hold what a future's drop waits for. A spawn from outside is in the queue before it was closed, or is
//! refused (`globrunq`).
//!
//! # Proof: retire against the end
//! A retirement has Gs in its hands for a moment: see `proc/closing.rs`.
//!
//! # Proof: nobody reaches a freed scheduler
//! Only a G that isn't dead reaches its scheduler, and a G dies only when it is run: the last M, or the dropping thread
//! if there is no M, waits until the list is empty before it lets go of the scheduler; what isn't listed is in no
//! foreign hand but a queue's. Who wakes from outside takes a reference before it queues the G.
//!
//! Go: none — a Go program exits.

use crate::getg;
use crate::local_runtime;
use crate::proc::{lockedm, template};
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::Ordering;
use gmp_task::{Gp, g};
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a shutdown waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until everything has ended.
    Forever,
    /// At most so long.
    AtMost(Duration),
    /// Not at all.
    No,
}

/// Closes the runtime: no new tasks, all others are cancelled. Only the first call does something.
pub fn begin(sched: &Sched) {
    if !sched.closing.close() {
        return;
    }
    sched.lifecycle.lock().closed = true;
    template::close(sched);
    sched.sysmon.wakeup();
    sched.runq.close();
    sched.allgs.close(|gp| {
        // SAFETY: `close` passes on the right to queue each G, which keeps it alive.
        if unsafe { gp.as_ref() }.status.is_locked() {
            // SAFETY: as above; it is a G of this scheduler.
            unsafe { lockedm::ready_locked(gp) }
        } else {
            // SAFETY: as above.
            unsafe { sched.runq.put(gp) }
        }
    });
    // An M that joins the idle ones from here on sees `closing` in its second look: it takes the same lock as we.
    for mp in sched.idle.idle_ms() {
        mp.get().wakeup();
    }
}

/// `UnhandledPanic::ShutdownRuntime`: closes the runtime and tells every `block_on`.
pub(crate) fn close_after_panic(sched: &Sched) {
    // ORDERING: released to `closed_by_panic` in the threads that are woken below.
    sched.closed_by_panic.store(true, Ordering::Release);
    begin(sched);
    let wakers: Vec<_> = sched.block_ons.lock().1.iter().map(|(_, waker)| waker.clone()).collect();
    for waker in wakers {
        waker.wake();
    }
}

/// Whether the runtime was closed by a task's panic.
pub(crate) fn closed_by_panic(sched: &Sched) -> bool {
    // ORDERING: acquires `close_after_panic`.
    sched.closed_by_panic.load(Ordering::Acquire)
}

/// Cancels a G, as the task that it is: its future's drop may ask for its id.
///
/// # Safety
/// The right to run the G must be the caller's.
pub(crate) unsafe fn cancel(sched: &Sched, gp: Gp) {
    gmp_base::lockrank::assert_no_locks();
    match getg::getm_of(sched) {
        Some(mp) => {
            let before = mp.curg();
            mp.set_curg(Some(gp));
            // SAFETY: the caller's promise.
            unsafe { g::shutdown(gp) };
            mp.set_curg(before);
        }
        None => {
            // SAFETY: the right to run a G keeps it alive.
            let id = unsafe { gp.as_ref() }.id();
            // SAFETY: the caller's promise.
            getg::with_task(id, || unsafe { g::shutdown(gp) });
        }
    }
}

/// Cancels a G that came out of a queue.
fn cancel_queued(sched: &Sched, gp: Gp) {
    // SAFETY: it came out of a queue, so the right to run it is ours.
    unsafe { cancel(sched, gp) };
}

/// Cancels whatever is in a queue that anyone may take from.
pub(crate) fn drain(sched: &Sched) {
    if !local_runtime::may_run(sched) {
        // Its owner, who ends it, does this.
        return;
    }
    loop {
        let mut any = false;
        while let Some(gp) = sched.runq.get() {
            any = true;
            cancel_queued(sched, gp);
        }
        while let Some(gp) = sched.hogs.drain_one() {
            any = true;
            cancel_queued(sched, gp);
        }
        for pp in sched.records() {
            pp.drain(|gp| {
                any = true;
                cancel_queued(sched, gp);
            });
        }
        if !any {
            return;
        }
    }
}

/// Cancels whatever is in the record that the calling M holds.
pub(crate) fn drain_record(sched: &Sched, pp: &P) {
    pp.drain(|gp| cancel_queued(sched, gp));
    // SAFETY: the calling thread's M holds the record; taking from a list calls nothing.
    while let Some(gp) = unsafe { pp.owned(|o| o.overflow.pop_front()) } {
        cancel_queued(sched, gp);
    }
    drain(sched);
}

/// Cancels everything that is left; called when no M is left to run anything, by the last one or the dropping thread.
pub(crate) fn final_drain(sched: &Arc<Sched>) {
    // A future's drop in here that ends the runtime once more (its last owner, say) must not wait for itself.
    thread_local!(static INSIDE: Cell<bool> = const { Cell::new(false) });
    struct Outside;
    impl Drop for Outside {
        fn drop(&mut self) {
            INSIDE.set(false);
        }
    }
    if INSIDE.replace(true) {
        return;
    }
    let _outside = Outside;
    let _entered = getg::enter_frame(sched.clone());
    // A future's drop that calls `block_on` now gets its panic, not our M.
    getg::while_driving(|| {
        let mut rounds = 0_u32;
        loop {
            // Before the look into the queues: "retire against the end".
            let quiet = sched.closing.is_quiet();
            drain(sched);
            if quiet
                && drain_the_only_p(sched)
                && sched.runq.is_empty()
                && sched.hogs.is_empty()
                && sched.allgs.is_empty()
            {
                break;
            }
            // A waker is between the right to queue a G and the queue, or holds the P for a moment: soon done.
            rounds += 1;
            if rounds < 100 {
                std::thread::yield_now();
            } else {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
        // Only now: a task in its last poll is to be cancelled, not to be told of the end by a sleep or a socket of its. Who waits
        // for them from here on is no task of the runtime.
        crate::timer::close(sched);
        crate::netpoll::close(sched);
    });
}

/// `current_thread`: the one P may have Gs that only its holder can reach. Says whether it was to be had.
fn drain_the_only_p(sched: &Sched) -> bool {
    if !sched.fifo {
        return true;
    }
    let Some(slot) = sched.idle.acquire(0) else { return false };
    // Without an M: in the destructor of a thread-local this thread may not be able to have one any more.
    let pp = sched.slots[slot].record();
    if !pp.tenure.acquire() {
        gmp_base::throw!("shutdown: p{slot} was idle and held");
    }
    drain_record(sched, pp);
    if !pp.tenure.release() {
        gmp_base::throw!("shutdown: p{slot} was retired");
    }
    let _ = sched.idle.give_up(slot, None, false);
    true
}

/// Ends the runtime; the caller has the last say. Returns whether everything had ended.
///
/// # Panics
/// If it would have to wait in a thread that drives futures, in tokio's words.
#[track_caller]
pub fn shutdown(sched: &Arc<Sched>, wait: Wait) -> bool {
    let may_block = !getg::is_driving();
    begin(sched);
    sched.blocking.close(sched);
    if wait != Wait::No && !may_block {
        // No waiting for workers; but if there are none, nobody else will do this, and it is short.
        if wait_for_workers(sched, Some(Instant::now())) {
            final_drain(sched);
        }
        if std::thread::panicking() {
            return false;
        }
        panic!(
            "Cannot drop a runtime in a context where blocking is not allowed. This happens when a runtime is dropped \
             from within an asynchronous context."
        );
    }
    let deadline = match wait {
        Wait::Forever => None,
        // A time too far to be represented is no limit.
        Wait::AtMost(d) => Instant::now().checked_add(d),
        Wait::No => Some(Instant::now()),
    };
    let workers_gone = wait_for_workers(sched, deadline);
    if workers_gone {
        final_drain(sched);
    }
    sched.blocking.wait(sched, deadline) && workers_gone
}

/// Waits until no worker is left, and joins their threads.
fn wait_for_workers(sched: &Sched, deadline: Option<Instant>) -> bool {
    let mut lifecycle = sched.lifecycle.lock();
    while lifecycle.running > 0 {
        match deadline {
            None => lifecycle = sched.lifecycle_changed.wait(lifecycle),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
                }
                lifecycle = sched.lifecycle_changed.wait_timeout(lifecycle, left).0;
            }
        }
    }
    let threads = std::mem::take(&mut lifecycle.threads);
    drop(lifecycle);
    // What a thread does after it has left (destructors of thread-locals, say) is waited for only if everything is.
    for thread in threads.into_iter().filter(|t| deadline.is_none() && t.thread().id() != std::thread::current().id()) {
        // A worker's thread doesn't unwind (`LeftWithoutMexit`), so there is no panic to be had from it.
        let _ = thread.join();
    }
    true
}
