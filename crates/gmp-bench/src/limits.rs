//! What this process may use: descriptors.

use std::io;

/// Descriptors that a child has beside those of its scenario: standard streams, selectors, wakers, listeners.
const SPARE: u64 = 64;

/// Whether the system lets this process have `wanted` descriptors for a scenario.
pub(crate) fn allows_open_files(wanted: u64) -> bool {
    open_files().is_ok_and(|limit| limit.rlim_max >= wanted + SPARE)
}

/// Sees that this process may have `wanted` descriptors for a scenario: shells give 1,024 and allow more.
///
/// # Errors
///
/// As the system calls; among them a hard limit that is too low.
pub(crate) fn raise_open_files(wanted: u64) -> io::Result<()> {
    let mut limit = open_files()?;
    if limit.rlim_cur >= wanted + SPARE {
        return Ok(());
    }
    limit.rlim_cur = wanted + SPARE;
    // SAFETY: setrlimit needs a readable `rlimit`; `limit` is one, and outlives the call.
    if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn open_files() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit needs a writable `rlimit`; `limit` is one, and outlives the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(limit)
}

#[cfg(test)]
mod tests;
