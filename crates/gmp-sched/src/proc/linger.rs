//! [`Linger`]: whether a thread looks a little longer before it sleeps.
//!
//! To go to sleep and be woken costs some ten microseconds and more, and whoever wakes pays his part. A look that takes as long is won if something comes
//! meanwhile, and lost if not. So it is tried after a short sleep, and less and less often the more looks are lost: what comes at longer intervals, or
//! is kept from coming because the looker has its CPU, isn't waited for.
//!
//! Go: none — its spinning Ms look for Gs of others four times, and then sleep

/// A sleep below this, in nanoseconds, cost more than it spared.
pub(crate) const SHORT_SLEEP: u64 = 50_000;
/// After so many looks lost more than won each further one is put off by as much as the last.
const MOST_LOST: u32 = 8;

/// What a thread knows of its last sleeps and looks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Linger {
    /// The last sleep was a short one, or the last look was worth it.
    is_due: bool,
    /// Looks lost more than won.
    lost: u32,
    /// So many short sleeps are to pass before the next look.
    skip: u32,
}

impl Linger {
    /// Whether to look.
    #[inline]
    pub(crate) fn is_due(self) -> bool {
        self.is_due
    }

    pub(crate) fn has_slept(&mut self, nanos: u64) {
        let short = nanos < SHORT_SLEEP;
        self.is_due = short && self.skip == 0;
        if short {
            self.skip = self.skip.saturating_sub(1);
        }
    }

    pub(crate) fn has_looked(&mut self, found: bool) {
        self.is_due = found;
        self.lost = if found { self.lost.saturating_sub(1) } else { (self.lost + 1).min(MOST_LOST) };
        self.skip = (1 << self.lost) - 1;
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
