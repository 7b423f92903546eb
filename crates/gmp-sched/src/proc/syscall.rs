//! Blocking sections: code that may block its thread, run in place.
//!
//! Go: runtime/proc.go (entersyscall, exitsyscall, 4642-5155)

/// Runs `f` at once on the calling thread, which it may block.
#[inline]
pub fn section<R>(f: impl FnOnce() -> R) -> R {
    f()
}
