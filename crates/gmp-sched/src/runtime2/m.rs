//! [`M`]: an OS thread that runs Gs, and its [`G0`], the context that its scheduler runs in.
//!
//! An M belongs to one scheduler and lives as long as it. Its fields are written by its own thread if nothing else is
//! said; they are atomic so that dumps and wakers may look.
//!
//! Go: runtime/runtime2.go (type m, 616)

use crate::budget::Budget;
use crate::proc::linger::Linger;
use crate::proc::lockedm::Held;
use crate::proc::pace::Pace;
use crate::proc::pin::Treatment;
use crate::runtime2::kept::{Kept, Reading};
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_arch::stack::{self, StackBounds};
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::unmodelled::{AtomicU32, Ordering as Unmodelled};
use gmp_base::loom::{AtomicBool, AtomicPtr, Ordering};
use gmp_base::note::{Note, Woken};
use gmp_task::{Gp, Header, Id};
use gmp_time::NEVER;
use std::fmt;
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::sync::{Arc, OnceLock};
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
    /// What it queues may run next: it isn't locked, and its scheduler isn't one of first in, first out. Follows from these.
    queues_next: AtomicBool,
    /// What the G that it runs is, for sysmon.
    pub(crate) turn: Turn,
    /// Odd while the M is in a blocking section (`syscall.rs`); each begin and each end counts (Go: syscalltick).
    section: AtomicU32,
    /// It was started to run Gs, and is counted among the workers.
    worker: AtomicBool,
    /// Why the end of its turn is to be looked at: one word, so that a turn looks once.
    marks: AtomicU32,
    /// There are too many: its thread is to end.
    dismissed: AtomicBool,
    /// In the middle of a turn it has handed its P to others, and is counted in `naway`.
    away: AtomicBool,
    /// The kernel's number of its thread; 0: unknown.
    tid: AtomicU32,
    /// A cancelled timer for the next start. Its own thread's, and nobody else's.
    pub(crate) kept: Kept,
    /// What the running task has read from the clock. As above.
    pub(crate) reading: Reading,
    /// The G that has been locked to it last, and how it is known whether it still is. For its own thread; rarely used.
    pub(crate) lockedg: Lock<Option<(Id, Arc<Held>)>>,
    /// The slot whose CPUs the thread is pinned to, plus one; 0: none.
    pub(crate) pinned: AtomicU32,
}

/// What sysmon may know of the G that an M runs, when the G itself may be gone any moment: written at the beginning of each turn.
///
/// Sysmon reads it when a turn has lasted a while, so that it is that turn's; should it be another's, a report names that one.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    kind: gmp_base::loom::unmodelled::AtomicUsize,
    id: gmp_base::loom::unmodelled::AtomicU64,
    spawned_at: gmp_base::loom::unmodelled::AtomicPtr<Location<'static>>,
}

impl Turn {
    /// The M is about to run the G.
    #[inline(always)]
    pub(crate) fn begin(&self, g: &Header) {
        // ORDERING: hints, as above.
        self.kind.store(g.kind(), Unmodelled::Relaxed);
        self.id.store(g.id().as_u64(), Unmodelled::Relaxed);
        self.spawned_at.store(ptr::from_ref(g.spawned_at()).cast_mut(), Unmodelled::Relaxed);
    }

    /// The M is about to poll what `block_on` was given.
    pub(crate) fn begin_block_on(&self, called_at: &'static Location<'static>) {
        // ORDERING: hints.
        self.kind.store(ptr::from_ref(called_at).addr(), Unmodelled::Relaxed);
        self.id.store(0, Unmodelled::Relaxed);
        self.spawned_at.store(ptr::from_ref(called_at).cast_mut(), Unmodelled::Relaxed);
    }

    /// What stands for the future's type.
    pub(crate) fn kind(&self) -> usize {
        // ORDERING: a hint.
        self.kind.load(Unmodelled::Relaxed)
    }

    /// The task's number; `None` in `block_on`.
    pub(crate) fn id(&self) -> Option<Id> {
        // ORDERING: a hint.
        Id::from_raw(self.id.load(Unmodelled::Relaxed))
    }

    /// Where the task was spawned, or `block_on` called.
    pub(crate) fn spawned_at(&self) -> Option<&'static Location<'static>> {
        // ORDERING: a hint; what it points to is static.
        let spawned_at = self.spawned_at.load(Unmodelled::Relaxed);
        // SAFETY: null, or made of a `&'static Location` above.
        unsafe { spawned_at.as_ref() }
    }
}

/// The bounds of an M's stack.
#[derive(Debug, Default)]
pub(crate) struct AtomicG0 {
    lo: gmp_base::loom::unmodelled::AtomicUsize,
    hi: gmp_base::loom::unmodelled::AtomicUsize,
}

// SAFETY: every field is atomic, immutable or `Sync` by itself; the pointers are followed under the rules of the module.
unsafe impl Send for M {}
// SAFETY: as above.
unsafe impl Sync for M {}

impl fmt::Debug for M {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M").field("id", &self.id).field("spinning", &self.is_spinning()).finish_non_exhaustive()
    }
}

impl M {
    pub(crate) fn new(id: u64, sched: NonNull<Sched>, fifo: bool) -> Self {
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
            queues_next: AtomicBool::new(!fifo),
            turn: Turn::default(),
            section: AtomicU32::new(0),
            worker: AtomicBool::new(false),
            dismissed: AtomicBool::new(false),
            marks: AtomicU32::new(0),
            away: AtomicBool::new(false),
            tid: AtomicU32::new(0),
            kept: Kept::default(),
            reading: Reading::default(),
            lockedg: Lock::new(LockRank::Leaf, None),
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

    /// Whether this is the record that the M holds.
    #[inline(always)]
    pub(crate) fn holds(&self, pp: &P) -> bool {
        // ORDERING: the M's own variable.
        ptr::eq(self.p.load(Ordering::Relaxed), pp)
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
        // ORDERING: the M's own variables.
        self.locked.store(locked, Ordering::Relaxed);
        self.queues_next.store(!locked && !self.sched().fifo, Ordering::Relaxed);
    }

    /// Whether what the M queues may be put into its `runnext`.
    #[inline(always)]
    pub(crate) fn queues_next(&self) -> bool {
        // ORDERING: the M's own variable.
        self.queues_next.load(Ordering::Relaxed)
    }

    /// Whether user code runs on the M's P: a task, or what `block_on` was given.
    pub(crate) fn is_in_turn(&self) -> bool {
        // ORDERING: hints for sysmon.
        !self.curg.load(Ordering::Relaxed).is_null() || self.is_locked()
    }

    /// Odd: the M is in a blocking section, the same one as long as the number is the same.
    pub(crate) fn section(&self) -> u32 {
        // ORDERING: a hint for sysmon.
        self.section.load(Unmodelled::Relaxed)
    }

    /// A blocking section begins or ends. Only the M's thread may say so.
    #[inline(always)]
    pub(crate) fn count_section(&self) {
        // ORDERING: one writer; a hint for sysmon.
        self.section.store(self.section().wrapping_add(1), Unmodelled::Relaxed);
    }

    /// Marks its turn: something is to be looked at when it is over (`proc/hog.rs`). Should it be over by now, the next one is taken
    /// for it: no harm.
    pub(crate) fn mark(&self, why: u32) {
        // ORDERING: a hint; releases a request to end the slice (`P::set_preempt`) to `take_marks`.
        self.marks.fetch_or(why, Unmodelled::Release);
    }

    /// Whether the turn that has ended is marked.
    #[inline(always)]
    pub(crate) fn is_marked(&self) -> bool {
        // ORDERING: a hint.
        self.marks.load(Unmodelled::Relaxed) != 0
    }

    /// Takes the marks away.
    pub(crate) fn take_marks(&self) -> u32 {
        // ORDERING: acquires `mark`'s release.
        self.marks.swap(0, Unmodelled::Acquire)
    }

    /// It is started to run Gs, or its thread ends.
    pub(crate) fn set_worker(&self, worker: bool) {
        // ORDERING: the M's own variables; who looks for workers to dismiss has them out of the idle list.
        self.worker.store(worker, Ordering::Relaxed);
        self.dismissed.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_worker(&self) -> bool {
        // ORDERING: as above.
        self.worker.load(Ordering::Relaxed)
    }

    /// Its thread is to end. It has been taken out of the list of idle ones.
    pub(crate) fn dismiss(&self) {
        // ORDERING: published by the wake-up.
        self.dismissed.store(true, Ordering::Relaxed);
        self.wakeup();
    }

    /// Whether its thread is to end.
    #[inline]
    pub(crate) fn is_dismissed(&self) -> bool {
        // ORDERING: behind the note's acquire.
        self.dismissed.load(Ordering::Relaxed)
    }

    /// In the middle of a turn, the M is about to hand its P to others: they may need one M more than there are Ps.
    pub(crate) fn go_away(&self) {
        // ORDERING: the M's own variables; the count is a limit, no more.
        if self.is_worker() && !self.away.swap(true, Ordering::Relaxed) {
            self.sched().naway.fetch_add(1, Unmodelled::Relaxed);
        }
    }

    /// The M is on g0 again, looking for work.
    #[inline]
    pub(crate) fn come_back(&self) {
        // ORDERING: as above.
        if self.away.load(Ordering::Relaxed) {
            self.away.store(false, Ordering::Relaxed);
            self.sched().naway.fetch_sub(1, Unmodelled::Relaxed);
        }
    }

    /// The kernel's number of its thread; 0: unknown.
    pub(crate) fn tid(&self) -> i32 {
        // ORDERING: a hint: a thread that the M had before has ended, or does other things.
        i32::try_from(self.tid.load(Unmodelled::Relaxed)).unwrap_or(0)
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
        // ORDERING: a hint for sysmon.
        self.tid.store(u32::try_from(crate::getg::gettid()).unwrap_or(0), Unmodelled::Relaxed);
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
    /// Turns since the last look into the global queue (Go: schedtick % 61, but counted in `runnext` chains too), until `span` began.
    pub(crate) tick: u32,
    /// So many turns may be run before something is due by their count.
    span: u32,
    /// How many context guards there are between two turns.
    pub(crate) depth: usize,
    /// What `event_tick` was at the last look at the clock.
    pub(crate) looked_tick: u32,
    /// How many turns there are between two looks.
    pub(crate) timer_interval: u32,
    /// Own timers from this time on needn't be looked for before all are (`seat::check_all_timers`).
    pub(crate) timers_far: u64,
    /// How long turns take.
    pub(crate) pace: Pace,
    /// When the timers fired that are all that the M has found in the seat.
    pub(crate) timers_fired: Option<u64>,
    /// The M has waited in the seat for a timer that was dead: next time it makes sure.
    pub(crate) looks_closely: bool,
    /// Turns since the last look for events, until `span` began.
    pub(crate) event_tick: u32,
    /// The last wait for events was so short that a look without waiting would have done.
    pub(crate) events_near: bool,
    /// Looks around, so far.
    pub(crate) looks_around: u32,
    /// Whether the M has its CPU to itself.
    pub(crate) treatment: Treatment,
    /// When the M last woke, in nanoseconds of `nanotime`.
    pub(crate) busy_since: u64,
    /// It has run something since it last woke.
    pub(crate) has_run: bool,
    /// What it runs came out of the queue of hogs.
    pub(crate) hog: bool,
    /// Whether it looks longer before it sleeps.
    pub(crate) linger: Linger,
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
            span: 0,
            looked_tick: 0,
            timer_interval: 0,
            timers_far: NEVER,
            pace: Pace::new(),
            timers_fired: None,
            looks_closely: false,
            event_tick: 0,
            events_near: false,
            looks_around: 0,
            treatment: Treatment::default(),
            depth: crate::getg::depth(),
            busy_since: 0,
            has_run: false,
            hog: false,
            linger: Linger::default(),
        }
    }

    /// Turns begin: says how many there may be before something is due by their count.
    pub(crate) fn begin_span(&mut self, global_queue_interval: u32, event_interval: u32) -> u32 {
        let until_tick = global_queue_interval.saturating_sub(self.tick);
        let until_event = event_interval.saturating_sub(self.event_tick);
        self.span = until_tick.min(until_event).max(1);
        self.span
    }

    /// So many of the turns that there might have been have not been run.
    pub(crate) fn end_span(&mut self, left: u32) {
        self.tick += self.span - left;
        self.event_tick += self.span - left;
        self.span = left;
    }

    /// Turns since the last look at the clock, of a span in which there may be so many more.
    #[inline(always)]
    pub(crate) fn unlooked_turns_with(&self, left: u32) -> u32 {
        (self.event_tick + (self.span - left)).wrapping_sub(self.looked_tick)
    }

    /// Turns since the last look at the clock, between two spans.
    #[inline]
    pub(crate) fn unlooked_turns(&self) -> u32 {
        self.event_tick.wrapping_sub(self.looked_tick)
    }

    /// Events have been looked for.
    pub(crate) fn restart_event_tick(&mut self) {
        self.looked_tick = self.looked_tick.wrapping_sub(self.event_tick);
        self.event_tick = 0;
    }
}
