//! [`Pmask`]: an atomic set of small numbers.
//!
//! Go: runtime/proc.go (pMask, 7367)

use gmp_base::loom::{AtomicU64, Ordering};

/// A set of P numbers. Single bits are changed and read atomically; a scan is a snapshot word by word.
#[derive(Debug)]
pub struct Pmask(Box<[AtomicU64]>);

impl Pmask {
    /// An empty set for the numbers below `count`.
    pub fn new(count: usize) -> Self {
        Self((0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    /// Whether `i` is in the set.
    #[inline]
    pub fn contains(&self, i: usize) -> bool {
        // ORDERING: a hint. Who needs more has a fence (`idle.rs`, the delicate dance).
        self.0[i / 64].load(Ordering::Relaxed) & (1 << (i % 64)) != 0
    }

    /// Puts `i` in; says whether it was absent.
    #[inline]
    pub fn insert(&self, i: usize) -> bool {
        let bit = 1 << (i % 64);
        // ORDERING: publishes the state of the P that the bit stands for to whoever removes the bit.
        self.0[i / 64].fetch_or(bit, Ordering::AcqRel) & bit == 0
    }

    /// Takes `i` out; says whether it was in. Of several that try, one succeeds.
    #[inline]
    pub fn remove(&self, i: usize) -> bool {
        let bit = 1 << (i % 64);
        // ORDERING: acquires what `insert` published.
        self.0[i / 64].fetch_and(!bit, Ordering::AcqRel) & bit != 0
    }

    /// Whether no bit is seen set.
    #[inline]
    pub fn is_empty(&self) -> bool {
        // ORDERING: a hint, as in `contains`.
        self.0.iter().all(|w| w.load(Ordering::Relaxed) == 0)
    }

    /// The numbers seen in the set, lowest first.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(w, word)| {
            // ORDERING: a hint, as in `contains`.
            let mut bits = word.load(Ordering::Relaxed);
            std::iter::from_fn(move || {
                if bits == 0 {
                    return None;
                }
                let i = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                Some(w * 64 + i)
            })
        })
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
