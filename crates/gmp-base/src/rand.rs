//! Cheap random numbers and random visiting orders. Not for secrets.
//!
//! Go: runtime/rand.go (cheaprand), runtime/proc.go:8050 (randomOrder)

use crate::loom::unmodelled::{AtomicU64, Ordering};

/// A small random generator (wyrand's step). One per P and M; its owner is its only user, the atomic is there so that
/// the owner needs no `unsafe` to reach it through a shared reference.
#[derive(Debug)]
pub struct FastRand(AtomicU64);

impl FastRand {
    /// Starts from `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number.
    #[inline]
    pub fn next_u64(&self) -> u64 {
        // ORDERING: only the owner uses it; two users at once would merely see the same number.
        let s = self.0.load(Ordering::Relaxed).wrapping_add(0xa076_1d64_78bd_642f);
        self.0.store(s, Ordering::Relaxed);
        let wide = u128::from(s) * u128::from(s ^ 0xe703_7ed1_a0b4_28db);
        (wide >> 64) as u64 ^ wide as u64
    }

    /// The next number below `n`, by multiplication instead of a division.
    #[inline]
    pub fn below(&self, n: usize) -> usize {
        let r = self.next_u64() >> 32;
        ((r * n as u64) >> 32) as usize
    }
}

/// All numbers below `count` in an order that differs each time: a random start and a step coprime to `count`.
#[derive(Debug, Clone)]
pub struct RandomOrder {
    count: usize,
    coprimes: Box<[usize]>,
}

impl RandomOrder {
    /// Prepares the orders over `0..count`.
    pub fn new(count: usize) -> Self {
        let coprimes = (1..=count).filter(|&i| gcd(i, count) == 1).collect();
        Self { count, coprimes }
    }

    /// One order, chosen by `seed`. Every number below `count` comes exactly once.
    #[inline]
    pub fn start(&self, seed: u64) -> RandomEnum {
        let n = self.count.max(1);
        let (lo, hi) = (seed as u32 as usize, (seed >> 32) as usize);
        RandomEnum {
            left: self.count,
            count: n,
            at: lo % n,
            step: self.coprimes.get(hi % self.coprimes.len().max(1)).copied().unwrap_or(1),
        }
    }
}

/// An order in progress; see [`RandomOrder::start`].
#[derive(Debug, Clone)]
pub struct RandomEnum {
    left: usize,
    count: usize,
    at: usize,
    step: usize,
}

impl Iterator for RandomEnum {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let at = self.at;
        self.at += self.step;
        if self.at >= self.count {
            self.at -= self.count;
        }
        Some(at)
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests;
