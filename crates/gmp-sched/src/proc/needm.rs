//! `block_on`: a thread that isn't a worker becomes an M.
//!
//! * [`block_on_locked`] — `multi_thread`: the future is a G locked to the calling M, which runs nothing else (Go's rule
//!   for LockOSThread): else a task that blocks would stall it. The M polls with a P while one is idle, so that what
//!   it spawns is queued locally, and hands the P off when it waits.
//! * [`block_on_current`] — `current_thread`: the M polls the future, and runs the Gs of the runtime's one P in between.
//!
//! Go: runtime/proc.go (needm, dropm, 2364-2826; LockOSThread, stoplockedm, 3265-3310)

use crate::budget::{self, Budget};
use crate::getg;
use crate::proc::schedule::{self, Until};
use crate::proc::{acquirep, wakep};
use crate::runtime2::m::{G0, M};
use crate::runtime2::schedt::{MPtr, Sched};
use crate::shutdown;
use gmp_base::loom::Ordering;
use gmp_base::loom::unmodelled::{AtomicBool as Flag, Ordering as Unmodelled};
use gmp_base::note::Note;
use gmp_task::Gp;
use std::future::Future;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// The calling thread's M in this runtime: the one it was before, or a new one.
pub(crate) fn needm(sched: &Sched) -> &M {
    let binding = sched.bindings.get_or_default();
    // ORDERING: the binding is this thread's; a thread that had its number before has ended, which ordered its writes.
    let bound = binding.m.load(Ordering::Acquire);
    // SAFETY: Ms live as long as the scheduler.
    if let Some(mp) = unsafe { bound.as_ref() } {
        mp.bind_stack();
        return mp;
    }
    let mp = sched.new_m();
    mp.bind_stack();
    // ORDERING: as above.
    binding.m.store(ptr::from_ref(mp).cast_mut(), Ordering::Release);
    mp
}

/// The waker of a G that is locked to its M: a flag, and the note that the M sleeps on.
struct LockedG {
    woken: Flag,
    note: Note,
}

impl Wake for LockedG {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // ORDERING: releases what the waker wrote to the acquire in `take_woken`, also when the flag is set already
        // (a read-modify-write each time, as in `status.rs`).
        if !self.woken.swap(true, Unmodelled::AcqRel) {
            self.note.wakeup();
        }
    }
}

impl LockedG {
    fn new() -> Arc<Self> {
        Arc::new(Self { woken: Flag::new(true), note: Note::new() })
    }

    fn take_woken(&self) -> bool {
        // ORDERING: acquires what the waker released.
        self.woken.swap(false, Unmodelled::AcqRel)
    }
}

/// Runs a future to its end on the calling thread, and nothing else.
///
/// In `current_thread` it never takes the P, which is for who runs the queue.
#[track_caller]
pub fn block_on_locked<F: Future>(sched: &Arc<Sched>, future: F) -> F::Output {
    let called_at = Location::caller();
    let mp = needm(sched);
    // SAFETY: the caller holds the scheduler for the whole call.
    let _bound = unsafe { getg::bind(mp) };
    let _entered = getg::enter_frame(sched.clone());
    budget::scope(|budget| {
        let _g0 = G0::enter(mp, budget);
        // A panic of the future must not take the P with it.
        let nested = Nested::new(mp);
        let _dropm = nested.is_none().then_some(Dropm { sched, mp });
        drive_locked(sched, mp, budget, pin!(future), called_at)
    })
}

/// A `block_on` in a blocking section of a task, or of another `block_on`: afterwards the M goes on with that, with a P or without.
struct Nested<'a> {
    mp: &'a M,
    curg: Option<Gp>,
    locked: bool,
}

impl<'a> Nested<'a> {
    fn new(mp: &'a M) -> Option<Self> {
        let (curg, locked) = (mp.curg(), mp.is_locked());
        mp.set_curg(None);
        // In a section the M is in somebody's turn, whether that has a P or not.
        (mp.section() % 2 == 1).then_some(Self { mp, curg, locked })
    }
}

impl Drop for Nested<'_> {
    fn drop(&mut self) {
        self.mp.set_curg(self.curg);
        self.mp.set_locked(self.locked);
    }
}

fn drive_locked<F: Future>(
    sched: &Sched,
    mp: &M,
    budget: &Budget,
    mut future: Pin<&mut F>,
    called_at: &'static Location<'static>,
) -> F::Output {
    let locked = LockedG::new();
    let waker = Waker::from(locked.clone());
    let _registered = Registered::new(sched, &waker);
    let mut cx = Context::from_waker(&waker);
    let mut prefer = 0;
    let mut locked_p = LockedP::new(sched, mp);
    loop {
        while !locked.take_woken() {
            locked.note.sleep();
        }
        if locked_p.take(prefer) {
            if let Some(pp) = mp.p() {
                prefer = pp.slot();
                pp.stats.block_on_polls.add(1);
                mp.turn.begin_block_on(called_at);
            }
        }
        budget.refill();
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        locked_p.hand_off();
        if shutdown::closed_by_panic(sched) {
            shut_down_by_panic();
        }
    }
}

/// The P of a locked M, while it polls.
///
/// The M may block in its poll, and it runs nothing else. Sysmon takes the P away then; without it, the M takes a P only if that
/// leaves one that no locked M has.
pub(crate) struct LockedP<'a> {
    sched: &'a Sched,
    mp: &'a M,
    counted: bool,
}

impl<'a> LockedP<'a> {
    pub(crate) fn new(sched: &'a Sched, mp: &'a M) -> Self {
        Self { sched, mp, counted: false }
    }

    pub(crate) fn take(&mut self, prefer: usize) -> bool {
        let sched = self.sched;
        if sched.fifo {
            return false;
        }
        let few = sched.idle.count_locked() < sched.procs();
        self.counted = few || sched.sysmon.is_on();
        // In a blocking section it may have one already.
        if self.counted && (self.mp.p().is_some() || acquirep::try_acquirep(sched, self.mp, prefer)) {
            self.mp.set_locked(true);
            return true;
        }
        self.uncount(true);
        false
    }

    pub(crate) fn hand_off(&mut self) {
        self.mp.set_locked(false);
        self.mp.go_away();
        acquirep::handoffp(self.sched, self.mp);
        self.uncount(false);
    }

    fn uncount(&mut self, anyway: bool) {
        if std::mem::take(&mut self.counted) || anyway {
            self.sched.idle.uncount_locked();
        }
    }
}

impl Drop for LockedP<'_> {
    /// Whichever way the poll ends.
    fn drop(&mut self) {
        self.hand_off();
    }
}

/// tokio's words for `UnhandledPanic::ShutdownRuntime`.
#[track_caller]
pub(crate) fn shut_down_by_panic() -> ! {
    panic!("a spawned task panicked and the runtime is configured to shut down on unhandled panic")
}

/// Go: dropm. Gives the P back whichever way `block_on` ends.
pub(crate) struct Dropm<'a> {
    pub(crate) sched: &'a Sched,
    pub(crate) mp: &'a M,
}

impl Drop for Dropm<'_> {
    fn drop(&mut self) {
        if self.mp.is_spinning() {
            self.mp.set_spinning(false);
            if self.sched.idle.stop_spinning() && wakep::leaves_work(self.sched) {
                wakep::wakep(self.sched);
            }
        }
        acquirep::handoffp(self.sched, self.mp);
        crate::proc::pin::unpin(self.sched, self.mp);
        if self.sched.is_closing() {
            shutdown::drain(self.sched);
        }
    }
}

/// A waker that kicks an M out of its sleep: `current_thread`'s main future, and the end of a main G.
pub(crate) struct Kick {
    woken: Flag,
    mp: MPtr,
    // Keeps the M.
    _sched: Arc<Sched>,
}

impl Kick {
    pub(crate) fn new(sched: &Arc<Sched>, mp: &M, woken: bool) -> Arc<Self> {
        Arc::new(Self { woken: Flag::new(woken), mp: MPtr::of(mp), _sched: sched.clone() })
    }

    /// Whether it has been woken since it was last taken.
    #[inline]
    pub(crate) fn is_woken(&self) -> bool {
        // ORDERING: acquires what the waker released.
        self.woken.load(Unmodelled::Acquire)
    }

    pub(crate) fn take_woken(&self) -> bool {
        // ORDERING: as in `LockedG`. The load keeps the line shared while nothing has happened.
        self.is_woken() && self.woken.swap(false, Unmodelled::AcqRel)
    }
}

impl Wake for Kick {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // ORDERING: as in `LockedG`.
        if !self.woken.swap(true, Unmodelled::AcqRel) {
            self.mp.get().wakeup();
        }
    }
}

/// Registers a `block_on` for the time that it lasts, so that a shutdown by panic can tell it.
pub(crate) struct Registered<'a> {
    sched: &'a Sched,
    key: u64,
}

impl<'a> Registered<'a> {
    pub(crate) fn new(sched: &'a Sched, waker: &Waker) -> Self {
        let mut block_ons = sched.block_ons.lock();
        block_ons.0 += 1;
        let key = block_ons.0;
        block_ons.1.push((key, waker.clone()));
        Self { sched, key }
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        let mut block_ons = self.sched.block_ons.lock();
        let waker = block_ons.1.iter().position(|(key, _)| *key == self.key).map(|i| block_ons.1.swap_remove(i));
        drop(block_ons);
        // Dropped without the lock, as every waker.
        drop(waker);
    }
}

/// Runs a future to its end on the calling thread, and the runtime's other Gs whenever it waits.
#[track_caller]
pub fn block_on_current<F: Future>(sched: &Arc<Sched>, future: F) -> F::Output {
    let mp = needm(sched);
    // SAFETY: the caller holds the scheduler for the whole call.
    let _bound = unsafe { getg::bind(mp) };
    let _entered = getg::enter_frame(sched.clone());
    let output = budget::scope(|budget| {
        let mut g0 = G0::enter(mp, budget);
        let _dropm = Dropm { sched, mp };
        let kick = Kick::new(sched, mp, true);
        let waker = Waker::from(kick.clone());
        let _registered = Registered::new(sched, &waker);
        let mut until =
            UntilReady { kick: &kick, cx: Context::from_waker(&waker), future: pin!(future), output: None, turns: 0 };
        acquirep::try_acquirep(sched, mp, 0);
        schedule::schedule(sched, &mut g0, &mut until);
        until.output
    });
    output.unwrap_or_else(|| shut_down_by_panic())
}

struct UntilReady<'a, 'f, F: Future> {
    kick: &'a Kick,
    cx: Context<'a>,
    future: Pin<&'f mut F>,
    output: Option<F::Output>,
    /// Turns of other Gs until the future may be polled again.
    turns: u32,
}

impl<F: Future> Until for UntilReady<'_, '_, F> {
    const RUNS_CODE: bool = true;

    fn is_done(&mut self, sched: &Sched, g0: &mut G0<'_>) -> bool {
        if self.turns > 0 {
            self.turns -= 1;
            return false;
        }
        if !self.kick.take_woken() {
            return false;
        }
        if shutdown::closed_by_panic(sched) {
            return true;
        }
        // What the future has spawned and woken runs first, up to tokio's bound: a future that yields expects that.
        self.turns = sched.config.event_interval;
        g0.budget.refill();
        // A turn like another: a future that only yields must not keep the runtime from looking around.
        g0.tick += 1;
        g0.event_tick += 1;
        match self.future.as_mut().poll(&mut self.cx) {
            Poll::Ready(output) => {
                self.output = Some(output);
                true
            }
            Poll::Pending => false,
        }
    }

    fn is_kicked(&mut self, _sched: &Sched, _mp: &M) -> bool {
        // Asked when there is nothing to run: then it is the future's turn.
        self.turns = 0;
        self.kick.is_woken()
    }
}
