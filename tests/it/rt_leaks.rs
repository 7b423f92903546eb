//! What a runtime leaves behind: nothing. The scheduler is freed when the last one who could reach it has gone, and what
//! comes and goes while it lives doesn't pile up.

use crate::support::{Census, current, eventually, multi, multi_builder, on_each, on_each_multi, watched};
use gmp::runtime::{Pin, Runtime};
use gmp_sched::Sched;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Poll, Waker};
use std::thread;

fn weak(rt: &Runtime) -> Weak<Sched> {
    let _guard = rt.enter();
    Arc::downgrade(&gmp_sched::current().unwrap())
}

#[track_caller]
fn assert_freed(sched: &Weak<Sched>) {
    // A thread of the runtime may still be about to let go.
    eventually("the scheduler is freed", || sched.strong_count() == 0);
}

#[test]
fn the_scheduler_is_freed() {
    on_each(|rt| {
        let sched = weak(&rt);
        let pending = rt.spawn(std::future::pending::<()>());
        rt.block_on(async {
            for _ in 0..50 {
                gmp::spawn(async { gmp::task::yield_now().await }).await.unwrap();
            }
            gmp::task::spawn_blocking(|| {}).await.unwrap();
        });
        let _ = std::panic::catch_unwind(|| rt.block_on(async { std::panic::resume_unwind(Box::new(())) }));
        let handle = rt.handle().clone();
        let metrics = rt.metrics();
        drop(rt);
        assert!(sched.strong_count() > 0, "a handle keeps it");
        drop((handle, metrics));
        assert_freed(&sched);
        // A join handle doesn't.
        assert!(pending.is_finished());
    });
}

#[test]
fn the_scheduler_is_freed_after_main() {
    for pin in [Pin::None, Pin::Core] {
        for workers in [1, 2, 4] {
            let pin = pin.clone();
            watched(move || {
                let rt = multi_builder(workers).pin_workers(pin).build().unwrap();
                let sched = weak(&rt);
                rt.block_on_main(async {
                    for i in 0..200 {
                        gmp::spawn(async move { i });
                        gmp::task::yield_now().await;
                    }
                });
                drop(rt);
                assert_freed(&sched);
            });
        }
    }
}

#[test]
fn shut_down_in_the_background_it_is_freed_when_the_job_ends() {
    on_each(|rt| {
        let sched = weak(&rt);
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (began, begun) = std::sync::mpsc::channel();
        rt.spawn_blocking(move || {
            began.send(()).unwrap();
            let _ = ended.recv();
        });
        begun.recv().unwrap();
        rt.shutdown_background();
        assert!(sched.strong_count() > 0);
        drop(end);
        assert_freed(&sched);
    });
}

/// The waker of `block_on`'s own future, kept by somebody: it may keep memory, it wakes nobody, and it ends.
#[test]
fn block_ons_waker_outlives_it() {
    on_each(|rt| {
        let sched = weak(&rt);
        let take = || async { poll_fn(|cx| Poll::Ready(cx.waker().clone())).await };
        let mut wakers: Vec<Waker> = (0..10).map(|_| rt.block_on(take())).collect();
        wakers.push(rt.handle().block_on(take()));
        // While others are in `block_on`, on the same thread and on another.
        let all = wakers.clone();
        let noise = thread::spawn(move || {
            for _ in 0..1_000 {
                all.iter().for_each(Waker::wake_by_ref);
            }
        });
        for i in 0..200 {
            assert_eq!(rt.block_on(async { gmp::spawn(async move { i }).await.unwrap() }), i);
        }
        noise.join().unwrap();
        drop(rt);
        for waker in wakers.drain(..) {
            waker.wake_by_ref();
            waker.wake();
        }
        assert_freed(&sched);
    });
}

#[test]
fn mains_waker_outlives_it() {
    on_each(|rt| {
        let sched = weak(&rt);
        let slot: Arc<Mutex<Option<Waker>>> = Arc::default();
        for _ in 0..10 {
            let put = slot.clone();
            rt.block_on_main(poll_fn(move |cx| {
                *put.lock().unwrap() = Some(cx.waker().clone());
                Poll::Ready(())
            }));
            let waker = slot.lock().unwrap().take().unwrap();
            thread::spawn(move || waker.wake()).join().unwrap();
        }
        drop(rt);
        assert_freed(&sched);
    });
}

/// Threads that come, drive a future and go don't leave an M each.
#[test]
fn short_lived_threads_in_block_on() {
    on_each_multi(|rt| {
        let sched = weak(&rt).upgrade().unwrap();
        for i in 0..300 {
            let handle = rt.handle().clone();
            let out = thread::spawn(move || handle.block_on(async { gmp::spawn(async move { i }).await.unwrap() }));
            assert_eq!(out.join().unwrap(), i);
        }
        // One for each number of a thread that there has been at a time, in this process with its other tests.
        let ms = sched.m_count();
        assert!(ms < 150, "{ms} Ms for 300 threads, one at a time");
    });
}

/// Nor do threads that can't be started.
#[test]
fn refused_threads_leave_no_m() {
    watched(|| {
        let rt = multi_builder(2).thread_stack_size(1 << 46).build().unwrap();
        let sched = weak(&rt).upgrade().unwrap();
        for _ in 0..2_000 {
            rt.spawn(async {});
        }
        assert!(rt.metrics().thread_failure_count() > 100);
        assert!(sched.m_count() < 10, "{} Ms", sched.m_count());
    });
}

/// The number of threads is bounded by that of the Ps, whatever the load.
#[test]
fn threads_are_bounded() {
    for workers in [1, 2, 4] {
        watched(move || {
            let started = Census::default();
            let threads = started.clone();
            let rt = multi_builder(workers).on_thread_start(move || drop(threads.live())).build().unwrap();
            for round in 0..200_u64 {
                let tasks: Vec<_> =
                    (0..20).map(|i| rt.spawn(async move { gmp::spawn(async move { i }).await.unwrap() })).collect();
                for task in tasks {
                    rt.block_on(task).unwrap();
                }
                if round % 20 == 0 {
                    thread::sleep(std::time::Duration::from_millis(1));
                }
            }
            assert!((1..=workers).contains(&started.made()), "{} threads for {workers}", started.made());
        });
    }
}

/// A runtime in a runtime in a runtime, all of them freed.
#[test]
fn nested_runtimes_are_freed() {
    watched(|| {
        let mut all = Vec::new();
        for _ in 0..20 {
            let outer = multi(1);
            all.push(weak(&outer));
            let inner = outer.block_on(outer.spawn_blocking(|| {
                let (a, b) = (current(), multi(2));
                let seen = [weak(&a), weak(&b)];
                b.block_on(b.spawn(async {})).unwrap();
                a.block_on(async { b.shutdown_background() });
                seen
            }));
            all.extend(inner.unwrap());
        }
        all.iter().for_each(assert_freed);
    });
}
