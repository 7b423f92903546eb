//! [`Pace`]: how long an M's turns take, so that it knows whether Gs whose timers have fired are worth a second M.
//!
//! To wake an M costs both some microseconds, and the Gs that it takes over come without their caches. A hundred Gs that only look
//! what the time is are run in less. So an M that has fired timers wakes another one only if it will not be done with them
//! soon: because there are too many, or because turns are long, or because it isn't done after that time.
//!
//! Go: none — there who readies Gs wakes a P for them (injectglist)

/// What is done within so many nanoseconds isn't worth a second M: a quarter of the interval at which crowded timers are fired.
const SOON: u64 = super::seat::SPACING / 4;

/// After so many turns at least an M with timers looks at the clock.
const TURNS: u32 = 4;

/// What an M knows of its turns. Times are the clock's.
#[derive(Debug)]
pub(crate) struct Pace {
    /// When it last looked at the clock; 0: it has slept since.
    looked: u64,
    /// How long a turn takes: grows quickly, and shrinks slowly.
    turn: u64,
    /// Since when Gs of timers are in the ring that nobody has been woken for; 0: there are none.
    owed_since: u64,
}

impl Pace {
    /// Nothing is known: turns may be long.
    pub(crate) fn new() -> Self {
        Self { looked: 0, turn: SOON, owed_since: 0 }
    }

    /// The M goes to sleep: it isn't running turns.
    pub(crate) fn asleep(&mut self) {
        *self = Self { looked: 0, turn: self.turn, owed_since: 0 };
    }

    /// The M looks at the clock, so many turns after the last look.
    pub(crate) fn look(&mut self, now: u64, turns: u32) {
        if self.looked != 0 && turns != 0 {
            let turn = now.saturating_sub(self.looked) / u64::from(turns);
            // Half of a long one is remembered, and a fourth of the others: so it takes a while to forget.
            self.turn = if turn > self.turn { self.turn.midpoint(turn) } else { (self.turn * 3 + turn) / 4 };
        }
        self.looked = now;
    }

    /// What it did since the look is none of a turn's time.
    pub(crate) fn start(&mut self, now: u64) {
        self.looked = now;
    }

    /// In how many turns it looks again, if its ring is so long: who waits behind so many doesn't wait much longer if it comes a
    /// fraction later, and reading the clock costs half a turn.
    pub(crate) fn next_look(&self, waiting: usize) -> u32 {
        TURNS.max((waiting as u64 / 4).min(SOON / self.turn.max(1)) as u32)
    }

    /// After how many nanoseconds so many turns will be over, even if they take several times as long as the last ones.
    pub(crate) fn far(&self, turns: u32) -> u64 {
        self.turn.saturating_mul(u64::from(turns)).saturating_mul(8)
    }

    /// The M has fired timers or looked for them, and its ring is so long now. Says whether another M is to be woken.
    /// `last`: it will not look again.
    pub(crate) fn is_behind(&mut self, now: u64, fired: usize, waiting: usize, last: bool) -> bool {
        // A single one runs here and now.
        if waiting <= fired.min(1) {
            self.owed_since = 0;
            return false;
        }
        if self.owed_since == 0 {
            if fired == 0 {
                return false;
            }
            self.owed_since = now.max(1);
        }
        let since = now.saturating_sub(self.owed_since);
        if !last && since.saturating_add(self.turn.saturating_mul(waiting as u64)) <= SOON {
            return false;
        }
        self.owed_since = 0;
        true
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
