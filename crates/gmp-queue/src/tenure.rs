//! [`Tenure`]: whether the M that holds a P record still speaks for its P. Retire and replace.
//!
//! A poll cannot be interrupted, so a P can only be taken behind the back of an M that is inside one. The record (ring,
//! `runnext`, timers) never moves: a second producer would lose or double elements. Instead the record is *retired*: it
//! stays with its M, which stays its only producer, while another record takes its place in the P's slot.
//!
//! ```text
//!            acquire (1)             retire (3)
//!   IDLE ─────────────────▶ LIVE ──────────────────▶ RETIRED
//!     ▲  ◀───────────────── │                          │
//!     │       release (2)                              │
//!     └────────────────────────────────────────────────┘
//!                        give_back (4)
//! ```
//! 1. [`Tenure::acquire`]: an M takes the record. 2. [`Tenure::release`]: its M lets go; fails if it was retired.
//! 3. [`Tenure::retire`]: anyone (sysmon) takes the slot away. 4. [`Tenure::give_back`]: its M, after the poll.
//!
//! # Proof: push ∥ retire ∥ steal ∥ return
//! * *One producer.* Only the M that took (1) puts into the ring, until it does (2) or (4). (3) doesn't change who
//!   that is, and nobody can do (1) before.
//! * *One end of a tenure.* (2) and (3) are compare-exchanges from LIVE: one of them wins. So an M that has released
//!   its record can't find it retired later, and a record retired is returned by (4) and nothing else.
//! * *Nothing is stranded.* The M's push looks at the word: seen RETIRED, the element goes to the global queue. If the
//!   push saw LIVE and lost the race, the element is in a ring that stays in the steal set: whoever retired it empties
//!   it as a thief, at once and (sysmon) at each tick, an M's second look before it sleeps sees it, and the M itself empties it
//!   before (4). So it can be late, not lost.
//! * *The next holder sees an empty ring.* (4) is a release store after that emptying, (1) an acquire.
//!
//! The push pays one relaxed load of a word that nobody writes in ordinary times: no fence, no exchange.
//!
//! Model: `tenure/loom_tests.rs`.
//!
//! Go: none — Go can stop a G where it stands (preemption) or knows that it left (entersyscall); we can't.

use gmp_base::loom::{AtomicU32, Ordering};

const IDLE: u32 = 0;
const LIVE: u32 = 1;
const RETIRED: u32 = 2;

/// The state of a P record's tenure. See the [module](self).
#[derive(Debug)]
pub struct Tenure(AtomicU32);

impl Default for Tenure {
    fn default() -> Self {
        Self::new()
    }
}

impl Tenure {
    /// A record that nobody holds.
    pub fn new() -> Self {
        Self(AtomicU32::new(IDLE))
    }

    /// An M takes the record; says whether it was free.
    #[must_use]
    pub fn acquire(&self) -> bool {
        // ORDERING: acquires what the last holder published in `release` or `give_back`.
        self.0.compare_exchange(IDLE, LIVE, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Its M lets go of the record; says whether it could, which it can't if the record has been retired.
    #[must_use]
    pub fn release(&self) -> bool {
        // ORDERING: publishes the holder's plain writes to the next `acquire`.
        self.0.compare_exchange(LIVE, IDLE, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Takes the P's slot away from the record; says whether it was live. The record stays with its M.
    #[must_use]
    pub fn retire(&self) -> bool {
        // ORDERING: acquires what the holder published when it took the record, so that what the retirer reads of it is not
        // older than its tenure; releases what the retirer wrote before (the replacement in the slot) to `give_back`.
        self.0.compare_exchange(LIVE, RETIRED, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// The M of a retired record, having emptied it, returns it.
    pub fn give_back(&self) {
        // ORDERING: publishes the holder's plain writes and the emptied ring to the next `acquire`.
        let old = self.0.swap(IDLE, Ordering::AcqRel);
        if old != RETIRED {
            gmp_base::throw!("give_back: the record is not retired (state {old})");
        }
    }

    /// Whether the record has been retired.
    #[inline(always)]
    pub fn is_retired(&self) -> bool {
        // ORDERING: a hint on the push path (see the proof: late, not lost); after a poll its M looks again, and the
        // exchange in `release` or the swap in `give_back` decides.
        self.0.load(Ordering::Relaxed) == RETIRED
    }

    /// Whether nobody holds the record.
    #[inline]
    pub fn is_idle(&self) -> bool {
        // ORDERING: a hint, for scans.
        self.0.load(Ordering::Relaxed) == IDLE
    }

    /// Whether an M holds the record and its slot.
    #[inline]
    pub fn is_live(&self) -> bool {
        // ORDERING: a hint, for scans and dumps.
        self.0.load(Ordering::Relaxed) == LIVE
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;

#[cfg(all(test, gmp_loom))]
mod loom_tests;
