//! The kernel's description of CPUs, caches and nodes, as files.
//!
//! Every file here names a whole group ("these CPUs share me"), so one file is read a group, not
//! one a CPU. Files that contradict one another still give a partition: who is named first belongs
//! there.
//!
//! Go: none — Go doesn't look at it

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::CpuPlace;
use crate::affinity::CpuSet;

/// More caches than a CPU has.
const MAX_CACHES: usize = 16;

/// CPU to the lowest CPU of its group.
type Groups = BTreeMap<usize, usize>;

/// The places of `cpus`; `None` if not one file could be read.
pub(super) fn read(root: &Path, cpus: &CpuSet) -> Option<Vec<CpuPlace>> {
    let (mut cores, mut packages, mut l2s, mut llcs) = (Groups::new(), Groups::new(), Groups::new(), Groups::new());
    for cpu in cpus.iter() {
        let own = root.join("cpu").join(format!("cpu{cpu}"));
        // Each has a second name, from before kernel 5.5.
        let topology = |file: &str| list(&own.join("topology").join(file));
        if !cores.contains_key(&cpu) {
            name(&mut cores, cpu, topology("core_cpus_list").or_else(|| topology("thread_siblings_list")));
        }
        if !packages.contains_key(&cpu) {
            name(&mut packages, cpu, topology("package_cpus_list").or_else(|| topology("core_siblings_list")));
        }
        if !l2s.contains_key(&cpu) || !llcs.contains_key(&cpu) {
            let caches = shared_caches(&own.join("cache"));
            let l2 = caches.iter().find(|cache| cache.level == 2).map(|cache| cache.cpus.clone());
            let llc = caches.into_iter().max_by_key(|cache| cache.level).map(|cache| cache.cpus);
            name(&mut l2s, cpu, l2);
            name(&mut llcs, cpu, llc);
        }
    }
    let nodes = nodes(&root.join("node"));
    if [&cores, &packages, &l2s, &llcs, &nodes].into_iter().all(BTreeMap::is_empty) {
        return None;
    }
    let place = |cpu: usize| {
        let unknown = CpuPlace::unknown(cpu);
        let group = |groups: &Groups, otherwise: usize| groups.get(&cpu).copied().unwrap_or(otherwise);
        let core = group(&cores, unknown.core);
        CpuPlace {
            cpu,
            core,
            // Threads of one core share whatever is nearest to it.
            l2: group(&l2s, core),
            llc: group(&llcs, unknown.llc),
            package: group(&packages, unknown.package),
            node: group(&nodes, unknown.node),
        }
    };
    Some(cpus.iter().map(place).collect())
}

/// Puts `cpu`, and whoever `sharers` names and has no group yet, into one group.
fn name(groups: &mut Groups, cpu: usize, sharers: Option<CpuSet>) {
    let Some(mut sharers) = sharers else { return };
    sharers.insert(cpu);
    let lowest = sharers.iter().next().unwrap_or(cpu);
    for sharer in sharers.iter() {
        groups.entry(sharer).or_insert(lowest);
    }
}

struct Cache {
    level: u32,
    cpus: CpuSet,
}

/// The caches of one CPU from L2 on that hold data.
fn shared_caches(dir: &Path) -> Vec<Cache> {
    let one = |index: PathBuf| {
        let level = text(&index.join("level"))?.parse().ok().filter(|&level| level >= 2)?;
        let holds_data = text(&index.join("type")).is_none_or(|kind| kind != "Instruction");
        let cpus = list(&index.join("shared_cpu_list"))?;
        holds_data.then_some(Cache { level, cpus })
    };
    (0..MAX_CACHES).map(|i| dir.join(format!("index{i}"))).take_while(|index| index.is_dir()).filter_map(one).collect()
}

/// CPU to the number of its node.
fn nodes(dir: &Path) -> Groups {
    let mut nodes = Groups::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let number = entry.file_name().to_str().and_then(|name| name.strip_prefix("node")?.parse().ok());
        if let (Some(number), Some(cpus)) = (number, list(&entry.path().join("cpulist"))) {
            nodes.extend(cpus.iter().map(|cpu| (cpu, number)));
        }
    }
    nodes
}

fn text(file: &Path) -> Option<String> {
    fs::read_to_string(file).ok().map(|text| text.trim().to_owned())
}

fn list(file: &Path) -> Option<CpuSet> {
    text(file)?.parse().ok()
}
