//! What the kernel hands a program at its start, besides arguments: is it set-uid, and sixteen
//! random bytes.
//!
//! Go: runtime/os_linux.go (sysauxv: AT_SECURE, AT_RANDOM), security_linux.go

use crate::sys::os;

/// Whether the program runs with more rights than whoever started it, whose environment is then not
/// to be believed. False where the system can't tell.
#[must_use]
pub fn is_setuid() -> bool {
    os::is_setuid()
}

/// The kernel's random bytes for this process: the same at each call, and `None` where there are
/// none.
///
/// Seed material for a generator, never to be shown or used as they are: the C library makes its
/// stack canary of the same bytes.
#[must_use]
pub fn auxv_random() -> Option<[u8; 16]> {
    os::auxv_random()
}

#[cfg(test)]
mod tests;
