//! Hogs: Gs that computed for longer than the threshold in their last poll, and yielded to go on with it.
//!
//! While all Ps compute, sysmon adds an M so that the others have their turn. Were it to take up the next hog, all Ms that there may
//! be would soon compute, and the others wait. So hogs have a queue of their own, and no more of them run at a time than there are Ps: more would only
//! share the same CPUs. An M takes one when it has nothing else to run, and now and then if it always has (each 61st turn).
//!
//! # Proof: no hog is forgotten
//! Queueing is: put it into the queue; full fence; fewer hogs than Ps run? Ending a hog's turn is: count it out; full fence; is there one in the
//! queue? Of the two fences one is first. If the queueing one's is, whoever counts a hog out sees the one in the queue, and wakes an M for it
//! if a P is idle. If not, who queues sees that there is room: it is an M that looks for work next, and looks here before it sleeps, behind a
//! fence again (`park.rs`). If it can't have a P for it then, whoever holds the Ps looks here before one becomes idle, or right after
//! that (`give_up`'s callers: `handoffp`, `strand`, the M that parks).
//!
//! Model: `hog/loom_tests.rs`.
//!
//! Go: none — a goroutine that computes is interrupted each 10 ms and goes to the global queue

use crate::proc::idle::Idle;
use crate::proc::wakep;
use crate::runtime2::m::G0;
use crate::runtime2::schedt::Sched;
use gmp_base::link::Link;
use gmp_base::loom::{AtomicUsize, Ordering, fence};
use gmp_queue::GlobRunq;
use gmp_task::Gp;
use std::ptr::NonNull;

/// What an M's mark says: its turn is to be looked at when it is over, because the G came out of the queue of hogs ...
const TAKEN: u32 = 1;
/// ... or because sysmon has found that it computes for too long.
pub(crate) const FOUND: u32 = 2;
/// ... or because sysmon wants the slice to end (`P::is_preempted`), which is seen to before the next turn.
pub(crate) const SLICE: u32 = 4;

/// The queue of hogs, and how many of those that were in it run. Generic, so that it can be modelled.
pub(crate) struct Hogs<T> {
    queue: GlobRunq<T>,
    running: AtomicUsize,
}

impl<T: Link> Hogs<T> {
    /// None.
    pub(crate) fn new() -> Self {
        Self { queue: GlobRunq::new(), running: AtomicUsize::new(0) }
    }

    /// Queues one. The caller looks for work next.
    ///
    /// # Safety
    /// It must be the caller's to queue.
    pub(crate) unsafe fn put(&self, hog: NonNull<T>) {
        // SAFETY: the caller's promise.
        unsafe { self.queue.put(hog) };
        // ORDERING: see the proof.
        fence(Ordering::SeqCst);
    }

    /// Whether none waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether one waits, and may run where `most` may.
    #[inline]
    pub(crate) fn may_run(&self, most: usize) -> bool {
        // ORDERING: behind the caller's fence, or a hint.
        !self.queue.is_empty() && self.running.load(Ordering::Relaxed) < most
    }

    /// Takes one to run it, if one more may, and counts it in. `wake` as in [`count_out`](Self::count_out).
    pub(crate) fn take<M: Copy + PartialEq>(
        &self,
        most: usize,
        idle: &Idle<M>,
        wake: impl FnOnce(),
    ) -> Option<NonNull<T>> {
        // ORDERING: the count is a limit; the queue's lock orders the rest.
        if self.running.fetch_add(1, Ordering::AcqRel) < most {
            if let Some(hog) = self.queue.get() {
                return Some(hog);
            }
        }
        self.count_out(idle, wake);
        None
    }

    /// One's turn is over. `wake` is to wake an M for another one.
    pub(crate) fn count_out<M: Copy + PartialEq>(&self, idle: &Idle<M>, wake: impl FnOnce()) {
        // ORDERING: see the proof. The fence is in `should_wake`.
        self.running.fetch_sub(1, Ordering::AcqRel);
        if idle.should_wake() && !self.queue.is_empty() {
            wake();
        }
    }

    /// Takes one that isn't to be run any more.
    pub(crate) fn drain_one(&self) -> Option<NonNull<T>> {
        self.queue.get()
    }
}

/// Queues a G that has been found computing and has yielded.
///
/// # Safety
/// The G must be the caller's to queue.
#[cold]
pub(crate) unsafe fn put(sched: &Sched, gp: Gp) {
    // SAFETY: the caller's promise; it looks for work next.
    unsafe { sched.hogs.put(gp) };
}

/// Whether there is a hog that may run.
#[inline]
pub(crate) fn may_run(sched: &Sched) -> bool {
    sched.hogs.may_run(sched.procs())
}

/// Takes a hog to run it, if one more may.
#[inline]
pub(crate) fn take(sched: &Sched, g0: &mut G0<'_>) -> Option<Gp> {
    if !may_run(sched) {
        return None;
    }
    let gp = sched.hogs.take(sched.procs(), &sched.idle, || wakep::wakep(sched))?;
    g0.hog = true;
    g0.mp.mark(TAKEN);
    Some(gp)
}

/// A marked turn is over. Says whether sysmon has found a hog in it.
#[cold]
#[inline(never)]
pub(crate) fn end(sched: &Sched, g0: &mut G0<'_>) -> bool {
    let found = g0.mp.take_marks() & FOUND != 0;
    if std::mem::take(&mut g0.hog) {
        sched.hogs.count_out(&sched.idle, || wakep::wakep(sched));
    }
    found
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;
