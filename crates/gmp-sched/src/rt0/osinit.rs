//! Step 13: osinit(). How many CPUs there are for us, read once, before anything is pinned.
//!
//! Go: runtime/os_linux.go (osinit, getCPUCount)

use crate::rt0::record::BootRecord;
use gmp_arch::affinity::CpuSet;
use gmp_arch::topology::Topology;
use std::sync::{Mutex, PoisonError};

pub(super) fn osinit(record: &mut BootRecord) {
    record.cpus = gmp_arch::affinity::current();
    record.ncpu = Some(gmp_arch::ncpu::count());
    record.page_size = gmp_arch::ncpu::page_size();
    record.topology = record.cpus.as_ref().map(topology);
}

/// Reading it takes a hundred system calls, and it stays as it is while the mask does: it is kept for the next boot.
fn topology(cpus: &CpuSet) -> Topology {
    static LAST: Mutex<Option<(CpuSet, Topology)>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, topology)) = last.as_ref().filter(|(mask, _)| mask == cpus) {
        return topology.clone();
    }
    let topology = Topology::detect(&cpus.iter().collect::<Vec<_>>());
    *last = Some((cpus.clone(), topology.clone()));
    topology
}
