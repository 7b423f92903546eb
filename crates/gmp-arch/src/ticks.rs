//! Two clocks: the CPU's time-stamp counter, and monotonic nanoseconds; and the rate of the first
//! in terms of the second.
//!
//! The TSC is worth its trouble only as a stopwatch (10 ns here against some 25 for `nanotime`),
//! and is a clock only where it is invariant: [`Sample::take`], and with it [`Calibration`],
//! answers `None` elsewhere. Without one, or where the kernel has forbidden it, [`cputicks`] is
//! `None`, and callers use [`nanotime`].
//!
//! Left out: the frequency leaves of CPUID, which are nominal, and zero in most virtual machines.
//!
//! Go: runtime/asm_amd64.s (cputicks), runtime.go (ticks), time_nofake.go (nanotime)

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::cpuid;
use crate::sys::os;

#[cfg_attr(all(target_arch = "x86_64", not(miri)), path = "ticks/x86_64.rs")]
#[cfg_attr(any(not(target_arch = "x86_64"), miri), path = "ticks/no_tsc.rs")]
mod sys;

/// The TSC, read in program order as the CPU's [`TscFence`](cpuid::TscFence) says; `None` without
/// one.
#[must_use]
#[inline]
pub fn cputicks() -> Option<u64> {
    static TSC: LazyLock<Option<sys::Tsc>> =
        LazyLock::new(|| sys::Tsc::of_this_machine().filter(|_| os::tsc_enabled()));
    TSC.map(sys::Tsc::read)
}

/// Monotonic nanoseconds since the process first asked. Never 0, so that 0 can mean "never", as in
/// Go.
#[must_use]
#[inline]
pub fn nanotime() -> u64 {
    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    // 64 bits of nanoseconds last 584 years.
    1 + ORIGIN.elapsed().as_nanos() as u64
}

/// The same moment on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// [`cputicks`].
    pub ticks: u64,
    /// [`nanotime`].
    pub nanos: u64,
}

impl Sample {
    /// Reads both, the TSC around the other; the tightest of a few attempts, so that a preemption
    /// in between doesn't count. `None` unless the TSC is invariant.
    #[must_use]
    pub fn take() -> Option<Sample> {
        const ATTEMPTS: usize = 5;
        if !cpuid::host().invariant_tsc {
            return None;
        }
        let attempt = || {
            let before = cputicks()?;
            let nanos = nanotime();
            let width = cputicks()?.saturating_sub(before);
            Some((width, Sample { ticks: before + width / 2, nanos }))
        };
        (0..ATTEMPTS).filter_map(|_| attempt()).min_by_key(|(width, _)| *width).map(|(_, sample)| sample)
    }
}

/// How fast the TSC ticks, from two [`Sample`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calibration {
    ticks_per_second: u64,
}

impl Calibration {
    /// Go trusts a rate from 5 ms on: reading the two clocks some 100 ns apart is then an error of
    /// 20 ppm.
    pub const MIN_WINDOW: Duration = Duration::from_millis(5);

    /// The rate between two samples; `None` if they are too close, or a clock stood still or went
    /// back.
    #[must_use]
    pub fn between(first: Sample, second: Sample) -> Option<Calibration> {
        let ticks = second.ticks.checked_sub(first.ticks)?;
        let nanos = second.nanos.checked_sub(first.nanos)?;
        if u128::from(nanos) < Self::MIN_WINDOW.as_nanos() {
            return None;
        }
        let ticks_per_second = u128::from(ticks) * NANOS_PER_SECOND / u128::from(nanos);
        let ticks_per_second = u64::try_from(ticks_per_second).ok()?;
        (ticks_per_second > 0).then_some(Calibration { ticks_per_second })
    }

    /// The rate.
    #[must_use]
    pub fn ticks_per_second(&self) -> u64 {
        self.ticks_per_second
    }

    /// How long `ticks` ticks take.
    #[must_use]
    pub fn duration(&self, ticks: u64) -> Duration {
        let nanos = u128::from(ticks) * NANOS_PER_SECOND / u128::from(self.ticks_per_second);
        Duration::new((nanos / NANOS_PER_SECOND) as u64, (nanos % NANOS_PER_SECOND) as u32)
    }
}

const NANOS_PER_SECOND: u128 = 1_000_000_000;

#[cfg(test)]
mod tests;
