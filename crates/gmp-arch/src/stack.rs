//! Where the calling thread's stack lies, and how deep it is in it.
//!
//! Bounds are the thread's own, main thread included; there the lower one is where the stack may
//! grow to, which need not be mapped yet. Depth checks compare an address of a local against them.
//!
//! Go: runtime/asm_amd64.s (rt0_go: g0.stack), os_linux.go (minit)

use std::hint::black_box;
use std::ptr;

use crate::sys::os;

/// A stack: addresses `lo..hi`; it grows down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackBounds {
    /// Lowest address.
    pub lo: usize,
    /// One past the highest.
    pub hi: usize,
}

impl StackBounds {
    /// Whether `addr` lies in this stack.
    #[must_use]
    pub fn contains(&self, addr: usize) -> bool {
        (self.lo..self.hi).contains(&addr)
    }

    /// How much is left below `sp`; nothing if it lies elsewhere.
    #[must_use]
    pub fn remaining(&self, sp: usize) -> usize {
        if self.contains(sp) { sp - self.lo } else { 0 }
    }
}

/// The calling thread's stack, or `None` where the system can't tell. Slow on the main thread,
/// which reads a file for it.
#[must_use]
pub fn current_thread_bounds() -> Option<StackBounds> {
    os::stack_bounds().map(|(lo, hi)| StackBounds { lo, hi })
}

/// Where the caller is in its stack, to within a frame: the address of a local.
#[must_use]
#[inline(never)]
pub fn stack_pointer() -> usize {
    let here = 0_u8;
    ptr::from_ref(black_box(&here)).addr()
}

#[cfg(test)]
mod tests;
