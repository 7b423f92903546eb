//! The thread's context: which M it runs, which runtime is current, whether it may block.
//!
//! One `const` thread-local without a destructor: an access is an address computation, and it works in the destructors
//! of other thread-locals too.
//!
//! Go: getg(), runtime/tls_amd64.s

use crate::runtime2::m::M;
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::unmodelled::AtomicPtr;
use gmp_task::{Gp, Id};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// What rt0 stores through TLS to see that it arrives where M0 thinks it does.
pub(crate) const TLS_MAGIC: usize = 0x123;

struct Context {
    /// The M that this thread runs; null if none.
    m: Cell<*const M>,
    /// The current runtime; null if none. Kept alive by the [`Frame`] or [`EnterGuard`] that set it, which leaks a reference
    /// if it is dropped out of order.
    sched: Cell<*const Sched>,
    /// How many [`EnterGuard`]s are alive, to see that they go in order.
    depth: Cell<usize>,
    /// The thread drives futures: it must not block or enter a runtime.
    driving: Cell<bool>,
    /// The kernel's number of the thread, once somebody has asked.
    tid: Cell<i32>,
    /// The task that this thread runs, if that isn't its M's `curg`: one of the blocking pool, or a local one.
    task: Cell<Option<Id>>,
    /// rt0's TLS check.
    slot: Cell<usize>,
}

thread_local! {
    static CONTEXT: Context = const {
        Context {
            m: Cell::new(ptr::null()),
            sched: Cell::new(ptr::null()),
            depth: Cell::new(0),
            driving: Cell::new(false),
            tid: Cell::new(0),
            task: Cell::new(None),
            slot: Cell::new(0),
        }
    };
}

/// The M that this thread runs.
#[inline(always)]
pub(crate) fn getm() -> Option<&'static M> {
    // SAFETY: an M is bound only while its thread keeps the scheduler alive (`bind`). The lifetime is shortened by the
    // callers: none keeps the reference past the end of its loop.
    CONTEXT.with(|c| unsafe { c.m.get().as_ref() })
}

/// The M that this thread runs, if it belongs to `sched`.
#[inline(always)]
pub(crate) fn getm_of(sched: *const Sched) -> Option<&'static M> {
    getm().filter(|mp| ptr::eq(mp.sched.as_ptr(), sched))
}

/// The G that runs on this thread; `None` on g0 and outside.
#[inline]
pub fn curg() -> Option<Gp> {
    getm().and_then(M::curg)
}

/// Whether others can go on while this thread blocks in a [`section`](crate::section): it is an M of a `multi_thread` scheduler,
/// sysmon is there to take its P away, and it isn't polling a set of local Gs, which can go nowhere else.
#[inline]
pub fn can_hand_off() -> bool {
    let Some(mp) = getm() else { return false };
    // SAFETY: an M is bound only while its scheduler is kept alive (`bind`).
    let sched = unsafe { mp.sched.as_ref() };
    !sched.fifo && sched.sysmon.is_on() && !crate::local::is_entered()
}

/// Whether sysmon wants the turn to end that goes on on this thread (Go: stackPreempt).
#[inline]
pub fn is_preempted() -> bool {
    getm().and_then(M::p).is_some_and(P::is_preempted)
}

/// The id of the task that runs on this thread.
pub fn current_task_id() -> Option<Id> {
    match curg() {
        // SAFETY: the G is being run by this thread, so it is alive.
        Some(gp) => Some(unsafe { gp.as_ref() }.id()),
        None => CONTEXT.with(|c| c.task.get()),
    }
}

/// Says for the time of `f` that this thread runs the task `id`, which is no G of its M's scheduler: one of the blocking pool, or
/// a local one.
pub(crate) fn with_task<R>(id: Id, f: impl FnOnce() -> R) -> R {
    struct Reset {
        task: Option<Id>,
        outer: Option<(&'static M, Gp)>,
    }
    impl Drop for Reset {
        fn drop(&mut self) {
            CONTEXT.with(|c| c.task.set(self.task));
            if let Some((mp, gp)) = self.outer {
                mp.set_curg(Some(gp));
            }
        }
    }
    // The innermost is the one that counts, so what the M runs steps back.
    let outer = getm().and_then(|mp| Some((mp, mp.curg()?)));
    if let Some((mp, _)) = outer {
        mp.set_curg(None);
    }
    let _reset = Reset { task: CONTEXT.with(|c| c.task.replace(Some(id))), outer };
    f()
}

/// Binds an M to this thread until the guard is dropped.
pub(crate) struct Bound {
    before: *const M,
    thread_bound: PhantomData<*mut ()>,
}

/// See [`Bound`].
///
/// # Safety
/// The caller must keep the M's scheduler alive until the guard is dropped.
pub(crate) unsafe fn bind(mp: &M) -> Bound {
    Bound { before: CONTEXT.with(|c| c.m.replace(mp)), thread_bound: PhantomData }
}

impl Drop for Bound {
    fn drop(&mut self) {
        CONTEXT.with(|c| c.m.set(self.before));
    }
}

/// The current runtime's scheduler.
#[inline(always)]
pub(crate) fn current_ptr() -> Option<NonNull<Sched>> {
    NonNull::new(CONTEXT.with(|c| c.sched.get()).cast_mut())
}

/// The current runtime's scheduler.
pub fn current() -> Option<Arc<Sched>> {
    let sched = current_ptr()?.as_ptr().cast_const();
    // SAFETY: the pointer came from an `Arc` that the guard or the M's thread still holds.
    unsafe { Arc::increment_strong_count(sched) };
    // SAFETY: the count just made is this `Arc`'s.
    Some(unsafe { Arc::from_raw(sched) })
}

/// The current runtime's number.
#[inline]
pub fn current_runtime() -> Option<u64> {
    // SAFETY: as in `current`.
    current_ptr().map(|sched| unsafe { sched.as_ref() }.id)
}

/// Whether the current runtime is a `current_thread` one.
pub(crate) fn is_current_fifo() -> bool {
    // SAFETY: as in `current`.
    current_ptr().is_some_and(|sched| unsafe { sched.as_ref() }.fifo)
}

/// Calls `f` with the scheduler of the runtime with this number: at little cost if it is the current one. `None` if it has ended
/// and nothing is left of it.
#[inline]
pub fn with_runtime<R>(id: u64, f: impl FnOnce(&Sched) -> R) -> Option<R> {
    if let Some(sched) = current_ptr() {
        // SAFETY: as in `current`: whatever made it the current one outlives this call, for `f` can't take away what stands
        // below it on the stack but through an `EnterGuard`, which leaks its reference if it is dropped out of order.
        let sched = unsafe { sched.as_ref() };
        if sched.id == id {
            return Some(f(sched));
        }
    }
    crate::dump::find(id).map(|sched| f(&sched))
}

/// Makes a runtime the current one until it is dropped. Guards must be dropped in the reverse order of their making.
#[derive(Debug)]
pub struct EnterGuard {
    // An address to put back; `AtomicPtr` only because a raw pointer would make the guard `!Sync`, which tokio's isn't.
    before: AtomicPtr<Sched>,
    depth: usize,
    // Keeps `CONTEXT.sched` valid.
    sched: Arc<Sched>,
    // The guard stands for a thread-local state: not `Send`. A shared one can't do anything: `Sync`.
    thread_bound: PhantomData<std::sync::MutexGuard<'static, ()>>,
}

/// Makes `sched` the current runtime.
pub fn enter(sched: Arc<Sched>) -> EnterGuard {
    CONTEXT.with(|c| {
        let depth = c.depth.get() + 1;
        c.depth.set(depth);
        let before = AtomicPtr::new(c.sched.replace(Arc::as_ptr(&sched)).cast_mut());
        EnterGuard { before, depth, sched, thread_bound: PhantomData }
    })
}

impl Drop for EnterGuard {
    fn drop(&mut self) {
        CONTEXT.with(|c| {
            if c.depth.get() != self.depth {
                // A guard made later has our runtime as the one to go back to: it must stay for good.
                std::mem::forget(self.sched.clone());
                if !std::thread::panicking() {
                    panic!(
                        "`EnterGuard` values dropped out of order. Guards returned by `gmp::runtime::Handle::enter()` \
                         must be dropped in the reverse order as they were acquired."
                    );
                }
                // The thread unwinds: better the wrong runtime than a second panic.
                return;
            }
            c.sched.set(*self.before.get_mut());
            c.depth.set(self.depth - 1);
        });
    }
}

/// As [`EnterGuard`], for a frame of the runtime's own: what it found is what it restores, whatever guards the user's code in
/// between has forgotten.
pub(crate) struct Frame {
    before: *const Sched,
    depth: usize,
    _sched: Arc<Sched>,
    thread_bound: PhantomData<*mut ()>,
}

/// See [`Frame`].
pub(crate) fn enter_frame(sched: Arc<Sched>) -> Frame {
    CONTEXT.with(|c| {
        let depth = c.depth.get();
        c.depth.set(depth + 1);
        Frame { before: c.sched.replace(Arc::as_ptr(&sched)), depth, _sched: sched, thread_bound: PhantomData }
    })
}

impl Drop for Frame {
    fn drop(&mut self) {
        CONTEXT.with(|c| {
            c.sched.set(self.before);
            c.depth.set(self.depth);
        });
    }
}

/// How many guards and frames are alive on this thread.
#[inline(always)]
pub(crate) fn depth() -> usize {
    CONTEXT.with(|c| c.depth.get())
}

/// User code has come back and left guards behind (`mem::forget`): the context is again what it was at this depth.
#[cold]
pub(crate) fn drop_leaked(depth: usize, sched: *const Sched) {
    CONTEXT.with(|c| {
        c.depth.set(depth);
        c.sched.set(sched);
    });
}

/// Marks the thread as one that drives futures until it is dropped.
#[derive(Debug)]
pub struct Driving(PhantomData<*mut ()>);

/// See [`Driving`].
///
/// # Panics
/// If the thread drives futures already, in tokio's words.
#[track_caller]
pub fn start_driving() -> Driving {
    if CONTEXT.with(|c| c.driving.replace(true)) {
        panic!(
            "Cannot start a runtime from within a runtime. This happens because a function (like `block_on`) attempted \
             to block the current thread while the thread is being used to drive asynchronous tasks. If you are in an async \
             function, use `.await` on the future instead of blocking on it."
        );
    }
    Driving(PhantomData)
}

impl Drop for Driving {
    fn drop(&mut self) {
        CONTEXT.with(|c| c.driving.set(false));
    }
}

/// For the time of `f` the thread counts as driving, whatever it did before: user code in `f` must not block.
pub(crate) fn while_driving<R>(f: impl FnOnce() -> R) -> R {
    with_driving(true, f)
}

fn with_driving<R>(driving: bool, f: impl FnOnce() -> R) -> R {
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            CONTEXT.with(|c| c.driving.set(self.0));
        }
    }
    let _reset = Reset(CONTEXT.with(|c| c.driving.replace(driving)));
    f()
}

/// Whether the thread drives futures: then it must not block.
pub fn is_driving() -> bool {
    CONTEXT.with(|c| c.driving.get())
}

/// The kernel's number of the thread.
pub(crate) fn gettid() -> i32 {
    CONTEXT.with(|c| {
        if c.tid.get() == 0 {
            c.tid.set(gmp_arch::affinity::gettid());
        }
        c.tid.get()
    })
}

/// For the time of `f` the thread counts as one that drives nothing: it may block.
pub(crate) fn while_not_driving<R>(f: impl FnOnce() -> R) -> R {
    with_driving(false, f)
}

/// The address of the thread's g slot.
pub(crate) fn tls_slot() -> *mut usize {
    CONTEXT.with(|c| c.slot.as_ptr())
}

/// Stores into the thread's g slot through TLS.
pub(crate) fn store_tls(value: usize) {
    CONTEXT.with(|c| c.slot.set(value));
}

/// The number of the P that this thread's M runs Gs with; `None` on g0, in a locked M and outside.
pub fn worker_index() -> Option<usize> {
    let mp = getm()?;
    mp.curg()?;
    mp.p().map(|pp| pp.slot())
}
