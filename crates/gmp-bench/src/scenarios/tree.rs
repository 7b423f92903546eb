//! Trees of tasks: every task spawns its children and waits for them.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::time::Instant;

use super::rt::task::JoinHandle;
use super::{on_worker, rt};
use crate::scenario::{Measurement, Params};

/// Children of an inner node of skynet.
const FANOUT: u64 = 10;

/// A tree in which each node spawns ten children and sums what they return, with a million leaves.
///
/// Measures spawning from many tasks at once, stealing, and waking joiners, per task of the tree (1,111,111 of them).
/// Does not measure boxing (a node's future holds its handles in place) nor any work in the leaves.
pub(super) fn skynet(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let leaves = FANOUT.pow(params.steps(6, FANOUT as f64));
        let start = Instant::now();
        let sum = node(0, leaves).await.expect("the root completes");
        let elapsed = start.elapsed();
        assert_eq!(sum, leaves * (leaves - 1) / 2, "the leaves sum up");
        Measurement::time(elapsed, (leaves * FANOUT - 1) / (FANOUT - 1))
    })
}

/// Spawns the node over the leaves `first..first + leaves`.
fn node(first: u64, leaves: u64) -> JoinHandle<u64> {
    rt::spawn(async move {
        if leaves == 1 {
            return black_box(first);
        }
        let below = leaves / FANOUT;
        let children: [_; FANOUT as usize] = std::array::from_fn(|child| node(first + child as u64 * below, below));
        let mut sum = 0;
        for child in children {
            sum += child.await.expect("a child completes");
        }
        sum
    })
}

/// fib(25) with a spawned task for each of the two branches of every call.
///
/// Measures fork and join of small tasks in a lopsided tree, per spawned task (242,784 of them). The recursion is
/// boxed, as recursive async code has to be, so an allocation per call is in the figure of each Rust runtime. Does not
/// measure running a branch in place, which real code would do.
pub(super) fn fib(params: Params) -> Measurement {
    const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;
    on_worker(params, |params| async move {
        let n = params.steps(25, GOLDEN_RATIO);
        let start = Instant::now();
        let result = fib_of(n).await;
        let elapsed = start.elapsed();
        assert_eq!(result, fib_by_adding(n), "fib({n})");
        // fib(n) takes 2 fib(n + 1) − 1 calls, of which all but the first are tasks.
        let tasks = (2 * fib_by_adding(n + 1)).saturating_sub(2).max(1);
        Measurement::time(elapsed, tasks)
    })
}

fn fib_of(n: u32) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if n < 2 {
            return black_box(u64::from(n));
        }
        let one = rt::spawn(fib_of(n - 1));
        let two = rt::spawn(fib_of(n - 2));
        one.await.expect("a branch completes") + two.await.expect("a branch completes")
    })
}

/// fib(n) by addition, to check the tasks' answer and to count them.
fn fib_by_adding(n: u32) -> u64 {
    let (mut this, mut next) = (0, 1);
    for _ in 0..n {
        (this, next) = (next, this + next);
    }
    this
}
