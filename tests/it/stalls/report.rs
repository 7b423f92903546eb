//! Stalled polls are told of.

use super::{Gate, all_done, offenders, ticks};
use crate::support::{PATIENCE, eventually, in_child, ms, multi, multi_builder, stderr, watched};
use gmp::runtime::{StallKind, StalledPoll};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

#[test]
fn the_hook_is_told() {
    watched(|| {
        let (tell, told) = mpsc::channel::<StalledPoll>();
        let tell = Mutex::new(tell);
        let rt = multi_builder(2)
            .on_stalled_poll(move |stalled| {
                let _ = tell.lock().unwrap().send(stalled.clone());
            })
            .build()
            .unwrap();
        for (kind, wait) in [(StallKind::Blocked, Gate::pass as fn(&Gate)), (StallKind::Busy, Gate::spin)] {
            let gate = Gate::default();
            let waits = gate.clone();
            let line = line!() + 1;
            let task = if kind == StallKind::Blocked {
                rt.spawn(async move { wait(&waits) })
            } else {
                rt.spawn(async move { wait(&waits) })
            };
            let begins = told.recv_timeout(PATIENCE).expect("it is told");
            assert_eq!((begins.kind, begins.id, begins.is_over), (kind, Some(task.id()), false));
            assert_eq!(begins.spawned_at.file(), file!());
            assert!((line..line + 6).contains(&begins.spawned_at.line()), "{begins}");
            thread::sleep(ms(20));
            gate.open();
            let ends = told.recv_timeout(PATIENCE).expect("its end is told too");
            assert_eq!((ends.kind, ends.id, ends.is_over), (kind, Some(task.id()), true));
            assert!(ends.duration > begins.duration && ends.duration >= ms(20), "{ends}");
            rt.block_on(task).unwrap();
        }
        assert!(rt.metrics().longest_poll() >= ms(10));
    });
}

/// A place that stalls all the time is told of once a second.
#[test]
fn the_hook_is_not_flooded() {
    watched(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let begun = Instant::now();
        let rt = multi_builder(1)
            .on_stalled_poll(move |stalled| {
                counted.fetch_add(usize::from(!stalled.is_over), Ordering::SeqCst);
            })
            .build()
            .unwrap();
        for _ in 0..20 {
            rt.block_on(rt.spawn(async { thread::sleep(ms(20)) })).unwrap();
        }
        eventually("it is told", || count.load(Ordering::SeqCst) > 0);
        let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
        assert!(count.load(Ordering::SeqCst) <= seconds + 1);
        assert!(rt.metrics().stalled_poll_count(StallKind::Blocked) > 5);
    });
}

#[test]
fn a_hook_that_blocks_or_panics_stalls_nobody() {
    watched(|| {
        let gate = Gate::default();
        let in_hook = gate.clone();
        let rt = multi_builder(1)
            .on_stalled_poll(move |_| {
                in_hook.pass();
                panic!("of the hook");
            })
            .build()
            .unwrap();
        let block = Gate::default();
        let tasks = offenders(&rt, &block, 3, Gate::pass);
        rt.block_on(rt.spawn(ticks(20))).unwrap();
        eventually("all of them block", || block.waiting() == 3);
        rt.block_on(rt.spawn(ticks(20))).unwrap();
        gate.open();
        block.open();
        all_done(&rt, tasks);
    });
}

#[test]
fn the_debug_switch_prints() {
    let run = in_child("stalls::report::the_debug_switch_prints", &[("GMP_DEBUG", "stall=1")], || {
        // A P for each: `block_on` doesn't wait for one, and without one it is in nobody's way.
        let rt = multi(2);
        rt.block_on(rt.spawn(async { thread::sleep(ms(200)) })).unwrap();
        rt.block_on(async { thread::sleep(ms(200)) });
        drop(rt);
    });
    let Some(run) = run else { return };
    let text = stderr(&run);
    assert!(run.status.success(), "{text}");
    assert!(
        text.contains("gmp: task ")
            && text.contains("tests/it/stalls/report.rs")
            && text.contains(" blocked in one poll for ")
    );
    assert!(text.contains("gmp: the future of block_on (called at "), "{text}");
}
