//! Whose turn it is: order, budgets, and what is left to others.

use crate::support::{ByHand, block_on, on_each};
use gmp::sync::mpsc;
use gmp::task::{LocalSet, spawn_local};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

#[test]
fn a_set_gives_way_after_61_turns() {
    let set = LocalSet::new();
    let turns = Rc::new(Cell::new(0_usize));
    for _ in 0..100 {
        set.spawn_local({
            let turns = turns.clone();
            async move { turns.set(turns.get() + 1) }
        });
    }
    let mut set = ByHand::new(set);
    assert!(set.poll().is_pending());
    assert_eq!(turns.get(), 61);
    assert!(set.is_woken());
    assert!(set.poll().is_ready());
    assert_eq!(turns.get(), 100);
}

#[test]
fn each_task_has_a_budget_of_its_own() {
    on_each(|rt| {
        rt.block_on(LocalSet::new().run_until(async {
            let (tx, mut rx) = mpsc::unbounded_channel();
            (0..1000).for_each(|i| tx.send(i).unwrap());
            // A loop over what is always ready gives way to its neighbours.
            let greedy = spawn_local(async move { while rx.recv().await.is_some() {} });
            let seen = spawn_local(async {
                let mut seen = 0;
                while gmp::task::coop::has_budget_remaining() && seen < 10_000 {
                    gmp::task::consume_budget().await;
                    seen += 1;
                }
                seen
            });
            assert!(!greedy.is_finished());
            let seen = seen.await.unwrap();
            assert!((100..=128).contains(&seen), "{seen} units");
            assert!(!greedy.is_finished(), "1000 messages went in one turn");
            drop(tx);
            greedy.await.unwrap();
        }));
    });
}

#[test]
fn the_budget_of_who_drives_the_set_stays_its_own() {
    on_each(|rt| {
        rt.block_on(async {
            gmp::task::yield_now().await;
            for _ in 0..10 {
                gmp::task::consume_budget().await;
            }
            let left = || {
                let mut left = 0;
                while gmp::task::coop::has_budget_remaining() {
                    let mut unit = ByHand::new(gmp::task::consume_budget());
                    assert!(unit.poll().is_ready());
                    left += 1;
                }
                left
            };
            let set = LocalSet::new();
            set.spawn_local(async {
                while gmp::task::coop::has_budget_remaining() {
                    gmp::task::consume_budget().await;
                }
            });
            let mut set = ByHand::new(set);
            assert!(set.poll().is_ready());
            drop(set);
            let left = left();
            assert!((50..128).contains(&left), "{left} units are left");
            // Of a budget that is used up nothing comes back.
            let set = LocalSet::new();
            set.spawn_local(async {});
            assert!(ByHand::new(set).poll().is_ready());
            assert!(!gmp::task::coop::has_budget_remaining());
        });
    });
    // Outside of a runtime there is no limit, and there is none afterwards.
    let set = LocalSet::new();
    set.spawn_local(async {});
    block_on(set);
    let mut units = ByHand::new(async {
        for _ in 0..1000 {
            gmp::task::consume_budget().await;
        }
    });
    assert!(units.poll().is_ready());
}

#[test]
fn other_tasks_get_their_turns_beside_a_busy_set() {
    on_each(|rt| {
        rt.block_on(async {
            let set = LocalSet::new();
            for _ in 0..10 {
                set.spawn_local(async {
                    loop {
                        gmp::task::yield_now().await;
                    }
                });
            }
            let other = gmp::spawn(async {
                for _ in 0..100 {
                    gmp::task::yield_now().await;
                }
                9
            });
            assert_eq!(set.run_until(other).await.unwrap(), 9);
        });
    });
}

#[test]
fn order_is_first_in_first_out() {
    let set = LocalSet::new();
    let log = Rc::new(RefCell::new(Vec::new()));
    for i in 0..5 {
        let log = log.clone();
        set.spawn_local(async move {
            log.borrow_mut().push(i);
            gmp::task::yield_now().await;
            log.borrow_mut().push(10 + i);
        });
    }
    block_on(set);
    assert_eq!(*log.borrow(), [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
}

#[test]
fn a_self_waking_task_keeps_the_set_awake() {
    let set = LocalSet::new();
    set.spawn_local(poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    let mut set = ByHand::new(set);
    for _ in 0..10 {
        assert!(set.poll().is_pending());
        assert!(set.is_woken());
    }
}
