//! The cell: header and future or output in one allocation.
//!
//! Go: runtime/proc.go (malg, newproc1)

use crate::error::JoinError;
use crate::g::{Gp, Header, Vtable};
use crate::gfree::{self, SizeClass};
use crate::join::JoinHandle;
use crate::poll;
use crate::schedule::{NewG, Schedule};
use gmp_base::loom::UnsafeCell;
use std::alloc::{Layout, dealloc};
use std::future::Future;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A G with a future of type `F`.
#[repr(C)]
pub(crate) struct Cell<F: Future, S> {
    pub(crate) header: Header,
    pub(crate) stage: UnsafeCell<Stage<F>>,
    sched: PhantomData<NonNull<S>>,
}

/// What a G's cell contains.
pub(crate) enum Stage<F: Future> {
    /// The future, until it is done.
    Future(F),
    /// Its output, until it is taken.
    Output(Result<F::Output, JoinError>),
    /// Neither.
    Empty,
}

impl<F: Future + 'static, S: Schedule> Cell<F, S> {
    pub(crate) const LAYOUT: Layout = Layout::new::<Self>();
    pub(crate) const CLASS: Option<SizeClass> = SizeClass::of(Self::LAYOUT);

    const VTABLE: &'static Vtable = &Vtable {
        run: poll::run::<F, S>,
        shutdown: poll::shutdown::<F, S>,
        ready: S::ready,
        ready_unlocked: S::ready_unlocked,
        take_output: poll::take_output::<F, S>,
        drop_joined: poll::drop_joined::<F, S>,
        free: free::<F, S>,
    };
}

/// Makes a G: runnable, never queued. The pointer is the right to run it; the life reference comes with it.
///
/// # Safety
/// `new.sched` must stay valid until the G is dead. If `F` or its output isn't `Send`, then [`Schedule::check_owner`] of `S`
/// must throw on every thread but the calling one.
#[inline]
pub unsafe fn newg<F, S>(future: F, new: NewG<S>) -> (Gp, JoinHandle<F::Output>)
where
    F: Future + 'static,
    S: Schedule,
{
    let memory = match Cell::<F, S>::CLASS {
        Some(class) => S::gfget(class),
        None => gfree::allocate(Cell::<F, S>::LAYOUT),
    };
    let cell = memory.cast::<Cell<F, S>>();
    let header = Header::new(Cell::<F, S>::VTABLE, new.sched.cast(), new.id, new.spawned_at);
    // SAFETY: the memory is fresh, and large and aligned enough by `CLASS` or `LAYOUT`.
    unsafe { cell.write(Cell { header, stage: UnsafeCell::new(Stage::Future(future)), sched: PhantomData }) };
    let gp: Gp = cell.cast();
    // SAFETY: a new G counts one reference for its join handle.
    (gp, unsafe { JoinHandle::from_gp(gp) })
}

/// # Safety
/// See [`g::free`](crate::g::free); `gp` must be a `Cell<F, S>`.
#[inline]
pub(crate) unsafe fn free<F: Future + 'static, S: Schedule>(gp: Gp) {
    let cell = gp.cast::<Cell<F, S>>();
    // Nothing of value is left in it: future and output are dropped before the last reference, and so is the join
    // waker. Were it otherwise, that would leak; where it costs nothing that matters, it is looked at.
    if cfg!(any(debug_assertions, gmp_loom)) {
        // SAFETY: the caller has the last reference.
        unsafe { assert_empty(cell) };
        // SAFETY: as above.
        unsafe { cell.drop_in_place() };
    }
    match Cell::<F, S>::CLASS {
        // SAFETY: the cell came from `gfget` for this class, in `newg`.
        Some(class) => unsafe { S::gfput(cell.cast(), class) },
        // SAFETY: the cell came from the allocator with this layout, in `newg`.
        None => unsafe { dealloc(cell.as_ptr().cast(), Cell::<F, S>::LAYOUT) },
    }
}

/// # Safety
/// The caller must have the last reference.
unsafe fn assert_empty<F: Future + 'static, S: Schedule>(cell: NonNull<Cell<F, S>>) {
    // SAFETY: the caller's promise.
    let cell = unsafe { cell.as_ref() };
    // SAFETY: nobody else has a reference.
    let is_empty = cell.stage.with(|stage| matches!(unsafe { &*stage }, Stage::Empty));
    // SAFETY: as above.
    let has_waker = cell.header.join_waker.with(|waker| unsafe { &*waker }.is_some());
    if !is_empty || has_waker {
        gmp_base::throw!("gfput: g {} has something left in its cell", cell.header.id);
    }
}
