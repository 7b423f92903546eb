//! Gs that stay on one thread: the run queue behind a `LocalSet`.
//!
//! A [`LocalSched`] is a scheduler inside of a task: whoever polls it runs its Gs, on the thread that made it. It needs no M
//! and no P.
//!
//! ```text
//!  owner's thread                           any thread
//!  spawn, wake ──▶ runq ──┐                 wake, abort ──▶ remote.runq (under its lock)
//!                         ├──▶ tick: run              └──▶ the wakers of who polls: poll again
//!                   remote ┘
//! ```
//!
//! # Proof: a G is touched on its own thread only
//! [`check_owner`](Schedule::check_owner) throws elsewhere; gmp-task's page ("Local Gs") has the rest.
//!
//! # Proof: no wake is lost
//! Who polls registers its waker, under the lock of the remote queue, before it looks into the queues. A remote wake puts the
//! G there and takes the wakers, under the same lock: if it comes before the registration the look finds the G (`waiting` is
//! set under the lock too), if after, it finds the waker. A wake on the owner's thread takes the wakers too, unless a poll is
//! under way there; that one looks into the queue again after each turn, and its end ([`Driver`]) wakes the others if it leaves
//! something behind.
//!
//! # Proof: nobody reaches a freed scheduler
//! [`close`](LocalSched::close) cancels what is listed, runs down the queues, and goes on until no G is alive; only then does
//! the set let go of the scheduler. A waker that has got the right to queue a G, and hasn't yet, keeps that G alive, so it is
//! waited for; it holds a reference of its own from before it queues the G. Wakers that are left reach dead Gs, which never
//! look at their scheduler.
//!
//! Model: `local/loom_tests.rs`.
//!
//! Go: none — goroutines move. Nearest: LockOSThread, runtime/proc.go:5649

mod current;
mod driver;

pub(crate) use current::is_entered;
pub use current::{LocalGuard, current, enter};
pub use driver::Driver;

use crate::budget;
use crate::getg;
use crate::observe::names::{Named, Names};
use crate::observe::{Life, Observed};
use crate::runtime2::config::UnhandledPanic;
use crate::runtime2::schedt::{Sched, next_runtime_id};
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::{AtomicBool, Ordering, thread};
use gmp_base::owned::Owned;
use gmp_queue::GQueue;
use gmp_task::allgs::AllGs;
use gmp_task::cell::newg;
use gmp_task::gfree::SizeClass;
use gmp_task::schedule::Panicked;
use gmp_task::{Gp, Header, Id, JoinHandle, NewG, Ran, Schedule, g};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::Waker;

/// Most turns a poll; then whoever polls is to give way to others.
const TURNS_PER_TICK: u32 = 61;
/// After how many turns the remote queue is looked into first, so that the owner's own wakes can't shut it out.
const REMOTE_FIRST: u32 = 31;

/// The scheduler of a set of local Gs. See the [module](self).
pub struct LocalSched {
    here: Owned<Here>,
    remote: Lock<Remote>,
    /// The remote queue has something: spares its lock. Changed under it.
    waiting: AtomicBool,
    gs: AllGs,
    names: Arc<Names>,
    /// Immutable.
    id: u64,
}

/// The owner's half.
#[derive(Default)]
struct Here {
    runq: RefCell<GQueue<Header>>,
    /// Gs that aren't dead.
    alive: Cell<usize>,
    /// How many polls of the set are on the stack.
    polls: Cell<usize>,
    turn: Cell<u32>,
    closed: Cell<bool>,
    on_panic: Cell<UnhandledPanic>,
    /// A G has panicked, and that was to end the set.
    panicked: Cell<bool>,
    next_driver: Cell<u64>,
}

/// What other threads reach.
#[derive(Default)]
struct Remote {
    runq: GQueue<Header>,
    wakers: Wakers,
}

/// Who polls the set: rarely more than one.
#[derive(Default)]
struct Wakers {
    first: Option<(u64, Waker)>,
    others: Vec<(u64, Waker)>,
}

// What reaches it from other threads relies on this.
const _: fn() = || {
    fn is_sync<T: Sync + Send>() {}
    is_sync::<LocalSched>();
};

impl fmt::Debug for LocalSched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSched").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The pointer of an `Arc`, which a reference isn't: references may be made of it.
fn arc_ptr(local: &Arc<LocalSched>) -> NonNull<LocalSched> {
    match NonNull::new(Arc::as_ptr(local).cast_mut()) {
        Some(ptr) => ptr,
        None => gmp_base::throw!("a set of local tasks without an address"),
    }
}

impl LocalSched {
    /// A scheduler for the calling thread.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            here: Owned::new(Here::default()),
            remote: Lock::new(LockRank::Leaf, Remote::default()),
            waiting: AtomicBool::new(false),
            gs: AllGs::new(1),
            names: Arc::new(Names::new()),
            id: next_runtime_id(),
        })
    }

    /// The set's number; no runtime has the same.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What the panic of a G does.
    pub fn set_unhandled_panic(&self, behavior: UnhandledPanic) {
        self.here().on_panic.set(behavior);
    }

    fn here(&self) -> &Here {
        match self.here.get() {
            Some(here) => here,
            None => gmp_base::throw!("a set of local tasks is used on another thread than its own"),
        }
    }

    /// Makes a G and queues it; tells those who want to know in the current runtime, if there is one.
    pub fn spawn<F>(self: &Arc<Self>, future: F, spawned_at: &'static Location<'static>) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let id = Id::next();
        let life = Self::tell(id, spawned_at, None);
        self.newg(Observed::new(future, life), spawned_at, id)
    }

    /// As [`spawn`](Self::spawn), with a name.
    pub fn spawn_named<F>(
        self: &Arc<Self>,
        future: F,
        spawned_at: &'static Location<'static>,
        name: &str,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (id, name) = (Id::next(), Arc::<str>::from(name));
        let future = Named::new(&self.names, future, id, name.clone());
        let life = Self::tell(id, spawned_at, Some(name));
        self.newg(Observed::new(future, life), spawned_at, id)
    }

    /// The hook may do anything, so before the set is looked at.
    fn tell(id: Id, spawned_at: &'static Location<'static>, name: Option<Arc<str>>) -> Option<Arc<Life>> {
        // SAFETY: what makes it current holds it.
        unsafe { getg::current_ptr()?.as_ref() }.config.observer.as_ref()?;
        // With a reference of our own, for the same reason.
        let sched = getg::current()?;
        let observer = sched.config.observer.as_ref()?;
        Some(Life::begin_guest(observer, id, spawned_at, name))
    }

    fn newg<F>(self: &Arc<Self>, future: F, spawned_at: &'static Location<'static>, id: Id) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let here = self.here();
        let sched = arc_ptr(self);
        // SAFETY: the scheduler is freed after its Gs (`close`), and `check_owner` throws on every thread but this one, as
        // `here` has just done.
        let (gp, join) = unsafe { newg(future, NewG { sched, id, spawned_at }) };
        here.alive.set(here.alive.get() + 1);
        if here.closed.get() {
            // SAFETY: the G is ours and was never queued.
            unsafe { cancel(gp) };
        } else {
            // SAFETY: the G is ours.
            unsafe { Self::ready(gp) };
        }
        join
    }

    /// Whether all Gs are dead.
    pub fn is_done(&self) -> bool {
        self.here().alive.get() == 0
    }

    /// Runs Gs, at most [`TURNS_PER_TICK`] of them. Says whether there are more to run.
    ///
    /// # Panics
    /// If a G has panicked and that is to end the set, in tokio's words.
    #[track_caller]
    pub(crate) fn tick(self: &Arc<Self>) -> bool {
        let here = self.here();
        if !self.has_work(here) && !here.panicked.get() {
            return false;
        }
        budget::nested(|refill| {
            for _ in 0..TURNS_PER_TICK {
                if here.panicked.get() {
                    panic!("a spawned task panicked and the LocalSet is configured to shutdown on unhandled panic");
                }
                let Some(gp) = self.next(here) else {
                    return false;
                };
                refill();
                // SAFETY: it came out of a queue.
                unsafe { self.execute(here, gp) };
            }
            self.has_work(here)
        })
    }

    /// One turn.
    ///
    /// # Safety
    /// The right to run the G must be the caller's.
    unsafe fn execute(self: &Arc<Self>, here: &Here, gp: Gp) {
        // SAFETY: who has the right to run a G keeps it alive.
        let id = unsafe { gp.as_ref() }.id();
        // SAFETY: the caller's promise.
        if getg::with_task(id, || unsafe { g::run(gp) }) == Ran::Again {
            // SAFETY: the right to queue it is ours.
            unsafe { here.runq.borrow_mut().push_back(gp) };
        }
        if here.panicked.get() {
            self.cancel_all(here);
        }
    }

    fn next(&self, here: &Here) -> Option<Gp> {
        let turn = here.turn.get().wrapping_add(1);
        here.turn.set(turn);
        let local = || here.runq.borrow_mut().pop_front();
        if turn % REMOTE_FIRST == 0 {
            self.next_remote().or_else(local)
        } else {
            local().or_else(|| self.next_remote())
        }
    }

    fn next_remote(&self) -> Option<Gp> {
        // ORDERING: set under the lock. A wake whose flag isn't seen yet came after our registration under that lock, and has
        // found our waker.
        if !self.waiting.load(Ordering::Relaxed) {
            return None;
        }
        let mut remote = self.remote.lock();
        let gp = remote.runq.pop_front();
        // ORDERING: under the lock.
        self.waiting.store(!remote.runq.is_empty(), Ordering::Relaxed);
        gp
    }

    fn has_work(&self, here: &Here) -> bool {
        // ORDERING: as in `next_remote`.
        !here.runq.borrow().is_empty() || self.waiting.load(Ordering::Relaxed)
    }

    /// Ends the set: cancels every G and waits until all are dead. Later ones are cancelled when they are spawned.
    ///
    /// No G of the set may be running.
    pub fn close(self: &Arc<Self>) {
        let here = self.here();
        // A future's drop may spawn.
        let _entered = current::enter(self.clone());
        self.cancel_all(here);
        let mut rounds = 0_u32;
        while here.alive.get() > 0 {
            // A waker is between the right to queue a G and the queue: soon done.
            rounds += 1;
            if rounds < 100 || cfg!(gmp_loom) {
                thread::yield_now();
            } else {
                std::thread::sleep(std::time::Duration::from_micros(100));
            }
            self.cancel_queued(here);
        }
    }

    fn cancel_all(&self, here: &Here) {
        here.closed.set(true);
        // SAFETY: `close` passes on the right to queue each G.
        self.gs.close(|gp| unsafe { here.runq.borrow_mut().push_back(gp) });
        self.cancel_queued(here);
    }

    /// Cancels what is in the queues, in the order in which it was spawned.
    fn cancel_queued(&self, here: &Here) {
        loop {
            let mut batch: Vec<Gp> = here.runq.take().collect();
            batch.extend(std::iter::from_fn(|| self.next_remote()));
            if batch.is_empty() {
                return;
            }
            // SAFETY: a G that came out of a queue is alive.
            batch.sort_by_key(|gp| unsafe { gp.as_ref() }.id());
            for gp in batch {
                // SAFETY: it came out of a queue.
                unsafe { cancel(gp) };
            }
        }
    }

    /// Whoever polls the set is to poll it again.
    fn take_wakers(&self) -> Wakers {
        std::mem::take(&mut self.remote.lock().wakers)
    }
}

impl Wakers {
    /// Without a lock, and without a reference to the scheduler: a waker is user code, which may drop the set.
    fn wake(self) {
        gmp_base::lockrank::assert_no_locks();
        for (_, waker) in self.first.into_iter().chain(self.others) {
            waker.wake();
        }
    }
}

/// Cancels a G, as the task that it is: its future's drop may ask for its id.
///
/// # Safety
/// The right to run the G must be the caller's.
unsafe fn cancel(gp: Gp) {
    // SAFETY: who has the right to run a G keeps it alive.
    let id = unsafe { gp.as_ref() }.id();
    // SAFETY: the caller's promise.
    getg::with_task(id, || unsafe { g::shutdown(gp) });
}

/// # Safety
/// `gp` must be a G of a `LocalSched`, not dead.
unsafe fn sched_of(gp: Gp) -> NonNull<LocalSched> {
    // SAFETY: the caller's promise.
    unsafe { gp.as_ref().sched() }
}

// SAFETY: a G passed to `ready` is put into one queue, from which it is taken once and run, or shut down; the scheduler is
// freed after its Gs (`close`); cells come from the free lists or the allocator.
unsafe impl Schedule for LocalSched {
    unsafe fn ready(gp: Gp) {
        // SAFETY: who has the right to queue a G keeps it from dying.
        let ptr = unsafe { sched_of(gp) };
        // SAFETY: the G isn't dead, so its scheduler is there.
        let local = unsafe { ptr.as_ref() };
        let wakers = match local.here.get() {
            Some(here) => {
                // SAFETY: the caller's promise.
                unsafe { here.runq.borrow_mut().push_back(gp) };
                if here.polls.get() > 0 {
                    return;
                }
                local.take_wakers()
            }
            None => {
                // Once it is queued the G may die, and the scheduler with it: it has to last until the lock is released.
                // SAFETY: the pointer is an `Arc`'s (`spawn`), which isn't gone.
                unsafe { Arc::increment_strong_count(ptr.as_ptr()) };
                // SAFETY: the count just made is this `Arc`'s.
                let local = unsafe { Arc::from_raw(ptr.as_ptr()) };
                // SAFETY: the caller's promise.
                unsafe { local.ready_remote(gp) }
            }
        };
        wakers.wake();
    }

    unsafe fn allgadd(gp: Gp) -> bool {
        // SAFETY: the caller runs the G.
        let local = unsafe { sched_of(gp) };
        // SAFETY: a scheduler outlives its Gs.
        let gs = unsafe { &local.as_ref().gs };
        // SAFETY: the caller's promise.
        unsafe { gs.add(gp, 0) }
    }

    unsafe fn allgremove(gp: Gp) {
        // SAFETY: the caller runs the G.
        let local = unsafe { sched_of(gp) };
        // SAFETY: a scheduler outlives its Gs.
        let gs = unsafe { &local.as_ref().gs };
        // SAFETY: the caller's promise.
        unsafe { gs.remove(gp) }
    }

    unsafe fn dying(gp: Gp, panicked: Option<Panicked<'_>>) {
        // SAFETY: the caller runs the G.
        let local = unsafe { sched_of(gp) };
        // SAFETY: a scheduler outlives its Gs.
        let local = unsafe { local.as_ref() };
        let here = local.here();
        here.alive.set(here.alive.get() - 1);
        if let Some(panicked) = panicked {
            // SAFETY: the caller runs the G.
            let header = unsafe { gp.as_ref() };
            let name = local.names.remove(header.id());
            crate::dump::report_unawaited(header, panicked, name.as_deref());
            if here.on_panic.get() == UnhandledPanic::ShutdownRuntime {
                // The queues are run down after this turn.
                here.panicked.set(true);
            }
        }
    }

    #[inline]
    unsafe fn check_owner(gp: Gp) {
        // SAFETY: the caller has the right to run the G, so it isn't dead.
        let local = unsafe { sched_of(gp) };
        // SAFETY: a scheduler outlives its Gs.
        if !unsafe { local.as_ref() }.here.is_here() {
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

impl LocalSched {
    /// # Safety
    /// The caller must have the right to queue the G.
    #[cold]
    unsafe fn ready_remote(&self, gp: Gp) -> Wakers {
        let mut remote = self.remote.lock();
        // SAFETY: the caller's promise.
        unsafe { remote.runq.push_back(gp) };
        // ORDERING: under the lock, see `next_remote`.
        self.waiting.store(true, Ordering::Relaxed);
        std::mem::take(&mut remote.wakers)
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;
