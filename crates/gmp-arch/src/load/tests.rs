//! Made-up files, and this machine's.

use super::*;
use crate::fake_tree::{FakeTree, on_linux};

fn tree(loadavg: &str, online: &str) -> FakeTree {
    FakeTree::new().with("proc/loadavg", loadavg).with("sys/devices/system/cpu/online", online)
}

#[test]
fn the_count_of_the_moment_is_read_and_not_an_average() {
    let tree = tree("7.11 8.22 9.33 3/456 12345\n", "0-3,8\n");
    let mut load = Load::from_root(tree.root()).unwrap();
    assert_eq!((load.running(), load.cpus()), (Some(3), 5));
}

#[test]
fn each_reading_is_a_new_one() {
    let tree = tree("0.00 0.00 0.00 1/10 1\n", "0-1\n");
    let mut load = Load::from_root(tree.root()).unwrap();
    assert_eq!(load.running(), Some(1));
    let tree = tree.with("proc/loadavg", "0.00 0.00 0.00 17/20 2\n");
    assert_eq!(load.running(), Some(17));
    drop(tree.with("proc/loadavg", "gone\n"));
    assert_eq!(load.running(), None);
}

#[test]
fn a_machine_that_does_not_say_has_no_load() {
    for (loadavg, online) in
        [("", "0-1"), ("1 2 3", "0-1"), ("1 2 3 4 5", "0-1"), ("1 2 3 x/4 5", "0-1"), ("1 2 3 1/4 5", "?")]
    {
        assert!(Load::from_root(tree(loadavg, online).root()).is_none(), "{loadavg:?} {online:?}");
    }
    assert!(Load::from_root(FakeTree::new().root()).is_none());
}

#[test]
fn whoever_asks_runs() {
    let Some(mut load) = Load::open() else {
        assert!(!on_linux() || std::fs::read("/proc/loadavg").is_err(), "the file is there");
        return;
    };
    assert!(load.running().unwrap() >= 1);
    assert!(load.cpus() >= 1);
}
