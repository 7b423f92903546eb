//! No CPUID: leaf 0 answers zeros, which is how rt0_go's `nocpuinfo` path is taken.
//!
//! Go: internal/cpu/cpu_no_name.go

use super::Registers;
#[cfg(test)]
use crate::features::Feature;

pub(super) fn cpuid(_leaf: u32, _subleaf: u32) -> Registers {
    Registers::default()
}

pub(super) fn xcr0() -> u64 {
    0
}

/// A second opinion, for tests: there is none.
#[cfg(test)]
pub(super) fn detected_by_std() -> Vec<(Feature, bool)> {
    Vec::new()
}
