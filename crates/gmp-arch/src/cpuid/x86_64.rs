//! CPUID and XGETBV, executed.
//!
//! Go: internal/cpu/cpu_x86.s (cpuid, xgetbv)

#![expect(unsafe_code, reason = "XGETBV has no safe intrinsic")]

use std::arch::asm;

use super::Registers;

/// Leaf 1, ECX: the kernel has enabled XSAVE, and with it XGETBV.
const OSXSAVE: u32 = 1 << 27;

pub(super) fn cpuid(leaf: u32, subleaf: u32) -> Registers {
    let found = raw_cpuid::native_cpuid::cpuid_count(leaf, subleaf);
    Registers { eax: found.eax, ebx: found.ebx, ecx: found.ecx, edx: found.edx }
}

pub(super) fn xcr0() -> u64 {
    if cpuid(1, 0).ecx & OSXSAVE == 0 {
        return 0;
    }
    let (low, high): (u32, u32);
    // SAFETY: XGETBV exists since OSXSAVE was just seen; register 0 exists wherever it does. It reads no memory.
    unsafe {
        asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") high, options(nomem, nostack, preserves_flags));
    }
    u64::from(high) << 32 | u64::from(low)
}
