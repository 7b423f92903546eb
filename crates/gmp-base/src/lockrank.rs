//! The order in which runtime locks may be taken, checked in debug builds.
//!
//! A thread may take a lock only if its rank is above the rank of every lock it already holds. What is listed first
//! is taken first. The few plain mutexes that threads wait on with a condition variable (the runtime's threads, the blocking
//! pool, the template thread) come before all of these; a thread holds one of them at a time.
//!
//! Go: runtime/lockrank.go, runtime/lockrank_on.go

/// The ranks, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LockRank {
    /// A shard of the list of all Gs.
    AllGs,
    /// The timers of a P slot.
    Timers,
    /// The list of unused poll descriptors.
    PollCache,
    /// The waiters of a poll descriptor.
    PollDesc,
    /// How many Ps there are.
    Procs,
    /// Idle Ms and Ps.
    Sched,
    /// The global run queue.
    GlobRunq,
    /// The global list of free cells of one size class.
    GFree,
    /// Nothing may be taken under it.
    Leaf,
}

#[cfg(debug_assertions)]
mod held {
    use super::LockRank;
    use std::cell::RefCell;

    thread_local! {
        static HELD: RefCell<Vec<LockRank>> = const { RefCell::new(Vec::new()) };
    }

    #[track_caller]
    pub(crate) fn acquire(rank: LockRank) {
        // A thread whose thread-locals are gone is past the point where an order could matter.
        let _ = HELD.try_with(|held| {
            let mut held = held.borrow_mut();
            if let Some(&top) = held.last() {
                if top >= rank {
                    crate::throw!("lock order: taking {rank:?} while holding {top:?}");
                }
            }
            held.push(rank);
        });
    }

    /// For a lock that was free: not waiting for it can't be part of a deadlock.
    pub(crate) fn acquired(rank: LockRank) {
        let _ = HELD.try_with(|held| held.borrow_mut().push(rank));
    }

    pub(crate) fn release(rank: LockRank) {
        let _ = HELD.try_with(|held| {
            let mut held = held.borrow_mut();
            if let Some(i) = held.iter().rposition(|&r| r == rank) {
                held.remove(i);
            }
        });
    }

    /// Whether this thread holds any runtime lock.
    pub(crate) fn any() -> bool {
        HELD.try_with(|held| !held.borrow().is_empty()).unwrap_or(false)
    }
}

#[cfg(not(debug_assertions))]
mod held {
    use super::LockRank;

    #[inline(always)]
    pub(crate) fn acquire(_rank: LockRank) {}

    #[inline(always)]
    pub(crate) fn acquired(_rank: LockRank) {}

    #[inline(always)]
    pub(crate) fn release(_rank: LockRank) {}

    #[inline(always)]
    pub(crate) fn any() -> bool {
        false
    }
}

pub(crate) use held::{acquire, acquired, release};

/// Throws if this thread holds a runtime lock (debug builds). Called before user code runs: a waker, a drop, a poll or
/// a hook under one of our locks is a deadlock that waits for its day.
#[inline(always)]
#[track_caller]
pub fn assert_no_locks() {
    if held::any() {
        crate::throw!("user code is about to run under a runtime lock");
    }
}
