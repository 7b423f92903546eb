//! Made-up machines: shapes, trees of files, tables of APIC ids.

use proptest::prelude::*;

use super::*;
use crate::fake_tree::FakeTree;

const TWO_LLCS_WITH_SMT: Shape = Shape { nodes: 1, llcs_per_node: 2, cores_per_llc: 4, threads_per_core: 2 };

fn one_slot_a_cpu(topology: &Topology) -> Vec<usize> {
    topology.cpus().iter().collect()
}

#[test]
fn one_cpu_steals_from_nobody() {
    let one = Topology::fake(Shape { nodes: 1, llcs_per_node: 1, cores_per_llc: 1, threads_per_core: 1 });
    assert_eq!(one.steal_tiers(&[0], 0), Vec::<Vec<usize>>::new());
    assert_eq!(one.llc_mask(0).to_string(), "0");
}

#[test]
fn two_cores_have_one_tier() {
    let two = Topology::fake(Shape { nodes: 1, llcs_per_node: 1, cores_per_llc: 2, threads_per_core: 1 });
    assert_eq!(two.steal_tiers(&[0, 1], 0), [[1]]);
    assert_eq!(two.steal_tiers(&[0, 1], 1), [[0]]);
}

#[test]
fn sibling_then_cache_then_the_rest() {
    let topology = Topology::fake(TWO_LLCS_WITH_SMT);
    let slots = one_slot_a_cpu(&topology);
    assert_eq!(slots.len(), 16);
    // CPUs 0-7 are the first threads, 8-15 the second; cores 0-3 share a cache, and 4-7.
    assert_eq!(topology.steal_tiers(&slots, 1), [vec![9], vec![0, 2, 3, 8, 10, 11], vec![4, 5, 6, 7, 12, 13, 14, 15]]);
    assert_eq!(topology.llc_mask(1).to_string(), "0-3,8-11");
    assert_eq!(topology.llc_mask(13).to_string(), "4-7,12-15");
    assert_eq!((topology.core_count(), topology.llc_count(), topology.node_count()), (8, 2, 1));
}

#[test]
fn four_nodes_are_near_and_far() {
    let topology = Topology::fake(Shape { nodes: 4, llcs_per_node: 1, cores_per_llc: 2, threads_per_core: 1 });
    let slots = one_slot_a_cpu(&topology);
    assert_eq!(topology.steal_tiers(&slots, 5), [vec![4], vec![0, 1, 2, 3, 6, 7]]);
    assert_eq!((topology.llc_count(), topology.node_count()), (4, 4));
    assert_eq!(topology.node_mask(6).to_string(), "6-7");
}

#[test]
fn either_shared_cache_makes_a_neighbour() {
    let place = |cpu, l2, llc| CpuPlace { cpu, core: cpu, l2, llc, package: 0, node: 0 };
    let by_l2 = Topology::from_places(vec![place(0, 0, 0), place(1, 0, 1), place(2, 2, 2), place(3, 2, 3)]);
    assert_eq!(by_l2.steal_tiers(&[0, 1, 2, 3], 2), [vec![3], vec![0, 1]]);
    let by_llc = Topology::from_places(vec![place(0, 0, 0), place(1, 1, 0), place(2, 2, 2), place(3, 3, 2)]);
    assert_eq!(by_llc.steal_tiers(&[0, 1, 2, 3], 2), [vec![3], vec![0, 1]]);
}

#[test]
fn holes_in_cpu_numbers_do_not_matter() {
    let usable: CpuSet = [1, 3, 9, 14].into_iter().collect();
    let topology = Topology::fake(TWO_LLCS_WITH_SMT).restricted_to(&usable);
    let slots = one_slot_a_cpu(&topology);
    assert_eq!(slots, [1, 3, 9, 14]);
    assert_eq!(topology.steal_tiers(&slots, 0), [[2], [1], [3]], "slots, not CPUs");
    assert_eq!(topology.llc_mask(3).to_string(), "1,3,9");
    assert_eq!(topology.cpus(), usable);
}

#[test]
fn more_slots_than_cpus_share_cores() {
    let two = Topology::fake(Shape { nodes: 1, llcs_per_node: 1, cores_per_llc: 2, threads_per_core: 1 });
    assert_eq!(two.steal_tiers(&[0, 1, 0, 1, 0], 0), [[2, 4], [1, 3]]);
}

#[test]
fn a_cpu_that_nobody_described_is_in_the_common_cache() {
    let none = Topology::from_places(Vec::new());
    assert_eq!(none.steal_tiers(&[7, 8, 7], 0), [[2], [1]]);
    assert!(none.llc_mask(7).is_empty());
    let two = Topology::fake(Shape { nodes: 1, llcs_per_node: 1, cores_per_llc: 2, threads_per_core: 1 });
    assert_eq!(two.llc_mask(99), two.cpus(), "a mask to run on, whatever was asked");
}

#[test]
#[should_panic(expected = "slot 2 of 2 slots")]
fn a_slot_that_is_not_there_is_the_callers_mistake() {
    let _ = Topology::from_places(Vec::new()).steal_tiers(&[0, 1], 2);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    #[cfg_attr(miri, ignore = "many cases, no unsafe code")]
    fn tiers_hold_every_other_slot_once(
        nodes in 1..4_usize, llcs_per_node in 1..3_usize, cores_per_llc in 1..5_usize, threads_per_core in 1..3_usize,
        slots in prop::collection::vec(0..64_usize, 1..40), me in any::<prop::sample::Index>(),
    ) {
        let topology = Topology::fake(Shape { nodes, llcs_per_node, cores_per_llc, threads_per_core });
        let me = me.index(slots.len());
        let tiers = topology.steal_tiers(&slots, me);
        prop_assert!(tiers.len() <= 3 && tiers.iter().all(|tier| !tier.is_empty() && tier.is_sorted()));
        let mut all = tiers.concat();
        all.push(me);
        all.sort_unstable();
        prop_assert_eq!(all, (0..slots.len()).collect::<Vec<_>>());
        // Near is mutual.
        for &near in tiers.first().into_iter().flatten() {
            let same_core = topology.place(slots[near]).core == topology.place(slots[me]).core;
            prop_assert_eq!(same_core, topology.steal_tiers(&slots, near)[0].contains(&me) && same_core);
        }
        for place in topology.places() {
            prop_assert!(topology.llc_mask(place.cpu).contains(place.cpu));
        }
    }
}

/// Writes the files of one CPU, as sysfs has them.
fn cpu_files(tree: FakeTree, cpu: usize, core: &str, package: &str, l2: &str, l3: Option<&str>) -> FakeTree {
    let own = format!("sys/devices/system/cpu/cpu{cpu}");
    let cache = |tree: FakeTree, index: u32, level: u32, kind: &str, sharers: &str| {
        tree.with(&format!("{own}/cache/index{index}/level"), &format!("{level}\n"))
            .with(&format!("{own}/cache/index{index}/type"), &format!("{kind}\n"))
            .with(&format!("{own}/cache/index{index}/shared_cpu_list"), &format!("{sharers}\n"))
    };
    let mut tree = tree
        .with(&format!("{own}/topology/core_cpus_list"), core)
        .with(&format!("{own}/topology/package_cpus_list"), package);
    tree = cache(tree, 0, 1, "Data", core);
    tree = cache(tree, 1, 1, "Instruction", core);
    tree = cache(tree, 2, 2, "Unified", l2);
    match l3 {
        Some(l3) => cache(tree, 3, 3, "Unified", l3),
        None => tree,
    }
}

fn sysfs(tree: &FakeTree, cpus: &[usize]) -> Topology {
    Topology::from_sysfs(&tree.root().join("sys/devices/system"), cpus)
}

/// Two packages of a core with two threads each, numbered alternately.
fn two_packages() -> FakeTree {
    let mut tree = FakeTree::new();
    for cpu in 0..4 {
        let group = if cpu % 2 == 0 { "0,2\n" } else { "1,3\n" };
        tree = cpu_files(tree, cpu, group, group, group, Some(group));
    }
    tree.with("sys/devices/system/node/node0/cpulist", "0,2\n").with("sys/devices/system/node/node1/cpulist", "1,3\n")
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn sysfs_is_read_by_groups() {
    let topology = sysfs(&two_packages(), &[0, 1, 2, 3]);
    let place = |cpu, group| CpuPlace { cpu, core: group, l2: group, llc: group, package: group, node: group };
    assert_eq!(topology.places(), [place(0, 0), place(1, 1), place(2, 0), place(3, 1)]);
    assert_eq!(topology.source(), Source::Sysfs);
    assert_eq!(topology.to_string(), "CPUs 4 (0-3), cores 2, last-level caches 2, nodes 2, from sysfs");
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn only_the_cpus_asked_for_are_in() {
    let topology = sysfs(&two_packages(), &[3, 1]);
    assert_eq!(topology.cpus().to_string(), "1,3");
    let topology = sysfs(&two_packages(), &[2]);
    assert_eq!(topology.place(2).core, 0, "its group keeps the name of a CPU that isn't in");
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn each_cache_level_has_groups_of_its_own() {
    let mut tree = FakeTree::new();
    for cpu in 0..8 {
        let l2 = format!("{}-{}", cpu & !1, cpu | 1);
        let l3 = if cpu < 4 { "0-3" } else { "4-7" };
        tree = cpu_files(tree, cpu, &cpu.to_string(), "0-7", &l2, Some(l3));
    }
    let topology = sysfs(&tree, &[0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(topology.place(7), CpuPlace { cpu: 7, core: 7, l2: 6, llc: 4, package: 0, node: 0 });
    assert_eq!(topology.place(2), CpuPlace { cpu: 2, core: 2, l2: 2, llc: 0, package: 0, node: 0 });
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn an_instruction_cache_is_not_the_last_level() {
    let index = "sys/devices/system/cpu/cpu0/cache/index4";
    let tree = cpu_files(FakeTree::new(), 0, "0", "0-1", "0", Some("0-1"));
    let tree = cpu_files(tree, 1, "1", "0-1", "1", Some("0-1"))
        .with(&format!("{index}/level"), "4")
        .with(&format!("{index}/type"), "Instruction")
        .with(&format!("{index}/shared_cpu_list"), "0");
    assert_eq!(sysfs(&tree, &[0, 1]).llc_count(), 1);
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn without_an_l3_the_l2_is_the_last() {
    let mut tree = FakeTree::new();
    for cpu in 0..4 {
        let cluster = if cpu < 2 { "0-1" } else { "2-3" };
        tree = cpu_files(tree, cpu, &cpu.to_string(), "0-3", cluster, None);
    }
    let topology = sysfs(&tree, &[0, 1, 2, 3]);
    assert_eq!((topology.core_count(), topology.llc_count(), topology.node_count()), (4, 2, 1));
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn unreadable_is_one_llc() {
    let tree = FakeTree::new();
    let topology = sysfs(&tree, &[0, 5]);
    assert_eq!(topology.source(), Source::Assumed);
    assert_eq!((topology.core_count(), topology.llc_count(), topology.node_count()), (2, 1, 1));
    assert_eq!(topology.steal_tiers(&[0, 5], 0), [[1]]);

    // Cores are told, caches aren't.
    let tree = tree
        .with("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0-1")
        .with("sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "2-3");
    let topology = sysfs(&tree, &[0, 1, 2, 3]);
    assert_eq!((topology.source(), topology.core_count(), topology.llc_count()), (Source::Sysfs, 2, 1));
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn files_that_lie_still_give_a_partition() {
    let tree = cpu_files(FakeTree::new(), 0, "0-1", "x", "0-4294967295", Some("7"));
    let tree = cpu_files(tree, 1, "1-2", "", "1", Some("0-1"));
    let tree = cpu_files(tree, 2, "nonsense", "0-2", "2-1", None);
    let topology = sysfs(&tree, &[0, 1, 2]);
    assert_eq!(topology.cpus().len(), 3);
    let tiers = topology.steal_tiers(&[0, 1, 2], 0);
    assert_eq!(tiers.concat().len(), 2);
    for cpu in 0..3 {
        assert!(topology.llc_mask(cpu).contains(cpu));
    }
}

const SMT_ON_ONE_CACHE: ApicLayout = ApicLayout { core: Some(1), l2: Some(1), llc: Some(4), package: Some(5) };

#[test]
fn apic_ids_tell_the_same_as_files() {
    // Two caches of two cores with two threads; ids of the second cache start at its power of two.
    let ids = [(0, 0), (1, 2), (2, 16), (3, 18), (4, 1), (5, 3), (6, 17), (7, 19)];
    let topology = Topology::from_places(apic::places(&ids, &SMT_ON_ONE_CACHE).unwrap());
    let expected = Topology::fake(Shape { nodes: 1, llcs_per_node: 2, cores_per_llc: 2, threads_per_core: 2 });
    assert_eq!(topology.places(), expected.places());
}

#[test]
fn without_a_core_boundary_apic_ids_tell_nothing() {
    assert_eq!(apic::places(&[(0, 0)], &ApicLayout::default()), None);
    let only_cores = ApicLayout { core: Some(0), ..ApicLayout::default() };
    let places = apic::places(&[(0, 0), (1, 1)], &only_cores).unwrap();
    assert_eq!(Topology::from_places(places).llc_count(), 1);
}

#[test]
fn cpuinfo_is_read_by_paragraph() {
    let text = "processor\t: 0\nvendor_id\t: x\napicid\t\t: 4\ninitial apicid\t: 9\n\nprocessor\t: 3\napicid\t\t: 6\n\nprocessor : y\napicid : 1\n";
    assert_eq!(apic::apic_ids(text).into_iter().collect::<Vec<_>>(), [(0, 4), (3, 6)]);
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn cpuid_takes_the_place_of_sysfs() {
    let tree = FakeTree::new().with("proc/cpuinfo", "processor: 0\napicid: 0\n\nprocessor: 1\napicid: 1\n");
    let topology = Topology::from_root(tree.root(), &SMT_ON_ONE_CACHE, &[0, 1]);
    assert_eq!((topology.source(), topology.core_count()), (Source::Cpuid, 1));
    assert_eq!(topology.cross_check(), CrossCheck::NotPossible, "nothing to hold it against");
    let topology = Topology::from_root(tree.root(), &SMT_ON_ONE_CACHE, &[0, 1, 2]);
    assert_eq!(topology.source(), Source::Assumed, "CPU 2 has no id");
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn cpuid_checks_sysfs() {
    let tree = two_packages();
    let check = |layout: ApicLayout| Topology::from_root(tree.root(), &layout, &[0, 1, 2, 3]).cross_check();
    assert_eq!(check(SMT_ON_ONE_CACHE), CrossCheck::Agrees);
    assert_eq!(check(ApicLayout::default()), CrossCheck::NotPossible);
    let no_smt = ApicLayout { core: Some(0), ..ApicLayout::default() };
    assert_eq!(check(no_smt), CrossCheck::Differs, "sysfs has two threads a core");
}

#[test]
fn this_machine_has_the_cpus_that_were_asked_for() {
    let cpus = crate::affinity::usable_cores();
    let topology = Topology::detect(&cpus);
    assert_eq!(topology.cpus().iter().collect::<Vec<_>>(), cpus);
    assert!(topology.llc_count() <= topology.core_count().max(1));
    assert_ne!(topology.source(), Source::Fake);
}
