//! The boot probe: who made this CPU, which one it is, how its time-stamp counter is to be read.
//!
//! One small function a step, in the order of rt0_go: leaf 0 and the `nocpuinfo` path, the vendor
//! test, leaf 1. What rt0_go leaves to later code (features, invariant TSC, cache sharing) follows.
//! CPUID traps to the hypervisor in a virtual machine, some 4 µs a leaf, so the real probe is made
//! once a process: [`host`].
//!
//! CPUID is decoded by raw-cpuid, with three exceptions, where it would panic on values that a CPU
//! newer than the crate, or a careless hypervisor, may report: the version word, the topology
//! leaves (see [`layout`]), and the length of the list of caches.
//!
//! Go: runtime/asm_amd64.s (rt0_go), internal/cpu/cpu_x86.go (doinit)

use std::fmt;
use std::sync::LazyLock;

use raw_cpuid::{CpuId, CpuIdReader, CpuIdResult};

use crate::features::{BuildLevelError, Feature, FeatureSet, compare, compiled_for};

#[cfg_attr(all(target_arch = "x86_64", not(miri)), path = "cpuid/x86_64.rs")]
#[cfg_attr(any(not(target_arch = "x86_64"), miri), path = "cpuid/no_cpuid.rs")]
mod sys;
pub mod layout;

use layout::ApicLayout;

/// XCR0 bits: the kernel saves XMM and YMM registers.
const XCR0_AVX: u64 = 0b110;
/// XCR0 bits: the kernel saves the mask and all ZMM registers as well.
const XCR0_AVX512: u64 = 0b1110_0110;

/// What one CPUID leaf answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the processor's own")]
pub struct Registers {
    pub eax: u32,
    pub ebx: u32,
    pub ecx: u32,
    pub edx: u32,
}

/// Where the answers come from: the CPU, or a table in a test.
pub trait CpuidSource {
    /// CPUID with EAX = `leaf` and ECX = `subleaf`. A leaf that doesn't exist answers zeros.
    fn cpuid(&self, leaf: u32, subleaf: u32) -> Registers;

    /// The extended control register 0: which register files the kernel saves. Asked only if leaf 1
    /// says OSXSAVE.
    fn xcr0(&self) -> u64;
}

/// The CPU this thread runs on; all zeros where there is no CPUID.
#[derive(Debug)]
struct Native;

impl CpuidSource for Native {
    fn cpuid(&self, leaf: u32, subleaf: u32) -> Registers {
        sys::cpuid(leaf, subleaf)
    }

    fn xcr0(&self) -> u64 {
        sys::xcr0()
    }
}

/// Carries a source into raw-cpuid.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a dyn CpuidSource);

impl CpuIdReader for Reader<'_> {
    fn cpuid2(&self, eax: u32, ecx: u32) -> CpuIdResult {
        let Registers { eax, ebx, ecx, edx } = self.0.cpuid(eax, ecx);
        CpuIdResult { eax, ebx, ecx, edx }
    }
}

/// What must stand around RDTSC so that it isn't executed before what precedes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TscFence {
    /// LFENCE before RDTSC: enough on Intel.
    Lfence,
    /// MFENCE and LFENCE before RDTSC: on AMD, LFENCE alone serialises only in some configurations.
    Mfence,
    /// RDTSCP instead of RDTSC, which waits by itself.
    Rdtscp,
    /// There is no TSC to read.
    None,
}

/// Leaf 1's EAX: which CPU of its vendor this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionInfo {
    /// The word as the CPU gave it; Go keeps this as `processorVersionInfo`.
    pub raw_eax: u32,
    /// Family, with the extended family added where it counts.
    pub family: u16,
    /// Model, with the extended model above it where it counts.
    pub model: u8,
    /// Stepping.
    pub stepping: u8,
}

impl VersionInfo {
    /// Takes leaf 1's EAX apart. AMD uses the extended model from family 15 on, everyone else with
    /// family 6 too.
    fn decode(raw_eax: u32, is_amd: bool) -> VersionInfo {
        let bits = |low: u32, count: u32| raw_eax >> low & ((1 << count) - 1);
        let base_family = bits(8, 4);
        let extends_family = base_family == 15;
        let extends_model = extends_family || (base_family == 6 && !is_amd);
        let family = base_family + if extends_family { bits(20, 8) } else { 0 };
        let model = bits(4, 4) | if extends_model { bits(16, 4) << 4 } else { 0 };
        // Nothing is lost: at most 15 + 255, 8 bits, and 4 bits.
        VersionInfo { raw_eax, family: family as u16, model: model as u8, stepping: bits(0, 4) as u8 }
    }
}

/// What the probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuInfo {
    /// Highest basic leaf; 0 if there is no CPUID, and then nothing else is known either.
    pub max_leaf: u32,
    /// Vendor string, such as "GenuineIntel"; empty if unknown.
    pub vendor: String,
    /// rt0_go's vendor test.
    pub is_intel: bool,
    /// What Go 1.14 derived from it: LFENCE rather than MFENCE before RDTSC. Go 1.27 and
    /// [`tsc_fence`](Self::tsc_fence) prefer RDTSCP to both.
    pub lfence_before_rdtsc: bool,
    /// How the TSC is to be read.
    pub tsc_fence: TscFence,
    /// Family, model, stepping.
    pub version: Option<VersionInfo>,
    /// The TSC ticks at one rate whatever the core's clock does: only then is it a clock.
    pub invariant_tsc: bool,
    /// A hypervisor says that it is there.
    pub hypervisor: bool,
    /// Extensions that the CPU has and the kernel has enabled.
    pub features: FeatureSet,
    /// The x86-64 level that these add up to, 1 to 4; 0 if unknown.
    pub feature_level: u8,
    /// How many low bits of an APIC id tell the CPUs apart that share a core, a cache, a package.
    pub apic: ApicLayout,
}

impl CpuInfo {
    /// rt0_go's `nocpuinfo`: nothing is known, and booting goes on.
    #[must_use]
    pub fn unknown() -> CpuInfo {
        CpuInfo {
            max_leaf: 0,
            vendor: String::new(),
            is_intel: false,
            lfence_before_rdtsc: false,
            tsc_fence: TscFence::None,
            version: None,
            invariant_tsc: false,
            hypervisor: false,
            features: FeatureSet::EMPTY,
            feature_level: 0,
            apic: ApicLayout::default(),
        }
    }

    /// Whether CPUID answered.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.max_leaf > 0
    }
}

impl fmt::Display for CpuInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_known() {
            return f.write_str("unknown CPU");
        }
        f.write_str(if self.vendor.is_empty() { "unnamed vendor" } else { &self.vendor })?;
        if let Some(version) = self.version {
            write!(f, " family {} model {} stepping {}", version.family, version.model, version.stepping)?;
        }
        write!(f, ", x86-64-v{}", self.feature_level)?;
        let rate = if self.invariant_tsc { "invariant" } else { "variable" };
        match self.tsc_fence {
            TscFence::Lfence => write!(f, ", {rate} TSC after LFENCE")?,
            TscFence::Mfence => write!(f, ", {rate} TSC after MFENCE")?,
            TscFence::Rdtscp => write!(f, ", {rate} TSC by RDTSCP")?,
            TscFence::None => f.write_str(", no TSC")?,
        }
        f.write_str(if self.hypervisor { ", under a hypervisor" } else { "" })
    }
}

/// The probe of this machine's CPU, made once a process.
#[must_use]
pub fn host() -> &'static CpuInfo {
    static HOST: LazyLock<CpuInfo> = LazyLock::new(probe);
    &HOST
}

/// Asks the CPU that the calling thread runs on. Slow: see [`host`].
#[must_use]
pub fn probe() -> CpuInfo {
    probe_with(&Native)
}

/// The probe over any source of CPUID answers.
#[must_use]
pub fn probe_with(source: &dyn CpuidSource) -> CpuInfo {
    let leaf0 = source.cpuid(0, 0);
    if leaf0.eax == 0 {
        return CpuInfo::unknown();
    }
    let is_intel = vendor_is_intel(leaf0);
    let cpu = CpuId::with_cpuid_reader(Reader(source));
    let features = features(source, &cpu);
    CpuInfo {
        max_leaf: leaf0.eax,
        vendor: vendor_name(leaf0),
        is_intel,
        lfence_before_rdtsc: is_intel,
        tsc_fence: tsc_fence(&cpu, is_intel),
        version: version_info(source, leaf0),
        invariant_tsc: cpu.get_advanced_power_mgmt_info().is_some_and(|info| info.has_invariant_tsc()),
        hypervisor: cpu.get_feature_info().is_some_and(|info| info.has_hypervisor()),
        features,
        feature_level: features.level(),
        apic: layout::layout(source, &cpu),
    }
}

/// rt0_go's test in rt0_go's order: the twelve letters lie in EBX, EDX, ECX.
fn vendor_is_intel(leaf0: Registers) -> bool {
    leaf0.ebx == u32::from_le_bytes(*b"Genu")
        && leaf0.edx == u32::from_le_bytes(*b"ineI")
        && leaf0.ecx == u32::from_le_bytes(*b"ntel")
}

fn vendor_is_amd(leaf0: Registers) -> bool {
    leaf0.ebx == u32::from_le_bytes(*b"Auth")
        && leaf0.edx == u32::from_le_bytes(*b"enti")
        && leaf0.ecx == u32::from_le_bytes(*b"cAMD")
}

/// The twelve letters as text; empty if they aren't printable ASCII, as nothing else could be shown
/// to a user.
fn vendor_name(leaf0: Registers) -> String {
    let letters = [leaf0.ebx, leaf0.edx, leaf0.ecx].map(u32::to_le_bytes).concat();
    let is_text = |letter: &u8| letter.is_ascii_graphic() || *letter == b' ';
    let text: String = letters.iter().copied().take_while(is_text).map(char::from).collect();
    let padding = &letters[text.len()..];
    if padding.iter().all(|&letter| letter == 0) { text.trim().to_owned() } else { String::new() }
}

fn version_info(source: &dyn CpuidSource, leaf0: Registers) -> Option<VersionInfo> {
    (leaf0.eax >= 1).then(|| VersionInfo::decode(source.cpuid(1, 0).eax, vendor_is_amd(leaf0)))
}

fn tsc_fence(cpu: &CpuId<Reader<'_>>, is_intel: bool) -> TscFence {
    let has_tsc = cpu.get_feature_info().is_some_and(|info| info.has_tsc());
    let has_rdtscp = cpu.get_extended_processor_and_feature_identifiers().is_some_and(|info| info.has_rdtscp());
    match (has_tsc, has_rdtscp, is_intel) {
        (false, _, _) => TscFence::None,
        (true, true, _) => TscFence::Rdtscp,
        (true, false, true) => TscFence::Lfence,
        (true, false, false) => TscFence::Mfence,
    }
}

/// What the CPU has, less what the kernel doesn't save at a context switch: those instructions
/// fault.
fn features(source: &dyn CpuidSource, cpu: &CpuId<Reader<'_>>) -> FeatureSet {
    let mut set = FeatureSet::EMPTY;
    let mut put = |feature, present| {
        if present {
            set.insert(feature);
        }
    };
    let Some(basic) = cpu.get_feature_info() else {
        return set;
    };
    let xcr0 = if basic.has_oxsave() { source.xcr0() } else { 0 };
    let avx = xcr0 & XCR0_AVX == XCR0_AVX;
    let avx512 = xcr0 & XCR0_AVX512 == XCR0_AVX512;
    put(Feature::Cmpxchg16b, basic.has_cmpxchg16b());
    put(Feature::Sse3, basic.has_sse3());
    put(Feature::Ssse3, basic.has_ssse3());
    put(Feature::Sse41, basic.has_sse41());
    put(Feature::Sse42, basic.has_sse42());
    put(Feature::Popcnt, basic.has_popcnt());
    put(Feature::Movbe, basic.has_movbe());
    put(Feature::Avx, avx && basic.has_avx());
    put(Feature::F16c, avx && basic.has_f16c());
    put(Feature::Fma, avx && basic.has_fma());
    if let Some(leaf7) = cpu.get_extended_feature_info() {
        put(Feature::Bmi1, leaf7.has_bmi1());
        put(Feature::Bmi2, leaf7.has_bmi2());
        put(Feature::Avx2, avx && leaf7.has_avx2());
        put(Feature::Avx512f, avx512 && leaf7.has_avx512f());
        put(Feature::Avx512bw, avx512 && leaf7.has_avx512bw());
        put(Feature::Avx512cd, avx512 && leaf7.has_avx512cd());
        put(Feature::Avx512dq, avx512 && leaf7.has_avx512dq());
        put(Feature::Avx512vl, avx512 && leaf7.has_avx512vl());
    }
    if let Some(extended) = cpu.get_extended_processor_and_feature_identifiers() {
        put(Feature::LahfSahf, extended.has_lahf_sahf());
        put(Feature::Lzcnt, extended.has_lzcnt());
    }
    set
}

/// What this build was compiled for and `info`'s CPU doesn't have. Nothing, if nothing is known of
/// the CPU.
#[must_use]
pub fn missing_features(info: &CpuInfo) -> FeatureSet {
    if info.is_known() { compiled_for().without(info.features) } else { FeatureSet::EMPTY }
}

/// Whether this machine can run this build. A CPU of which nothing is known passes: `nocpuinfo`
/// goes on.
///
/// # Errors
/// A CPU below what the build was compiled for; the message names the features that it lacks.
pub fn check_build_level() -> Result<(), BuildLevelError> {
    compare(missing_features(host()), FeatureSet::EMPTY)
}

#[cfg(test)]
mod tests;
