//! Spawning from the thread that blocks on the root future, rather than from a worker.

use super::spawn::spawn_and_join;
use super::{mains, runtime};
use crate::scenario::{Measurement, Params};

/// Tasks spawned by the root future.
const SPAWNS: u64 = 200_000;

/// Spawns and joins 200k tasks directly inside `Runtime::block_on`.
///
/// Measures the path from the blocked thread, which is not a worker, to the workers and back: where runtimes send such
/// spawns through a shared queue, this shows it. Does not measure entering or leaving `block_on`.
pub(super) fn block_on_spawns(params: Params) -> Measurement {
    let runtime = runtime(params);
    runtime.block_on(body(params))
}

/// Spawns and joins 200k tasks straight from the body of an `async fn` under the runtime's `#[main]`.
///
/// Measures what a program pays that does its work in `main`, which is what most small programs do. Does not measure
/// starting and stopping the runtime, which the attribute's expansion does outside the clock.
///
/// The attribute takes the number of workers as a literal, so there is a main for each of 1, 2 and 4. smol has no such
/// attribute; there it is `block_on` by hand, as in `block_on_spawns`.
pub(super) fn main_spawns(params: Params) -> Measurement {
    mains::run(params)
}

/// What that `main` does.
pub(in super::super) async fn body(params: Params) -> Measurement {
    spawn_and_join(params.warm_up().count(SPAWNS)).await;
    spawn_and_join(params.count(SPAWNS)).await
}

/// Says for which numbers of workers there is no main.
pub(super) fn main_spawns_unable(params: Params) -> Option<&'static str> {
    match params.workers {
        1 | 2 | 4 => None,
        _ => Some("exists for 1, 2 and 4 workers only"),
    }
}
