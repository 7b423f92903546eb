//! Ctrl-C: the first one asks the runner to stop and report, the second one ends the process as usual.
//!
//! The handler only sets a flag. Who waits for a child looks at it several times a second.

use std::io;
use std::mem;
use std::process::Child;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Installs the handler of SIGINT.
pub(crate) fn install() -> io::Result<()> {
    // SAFETY: `sigaction` is a C struct of integers, a set of bits and optional pointers: all zeros is a value.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = on_sigint as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // The kernel puts the default back on delivery, so that a second Ctrl-C ends a runner that does not listen.
    action.sa_flags = libc::SA_RESETHAND | libc::SA_RESTART;
    // SAFETY: sigaction needs a valid new action, whose handler is async-signal-safe (it stores to an atomic), and
    // takes null for the old one.
    if unsafe { libc::sigaction(libc::SIGINT, &raw const action, ptr::null_mut()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Whether Ctrl-C was pressed.
pub(crate) fn requested() -> bool {
    // ORDERING: Relaxed — a flag alone; pairs with `on_sigint`, which publishes nothing else.
    REQUESTED.load(Ordering::Relaxed)
}

/// Ctrl-C for a child, which has got it already if it was pressed at a terminal. The child must not have been waited for.
pub(crate) fn pass_on(child: &Child) -> io::Result<()> {
    let pid = libc::pid_t::try_from(child.id()).map_err(io::Error::other)?;
    // SAFETY: kill takes any numbers; the pid is the child's, whom nobody has waited for.
    if unsafe { libc::kill(pid, libc::SIGINT) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

extern "C" fn on_sigint(_: libc::c_int) {
    // ORDERING: Relaxed — see `requested`.
    REQUESTED.store(true, Ordering::Relaxed);
}
