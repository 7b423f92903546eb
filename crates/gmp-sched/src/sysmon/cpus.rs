//! How many Ms there are CPUs for, seen by sysmon from look to look.
//!
//! Each [`WINDOW`] it asks two things. Do Ms that could run wait for a CPU? If they do, others compete with them, and there is room for as many Ms as
//! this process has had CPUs, and those that were idle: that is the limit. Is there an idle CPU now? Then there is room for one more, and in
//! the end no limit. What this process does without Ms (hogs without a P, jobs of the blocking pool) counts as its own, so it never limits its Ms itself.
//! That others are there isn't measured directly: the kernel's accounts of who caused its work in interrupts differ too much from system to system.
//!
//! A limit is for work that comes and goes. Where the Ms that are awake never run dry there is more to do than they can, and the runtime competes
//! for the CPUs as any process would: the limit is lifted for a while. Nothing is left to an M that is found stuck: one more may be awake for each.
//!
//! Go: none — see `proc/idle/awake.rs`

use super::nanos;
use crate::proc::idle::EMPTY_SEAT;
use crate::proc::{hog, wakep};
use crate::runtime2::schedt::{MPtr, Sched};
use gmp_arch::affinity;
use gmp_arch::cpuclock::ThreadCpuClock;
use gmp_arch::idletime::IdleTime;

/// How long CPUs are watched before something is said of them, in nanoseconds: the kernel tells idle time in steps of 10 ms.
const WINDOW: u64 = 50_000_000;
/// Others compete if Ms have waited for so much of the time of one CPU, in percent.
const COMPETED: u64 = 20;
/// For so long there is no limit after one was too low, in nanoseconds.
const LIFTED: u64 = 20_000_000;

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Cpus {
    /// `None`: the system doesn't say, or this process may not use all CPUs, so that what is idle isn't for us.
    clocks: Option<(IdleTime, ThreadCpuClock)>,
    /// The last time that the clocks were read. `None`: Ms have slept since.
    before: Option<Reading>,
    /// For how many Ms there is room.
    room: usize,
    /// How often Ms have run dry.
    dry: u64,
    /// Until when there is no limit.
    lifted: u64,
    limited: bool,
}

/// What the clocks said, in nanoseconds.
#[derive(Clone, Debug, Default)]
struct Reading {
    at: u64,
    /// All CPUs together.
    idle: u64,
    /// This process.
    used: u64,
    /// The Ms that have been seen, each with how long it had waited for a CPU.
    delays: Vec<(MPtr, u64)>,
}

impl Cpus {
    pub(super) fn new(sched: &Sched) -> Self {
        let all = |idle: &IdleTime| sched.boot.cpus.as_ref().is_some_and(|cpus| cpus.len() == idle.cpus());
        let clocks = IdleTime::open().filter(all).zip(ThreadCpuClock::of_process());
        Self { clocks, before: None, room: usize::MAX, dry: 0, lifted: 0, limited: false }
    }

    /// All Ps are idle.
    pub(super) fn forget(&mut self, sched: &Sched) {
        (self.before, self.room, self.lifted) = (None, usize::MAX, 0);
        self.set_limit(sched, usize::MAX);
    }

    /// So many Ms are stuck, to which nothing can be left. Says whether to look again soon: work is left to Ms that may get stuck with it.
    pub(super) fn look(&mut self, sched: &Sched, stuck: usize, now: u64) -> bool {
        let procs = sched.idle.in_use();
        if procs == 1 || self.clocks.is_none() {
            return false;
        }
        if self.before.as_ref().is_none_or(|before| now.saturating_sub(before.at) >= WINDOW) {
            self.end_window(sched, procs, now);
        }
        let idle = sched.idle.npidle();
        let dry = all_dry(sched);
        let none_dry = dry == std::mem::replace(&mut self.dry, dry);
        let too_low = self.limited && idle != 0 && none_dry && leaves_anything(sched);
        if too_low {
            self.lifted = now + LIFTED;
        }
        self.set_limit(sched, if now < self.lifted { usize::MAX } else { self.room.saturating_add(stuck) });
        if too_low && sched.idle.should_wake() {
            wakep::wakep(sched);
        }
        self.limited && idle != 0
    }

    fn set_limit(&mut self, sched: &Sched, limit: usize) {
        self.limited = limit < sched.idle.in_use();
        sched.idle.limit_awake(limit);
    }

    fn end_window(&mut self, sched: &Sched, procs: usize, now: u64) {
        let after = self.read(sched, now);
        self.room = match (self.before.take(), &after) {
            (Some(before), Some(after)) => room(&before, after, procs, self.room < procs),
            _ => usize::MAX,
        };
        self.before = after;
    }

    fn read(&self, sched: &Sched, now: u64) -> Option<Reading> {
        let (idle, process) = self.clocks.as_ref()?;
        let (idle, used) = (nanos(idle.read()?), nanos(process.read()?));
        let ms = (0..sched.used_slots().len()).filter_map(|slot| sched.last_m(slot));
        let delays = ms.filter_map(|mp| Some((MPtr::of(mp), affinity::run_delay_of(mp.tid())?))).collect();
        Some(Reading { at: now, idle, used, delays })
    }
}

/// For how many Ms there is room, by what has happened in a window; `usize::MAX`: for all.
fn room(before: &Reading, after: &Reading, procs: usize, limited: bool) -> usize {
    let window = after.at.saturating_sub(before.at).max(1);
    let of = |mp: MPtr| before.delays.iter().find_map(|&(other, delay)| (other == mp).then_some(delay));
    let waited: u64 = after.delays.iter().map(|&(mp, delay)| delay.saturating_sub(of(mp).unwrap_or(delay))).sum();
    if !limited && waited * 100 < window * COMPETED {
        return usize::MAX;
    }
    let ours = after.used.saturating_sub(before.used) + after.idle.saturating_sub(before.idle);
    match usize::try_from((ours + window / 2) / window) {
        Ok(room) if room < procs => room.max(1),
        _ => usize::MAX,
    }
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
