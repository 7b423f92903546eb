//! What this process has used: CPU time and resident memory, as the kernel counts them.

use std::fs;
use std::io;
use std::mem;
use std::time::Duration;

/// User and system time of all threads of this process so far.
pub(crate) fn cpu_time() -> io::Result<Duration> {
    // SAFETY: `rusage` is a C struct of integers, for which all zeros is a value.
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    // SAFETY: getrusage needs a writable `rusage`; `usage` is one, and outlives the call.
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(duration(usage.ru_utime) + duration(usage.ru_stime))
}

/// Resident memory of this process, from `/proc/self/statm` (Linux).
pub(crate) fn resident_bytes() -> io::Result<u64> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|field| field.parse().ok())
        .ok_or_else(|| io::Error::other(format!("/proc/self/statm reads {statm:?}")))?;
    // SAFETY: sysconf takes any name and touches no memory of ours.
    let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let page_size = u64::try_from(page_size).map_err(io::Error::other)?;
    Ok(pages * page_size)
}

fn duration(time: libc::timeval) -> Duration {
    // Both fields of a measured time are positive, and the second is below a million.
    Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1_000)
}
