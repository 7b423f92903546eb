//! What this process has used: CPU time and resident memory, as the kernel counts them.

use std::fs;
use std::io;
use std::mem;
use std::time::Duration;

/// CPU time that all threads of this process have used so far.
pub(crate) fn cpu_time() -> io::Result<Duration> {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// CPU time that all threads of this process but the calling one have used so far.
///
/// The caller is left out because a thread that sleeps and then reads a clock uses tens of microseconds for that,
/// which is more than a whole idle runtime may.
pub(crate) fn cpu_time_of_others() -> io::Result<Duration> {
    // The thread's clock first: what the caller uses between the two readings then counts as others', not as negative.
    let own = clock(libc::CLOCK_THREAD_CPUTIME_ID)?;
    let all = clock(libc::CLOCK_PROCESS_CPUTIME_ID)?;
    Ok(all.saturating_sub(own))
}

/// CPU time that the thread of that name has used so far, to the nanosecond (Linux).
///
/// # Errors
///
/// There is none, or the kernel doesn't count it.
pub(crate) fn cpu_time_of_thread(name: &str) -> io::Result<Duration> {
    for task in fs::read_dir("/proc/self/task")? {
        let task = task?.path();
        // Another one may have ended meanwhile.
        if fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == name) {
            let schedstat = fs::read_to_string(task.join("schedstat"))?;
            let nanos = schedstat.split_ascii_whitespace().next().and_then(|field| field.parse().ok());
            let unreadable = || io::Error::other(format!("its schedstat reads {schedstat:?}"));
            return nanos.map(Duration::from_nanos).ok_or_else(unreadable);
        }
    }
    Err(io::Error::new(io::ErrorKind::NotFound, format!("no thread is called {name}")))
}

/// How often the threads of this process but the calling one have given a CPU away or lost it so far. Where the system
/// doesn't count that for a thread (other than Linux) the caller's are among them.
pub(crate) fn context_switches_of_others() -> io::Result<u64> {
    #[cfg(target_os = "linux")]
    let own = context_switches(libc::RUSAGE_THREAD)?;
    #[cfg(not(target_os = "linux"))]
    let own = 0;
    Ok(context_switches(libc::RUSAGE_SELF)?.saturating_sub(own))
}

fn context_switches(whose: libc::c_int) -> io::Result<u64> {
    // SAFETY: `rusage` is a C struct of integers, for which all zeros is a value.
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    // SAFETY: getrusage needs a writable `rusage`; `usage` is one, and outlives the call.
    if unsafe { libc::getrusage(whose, &raw mut usage) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // Counts are never negative.
    Ok((usage.ru_nvcsw + usage.ru_nivcsw) as u64)
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

fn clock(id: libc::clockid_t) -> io::Result<Duration> {
    // SAFETY: `timespec` is a C struct of integers, for which all zeros is a value.
    let mut time: libc::timespec = unsafe { mem::zeroed() };
    // SAFETY: clock_gettime needs a writable `timespec`; `time` is one, and outlives the call.
    if unsafe { libc::clock_gettime(id, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // CPU time is never negative, and the nanoseconds are below a thousand million.
    Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}
