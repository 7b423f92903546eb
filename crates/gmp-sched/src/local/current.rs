//! Which set of local Gs `spawn_local` means.
//!
//! Go: none

use super::LocalSched;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

thread_local! {
    /// The current set, or null; one reference to it. No destructor, so it is there while other thread-locals are destroyed; a
    /// reference that is left then (a guard was forgotten) is leaked.
    static CURRENT: Cell<*const LocalSched> = const { Cell::new(ptr::null()) };
}

/// The set that stays current until this is dropped; then the one from before is.
///
/// In whichever order guards are dropped, a set that is current is alive.
#[derive(Debug)]
pub struct LocalGuard {
    before: Option<Arc<LocalSched>>,
    // It stands for a thread-local state.
    thread_bound: PhantomData<*mut ()>,
}

fn replace(set: Option<Arc<LocalSched>>) -> Option<Arc<LocalSched>> {
    let before = CURRENT.replace(set.map_or(ptr::null(), Arc::into_raw));
    // SAFETY: not null, so it came from `into_raw` here, and what has been replaced is nobody else's.
    (!before.is_null()).then(|| unsafe { Arc::from_raw(before) })
}

/// Makes a set the current one.
pub fn enter(set: Arc<LocalSched>) -> LocalGuard {
    LocalGuard { before: replace(Some(set)), thread_bound: PhantomData }
}

impl Drop for LocalGuard {
    fn drop(&mut self) {
        drop(replace(self.before.take()));
    }
}

/// Whether there is a current set.
#[inline]
pub(crate) fn is_entered() -> bool {
    !CURRENT.get().is_null()
}

/// The current set.
pub fn current() -> Option<Arc<LocalSched>> {
    let set = CURRENT.get();
    if set.is_null() {
        return None;
    }
    // SAFETY: it came from `into_raw`, and the thread-local has a reference.
    unsafe { Arc::increment_strong_count(set) };
    // SAFETY: the count just made is this `Arc`'s.
    Some(unsafe { Arc::from_raw(set) })
}
