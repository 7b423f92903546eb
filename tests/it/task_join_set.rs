//! `JoinSet`: each task is returned once, in the order of completion; a dropped set aborts.

use crate::support::{Census, current, multi, on_each, on_each_multi, text_of, watched};
use gmp::sync::oneshot;
use gmp::task::JoinSet;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

#[test]
fn each_task_once() {
    on_each(|rt| {
        rt.block_on(async {
            let mut set = JoinSet::new();
            assert!(set.is_empty() && set.join_next().await.is_none());
            let mut ids = HashMap::new();
            for i in 0..1_000 {
                let abort = set.spawn(async move {
                    if i % 3 == 0 {
                        gmp::task::yield_now().await;
                    }
                    i
                });
                ids.insert(abort.id(), i);
            }
            assert_eq!((set.len(), ids.len()), (1_000, 1_000));
            let mut left = 1_000;
            while let Some(result) = set.join_next_with_id().await {
                let (id, i) = result.unwrap();
                assert_eq!(ids.remove(&id), Some(i));
                left -= 1;
                assert_eq!(set.len(), left);
            }
            assert!(ids.is_empty());
        });
    });
}

#[test]
fn in_the_order_of_completion() {
    on_each(|rt| {
        rt.block_on(async {
            let mut set = JoinSet::new();
            let mut gates = Vec::new();
            for i in 0..20 {
                let (tx, rx) = oneshot::channel::<()>();
                gates.push(Some(tx));
                set.spawn(async move {
                    rx.await.unwrap();
                    i
                });
            }
            for i in [7, 0, 19, 3, 12, 4] {
                assert!(set.try_join_next().is_none());
                gates[i].take().unwrap().send(()).unwrap();
                assert_eq!(set.join_next().await.unwrap().unwrap(), i);
            }
            assert_eq!(set.len(), 14);
            gates.iter_mut().flat_map(Option::take).for_each(|g| g.send(()).unwrap());
            let rest: HashSet<_> = set.join_all().await.into_iter().collect();
            assert_eq!(rest.len(), 14);
        });
    });
}

#[test]
fn a_dropped_set_aborts() {
    on_each(|rt| {
        let census = Census::default();
        rt.block_on(async {
            let mut set = JoinSet::new();
            for _ in 0..100 {
                let live = census.live();
                set.spawn(async move {
                    let _live = live;
                    std::future::pending::<()>().await;
                });
            }
            drop(set);
            while census.dropped() < 100 {
                gmp::task::yield_now().await;
            }
        });
        census.assert_all_dropped();
    });
}

#[test]
fn a_detached_set_goes_on() {
    on_each(|rt| {
        rt.block_on(async {
            let mut set = JoinSet::new();
            let (tx, rx) = oneshot::channel();
            set.spawn(async move {
                gmp::task::yield_now().await;
                tx.send(4).unwrap();
            });
            set.detach_all();
            assert!(set.is_empty());
            drop(set);
            assert_eq!(rx.await.unwrap(), 4);
        });
    });
}

#[test]
fn abort_all_and_shutdown() {
    on_each(|rt| {
        rt.block_on(async {
            let mut set: JoinSet<()> = (0..50).map(|_| std::future::pending()).collect();
            set.abort_all();
            assert_eq!(set.len(), 50, "they are still to be joined");
            while let Some(result) = set.join_next().await {
                assert!(result.unwrap_err().is_cancelled());
            }
            set.extend((0..50).map(|_| std::future::pending()));
            set.shutdown().await;
            assert!(set.is_empty());
        });
    });
}

#[test]
fn one_of_them_is_aborted() {
    on_each(|rt| {
        rt.block_on(async {
            let mut set = JoinSet::new();
            let victim = set.spawn(std::future::pending::<u8>());
            set.spawn(async { 1 });
            assert_eq!(set.join_next().await.unwrap().unwrap(), 1);
            victim.abort();
            let error = set.join_next_with_id().await.unwrap().unwrap_err();
            assert!(error.is_cancelled());
            assert_eq!(error.id(), victim.id());
        });
    });
}

#[test]
fn panics_come_out() {
    on_each(|rt| {
        let payload = catch_unwind(AssertUnwindSafe(|| {
            rt.block_on(async {
                let mut set = JoinSet::new();
                set.spawn(std::future::pending::<()>());
                set.spawn(async { panic!("one of them") });
                set.join_all().await
            })
        }));
        assert_eq!(text_of(&*payload.unwrap_err()), "one of them");
        rt.block_on(async {
            let mut set = JoinSet::new();
            set.spawn_blocking(|| panic!("in a job"));
            assert!(set.join_next().await.unwrap().unwrap_err().is_panic());
        });
    });
}

#[test]
fn on_a_runtime_that_is_named() {
    watched(|| {
        let (here, there) = (current(), multi(1));
        let id = there.handle().id();
        let mut set = JoinSet::new();
        set.spawn_on(async { gmp::runtime::Handle::current().id() }, there.handle());
        set.spawn_blocking_on(|| gmp::runtime::Handle::current().id(), there.handle());
        here.block_on(async {
            while let Some(result) = set.join_next().await {
                assert_eq!(result.unwrap(), id);
            }
        });
        // The runtime ends before its tasks are joined.
        set.spawn_on(
            async {
                std::future::pending::<()>().await;
                unreachable!()
            },
            there.handle(),
        );
        drop(there);
        assert!(here.block_on(set.join_next()).unwrap().unwrap_err().is_cancelled());
    });
}

/// All that are done can be had without a wait: the budget is for waits. With one worker, so that who has been counted as
/// dead is so for the set, too.
#[test]
fn try_join_next_is_not_limited_by_the_budget() {
    for make in [current as fn() -> gmp::runtime::Runtime, || multi(1)] {
        watched(move || {
            let rt = make();
            let task = rt.spawn(async {
                let mut set = JoinSet::new();
                for i in 0..1_000 {
                    set.spawn(async move { i });
                }
                while gmp::runtime::Handle::current().metrics().num_alive_tasks() > 1 {
                    gmp::task::yield_now().await;
                }
                let mut n = 0;
                while let Some(result) = set.try_join_next() {
                    result.unwrap();
                    n += 1;
                }
                assert_eq!(n, 1_000);
                assert!(set.try_join_next().is_none() && set.is_empty());
            });
            rt.block_on(task).unwrap();
        });
    }
}

/// The one who waits is woken by each kind of end, from other workers.
#[test]
fn a_set_that_is_filled_while_it_is_drained() {
    on_each_multi(|rt| {
        let total = rt.block_on(rt.spawn(async {
            let mut set = JoinSet::new();
            for _ in 0..8 {
                set.spawn(async { 1_u32 });
            }
            let (mut done, mut sum) = (0, 0);
            while let Some(result) = set.join_next().await {
                done += 1;
                match result {
                    Ok(n) => sum += n,
                    Err(error) => assert!(error.is_panic() || error.is_cancelled()),
                }
                if done < 2_000 {
                    match done % 5 {
                        0 => set.spawn(async { panic!("one in five") }),
                        1 => set.spawn_blocking(|| 1),
                        2 => {
                            let abort = set.spawn(std::future::pending());
                            abort.abort();
                            abort
                        }
                        _ => set.spawn(async {
                            gmp::task::yield_now().await;
                            1
                        }),
                    };
                }
            }
            (done, sum)
        }));
        let (done, sum) = total.unwrap();
        assert_eq!(done, 2_007);
        // Of five, three bring one: those that `done` left 1, 3 and 4 for.
        assert_eq!(sum, 8 + 3 * 400);
    });
}

/// What one may do with a set.
#[derive(Clone, Debug)]
enum Op {
    Spawn(u8),
    JoinNext,
    TryJoinNext,
    AbortAll,
    DetachAll,
    Yield,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..4_u8).prop_map(Op::Spawn),
        3 => Just(Op::JoinNext),
        2 => Just(Op::TryJoinNext),
        1 => Just(Op::AbortAll),
        1 => Just(Op::DetachAll),
        2 => Just(Op::Yield),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done, the length is that of what was spawned and not returned, and every task's future is dropped.
    #[test]
    fn any_sequence(ops in prop::collection::vec(op(), 1..40), workers in 0..3_usize) {
        watched(move || {
            let rt = if workers == 0 { current() } else { multi(workers) };
            let census = Census::default();
            rt.block_on(run(&ops, &census));
            drop(rt);
            census.assert_all_dropped();
        });
    }
}

async fn run(ops: &[Op], census: &Census) {
    let mut set = JoinSet::new();
    let mut len = 0;
    let token = Arc::new(());
    for op in ops {
        match op {
            Op::Spawn(yields) => {
                let (live, yields, token) = (census.live(), *yields, token.clone());
                set.spawn(async move {
                    let _live = live;
                    for _ in 0..yields {
                        gmp::task::yield_now().await;
                    }
                    token
                });
                len += 1;
            }
            Op::JoinNext => match set.join_next().await {
                Some(_) => len -= 1,
                None => assert_eq!(len, 0),
            },
            Op::TryJoinNext => len -= usize::from(set.try_join_next().is_some()),
            Op::AbortAll => set.abort_all(),
            Op::DetachAll => {
                set.detach_all();
                len = 0;
            }
            Op::Yield => gmp::task::yield_now().await,
        }
        assert_eq!(set.len(), len);
        assert_eq!(set.is_empty(), len == 0);
    }
}
