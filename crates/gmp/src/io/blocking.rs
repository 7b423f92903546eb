//! Where a call runs that may block its thread.
//!
//! On an M of a `multi_thread` runtime ([`in_place`]) it runs at once, in a blocking [`section`]: it costs what the system call costs,
//! and if it takes long another thread takes the P over. Anywhere else nobody could: there it goes to a thread of the pool. Everything
//! in `fs` and of the standard streams that may block asks here.
//!
//! Go: runtime/proc.go (entersyscall): files are read by the M that has the G

pub(crate) mod buf;
pub(crate) mod certain;

use std::io::{self, ErrorKind};

pub(crate) use gmp_sched::{can_hand_off as in_place, section};

/// Calls `f` again while a signal interrupts it.
pub(crate) fn uninterrupted<T>(mut f: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match f() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
