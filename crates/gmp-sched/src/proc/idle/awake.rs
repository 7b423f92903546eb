//! How many Ms are to be awake: no more than there are CPUs for, while others keep the machine busy.
//!
//! To wake an M for which there is no CPU doesn't get the work done sooner. It takes the CPU from an M that is awake, or from the very program
//! that the work is for, and both lose their caches. So sysmon, who sees how many CPUs are free (`sysmon/cpus.rs`), sets a limit, and from
//! then on what is submitted is left to the Ms that are awake if there are so many. They aren't left alone with it for long: when
//! sysmon finds that none of them has run dry for a tick it lifts the limit.
//!
//! # Proof: what is left to the awake is not lost
//! Submitting is: queue; full fence; is a P held? Giving a P up is: count it as idle; full fence; look into all queues. Of the two fences one is
//! first. If the submitter's is, who gives the P up finds what was queued. If the other one is, the submitter sees the P idle; and if that was the last
//! one, the limit, which is 1 at least, leaves nothing to anybody.
//!
//! An M that goes to sleep doesn't take the seat then, and leaves events and timers to those that hold Ps, who look for them when they have
//! nothing to run and each 61st turn. Who gives up the last P sees that all are idle: it takes the seat, or sees that somebody does
//! (`seat::cover_slot`). Who holds one and stays in a turn is sysmon's to find, which is awake while a P is held, and without which there is no limit.
//!
//! Ps of Ms that run nothing but one future (`LockedP`) don't count: nothing can be left to them.
//!
//! Model: `loom_tests.rs`.
//!
//! Go: none — there an M is woken for each idle P

use super::Idle;
use gmp_base::loom::unmodelled::{AtomicUsize, Ordering};

/// The limit and what it depends on.
#[derive(Debug)]
pub(super) struct Awake {
    /// So many Ms may be awake for what is submitted. At least 1.
    limit: AtomicUsize,
    /// Ps that are held by Ms which run one future only.
    nlocked: AtomicUsize,
}

impl Default for Awake {
    fn default() -> Self {
        Self { limit: AtomicUsize::new(usize::MAX), nlocked: AtomicUsize::new(0) }
    }
}

impl<T: Copy + PartialEq> Idle<T> {
    /// Sysmon: there are CPUs for so many Ms.
    pub fn limit_awake(&self, limit: usize) {
        // ORDERING: a hint: the proof needs no order between it and anything else, as each look at it stands alone.
        self.awake.limit.store(limit.max(1), Ordering::Relaxed);
    }

    /// Whether what has been queued before a full fence is left to the Ms that hold Ps: there are enough of them for the CPUs.
    #[inline]
    pub fn is_left_to_the_awake(&self) -> bool {
        // ORDERING: as above.
        self.is_limited() && self.awake.limit.load(Ordering::Relaxed) <= self.nawake()
    }

    /// Whether others want the CPUs.
    #[inline]
    pub fn is_limited(&self) -> bool {
        // ORDERING: as above.
        self.awake.limit.load(Ordering::Relaxed) < self.in_use()
    }

    /// How many Ps are held by Ms that run what is queued.
    #[inline]
    fn nawake(&self) -> usize {
        // ORDERING: a hint: who is taken for one that runs others' Gs looks for them nevertheless when it gives its P up.
        self.in_use().saturating_sub(self.npidle()).saturating_sub(self.awake.nlocked.load(Ordering::Relaxed))
    }

    /// One more M runs nothing but one future, or wants to. Says how many there are.
    pub fn count_locked(&self) -> usize {
        // ORDERING: only the count matters.
        self.awake.nlocked.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// One of those less.
    pub fn uncount_locked(&self) {
        // ORDERING: as above.
        self.awake.nlocked.fetch_sub(1, Ordering::Relaxed);
    }
}
