//! [`Sched`]: what all Ms and Ps of a runtime share.
//!
//! Go: runtime/runtime2.go (type schedt, 932)

use crate::blocking::BlockingPool;
use crate::observe::names::Names;
use crate::proc::closing::Closing;
use crate::proc::hog::Hogs;
use crate::proc::idle::Idle;
use crate::proc::lockedm::LockedMs;
use crate::proc::template::Template;
use crate::rt0::record::BootRecord;
use crate::runtime2::config::{Config, Flavor};
use crate::runtime2::m::M;
use crate::runtime2::order::{Orders, Tier};
use crate::runtime2::p::{P, PTotals, Slot};
use crate::sysmon::Sysmon;
use gmp_base::CachePadded;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::unmodelled::{AtomicU64 as Counter, AtomicUsize as Gauge, Ordering as Unmodelled};
use gmp_base::loom::{AtomicBool, AtomicPtr, AtomicUsize, Condvar, Mutex, Ordering};
use gmp_netpoll::Netpoll;
use gmp_queue::GlobRunq;
use gmp_task::Header;
use gmp_task::allgs::AllGs;
use gmp_task::gfree::GlobalFree;
use gmp_time::Clock;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::{Arc, OnceLock, Weak};
use std::task::Waker;
use std::thread::JoinHandle as ThreadHandle;
use thread_local::ThreadLocal;

/// Most P records beyond the slots: Ms that may be stuck in a poll with a retired record at a time. And most workers beyond the slots, for
/// those that have handed their P to others (`naway`) don't count without end either.
pub(crate) const MAX_SPARE_RECORDS: usize = 512;

/// The scheduler of one runtime.
pub struct Sched {
    /// Every knob. Immutable.
    pub config: Config,
    /// Itself, for threads and Gs that are to keep it. Immutable.
    this: Weak<Sched>,
    /// What the boot found. Immutable once booted.
    pub boot: BootRecord,
    /// The runtime's number. Immutable.
    pub id: u64,
    /// Places for records, as many as there will ever be; GOMAXPROCS of them are in use. Immutable; the records in them change.
    pub slots: Box<[CachePadded<Slot>]>,
    /// How many of them have ever been in use: those have records. Grows, under `resizing`.
    pub(crate) used: AtomicUsize,
    /// Held while slots come into use or go out of it.
    pub(crate) resizing: Lock<()>,
    /// Who steals from whom first, for each number of Ps that there has been.
    orders: Box<[OnceLock<Orders>]>,
    /// `current_thread`: one P, strictly first in, first out, no Ms of its own. Immutable.
    pub(crate) fifo: bool,
    /// No new tasks; those that there are get cancelled. Set once.
    pub(crate) closing: Closing,
    /// Who is idle, who looks for work; see there for the proof.
    pub(crate) idle: CachePadded<Idle<MPtr>>,
    /// Ms that `Pin::Auto` has pinned found that they had to share their CPUs: they float.
    pub(crate) crowded: AtomicBool,
    /// The runtime's time.
    pub(crate) clock: Clock,
    /// When an M that had nothing to run fired timers last.
    pub(crate) timers_fired: Counter,
    /// How many times in a row it did so shortly after the last time.
    pub(crate) crowd: Gauge,
    /// The selector, once there is one.
    pub(crate) netpoll: OnceLock<Netpoll>,
    /// An M looks for events without waiting; one at a time does.
    pub(crate) polling_net: AtomicBool,
    /// The global run queue.
    pub(crate) runq: CachePadded<GlobRunq<Header>>,
    /// Gs that have computed for longer than the threshold in one poll, and yielded (`proc/hog.rs`).
    pub(crate) hogs: Hogs<Header>,
    /// Free cells that no P holds.
    pub(crate) gfree: GlobalFree,
    /// Gs that wait or have waited.
    pub(crate) allgs: AllGs,
    /// All records, in order of their ids; the first `len` are set. Grows under `records`.
    allp: Box<[AtomicPtr<P>]>,
    records: Lock<Records>,
    /// Gs that are locked to Ms, and wait.
    pub(crate) lockedms: LockedMs<MPtr>,
    /// How many Gs are locked to Ms that run nothing else meanwhile.
    pub(crate) nlockedg: Gauge,
    /// How many records are retired now; thieves look for them only then.
    pub(crate) nretired: Gauge,
    /// Workers that have handed their P to others in the middle of a turn.
    pub(crate) naway: Gauge,
    /// All Ms, for walking; they live as long as the scheduler. Grows only.
    ms: Lock<Vec<MPtr>>,
    /// The m binding of each thread that has been an M of this runtime.
    pub(crate) bindings: ThreadLocal<MBinding>,
    /// Threads that were started and haven't ended.
    pub(crate) lifecycle: Mutex<Lifecycle>,
    pub(crate) lifecycle_changed: Condvar,
    /// Requests to the template thread.
    pub(crate) template: Template,
    /// The monitor's thread.
    pub(crate) sysmon: Sysmon,
    /// A counter for keys, and the wakers of the `block_on`s that last now.
    pub(crate) block_ons: Lock<(u64, Vec<(u64, Waker)>)>,
    /// The shutdown came from a task's panic.
    pub(crate) closed_by_panic: AtomicBool,
    /// Threads for `spawn_blocking`.
    pub(crate) blocking: BlockingPool,
    /// Names of tasks that have one.
    pub names: Arc<Names>,
    /// Figures that no P counts.
    pub(crate) stats: SchedStats,
    next_mid: Counter,
}

/// An M in a list of idle ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MPtr(pub(crate) NonNull<M>);

// SAFETY: an M is shared by design and lives as long as its scheduler, whose lists these are.
unsafe impl Send for MPtr {}
// SAFETY: as above.
unsafe impl Sync for MPtr {}

impl MPtr {
    pub(crate) fn of(mp: &M) -> Self {
        Self(NonNull::from(mp))
    }

    pub(crate) fn get(&self) -> &M {
        // SAFETY: see above.
        unsafe { self.0.as_ref() }
    }
}

/// A thread's M in this runtime. When a thread ends, the next one with its number in `thread_local` gets its M.
#[derive(Debug, Default)]
pub(crate) struct MBinding {
    pub(crate) m: AtomicPtr<M>,
}

#[derive(Default)]
struct Records {
    len: usize,
    spares: Vec<usize>,
}

/// The runtime's threads.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    /// Threads that run: workers and the template thread.
    pub(crate) running: usize,
    /// Workers among them.
    pub(crate) workers: usize,
    /// Their threads, to be joined.
    pub(crate) threads: Vec<ThreadHandle<()>>,
    /// The shutdown has begun; no thread is started any more.
    pub(crate) closed: bool,
    /// Ms whose threads were refused, or have been dismissed.
    pub(crate) unused_ms: Vec<MPtr>,
}

/// Counters that no P owns.
#[derive(Debug, Default)]
pub(crate) struct SchedStats {
    pub(crate) remote_schedules: Counter,
    pub(crate) remote_spawned: Counter,
    pub(crate) remote_died: Counter,
    pub(crate) retired: Counter,
    /// Looks for events without waiting.
    pub(crate) net_looks: Counter,
    pub(crate) stalls: StallStats,
    pub(crate) thread_failures: Counter,
    pub(crate) panics: Counter,
}

/// What sysmon has found and done.
#[derive(Debug, Default)]
pub(crate) struct StallStats {
    /// Polls found blocked, or computing for longer than the threshold.
    pub(crate) blocked: Counter,
    pub(crate) busy: Counter,
    /// Ps taken from polls that block, from blocking sections, and from polls that compute.
    pub(crate) retaken_blocked: Counter,
    pub(crate) retaken_section: Counter,
    pub(crate) retaken_busy: Counter,
    /// Ps that should have been taken and weren't: too many are out, or threads were started too fast.
    pub(crate) denied: Counter,
    /// Time slices ended.
    pub(crate) preempted: Counter,
    /// The longest poll seen, in nanoseconds.
    pub(crate) longest: Counter,
    /// How often sysmon has looked.
    pub(crate) looks: Counter,
}

// SAFETY: the fields are synchronised or immutable; the raw pointers are to Ps and Ms that the scheduler owns.
unsafe impl Sync for Sched {}
// SAFETY: as above.
unsafe impl Send for Sched {}

impl fmt::Debug for Sched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sched")
            .field("id", &self.id)
            .field("flavor", &self.config.flavor)
            .field("procs", &self.procs())
            .finish_non_exhaustive()
    }
}

static NEXT_RUNTIME: Counter = Counter::new(1);
static NEXT_M: Counter = Counter::new(0);

/// A number that no other runtime of the process has.
pub(crate) fn next_runtime_id() -> u64 {
    // ORDERING: only the number matters.
    NEXT_RUNTIME.fetch_add(1, Unmodelled::Relaxed)
}

impl Sched {
    /// The shared part without any P: the world is stopped until `procresize`.
    pub(crate) fn new(config: Config, boot: BootRecord, slots: Vec<Slot>) -> Arc<Self> {
        let (procs, room) = (boot.procs, slots.len());
        let blocking = BlockingPool::new(&config);
        let sysmon = Sysmon::new(config.flavor == Flavor::MultiThread && config.stall_detection);
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            fifo: config.flavor == Flavor::CurrentThread,
            id: next_runtime_id(),
            config,
            boot,
            slots: slots.into_iter().map(CachePadded::new).collect(),
            used: AtomicUsize::new(0),
            resizing: Lock::new(LockRank::Procs, ()),
            orders: (0..room).map(|_| OnceLock::new()).collect(),
            closing: Closing::new(),
            idle: CachePadded::new(Idle::with_room(procs, room)),
            crowded: AtomicBool::new(false),
            clock: Clock::new(),
            timers_fired: Counter::new(0),
            crowd: Gauge::new(0),
            netpoll: OnceLock::new(),
            polling_net: AtomicBool::new(false),
            runq: CachePadded::new(GlobRunq::new()),
            hogs: Hogs::new(),
            gfree: GlobalFree::new(),
            allgs: AllGs::new(procs),
            allp: (0..room + MAX_SPARE_RECORDS).map(|_| AtomicPtr::new(ptr::null_mut())).collect(),
            records: Lock::new(LockRank::Sched, Records::default()),
            lockedms: LockedMs::new(),
            nlockedg: Gauge::new(0),
            nretired: Gauge::new(0),
            naway: Gauge::new(0),
            ms: Lock::new(LockRank::Sched, Vec::new()),
            bindings: ThreadLocal::new(),
            lifecycle: Mutex::new(Lifecycle::default()),
            lifecycle_changed: Condvar::new(),
            template: Template::default(),
            sysmon,
            block_ons: Lock::new(LockRank::Leaf, (0, Vec::new())),
            closed_by_panic: AtomicBool::new(false),
            blocking,
            names: Arc::new(Names::new()),
            stats: SchedStats::default(),
            next_mid: Counter::new(0),
        })
    }

    /// The `Arc` that this is in.
    pub(crate) fn arc(&self) -> Arc<Self> {
        match self.this.upgrade() {
            Some(sched) => sched,
            None => gmp_base::throw!("a scheduler is used after its end"),
        }
    }

    /// The pointer of the `Arc` that this is in, which `&self` isn't: references may be made of it.
    pub(crate) fn as_ptr(&self) -> NonNull<Self> {
        match NonNull::new(self.this.as_ptr().cast_mut()) {
            Some(this) => this,
            None => gmp_base::throw!("a scheduler without an address"),
        }
    }

    /// The runtime's time.
    #[inline]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether pinned Ms have found that they don't have their CPUs to themselves, and float now.
    pub fn is_crowded(&self) -> bool {
        // ORDERING: a hint.
        self.crowded.load(Ordering::Relaxed)
    }

    /// GOMAXPROCS.
    #[inline(always)]
    pub fn procs(&self) -> usize {
        self.idle.procs()
    }

    /// The slots that have ever been in use.
    #[inline]
    pub fn used_slots(&self) -> &[CachePadded<Slot>] {
        // ORDERING: acquires their records, published in `procresize`. Who looks behind a fence for what somebody has put into a slot sees
        // that slot: it came into use before.
        &self.slots[..self.used.load(Ordering::Acquire)]
    }

    /// Whether no M holds the slot, for all one sees: its timers are everybody's.
    #[inline]
    pub(crate) fn is_unheld(&self, slot: usize) -> bool {
        self.idle.is_idle(slot) || self.idle.is_out(slot)
    }

    /// Whom slot `slot` steals from, nearest first; nobody if it is to go out of use.
    #[inline]
    pub(crate) fn victims(&self, slot: usize) -> &[Tier] {
        let procs = self.procs();
        self.orders[procs - 1].get_or_init(|| Orders::new(&self.boot, procs)).of(slot)
    }

    /// Sees that there is a record in the slot; says whether there is.
    pub(crate) fn make_record(&self, slot: usize) -> bool {
        let here = &self.slots[slot].rec;
        // ORDERING: written under the lock that the caller holds, or before there was a second thread.
        if here.load(Ordering::Relaxed).is_null() {
            let Some(pp) = self.take_record(slot) else { return false };
            // ORDERING: publishes the record to `Slot::record`.
            here.store(ptr::from_ref(pp).cast_mut(), Ordering::Release);
        }
        true
    }

    /// Whether the runtime has been told to stop.
    #[inline(always)]
    pub fn is_closing(&self) -> bool {
        self.closing.is_closing()
    }

    /// A record, by its number.
    pub(crate) fn record(&self, id: usize) -> Option<&P> {
        // ORDERING: acquires the record's contents, published in `new_record`.
        let rec = self.allp.get(id)?.load(Ordering::Acquire);
        // SAFETY: records are freed with the scheduler.
        unsafe { rec.as_ref() }
    }

    /// All records.
    pub(crate) fn records(&self) -> impl Iterator<Item = &P> {
        (0..self.allp.len()).map_while(|id| self.record(id))
    }

    /// A record for `slot`: a spare one or a new one; `None` if there are too many.
    pub(crate) fn take_record(&self, slot: usize) -> Option<&P> {
        let mut records = self.records.lock();
        let id = match records.spares.pop() {
            Some(id) => id,
            None if records.len < self.allp.len() => {
                let id = records.len;
                records.len += 1;
                let rec = Box::into_raw(Box::new(P::new(id, slot, self.boot.seed)));
                // ORDERING: publishes the record to `record`.
                self.allp[id].store(rec, Ordering::Release);
                id
            }
            None => return None,
        };
        drop(records);
        let pp = self.record(id)?;
        // ORDERING: published with the record when it is put into the slot.
        pp.slot.store(slot, Ordering::Relaxed);
        Some(pp)
    }

    /// A record that has been retired and given back.
    pub(crate) fn put_record(&self, pp: &P) {
        self.records.lock().spares.push(pp.id);
    }

    /// A new M of this scheduler.
    pub(crate) fn new_m(&self) -> &M {
        // ORDERING: only the numbers matter.
        let id = NEXT_M.fetch_add(1, Unmodelled::Relaxed);
        self.next_mid.fetch_add(1, Unmodelled::Relaxed);
        let mp = NonNull::from(Box::leak(Box::new(M::new(id, self.as_ptr(), self.fifo))));
        self.ms.lock().push(MPtr(mp));
        // SAFETY: it is freed with the scheduler.
        unsafe { mp.as_ref() }
    }

    /// The M that has the slot, or had it last.
    pub(crate) fn last_m(&self, slot: usize) -> Option<&M> {
        // ORDERING: acquires the M's contents, which the thread that put it there had; Ms live as long as the scheduler.
        let mp = self.slots[slot].last_m.load(Ordering::Acquire);
        // SAFETY: null, or an M of this scheduler.
        unsafe { mp.as_ref() }
    }

    /// How many Ms there have been.
    pub fn m_count(&self) -> u64 {
        // ORDERING: a figure for people.
        self.next_mid.load(Unmodelled::Relaxed)
    }

    /// A slot's counters: those of its record, of earlier ones, and of records that were retired from it and are still out.
    pub fn totals(&self, slot: usize) -> PTotals {
        let here = &self.slots[slot];
        let mut totals = here.record().stats.totals(&here.base);
        // ORDERING: figures for people.
        if self.nretired.load(Unmodelled::Relaxed) != 0 {
            let out = self.records().filter(|r| r.tenure.is_retired() && r.slot() == slot);
            out.for_each(|r| totals.add(&r.stats));
        }
        totals
    }
}

impl Drop for Sched {
    fn drop(&mut self) {
        if let Some(pinning) = &self.boot.pinning {
            pinning.release();
        }
        for MPtr(mp) in std::mem::take(&mut *self.ms.lock()) {
            // SAFETY: made by `Box::leak` in `new_m`, freed here only; nobody else is left.
            drop(unsafe { Box::from_raw(mp.as_ptr()) });
        }
        for rec in &self.allp {
            // ORDERING: the last reference is gone, which ordered everything before it.
            let rec = rec.load(Ordering::Relaxed);
            if rec.is_null() {
                break;
            }
            // SAFETY: made by `Box::into_raw` in `take_record`, freed here only.
            let pp = unsafe { Box::from_raw(rec) };
            // SAFETY: nobody else is left.
            let overflow = unsafe { pp.owned(|o| o.overflow.len()) };
            if !pp.runq.is_empty() || pp.runq.has_next() || overflow != 0 {
                gmp_base::throw!("a scheduler is freed with tasks in p{}", pp.id);
            }
        }
        if !self.runq.is_empty() || !self.hogs.is_empty() || !self.allgs.is_empty() {
            gmp_base::throw!("a scheduler is freed with tasks in its global queue, or waiting");
        }
    }
}
