//! How many Ms there are CPUs for, seen by sysmon from look to look.
//!
//! What others take is what runs on the machine less sysmon and the Ms that hold Ps, averaged over some looks. Threads that compute for this
//! process without a P (hogs, jobs of the blocking pool) are others, too: they need CPUs.
//!
//! A limit is for work that comes and goes. Where the Ms that are awake never run dry there is more to do than they can, and the runtime competes
//! for the CPUs as any process would: the limit is lifted for a while. Nothing is left to an M that is found stuck: one more may be awake for each.
//!
//! Go: none — see `proc/idle/awake.rs`

use crate::proc::idle::EMPTY_SEAT;
use crate::proc::{hog, wakep};
use crate::runtime2::schedt::Sched;
use gmp_arch::load::Load;

/// An average forgets one part in so many with each look.
const FORGETS: usize = 8;
/// So much is one thread in an average.
const ONE: usize = 1 << 10;
/// For so long there is no limit after one was too low, in nanoseconds.
const LIFTED: u64 = 20_000_000;

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Cpus {
    /// `None`: the system doesn't say, or this process may not use all CPUs, so that a number of the whole machine says nothing.
    load: Option<Load>,
    /// How many threads others run, in parts of [`ONE`].
    others: usize,
    /// How often Ms have run dry.
    dry: u64,
    /// Until when there is no limit.
    lifted: u64,
    limited: bool,
}

impl Cpus {
    pub(super) fn new(sched: &Sched) -> Self {
        let all = |load: &Load| sched.boot.cpus.as_ref().is_some_and(|cpus| cpus.len() == load.cpus());
        Self { load: Load::open().filter(all), others: 0, dry: 0, lifted: 0, limited: false }
    }

    /// All Ps are idle.
    pub(super) fn forget(&mut self, sched: &Sched) {
        self.set_limit(sched, usize::MAX);
        (self.others, self.lifted) = (0, 0);
    }

    /// So many Ms are stuck, to which nothing can be left. Says whether to look again soon: work is left to Ms that may get stuck with it.
    pub(super) fn look(&mut self, sched: &Sched, stuck: usize, now: u64) -> bool {
        let Some((cpus, running)) = self.load.as_mut().and_then(|load| Some((load.cpus(), load.running()?))) else {
            self.load = None;
            self.set_limit(sched, usize::MAX);
            return false;
        };
        let idle = sched.idle.npidle();
        let own = sched.idle.in_use().saturating_sub(idle) + 1;
        self.others = averaged(self.others, running.saturating_sub(own));
        let dry = all_dry(sched);
        let none_dry = dry == std::mem::replace(&mut self.dry, dry);
        let too_low = self.limited && idle != 0 && none_dry && leaves_anything(sched);
        if too_low {
            self.lifted = now + LIFTED;
        }
        self.set_limit(sched, if now < self.lifted { usize::MAX } else { room(cpus, self.others) + stuck });
        if too_low && sched.idle.should_wake() {
            wakep::wakep(sched);
        }
        self.limited && idle != 0
    }

    fn set_limit(&mut self, sched: &Sched, limit: usize) {
        self.limited = limit < sched.idle.in_use();
        sched.idle.limit_awake(limit);
    }
}

/// The average after one more look.
fn averaged(average: usize, threads: usize) -> usize {
    average - average / FORGETS + threads * ONE / FORGETS
}

/// How many CPUs others leave, rounded; the share of one that a process gets in any case.
fn room(cpus: usize, others: usize) -> usize {
    (((cpus * ONE).saturating_sub(others) + ONE / 2) / ONE).max(1)
}

/// Records that come and go make it another number, too.
fn all_dry(sched: &Sched) -> u64 {
    sched.used_slots().iter().fold(0, |sum, slot| sum.wrapping_add(slot.record().stats.dry.get()))
}

/// Whether an M more would find something to do: Gs, or the seat.
fn leaves_anything(sched: &Sched) -> bool {
    sched.idle.until() == EMPTY_SEAT
        || !sched.runq.is_empty()
        || wakep::any_ring_has_work(sched)
        || sched.used_slots().iter().any(|slot| slot.record().runq.has_next())
        || hog::may_run(sched)
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
