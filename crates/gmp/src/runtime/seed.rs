//! [`RngSeed`]: a seed made of bytes.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;

/// A seed for the random numbers of a runtime, see [`Builder::rng_seed`](crate::runtime::Builder::rng_seed).
#[derive(Clone, Debug)]
pub struct RngSeed(pub(crate) u64);

impl RngSeed {
    /// The seed that these bytes make.
    ///
    /// # Examples
    /// ```
    /// let seed = gmp::runtime::RngSeed::from_bytes(b"the same each time");
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        Self(hasher.finish())
    }
}
