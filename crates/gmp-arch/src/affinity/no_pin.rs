//! Miri: threads run where it lets them.
//!
//! Go: none — Go doesn't pin

pub(super) fn core_ids() -> Vec<usize> {
    Vec::new()
}

pub(super) fn pin(_cpu: usize) -> Option<bool> {
    None
}
