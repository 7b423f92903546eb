//! Why a poll doesn't end, from what the kernel says of its thread.
//!
//! Go: none — Go needn't ask: its system calls say so, and its loops can be interrupted

use gmp_arch::cpuclock::ThreadCpuClock;

/// A thread that used less than one part in so many of the time wasn't computing.
const STANDS: u64 = 10;

/// What the M of a poll does that hasn't ended between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// It waits in the kernel for something that isn't a CPU.
    Blocked,
    /// It computes.
    Busy,
    /// It could run, and has no CPU; or the machine stands still.
    Starved,
}

/// When a thread's CPU clock was read, and what it said; in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) at: u64,
    pub(super) cpu: u64,
}

impl Sample {
    /// `None` where threads can't be asked.
    pub(super) fn take(tid: i32, at: u64) -> Option<Self> {
        let cpu = ThreadCpuClock::of_thread(tid)?.read()?.as_nanos();
        Some(Self { at, cpu: u64::try_from(cpu).ok()? })
    }
}

/// Classifies by two samples of the clock. `wants_cpu` is asked only if the clock stands; `overslept`: sysmon itself had to wait for
/// a CPU in between, for as long again as it meant to sleep.
pub(super) fn classify(
    before: Sample,
    now: Sample,
    wants_cpu: impl FnOnce() -> Option<bool>,
    overslept: bool,
) -> Class {
    let (wall, cpu) = (now.at.saturating_sub(before.at), now.cpu.saturating_sub(before.cpu));
    if cpu > wall / STANDS {
        // Part of the time is enough: a thread that has computed and been preempted will compute again.
        return Class::Busy;
    }
    match wants_cpu() {
        Some(true) => Class::Starved,
        Some(false) => Class::Blocked,
        None if overslept => Class::Starved,
        None => Class::Blocked,
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
