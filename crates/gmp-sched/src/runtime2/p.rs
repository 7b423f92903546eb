//! [`P`], the record, and [`Slot`], the place for one.
//!
//! Go: runtime/runtime2.go (type p, 774)

use crate::runtime2::m::M;
use gmp_base::CachePadded;
use gmp_base::loom::unmodelled::AtomicU64 as Counter;
use gmp_base::loom::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use gmp_base::rand::FastRand;
use gmp_queue::runq::CAPACITY;
use gmp_queue::{GQueue, Runq, Tenure};
use gmp_task::gfree::FreeLists;
use gmp_task::id::IdCache;
use gmp_task::{Gp, Header};
use gmp_time::Timers;
use std::cell::UnsafeCell;
use std::fmt;
use std::ptr;

/// What an M needs to run Gs. The M that holds the record (`m.p`) is its owner.
pub struct P {
    /// The record's own number; its place in `allp`. Immutable.
    pub id: usize,
    /// The slot that it is or was in; written by who puts it there.
    pub slot: AtomicUsize,
    /// Who holds it and whether it still counts.
    pub tenure: Tenure,
    /// The run queue: the owner puts, anyone takes.
    pub runq: Runq<Header>,
    /// Sysmon wants the time slice to end (Go: p.preempt): `runnext` goes to the tail, and leaf futures yield.
    preempt: AtomicBool,
    /// Owner only.
    owned: CachePadded<UnsafeCell<Owned>>,
    /// Owner only; an order of victims needs no secrecy.
    pub rand: FastRand,
    /// Written by the owner, read by all.
    pub stats: CachePadded<PStats>,
    /// Turns that are no longer in `stats`: those of earlier tenures that ended by a retirement.
    turns_before: OwnedCounter,
}

/// What only the owner touches.
#[derive(Debug)]
pub struct Owned {
    /// Free cells.
    pub gfree: FreeLists,
    /// Numbers for new Gs.
    pub ids: IdCache,
    /// `current_thread` only: what didn't fit into the ring, so that the order stays first in, first out.
    pub overflow: GQueue<Header>,
}

// SAFETY: everything but `owned` is atomic or immutable; `owned` is reached through `P::owned` only, by the owner,
// of which there is one at a time (`Tenure`), each seeing what the one before left (acquire after release).
unsafe impl Sync for P {}
// SAFETY: as above; nothing in it belongs to a thread.
unsafe impl Send for P {}

impl fmt::Debug for P {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("P")
            .field("id", &self.id)
            .field("tenure", &self.tenure)
            .field("runq", &self.runq)
            .finish_non_exhaustive()
    }
}

impl P {
    pub(crate) fn new(id: usize, slot: usize, seed: u64) -> Self {
        Self {
            id,
            slot: AtomicUsize::new(slot),
            tenure: Tenure::new(),
            runq: Runq::new(),
            preempt: AtomicBool::new(false),
            owned: CachePadded::new(UnsafeCell::new(Owned {
                gfree: FreeLists::new(),
                ids: IdCache::new(),
                overflow: GQueue::new(),
            })),
            rand: FastRand::new(seed ^ (id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            stats: CachePadded::new(PStats::default()),
            turns_before: OwnedCounter::default(),
        }
    }

    /// Gives `f` the owner's half.
    ///
    /// # Safety
    /// The caller must be the owner, and `f` must not call anything that could come back here.
    #[inline(always)]
    pub(crate) unsafe fn owned<R>(&self, f: impl FnOnce(&mut Owned) -> R) -> R {
        // SAFETY: one owner, and it is not in here already.
        f(unsafe { &mut *self.owned.get() })
    }

    /// The slot's number.
    #[inline]
    pub fn slot(&self) -> usize {
        // ORDERING: the owner reads what was written before it acquired the record; others take it as a hint.
        self.slot.load(Ordering::Relaxed)
    }

    /// Counts the turns: the same number at two times means that no turn has begun in between, whoever had the record.
    pub(crate) fn turn(&self) -> u64 {
        let in_stats = self.stats.polls.get().wrapping_add(self.stats.block_on_polls.get());
        self.turns_before.get().wrapping_add(in_stats)
    }

    /// Moves the counters of a record that leaves its slot to those of the slot. Only the owner may call it.
    pub(crate) fn fold_stats_into(&self, base: &PStatsBase) {
        // Sysmon may look in between and see a number that never was: it takes that for a new turn.
        self.turns_before.add(self.stats.polls.get().wrapping_add(self.stats.block_on_polls.get()));
        self.stats.fold_into(base);
    }

    /// Whether sysmon wants the time slice to end.
    #[inline(always)]
    pub fn is_preempted(&self) -> bool {
        // ORDERING: a hint.
        self.preempt.load(Ordering::Relaxed)
    }

    /// Asks for the end of the time slice, or answers.
    pub(crate) fn set_preempt(&self, preempt: bool) {
        // ORDERING: a hint.
        self.preempt.store(preempt, Ordering::Relaxed);
    }

    /// Takes everything out of the ring and `runnext`, as a thief; not without end, should the owner put more into it all the time.
    pub(crate) fn drain(&self, mut f: impl FnMut(Gp)) {
        for _ in 0..CAPACITY {
            let Some(gp) = self.runq.take_oldest() else { break };
            f(gp);
        }
        if let Some(gp) = self.runq.take_next() {
            f(gp);
        }
    }
}

/// A number that one thread counts up and all may read: a plain load and store, no read-modify-write.
#[derive(Debug, Default)]
pub struct OwnedCounter(Counter);

impl OwnedCounter {
    /// Adds `n`. Only the owner may call it.
    #[inline(always)]
    pub fn add(&self, n: u64) {
        // ORDERING: a figure for people; one writer.
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
    }

    /// The figure.
    #[inline(always)]
    pub fn get(&self) -> u64 {
        // ORDERING: as above.
        self.0.load(Ordering::Relaxed)
    }

    /// Takes the figure out. Only the owner may call it.
    pub(crate) fn take(&self) -> u64 {
        let n = self.get();
        // ORDERING: as above.
        self.0.store(0, Ordering::Relaxed);
        n
    }
}

macro_rules! stats {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A P's counters.
        #[derive(Debug, Default)]
        pub struct PStats {
            $($(#[$doc])* pub $name: OwnedCounter,)*
        }

        /// A P's counters, added up and copied.
        #[derive(Debug, Default, Clone, Copy)]
        pub struct PTotals {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl PTotals {
            pub(crate) fn add(&mut self, stats: &PStats) {
                $(self.$name = self.$name.wrapping_add(stats.$name.get());)*
            }
        }

        impl PStats {
            /// See [`P::fold_stats_into`].
            fn fold_into(&self, base: &PStatsBase) {
                $(
                    // ORDERING: figures for people.
                    base.$name.fetch_add(self.$name.take(), Ordering::Relaxed);
                )*
            }

            pub(crate) fn totals(&self, base: &PStatsBase) -> PTotals {
                PTotals {
                    // ORDERING: figures for people.
                    $($name: self.$name.get().wrapping_add(base.$name.load(Ordering::Relaxed)),)*
                }
            }
        }

        /// What records that have left a slot counted there.
        #[derive(Debug, Default)]
        pub struct PStatsBase {
            $(pub(crate) $name: Counter,)*
        }
    };
}

stats! {
    /// Turns: how many Gs were run (Go: schedtick).
    polls,
    /// Gs spawned here.
    spawned,
    /// Gs that died here.
    died,
    /// Gs queued by their own P.
    local_schedules,
    /// Turns of Gs that came out of `runnext`, and so inherited the time slice of the one before.
    inherited,
    /// Polls of what `block_on` was given.
    block_on_polls,
    /// Turns that ended because the poll budget was used up.
    forced_yields,
    /// Gs stolen by this P.
    steals,
    /// Thefts by this P.
    steal_operations,
    /// Times that the ring overflowed.
    overflows,
    /// Times that an M of this P found nothing in the queues that it looks into first, its own and the global one.
    dry,
    /// Times that an M of this P went to sleep.
    parks,
    /// Times that an M of this P went to sleep or woke.
    parks_and_unparks,
    /// Times that an M of this P woke and found nothing.
    noops,
    /// Nanoseconds between waking and going to sleep.
    busy_nanos,
}

/// One of GOMAXPROCS places where a P record can be live.
#[derive(Debug)]
pub struct Slot {
    /// The record. Written when the runtime boots and by who retires the old one.
    pub rec: AtomicPtr<P>,
    /// The M that was here last, so that it is the one to come back. A hint.
    pub last_m: AtomicPtr<M>,
    /// The CPUs that an M here is pinned to; empty: it floats. Immutable.
    pub cpus: Box<[usize]>,
    /// Sleeps that Gs began here, and those of threads without a P that fell to it. They stay with the slot, whatever becomes of
    /// its record.
    pub timers: Timers,
    /// Its last M has gone to sleep, or handed it off with nothing to run.
    parked: AtomicBool,
    /// What earlier records counted, and what no record counts.
    pub base: PStatsBase,
}

impl Slot {
    pub(crate) fn new(cpus: Box<[usize]>) -> Self {
        Self {
            rec: AtomicPtr::new(ptr::null_mut()),
            last_m: AtomicPtr::new(ptr::null_mut()),
            cpus,
            timers: Timers::new(),
            parked: AtomicBool::new(false),
            base: PStatsBase::default(),
        }
    }

    /// The slot's M is about to give it up because there is nothing to run.
    pub(crate) fn count_park(&self) {
        // ORDERING: figures for people. The flag is written by who has the slot.
        if !self.parked.swap(true, Ordering::Relaxed) {
            self.base.parks.fetch_add(1, Ordering::Relaxed);
            self.base.parks_and_unparks.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// An M has the slot again.
    #[inline]
    pub(crate) fn count_unpark(&self) {
        // ORDERING: as above.
        if self.parked.load(Ordering::Relaxed) && self.parked.swap(false, Ordering::Relaxed) {
            self.base.parks_and_unparks.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The record that is in the slot now.
    #[inline]
    pub fn record(&self) -> &P {
        // ORDERING: acquires the record's contents, published by who put it here. Records live as long as the
        // scheduler.
        let rec = self.rec.load(Ordering::Acquire);
        // SAFETY: a slot always has a record once `procresize` has run, and records are freed with the scheduler.
        unsafe { &*rec }
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
