//! How many CPUs' worth of work may run at once: the affinity mask, and the cgroup's quota.
//!
//! Asked once, on the booting thread, before anything is pinned: a pinned thread would count one
//! CPU.
//!
//! **Rounding.** A quota of 1.5 CPUs becomes 2 Ps, and any quota at least 2, as in Go; the standard
//! library rounds down to at least 1. We follow Go, for two reasons. A quota limits time, not
//! parallelism: with Ps rounded down a part of it can never be used, while rounded up the kernel
//! throttles only if all of them are busy for a whole period. And with a single P a task that
//! computes has nobody beside it to serve the others before the system monitor finds out, which is
//! what this runtime promises to avoid. The affinity mask is different: it does limit parallelism,
//! so that one usable CPU is one P.
//!
//! Left out: quotas that change later. Go re-reads them once a second.
//!
//! Go: runtime/os_linux.go (getCPUCount), cgroup_linux.go (adjustCgroupGOMAXPROCS)

use std::fmt;
use std::path::Path;
use std::thread;

use crate::affinity;
use crate::sys::os;

mod cgroup;

/// Go's minimum for a quota, whatever it is.
const MIN_PROCS_UNDER_QUOTA: usize = 2;

/// What [`count`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuCount {
    /// CPUs the counting thread may run on, at least 1.
    pub affinity: usize,
    /// CPUs' worth of time the cgroup grants: the tightest of its own limit and all its parents'.
    pub quota: Option<f64>,
    /// How many Ps that makes, at least 1.
    pub procs: usize,
}

impl CpuCount {
    /// `min(affinity, max(⌈quota⌉, 2))`.
    fn new(affinity: usize, quota: Option<f64>) -> CpuCount {
        let affinity = affinity.max(1);
        // The cast saturates; a quota beyond the affinity mask limits nothing anyway.
        let by_quota = |quota: f64| (quota.ceil() as usize).max(MIN_PROCS_UNDER_QUOTA);
        let procs = quota.map_or(affinity, |quota| affinity.min(by_quota(quota)));
        CpuCount { affinity, quota, procs }
    }
}

impl fmt::Display for CpuCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quota {
            Some(quota) => write!(f, "{} procs ({} CPUs, quota {quota:.2})", self.procs, self.affinity),
            None => write!(f, "{} procs ({} CPUs, no quota)", self.procs, self.affinity),
        }
    }
}

/// Counts, on the calling thread.
#[must_use]
pub fn count() -> CpuCount {
    let by_mask = affinity::current().map(|cpus| cpus.len());
    let affinity = by_mask.or_else(|| thread::available_parallelism().ok().map(usize::from));
    let affinity = affinity.unwrap_or(1);
    match os::file_root() {
        Some(root) => count_from(root, affinity),
        None => CpuCount::new(affinity, None),
    }
}

/// Counts with so many CPUs, and the cgroup described by `proc/self/cgroup`, `proc/self/mountinfo`
/// and the mounted hierarchies under `root`.
#[must_use]
pub fn count_from(root: &Path, affinity: usize) -> CpuCount {
    CpuCount::new(affinity, cgroup::quota(root))
}

/// Size of a page of memory.
#[must_use]
pub fn page_size() -> usize {
    os::page_size()
}

#[cfg(test)]
mod tests;
