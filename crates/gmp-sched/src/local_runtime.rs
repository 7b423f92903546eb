//! A `current_thread` runtime that belongs to one thread, so that its Gs needn't be `Send`.
//!
//! They are Gs like all others of it: in its queues, its list and its figures. What is different is that nobody but the owner runs
//! or cancels what is queued.
//!
//! # Proof: a local G is touched on its own thread only
//! `OnOwner::check_owner` throws elsewhere; gmp-task's page ("Local Gs") has the rest. That it never has to:
//! * Gs are run by who holds the P. A `current_thread` runtime has no Ms of its own, and `Handle::block_on` never takes the P; what
//!   does is `block_on` of the runtime, which isn't `Send`.
//! * Gs are cancelled in `drain`, which does nothing on other threads, and by who holds the P.
//! * The end is the owner's, as the runtime isn't `Send`: it drains until no G is left. What is spawned from outside after that is
//!   refused, and is `Send`.
//!
//! Go: none — goroutines move.

pub use gmp_base::owned::ThreadNumber;

use crate::observe::names::Named;
use crate::observe::{Life, Observed};
use crate::proc::newproc;
use crate::runtime2::schedt::Sched;
use gmp_task::gfree::SizeClass;
use gmp_task::schedule::Panicked;
use gmp_task::{Gp, Id, JoinHandle, Schedule};
use std::future::Future;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;

/// Whether the calling thread may run what is in the queues.
#[inline]
pub(crate) fn may_run(sched: &Sched) -> bool {
    sched.config.owner.is_none_or(|owner| owner == ThreadNumber::current())
}

fn check_owner_of(sched: &Sched) {
    if sched.config.owner != Some(ThreadNumber::current()) {
        gmp_base::throw!("newproc: a local task on a runtime that isn't this thread's");
    }
}

/// The [`Schedule`] of a local runtime's local Gs: [`Sched`]'s, for one thread.
struct OnOwner(());

/// Makes a G on the calling thread, which must be the owner, and queues it.
#[inline]
pub fn newproc_local<F>(sched: &Sched, future: F, spawned_at: &'static Location<'static>) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    check_owner_of(sched);
    let (life, id) = newproc::tell(sched, spawned_at);
    // SAFETY: `OnOwner` does as `Sched` does, and throws on other threads; the reference keeps the scheduler.
    unsafe { newproc::newproc_ptr::<_, OnOwner>(sched.as_ptr(), Observed::new(future, life), spawned_at, id) }
}

/// As [`newproc_local`], with a name.
pub fn newproc_local_named<F>(
    sched: &Sched,
    future: F,
    spawned_at: &'static Location<'static>,
    name: &str,
) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    check_owner_of(sched);
    let (id, name) = (Id::next(), Arc::<str>::from(name));
    let future = Named::new(&sched.names, future, id, name.clone());
    let life = sched.config.observer.as_ref().map(|observer| Life::begin(observer, id, spawned_at, Some(name)));
    // SAFETY: as in `newproc_local`.
    unsafe { newproc::newproc_ptr::<_, OnOwner>(sched.as_ptr(), Observed::new(future, life), spawned_at, Some(id)) }
}

// SAFETY: all of it is `Sched`'s, whose Gs these are: what `newg` is given is a pointer to one.
unsafe impl Schedule for OnOwner {
    unsafe fn ready(gp: Gp) {
        // SAFETY: the caller's promise.
        unsafe { Sched::ready(gp) }
    }

    unsafe fn allgadd(gp: Gp) -> bool {
        // SAFETY: the caller's promise.
        unsafe { Sched::allgadd(gp) }
    }

    unsafe fn allgremove(gp: Gp) {
        // SAFETY: the caller's promise.
        unsafe { Sched::allgremove(gp) }
    }

    unsafe fn dying(gp: Gp, panicked: Option<Panicked<'_>>) {
        // SAFETY: the caller's promise.
        unsafe { Sched::dying(gp, panicked) }
    }

    #[inline]
    unsafe fn check_owner(gp: Gp) {
        // SAFETY: the caller has the right to run the G, so it isn't dead.
        let sched: NonNull<Sched> = unsafe { gp.as_ref().sched() };
        // SAFETY: a scheduler outlives its Gs.
        if !may_run(unsafe { sched.as_ref() }) {
            gmp_base::throw!("a local task is run on another thread than its own");
        }
    }

    fn gfget(class: SizeClass) -> NonNull<u8> {
        Sched::gfget(class)
    }

    unsafe fn gfput(cell: NonNull<u8>, class: SizeClass) {
        // SAFETY: the caller's promise.
        unsafe { Sched::gfput(cell, class) }
    }
}
