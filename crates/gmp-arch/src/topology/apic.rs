//! Places by APIC id: which CPU has which id is in /proc/cpuinfo, what the ids mean is in CPUID.
//!
//! Taken only where there is no sysfs, as in some containers and sandboxes: on older kernels
//! reading /proc/cpuinfo interrupts every core.
//!
//! Go: none — Go doesn't look at it

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{CpuPlace, UNKNOWN_GROUP};
use crate::affinity::CpuSet;
use crate::cpuid::layout::ApicLayout;

/// The places of `cpus`; `None` if an id is missing, or CPUID doesn't even say what a core is.
pub(super) fn read(cpuinfo: &Path, layout: &ApicLayout, cpus: &CpuSet) -> Option<Vec<CpuPlace>> {
    let ids = apic_ids(&fs::read_to_string(cpuinfo).ok()?);
    let ids: Vec<(usize, u32)> = cpus.iter().map(|cpu| Some((cpu, *ids.get(&cpu)?))).collect::<Option<_>>()?;
    places(&ids, layout)
}

/// The places of CPUs with these APIC ids.
pub(super) fn places(ids: &[(usize, u32)], layout: &ApicLayout) -> Option<Vec<CpuPlace>> {
    let core = layout.core?;
    let group = |boundary: u32, id: u32| {
        let same = |&&(_, other): &&(usize, u32)| ApicLayout::above(boundary, other) == ApicLayout::above(boundary, id);
        ids.iter().filter(same).map(|&(cpu, _)| cpu).min().unwrap_or(UNKNOWN_GROUP)
    };
    let place = |&(cpu, id): &(usize, u32)| CpuPlace {
        cpu,
        core: group(core, id),
        l2: group(layout.l2.unwrap_or(core), id),
        llc: layout.llc.map_or(UNKNOWN_GROUP, |boundary| group(boundary, id)),
        package: layout.package.map_or(UNKNOWN_GROUP, |boundary| group(boundary, id)),
        node: 0,
    };
    Some(ids.iter().map(place).collect())
}

/// CPU to APIC id. A CPU's paragraph starts with its `processor` line.
pub(super) fn apic_ids(cpuinfo: &str) -> BTreeMap<usize, u32> {
    let mut ids = BTreeMap::new();
    let mut cpu = None;
    for (key, value) in cpuinfo.lines().filter_map(|line| line.split_once(':')) {
        match key.trim() {
            "processor" => cpu = value.trim().parse::<usize>().ok(),
            "apicid" => ids.extend(cpu.zip(value.trim().parse().ok())),
            _ => {}
        }
    }
    ids
}
