//! [`M`]: an OS thread that runs Gs, and its [`G0`], the context that its scheduler runs in.
//!
//! An M belongs to one scheduler and lives as long as it. Its fields are written by its own thread if nothing else is
//! said; they are atomic so that dumps and wakers may look.
//!
//! Go: runtime/runtime2.go (type m, 616)

use crate::budget::Budget;
use crate::proc::pin::Crowding;
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_arch::stack::{self, StackBounds};
use gmp_base::loom::unmodelled::{AtomicU32, Ordering as Unmodelled};
use gmp_base::loom::{AtomicBool, AtomicPtr, Ordering};
use gmp_base::note::{Note, Woken};
use gmp_task::{Gp, Header};
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::thread::ThreadId;

/// Below this much free stack a poll is likely to overflow it (Go: stackGuard, rounded up for native frames).
pub const STACK_GUARD: usize = 16 << 10;

/// An OS thread that runs Gs.
pub struct M {
    /// Never used again for another M of the process. Immutable.
    pub id: u64,
    /// Its scheduler, which owns it. Immutable.
    pub(crate) sched: NonNull<Sched>,
    /// The bounds of the thread's stack, known when it starts.
    pub(crate) g0: AtomicG0,
    /// Its thread, known when it starts to run Gs.
    pub(crate) thread: OnceLock<ThreadId>,
    /// The address of the thread's g slot, which rt0's TLS check goes through. M0 only.
    pub(crate) tls: AtomicPtr<usize>,
    /// Where the thread sleeps, unless it polls; one word says which. Anyone may wake it (`wakeup`).
    pub(crate) note: Note,
    /// The record it holds, or null.
    p: AtomicPtr<P>,
    /// The slot it is to take when it wakes, plus one, and in the lowest bit whether it is counted as spinning; 0: none.
    /// Written by its waker before the wake-up.
    pub(crate) nextp: gmp_base::loom::AtomicUsize,
    /// The G it runs, or null: then its scheduler runs, on g0.
    curg: AtomicPtr<Header>,
    /// Looking for work, and counted in `nmspinning`.
    spinning: AtomicBool,
    /// In `block_on`: it runs its own future and nothing else, so what it queues is for others.
    locked: AtomicBool,
    /// The slot whose CPUs the thread is pinned to, plus one; 0: none.
    pub(crate) pinned: AtomicU32,
}

/// The bounds of an M's stack.
#[derive(Debug, Default)]
pub(crate) struct AtomicG0 {
    lo: gmp_base::loom::unmodelled::AtomicUsize,
    hi: gmp_base::loom::unmodelled::AtomicUsize,
}

// SAFETY: every field is atomic or immutable; the pointers are followed under the rules of the module.
unsafe impl Send for M {}
// SAFETY: as above.
unsafe impl Sync for M {}

impl fmt::Debug for M {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M").field("id", &self.id).field("spinning", &self.is_spinning()).finish_non_exhaustive()
    }
}

impl M {
    pub(crate) fn new(id: u64, sched: NonNull<Sched>) -> Self {
        Self {
            id,
            sched,
            g0: AtomicG0::default(),
            thread: OnceLock::new(),
            tls: AtomicPtr::new(ptr::null_mut()),
            note: Note::new(),
            p: AtomicPtr::new(ptr::null_mut()),
            nextp: gmp_base::loom::AtomicUsize::new(0),
            curg: AtomicPtr::new(ptr::null_mut()),
            spinning: AtomicBool::new(false),
            locked: AtomicBool::new(false),
            pinned: AtomicU32::new(0),
        }
    }

    /// The record that the M holds.
    #[inline(always)]
    pub fn p(&self) -> Option<&P> {
        // ORDERING: the M's own variable.
        let p = self.p.load(Ordering::Relaxed);
        // SAFETY: records live as long as the scheduler, which outlives its Ms.
        unsafe { p.as_ref() }
    }

    #[inline]
    pub(crate) fn set_p(&self, p: Option<&P>) {
        // ORDERING: the M's own variable; dumps may read an old value.
        self.p.store(p.map_or(ptr::null_mut(), |p| ptr::from_ref(p).cast_mut()), Ordering::Relaxed);
    }

    /// The scheduler.
    #[inline(always)]
    pub fn sched(&self) -> &Sched {
        // SAFETY: a scheduler owns its Ms, so who has one has the other.
        unsafe { self.sched.as_ref() }
    }

    /// The G that runs, `None` on g0 (Go: getg()).
    #[inline(always)]
    pub fn curg(&self) -> Option<Gp> {
        // ORDERING: the M's own variable.
        NonNull::new(self.curg.load(Ordering::Relaxed))
    }

    #[inline(always)]
    pub(crate) fn set_curg(&self, gp: Option<Gp>) {
        // ORDERING: the M's own variable; nobody else follows it.
        self.curg.store(gp.map_or(ptr::null_mut(), NonNull::as_ptr), Ordering::Relaxed);
    }

    /// Whether the M is looking for work.
    #[inline]
    pub fn is_spinning(&self) -> bool {
        // ORDERING: the M's own variable.
        self.spinning.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn set_spinning(&self, spinning: bool) {
        // ORDERING: the M's own variable; the count in `Idle` is what others go by.
        self.spinning.store(spinning, Ordering::Relaxed);
    }

    /// Whether the M runs one future only.
    #[inline(always)]
    pub fn is_locked(&self) -> bool {
        // ORDERING: the M's own variable.
        self.locked.load(Ordering::Relaxed)
    }

    pub(crate) fn set_locked(&self, locked: bool) {
        // ORDERING: the M's own variable.
        self.locked.store(locked, Ordering::Relaxed);
    }

    /// Wakes its thread, wherever it waits (Go: notewakeup, netpollBreak).
    pub(crate) fn wakeup(&self) {
        if self.note.wakeup() == Woken::Poller {
            if let Some(netpoll) = self.sched().netpoll.get() {
                netpoll.netpoll_break();
            }
        }
    }

    /// Binds the M to the calling thread's stack. Go: the first lines of rt0_go, and mstart0.
    ///
    /// A host that switches stacks calls `block_on` on one that isn't the thread's: then the bounds are unknown.
    pub(crate) fn bind_stack(&self) {
        // A recycled binding keeps the first thread's: the figure is for people.
        self.thread.get_or_init(|| std::thread::current().id());
        let here = stack::stack_pointer();
        let bounds = stack::current_thread_bounds().filter(|b| b.contains(here));
        let bounds = bounds.unwrap_or(StackBounds { lo: 0, hi: usize::MAX });
        // ORDERING: for dumps and the checks of this same thread.
        self.g0.lo.store(bounds.lo, Unmodelled::Relaxed);
        self.g0.hi.store(bounds.hi, Unmodelled::Relaxed);
    }

    /// The stack's bounds.
    pub(crate) fn stack(&self) -> StackBounds {
        // ORDERING: written by the M's thread when it started.
        StackBounds { lo: self.g0.lo.load(Unmodelled::Relaxed), hi: self.g0.hi.load(Unmodelled::Relaxed) }
    }
}

/// The context of an M's scheduler: on its stack from the start of the loop to its end.
///
/// While the scheduler itself runs, [`M::curg`] is `None`: this is what "on g0" means here.
pub struct G0<'a> {
    /// The M.
    pub mp: &'a M,
    /// The thread's poll budget.
    pub budget: &'a Budget,
    /// Turns since the last look into the global queue (Go: schedtick % 61, but counted in `runnext` chains too).
    pub(crate) tick: u32,
    /// How many context guards there are between two turns.
    pub(crate) depth: usize,
    /// Turns since the last refill of the budget.
    pub(crate) since_refill: u32,
    /// Turns since the last look at the clock, while there are timers.
    pub(crate) timer_tick: u32,
    /// Turns since the last look for events.
    pub(crate) event_tick: u32,
    /// The last wait for events was so short that a look without waiting would have done.
    pub(crate) events_near: bool,
    /// Whether the M has its CPU to itself.
    pub(crate) crowding: Crowding,
    /// When the M last woke, in nanoseconds of `nanotime`.
    pub(crate) busy_since: u64,
    /// It has run something since it last woke.
    pub(crate) has_run: bool,
    /// The last sleep was so short that a longer look would have spared it.
    pub(crate) linger: bool,
}

impl fmt::Debug for G0<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("G0").field("mp", &self.mp).field("tick", &self.tick).finish_non_exhaustive()
    }
}

impl<'a> G0<'a> {
    /// Enters g0: asserts the two-way bind, and that there is stack left to poll on.
    pub(crate) fn enter(mp: &'a M, budget: &'a Budget) -> Self {
        let sp = stack::stack_pointer();
        let bounds = mp.stack();
        if !bounds.contains(sp) {
            gmp_base::throw!(
                "mstart: m{} is not on its g0 stack ({sp:#x} outside {:#x}..{:#x})",
                mp.id,
                bounds.lo,
                bounds.hi
            );
        }
        if bounds.remaining(sp) < STACK_GUARD {
            gmp_base::throw!("stack overflow: m{} has {} bytes left to run tasks on", mp.id, bounds.remaining(sp));
        }
        Self {
            mp,
            budget,
            tick: 0,
            since_refill: 0,
            timer_tick: 0,
            event_tick: 0,
            events_near: false,
            crowding: Crowding::default(),
            depth: crate::getg::depth(),
            busy_since: 0,
            has_run: false,
            linger: false,
        }
    }
}
