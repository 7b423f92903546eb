//! A `main` under the runtime's own attribute, for each number of workers: the attribute takes that as a literal.
//!
//! `on_gmp.rs` and `on_tokio.rs` take this file as they take `scenarios.rs`; where a runtime has no such attribute, it says
//! what its programs do instead.

use super::rt;
use super::scenarios::main_thread;
use crate::scenario::{Measurement, Params};

/// Runs the one with that many workers.
pub(super) fn run(params: Params) -> Measurement {
    match params.workers {
        1 => on_1(params),
        2 => on_2(params),
        4 => on_4(params),
        other => panic!("there is no main for {other} workers"),
    }
}

#[rt::main(flavor = "multi_thread", worker_threads = 1)]
async fn on_1(params: Params) -> Measurement {
    main_thread::body(params).await
}

#[rt::main(flavor = "multi_thread", worker_threads = 2)]
async fn on_2(params: Params) -> Measurement {
    main_thread::body(params).await
}

#[rt::main(flavor = "multi_thread", worker_threads = 4)]
async fn on_4(params: Params) -> Measurement {
    main_thread::body(params).await
}
