//! What the examples share: counting files, for `wc` and `tour`.
//!
//! It is a library so that the tests of this package reach it; as an example it is to be read together with `wc.rs`.

pub mod wc;
