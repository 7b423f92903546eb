//! [`prefetch`]: memory that will be touched soon.
//!
//! Go: internal/runtime/sys/intrinsics.go (Prefetch)

/// Tells the processor that the 128 bytes from `place` on will be read or written soon, so that it fetches them meanwhile. A hint:
/// what `place` points to doesn't matter, not even whether it points to anything.
#[inline(always)]
pub fn prefetch<T: ?Sized>(place: *const T) {
    let place = place.cast::<i8>();
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch accesses nothing, and every x86-64 has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place) };
        // SAFETY: as above.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.wrapping_add(64)) };
    }
    let _ = place;
}
