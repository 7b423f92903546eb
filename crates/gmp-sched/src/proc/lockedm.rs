//! A G that stays on one M, which runs nothing else: LockOSThread.
//!
//! In its poll the G sets LOCKED in its own state word. When that poll ends the M doesn't go back to its loop (`stoplockedm`): it
//! hands its P off, sleeps until the G is woken, runs it, with an idle P if there is one, and so on until the G is dead, or is no longer
//! locked when it suspends. A wake that wins the right to queue a locked G looks up the M and wakes that (`ready_locked`): one hop,
//! where Go's goes through a run queue and another M.
//!
//! # Proof
//! * *Only the M runs it.* A locked G is in no queue: each way to one (`ready`, the netpoller's batch, the closing of the list of all
//!   Gs, `execute`) sees LOCKED, which changes only while the M has RUNNING or the G waits and nobody has the right to queue it. So a wake
//!   may go by what the word was when it won that right (`ready_unlocked`).
//! * *No lost wake.* The right is passed through an entry of [`LockedMs`], under its lock, whether the M has entered itself there already
//!   or not. The entry is there while the G waits and goes with the right: when the G runs, or is unlocked and may be locked to another M,
//!   there is none.
//! * *The end.* A closing scheduler cancels what is listed, by way of `ready_locked`; a G that only yields isn't listed, and its M sees
//!   `closing`. M0 that is kicked, because main is over, cancels the G that is locked to it.
//! * *The scheduler outlives the waker* by a reference of its own, taken before the right is passed on.
//!
//! Model: `lockedm/loom_tests.rs`.
//!
//! Go: runtime/proc.go (LockOSThread, 5649-5748; stoplockedm, 3265; startlockedm, 3293)

mod table;

pub use table::LockedMs;

use crate::getg;
use crate::proc::needm::LockedP;
use crate::proc::schedule::Until;
use crate::proc::{acquirep, execute, pin, wakep};
use crate::runtime2::m::{G0, M};
use crate::runtime2::schedt::{MPtr, Sched};
use crate::shutdown;
use gmp_base::loom::unmodelled::Ordering;
use gmp_task::{Gp, Ran};
use std::ptr::NonNull;
use std::sync::Arc;

/// That a G is to stay locked; the M has one too.
#[derive(Debug)]
pub struct Held(());

/// One lock of a G to its M; several may be held. Any thread may drop it.
#[derive(Debug)]
pub struct OsThreadLock {
    _held: Option<Arc<Held>>,
}

/// Locks the calling G to its M. Where no G is run from a queue the thread is fixed already, and nothing is done.
///
/// Go: LockOSThread
pub fn lock_os_thread() -> OsThreadLock {
    let fixed = OsThreadLock { _held: None };
    let Some(mp) = getg::getm() else { return fixed };
    let Some(gp) = mp.curg().filter(|_| !mp.sched().fifo) else { return fixed };
    // SAFETY: this thread runs the G.
    let header = unsafe { gp.as_ref() };
    let mut lockedg = mp.lockedg.lock();
    let held = match &*lockedg {
        Some((id, held)) if *id == header.id() => held.clone(),
        _ => {
            header.status.lock();
            let held = Arc::new(Held(()));
            *lockedg = Some((header.id(), held.clone()));
            held
        }
    };
    drop(lockedg);
    // Now and not later: what the G does to its thread from here on is its own.
    pin::unpin(mp.sched(), mp);
    OsThreadLock { _held: Some(held) }
}

/// Nobody holds a lock of the M's G any more.
fn is_released(mp: &M) -> bool {
    mp.lockedg.lock().as_ref().is_none_or(|(_, held)| Arc::strong_count(held) == 1)
}

/// A waiting G that is locked has become runnable.
///
/// # Safety
/// The caller must have the right to queue the G, whose scheduler must be a [`Sched`].
#[cold]
#[inline(never)]
pub(crate) unsafe fn ready_locked(gp: Gp) {
    // SAFETY: who has the right to queue a G keeps it from dying.
    let sched: NonNull<Sched> = unsafe { gp.as_ref().sched() };
    // As in `ready_remote`: once the right is passed on the G may die, and the scheduler end.
    // SAFETY: the pointer is an `Arc`'s, which isn't gone.
    unsafe { Arc::increment_strong_count(sched.as_ptr()) };
    // SAFETY: the count just made is this `Arc`'s.
    let sched = unsafe { Arc::from_raw(sched.as_ptr()) };
    // ORDERING: a figure for people.
    sched.stats.remote_schedules.fetch_add(1, Ordering::Relaxed);
    if let Some(mp) = sched.lockedms.wake(key(gp)) {
        mp.get().wakeup();
    }
}

fn key(gp: Gp) -> usize {
    gp.as_ptr().addr()
}

/// The M's G has suspended itself and is locked: the M runs it, and nothing else, until it is dead or no longer locked. `runnable`: it
/// has been woken already.
#[cold]
#[inline(never)]
pub(crate) fn stoplockedm<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U, gp: Gp, runnable: bool) {
    let mp = g0.mp;
    // ORDERING: a limit of threads.
    sched.nlockedg.fetch_add(1, Ordering::Relaxed);
    let runnable = drive(sched, g0, until, gp, runnable);
    sched.nlockedg.fetch_sub(1, Ordering::Relaxed);
    *mp.lockedg.lock() = None;
    // The next G's turn begins with a budget of its own.
    g0.budget.refill();
    if runnable {
        requeue(sched, mp, gp);
    }
}

/// See [`stoplockedm`]. Says whether the G is runnable, and no longer locked.
fn drive<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U, gp: Gp, mut runnable: bool) -> bool {
    let mp = g0.mp;
    // SAFETY: a locked G is run by nobody else, so it doesn't die before we say so below.
    let status = &unsafe { gp.as_ref() }.status;
    let mut prefer = mp.p().map_or(0, |pp| pp.slot());
    if is_released(mp) && status.unlock(runnable) {
        // Within one poll: nothing has changed.
        return runnable;
    }
    mp.go_away();
    acquirep::handoffp(sched, mp);
    let mut locked_p = LockedP::new(sched, mp);
    loop {
        if !runnable {
            sched.lockedms.enter(key(gp), MPtr::of(mp));
        }
        while !runnable {
            if sched.lockedms.take_woken(key(gp)) {
                runnable = true;
            } else if until.is_kicked(sched, mp) && status.abort() {
                // The right is ours.
                sched.lockedms.leave(key(gp));
                runnable = true;
            } else {
                mp.note.sleep();
            }
        }
        if sched.is_closing() {
            // SAFETY: the right to run it is ours.
            unsafe { shutdown::cancel(sched, gp) };
            return false;
        }
        if until.is_kicked(sched, mp) {
            // It is runnable, so this only says what its next turn is to be.
            let _ = status.abort();
        }
        if locked_p.take(prefer) {
            prefer = mp.p().map_or(prefer, |pp| pp.slot());
        }
        g0.budget.refill();
        // SAFETY: the right to run it is ours.
        let ran = unsafe { execute::turn(g0, mp.p(), gp) };
        // It competes with nobody for a queue, however long it computes.
        let _ = mp.take_marks();
        locked_p.hand_off();
        match ran {
            Ran::Done => return false,
            Ran::Locked { again } => runnable = again,
            Ran::Parked | Ran::Again => gmp_base::throw!("stoplockedm: the g isn't locked to m{} any more", mp.id),
        }
        if is_released(mp) && status.unlock(runnable) {
            return runnable;
        }
    }
}

/// A G that has just been unlocked, and is runnable, is one like others.
fn requeue(sched: &Sched, mp: &M, gp: Gp) {
    if mp.p().is_some() {
        // SAFETY: the right to queue it is ours.
        return unsafe { execute::goyield(sched, mp, gp) };
    }
    // SAFETY: as above.
    unsafe { sched.runq.put(gp) };
    if sched.is_closing() {
        shutdown::drain(sched);
    } else if sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;
