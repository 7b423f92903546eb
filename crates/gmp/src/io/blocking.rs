//! Where a call runs that may block its thread.
//!
//! On an M of a `multi_thread` runtime ([`pool`]) it runs at once, in a blocking [`section`]: it costs what the system call costs,
//! and if it takes long another thread takes the P over. Anywhere else nobody could: there it goes to a thread of the pool. Everything
//! in `fs` and of the standard streams that may block asks here.
//!
//! Go: runtime/proc.go (entersyscall): files are read by the M that has the G

pub(crate) mod buf;
pub(crate) mod certain;

use crate::runtime::Handle;
use std::io::{self, ErrorKind};

pub(crate) use gmp_sched::section;

/// The runtime whose pool is to make the call; `None`: in place. Asked for before anything is taken apart for the call.
///
/// # Panics
/// If it can't be made in place and there is no runtime.
#[track_caller]
pub(crate) fn pool() -> Option<Handle> {
    if gmp_sched::can_hand_off() { None } else { Some(Handle::current()) }
}

/// Calls `f` again while a signal interrupts it.
pub(crate) fn uninterrupted<T>(mut f: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match f() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
