//! One turn of a G: poll, or cancel; park, queue again, or die.
//!
//! A panic never leaves here: what the future, its drop, its output's drop or the joiner's waker throws is caught and
//! becomes a [`JoinError`] or, where nobody can be told, is dropped.
//!
//! Go: runtime/proc.go (execute's second half, park_m, goexit0), runtime/panic.go

use crate::cell::{self, Cell, Stage};
use crate::error::{JoinError, panic_message};
use crate::g::{self, Gp};
use crate::schedule::{Panicked, Schedule};
use crate::status::{Complete, Park};
use crate::waker;
use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// What became of a G that was run. With a tag of its own, so that to ask for a variant is one comparison.
#[must_use]
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// It waits. It isn't ours any more.
    Parked,
    /// It was woken during its poll, or it yielded: queue it again, at the tail.
    Again,
    /// It is locked to this M: nobody else runs it.
    Locked {
        /// It was woken during its poll, or it yielded: it is to be run again. If not, it waits.
        again: bool,
    },
    /// It is dead. It isn't ours any more.
    Done,
}

type Payload = Box<dyn Any + Send + 'static>;

/// # Safety
/// See [`g::run`]; `gp` must be a `Cell<F, S>`.
pub(crate) unsafe fn run<F: Future + 'static, S: Schedule>(gp: Gp) -> Ran {
    let cell = gp.cast::<Cell<F, S>>();
    // SAFETY: the caller has the right to run the G.
    unsafe { S::check_owner(gp) };
    // SAFETY: the caller has the right to run the G, which keeps it alive until it parks or dies.
    let header = unsafe { gp.as_ref() };
    if header.status.enter() {
        // SAFETY: we have set RUNNING.
        unsafe { cancel(cell) };
        return Ran::Done;
    }
    // SAFETY: we have set RUNNING.
    match unsafe { poll_future(cell) } {
        Poll::Ready(output) => {
            // SAFETY: we have set RUNNING, and the future is dropped.
            unsafe { complete(cell, output) };
            Ran::Done
        }
        Poll::Pending => {
            // A G that only yields needn't be listed: it is in a queue, where a shutdown finds it.
            // SAFETY: we run the G, and it isn't listed.
            if !header.status.is_woken() && !header.allg.is_linked() && !unsafe { S::allgadd(gp) } {
                // SAFETY: we have set RUNNING.
                unsafe { cancel(cell) };
                return Ran::Done;
            }
            match header.status.park() {
                Park::Parked => Ran::Parked,
                Park::Again { cancelled: false } => Ran::Again,
                // SAFETY: `park` has just said so.
                rare => unsafe { parked_rarely::<F, S>(gp, rare) },
            }
        }
    }
}

/// The G is locked, or was cancelled during its poll. Apart, so that the future's poll is made part of [`run`].
///
/// # Safety
/// `parked` must be what `park` has said of the G, which is a `Cell<F, S>`.
#[cold]
#[inline(never)]
unsafe fn parked_rarely<F: Future + 'static, S: Schedule>(gp: Gp, parked: Park) -> Ran {
    match parked {
        Park::Parked => Ran::Parked,
        Park::Again { cancelled: false } => Ran::Again,
        Park::Locked { again, cancelled: false } => Ran::Locked { again },
        // Without a turn it isn't woken, so not cancelled either.
        Park::Again { cancelled: true } | Park::Locked { cancelled: true, .. } => {
            // SAFETY: `park` has given us the right to run the G.
            unsafe { shutdown::<F, S>(gp) };
            Ran::Done
        }
    }
}

/// # Safety
/// See [`g::shutdown`]; `gp` must be a `Cell<F, S>`.
pub(crate) unsafe fn shutdown<F: Future + 'static, S: Schedule>(gp: Gp) {
    // SAFETY: the caller has the right to run the G.
    unsafe { S::check_owner(gp) };
    // SAFETY: as above.
    unsafe { gp.as_ref() }.status.enter();
    // SAFETY: we have set RUNNING.
    unsafe { cancel(gp.cast::<Cell<F, S>>()) };
}

/// Polls the future; when it is done or has panicked, it is dropped.
///
/// # Safety
/// The caller must have set RUNNING, and the cell must hold the future.
#[inline]
unsafe fn poll_future<F: Future, S: Schedule>(cell: NonNull<Cell<F, S>>) -> Poll<Result<F::Output, JoinError>> {
    // SAFETY: RUNNING keeps the G alive for the whole call, so for the waker too.
    let waker = unsafe { waker::borrowed(cell.cast()) };
    let polled = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: RUNNING keeps the cell.
        let stage = unsafe { &cell.as_ref().stage };
        let polled = stage.with_mut(|stage| {
            // SAFETY: RUNNING makes us the only one to touch the stage.
            let Stage::Future(future) = (unsafe { &mut *stage }) else {
                gmp_base::throw!("execute: the g has no future");
            };
            // SAFETY: the future is never moved until it is dropped in place: the cell doesn't move.
            let future = unsafe { Pin::new_unchecked(future) };
            future.poll(&mut Context::from_waker(&waker))
        });
        if polled.is_ready() {
            // SAFETY: RUNNING; the future is done.
            unsafe { empty_stage(cell) };
        }
        polled
    }));
    match polled {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(payload) => {
            // The future is dropped here and not while the panic unwinds, so that a second panic is only that.
            // SAFETY: RUNNING; the future has panicked and is never polled again.
            if let Err(second) = catch_unwind(AssertUnwindSafe(|| unsafe { empty_stage(cell) })) {
                drop_payload(second);
            }
            // SAFETY: RUNNING keeps the header.
            Poll::Ready(Err(JoinError::panic(unsafe { cell.as_ref() }.header.id, payload)))
        }
    }
}

/// Drops the future and completes the G as cancelled.
///
/// # Safety
/// The caller must have set RUNNING.
#[cold]
unsafe fn cancel<F: Future + 'static, S: Schedule>(cell: NonNull<Cell<F, S>>) {
    // SAFETY: RUNNING keeps the header.
    let id = unsafe { cell.as_ref() }.header.id;
    // SAFETY: RUNNING makes us the only one to touch the stage.
    let output = match catch_unwind(AssertUnwindSafe(|| unsafe { empty_stage(cell) })) {
        Ok(()) => JoinError::cancelled(id),
        Err(payload) => JoinError::panic(id, payload),
    };
    // SAFETY: RUNNING, and the future is dropped.
    unsafe { complete(cell, Err(output)) };
}

/// Drops what is in the cell, in place; the cell is empty afterwards, also if the drop panics.
///
/// # Safety
/// The caller must be the one who may touch the stage.
#[inline]
unsafe fn empty_stage<F: Future, S>(cell: NonNull<Cell<F, S>>) {
    /// Marks the stage as empty without dropping it: that has happened, or is being unwound from.
    struct Empty<F: Future>(*mut Stage<F>);
    impl<F: Future> Drop for Empty<F> {
        fn drop(&mut self) {
            // SAFETY: the guard is made of a stage that its maker may touch.
            unsafe { self.0.write(Stage::Empty) };
        }
    }
    // SAFETY: who may touch the stage keeps the cell.
    let place = unsafe { &cell.as_ref().stage };
    place.with_mut(|stage| {
        let _empty = Empty(stage);
        // SAFETY: the caller is the one who may touch the stage. A pinned future is dropped where it lies.
        unsafe { stage.drop_in_place() };
    });
}

/// Puts the output into the empty cell.
///
/// # Safety
/// The caller must be the one who may touch the stage.
#[inline]
unsafe fn write_output<F: Future, S>(cell: NonNull<Cell<F, S>>, output: Result<F::Output, JoinError>) {
    // SAFETY: who may touch the stage keeps the cell.
    let place = unsafe { &cell.as_ref().stage };
    // SAFETY: the caller is the one who may touch the stage. It is empty, so nothing is leaked by not dropping it.
    place.with_mut(|stage| unsafe { stage.write(Stage::Output(output)) });
}

/// The G dies with this output.
///
/// # Safety
/// The caller must have set RUNNING; the future must be dropped. The G must not be touched afterwards.
#[inline]
unsafe fn complete<F: Future + 'static, S: Schedule>(cell: NonNull<Cell<F, S>>, output: Result<F::Output, JoinError>) {
    let gp: Gp = cell.cast();
    // SAFETY: RUNNING keeps the header until `complete` below.
    let header = unsafe { gp.as_ref() };
    // SAFETY: we run the G.
    unsafe { tell_dying::<F, S>(gp, &output) };
    // SAFETY: RUNNING; the stage is empty, so nothing is dropped.
    unsafe { write_output(cell, output) };
    if header.allg.is_linked() {
        // SAFETY: we run the G, and it is listed.
        unsafe { S::allgremove(gp) };
    }
    match header.status.complete() {
        Complete::Released => {}
        Complete::Sole => {
            // SAFETY: nobody else has a reference.
            unsafe { drop_output::<F, S>(gp) };
            // SAFETY: as above; the life reference is the last.
            unsafe { g::free(gp) };
        }
        Complete::DropOutput => {
            // SAFETY: the output is ours.
            unsafe { drop_output::<F, S>(gp) };
            // SAFETY: the life reference is ours and not used again.
            unsafe { g::drop_ref(gp) };
        }
        Complete::WakeJoiner => {
            // SAFETY: JOIN_WAKER was set when we set DEAD, so the waker is ours.
            let waker = header.join_waker.with_mut(|w| unsafe { (*w).take() });
            if let Some(waker) = waker {
                // A user's own waker may panic.
                if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
                    drop_payload(payload);
                }
            }
            // SAFETY: the life reference is ours and not used again.
            unsafe { g::drop_ref(gp) };
        }
    }
}

/// # Safety
/// The caller must be running the G.
#[inline]
unsafe fn tell_dying<F: Future, S: Schedule>(gp: Gp, output: &Result<F::Output, JoinError>) {
    match output {
        // SAFETY: the caller runs the G.
        Ok(_) => unsafe { S::dying(gp, None) },
        // SAFETY: the caller runs the G.
        Err(error) => unsafe { tell_failed::<S>(gp, error) },
    }
}

/// # Safety
/// The caller must be running the G.
#[cold]
unsafe fn tell_failed<S: Schedule>(gp: Gp, error: &JoinError) {
    error.with_payload(|payload| {
        let panicked = payload.map(|payload| Panicked {
            message: panic_message(payload),
            // SAFETY: who runs the G keeps the header.
            has_join_handle: unsafe { gp.as_ref() }.status.load().has_join_handle(),
        });
        // SAFETY: the caller runs the G.
        unsafe { S::dying(gp, panicked) };
    });
}

/// # Safety
/// `gp` must be a `Cell<F, S>`, dead, and the output the caller's; `dst` must point to room
/// for a `Poll<Result<F::Output, JoinError>>`, which is written unless the call panics; nothing there is dropped.
pub(crate) unsafe fn take_output<F: Future, S>(gp: Gp, dst: *mut ()) {
    let cell = gp.cast::<Cell<F, S>>();
    // SAFETY: the caller has a reference.
    let stage = unsafe { &cell.as_ref().stage };
    // The output is the caller's, so nobody else touches the stage. An output isn't pinned.
    stage.with_mut(|place| {
        // SAFETY: as above.
        let output: *const _ = match unsafe { &*place } {
            Stage::Output(output) => output,
            Stage::Empty => panic!("JoinHandle polled after completion"),
            Stage::Future(_) => gmp_base::throw!("a dead g has a future"),
        };
        // Straight from there to here, and not by way of the stack.
        // SAFETY: a live output, which is written over below and not dropped here.
        let output = Poll::Ready(unsafe { output.read() });
        // SAFETY: the caller says that `dst` points to room for it.
        unsafe { dst.cast::<Poll<Result<F::Output, JoinError>>>().write(output) };
        // SAFETY: what was there has been moved out.
        unsafe { place.write(Stage::Empty) };
    });
}

/// The join handle is dropped after the G is dead: drops the output, if it hasn't been taken, and then the handle's reference.
///
/// # Safety
/// `gp` must be a `Cell<F, S>`, dead, the output the caller's, and the reference too, which isn't used afterwards.
pub(crate) unsafe fn drop_joined<F: Future + 'static, S: Schedule>(gp: Gp) {
    let cell = gp.cast::<Cell<F, S>>();
    // SAFETY: the caller's reference keeps the cell.
    let stage = unsafe { &cell.as_ref().stage };
    // As a rule it has been taken.
    // SAFETY: the output is the caller's, so it is the one who may touch the stage.
    if !stage.with(|stage| matches!(unsafe { &*stage }, Stage::Empty)) {
        // SAFETY: the caller's promise.
        unsafe { drop_output::<F, S>(gp) };
    }
    // SAFETY: the caller's reference keeps the header.
    if unsafe { gp.as_ref() }.status.ref_dec() {
        // SAFETY: that was the last reference, so the cell is ours alone.
        unsafe { cell::free::<F, S>(gp) }
    }
}

/// Drops the output; a panic of its drop is dropped too.
///
/// # Safety
/// `gp` must be a `Cell<F, S>`, dead or about to be, and the output the caller's.
unsafe fn drop_output<F: Future, S>(gp: Gp) {
    let cell = gp.cast::<Cell<F, S>>();
    // SAFETY: the output is the caller's, so it is the one who may touch the stage.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| unsafe { empty_stage(cell) })) {
        drop_payload(payload);
    }
}

/// Drops a panic's payload, whose own drop may panic, and so on; after a few rounds it is leaked.
#[cold]
pub fn drop_payload(payload: Payload) {
    let mut payload = payload;
    for _ in 0..4 {
        match catch_unwind(AssertUnwindSafe(move || drop(payload))) {
            Ok(()) => return,
            Err(next) => payload = next,
        }
    }
    std::mem::forget(payload);
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
