//! Quotas from made-up cgroup trees, and the arithmetic of procs.

use proptest::prelude::*;

use super::*;
use crate::fake_tree::FakeTree;

const V2_MOUNT: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
const V1_MOUNT: &str = "\
22 1 8:1 / / rw - ext4 /dev/vda rw
33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
";

fn v2(group: &str) -> FakeTree {
    FakeTree::new().with("proc/self/cgroup", &format!("0::{group}\n")).with("proc/self/mountinfo", V2_MOUNT)
}

fn v1(group: &str) -> FakeTree {
    let groups = format!("9:name=systemd:/x\n3:cpuset:/y\n1:cpu,cpuacct:{group}\n0::/z\n");
    FakeTree::new().with("proc/self/cgroup", &groups).with("proc/self/mountinfo", V1_MOUNT)
}

fn quota(tree: &FakeTree) -> Option<f64> {
    count_from(tree.root(), 64).quota
}

#[test]
fn procs_is_go_s_formula() {
    let procs = |affinity, quota| CpuCount::new(affinity, quota).procs;
    assert_eq!(procs(8, None), 8);
    assert_eq!(procs(8, Some(0.1)), 2, "at least 2 under a quota");
    assert_eq!(procs(8, Some(2.0)), 2);
    assert_eq!(procs(8, Some(2.01)), 3, "rounded up");
    assert_eq!(procs(8, Some(100.0)), 8);
    assert_eq!(procs(1, Some(0.1)), 1, "the mask is a hard limit");
    assert_eq!(procs(0, None), 1);
    assert_eq!(procs(8, Some(f64::MAX)), 8);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    #[cfg_attr(miri, ignore = "many cases, no unsafe code")]
    fn procs_is_within_the_mask_and_never_none(affinity in 0..5000_usize, quota in prop::option::of(any::<f64>())) {
        let count = CpuCount::new(affinity, quota);
        prop_assert!(count.procs >= 1 && count.procs <= affinity.max(1));
    }
}

#[test]
fn counting_here_agrees_with_the_mask() {
    let count = count();
    if let Some(mask) = affinity::current() {
        assert_eq!(count.affinity, mask.len());
    }
    assert!((1..=count.affinity).contains(&count.procs));
    assert!(count.quota.is_none_or(|quota| quota > 0.0));
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn no_files_no_quota() {
    assert_eq!(quota(&FakeTree::new()), None);
    assert_eq!(quota(&v2("/a")), None, "cpu.max is missing");
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn v2_reads_cpu_max() {
    let tree = v2("/app").with("sys/fs/cgroup/app/cpu.max", "150000 100000\n");
    assert_eq!(quota(&tree), Some(1.5));
    assert_eq!(count_from(tree.root(), 64).procs, 2);
    let tree = v2("/app").with("sys/fs/cgroup/app/cpu.max", "max 100000\n");
    assert_eq!(quota(&tree), None);
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn v2_takes_the_tightest_of_all_parents() {
    let tree = v2("/a/b/c")
        .with("sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n")
        .with("sys/fs/cgroup/a/b/cpu.max", "max 100000\n")
        .with("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    assert_eq!(quota(&tree), Some(3.0));
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn v1_reads_quota_and_period_of_the_cpu_controller() {
    let tree = v1("/job")
        .with("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "250000\n")
        .with("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "50000\n")
        .with("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n")
        .with("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    assert_eq!(quota(&tree), Some(5.0));
    assert_eq!(quota(&v1("/job")), None);
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn a_hybrid_system_takes_the_tighter() {
    let tree = v1("/job")
        .with("proc/self/mountinfo", &format!("{V1_MOUNT}{}", V2_MOUNT.replace("/sys/fs/cgroup", "/unified")))
        .with("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "400000")
        .with("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000")
        .with("unified/z/cpu.max", "200000 100000");
    assert_eq!(quota(&tree), Some(2.0));
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn a_container_sees_its_own_group_as_the_mount_point() {
    // Without a cgroup namespace both files name the group as the host sees it.
    let mount = V2_MOUNT.replace(" / /sys", " /docker/abc /sys");
    let tree = v2("/docker/abc").with("proc/self/mountinfo", &mount).with("sys/fs/cgroup/cpu.max", "100000 100000");
    assert_eq!(quota(&tree), Some(1.0));
    let tree = v2("/docker/abc/sub")
        .with("proc/self/mountinfo", &mount)
        .with("sys/fs/cgroup/sub/cpu.max", "200000 100000")
        .with("sys/fs/cgroup/cpu.max", "max 100000");
    assert_eq!(quota(&tree), Some(2.0));
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn a_group_outside_of_the_mount_is_not_followed() {
    for group in ["/../other", "/elsewhere/../../x"] {
        let tree = v2(group).with("sys/fs/cgroup/cpu.max", "400000 100000").with("sys/fs/other/cpu.max", "1 100000");
        assert_eq!(quota(&tree), Some(4.0), "{group}");
    }
    let mount = V2_MOUNT.replace(" / /sys", " /docker/abc /sys");
    let tree = v2("/unrelated").with("proc/self/mountinfo", &mount).with("sys/fs/cgroup/cpu.max", "400000 100000");
    assert_eq!(quota(&tree), Some(4.0));
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn mount_points_with_blanks_are_unescaped() {
    let mount = V2_MOUNT.replace("/sys/fs/cgroup", r"/odd\040mount\134");
    let tree = v2("/g").with("proc/self/mountinfo", &mount).with(r"odd mount\/g/cpu.max", "700000 100000");
    assert_eq!(quota(&tree), Some(7.0));
}

#[test]
#[cfg_attr(miri, ignore = "writes files")]
fn nonsense_is_no_limit() {
    for text in ["", "100000", "0 100000", "100000 0", "-5 100000", "x y", "1e9 100000", "99999999999999999999 1"] {
        let tree = v2("/g").with("sys/fs/cgroup/g/cpu.max", text);
        assert_eq!(quota(&tree), None, "{text:?}");
    }
    let tree =
        FakeTree::new().with("proc/self/cgroup", "0\n::\n0:").with("proc/self/mountinfo", " - \n- - -\nx - cgroup2");
    assert_eq!(quota(&tree), None);
}

#[test]
fn display_names_all_three() {
    assert_eq!(CpuCount::new(8, Some(1.5)).to_string(), "2 procs (8 CPUs, quota 1.50)");
    assert_eq!(CpuCount::new(8, None).to_string(), "8 procs (8 CPUs, no quota)");
}

#[test]
fn a_page_is_a_power_of_two() {
    assert!(page_size().is_power_of_two() && page_size() >= 1024);
}
