//! `block_in_place`: what it returns, where it may be called, what goes on meanwhile.

use crate::support::{current, eventually, ms, multi, panic_of, watched};
use gmp::runtime::Handle;
use gmp::task::block_in_place;
use gmp::time::sleep;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;

#[test]
fn it_runs_here_and_now() {
    watched(|| {
        let rt = multi(2);
        // Neither `Send` nor `'static`.
        let count = Rc::new(Cell::new(0));
        let here = thread::current().id();
        rt.block_on(async {
            assert_eq!(block_in_place(|| (thread::current().id(), count.replace(5))), (here, 0));
        });
        assert_eq!(count.get(), 5);
        let task = rt.spawn(async {
            let before = (thread::current().id(), gmp::task::id());
            assert_eq!(block_in_place(|| (thread::current().id(), gmp::task::id())), before);
            // Nested ones are part of the outer.
            block_in_place(|| block_in_place(|| block_in_place(|| 7)))
        });
        assert_eq!(rt.block_on(task).unwrap(), 7);
    });
}

#[test]
fn outside_of_a_runtime_it_is_a_call() {
    assert_eq!(block_in_place(|| 3), 3);
    let rt = current();
    // Entered, but not driven.
    let _entered = rt.enter();
    assert_eq!(block_in_place(|| 4), 4);
}

#[test]
fn a_single_thread_cannot_be_left() {
    let words = "can call blocking only when running on the multi-threaded runtime";
    let rt = current();
    let panic = panic_of(|| rt.block_on(async { block_in_place(|| ()) }));
    assert_eq!((panic.text.as_str(), panic.file.as_str()), (words, file!()));
    let panic = panic_of(|| {
        rt.block_on(async {
            let error = gmp::spawn(async { block_in_place(|| ()) }).await.unwrap_err();
            std::panic::resume_unwind(error.into_panic());
        });
    });
    assert_eq!(panic.text, words);
    // The others of a set of local tasks could go nowhere.
    let several = multi(2);
    let panic = panic_of(|| several.block_on(gmp::task::LocalSet::new().run_until(async { block_in_place(|| ()) })));
    assert_eq!(panic.text, words);
    several.block_on(async { block_in_place(|| ()) });
    // A job of the pool isn't the runtime's thread.
    rt.block_on(async { gmp::task::spawn_blocking(|| block_in_place(|| ())).await.unwrap() });
}

#[test]
fn a_panic_passes_through() {
    watched(|| {
        let rt = multi(1);
        let task = rt.spawn(async {
            let caught = catch_unwind(AssertUnwindSafe(|| block_in_place(|| panic!("in place"))));
            assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"in place"));
            // The section is over: the next one is a new one.
            gmp::task::yield_now().await;
            block_in_place(|| 1)
        });
        assert_eq!(rt.block_on(task).unwrap(), 1);
        let error = rt.block_on(rt.spawn(async { block_in_place(|| panic!("again")) })).unwrap_err();
        assert!(error.is_panic());
    });
}

/// While sections last, on every worker, others run; afterwards the tasks go on without a P until they next wait.
#[test]
fn others_go_on() {
    watched(|| {
        for workers in [1, 2] {
            let rt = multi(workers);
            let (tell, told) = mpsc::channel();
            let mut releases = Vec::new();
            let tasks: Vec<_> = (0..workers + 2)
                .map(|_| {
                    let tell = tell.clone();
                    let (release, released) = mpsc::channel::<()>();
                    releases.push(release);
                    rt.spawn(async move {
                        let id = gmp::task::id();
                        block_in_place(|| {
                            tell.send(()).unwrap();
                            released.recv().unwrap_err();
                        });
                        assert_eq!(gmp::task::id(), id);
                        // Spawned and woken without a P.
                        let (ping, pong) = gmp::sync::oneshot::channel();
                        let other = gmp::spawn(async move { pong.await.unwrap() });
                        ping.send(5).unwrap();
                        assert_eq!(other.await.unwrap(), 5);
                        sleep(ms(1)).await;
                        assert_eq!(gmp::task::id(), id);
                    })
                })
                .collect();
            for _ in 0..workers + 2 {
                told.recv().unwrap();
            }
            rt.block_on(async {
                gmp::spawn(async {
                    for _ in 0..20 {
                        sleep(ms(1)).await;
                    }
                })
                .await
                .unwrap();
            });
            let metrics = rt.metrics();
            eventually("Ps have been taken", || metrics.retaken_section_count() >= workers as u64);
            assert_eq!(metrics.stalled_poll_count(gmp::runtime::StallKind::Blocked), 0, "it was announced");
            drop(releases);
            rt.block_on(async {
                for task in tasks {
                    task.await.unwrap();
                }
            });
        }
    });
}

/// Back into asynchronous code, on the same runtime, on another one, and nested.
#[test]
fn block_on_inside() {
    watched(|| {
        for workers in [1, 2] {
            let rt = multi(workers);
            let task = async {
                let id = gmp::task::try_id();
                let inner = block_in_place(|| {
                    Handle::current().block_on(async {
                        assert_eq!(gmp::task::try_id(), None, "no task");
                        sleep(ms(5)).await;
                        let five = gmp::spawn(async {
                            sleep(ms(1)).await;
                            5
                        });
                        let nested =
                            block_in_place(|| Handle::current().block_on(async { gmp::spawn(async { 6 }).await }));
                        (five.await.unwrap(), nested.unwrap())
                    })
                });
                assert_eq!(gmp::task::try_id(), id);
                sleep(ms(1)).await;
                let other = block_in_place(|| {
                    let other = current();
                    other.block_on(async { other.spawn(async { 7 }).await.unwrap() })
                });
                assert_eq!(gmp::task::try_id(), id);
                (inner, other, gmp::spawn(async { 8 }).await.unwrap())
            };
            assert_eq!(rt.block_on(task), ((5, 6), 7, 8));
            assert_eq!(rt.block_on(rt.spawn(task_of_the_same_kind())).unwrap(), 9);
        }
        async fn task_of_the_same_kind() -> i32 {
            let a = block_in_place(|| Handle::current().block_on(async { gmp::spawn(async { 4 }).await.unwrap() }));
            let b = block_in_place(|| {
                Handle::current().block_on(async {
                    sleep(ms(2)).await;
                    5
                })
            });
            gmp::task::yield_now().await;
            a + b
        }
    });
}

/// A future inside isn't bound by the budget of the task outside, and the task's is what it was.
#[test]
fn the_budget() {
    watched(|| {
        let rt = multi(1);
        rt.block_on(rt.spawn(async {
            let (send, mut receive) = gmp::sync::mpsc::unbounded_channel();
            for i in 0..1000 {
                send.send(i).unwrap();
            }
            block_in_place(|| {
                for i in 0..1000 {
                    // Would be refused after 128 if the budget counted.
                    assert_eq!(receive.try_recv().unwrap(), i);
                    assert!(gmp::task::coop::has_budget_remaining());
                }
            });
        }))
        .unwrap();
    });
}

/// Many short ones cost the workers nothing.
#[test]
fn short_ones_are_left_alone() {
    watched(|| {
        let rt = multi(2);
        rt.block_on(rt.spawn(async {
            for i in 0..100_000 {
                assert_eq!(block_in_place(|| i), i);
                if i % 1000 == 0 {
                    gmp::task::yield_now().await;
                }
            }
        }))
        .unwrap();
    });
}
