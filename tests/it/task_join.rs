//! `JoinHandle` and `JoinError`: the output reaches who awaits it, once, and is dropped in the right place otherwise.

use crate::support::{Census, current, multi, on_each, on_each_multi, text_of, watched};
use futures::FutureExt;
use futures::future::{join_all, select_all};
use gmp::sync::oneshot;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

#[test]
fn outputs_of_all_kinds() {
    on_each(|rt| {
        rt.block_on(async {
            gmp::spawn(async {}).await.unwrap();
            assert_eq!(gmp::spawn(async { 1_u8 }).await.unwrap(), 1);
            assert_eq!(gmp::spawn(async { [7_u64; 300] }).await.unwrap(), [7; 300]);
            let text = gmp::spawn(async { String::from("owned") }).await;
            assert_eq!(text.unwrap(), "owned");
            let boxed = gmp::spawn(async { Box::new([1_u8; 10_000]) }).await;
            assert_eq!(boxed.unwrap().len(), 10_000);
            let nested = gmp::spawn(async { gmp::spawn(async { 3 }) }).await.unwrap();
            assert_eq!(nested.await.unwrap(), 3);
        });
    });
}

#[test]
fn awaited_by_reference() {
    on_each(|rt| {
        rt.block_on(async {
            let (tx, rx) = oneshot::channel::<u8>();
            let mut task = gmp::spawn(async { rx.await.unwrap() });
            // Polled, dropped, polled again by another task, moved to a thread.
            assert!((&mut task).now_or_never().is_none());
            let mut task = gmp::spawn(async move {
                assert!((&mut task).now_or_never().is_none());
                task
            })
            .await
            .unwrap();
            tx.send(5).unwrap();
            assert_eq!((&mut task).await.unwrap(), 5);
            assert!(task.is_finished());
        });
    });
}

#[test]
fn awaited_from_another_runtime_and_executor() {
    on_each_multi(|rt| {
        let tasks: Vec<_> = (0..100).map(|i| rt.spawn(async move { i })).collect();
        let sum: i32 = crate::support::block_on(join_all(tasks)).into_iter().map(Result::unwrap).sum();
        assert_eq!(sum, 4_950);
        let task = rt.spawn(async { gmp::task::yield_now().await });
        current().block_on(task).unwrap();
    });
}

#[test]
fn the_first_of_many() {
    on_each(|rt| {
        rt.block_on(async {
            let (tx, rx) = oneshot::channel::<()>();
            let mut rx = Some(rx);
            let tasks = (0..50).map(|i| {
                let gate = if i == 31 { rx.take() } else { None };
                gmp::spawn(async move {
                    match gate {
                        Some(gate) => gate.await.unwrap(),
                        None => std::future::pending().await,
                    }
                    i
                })
            });
            let all = select_all(tasks.collect::<Vec<_>>());
            gmp::spawn(async move { tx.send(()).unwrap() });
            let (first, index, rest) = all.await;
            assert_eq!((first.unwrap(), index), (31, 31));
            rest.iter().for_each(gmp::task::JoinHandle::abort);
            for task in rest {
                assert!(task.await.unwrap_err().is_cancelled());
            }
        });
    });
}

#[test]
fn a_panic_is_the_joiners() {
    on_each(|rt| {
        rt.block_on(async {
            let error = gmp::spawn(async { panic!("boom {}", 1) }).await.unwrap_err();
            assert!(error.is_panic() && !error.is_cancelled());
            assert_eq!(error.to_string(), format!("task {} panicked with message \"boom 1\"", error.id()));
            assert_eq!(text_of(&*error.into_panic()), "boom 1");

            let task = gmp::spawn(async { std::panic::panic_any(9_u16) });
            let id = task.id();
            let error = task.await.unwrap_err();
            assert_eq!(error.id(), id);
            assert_eq!(error.to_string(), format!("task {id} panicked"));
            assert_eq!(*error.try_into_panic().unwrap().downcast::<u16>().unwrap(), 9);

            let job = gmp::task::spawn_blocking(|| panic!("in a job"));
            assert_eq!(text_of(&*job.await.unwrap_err().into_panic()), "in a job");
        });
    });
}

#[test]
fn errors_look_like_tokios() {
    let rt = multi(1);
    let theirs = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let strip = |text: String| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let ours = rt.block_on(rt.spawn(async { panic!("text") })).unwrap_err();
    let tokios = theirs.block_on(theirs.spawn(async { panic!("text") })).unwrap_err();
    assert_eq!(strip(ours.to_string()), strip(tokios.to_string()));
    assert_eq!(strip(format!("{ours:?}")), strip(format!("{tokios:?}")));
    let (ours, tokios): (std::io::Error, std::io::Error) = (ours.into(), tokios.into());
    assert_eq!(ours.to_string(), tokios.to_string());
    assert_eq!(ours.kind(), tokios.kind());

    let ours = rt.spawn(std::future::pending::<()>());
    ours.abort();
    let ours = rt.block_on(ours).unwrap_err();
    let tokios = theirs.spawn(std::future::pending::<()>());
    tokios.abort();
    let tokios = theirs.block_on(tokios).unwrap_err();
    assert_eq!(strip(ours.to_string()), strip(tokios.to_string()));
    assert_eq!(strip(format!("{ours:?}")), strip(format!("{tokios:?}")));
    let (ours, tokios): (std::io::Error, std::io::Error) = (ours.into(), tokios.into());
    assert_eq!(ours.to_string(), tokios.to_string());
}

/// Counts how often it was woken.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Only the last waker counts, and the one before is dropped at once.
#[test]
fn only_the_last_waker_is_woken() {
    on_each_multi(|rt| {
        let (tx, rx) = oneshot::channel::<()>();
        let mut task = rt.spawn(async { rx.await.unwrap() });
        let wakers: Vec<Arc<Counting>> = (0..5).map(|_| Arc::default()).collect();
        for counting in &wakers {
            for _ in 0..3 {
                let waker = Waker::from(counting.clone());
                let polled = Pin::new(&mut task).poll(&mut Context::from_waker(&waker));
                assert!(polled.is_pending());
            }
        }
        for counting in &wakers[..4] {
            assert_eq!(Arc::strong_count(counting), 1, "a waker is kept");
        }
        tx.send(()).unwrap();
        crate::support::eventually("the last waker is woken", || wakers[4].0.load(Ordering::SeqCst) == 1);
        assert!(wakers[..4].iter().all(|w| w.0.load(Ordering::SeqCst) == 0));
        let waker = Waker::noop();
        let polled = Pin::new(&mut task).poll(&mut Context::from_waker(waker));
        assert!(matches!(polled, Poll::Ready(Ok(()))));
        crate::support::eventually("no waker is kept", || Arc::strong_count(&wakers[4]) == 1);
    });
}

/// A dropped handle gives its waker back, and the task goes on.
#[test]
fn a_dropped_handle_detaches() {
    on_each_multi(|rt| {
        let (tx, rx) = oneshot::channel::<()>();
        let (done, end) = std::sync::mpsc::channel();
        let mut task = rt.spawn(async move {
            rx.await.unwrap();
            done.send(()).unwrap();
        });
        let counting: Arc<Counting> = Arc::default();
        let waker = Waker::from(counting.clone());
        let polled = Pin::new(&mut task).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        drop((task, waker));
        assert_eq!(Arc::strong_count(&counting), 1);
        tx.send(()).unwrap();
        end.recv().unwrap();
        assert_eq!(counting.0.load(Ordering::SeqCst), 0);
    });
}

/// The output of a task whose handle is gone is dropped at once, by the runtime; one with a handle is the handle's.
#[test]
fn outputs_are_dropped_once() {
    on_each(|rt| {
        let census = Census::default();
        let live = census.live();
        drop(rt.spawn(async move { live }));
        let live = census.live();
        let kept = rt.spawn(async move { live });
        rt.block_on(async {
            while !kept.is_finished() {
                gmp::task::yield_now().await;
            }
        });
        let metrics = rt.metrics();
        crate::support::eventually("the detached one has ended", || metrics.num_alive_tasks() == 0);
        crate::support::eventually("its output is gone", || census.dropped() == 1);
        drop(kept);
        assert_eq!(census.dropped(), 2);
        drop(rt);
        census.assert_all_dropped();
    });
}

/// The handle is dropped, polled or aborted at any moment of the task's end.
#[test]
fn races_of_handle_and_end() {
    for seed in 0..4 {
        watched(move || {
            let rt = multi(2);
            let census = Census::default();
            for i in 0..crate::support::rounds(20_000) {
                let live = census.live();
                let mut task = rt.spawn(async move {
                    if i % 3 == 0 {
                        gmp::task::yield_now().await;
                    }
                    live
                });
                for _ in 0..(i * 7 + seed * 13) % 50 {
                    std::hint::spin_loop();
                }
                match (i + seed) % 4 {
                    0 => drop(task),
                    1 => {
                        let _ = Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop()));
                    }
                    2 => {
                        task.abort();
                        drop(task);
                    }
                    _ => drop(rt.block_on(task).unwrap()),
                }
            }
            drop(rt);
            census.assert_all_dropped();
        });
    }
}

/// Two tasks and a foreign thread take turns at one handle.
#[test]
fn a_handle_that_goes_round() {
    on_each_multi(|rt| {
        let (tx, rx) = oneshot::channel::<u32>();
        let task = Arc::new(Mutex::new(rt.spawn(async { rx.await.unwrap() })));
        let poll = |task: &Mutex<gmp::task::JoinHandle<u32>>, cx: &mut Context<'_>| {
            let mut task = task.lock().unwrap();
            if task.is_finished() { None } else { Some(Pin::new(&mut *task).poll(cx).is_pending()) }
        };
        let pollers: Vec<_> = (0..2)
            .map(|_| {
                let task = task.clone();
                rt.spawn(async move {
                    for _ in 0..200 {
                        let shared = task.clone();
                        std::future::poll_fn(move |cx| {
                            let _ = poll(&shared, cx);
                            Poll::Ready(())
                        })
                        .await;
                        gmp::task::yield_now().await;
                    }
                })
            })
            .collect();
        for poller in pollers {
            rt.block_on(poller).unwrap();
        }
        let sender = thread::spawn(move || tx.send(8).unwrap());
        let task = Arc::into_inner(task).unwrap().into_inner().unwrap();
        assert_eq!(rt.block_on(task).unwrap(), 8);
        sender.join().unwrap();
    });
}
