//! macOS: stack bounds, page size and the set-uid flag; there are no CPU masks here, and no clock
//! of another thread.
//!
//! Go: runtime/os_darwin.go (getPageSize)

#![expect(unsafe_code, reason = "calls into the C library")]

use std::io;
use std::path::Path;
use std::time::Duration;

pub(crate) fn stack_bounds() -> Option<(usize, usize)> {
    // SAFETY: `pthread_self` has no requirements.
    let me = unsafe { libc::pthread_self() };
    // SAFETY: wants a live thread, which the caller is. The answer is the highest address, stacks
    // grow down.
    let hi = unsafe { libc::pthread_get_stackaddr_np(me) };
    // SAFETY: wants a live thread, which the caller is.
    let len = unsafe { libc::pthread_get_stacksize_np(me) };
    Some((hi.addr().checked_sub(len)?, hi.addr()))
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
    // SAFETY: `issetugid` takes nothing and cannot fail.
    unsafe { libc::issetugid() != 0 }
}

pub(crate) fn auxv_random() -> Option<[u8; 16]> {
    None
}

pub(crate) fn page_size() -> usize {
    // SAFETY: `sysconf` takes a number and answers with one.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).unwrap_or(4096)
}

/// macOS has no way to forbid it.
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
