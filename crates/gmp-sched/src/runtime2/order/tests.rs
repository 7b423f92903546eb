//! Who steals from whom, for numbers of Ps that change.

use super::Orders;
use crate::proc::pin::Pinning;
use crate::rt0::record::BootRecord;
use crate::runtime2::config::Pin;
use gmp_arch::topology::{CpuPlace, Topology};

/// Four CPUs, two to a core; slots are pinned to one each if `pinned`.
fn boot(pinned: bool) -> BootRecord {
    // Two L3 caches, so that the other core is in the last tier.
    let place = |cpu: usize| {
        let first = cpu / 2 * 2;
        CpuPlace { cpu, core: first, l2: first, llc: first, package: 0, node: 0 }
    };
    let slots = (0..4).map(|cpu| if pinned { vec![cpu] } else { Vec::new() }).collect();
    BootRecord {
        procs: 4,
        topology: Some(Topology::from_places((0..4).map(place).collect())),
        pinning: Some(Pinning { policy: Pin::Auto, slots, reason: "a test", claims_cores: false }),
        ..BootRecord::default()
    }
}

fn slots(orders: &Orders, slot: usize) -> Vec<Vec<usize>> {
    orders.of(slot).iter().map(|tier| tier.slots.to_vec()).collect()
}

#[test]
fn pinned_slots_steal_from_the_nearest_first() {
    let all = Orders::new(&boot(true), 4);
    assert_eq!(slots(&all, 0), [vec![1], vec![2, 3]]);
    assert_eq!(slots(&all, 3), [vec![2], vec![0, 1]]);
    let fewer = Orders::new(&boot(true), 3);
    assert_eq!(slots(&fewer, 2), [vec![0, 1]]);
}

#[test]
fn slots_that_float_are_all_alike() {
    let orders = Orders::new(&boot(false), 3);
    assert_eq!(slots(&orders, 1), [vec![0, 2]]);
}

#[test]
fn beyond_what_was_placed_at_boot_nobody_is_near() {
    let orders = Orders::new(&boot(true), 6);
    assert_eq!(slots(&orders, 0), [vec![1, 2, 3, 4, 5]]);
    assert_eq!(slots(&orders, 5), [vec![0, 1, 2, 3, 4]]);
}

#[test]
fn one_alone_and_one_that_is_to_go_have_nobody() {
    assert!(slots(&Orders::new(&boot(true), 1), 0).concat().is_empty());
    assert!(Orders::new(&boot(true), 2).of(3).is_empty());
}
