//! RDTSC and RDTSCP, executed.
//!
//! Assembly rather than intrinsics: the fences are unsafe to call in the oldest compiler we support
//! and safe in the newest, and nothing may come between a fence and the read. No `nomem` either, so
//! that the compiler keeps memory accesses on their side as the CPU does.
//!
//! Go: runtime/asm_amd64.s (cputicks)

#![expect(unsafe_code, reason = "the TSC is read by assembly")]

use std::arch::asm;

use crate::cpuid::{self, TscFence};

/// The right to read the TSC. **Invariant:** made only of the real CPU's probe, never of a
/// `CpuInfo` that somebody has filled in, since an instruction that the CPU lacks must not be
/// reachable from safe code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tsc(How);

#[derive(Clone, Copy, Debug)]
enum How {
    Lfence,
    Mfence,
    Rdtscp,
}

impl Tsc {
    /// As the probe says; whether the kernel allows it is for the caller to ask.
    pub(super) fn of_this_machine() -> Option<Tsc> {
        match cpuid::host().tsc_fence {
            TscFence::Lfence => Some(Tsc(How::Lfence)),
            TscFence::Mfence => Some(Tsc(How::Mfence)),
            TscFence::Rdtscp => Some(Tsc(How::Rdtscp)),
            TscFence::None => None,
        }
    }

    #[inline]
    pub(super) fn read(self) -> u64 {
        let (low, high): (u32, u32);
        match self.0 {
            // SAFETY: the probe saw RDTSCP. Its result and the core number in ECX are declared; it
            // touches no memory.
            How::Rdtscp => unsafe {
                asm!("rdtscp", out("eax") low, out("edx") high, out("ecx") _, options(nostack, preserves_flags));
            },
            // SAFETY: the probe saw a TSC, and LFENCE is part of x86-64. The result is declared; no
            // memory is touched.
            How::Lfence => unsafe {
                asm!("lfence", "rdtsc", out("eax") low, out("edx") high, options(nostack, preserves_flags));
            },
            // SAFETY: as above, and MFENCE is part of x86-64.
            How::Mfence => unsafe {
                asm!("mfence", "lfence", "rdtsc", out("eax") low, out("edx") high, options(nostack, preserves_flags));
            },
        }
        u64::from(high) << 32 | u64::from(low)
    }

    /// Each way that this machine has, for tests: every x86-64 CPU has both fences.
    #[cfg(test)]
    pub(super) fn all_ways() -> Vec<Tsc> {
        match Tsc::of_this_machine() {
            Some(own) => vec![own, Tsc(How::Lfence), Tsc(How::Mfence)],
            None => Vec::new(),
        }
    }
}
