//! Step 14: schedinit(). Limits, random seed, all Ps; and M0, bound to its thread and its g0 (step 10).
//!
//! Go: runtime/proc.go (schedinit, 844-966; procresize, 6081)

use crate::proc::pin::Pinning;
use crate::rt0::record::BootRecord;
use crate::rt0::tls;
use crate::runtime2::config::{Config, Flavor};
use crate::runtime2::p::Slot;
use crate::runtime2::schedt::Sched;
use gmp_arch::topology::Topology;
use gmp_base::loom::Ordering;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

pub(super) fn schedinit(config: Config, mut record: BootRecord) -> Arc<Sched> {
    crate::dump::register();
    record.seed = randinit(&config);
    record.procs = match config.flavor {
        Flavor::CurrentThread => 1,
        Flavor::MultiThread => {
            if let Some(procs) = config.procs {
                if record.procs_from.is_empty() {
                    record.procs_from = "the builder";
                }
                procs
            } else {
                record.procs_from = "the machine";
                record.ncpu.map_or(1, |n| n.procs)
            }
        }
    };
    let slots = place(&config, &mut record);
    let sched = Sched::new(config, record, slots);
    procresize(&sched);
    if sched.config.start_paused {
        // It runs, so it can be paused.
        let _ = sched.clock.pause();
    }
    // Step 10.
    let m0 = sched.new_m();
    m0.bind_stack();
    tls::bind_m(&sched, m0);
    crate::dump::add(&sched);
    sched
}

/// Go: randinit, from the kernel's random bytes.
fn randinit(config: &Config) -> u64 {
    config.seed.unwrap_or_else(|| {
        let kernel = gmp_arch::secure::auxv_random().unwrap_or_default();
        // The same bytes feed the stack canary: they are mixed with std's own keys, which are mixed with nothing of ours.
        RandomState::new().hash_one(kernel)
    })
}

/// There is room for so many Ps at least, or for one for each CPU; more can't be asked for while the runtime runs.
const ROOM: usize = 64;

/// Decides for each slot where its M runs. Those that there is only room for float.
fn place(config: &Config, record: &mut BootRecord) -> Vec<Slot> {
    let procs = record.procs;
    let cpus = record.cpus.clone().unwrap_or_default();
    let count = record.ncpu.unwrap_or(gmp_arch::ncpu::CpuCount { affinity: procs, quota: None, procs });
    let topology = record.topology.clone().unwrap_or_else(|| Topology::detect(&[]));
    let policy = if config.flavor == Flavor::CurrentThread { &crate::runtime2::config::Pin::None } else { &config.pin };
    let pinning = Pinning::decide(policy, procs, &cpus, &count, &topology);
    let room = if config.flavor == Flavor::CurrentThread { 1 } else { procs.max(cpus.len()).max(ROOM) };
    let cpus_of = |slot: usize| pinning.slots.get(slot).cloned().unwrap_or_default().into_boxed_slice();
    let slots = (0..room).map(|slot| Slot::new(cpus_of(slot))).collect();
    record.pinning = Some(pinning);
    slots
}

/// Go: procresize. All Ps exist and are idle; the world is stopped until here.
fn procresize(sched: &Sched) {
    for slot in 0..sched.procs() {
        if !sched.make_record(slot) {
            gmp_base::throw!("procresize: no record for p{slot}");
        }
        let pp = sched.slots[slot].record();
        if !pp.runq.is_empty() || pp.runq.has_next() {
            gmp_base::throw!("schedinit: unknown runnable g during bootstrap");
        }
    }
    // ORDERING: publishes the records to `Sched::used_slots`.
    sched.used.store(sched.procs(), Ordering::Release);
}
