//! How APIC ids are laid out: which of their low bits tell CPUs apart that share a core, a cache, a
//! package.
//!
//! CPUs whose ids agree above those bits share the thing. A CPU of one machine can tell that for
//! all of them, so no thread needs to migrate for it; which CPU has which id is another question
//! (`topology` has it from the kernel). Leaves 0x1F and 0xB are decoded here rather than by
//! raw-cpuid, which panics on level types it doesn't know.
//!
//! Go: none — Go doesn't look at caches

use raw_cpuid::{CacheType, CpuId};

use super::{CpuidSource, Reader};

/// More levels, or caches, than any CPU has: a source that never ends its list is cut here.
const MAX_ENTRIES: usize = 16;

/// Number of low APIC id bits below each boundary; `None` where the CPU doesn't say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApicLayout {
    /// CPUs that are threads of one core differ in these bits only.
    pub core: Option<u32>,
    /// CPUs that share an L2 cache.
    pub l2: Option<u32>,
    /// CPUs that share the last-level cache: L3, or L2 if that is the last.
    pub llc: Option<u32>,
    /// CPUs of one package.
    pub package: Option<u32>,
}

impl ApicLayout {
    /// The APIC id without the bits below a boundary: equal for CPUs that share what is within it.
    #[must_use]
    pub fn above(boundary: u32, apic_id: u32) -> u32 {
        apic_id.checked_shr(boundary).unwrap_or(0)
    }
}

/// Reads the layout, as far as the source tells it.
pub(super) fn layout(source: &dyn CpuidSource, cpu: &CpuId<Reader<'_>>) -> ApicLayout {
    let (core, package) = extended_topology(source);
    let cache = |wanted| shared_cache(cpu, wanted);
    let (l2, l3) = (cache(2), cache(3));
    ApicLayout { core: core.or_else(|| amd_core(source, cpu)), l2, llc: l3.or(l2), package }
}

/// Leaf 0x1F, or 0xB where that is empty: the shift past the SMT level, and past the last level of
/// all.
fn extended_topology(source: &dyn CpuidSource) -> (Option<u32>, Option<u32>) {
    const SMT: u32 = 1;
    let max_leaf = source.cpuid(0, 0).eax;
    for leaf in [0x1F, 0xB] {
        if leaf > max_leaf {
            continue;
        }
        let (mut core, mut package) = (None, None);
        for subleaf in 0..MAX_ENTRIES as u32 {
            let level = source.cpuid(leaf, subleaf);
            let level_type = level.ecx >> 8 & 0xFF;
            if level_type == 0 {
                break;
            }
            let shift = level.eax & 0x1F;
            core = core.or((level_type == SMT).then_some(shift));
            package = Some(shift);
        }
        if package.is_some() {
            return (core, package);
        }
    }
    (None, None)
}

/// AMD's own leaf, where the two above are missing. Only CPUs with topology extensions have it. Not
/// by raw-cpuid either, which adds the one within eight bits.
fn amd_core(source: &dyn CpuidSource, cpu: &CpuId<Reader<'_>>) -> Option<u32> {
    const COMPUTE_UNIT: u32 = 0x8000_001E;
    let identifiers = cpu.get_extended_processor_and_feature_identifiers()?;
    let max_leaf = source.cpuid(0x8000_0000, 0).eax;
    if !identifiers.has_topology_extensions() || max_leaf < COMPUTE_UNIT {
        return None;
    }
    let threads_per_core = (source.cpuid(COMPUTE_UNIT, 0).ebx >> 8 & 0xFF) + 1;
    Some(bits_for(threads_per_core as usize))
}

/// The shift past a unified cache of `level`, from leaf 4 or AMD's 0x8000001D.
fn shared_cache(cpu: &CpuId<Reader<'_>>, level: u8) -> Option<u32> {
    cpu.get_cache_parameters()?
        .take(MAX_ENTRIES)
        .find(|cache| cache.level() == level && cache.cache_type() == CacheType::Unified)
        .map(|cache| bits_for(cache.max_cores_for_cache()))
}

/// Bits for `count` ids, which are handed out from a power of two on.
fn bits_for(count: usize) -> u32 {
    count.next_power_of_two().trailing_zeros()
}
