//! Made-up files, and this machine's.

use super::*;
use crate::fake_tree::{FakeTree, on_linux};

const STAT: &str = "\
cpu  2255 34 2290 22625563 6290 127 456 0 0 0
cpu0 1132 34 1441 11311718 3675 127 438 0 0 0
intr 114930548 113199788
";

fn tree(stat: &str, online: &str) -> FakeTree {
    FakeTree::new().with("proc/stat", stat).with("sys/devices/system/cpu/online", online)
}

#[test]
fn idle_and_waiting_for_disks() {
    let tree = tree(STAT, "0-3,8\n");
    let idle = IdleTime::from_root(tree.root()).unwrap();
    assert_eq!((idle.read(), idle.cpus()), (Some(Duration::from_millis((22_625_563 + 6_290) * 10)), 5));
}

/// 64 CPUs that have been idle for three years: more hundredths of a second than 32 bits hold.
#[test]
fn of_a_big_machine_that_has_run_for_long() {
    let tree = tree("cpu 1 2 3 605491200000 9 0\n", "0-63\n");
    let idle = IdleTime::from_root(tree.root()).unwrap();
    assert_eq!(idle.read(), Some(Duration::from_millis((605_491_200_000 + 9) * 10)));
    let tree = tree.with("proc/stat", "cpu 1 2 3 18446744073709551615 1 0\n");
    assert_eq!(IdleTime::from_root(tree.root()).map(|idle| idle.cpus()), None, "nonsense is no time");
}

#[test]
fn each_reading_is_a_new_one() {
    let tree = tree("cpu 0 0 0 100 0 0\n", "0-1\n");
    let idle = IdleTime::from_root(tree.root()).unwrap();
    assert_eq!(idle.read(), Some(Duration::from_secs(1)));
    let tree = tree.with("proc/stat", "cpu 0 0 0 150 50 0\n");
    assert_eq!(idle.read(), Some(Duration::from_secs(2)));
    drop(tree.with("proc/stat", "gone\n"));
    assert_eq!(idle.read(), None);
}

#[test]
fn a_machine_that_does_not_say() {
    for (stat, online) in
        [("", "0"), ("cpu 1 2 3 4", "0"), ("cpu 1 2 3 x 5", "0"), ("cpu0 1 2 3 4 5", "0"), (STAT, "?")]
    {
        assert!(IdleTime::from_root(tree(stat, online).root()).is_none(), "{stat:?} {online:?}");
    }
    assert!(IdleTime::from_root(FakeTree::new().root()).is_none());
}

#[test]
fn this_machine_has_not_been_idle_for_longer_than_it_has_run() {
    let Some(idle) = IdleTime::open() else {
        assert!(!on_linux() || fs::read("/proc/stat").is_err(), "the file is there");
        return;
    };
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let up: f64 = uptime.split_ascii_whitespace().next().unwrap().parse().unwrap();
    let cpus = u32::try_from(idle.cpus()).unwrap();
    // CPUs that have been switched off since are in the sum, too; a machine for tests has none.
    assert!(idle.read().unwrap() <= (Duration::from_secs_f64(up) + Duration::from_secs(1)) * cpus);
}
