//! Spawning from the thread that blocks on the root future, rather than from a worker.

use super::spawn::spawn_and_join;
use super::{rt, runtime};
use crate::scenario::{Measurement, Params};

/// Tasks spawned by the root future.
const SPAWNS: u64 = 200_000;

/// Spawns and joins 200k tasks directly inside `Runtime::block_on`.
///
/// Measures the path from the blocked thread, which is not a worker, to the workers and back: where runtimes send such
/// spawns through a shared queue, this shows it. Does not measure entering or leaving `block_on`.
pub(super) fn block_on_spawns(params: Params) -> Measurement {
    let runtime = runtime(params);
    runtime.block_on(async {
        spawn_and_join(params.warm_up().count(SPAWNS)).await;
        spawn_and_join(params.count(SPAWNS)).await
    })
}

/// Spawns and joins 200k tasks straight from the body of an `async fn` under the runtime's `#[main]`.
///
/// Measures what a program pays that does its work in `main`, which is what most small programs do. Does not measure
/// starting and stopping the runtime, which the attribute's expansion does outside the clock.
///
/// The attribute takes the number of workers as a literal, so there is a main for each of 1, 2 and 4.
pub(super) fn main_spawns(params: Params) -> Measurement {
    match params.workers {
        1 => main_on_1(params),
        2 => main_on_2(params),
        4 => main_on_4(params),
        other => panic!("main_spawns has no variant for {other} workers"),
    }
}

/// Says for which numbers of workers there is no main.
pub(super) fn main_spawns_unable(params: Params) -> Option<&'static str> {
    match params.workers {
        1 | 2 | 4 => None,
        _ => Some("exists for 1, 2 and 4 workers only"),
    }
}

#[rt::main(flavor = "multi_thread", worker_threads = 1)]
async fn main_on_1(params: Params) -> Measurement {
    spawn_and_join(params.warm_up().count(SPAWNS)).await;
    spawn_and_join(params.count(SPAWNS)).await
}

#[rt::main(flavor = "multi_thread", worker_threads = 2)]
async fn main_on_2(params: Params) -> Measurement {
    spawn_and_join(params.warm_up().count(SPAWNS)).await;
    spawn_and_join(params.count(SPAWNS)).await
}

#[rt::main(flavor = "multi_thread", worker_threads = 4)]
async fn main_on_4(params: Params) -> Measurement {
    spawn_and_join(params.warm_up().count(SPAWNS)).await;
    spawn_and_join(params.count(SPAWNS)).await
}
