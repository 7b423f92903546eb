//! What runs when a signal comes: the one place that installs handlers.
//!
//! Go: runtime/signal_unix.go (sighandler), runtime/sigqueue.go (sigsend)

#![allow(unsafe_code, reason = "what a signal handler may do is for its author to know")]

use super::table::Table;
use std::io;
use std::os::raw::c_int;

/// Has `table` told of a signal from now on. A handler that was there before runs, too.
///
/// # Errors
/// What the system says.
pub(super) fn install(table: &'static Table, signal: c_int) -> io::Result<()> {
    // SAFETY: the action may interrupt any code of the process. It stores to an atomic and writes to a socket that doesn't block,
    // both of which are allowed in a handler: no lock, no allocation, no panic; errno is put back by the library.
    unsafe { signal_hook_registry::register(signal, move || table.came(signal)) }?;
    Ok(())
}
