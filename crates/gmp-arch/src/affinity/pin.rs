//! Pinning by core_affinity, kept within the numbers that it takes without panicking.
//!
//! Go: none — Go doesn't pin

use core_affinity::CoreId;

/// Linux has masks of 1024 CPUs in the C library, Windows of 64 in a word; from there on
/// core_affinity indexes or shifts out of bounds.
const PINNABLE: usize = if cfg!(windows) { usize::BITS as usize } else { 1024 };

pub(super) fn core_ids() -> Vec<usize> {
    core_affinity::get_core_ids().unwrap_or_default().into_iter().map(|core| core.id).collect()
}

/// Whether the thread is now pinned; `None` for a number that isn't to be tried this way.
pub(super) fn pin(cpu: usize) -> Option<bool> {
    (cpu < PINNABLE).then(|| core_affinity::set_for_current(CoreId { id: cpu }))
}
