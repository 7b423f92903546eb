//! The waker of a G. One vtable for all of them, so that `will_wake` compares Gs.
//!
//! Go: runtime/proc.go (goready, ready)

use crate::g::{self, Gp, Header};
use crate::status::Wake;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// A waker for the time of a poll, without a reference of its own.
#[derive(Debug)]
pub(crate) struct BorrowedWaker(ManuallyDrop<Waker>);

impl Deref for BorrowedWaker {
    type Target = Waker;

    #[inline]
    fn deref(&self) -> &Waker {
        &self.0
    }
}

/// # Safety
/// The G must stay alive as long as the result.
#[inline]
pub(crate) unsafe fn borrowed(gp: Gp) -> BorrowedWaker {
    let raw = RawWaker::new(gp.as_ptr().cast_const().cast(), &VTABLE);
    // SAFETY: the functions keep `RawWakerVTable`'s contract; that no reference is counted for this waker is balanced
    // by never dropping it.
    BorrowedWaker(ManuallyDrop::new(unsafe { Waker::from_raw(raw) }))
}

/// # Safety
/// `data` must come from `borrowed` or `clone`.
#[inline]
unsafe fn gp(data: *const ()) -> Gp {
    // SAFETY: both put a `Gp` there.
    unsafe { NonNull::new_unchecked(data.cast::<Header>().cast_mut()) }
}

/// Wakes the G that the waker is for, if it is one of this scheduler's. `Ok(Some(gp))`: the right to queue it is the caller's
/// now, who can so queue many at once. `Ok(None)`: there was nothing to do.
///
/// # Errors
/// The waker, untouched, if it is something else's.
///
/// Go: runtime/netpoll.go (netpollgoready's list)
pub fn into_ready(waker: Waker, sched: NonNull<()>) -> Result<Option<Gp>, Waker> {
    if !std::ptr::eq(waker.vtable(), &VTABLE) {
        return Err(waker);
    }
    // SAFETY: the vtable is ours, so the data is too.
    let gp = unsafe { gp(waker.data()) };
    // SAFETY: the waker's reference keeps the header.
    let header = unsafe { gp.as_ref() };
    if header.sched != sched {
        return Err(waker);
    }
    // Its reference goes to `wake_by_val`.
    let _reference = ManuallyDrop::new(waker);
    match header.status.wake_by_val() {
        Wake::Nothing => Ok(None),
        Wake::Submit | Wake::SubmitLocked => Ok(Some(gp)),
        Wake::Free => {
            // SAFETY: that was the last reference.
            unsafe { g::free(gp) };
            Ok(None)
        }
    }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the waker's data; its reference keeps the header.
    let header = unsafe { gp(data).as_ref() };
    header.status.ref_inc();
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: the waker's data.
    let gp = unsafe { gp(data) };
    // SAFETY: the waker's reference keeps the header until `wake_by_val` gives it up; after that only what it returns
    // may be done.
    let header = unsafe { gp.as_ref() };
    let vtable = header.vtable;
    match header.status.wake_by_val() {
        Wake::Nothing => {}
        // SAFETY: we have the right to queue the G, and it can't die before it has been.
        Wake::Submit => unsafe { (vtable.ready_unlocked)(gp) },
        // SAFETY: as above.
        Wake::SubmitLocked => unsafe { (vtable.ready)(gp) },
        // SAFETY: that was the last reference.
        Wake::Free => unsafe { g::free(gp) },
    }
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker's data.
    let gp = unsafe { gp(data) };
    // SAFETY: the waker's reference keeps the header.
    let header = unsafe { gp.as_ref() };
    match header.status.wake_by_ref() {
        // The caller's reference stays.
        Wake::Nothing | Wake::Free => {}
        // SAFETY: we have the right to queue the G.
        Wake::Submit => unsafe { (header.vtable.ready_unlocked)(gp) },
        // SAFETY: as above.
        Wake::SubmitLocked => unsafe { (header.vtable.ready)(gp) },
    }
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: the waker's data.
    let gp = unsafe { gp(data) };
    // SAFETY: the waker's own reference, used for the last time.
    unsafe { g::drop_ref(gp) }
}
