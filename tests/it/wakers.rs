//! What outlives what: wakers, join handles and memory, after their task, their runtime, their thread.

use crate::support::{Census, current, eventually, multi, multi_builder, on_each, on_each_multi, rounds, watched};
use gmp::runtime::Runtime;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;

/// Never ready; hands out its waker at each poll.
fn hand_out(to: mpsc::Sender<Waker>) -> impl Future<Output = ()> + Send {
    poll_fn(move |cx| {
        to.send(cx.waker().clone()).unwrap();
        Poll::Pending
    })
}

#[test]
fn wakers_outlive_the_runtime() {
    on_each(|rt| {
        let (census, (tx, rx)) = (Census::default(), mpsc::channel());
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (live, tx) = (census.live(), tx.clone());
                rt.spawn(async move {
                    let _live = live;
                    hand_out(tx).await;
                })
            })
            .collect();
        drop(tx);
        // None has been polled on a current_thread runtime until then.
        rt.block_on(async {
            for _ in 0..3 {
                gmp::task::yield_now().await;
            }
        });
        let first = rx.recv().unwrap();
        drop(rt);
        census.assert_all_dropped();
        let mut wakers: Vec<Waker> = rx.iter().collect();
        wakers.push(first);
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let wakers = wakers.clone();
                thread::spawn(move || {
                    for waker in wakers {
                        waker.wake_by_ref();
                        waker.clone().wake();
                        assert!(waker.will_wake(&waker.clone()));
                        waker.wake();
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        drop(wakers);
        for task in tasks {
            assert!(task.is_finished());
            assert!(current().block_on(task).unwrap_err().is_cancelled());
        }
    });
}

/// A wake that is on its way while the runtime ends.
#[test]
fn wakes_race_with_the_end() {
    for round in 0..rounds(500) {
        watched(move || {
            let rt = multi(1 + round % 3);
            let (census, (tx, rx)) = (Census::default(), mpsc::channel());
            for _ in 0..3 {
                let (live, tx) = (census.live(), tx.clone());
                rt.spawn(async move {
                    let _live = live;
                    hand_out(tx).await;
                });
            }
            drop(tx);
            let stop = Arc::new(AtomicBool::new(false));
            let wakers: Vec<Waker> = (0..3).map(|_| rx.recv().unwrap()).collect();
            let threads: Vec<_> = wakers
                .into_iter()
                .map(|waker| {
                    let stop = stop.clone();
                    thread::spawn(move || {
                        while !stop.load(Ordering::Relaxed) {
                            waker.wake_by_ref();
                        }
                        waker.wake();
                    })
                })
                .collect();
            let reader = thread::spawn(move || rx.iter().count());
            drop(rt);
            census.assert_all_dropped();
            stop.store(true, Ordering::Relaxed);
            threads.into_iter().for_each(|t| t.join().unwrap());
            reader.join().unwrap();
        });
    }
}

/// Wherever a task is woken, aborted or forgotten, its future and its output are dropped by the runtime's threads.
#[test]
fn futures_are_dropped_by_the_runtime() {
    on_each_multi(|rt| {
        let census = Census::default();
        for i in 0..400 {
            let (tx, rx) = mpsc::channel();
            let live = census.live().not_here();
            let output = census.live().not_here();
            let done = Arc::new(AtomicBool::new(false));
            let flag = done.clone();
            let task = rt.spawn(async move {
                let _live = live;
                poll_fn(|cx| {
                    // Nobody listens any more if it is polled late.
                    drop(tx.send(cx.waker().clone()));
                    if flag.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                output
            });
            let waker = rx.recv().unwrap();
            let abort = task.abort_handle();
            match i % 4 {
                0 => {
                    // Detached, then completed by a wake from here.
                    drop(task);
                    done.store(true, Ordering::SeqCst);
                    waker.wake();
                }
                1 => {
                    drop(task);
                    abort.abort();
                    drop(waker);
                }
                2 => {
                    abort.abort();
                    waker.wake_by_ref();
                    drop(task);
                }
                _ => {
                    waker.wake_by_ref();
                    task.abort();
                    assert!(rt.block_on(task).unwrap_err().is_cancelled());
                }
            }
            drop(abort);
        }
        eventually("all are dropped", || census.dropped() == 800);
    });
}

/// The last waker frees memory and nothing else: the output has been dropped before, by the runtime.
#[test]
fn the_last_waker_drops_no_output() {
    on_each_multi(|rt| {
        for _ in 0..200 {
            let census = Census::default();
            let (tx, rx) = mpsc::channel();
            let output = census.live().not_here();
            let detached = Arc::new(AtomicBool::new(false));
            let done = detached.clone();
            let task = rt.spawn(async move {
                poll_fn(|cx| {
                    // Not again, or the channel would keep one.
                    let _ = tx.send(cx.waker().clone());
                    if done.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                output
            });
            let waker = rx.recv().unwrap();
            drop((task, rx));
            detached.store(true, Ordering::SeqCst);
            waker.wake_by_ref();
            eventually("the output is dropped", || census.dropped() == 1);
            waker.wake_by_ref();
            drop(waker);
        }
    });
}

/// All tasks' futures are dropped once, whatever ends them, in the same seconds.
#[test]
fn a_mix_of_ends() {
    on_each(|rt| {
        let census = Census::default();
        let wakers: Arc<Mutex<Vec<Waker>>> = Arc::default();
        let panics = Arc::new(AtomicUsize::new(0));
        rt.block_on(async {
            let mut handles = Vec::new();
            for i in 0..2_000 {
                let (live, wakers, panics) = (census.live(), wakers.clone(), panics.clone());
                let handle = gmp::spawn(async move {
                    let _live = live;
                    match i % 5 {
                        0 => {}
                        1 => gmp::task::yield_now().await,
                        2 => {
                            poll_fn::<(), _>(|cx| {
                                wakers.lock().unwrap().push(cx.waker().clone());
                                Poll::Pending
                            })
                            .await;
                        }
                        3 => {
                            panics.fetch_add(1, Ordering::SeqCst);
                            std::panic::resume_unwind(Box::new(i));
                        }
                        _ => std::future::pending().await,
                    }
                });
                if i % 5 == 4 || i % 3 == 0 {
                    handle.abort();
                }
                if i % 2 == 0 {
                    handles.push(handle);
                }
            }
            for waker in wakers.lock().unwrap().iter() {
                waker.wake_by_ref();
            }
            for handle in handles.drain(..).step_by(2) {
                handle.abort();
                let _ = handle.await;
            }
        });
        drop(rt);
        census.assert_all_dropped();
        drop(wakers.lock().unwrap().drain(..));
        assert!(panics.load(Ordering::SeqCst) > 0);
    });
}

/// A waker that a task sends to itself, and the handle of a task inside of it: cycles end with the runtime.
#[test]
fn cycles_end_with_the_runtime() {
    on_each(|rt| {
        let census = Census::default();
        type Slot = Arc<Mutex<Option<gmp::task::JoinHandle<()>>>>;
        let slots: [Slot; 2] = [Arc::default(), Arc::default()];
        for i in 0..2 {
            let (live, other) = (census.live(), slots[1 - i].clone());
            let handle = rt.spawn(async move {
                let _live = live;
                poll_fn(|cx| match &mut *other.lock().unwrap() {
                    Some(handle) => Pin::new(handle).poll(cx).map(drop),
                    None => {
                        cx.waker().wake_by_ref();
                        Poll::Pending
                    }
                })
                .await;
            });
            *slots[i].lock().unwrap() = Some(handle);
        }
        rt.block_on(gmp::task::yield_now());
        drop(rt);
        census.assert_all_dropped();
        for slot in &slots {
            assert!(slot.lock().unwrap().as_ref().unwrap().is_finished());
        }
    });
}

/// A task woken a thousand times before it is polled is polled once for it.
#[test]
fn wakes_are_merged() {
    watched(|| {
        let rt: Runtime = current();
        let polls = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = mpsc::channel();
        let counter = polls.clone();
        rt.spawn(poll_fn(move |cx: &mut Context<'_>| {
            counter.fetch_add(1, Ordering::SeqCst);
            tx.send(cx.waker().clone()).unwrap();
            Poll::<()>::Pending
        }));
        for round in 1..50 {
            rt.block_on(async {
                gmp::task::yield_now().await;
                gmp::task::yield_now().await;
            });
            assert_eq!(polls.load(Ordering::SeqCst), round);
            let waker = rx.recv().unwrap();
            for _ in 0..1_000 {
                waker.wake_by_ref();
                waker.clone().wake();
            }
        }
    });
}

/// The resident set in bytes.
#[cfg(target_os = "linux")]
fn rss() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// What the allocator keeps for itself goes back to the system, so that the rest is ours.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    // SAFETY: has no requirements; returns free pages of the heap to the system.
    unsafe { libc::malloc_trim(0) };
}

/// A burst of a million tasks gives its memory back.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn a_burst_gives_its_memory_back() {
    /// A million, but for debug builds, in which they would take ten seconds.
    const TASKS: usize = if cfg!(debug_assertions) { 250_000 } else { 1_000_000 };
    /// What may stay: the bounded lists of free cells (2 MiB a size class, of which one is used here, and 64 cells a P),
    /// the list of all tasks and the queues at their largest, if they don't shrink, and the allocator's fragments. The
    /// burst itself takes at least 128 bytes a task.
    const MAY_STAY: usize = 24 << 20;
    let test = "wakers::a_burst_gives_its_memory_back";
    let play = || {
        watched(|| {
            let rt = multi_builder(2).build().unwrap();
            let burst = |n: usize| {
                rt.block_on(rt.spawn(async move {
                    let (open, gate) = gmp::sync::watch::channel(false);
                    let tasks: Vec<_> = (0..n)
                        .map(|_| {
                            let mut gate = gate.clone();
                            gmp::spawn(async move { gate.wait_for(|open| *open).await.is_ok() })
                        })
                        .collect();
                    let peak = rss();
                    open.send(true).unwrap();
                    for task in tasks {
                        assert!(task.await.unwrap());
                    }
                    peak
                }))
                .unwrap()
            };
            burst(1_000);
            trim();
            let before = rss();
            let peak = burst(TASKS);
            trim();
            let after = rss();
            assert!(peak - before > TASKS * 128, "the burst took {} bytes", peak - before);
            let stayed = after.saturating_sub(before);
            assert!(stayed < MAY_STAY, "of {} bytes {stayed} stayed", peak - before);
        });
    };
    // Alone in a process: other tests' memory would be counted too.
    if let Some(output) = crate::support::in_child(test, &[], play) {
        assert!(output.status.success(), "{}", crate::support::stderr(&output));
    }
}
