//! Where Ms run: decided once at boot for each P slot, carried out when an M takes a slot.
//!
//! The pin belongs to the slot: an M that takes one goes to its CPUs, with `Pin::Auto` when it is busy. Ms without a P, the blocking pool and M0 after main
//! float over the CPUs that the process had when the runtime was built.
//!
//! Go: none — Go doesn't pin.

use crate::getg;
use crate::proc::template;
use crate::runtime2::config::Pin;
use crate::runtime2::m::M;
use crate::runtime2::schedt::Sched;
use crate::sysmon;
use gmp_arch::affinity::{self, CpuSet};
use gmp_arch::cpuclock::ThreadCpuClock;
use gmp_arch::ncpu::CpuCount;
use gmp_arch::topology::Topology;
use gmp_base::loom::unmodelled::{AtomicUsize, Ordering};

/// Runtimes in this process that have pinned their Ms to single CPUs.
static PINNED_RUNTIMES: AtomicUsize = AtomicUsize::new(0);

/// What was decided, for the boot record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinning {
    /// What was asked for.
    pub policy: Pin,
    /// The CPUs of each slot; empty: the slot floats.
    pub slots: Vec<Vec<usize>>,
    /// Why it came to that.
    pub reason: &'static str,
    /// Whether single CPUs were claimed in the process-wide register.
    pub claims_cores: bool,
}

impl Pinning {
    fn float(policy: &Pin, procs: usize, reason: &'static str) -> Self {
        Self { policy: policy.clone(), slots: vec![Vec::new(); procs], reason, claims_cores: false }
    }

    /// Decides. `cpus` is the mask of the booting thread.
    pub(crate) fn decide(policy: &Pin, procs: usize, cpus: &CpuSet, count: &CpuCount, topology: &Topology) -> Self {
        let usable: Vec<usize> = cpus.iter().collect();
        let one_each = |list: &[usize]| (0..procs).map(|i| vec![list[i % list.len()]]).collect::<Vec<_>>();
        if usable.is_empty() {
            return Self::float(policy, procs, "the CPU mask is unknown");
        }
        match policy {
            Pin::None => Self::float(policy, procs, "asked for"),
            Pin::Custom(list) => {
                let list: Vec<usize> = list.iter().copied().filter(|&cpu| cpus.contains(cpu)).collect();
                if list.is_empty() {
                    return Self::float(policy, procs, "none of the CPUs is usable");
                }
                Self { policy: policy.clone(), slots: one_each(&list), reason: "asked for", claims_cores: false }
            }
            Pin::Llc => {
                let slots = (0..procs)
                    .map(|i| {
                        let mask = topology.llc_mask(usable[i % usable.len()]).intersection(cpus);
                        if mask.len() < usable.len() { mask.iter().collect() } else { Vec::new() }
                    })
                    .collect();
                Self { policy: policy.clone(), slots, reason: "asked for", claims_cores: false }
            }
            Pin::Core | Pin::Auto => {
                let explicit = *policy == Pin::Core;
                let why_not = if procs > usable.len() || (!explicit && procs != usable.len()) {
                    Some("there isn't one CPU for each P")
                } else if count.quota.is_some() {
                    Some("a CPU quota is in force")
                } else if !explicit && procs == 1 {
                    Some("one P alone gains nothing")
                } else {
                    None
                };
                if let Some(reason) = why_not {
                    return Self::float(policy, procs, reason);
                }
                // ORDERING: only the count matters.
                if PINNED_RUNTIMES.fetch_add(1, Ordering::Relaxed) != 0 && !explicit {
                    PINNED_RUNTIMES.fetch_sub(1, Ordering::Relaxed);
                    return Self::float(policy, procs, "another runtime of the process is pinned");
                }
                let reason = if explicit { "asked for" } else { "the runtime has the machine to itself" };
                Self { policy: policy.clone(), slots: one_each(&usable), reason, claims_cores: true }
            }
        }
    }

    /// The runtime is gone.
    pub(crate) fn release(&self) {
        if self.claims_cores {
            // ORDERING: only the count matters.
            PINNED_RUNTIMES.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether any slot is pinned.
    pub fn is_pinned(&self) -> bool {
        self.slots.iter().any(|s| !s.is_empty())
    }
}

/// The M takes the slot: go to its CPUs, if it has any and the thread isn't there. With `Pin::Auto` only an M that was pinned before: see
/// [`settle`].
#[inline]
pub(crate) fn pin(sched: &Sched, mp: &M, slot: usize) {
    let cpus = &sched.slots[slot].cpus;
    // ORDERING: the M's own variable.
    let is_pinned = mp.pinned.load(Ordering::Relaxed) != 0;
    if !cpus.is_empty() && !sched.is_crowded() && (is_pinned || sched.config.pin != Pin::Auto) {
        return pin_to(mp, slot, cpus);
    }
    if is_pinned {
        // By another slot, or before it was crowded.
        unpin(sched, mp);
    }
}

/// How often an M looks how it has been treated, in nanoseconds.
const LOOK_EVERY: u64 = 50_000_000;
/// It shares its CPU if it waited for it for more than a tenth of the time.
const SHARED: u64 = 10;
/// It is busy if it computed for more than half of the time, and isn't any more if it did so for less than a fourth.
const BUSY: u64 = 2;
const AT_REST: u64 = 4;

/// What an M knew when it looked last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Treatment {
    since: u64,
    /// How long it had waited for a CPU, and used one.
    delay: u64,
    used: u64,
}

/// What an M with `Pin::Auto` does about its pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settle {
    /// It is busy and shares with nobody: it stays where it is, and so do its caches.
    Pin,
    /// It sleeps more than it runs: whoever wakes it knows best where to put it. A thread that must be woken elsewhere, on a CPU
    /// that has gone to sleep, comes several times later.
    Float,
    /// It must share its CPU, while another one may be free.
    Crowded,
    Stay,
}

/// `past`: how long it looked back; `waited` and `used`: for how much of that it waited for its CPU, and had it.
fn treated(is_pinned: bool, past: u64, waited: u64, used: u64) -> Settle {
    let recent = past < 4 * LOOK_EVERY;
    let shares = waited > past / SHARED;
    match is_pinned {
        true if shares && recent => Settle::Crowded,
        true if used < past / AT_REST => Settle::Float,
        false if used > past / BUSY && !shares && recent => Settle::Pin,
        _ => Settle::Stay,
    }
}

/// `Pin::Auto` decides at boot that the runtime has the machine to itself, and where each slot would be. An M goes there when it has been busy for
/// a while and has found that it does have its CPU to itself. If it must share one that it is pinned to, all Ms float from then on: it
/// can't go where another is free.
#[cold]
pub(crate) fn settle(sched: &Sched, mp: &M, slot: usize, seen: &mut Treatment) {
    let cpus = &sched.slots[slot].cpus;
    if cpus.is_empty() || sched.config.pin != Pin::Auto {
        return;
    }
    if sched.is_crowded() {
        return unpin(sched, mp);
    }
    let now = gmp_arch::ticks::nanotime();
    let past = now.saturating_sub(seen.since);
    if past < LOOK_EVERY {
        return;
    }
    let used = ThreadCpuClock::of_thread(mp.tid()).and_then(|clock| clock.read());
    let Some((delay, used)) = affinity::run_delay().zip(used) else { return };
    let before = std::mem::replace(seen, Treatment { since: now, delay, used: sysmon::nanos(used) });
    // ORDERING: the M's own variable.
    let is_pinned = mp.pinned.load(Ordering::Relaxed) != 0;
    match treated(is_pinned, past, delay.saturating_sub(before.delay), seen.used.saturating_sub(before.used)) {
        Settle::Pin => pin_to(mp, slot, cpus),
        Settle::Float => unpin(sched, mp),
        Settle::Crowded => {
            // ORDERING: a hint; each M comes to see it.
            sched.crowded.store(true, gmp_base::loom::Ordering::Relaxed);
            unpin(sched, mp);
        }
        Settle::Stay => {}
    }
}

#[cold]
fn pin_now(cpus: &[usize]) -> bool {
    if let [cpu] = cpus {
        return affinity::pin_current_to_core(*cpu);
    }
    let mut set = CpuSet::new();
    for &cpu in cpus {
        set.insert(cpu);
    }
    affinity::set_current(&set).is_ok()
}

#[inline]
fn pin_to(mp: &M, slot: usize, cpus: &[usize]) {
    let mark = slot as u32 + 1;
    // ORDERING: the M's own variable.
    if mp.pinned.load(Ordering::Relaxed) == mark {
        return;
    }
    // Threads that this M would make from here on were pinned too.
    template::start(mp.sched());
    // A refusal (a mask that has shrunk meanwhile) leaves the thread where it is: slower, not wrong.
    if pin_now(cpus) {
        mp.pinned.store(mark, Ordering::Relaxed);
    }
}

/// The M stops running Gs on this thread: back to all CPUs.
pub(crate) fn unpin(sched: &Sched, mp: &M) {
    // ORDERING: the M's own variable.
    if mp.pinned.swap(0, Ordering::Relaxed) != 0 {
        float(sched);
    }
}

/// Sysmon has taken the P of an M away: the M's thread goes back to all CPUs. Should the M take a slot at the same time, it may float
/// there until it takes the next one: slower, not wrong.
pub(crate) fn unpin_other(sched: &Sched, mp: &M) {
    let tid = mp.tid();
    // ORDERING: as above.
    if tid != 0 && mp.pinned.swap(0, Ordering::Relaxed) != 0 {
        if let Some(cpus) = &sched.boot.cpus {
            let _ = affinity::set_thread(tid, cpus);
        }
    }
}

/// Lets the calling thread run on all CPUs that the process had at boot.
pub(crate) fn float(sched: &Sched) {
    if let Some(cpus) = &sched.boot.cpus {
        // As above: a refusal isn't wrong.
        let _ = affinity::set_current(cpus);
    }
}

/// Runs `f` with the calling thread on all CPUs: processes that it starts inherit that. If it was pinned it is again afterwards,
/// unless it has lost its P meanwhile, or `f` panics: then it floats until it takes one.
pub fn floating<R>(f: impl FnOnce() -> R) -> R {
    let Some(mp) = getg::getm() else { return f() };
    // ORDERING: the M's own variable.
    if mp.pinned.load(Ordering::Relaxed) == 0 {
        return f();
    }
    unpin(mp.sched(), mp);
    let result = f();
    if let Some(pp) = mp.p().filter(|pp| pp.tenure.is_live()) {
        pin(mp.sched(), mp, pp.slot());
    }
    result
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
