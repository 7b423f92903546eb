//! Step 13: osinit(). How many CPUs there are for us, read once, before anything is pinned.
//!
//! Go: runtime/os_linux.go (osinit, getCPUCount)

use crate::rt0::record::BootRecord;
use gmp_arch::topology::Topology;

pub(super) fn osinit(record: &mut BootRecord) {
    record.cpus = gmp_arch::affinity::current();
    record.ncpu = Some(gmp_arch::ncpu::count());
    record.page_size = gmp_arch::ncpu::page_size();
    record.topology = record.cpus.as_ref().map(|cpus| Topology::detect(&cpus.iter().collect::<Vec<_>>()));
}
