//! [`Schedule`]: what a G asks of its scheduler.
//!
//! Go: the calls from a g to sched: ready, allgadd, gfget, gfput

use crate::g::Gp;
use crate::gfree::SizeClass;
use crate::id::Id;
use std::panic::Location;
use std::ptr::NonNull;

/// A scheduler, seen from its Gs. The functions are associated, not methods: the scheduler is behind
/// [`Header::sched`](crate::Header::sched), valid while the G isn't dead.
///
/// # Safety
/// A G passed to [`ready`](Self::ready) must be run or shut down exactly once for it. The scheduler must stay where it
/// is until all its Gs are dead. Memory from [`gfget`](Self::gfget) must be unused, of the class's size, and have come
/// from [`gfput`](Self::gfput) or the allocator.
pub unsafe trait Schedule: Sized + 'static {
    /// A waiting G has become runnable: queue it.
    ///
    /// # Safety
    /// The caller must have the right to queue the G.
    unsafe fn ready(gp: Gp);

    /// As [`ready`](Self::ready), for a G that isn't locked to an M, as the transition has seen that gave the right.
    ///
    /// # Safety
    /// As [`ready`](Self::ready).
    unsafe fn ready_unlocked(gp: Gp) {
        // SAFETY: the caller's promise.
        unsafe { Self::ready(gp) }
    }

    /// The G is about to wait for the first time: list it. False if the scheduler has been closed; the G is then
    /// cancelled by its caller.
    ///
    /// # Safety
    /// The caller must be running the G, which must not be listed.
    unsafe fn allgadd(gp: Gp) -> bool;

    /// A listed G dies.
    ///
    /// # Safety
    /// The caller must be running the G, which must be listed.
    unsafe fn allgremove(gp: Gp);

    /// A G dies, its future is dropped. Called before anyone can learn of it.
    ///
    /// # Safety
    /// The caller must be running the G.
    unsafe fn dying(gp: Gp, panicked: Option<Panicked<'_>>);

    /// Called before a G's future is touched: to poll it, or to drop it. A scheduler whose Gs' futures or outputs aren't `Send`
    /// throws here if the calling thread isn't the one that the G was made on.
    ///
    /// # Safety
    /// The caller must have the right to run the G.
    #[inline(always)]
    unsafe fn check_owner(gp: Gp) {
        let _ = gp;
    }

    /// Memory for a G.
    fn gfget(class: SizeClass) -> NonNull<u8>;

    /// The memory of a freed G.
    ///
    /// # Safety
    /// The memory must have come from [`gfget`](Self::gfget) for the same class, and be unused now.
    unsafe fn gfput(cell: NonNull<u8>, class: SizeClass);
}

/// What is known of a panic when its G dies.
#[derive(Debug, Clone, Copy)]
pub struct Panicked<'a> {
    /// The panic's text, if it has one.
    pub message: Option<&'a str>,
    /// Whether there is a join handle that may learn of it.
    pub has_join_handle: bool,
}

/// What a new G is born with, apart from its future.
#[derive(Debug)]
pub struct NewG<S> {
    /// Its scheduler.
    pub sched: NonNull<S>,
    /// Its number.
    pub id: Id,
    /// Where it was spawned.
    pub spawned_at: &'static Location<'static>,
}
