//! Any other system, and Miri: nothing can be found out, and saying so is the whole file.
//!
//! Go: none — Go has no portable fallback

use std::io;
use std::path::Path;
use std::time::Duration;

pub(crate) fn stack_bounds() -> Option<(usize, usize)> {
    None
}

pub(crate) fn affinity() -> Option<Vec<usize>> {
    None
}

pub(crate) fn set_affinity(_cpus: &[usize]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn set_affinity_of(_tid: i32, _cpus: &[usize]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn gettid() -> i32 {
    0
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum CpuClock {}

impl CpuClock {
    pub(crate) fn current() -> Option<CpuClock> {
        None
    }

    pub(crate) fn of_process() -> Option<CpuClock> {
        None
    }

    pub(crate) fn of_thread(_tid: i32) -> Option<CpuClock> {
        None
    }

    pub(crate) fn read(self) -> Option<Duration> {
        match self {}
    }
}

pub(crate) fn is_setuid() -> bool {
    false
}

pub(crate) fn auxv_random() -> Option<[u8; 16]> {
    None
}

/// The page of nearly every system; used for sizes, never for protection.
pub(crate) fn page_size() -> usize {
    4096
}

/// Whether there is a TSC at all is for CPUID to say.
pub(crate) fn tsc_enabled() -> bool {
    true
}

pub(crate) fn file_root() -> Option<&'static Path> {
    None
}

/// The system doesn't say, of a thread.
pub(crate) fn run_delay() -> Option<u64> {
    None
}

pub(crate) fn run_delay_of(_tid: i32) -> Option<u64> {
    None
}

/// The system doesn't say.
pub(crate) fn wants_cpu(_tid: i32) -> Option<bool> {
    None
}
