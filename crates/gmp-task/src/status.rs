//! [`Status`]: the state word of a G. Its transitions are the whole protocol between poll, wake, join, abort and drop.
//!
//! ```text
//!             enter (1)                    complete (4)
//!  RUNNABLE ────────────▶ RUNNING ───────────────────────────▶ DEAD
//!   ▲  ▲                  │    │ wake, abort (3): RUNNABLE too
//!   │  └──────────────────┘    │
//!   │  park, woken meanwhile (2)
//!   │                          │ park (2)
//!   └───────── WAITING ◀───────┘
//!   wake, abort (3)
//! ```
//! Go's statuses: `_Grunnable` RUNNABLE, `_Grunning` RUNNING, `_Gwaiting` none of the three bits, `_Gdead` DEAD. What Go
//! throws at (readying a G that doesn't wait) is legal here: RUNNING with RUNNABLE is "woken during its poll".
//! 1. [`enter`](Status::enter), by who took the G out of a queue. 2. [`park`](Status::park), after a pending poll.
//! 3. [`wake_by_ref`](Status::wake_by_ref), [`wake_by_val`](Status::wake_by_val), [`abort`](Status::abort), by anyone
//!    with a reference. 4. [`complete`](Status::complete).
//!
//! # Proof
//! * *One poller.* RUNNABLE is set by a read-modify-write that sees it clear; whoever set it on a waiting G has the one
//!   right to queue it, and whoever takes it out of the queue has the one right to [`enter`](Status::enter). A wake
//!   during a poll sets RUNNABLE too, and then [`park`](Status::park), which clears RUNNING, passes the right to its
//!   caller. `enter` throws if it finds anything else.
//! * *No lost wake.* A wake is a read-modify-write in each case, also when RUNNABLE is set already: in the word's
//!   modification order it stands before the `enter` of the poll that is to see it, and that `enter` acquires what it
//!   released. A mere load could be older than the poll that it relies on.
//! * *Life.* The life reference is dropped by [`complete`](Status::complete) or after it, so RUNNABLE, RUNNING and
//!   WAITING never see the count reach zero.
//! * *Output and join waker.* [`complete`](Status::complete) is one compare-exchange that sets DEAD and sees
//!   JOIN_INTEREST and JOIN_WAKER as they are; the join handle's changes of these bits fail once DEAD is set. So both
//!   sides agree on who owns the output and the waker (the table in the crate's page).
//!
//! Model: `status/loom_tests.rs`.
//!
//! Go: runtime/runtime2.go:17-118, runtime/proc.go (casgstatus, 1220-1460)

mod outcome;

use gmp_base::loom::{AtomicUsize, Ordering};
use std::fmt;

pub use outcome::{Complete, JoinDropped, Park, Wake};

/// In a queue, or on the way to or from one; during a poll: to be queued after it.
const RUNNABLE: usize = 1;
/// Being polled or cancelled by one thread.
const RUNNING: usize = 1 << 1;
/// Has no future any more; nothing but the reference count changes from here on.
const DEAD: usize = 1 << 2;
/// Is to be cancelled when it runs next.
const CANCELLED: usize = 1 << 3;
/// There is a join handle.
const JOIN_INTEREST: usize = 1 << 4;
/// The join waker is set and belongs to who completes the G.
const JOIN_WAKER: usize = 1 << 5;
/// Belongs to one M: who wakes it tells that M, and queues nothing.
const LOCKED: usize = 1 << 6;
/// One reference.
const REF: usize = 1 << 7;
/// Above this the count is wrong: leaked wakers without end. Half the range, so that no race can step over it.
const MAX_REFS: usize = usize::MAX / 2;

const BORN: usize = RUNNABLE | JOIN_INTEREST | (2 * REF);

/// A copy of the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Snapshot(usize);

impl Snapshot {
    /// Whether the G is dead.
    pub fn is_dead(self) -> bool {
        self.0 & DEAD != 0
    }

    /// Whether the G is in a queue or will be.
    pub fn is_runnable(self) -> bool {
        self.0 & RUNNABLE != 0
    }

    /// Whether the G is being polled.
    pub fn is_running(self) -> bool {
        self.0 & RUNNING != 0
    }

    /// Whether the G has been cancelled.
    pub fn is_cancelled(self) -> bool {
        self.0 & CANCELLED != 0
    }

    /// Whether the G is locked to an M.
    pub fn is_locked(self) -> bool {
        self.0 & LOCKED != 0
    }

    /// Whether there is a join handle.
    pub fn has_join_handle(self) -> bool {
        self.0 & JOIN_INTEREST != 0
    }

    fn refs(self) -> usize {
        self.0 / REF
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (DEAD, "dead"),
            (RUNNING, "running"),
            (RUNNABLE, "runnable"),
            (CANCELLED, "cancelled"),
            (JOIN_INTEREST, "join-interest"),
            (JOIN_WAKER, "join-waker"),
            (LOCKED, "locked"),
        ];
        let waiting = self.0 & (RUNNABLE | RUNNING | DEAD) == 0;
        let mut set = f.debug_set();
        if waiting {
            set.entry(&format_args!("waiting"));
        }
        for (bit, name) in names {
            if self.0 & bit != 0 {
                set.entry(&format_args!("{name}"));
            }
        }
        set.entry(&format_args!("refs={}", self.refs())).finish()
    }
}

/// The G has died meanwhile.
#[derive(Debug)]
pub struct Dead;

/// The state word. See the [module](self).
pub struct Status(AtomicUsize);

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load().fmt(f)
    }
}

impl Status {
    /// A new G: runnable, with a join handle and its life reference.
    pub fn born() -> Self {
        Self(AtomicUsize::new(BORN))
    }

    /// The word as it is now.
    #[inline]
    pub fn load(&self) -> Snapshot {
        // ORDERING: acquires `complete`'s release, so that who sees DEAD may read the output.
        Snapshot(self.0.load(Ordering::Acquire))
    }

    /// (1) RUNNABLE → RUNNING. Says whether the G has been cancelled.
    #[inline]
    pub fn enter(&self) -> bool {
        // ORDERING: acquires what the wakes released (what the future is to see) and what the last poller released in
        // `park` (the future itself).
        let old = self.0.fetch_add(RUNNING - RUNNABLE, Ordering::AcqRel);
        // One mask for all that is rare.
        old & (RUNNABLE | RUNNING | DEAD | CANCELLED) != RUNNABLE && Self::enter_rarely(old)
    }

    #[cold]
    fn enter_rarely(old: usize) -> bool {
        if old & (RUNNABLE | RUNNING | DEAD) != RUNNABLE {
            gmp_base::throw!("execute: bad g status {:?}", Snapshot(old));
        }
        old & CANCELLED != 0
    }

    /// Whether the running G has been woken during its poll.
    #[inline]
    pub fn is_woken(&self) -> bool {
        // ORDERING: a hint for the poller; `park` decides.
        self.0.load(Ordering::Relaxed) & RUNNABLE != 0
    }

    /// (2) RUNNING → WAITING, or RUNNABLE if it was woken meanwhile.
    #[inline]
    pub fn park(&self) -> Park {
        // ORDERING: releases the future to the next `enter`; acquires, for the case that we are the next.
        let old = self.0.fetch_sub(RUNNING, Ordering::AcqRel);
        // One mask for all that is rare.
        match old & (RUNNABLE | CANCELLED | LOCKED) {
            0 => Park::Parked,
            RUNNABLE => Park::Again { cancelled: false },
            _ => Self::park_rarely(old),
        }
    }

    #[cold]
    fn park_rarely(old: usize) -> Park {
        // Who cancels a G makes it runnable in the same step, and the turn that would make it neither is its last.
        let (again, cancelled) = (old & RUNNABLE != 0, old & CANCELLED != 0);
        match old & LOCKED == 0 {
            true => Park::Again { cancelled },
            false => Park::Locked { again, cancelled },
        }
    }

    /// Whether the G is locked to an M. Only for who runs the G or has the right to queue it: nobody else changes it then.
    #[inline(always)]
    pub fn is_locked(&self) -> bool {
        // ORDERING: the read-modify-write that gave the caller its right comes after the change in the word's order.
        self.0.load(Ordering::Relaxed) & LOCKED != 0
    }

    /// Locks the running G to the M that runs it. Only that may call this.
    pub fn lock(&self) {
        // ORDERING: `park` releases it.
        self.0.fetch_or(LOCKED, Ordering::Relaxed);
    }

    /// The M of a locked G that isn't running gives it up; `runnable` says that it has the right to run it. False: it hasn't, and a
    /// waker has got it, that has seen the lock and will tell the M.
    #[must_use]
    pub fn unlock(&self, runnable: bool) -> bool {
        // ORDERING: a first guess; the exchange decides.
        let mut old = self.0.load(Ordering::Relaxed);
        loop {
            if old & RUNNABLE != 0 && !runnable {
                return false;
            }
            // ORDERING: releases the M's turns to who queues the G next; acquires, as `park` does.
            match self.0.compare_exchange_weak(old, old & !LOCKED, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => old = now,
            }
        }
    }

    /// (4) RUNNING → DEAD; the output is in its place.
    #[inline]
    pub fn complete(&self) -> Complete {
        // ORDERING: acquires the releases of all dropped references, for the case that we are the last.
        let mut old = self.0.load(Ordering::Acquire);
        loop {
            if old & (RUNNING | DEAD) != RUNNING {
                gmp_base::throw!("goexit: bad g status {:?}", Snapshot(old));
            }
            let dead = old & !RUNNING | DEAD;
            // ORDERING: releases the output to the join handle's acquire in `load`; acquires the join waker that the
            // handle released in `set_join_waker`, and dropped references as above.
            let exchange = |new| self.0.compare_exchange_weak(old, new, Ordering::AcqRel, Ordering::Acquire);
            // An exchange for each outcome, so that it is known afterwards without being remembered.
            let failed = if old & JOIN_WAKER != 0 {
                match exchange(dead) {
                    Ok(_) => return Complete::WakeJoiner,
                    Err(now) => now,
                }
            } else if old & JOIN_INTEREST != 0 {
                match exchange(dead - REF) {
                    Ok(_) => return Complete::Released,
                    Err(now) => now,
                }
            } else if Snapshot(old).refs() == 1 {
                return Complete::Sole;
            } else {
                match exchange(dead) {
                    Ok(_) => return Complete::DropOutput,
                    Err(now) => now,
                }
            };
            old = failed;
        }
    }

    /// (3) by a borrowed reference.
    #[inline]
    pub fn wake_by_ref(&self) -> Wake {
        // ORDERING: a first guess; the exchange decides. DEAD is final, so even an old value that has it is right.
        let mut old = self.0.load(Ordering::Relaxed);
        if old & DEAD != 0 {
            return Wake::Nothing;
        }
        // ORDERING: releases what the waker wrote to the `enter` that follows it in the word's order; acquires, so
        // that the queueing comes after the poll that parked.
        if self.0.compare_exchange(old, old | RUNNABLE, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            // ORDERING: as above. On a dead G it does nothing that anybody sees.
            old = self.0.fetch_or(RUNNABLE, Ordering::AcqRel);
        }
        if old & (RUNNABLE | RUNNING | DEAD) == 0 { Wake::of_waiting(old & LOCKED != 0) } else { Wake::Nothing }
    }

    /// (3) giving up a reference.
    #[inline]
    pub fn wake_by_val(&self) -> Wake {
        // ORDERING: a first guess; the exchange decides.
        let old = self.0.load(Ordering::Relaxed);
        // What is usual stands apart, so that it is known afterwards without being remembered.
        if old & (RUNNABLE | RUNNING | DEAD | LOCKED) == 0 {
            let new = (old | RUNNABLE) - REF;
            // ORDERING: as in `wake_by_ref`.
            if self.0.compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return Wake::Submit;
            }
        }
        self.wake_by_val_in_any_case()
    }

    #[inline(never)]
    fn wake_by_val_in_any_case(&self) -> Wake {
        // ORDERING: as in `wake_by_val`.
        let mut old = self.0.load(Ordering::Relaxed);
        loop {
            let (new, outcome) = if old & DEAD != 0 {
                (old - REF, if Snapshot(old).refs() == 1 { Wake::Free } else { Wake::Nothing })
            } else if old & (RUNNABLE | RUNNING) == 0 {
                ((old | RUNNABLE) - REF, Wake::of_waiting(old & LOCKED != 0))
            } else {
                ((old | RUNNABLE) - REF, Wake::Nothing)
            };
            // ORDERING: as in `wake_by_ref`; and as in `ref_dec` for the case that the cell is freed.
            match self.0.compare_exchange_weak(old, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return outcome,
                Err(now) => old = now,
            }
        }
    }

    /// (3) Marks the G as cancelled. Says whether the caller has to queue it.
    #[must_use]
    pub fn abort(&self) -> bool {
        // ORDERING: a first guess; the exchange decides. DEAD is final.
        let mut old = self.0.load(Ordering::Relaxed);
        loop {
            if old & (DEAD | CANCELLED) != 0 {
                return false;
            }
            // ORDERING: as in `wake_by_ref`.
            match self.0.compare_exchange_weak(old, old | CANCELLED | RUNNABLE, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return old & (RUNNABLE | RUNNING) == 0,
                Err(now) => old = now,
            }
        }
    }

    /// One reference more.
    #[inline]
    pub fn ref_inc(&self) {
        // ORDERING: a reference is made from another one, which keeps the cell; nothing is published.
        let old = self.0.fetch_add(REF, Ordering::Relaxed);
        if old > MAX_REFS {
            gmp_base::throw!("too many wakers of one task");
        }
    }

    /// One reference less; says whether it was the last.
    #[inline]
    #[must_use]
    pub fn ref_dec(&self) -> bool {
        // A lone reference is the caller's, and only from a reference is another one made: nobody is left to race with,
        // so the locked operation is spared. The count stays 1 then; who is told so frees the cell.
        // ORDERING: acquires the releases of all dropped references, as the subtraction would.
        if self.load().refs() == 1 {
            return true;
        }
        // ORDERING: releases this reference's uses to the last one, and acquires all others' if this is the last.
        let old = self.0.fetch_sub(REF, Ordering::AcqRel);
        if old < REF {
            gmp_base::throw!("a task's reference count went below zero");
        }
        Snapshot(old).refs() == 1
    }

    /// The join handle has written the join waker and passes it on.
    ///
    /// # Errors
    /// [`Dead`]: the G has completed; the waker stays the join handle's, and so does the output.
    #[inline]
    pub fn set_join_waker(&self) -> Result<(), Dead> {
        self.update_join(|old| old | JOIN_WAKER)
    }

    /// The join handle takes the join waker back.
    ///
    /// # Errors
    /// [`Dead`]: the G has completed; the waker is gone, the output is the join handle's.
    #[inline]
    pub fn unset_join_waker(&self) -> Result<(), Dead> {
        self.update_join(|old| old & !JOIN_WAKER)
    }

    /// Whether the join waker has been passed on. Only the join handle may ask.
    #[inline]
    pub fn has_join_waker(&self) -> bool {
        // ORDERING: the join handle is the only one that changes the bit, so it knows its own last value.
        self.0.load(Ordering::Relaxed) & JOIN_WAKER != 0
    }

    fn update_join(&self, f: impl Fn(usize) -> usize) -> Result<(), Dead> {
        // ORDERING: acquires the output if DEAD is seen.
        let mut old = self.0.load(Ordering::Acquire);
        loop {
            if old & DEAD != 0 {
                return Err(Dead);
            }
            // ORDERING: releases the join waker to `complete`; acquires the output if DEAD is seen.
            match self.0.compare_exchange_weak(old, f(old), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(()),
                Err(now) => old = now,
            }
        }
    }

    /// The join handle is dropped.
    #[inline]
    pub fn drop_join_handle(&self) -> JoinDropped {
        // ORDERING: acquires the output if DEAD is seen.
        let mut old = self.0.load(Ordering::Acquire);
        loop {
            if old & DEAD != 0 {
                return JoinDropped::DropOutput;
            }
            let gone = old & !(JOIN_INTEREST | JOIN_WAKER);
            let (new, outcome) = if old & JOIN_WAKER != 0 {
                (gone, JoinDropped::DropWaker)
            } else {
                // Not the last: the G isn't dead, so it has its life reference.
                (gone - REF, JoinDropped::Nothing)
            };
            // ORDERING: as in `ref_dec`; acquires the output if DEAD is seen.
            match self.0.compare_exchange_weak(old, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return outcome,
                Err(now) => old = now,
            }
        }
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;

#[cfg(all(test, gmp_loom))]
mod loom_tests;
