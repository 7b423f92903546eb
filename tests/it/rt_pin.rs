//! Where workers run: each policy gives the same results, and leaves every thread that isn't a worker alone.
//!
//! What is decided from which topology is tested in gmp-sched and gmp-arch, on machines that don't exist.

use crate::support::{Census, in_child, multi_builder, rounds, stderr, watched};
use gmp::runtime::{Builder, Pin, Runtime};
use std::collections::HashSet;
use std::num::NonZero;
use std::thread;

/// On how many CPUs the calling thread may run.
fn width() -> usize {
    // Asks the kernel for the thread's mask each time.
    thread::available_parallelism().map_or(1, NonZero::get)
}

fn policies() -> Vec<Pin> {
    vec![Pin::Auto, Pin::Core, Pin::Llc, Pin::None, Pin::Custom(vec![0]), Pin::Custom(vec![1, 0, 7_000])]
}

fn pinned(pin: &Pin, workers: usize) -> Runtime {
    multi_builder(workers).pin_workers(pin.clone()).build().unwrap()
}

/// Makes every worker run something, and new ones start while others are pinned.
fn use_all(rt: &Runtime) {
    let census = Census::default();
    let sum: usize = (0..rounds(200))
        .map(|round| {
            let tasks: Vec<_> = (0..40)
                .map(|i| {
                    let live = census.live();
                    rt.spawn(async move {
                        let _live = live;
                        let inner = gmp::spawn(async move { i });
                        gmp::task::yield_now().await;
                        inner.await.unwrap() + round
                    })
                })
                .collect();
            tasks.into_iter().map(|t| rt.block_on(t).unwrap()).sum::<usize>()
        })
        .sum();
    let n = rounds(200);
    assert_eq!(sum, n * (39 * 40 / 2) + 40 * (n * (n - 1) / 2));
    census.assert_all_dropped();
}

#[test]
fn every_policy_works() {
    for pin in policies() {
        for workers in [1, 2, 5] {
            let pin = pin.clone();
            watched(move || {
                let rt = pinned(&pin, workers);
                use_all(&rt);
                rt.block_on_main(async {
                    for i in 0..100 {
                        assert_eq!(gmp::spawn(async move { i }).await.unwrap(), i);
                    }
                });
                use_all(&rt);
            });
        }
    }
}

/// The boot record says what was decided, and a worker is where it says; with `Pin::Auto` when it is busy.
#[test]
fn workers_are_where_the_record_says() {
    for pin in policies() {
        watched(move || {
            let all = width();
            let rt = pinned(&pin, 2);
            let pinning = rt.handle().boot_record().pinning.clone().unwrap();
            assert_eq!(pinning.policy, pin);
            assert_eq!(pinning.slots.len(), 2);
            for _ in 0..50 {
                let (slot, cpus) =
                    rt.block_on(rt.spawn(async { (gmp::runtime::worker_index().unwrap(), width()) })).unwrap();
                let expected = match pinning.slots[slot].len() {
                    0 => all,
                    n => n,
                };
                let floats = pin == Pin::Auto && cpus == all;
                assert!(cpus == expected || floats, "{pin:?}, p{slot}, on {cpus} CPUs: {pinning:?}");
            }
        });
    }
}

/// Threads of the user's own that a task starts from a pinned worker inherit its mask; those of the runtime don't.
#[test]
fn blocking_threads_float() {
    for pin in policies() {
        watched(move || {
            let all = width();
            let rt = pinned(&pin, 2);
            let widths: HashSet<usize> = rt
                .block_on(rt.spawn(async {
                    let mut widths = HashSet::new();
                    for _ in 0..10 {
                        widths.insert(gmp::task::spawn_blocking(width).await.unwrap());
                    }
                    widths
                }))
                .unwrap();
            assert_eq!(widths, HashSet::from([all]), "{pin:?}");
        });
    }
}

/// Whoever builds, drives or drops a runtime has its own mask afterwards, however it ends.
#[test]
fn the_callers_thread_is_left_alone() {
    for pin in policies() {
        watched(move || {
            let all = width();
            let rt = pinned(&pin, 2);
            assert_eq!(width(), all, "{pin:?}: built");
            rt.block_on(async { gmp::spawn(async {}).await.unwrap() });
            assert_eq!(width(), all, "{pin:?}: block_on");
            rt.block_on_main(async { gmp::spawn(async {}).await.unwrap() });
            assert_eq!(width(), all, "{pin:?}: block_on_main");
            let thrown =
                std::panic::catch_unwind(|| rt.block_on_main(async { std::panic::resume_unwind(Box::new(())) }));
            assert!(thrown.is_err());
            assert_eq!(width(), all, "{pin:?}: block_on_main that panics");
            drop(rt);
            assert_eq!(width(), all, "{pin:?}: dropped");
        });
    }
}

/// A runtime that is built on a pinned worker of another has the CPUs that this one had.
#[test]
fn a_runtime_built_by_a_pinned_worker() {
    watched(|| {
        let outer = pinned(&Pin::Core, 2);
        let job = outer.spawn_blocking(|| Builder::new_multi_thread().build().unwrap());
        let inner = outer.block_on(job).unwrap();
        use_all(&inner);
        let job = outer.spawn(async {
            let inner = Builder::new_multi_thread().worker_threads(2).build().unwrap();
            let out = inner.spawn(async { 5 });
            let out = out.await.unwrap();
            inner.shutdown_background();
            out
        });
        assert_eq!(outer.block_on(job).unwrap(), 5);
    });
}

/// By the environment, which stands above the builder.
#[test]
fn gmp_pin() {
    let play = || {
        watched(|| {
            let rt = pinned(&Pin::None, 2);
            let pinning = rt.handle().boot_record().pinning.clone().unwrap();
            eprintln!("policy {:?}", pinning.policy);
            use_all(&rt);
        });
    };
    for (value, policy) in [
        ("core", "Core"),
        (" Llc ", "Llc"),
        ("auto", "Auto"),
        ("NONE", "None"),
        ("0", "Custom([0])"),
        ("1, 0", "Custom([1, 0])"),
    ] {
        if let Some(output) = in_child("rt_pin::gmp_pin", &[("GMP_PIN", value)], play) {
            assert!(output.status.success(), "{value}: {}", stderr(&output));
            assert!(stderr(&output).contains(&format!("policy {policy}")), "{value}: {}", stderr(&output));
        }
    }
}

/// Several runtimes at a time: the first that has the machine to itself is pinned, the others float.
#[test]
fn auto_pins_one_runtime_of_a_process() {
    let test = "rt_pin::auto_pins_one_runtime_of_a_process";
    let play = || {
        watched(|| {
            let pinned = |rt: &Runtime| rt.handle().boot_record().pinning.as_ref().unwrap().is_pinned();
            let auto = || Builder::new_multi_thread().worker_threads(width()).build().unwrap();
            let first = auto();
            let reason = first.handle().boot_record().pinning.as_ref().unwrap().reason;
            if !pinned(&first) {
                // One CPU, or a quota: nothing to see on this machine.
                eprintln!("not pinned: {reason}");
                return;
            }
            let second = auto();
            assert!(!pinned(&second));
            drop(first);
            // Its place is free when the scheduler is: the last handle is gone, too.
            assert!(pinned(&auto()));
            assert_eq!(second.block_on(second.spawn(async { 3 })).unwrap(), 3);
        });
    };
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}
