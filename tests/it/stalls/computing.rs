//! Tasks that use the CPU without a pause.

use super::{Gate, all_done, offenders, ticks};
use crate::support::{eventually, ms, multi, multi_builder, watched};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::runtime::StallKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

/// The same with tasks that compute. There are fewer CPUs than threads then, so it takes a while.
#[test]
fn computing_tasks_stall_nobody() {
    watched(|| {
        for workers in [1, 2] {
            let rt = multi(workers);
            let gate = Gate::default();
            let tasks = offenders(&rt, &gate, workers, Gate::spin);
            eventually("all of them compute", || gate.waiting() == workers);
            assert_eq!(rt.block_on(rt.spawn(ticks(10))).unwrap(), 10);
            eventually("they have been noticed", || rt.metrics().stalled_poll_count(StallKind::Busy) > 0);
            assert!(rt.metrics().retaken_count(StallKind::Busy) <= 2 * workers as u64, "at most GOMAXPROCS at a time");
            gate.open();
            all_done(&rt, tasks);
        }
    });
}

/// Tasks that wake each other without a pause inherit each other's time slice: it is ended after a while.
#[test]
fn a_chain_of_wakes_is_cut() {
    watched(|| {
        // So that nothing else cuts it.
        let rt = multi_builder(1).global_queue_interval(u32::MAX).event_interval(u32::MAX).build().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (to_b, mut from_a) = gmp::sync::mpsc::channel::<()>(1);
        let (to_a, mut from_b) = gmp::sync::mpsc::channel::<()>(1);
        let told = stop.clone();
        let a = rt.spawn(async move {
            while !told.load(Ordering::Relaxed) && to_b.send(()).await.is_ok() {
                from_b.recv().await;
            }
        });
        let b = rt.spawn(async move { while from_a.recv().await.is_some() && to_a.send(()).await.is_ok() {} });
        eventually("the chain is noticed", || rt.metrics().preempted_count() > 0);
        // Queued from outside, where the chain doesn't look by itself.
        rt.block_on(rt.spawn(async {})).unwrap();
        stop.store(true, Ordering::Relaxed);
        rt.block_on(async {
            a.await.unwrap();
            b.await.unwrap();
        });
    });
}

/// A task whose sockets are always ready, and that computes in between, yields when its time slice is over and not only when its budget
/// of 128 operations is.
#[test]
fn a_task_that_computes_between_ready_sockets_yields() {
    watched(|| {
        let rt = multi(1);
        let polls = Arc::new(AtomicUsize::new(0));
        let counted = polls.clone();
        rt.block_on(rt.spawn(async move {
            let mut busy = Box::pin(async {
                let (mut a, mut b) = gmp::net::UnixStream::pair().unwrap();
                for i in 0..30 {
                    let begun = Instant::now();
                    while begun.elapsed() < ms(10) {
                        std::hint::spin_loop();
                    }
                    a.write_u8(i).await.unwrap();
                    assert_eq!(b.read_u8().await.unwrap(), i);
                }
            });
            std::future::poll_fn(|cx| {
                counted.fetch_add(1, Ordering::Relaxed);
                busy.as_mut().poll(cx)
            })
            .await;
        }))
        .unwrap();
        // 60 operations, half a budget: without the flag a single poll, or two if the socket's readiness came late.
        assert!(polls.load(Ordering::Relaxed) > 4, "{polls:?}");
    });
}

/// Many tasks that compute for long and then yield: an M is left for the others all the time, not only when one of them yields.
#[test]
fn yielding_hogs_leave_room() {
    watched(|| {
        let rt = multi(2);
        let stop = Arc::new(AtomicBool::new(false));
        let bursts = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (stop, bursts) = (stop.clone(), bursts.clone());
                rt.spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        let begun = Instant::now();
                        while begun.elapsed() < ms(50) {
                            std::hint::spin_loop();
                        }
                        bursts.fetch_add(1, Ordering::Relaxed);
                        gmp::task::yield_now().await;
                    }
                })
            })
            .collect();
        eventually("all have begun", || bursts.load(Ordering::Relaxed) > 16);
        let before = bursts.load(Ordering::Relaxed);
        rt.block_on(rt.spawn(ticks(100))).unwrap();
        let meanwhile = bursts.load(Ordering::Relaxed) - before;
        assert!(meanwhile < 100, "a tick waits for a burst to end: {meanwhile} of them");
        // The hogs have their turn too, all of them, and end.
        stop.store(true, Ordering::Relaxed);
        all_done(&rt, tasks);
    });
}
