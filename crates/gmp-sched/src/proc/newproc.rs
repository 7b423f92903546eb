//! The birth of a G, and what a G asks of its scheduler.
//!
//! Go: runtime/proc.go (newproc, newproc1, gfget, gfput, allgadd, 5334-5640)

use crate::getg;
use crate::observe::names::Named;
use crate::observe::{Life, Observed};
use crate::proc::{ready, wakep};
use crate::runtime2::config::UnhandledPanic;
use crate::runtime2::m::M;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::unmodelled::Ordering;
use gmp_task::cell::newg;
use gmp_task::gfree::SizeClass;
use gmp_task::schedule::Panicked;
use gmp_task::{Gp, Id, JoinHandle, NewG, Schedule};
use std::future::Future;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;

/// Makes a G of a future and queues it; tells those who want to know.
#[inline]
pub fn newproc<F>(sched: &Arc<Sched>, future: F, spawned_at: &'static Location<'static>) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (life, id) = tell(sched, spawned_at);
    // SAFETY: the future is `Send`.
    unsafe { newproc_ptr::<_, Sched>(as_ptr(sched), Observed::new(future, life), spawned_at, id) }
}

/// As [`newproc`], telling nobody.
#[inline]
pub fn newproc1<F>(sched: &Arc<Sched>, future: F, spawned_at: &'static Location<'static>) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    // SAFETY: the future is `Send`.
    unsafe { newproc_ptr::<_, Sched>(as_ptr(sched), Observed::new(future, None), spawned_at, None) }
}

/// As [`newproc`], with a name.
pub fn newproc_named<F>(
    sched: &Arc<Sched>,
    future: F,
    spawned_at: &'static Location<'static>,
    name: &str,
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (id, name) = (Id::next(), Arc::<str>::from(name));
    let future = Named::new(&sched.names, future, id, name.clone());
    let life = sched.config.observer.as_ref().map(|observer| Life::begin(observer, id, spawned_at, Some(name)));
    // SAFETY: the future is `Send`.
    unsafe { newproc_ptr::<_, Sched>(as_ptr(sched), Observed::new(future, life), spawned_at, Some(id)) }
}

fn as_ptr(sched: &Arc<Sched>) -> NonNull<Sched> {
    match NonNull::new(Arc::as_ptr(sched).cast_mut()) {
        Some(ptr) => ptr,
        None => unreachable!("an Arc's pointer isn't null"),
    }
}

/// As [`newproc`] on the current runtime; `None` if there is none.
#[inline]
pub fn newproc_current<F>(future: F, spawned_at: &'static Location<'static>) -> Option<JoinHandle<F::Output>>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let sched = getg::current_ptr()?;
    // SAFETY: what makes it current holds it.
    let (life, id) = match unsafe { sched.as_ref() }.config.observer.is_some() {
        // With a reference of our own: the hook may do anything.
        true => tell(&*getg::current()?, spawned_at),
        false => (None, None),
    };
    // SAFETY: the future is `Send`.
    Some(unsafe { newproc_ptr::<_, Sched>(sched, Observed::new(future, life), spawned_at, id) })
}

/// Tells who wants to know of a G that is about to be made. The hook may do anything, so before an M or a P is looked at.
#[inline]
pub(crate) fn tell(sched: &Sched, spawned_at: &'static Location<'static>) -> (Option<Arc<Life>>, Option<Id>) {
    match &sched.config.observer {
        None => (None, None),
        Some(observer) => {
            let id = Id::next();
            (Some(Life::begin(observer, id, spawned_at, None)), Some(id))
        }
    }
}

/// A future above this size is better boxed before anything else: each call that it is passed through by value may copy
/// it, and a worker's stack is two megabytes.
pub const BOX_ABOVE: usize = if cfg!(debug_assertions) { 2 << 10 } else { 16 << 10 };

/// # Safety
/// `S` must be [`Sched`], or a [`Schedule`] for the Gs of one that does as that does. If future or output aren't `Send`, its
/// `check_owner` must throw on every thread but this one. The caller must keep the scheduler for the call.
#[inline]
pub(crate) unsafe fn newproc_ptr<F, S>(
    sched: NonNull<Sched>,
    future: F,
    spawned_at: &'static Location<'static>,
    id: Option<Id>,
) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    S: Schedule,
{
    if let Some(mp) = getg::getm_of(sched.as_ptr()) {
        if let Some(pp) = mp.p() {
            // SAFETY: this thread's M holds the record; taking a number calls nothing.
            let id = id.unwrap_or_else(|| unsafe { pp.owned(|o| o.ids.next_id()) });
            // SAFETY: an M's scheduler outlives it, and no scheduler is freed before its Gs are dead. The caller's promise.
            let (gp, join) = unsafe { newg(future, NewG { sched: sched.cast::<S>(), id, spawned_at }) };
            pp.stats.spawned.add(1);
            if mp.sched().is_closing() {
                // SAFETY: the G is ours and was never queued.
                unsafe { crate::shutdown::cancel(mp.sched(), gp) };
            } else {
                // SAFETY: this thread's M holds the record, and the G is ours.
                unsafe { ready::runqput_of(mp, pp, gp) };
            }
            return join;
        }
    }
    // SAFETY: the caller has a reference to the scheduler, which keeps it for the call; no scheduler is freed before its
    // Gs are dead. The caller's promise.
    let (gp, join) =
        unsafe { newg(future, NewG { sched: sched.cast::<S>(), id: id.unwrap_or_else(Id::next), spawned_at }) };
    // SAFETY: as above.
    let sched = unsafe { sched.as_ref() };
    // ORDERING: a figure for people.
    sched.stats.remote_spawned.fetch_add(1, Ordering::Relaxed);
    if sched.is_closing() {
        // The queue may not have been closed yet; what gets in now is cancelled at the end, and that may be a while.
        // SAFETY: the G is ours and was never queued.
        unsafe { crate::shutdown::cancel(sched, gp) };
        return join;
    }
    // SAFETY: the G is ours.
    match unsafe { sched.runq.put_new(gp) } {
        Ok(()) => {
            if sched.idle.should_wake() {
                wakep::wakep(sched);
            }
        }
        // SAFETY: it has been given back to us, unqueued.
        Err(gp) => unsafe { crate::shutdown::cancel(sched, gp) },
    }
    join
}

/// The calling thread's M, if it is one of the G's scheduler's.
///
/// # Safety
/// The caller must be running the G, whose scheduler must be a [`Sched`].
unsafe fn own_m(gp: Gp) -> (NonNull<Sched>, Option<&'static M>) {
    // SAFETY: who runs a G keeps it alive.
    let sched: NonNull<Sched> = unsafe { gp.as_ref().sched() };
    (sched, getg::getm_of(sched.as_ptr()))
}

// SAFETY: a G passed to `ready` is put into one queue, from which it is taken once and run, or shut down; the scheduler is
// freed after its Gs (`shutdown.rs`); cells come from the free lists or the allocator.
unsafe impl Schedule for Sched {
    #[inline]
    unsafe fn ready(gp: Gp) {
        // SAFETY: the caller's promise.
        unsafe { ready::ready(gp) }
    }

    #[inline]
    unsafe fn ready_unlocked(gp: Gp) {
        // SAFETY: the caller's promise.
        unsafe { ready::ready_unlocked(gp) }
    }

    unsafe fn allgadd(gp: Gp) -> bool {
        // SAFETY: the caller runs the G.
        let (sched, mp) = unsafe { own_m(gp) };
        let shard = mp.and_then(M::p).map_or(0, |pp| pp.slot());
        // SAFETY: a scheduler outlives its Gs.
        let sched = unsafe { sched.as_ref() };
        // SAFETY: the caller's promise.
        unsafe { sched.allgs.add(gp, shard) }
    }

    unsafe fn allgremove(gp: Gp) {
        // SAFETY: the caller runs the G.
        let (sched, _) = unsafe { own_m(gp) };
        // SAFETY: a scheduler outlives its Gs.
        let sched = unsafe { sched.as_ref() };
        // SAFETY: the caller's promise.
        unsafe { sched.allgs.remove(gp) }
    }

    #[inline]
    unsafe fn dying(gp: Gp, panicked: Option<Panicked<'_>>) {
        // SAFETY: the caller runs the G.
        let (sched, mp) = unsafe { own_m(gp) };
        match mp.and_then(M::p) {
            Some(pp) => pp.stats.died.add(1),
            None => {
                // SAFETY: a scheduler outlives its Gs.
                let stats = unsafe { &sched.as_ref().stats };
                // ORDERING: a figure for people.
                stats.remote_died.fetch_add(1, Ordering::Relaxed);
            }
        }
        if let Some(panicked) = panicked {
            // SAFETY: as above; the caller runs the G.
            report_panic(unsafe { sched.as_ref() }, unsafe { gp.as_ref() }, panicked);
        }
    }

    #[inline]
    fn gfget(class: SizeClass) -> NonNull<u8> {
        match getg::getm().and_then(|mp| mp.p().map(|pp| (mp, pp))) {
            // SAFETY: this thread's M holds the record; the lists call the allocator only.
            Some((mp, pp)) => unsafe { pp.owned(|o| o.gfree.get(class, &mp.sched().gfree)) },
            None => class.allocate(),
        }
    }

    #[inline]
    unsafe fn gfput(cell: NonNull<u8>, class: SizeClass) {
        match getg::getm().and_then(|mp| mp.p().map(|pp| (mp, pp))) {
            // SAFETY: this thread's M holds the record; the lists call the allocator only; the caller's promise.
            Some((mp, pp)) => unsafe { pp.owned(|o| o.gfree.put(cell, class, &mp.sched().gfree)) },
            // SAFETY: the caller's promise.
            None => unsafe { class.deallocate(cell) },
        }
    }
}

#[cold]
fn report_panic(sched: &Sched, header: &gmp_task::Header, panicked: Panicked<'_>) {
    // ORDERING: a figure for people.
    sched.stats.panics.fetch_add(1, Ordering::Relaxed);
    let name = sched.names.remove(header.id());
    crate::dump::report_unawaited(header, panicked, name.as_deref());
    if sched.config.unhandled_panic == UnhandledPanic::ShutdownRuntime {
        crate::shutdown::close_after_panic(sched);
    }
}
