//! Which kinds of polls have been caught: a kind is the type of a future.
//!
//! Go: none — Go treats all goroutines alike

/// A kind that was caught is known for so long since, in nanoseconds.
const KNOWN_FOR: u64 = 60_000_000_000;
/// So many kinds are remembered.
const KINDS: usize = 64;

/// One kind.
#[derive(Clone, Copy, Debug)]
struct Known {
    kind: usize,
    /// When it was caught last.
    caught: u64,
    /// One has computed for so long that others had to have another M.
    computes: bool,
}

/// The kinds that have been caught lately.
#[derive(Debug, Default)]
pub(super) struct Kinds(Vec<Known>);

impl Kinds {
    fn find(&self, kind: usize, now: u64) -> Option<&Known> {
        self.0.iter().find(|known| known.kind == kind && now.saturating_sub(known.caught) < KNOWN_FOR)
    }

    /// Whether it has been caught.
    pub(super) fn is_known(&self, kind: usize, now: u64) -> bool {
        self.find(kind, now).is_some()
    }

    /// Whether it has been caught computing for long.
    pub(super) fn computes(&self, kind: usize, now: u64) -> bool {
        self.find(kind, now).is_some_and(|known| known.computes)
    }

    /// One has been caught; `computes`: having computed for long.
    pub(super) fn remember(&mut self, kind: usize, computes: bool, now: u64) {
        let computes = computes || self.computes(kind, now);
        self.0.retain(|known| known.kind != kind);
        if self.0.len() == KINDS {
            // In the order in which they were caught.
            self.0.remove(0);
        }
        self.0.push(Known { kind, caught: now, computes });
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
