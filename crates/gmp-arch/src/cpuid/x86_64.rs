//! CPUID and XGETBV, executed.
//!
//! Go: internal/cpu/cpu_x86.s (cpuid, xgetbv)

#![expect(unsafe_code, reason = "XGETBV has no safe intrinsic")]

use std::arch::asm;

use super::Registers;
#[cfg(test)]
use crate::features::Feature;

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
    // SAFETY: XGETBV exists since OSXSAVE was just seen; register 0 exists wherever it does. It
    // reads no memory.
    unsafe {
        asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") high, options(nomem, nostack, preserves_flags));
    }
    u64::from(high) << 32 | u64::from(low)
}

/// A second opinion, for tests.
#[cfg(test)]
pub(super) fn detected_by_std() -> Vec<(Feature, bool)> {
    vec![
        (Feature::Sse3, std::is_x86_feature_detected!("sse3")),
        (Feature::Ssse3, std::is_x86_feature_detected!("ssse3")),
        (Feature::Sse41, std::is_x86_feature_detected!("sse4.1")),
        (Feature::Sse42, std::is_x86_feature_detected!("sse4.2")),
        (Feature::Popcnt, std::is_x86_feature_detected!("popcnt")),
        (Feature::Avx, std::is_x86_feature_detected!("avx")),
        (Feature::Avx2, std::is_x86_feature_detected!("avx2")),
        (Feature::Bmi1, std::is_x86_feature_detected!("bmi1")),
        (Feature::Bmi2, std::is_x86_feature_detected!("bmi2")),
        (Feature::F16c, std::is_x86_feature_detected!("f16c")),
        (Feature::Fma, std::is_x86_feature_detected!("fma")),
        (Feature::Lzcnt, std::is_x86_feature_detected!("lzcnt")),
        (Feature::Movbe, std::is_x86_feature_detected!("movbe")),
        (Feature::Cmpxchg16b, std::is_x86_feature_detected!("cmpxchg16b")),
        (Feature::Avx512f, std::is_x86_feature_detected!("avx512f")),
        (Feature::Avx512bw, std::is_x86_feature_detected!("avx512bw")),
        (Feature::Avx512cd, std::is_x86_feature_detected!("avx512cd")),
        (Feature::Avx512dq, std::is_x86_feature_detected!("avx512dq")),
        (Feature::Avx512vl, std::is_x86_feature_detected!("avx512vl")),
    ]
}
