//! What each policy comes to, on machines that aren't there.

use super::{LOOK_EVERY, Pinning, Settle, treated};
use crate::runtime2::config::Pin;
use gmp_arch::affinity::CpuSet;
use gmp_arch::ncpu::CpuCount;
use gmp_arch::topology::{Shape, Topology};

fn decide(policy: &Pin, procs: usize, shape: Shape, quota: Option<f64>) -> Pinning {
    let topology = Topology::fake(shape);
    let cpus: CpuSet = topology.cpus();
    let count = CpuCount { affinity: cpus.len(), quota, procs };
    Pinning::decide(policy, procs, &cpus, &count, &topology)
}

const FLAT: Shape = Shape { nodes: 1, llcs_per_node: 1, cores_per_llc: 4, threads_per_core: 1 };
const TWO_LLCS: Shape = Shape { nodes: 1, llcs_per_node: 2, cores_per_llc: 2, threads_per_core: 2 };

#[test]
fn core_is_one_cpu_each() {
    let p = decide(&Pin::Core, 4, FLAT, None);
    assert_eq!(p.slots, [[0], [1], [2], [3]]);
    p.release();
    let too_many = decide(&Pin::Core, 5, FLAT, None);
    assert!(!too_many.is_pinned(), "{}", too_many.reason);
    let quota = decide(&Pin::Core, 4, FLAT, Some(2.0));
    assert!(!quota.is_pinned(), "{}", quota.reason);
}

#[test]
fn auto_pins_only_what_has_the_machine_to_itself() {
    assert!(!decide(&Pin::Auto, 3, FLAT, None).is_pinned());
    assert!(!decide(&Pin::Auto, 4, FLAT, Some(3.5)).is_pinned());
    let one = Shape { cores_per_llc: 1, ..FLAT };
    assert!(!decide(&Pin::Auto, 1, one, None).is_pinned());
}

#[test]
fn llc_is_the_cpus_around_the_cache() {
    let p = decide(&Pin::Llc, 8, TWO_LLCS, None);
    assert!(p.slots.iter().all(|s| s.len() == 4), "{:?}", p.slots);
    let flat = decide(&Pin::Llc, 4, FLAT, None);
    assert!(!flat.is_pinned(), "one cache is everywhere");
}

#[test]
fn custom_keeps_what_is_usable() {
    let p = decide(&Pin::Custom(vec![2, 9, 0]), 3, FLAT, None);
    assert_eq!(p.slots, [[2], [0], [2]]);
    assert!(!decide(&Pin::Custom(vec![77]), 2, FLAT, None).is_pinned());
    assert!(!decide(&Pin::None, 2, FLAT, None).is_pinned());
}

#[test]
fn auto_pins_who_is_busy_and_alone() {
    let of = |percent: u64| LOOK_EVERY / 100 * percent;
    let look = |is_pinned, waited, used| treated(is_pinned, LOOK_EVERY, of(waited), of(used));
    assert_eq!(look(false, 0, 95), Settle::Pin);
    assert_eq!(look(false, 30, 60), Settle::Stay, "it shares: it stays free to go elsewhere");
    assert_eq!(look(false, 0, 40), Settle::Stay);
    assert_eq!(look(true, 0, 95), Settle::Stay);
    assert_eq!(look(true, 0, 40), Settle::Stay, "for a moment");
    assert_eq!(look(true, 0, 10), Settle::Float);
    assert_eq!(look(true, 30, 60), Settle::Crowded);
}

#[test]
fn what_was_long_ago_says_little() {
    let past = 100 * LOOK_EVERY;
    assert_eq!(treated(false, past, 0, past), Settle::Stay);
    assert_eq!(treated(true, past, past / 2, past / 2), Settle::Stay);
    assert_eq!(treated(true, past, 0, past / 100), Settle::Float, "it slept");
}
