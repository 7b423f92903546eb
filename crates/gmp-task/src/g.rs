//! [`Header`]: what every G begins with, and [`Gp`], the pointer to it.
//!
//! Go: runtime/runtime2.go (type g, 471)

use crate::id::Id;
use crate::status::Status;
use gmp_base::link::{Link, LinkCell};
use gmp_base::loom::UnsafeCell;
use gmp_base::loom::unmodelled::{AtomicU64, Ordering};
use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;
use std::task::Waker;

/// A pointer to a G (Go: `gp`). Whether it is a reference, a place in a queue or the right to run the G is said where
/// it is used.
pub type Gp = NonNull<Header>;

/// The part of a G that doesn't depend on its future.
#[repr(C)]
pub struct Header {
    /// The state word; anyone with a reference.
    pub status: Status,
    /// Where the queue that holds the G keeps its link (Go: `schedlink`).
    schedlink: LinkCell<Header>,
    /// What the future's type decides; immutable.
    pub(crate) vtable: &'static Vtable,
    /// The scheduler, of the type that the vtable knows; immutable, valid until the G is dead.
    pub(crate) sched: NonNull<()>,
    /// Immutable.
    pub(crate) id: Id,
    /// Where the G was spawned; immutable.
    pub(crate) spawned_at: &'static Location<'static>,
    /// Shard and place in the list of all Gs, see `allgs.rs`.
    pub(crate) allg: AllgPlace,
    /// Who awaits the G; see the table in the crate's page.
    pub(crate) join_waker: UnsafeCell<Option<Waker>>,
}

/// What the type of a G's future decides.
pub(crate) struct Vtable {
    pub(crate) run: unsafe fn(Gp) -> crate::poll::Ran,
    pub(crate) shutdown: unsafe fn(Gp),
    pub(crate) ready: unsafe fn(Gp),
    pub(crate) ready_unlocked: unsafe fn(Gp),
    /// Writes the output to `*mut Poll<Result<T, JoinError>>`, dropping nothing there.
    pub(crate) take_output: unsafe fn(Gp, *mut ()),
    /// Drops the output, and then the join handle's reference.
    pub(crate) drop_joined: unsafe fn(Gp),
    pub(crate) free: unsafe fn(Gp),
}

impl fmt::Debug for Vtable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vtable").finish_non_exhaustive()
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("G")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("spawned_at", &self.spawned_at)
            .finish_non_exhaustive()
    }
}

// SAFETY: `schedlink` is a field of the header, which stays where it is as long as the G lives.
unsafe impl Link for Header {
    #[inline(always)]
    unsafe fn link(this: NonNull<Self>) -> NonNull<LinkCell<Self>> {
        // SAFETY: the caller says that `this` is live, so the field's address is in bounds.
        let link = unsafe { &raw mut (*this.as_ptr()).schedlink };
        // SAFETY: the address of a field of a live object isn't null.
        unsafe { NonNull::new_unchecked(link) }
    }
}

// SAFETY: a header is reached from many threads by design; its fields are shared by the rules in the crate's page, and
// what it contains (a future, an output, a waker) is `Send`, or bound to one thread ("Local Gs" in the crate's page).
unsafe impl Send for Header {}
// SAFETY: as above.
unsafe impl Sync for Header {}

impl Header {
    pub(crate) fn new(
        vtable: &'static Vtable,
        sched: NonNull<()>,
        id: Id,
        spawned_at: &'static Location<'static>,
    ) -> Self {
        Self {
            status: Status::born(),
            schedlink: LinkCell::new(None),
            vtable,
            sched,
            id,
            spawned_at,
            allg: AllgPlace::new(),
            join_waker: UnsafeCell::new(None),
        }
    }

    /// The G's number (Go: `goid`).
    #[inline]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Where the G was spawned (Go: `gopc`).
    #[inline]
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// A number that stands for the future's type. Two types whose code is the same may share one, and a type may have several.
    #[inline]
    pub fn kind(&self) -> usize {
        std::ptr::from_ref(self.vtable).addr()
    }

    /// The scheduler.
    ///
    /// # Safety
    /// `S` must be the type that the G was made with.
    #[inline]
    pub unsafe fn sched<S>(&self) -> NonNull<S> {
        self.sched.cast()
    }
}

/// Runs a G once: polls it, or drops its future if it has been cancelled.
///
/// # Safety
/// The caller must have the right to run the G: it took it out of a queue (or made it and never queued it). After
/// [`Ran::Parked`](crate::Ran::Parked) and [`Ran::Done`](crate::Ran::Done) it must not touch the G any more; after
/// [`Ran::Again`](crate::Ran::Again) it must queue it.
#[inline]
pub unsafe fn run(gp: Gp) -> crate::poll::Ran {
    // SAFETY: the caller's promise.
    unsafe { run_after(gp, |_| {}) }
}

/// As [`run`]; looks at the header before, when it is read anyway.
///
/// # Safety
/// As [`run`].
#[inline(always)]
pub unsafe fn run_after(gp: Gp, look: impl FnOnce(&Header)) -> crate::poll::Ran {
    // SAFETY: who has the right to run a G has a live one: it isn't dead, so it has its life reference.
    let header = unsafe { gp.as_ref() };
    let run = header.vtable.run;
    look(header);
    // SAFETY: the caller's promise is the function's.
    unsafe { run(gp) }
}

/// Cancels a G instead of running it.
///
/// # Safety
/// As [`run`]; the G must not be touched afterwards.
pub unsafe fn shutdown(gp: Gp) {
    // SAFETY: as in `run`.
    let shutdown = unsafe { gp.as_ref() }.vtable.shutdown;
    // SAFETY: the caller's promise is the function's.
    unsafe { shutdown(gp) }
}

/// Drops one reference, and frees the cell if it was the last.
///
/// # Safety
/// The caller must own the reference and not use it afterwards.
#[inline]
pub(crate) unsafe fn drop_ref(gp: Gp) {
    // SAFETY: the caller's reference keeps the header.
    if unsafe { gp.as_ref() }.status.ref_dec() {
        // SAFETY: that was the last reference, so the cell is ours alone.
        unsafe { free(gp) }
    }
}

/// Frees the cell.
///
/// # Safety
/// The caller must have dropped the last reference to a dead G.
pub(crate) unsafe fn free(gp: Gp) {
    // SAFETY: nobody else has a reference, so nobody frees it before us.
    let free = unsafe { gp.as_ref() }.vtable.free;
    // SAFETY: the caller's promise is the function's.
    unsafe { free(gp) }
}

/// Cancels a G from outside: its future will be dropped by the M that runs it next.
///
/// # Safety
/// The caller must have a reference for the duration of the call.
pub(crate) unsafe fn abort(gp: Gp) {
    // SAFETY: the caller's reference keeps the header.
    let header = unsafe { gp.as_ref() };
    if header.status.abort() {
        // SAFETY: `abort` has given us the right to queue the G, and until that is done the G can't die.
        unsafe { (header.vtable.ready)(gp) }
    }
}

/// A G's place in the list of all Gs. Atomic because dumps may look; the rules are in `allgs.rs`.
#[derive(Debug)]
pub(crate) struct AllgPlace(AtomicU64);

const UNLINKED: u64 = u64::MAX;

impl AllgPlace {
    fn new() -> Self {
        Self(AtomicU64::new(UNLINKED))
    }

    /// Shard and index, if the G is in the list.
    #[inline]
    pub(crate) fn get(&self) -> Option<(usize, usize)> {
        // ORDERING: read by the thread that runs the G, which the state word orders after the last write by `set`; the
        // index may also be moved under the shard's lock, and is read again there.
        let place = self.0.load(Ordering::Relaxed);
        (place != UNLINKED).then_some(((place >> 40) as usize, (place & ((1 << 40) - 1)) as usize))
    }

    #[inline]
    pub(crate) fn is_linked(&self) -> bool {
        // ORDERING: as in `get`.
        self.0.load(Ordering::Relaxed) != UNLINKED
    }

    #[inline]
    pub(crate) fn set(&self, shard: usize, index: usize) {
        // ORDERING: under the shard's lock.
        self.0.store(((shard as u64) << 40) | index as u64, Ordering::Relaxed);
    }
}
