//! The probe over tables of answers: real CPUs in outline, odd ones, and any at all.

use proptest::prelude::*;

use super::*;

/// Answers by (leaf, subleaf); zeros for the rest, as a CPU has it for leaves beyond its highest.
#[derive(Clone, Default)]
struct Table {
    leaves: Vec<((u32, u32), Registers)>,
    xcr0: u64,
}

impl CpuidSource for Table {
    fn cpuid(&self, leaf: u32, subleaf: u32) -> Registers {
        let found = self.leaves.iter().rev().find(|(at, _)| *at == (leaf, subleaf));
        found.map(|(_, answer)| *answer).unwrap_or_default()
    }

    fn xcr0(&self) -> u64 {
        self.xcr0
    }
}

impl Table {
    fn with(mut self, leaf: u32, subleaf: u32, [eax, ebx, ecx, edx]: [u32; 4]) -> Table {
        self.leaves.push(((leaf, subleaf), Registers { eax, ebx, ecx, edx }));
        self
    }

    fn with_xcr0(mut self, xcr0: u64) -> Table {
        self.xcr0 = xcr0;
        self
    }
}

/// Leaf 0 with the vendor's letters where CPUs have them.
fn cpu_of(vendor: [u8; 12], max_leaf: u32) -> Table {
    let letters =
        |from: usize| u32::from_le_bytes([vendor[from], vendor[from + 1], vendor[from + 2], vendor[from + 3]]);
    Table::default().with(0, 0, [max_leaf, letters(0), letters(8), letters(4)])
}

const EXTENDED: u32 = 0x8000_0000;
const TSC: u32 = 1 << 4;
const OSXSAVE: u32 = 1 << 27;
const HYPERVISOR: u32 = 1 << 31;
const RDTSCP: u32 = 1 << 27;
/// SSE3, SSSE3, FMA, CMPXCHG16B, SSE4.1, SSE4.2, MOVBE, POPCNT, AVX, F16C of leaf 1's ECX.
const LEAF1_ECX: u32 = 1 | 1 << 9 | 1 << 12 | 1 << 13 | 1 << 19 | 1 << 20 | 1 << 22 | 1 << 23 | 1 << 28 | 1 << 29;
/// BMI1, AVX2, BMI2 of leaf 7's EBX.
const LEAF7_V3: u32 = 1 << 3 | 1 << 5 | 1 << 8;
/// AVX512F, DQ, CD, BW, VL of leaf 7's EBX.
const LEAF7_V4: u32 = 1 << 16 | 1 << 17 | 1 << 28 | 1 << 30 | 1 << 31;
/// LAHF, LZCNT, and AMD's topology extensions, of the first extended leaf's ECX.
const EXTENDED_ECX: u32 = 1 | 1 << 5 | 1 << 22;

/// A server part of AMD's fourth EPYC generation in a virtual machine of two cores.
fn epyc() -> Table {
    cpu_of(*b"AuthenticAMD", 0x10)
        .with(1, 0, [0x00A1_0F11, 0, LEAF1_ECX | OSXSAVE | HYPERVISOR, TSC])
        .with(7, 0, [0, LEAF7_V3 | LEAF7_V4, 0, 0])
        .with(0xB, 0, [0, 1, 0x100, 0])
        .with(0xB, 1, [1, 2, 0x201, 0])
        .with(EXTENDED, 0, [0x8000_0021, 0, 0, 0])
        .with(0x8000_0001, 0, [0, 0, EXTENDED_ECX, RDTSCP])
        .with(0x8000_0007, 0, [0, 0, 0, 1 << 8])
        .with(0x8000_001D, 0, [0x21, 0, 0, 0])
        .with(0x8000_001D, 1, [0x22, 0, 0, 0])
        .with(0x8000_001D, 2, [0x43, 0, 0, 0])
        .with(0x8000_001D, 3, [0x63 | 1 << 14, 0, 0, 0])
        .with_xcr0(0xE7)
}

/// A desktop part of Intel's sixth Core generation: four cores, eight threads, no AVX-512.
fn skylake() -> Table {
    cpu_of(*b"GenuineIntel", 0x16)
        .with(1, 0, [0x0005_06E3, 0, LEAF1_ECX | OSXSAVE, TSC])
        .with(4, 0, [0x21 | 1 << 14, 0, 0, 0])
        .with(4, 1, [0x22 | 1 << 14, 0, 0, 0])
        .with(4, 2, [0x43 | 1 << 14, 0, 0, 0])
        .with(4, 3, [0x63 | 15 << 14, 0, 0, 0])
        .with(7, 0, [0, LEAF7_V3, 0, 0])
        .with(0xB, 0, [1, 2, 0x100, 0])
        .with(0xB, 1, [4, 8, 0x201, 0])
        .with(EXTENDED, 0, [0x8000_0008, 0, 0, 0])
        .with(0x8000_0001, 0, [0, 0, EXTENDED_ECX, RDTSCP])
        .with(0x8000_0007, 0, [0, 0, 0, 1 << 8])
        .with_xcr0(0x7)
}

#[test]
fn leaf_zero_of_zero_is_nocpuinfo() {
    let info = probe_with(&Table::default());
    assert_eq!(info, CpuInfo::unknown());
    assert!(!info.is_known());
    assert_eq!(info.to_string(), "unknown CPU");
    assert!(missing_features(&info).is_empty(), "nothing known, nothing missing: boot goes on");
}

#[test]
fn an_epyc() {
    let info = probe_with(&epyc());
    assert_eq!((info.max_leaf, info.vendor.as_str(), info.is_intel), (0x10, "AuthenticAMD", false));
    let version = info.version.unwrap();
    assert_eq!((version.family, version.model, version.stepping), (25, 17, 1));
    assert_eq!((info.tsc_fence, info.lfence_before_rdtsc), (TscFence::Rdtscp, false));
    assert!(info.invariant_tsc && info.hypervisor);
    assert_eq!(info.feature_level, 4);
    assert_eq!(info.apic, ApicLayout { core: Some(0), l2: Some(0), llc: Some(1), package: Some(1) });
    assert_eq!(
        info.to_string(),
        "AuthenticAMD family 25 model 17 stepping 1, x86-64-v4, invariant TSC by RDTSCP, under a hypervisor"
    );
}

#[test]
fn a_skylake() {
    let info = probe_with(&skylake());
    assert!(info.is_intel && info.lfence_before_rdtsc && !info.hypervisor);
    let version = info.version.unwrap();
    assert_eq!((version.raw_eax, version.family, version.model, version.stepping), (0x0005_06E3, 6, 94, 3));
    assert_eq!(info.feature_level, 3);
    assert_eq!(info.apic, ApicLayout { core: Some(1), l2: Some(1), llc: Some(4), package: Some(4) });
}

#[test]
fn the_vendor_test_wants_all_three_registers() {
    assert!(vendor_is_intel(cpu_of(*b"GenuineIntel", 1).cpuid(0, 0)));
    for almost in [b"GenuineIntex", b"XenuineIntel", b"GenuXneIntel", b"GenuntelineI"] {
        assert!(!vendor_is_intel(cpu_of(*almost, 1).cpuid(0, 0)), "{almost:?}");
    }
}

#[test]
fn vendor_names_are_text_or_nothing() {
    let name = |vendor| probe_with(&cpu_of(vendor, 1)).vendor;
    assert_eq!(name(*b"HygonGenuine"), "HygonGenuine");
    assert_eq!(name(*b"  Shanghai  "), "Shanghai");
    assert_eq!(name(*b"Short\0\0\0\0\0\0\0"), "Short");
    assert_eq!(name(*b"Half\0way____"), "");
    assert_eq!(name([0xFF; 12]), "");
    assert_eq!(name([0; 12]), "");
}

#[test]
fn the_fence_is_rdtscp_or_the_vendors() {
    let fence = |table: Table| probe_with(&table).tsc_fence;
    assert_eq!(fence(cpu_of(*b"GenuineIntel", 1).with(1, 0, [0, 0, 0, TSC])), TscFence::Lfence);
    assert_eq!(fence(cpu_of(*b"AuthenticAMD", 1).with(1, 0, [0, 0, 0, TSC])), TscFence::Mfence);
    assert_eq!(fence(cpu_of(*b"TCGTCGTCGTCG", 1).with(1, 0, [0, 0, 0, TSC])), TscFence::Mfence);
    assert_eq!(fence(skylake()), TscFence::Rdtscp);
    assert_eq!(fence(cpu_of(*b"GenuineIntel", 1)), TscFence::None);
    assert_eq!(fence(skylake().with(1, 0, [0x0005_06E3, 0, 0, 0])), TscFence::None, "RDTSCP without a TSC");
}

#[test]
fn versions_extend_by_the_vendors_rules() {
    let version = |eax, is_amd| {
        let version = VersionInfo::decode(eax, is_amd);
        (version.family, version.model, version.stepping)
    };
    assert_eq!(version(0x0000_0543, false), (5, 4, 3));
    assert_eq!(version(0x000A_0655, false), (6, 0xA5, 5));
    assert_eq!(version(0x000A_0655, true), (6, 5, 5), "AMD's family 6 has no extended model");
    assert_eq!(version(0x0080_0F12, true), (23, 1, 2));
    assert_eq!(version(u32::MAX, false), (15 + 255, 255, 15));
}

#[test]
fn what_the_kernel_does_not_save_does_not_count() {
    let info = probe_with(&epyc().with_xcr0(0x7));
    assert_eq!(info.feature_level, 3, "no ZMM state");
    let info = probe_with(&epyc().with_xcr0(0x3));
    assert_eq!(info.feature_level, 2, "no YMM state");
    assert!(info.features.contains(Feature::Bmi2) && !info.features.contains(Feature::Fma));
    for bit in [1, 2, 5, 6, 7] {
        let level = probe_with(&epyc().with_xcr0(0xE7 & !(1 << bit))).feature_level;
        assert_eq!(level, if bit < 3 { 2 } else { 3 }, "bit {bit}");
    }
    // XCR0 isn't even asked for without OSXSAVE.
    let info = probe_with(&epyc().with(1, 0, [0x00A1_0F11, 0, LEAF1_ECX, TSC]));
    assert_eq!(info.feature_level, 2);
}

/// What the EPYC loses when one of its leaves answers otherwise.
fn lost_with(leaf: u32, answer: [u32; 4]) -> Vec<Feature> {
    let features = |table: Table| probe_with(&table).features;
    features(epyc()).without(features(epyc().with(leaf, 0, answer))).iter().collect()
}

#[test]
fn every_feature_bit_is_read_from_its_place() {
    assert_eq!(probe_with(&epyc()).features, Feature::ALL.into_iter().collect());
    for (bit, feature) in [
        (0, Feature::Sse3),
        (9, Feature::Ssse3),
        (12, Feature::Fma),
        (13, Feature::Cmpxchg16b),
        (19, Feature::Sse41),
        (20, Feature::Sse42),
        (22, Feature::Movbe),
        (23, Feature::Popcnt),
        (28, Feature::Avx),
        (29, Feature::F16c),
    ] {
        assert_eq!(lost_with(1, [0, 0, (LEAF1_ECX | OSXSAVE) & !(1 << bit), TSC]), [feature]);
    }
    for (bit, feature) in [
        (3, Feature::Bmi1),
        (5, Feature::Avx2),
        (8, Feature::Bmi2),
        (16, Feature::Avx512f),
        (17, Feature::Avx512dq),
        (28, Feature::Avx512cd),
        (30, Feature::Avx512bw),
        (31, Feature::Avx512vl),
    ] {
        assert_eq!(lost_with(7, [0, (LEAF7_V3 | LEAF7_V4) & !(1 << bit), 0, 0]), [feature]);
    }
    for (bit, feature) in [(0, Feature::LahfSahf), (5, Feature::Lzcnt)] {
        assert_eq!(lost_with(0x8000_0001, [0, 0, EXTENDED_ECX & !(1 << bit), RDTSCP]), [feature]);
    }
}

#[test]
fn amd_without_leaf_0xb_tells_its_cores_otherwise() {
    let old = |ecx| {
        cpu_of(*b"AuthenticAMD", 0x7)
            .with(EXTENDED, 0, [0x8000_001E, 0, 0, 0])
            .with(0x8000_0001, 0, [0, 0, ecx, 0])
            .with(0x8000_001E, 0, [0, 1 << 8, 0, 0])
    };
    assert_eq!(probe_with(&old(EXTENDED_ECX)).apic.core, Some(1));
    assert_eq!(probe_with(&old(0)).apic.core, None, "the leaf is reserved without topology extensions");
    let most = old(EXTENDED_ECX).with(0x8000_001E, 0, [0, u32::MAX, 0, 0]);
    assert_eq!(probe_with(&most).apic.core, Some(8));
}

#[test]
fn leaf_0x1f_goes_before_0xb_and_may_name_new_levels() {
    let dies = skylake()
        .with(0, 0, [0x1F, u32::from_le_bytes(*b"Genu"), u32::from_le_bytes(*b"ntel"), u32::from_le_bytes(*b"ineI")])
        .with(0x1F, 0, [1, 2, 0x100, 0])
        .with(0x1F, 1, [5, 16, 0x201, 0])
        .with(0x1F, 2, [7, 64, 0x602, 0]);
    let apic = probe_with(&dies).apic;
    assert_eq!((apic.core, apic.package), (Some(1), Some(7)));
}

#[test]
fn a_table_without_an_end_ends() {
    struct Always(Registers);
    impl CpuidSource for Always {
        fn cpuid(&self, _leaf: u32, _subleaf: u32) -> Registers {
            self.0
        }
        fn xcr0(&self) -> u64 {
            u64::MAX
        }
    }
    // Every leaf is there, every list goes on.
    let endless = Registers { eax: 0xFFFF_FF23, ebx: u32::MAX, ecx: u32::MAX, edx: u32::MAX };
    let info = probe_with(&Always(endless));
    assert!(info.is_known() && info.vendor.is_empty());
    assert_eq!(info.feature_level, 4);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    #[cfg_attr(miri, ignore = "many cases, no unsafe code")]
    fn no_answer_makes_the_probe_panic(
        base in prop::sample::select(vec![0_usize, 1, 2]),
        leaf in prop::sample::select(vec![0_u32, 1, 4, 7, 0xB, 0x1F, EXTENDED, 0x8000_0001, 0x8000_0007, 0x8000_001D, 0x8000_001E]),
        subleaf in 0..4_u32,
        answer in any::<[u32; 4]>(),
        xcr0 in any::<u64>(),
    ) {
        let table = [epyc(), skylake(), cpu_of(*b"CentaurHauls", u32::MAX)][base].clone();
        let info = probe_with(&table.with(leaf, subleaf, answer).with_xcr0(xcr0));
        prop_assert_eq!(info.is_known(), info.max_leaf > 0);
        prop_assert!(!info.to_string().is_empty());
        prop_assert_eq!(info.feature_level >= 1, info.is_known());
    }
}

#[test]
fn this_machine_runs_this_build() {
    assert_eq!(check_build_level(), Ok(()));
    assert_eq!(host(), &probe(), "on whichever core the second probe ran");
}

#[test]
fn the_standard_library_sees_the_same_features() {
    // Only what this build wasn't compiled for is detected at all; the rest it takes for granted,
    // as the check has just confirmed. Nothing to compare where there is no CPUID.
    let seen = sys::detected_by_std();
    for (feature, detected) in seen {
        assert_eq!(host().features.contains(feature), detected, "{}", feature.name());
    }
}
