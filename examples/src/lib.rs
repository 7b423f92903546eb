//! What the examples share, and what of them is worth tests of its own.
//!
//! It is a library so that the tests of this package reach it; as an example each module is to be read together with the
//! programs that use it: `wc` with `wc.rs` and `tour.rs`, the others with `echo.rs`, `proxy.rs` and `http.rs`.

pub mod args;
pub mod metrics;
pub mod stop;
pub mod server;
pub mod alive;
pub mod wc;
