//! Which CPUs share a core, a cache, a package, a node; from that, in which order to steal.
//!
//! Linux says it in sysfs, made of each core's own CPUID. This CPU's CPUID says how wide each cache
//! is shared on CPUs like it, which checks sysfs without moving a thread; where sysfs can't be read
//! it takes its place, with the APIC ids that /proc/cpuinfo lists. Where neither can be read the
//! machine is taken for one last-level cache with a core a CPU, under which every policy degrades
//! to "no difference".
//!
//! Groups are numbered by their lowest CPU, so that numbers are unique in the machine (sysfs's
//! `core_id` isn't).
//!
//! Left out: hybrid cores' speeds, distances between nodes, CPUs that come and go.
//!
//! Go: none — Go doesn't know of caches or nodes

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::affinity::CpuSet;
use crate::cpuid::{self, layout::ApicLayout};
use crate::sys::os;

mod sysfs;
mod apic;

/// The group of CPUs of whose last-level cache, or package, nothing is known: one for all.
const UNKNOWN_GROUP: usize = usize::MAX;

/// Where one CPU is. All but `cpu` and `node` are the lowest CPU of the group it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuPlace {
    /// The kernel's number of this CPU.
    pub cpu: usize,
    /// Threads of one core.
    pub core: usize,
    /// Sharers of an L2 cache.
    pub l2: usize,
    /// Sharers of the last-level cache.
    pub llc: usize,
    /// CPUs of one package.
    pub package: usize,
    /// NUMA node, by the kernel's number.
    pub node: usize,
}

impl CpuPlace {
    /// A CPU of which nothing is known: a core of its own, within the one last-level cache.
    fn unknown(cpu: usize) -> CpuPlace {
        CpuPlace { cpu, core: cpu, l2: cpu, llc: UNKNOWN_GROUP, package: UNKNOWN_GROUP, node: 0 }
    }
}

/// Where a topology comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The kernel's description.
    Sysfs,
    /// CPUID's widths applied to the APIC ids of /proc/cpuinfo.
    Cpuid,
    /// Nothing could be read: one last-level cache.
    Assumed,
    /// A test made it up.
    Fake,
}

/// Whether CPUID agrees with the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossCheck {
    /// There is no CPUID, or it doesn't tell, or there was nothing to check.
    NotPossible,
    /// No group is larger than CPUID allows.
    Agrees,
    /// Some group is, as in virtual machines that describe their caches carelessly. The kernel's
    /// word is taken.
    Differs,
}

/// How a made-up machine is built: everything the same everywhere. CPU numbers as Linux gives them,
/// first threads of all cores first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// NUMA nodes, each a package of its own.
    pub nodes: usize,
    /// Last-level caches in each.
    pub llcs_per_node: usize,
    /// Cores at each, each with an L2 of its own.
    pub cores_per_llc: usize,
    /// SMT threads of each.
    pub threads_per_core: usize,
}

/// The places of a set of CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// Ascending by CPU, each CPU once.
    places: Vec<CpuPlace>,
    source: Source,
    cross_check: CrossCheck,
}

impl Topology {
    /// The topology of these CPUs of this machine.
    #[must_use]
    pub fn detect(cpus: &[usize]) -> Topology {
        match os::file_root() {
            Some(root) => Topology::from_root(root, &cpuid::host().apic, cpus),
            None => Topology::assumed(&cpus.iter().copied().collect()),
        }
    }

    /// `detect`, over any root directory and any CPUID.
    fn from_root(root: &Path, layout: &ApicLayout, cpus: &[usize]) -> Topology {
        let mut topology = Topology::from_sysfs(&root.join("sys/devices/system"), cpus);
        if topology.source == Source::Assumed {
            if let Some(places) = apic::read(&root.join("proc/cpuinfo"), layout, &topology.cpus()) {
                topology = Topology::new(places, Source::Cpuid);
            }
        }
        topology.cross_check = topology.check_against(layout);
        topology
    }

    fn assumed(cpus: &CpuSet) -> Topology {
        Topology::new(cpus.iter().map(CpuPlace::unknown).collect(), Source::Assumed)
    }

    /// The topology of these CPUs as a tree of files laid out like `/sys/devices/system` has it
    /// (`cpu/cpu0/…`, `node/node0/cpulist`). What can't be read is assumed: a CPU alone in its
    /// core, all CPUs in one last-level cache, node 0.
    #[must_use]
    pub fn from_sysfs(root: &Path, cpus: &[usize]) -> Topology {
        let cpus: CpuSet = cpus.iter().copied().collect();
        match sysfs::read(root, &cpus) {
            Some(places) => Topology::new(places, Source::Sysfs),
            None => Topology::assumed(&cpus),
        }
    }

    /// A machine that doesn't exist, for tests of policies.
    #[must_use]
    pub fn fake(shape: Shape) -> Topology {
        let cores_per_node = shape.llcs_per_node * shape.cores_per_llc;
        let cores = shape.nodes * cores_per_node;
        let place = |cpu: usize| {
            // The core's first thread has the lowest number of the core, and the first core that of
            // its group.
            let core = cpu % cores;
            let node = core / cores_per_node;
            let llc = core - core % shape.cores_per_llc;
            CpuPlace { cpu, core, l2: core, llc, package: node * cores_per_node, node }
        };
        Topology::new((0..cores * shape.threads_per_core).map(place).collect(), Source::Fake)
    }

    /// Any machine, place by place; of several places for one CPU, the first counts.
    #[must_use]
    pub fn from_places(places: Vec<CpuPlace>) -> Topology {
        Topology::new(places, Source::Fake)
    }

    fn new(mut places: Vec<CpuPlace>, source: Source) -> Topology {
        places.sort_by_key(|place| place.cpu);
        places.dedup_by_key(|place| place.cpu);
        Topology { places, source, cross_check: CrossCheck::NotPossible }
    }

    /// The same machine with only these CPUs.
    #[must_use]
    pub fn restricted_to(&self, cpus: &CpuSet) -> Topology {
        let mut rest = self.clone();
        rest.places.retain(|place| cpus.contains(place.cpu));
        rest
    }

    /// Every CPU's place, ascending by CPU.
    #[must_use]
    pub fn places(&self) -> &[CpuPlace] {
        &self.places
    }

    /// The place of `cpu`, which is assumed if the topology doesn't have it.
    #[must_use]
    pub fn place(&self, cpu: usize) -> CpuPlace {
        match self.places.binary_search_by_key(&cpu, |place| place.cpu) {
            Ok(found) => self.places[found],
            Err(_) => CpuPlace::unknown(cpu),
        }
    }

    /// Where this comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// Whether CPUID agrees.
    #[must_use]
    pub fn cross_check(&self) -> CrossCheck {
        self.cross_check
    }

    /// All CPUs.
    #[must_use]
    pub fn cpus(&self) -> CpuSet {
        self.places.iter().map(|place| place.cpu).collect()
    }

    /// The CPUs that share the last-level cache of `cpu`, itself included. All CPUs if the topology
    /// doesn't have it: a mask made of this is never empty unless the topology is.
    #[must_use]
    pub fn llc_mask(&self, cpu: usize) -> CpuSet {
        self.mask(cpu, |place| place.llc)
    }

    /// The CPUs of the node of `cpu`, by the same rules.
    #[must_use]
    pub fn node_mask(&self, cpu: usize) -> CpuSet {
        self.mask(cpu, |place| place.node)
    }

    fn mask(&self, cpu: usize, group: impl Fn(&CpuPlace) -> usize) -> CpuSet {
        match self.places.iter().find(|place| place.cpu == cpu) {
            Some(own) => self.places.iter().filter(|place| group(place) == group(own)).map(|place| place.cpu).collect(),
            None => self.cpus(),
        }
    }

    /// How many cores there are.
    #[must_use]
    pub fn core_count(&self) -> usize {
        self.count(|place| place.core)
    }

    /// How many last-level caches there are.
    #[must_use]
    pub fn llc_count(&self) -> usize {
        self.count(|place| place.llc)
    }

    /// How many nodes there are.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.count(|place| place.node)
    }

    fn count(&self, group: impl Fn(&CpuPlace) -> usize) -> usize {
        self.places.iter().map(group).collect::<BTreeSet<_>>().len()
    }

    /// Whom slot `me` steals from, nearest first: slots on the same core, then at the same L2 or
    /// last-level cache, then the rest. `slots` has the CPU of each slot, and several slots may
    /// have the same one. Each tier is ascending, and has somebody in it.
    ///
    /// # Panics
    /// If there is no slot `me`.
    #[must_use]
    #[track_caller]
    pub fn steal_tiers(&self, slots: &[usize], me: usize) -> Vec<Vec<usize>> {
        assert!(me < slots.len(), "slot {me} of {} slots", slots.len());
        let own = self.place(slots[me]);
        let mut tiers = vec![Vec::new(); 3];
        for (slot, &cpu) in slots.iter().enumerate().filter(|&(slot, _)| slot != me) {
            let other = self.place(cpu);
            let distance = if other.core == own.core {
                0
            } else if other.l2 == own.l2 || other.llc == own.llc {
                1
            } else {
                2
            };
            tiers[distance].push(slot);
        }
        tiers.retain(|tier| !tier.is_empty());
        tiers
    }

    /// CPUID gives an upper bound on how many CPUs share each thing.
    fn check_against(&self, layout: &ApicLayout) -> CrossCheck {
        if self.source != Source::Sysfs {
            return CrossCheck::NotPossible;
        }
        let fits = |bits: Option<u32>, group: fn(&CpuPlace) -> usize| {
            bits.map(|bits| self.largest(group) <= 1 << bits.min(31))
        };
        let checks = [
            fits(layout.core, |place| place.core),
            fits(layout.l2, |place| place.l2),
            fits(layout.llc, |place| place.llc),
        ];
        if checks.contains(&Some(false)) {
            CrossCheck::Differs
        } else if checks.contains(&Some(true)) {
            CrossCheck::Agrees
        } else {
            CrossCheck::NotPossible
        }
    }

    /// Size of the largest group that is known to be one.
    fn largest(&self, group: fn(&CpuPlace) -> usize) -> u64 {
        let size = |id: usize| self.places.iter().filter(|place| group(place) == id).count() as u64;
        let known = self.places.iter().map(group).filter(|&id| id != UNKNOWN_GROUP).collect::<BTreeSet<_>>();
        known.into_iter().map(size).max().unwrap_or(0)
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cpus, cores, llcs, nodes) = (self.places.len(), self.core_count(), self.llc_count(), self.node_count());
        write!(f, "CPUs {cpus} ({}), cores {cores}, last-level caches {llcs}, nodes {nodes}", self.cpus())?;
        f.write_str(match self.source {
            Source::Sysfs => ", from sysfs",
            Source::Cpuid => ", from CPUID",
            Source::Assumed => ", assumed",
            Source::Fake => ", made up",
        })?;
        f.write_str(match self.cross_check {
            CrossCheck::NotPossible => "",
            CrossCheck::Agrees => ", CPUID agrees",
            CrossCheck::Differs => ", CPUID differs",
        })
    }
}

#[cfg(test)]
mod tests;
