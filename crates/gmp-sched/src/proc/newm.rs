//! The life of an M that has a thread of its own: newm, mstart, mexit.
//!
//! A thread inherits the affinity of the one that makes it, so an M that is pinned doesn't make threads itself: the
//! *template thread* does, which floats (Go has one for the same reason: a locked thread's state must not spread).
//!
//! Go: runtime/proc.go (startm, newm, mstart0, mstart1, mexit, templateThread, 1864-2120, 2875-3140)

use crate::budget;
use crate::getg;
use crate::proc::schedule::{self, Until};
use crate::proc::template::{self, Request};
use crate::proc::{acquirep, hog, pin, seat, wakep};
use crate::runtime2::config::NameFn;
use crate::runtime2::m::{G0, M};
use crate::runtime2::schedt::{Lifecycle, MAX_SPARE_RECORDS, MPtr, Sched};
use crate::shutdown;
use gmp_base::loom::Ordering;
use gmp_base::loom::unmodelled::Ordering as Unmodelled;
use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

/// Runs `slot`, which isn't idle and whose record nobody holds: wakes an idle M for it or makes one.
pub(crate) fn startm(sched: &Sched, slot: usize) {
    // ORDERING: a hint.
    let last = NonNull::new(sched.slots[slot].last_m.load(Ordering::Relaxed)).map(MPtr);
    match sched.idle.take_idle_m(last) {
        Some(mp) => wakep::hand_over(mp.get(), slot, false),
        None => newm(sched, Request { slot, spinning: false }),
    }
}

/// Makes an M for a slot, by way of the template thread if the calling M is pinned.
pub(crate) fn newm(sched: &Sched, request: Request) {
    // `current_thread` has no Ms of its own.
    if sched.fifo {
        return give_back(sched, request);
    }
    // ORDERING: the M's own variable.
    let pinned = getg::getm().is_some_and(|mp| mp.pinned.load(Unmodelled::Relaxed) != 0);
    if pinned && template::request(sched, request) {
        return;
    }
    make_or_give_back(&sched.arc(), request);
}

/// Makes an M for a slot. If that can't be (the runtime is closed, the system refuses a thread), the work waits for the Ms
/// that there are, and the next submission tries again.
pub(crate) fn make_or_give_back(sched: &Arc<Sched>, request: Request) {
    let Request { slot, spinning } = request;
    if !make(sched, Some((slot, spinning)), 0) {
        give_back(sched, request);
    }
}

/// Makes an M without a P, to be there when one is needed at once, unless there is one.
pub(crate) fn make_spare(sched: &Arc<Sched>) {
    if sched.idle.nmidle() == 0 {
        make(sched, None, 1);
    }
}

/// Makes an M; says whether it could. `spares`: how many may be there that have no P to run.
fn make(sched: &Arc<Sched>, slot: Option<(usize, bool)>, spares: usize) -> bool {
    let mut lifecycle = sched.lifecycle.lock();
    // There is a worker for each P, those that are stuck or away not counted: one of them is on its way to the list of idle ones,
    // and will look around when it is there.
    // ORDERING: a hint; one M too many or too few for a moment.
    let stuck = sched.nretired.load(Unmodelled::Relaxed) + sched.naway.load(Unmodelled::Relaxed);
    // An M for each locked G has been asked for.
    let most = MAX_SPARE_RECORDS + sched.nlockedg.load(Unmodelled::Relaxed);
    if lifecycle.workers >= sched.procs() + stuck.min(most) + spares {
        if stuck > most {
            // ORDERING: a figure for people.
            sched.stats.stalls.denied.fetch_add(1, Unmodelled::Relaxed);
        }
        return false;
    }
    lifecycle.workers += 1;
    let mp = lifecycle.unused_ms.pop().unwrap_or_else(|| MPtr::of(sched.new_m()));
    drop(lifecycle);
    let of_thread = sched.clone();
    match start_thread(sched, None, move || mstart(of_thread, mp, slot)) {
        Ok(true) => {
            sched.sysmon.retry();
            return true;
        }
        Ok(false) => {}
        Err(error) => {
            // ORDERING: a figure for people.
            if sched.stats.thread_failures.fetch_add(1, Unmodelled::Relaxed) == 0 {
                crate::dump::report(format_args!(
                    "cannot start a worker thread ({error}); going on with those that there are"
                ));
            }
            // If there are none it stands in for them.
            sched.sysmon.wakeup();
        }
    }
    let mut lifecycle = sched.lifecycle.lock();
    lifecycle.unused_ms.push(mp);
    lifecycle.workers -= 1;
    false
}

/// There is nobody to run the slot.
fn give_back(sched: &Sched, request: Request) {
    let Request { slot, spinning } = request;
    if spinning {
        if let Some(mp) = sched.idle.unclaim(slot) {
            wakep::hand_over(mp.get(), slot, true);
        }
    } else {
        strand(sched, slot);
    }
}

/// The slot's queue goes where others find it, and the slot becomes idle. By one who gives a P up, so with a second look.
#[cold]
pub(crate) fn strand(sched: &Sched, slot: usize) {
    // `current_thread` has no others, and its order must stay. If the runtime ends, the drain finds them where they are.
    if !sched.fifo {
        if let Some(_moving) = sched.closing.start_moving() {
            sched.slots[slot].record().drain(|gp| {
                // SAFETY: it was in the record's queue and is in none now.
                unsafe { sched.runq.put(gp) };
            });
        }
    }
    let _ = sched.idle.give_up(slot, None, false);
    if sched.is_closing() {
        return;
    }
    if !sched.runq.is_empty() || wakep::any_ring_has_work(sched) || hog::may_run(sched) {
        wakep::wakep(sched);
    }
    // The M that has lost the slot didn't tell anybody of its timers, for it would have looked before it slept.
    seat::cover_slot(sched, slot);
}

/// Starts a thread that the shutdown waits for, and whose function ends with [`leave`]. `Ok(false)`: the runtime is closed.
pub(crate) fn start_thread(sched: &Sched, name: Option<&str>, f: impl FnOnce() + Send + 'static) -> io::Result<bool> {
    // User code, so before the lock.
    let name = name.map_or_else(|| thread_name(&sched.config.thread_name), str::to_owned);
    let mut lifecycle = sched.lifecycle.lock();
    if lifecycle.closed {
        return Ok(false);
    }
    let mut builder = std::thread::Builder::new().name(name);
    if let Some(size) = sched.config.thread_stack_size {
        builder = builder.stack_size(size);
    }
    let thread = builder.spawn(f)?;
    lifecycle.running += 1;
    lifecycle.threads.push(thread);
    Ok(true)
}

/// The first function of a worker's thread.
fn mstart(sched: Arc<Sched>, mp: MPtr, slot: Option<(usize, bool)>) {
    // Held until after the last look at the scheduler.
    let left = LeftWithoutMexit;
    let mp = mp.get();
    // The thread that made this one may have been pinned.
    pin::float(&sched);
    // SAFETY: `sched` is held until the end of this function.
    let bound = unsafe { getg::bind(mp) };
    let entered = getg::enter_frame(sched.clone());
    let driving = getg::start_driving();
    crate::rt0::tls::bind_m(&sched, mp);
    mp.bind_stack();
    mp.set_worker(true);
    // ORDERING: the M's own variable. Another thread may have had this M before, and been pinned.
    mp.pinned.store(0, Unmodelled::Relaxed);
    if let Some(hook) = &sched.config.hooks.on_thread_start {
        run_hook(hook);
    }
    budget::scope(|budget| {
        let mut g0 = G0::enter(mp, budget);
        if let Some((slot, spinning)) = slot {
            acquirep::acquirep_pinned(&sched, mp, slot);
            mp.set_spinning(spinning);
        }
        crate::rt0::fault::at("worker-leaves");
        schedule::schedule(&sched, &mut g0, &mut UntilClosed);
        if !mp.is_dismissed() || sched.is_closing() {
            mexit(&sched, mp);
        }
    });
    if let Some(hook) = &sched.config.hooks.on_thread_stop {
        run_hook(hook);
    }
    drop(driving);
    drop(entered);
    drop(bound);
    std::mem::forget(left);
    let mut lifecycle = sched.lifecycle.lock();
    if !mp.is_dismissed() {
        lifecycle.workers -= 1;
    } else if !lifecycle.closed {
        retire_m(&sched, mp, &mut lifecycle);
    }
    drop(lifecycle);
    leave(sched);
}

/// The thread of an M that isn't needed ends while the runtime goes on: another thread may have the M, and nobody waits for this one.
fn retire_m(sched: &Sched, mp: &M, lifecycle: &mut Lifecycle) {
    mp.set_worker(false);
    // ORDERING: the binding is this thread's. The next thread with its number in `thread_local` must not find an M that somebody else has.
    sched.bindings.get_or_default().m.store(std::ptr::null_mut(), Ordering::Release);
    lifecycle.unused_ms.push(MPtr::of(mp));
    lifecycle.threads.retain(|thread| thread.thread().id() != std::thread::current().id());
}

/// How many workers there are beyond one for each P, one for each that is stuck, and a spare one.
pub(crate) fn surplus(sched: &Sched) -> usize {
    // ORDERING: hints.
    let stuck = sched.nretired.load(Unmodelled::Relaxed) + sched.naway.load(Unmodelled::Relaxed);
    let workers = sched.lifecycle.lock().workers;
    workers.saturating_sub(sched.procs() + stuck + 1)
}

/// Ends threads that aren't needed any more: those that have slept longest.
pub(crate) fn dismiss_surplus(sched: &Sched) {
    for _ in 0..surplus(sched) {
        match sched.idle.take_oldest(|mp| mp.get().is_worker()) {
            Some(mp) => {
                // From now on: until it has ended it may not be counted on.
                sched.lifecycle.lock().workers -= 1;
                mp.get().dismiss();
            }
            None => return,
        }
    }
}

/// Aborts if a worker's thread unwinds or returns without going through `mexit`.
struct LeftWithoutMexit;

impl Drop for LeftWithoutMexit {
    fn drop(&mut self) {
        gmp_base::throw!("mstart: a worker left its loop without mexit");
    }
}

/// The name of the next thread.
pub(crate) fn thread_name(name: &NameFn) -> String {
    gmp_base::lockrank::assert_no_locks();
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| name()))
        .unwrap_or_else(|_| gmp_base::throw!("the embedder's function for thread names panicked"))
}

/// A hook that panics has left the embedder's state unknown, and there is nobody to pass the panic to.
pub(crate) fn run_hook(hook: &crate::runtime2::config::Hook) {
    gmp_base::lockrank::assert_no_locks();
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hook())).is_err() {
        gmp_base::throw!("a thread hook of the embedder panicked");
    }
}

struct UntilClosed;

impl Until for UntilClosed {
    #[inline]
    fn is_done(&mut self, sched: &Sched, _g0: &mut G0<'_>) -> bool {
        sched.is_closing()
    }

    fn is_dismissed(&mut self, mp: &M) -> bool {
        mp.is_dismissed()
    }
}

/// A worker leaves: cancels what it can find, and gives its P up.
fn mexit(sched: &Sched, mp: &M) {
    if mp.is_spinning() {
        mp.set_spinning(false);
        let _ = sched.idle.stop_spinning();
    }
    shutdown::drain(sched);
    if mp.p().is_some() {
        if let Some(slot) = acquirep::releasep(sched, mp) {
            let _ = sched.idle.give_up(slot, None, false);
        }
    }
    // Once more: what was drained may have woken others.
    shutdown::drain(sched);
}

/// The thread is gone, as far as the scheduler is concerned.
pub(crate) fn leave(sched: Arc<Sched>) {
    let mut lifecycle = sched.lifecycle.lock();
    lifecycle.running -= 1;
    let last = lifecycle.running == 0;
    drop(lifecycle);
    if last {
        shutdown::final_drain(&sched);
    }
    sched.lifecycle_changed.notify_all();
}
