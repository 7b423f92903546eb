//! Retire and replace: a P whose thread is stuck in a poll goes on with another record on another thread.
//!
//! Who decides is sysmon's business; here the test decides, and calls what sysmon calls.

use crate::support::{Census, current, eventually, multi_builder, rounds, watched};
use gmp::runtime::Runtime;
use gmp::sync::mpsc as async_mpsc;
use gmp_sched::Sched;
use gmp_sched::proc::retire::{Retired, drain_retired, retire};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, ThreadId};

/// A runtime whose sysmon the test is.
fn unwatched(workers: usize) -> Runtime {
    multi_builder(workers).stall_detection(false).build().unwrap()
}

fn sched_of(rt: &Runtime) -> Arc<Sched> {
    rt.block_on(async { gmp_sched::current().expect("inside of a runtime") })
}

/// A task that blocks its worker until it is told not to.
struct Stuck {
    task: gmp::task::JoinHandle<ThreadId>,
    release: mpsc::Sender<()>,
    slot: usize,
    thread: ThreadId,
}

impl Stuck {
    /// `before` runs on the worker first, `after` when it is released.
    fn new(rt: &Runtime, before: impl FnOnce() + Send + 'static, after: impl FnOnce() + Send + 'static) -> Self {
        let (release, released) = mpsc::channel();
        let (began, begun) = mpsc::channel();
        let task = rt.spawn(async move {
            before();
            let slot = gmp::runtime::worker_index().expect("on a worker");
            began.send((slot, thread::current().id())).unwrap();
            released.recv().unwrap();
            after();
            thread::current().id()
        });
        let (slot, thread) = begun.recv().unwrap();
        Self { task, release, slot, thread }
    }

    fn release(self, rt: &Runtime) {
        self.release.send(()).unwrap();
        assert_eq!(rt.block_on(self.task).unwrap(), self.thread);
    }
}

/// The one in the brief: queue behind it, retire it, and all of it runs elsewhere while it still blocks.
#[test]
fn what_is_queued_runs_on_another_thread() {
    watched(|| {
        const N: usize = 50;
        let rt = unwatched(1);
        let (sched, metrics) = (sched_of(&rt), rt.metrics());
        let (tx, rx) = mpsc::channel();
        let queue = move || {
            for _ in 0..N {
                let tx = tx.clone();
                gmp::spawn(async move { tx.send(thread::current().id()).unwrap() });
            }
        };
        let stuck = Stuck::new(&rt, queue, || {});
        assert_eq!(metrics.worker_local_queue_depth(0), N);
        // And one from outside, which waits in the global queue.
        let outside = rt.spawn(async { gmp::runtime::worker_index() });
        assert_eq!(metrics.global_queue_depth(), 1);

        assert_eq!(retire(&sched, stuck.slot), Retired::Replaced);

        let threads: HashSet<_> = (0..N).map(|_| rx.recv().unwrap()).collect();
        assert!(!threads.contains(&stuck.thread));
        assert_eq!(rt.block_on(outside).unwrap(), Some(stuck.slot));
        assert!(!stuck.task.is_finished());
        assert_eq!(metrics.retired_count(), 1);
        stuck.release(&rt);
        eventually("all are dead", || metrics.num_alive_tasks() == 0);
        assert_eq!(metrics.spawned_tasks_count(), N as u64 + 2);
        assert_eq!(metrics.worker_poll_count(0), N as u64 + 2);
    });
}

/// What the stuck poll spawns and wakes afterwards isn't lost.
#[test]
fn the_stuck_one_goes_on() {
    watched(|| {
        let rt = unwatched(1);
        let (sched, metrics) = (sched_of(&rt), rt.metrics());
        let (tx, mut rx) = async_mpsc::unbounded_channel();
        let listener = rt.spawn(async move {
            let mut sum = 0;
            while let Some(n) = rx.recv().await {
                sum += n;
            }
            sum
        });
        let census = Census::default();
        let counted = census.clone();
        let after = move || {
            for i in 0..600 {
                // Wakes one that waits elsewhere, and spawns past the end of the ring.
                let (tx, live) = (tx.clone(), counted.live());
                gmp::spawn(async move {
                    let _live = live;
                    gmp::task::yield_now().await;
                    tx.send(i).unwrap();
                });
            }
        };
        let stuck = Stuck::new(&rt, || {}, after);
        assert_eq!(retire(&sched, stuck.slot), Retired::Replaced);
        assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
        stuck.release(&rt);
        assert_eq!(rt.block_on(listener).unwrap(), 599 * 600 / 2);
        census.assert_all_dropped();
        eventually("all are dead", || metrics.num_alive_tasks() == 0);
        assert_eq!(metrics.spawned_tasks_count(), 603);
    });
}

/// One after the other on the same slot: as many threads are stuck, and the P still runs.
#[test]
fn many_stuck_at_a_time() {
    watched(|| {
        let rt = unwatched(1);
        let (sched, metrics) = (sched_of(&rt), rt.metrics());
        let mut all = Vec::new();
        for i in 0..20 {
            let stuck = Stuck::new(&rt, || {}, || drop(gmp::spawn(async {})));
            assert_eq!(stuck.slot, 0);
            assert_eq!(retire(&sched, 0), Retired::Replaced);
            assert_eq!(rt.block_on(rt.spawn(async move { i })).unwrap(), i);
            all.push(stuck);
        }
        let threads: HashSet<_> = all.iter().map(|s| s.thread).collect();
        assert_eq!(threads.len(), 20);
        // The first ones first, then the rest from the end.
        let late = all.split_off(10);
        for stuck in all.into_iter().chain(late.into_iter().rev()) {
            stuck.release(&rt);
        }
        eventually("all are dead", || metrics.num_alive_tasks() == 0);
        assert_eq!(metrics.retired_count(), 20);
        assert_eq!(metrics.spawned_tasks_count(), 60);
        assert_eq!(metrics.num_workers(), 1);
        assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
    });
}

/// A P that is idle has nobody stuck.
#[test]
fn an_idle_p_is_not_retired() {
    watched(|| {
        let rt = unwatched(1);
        let (sched, metrics) = (sched_of(&rt), rt.metrics());
        rt.block_on(rt.spawn(async {})).unwrap();
        eventually("the worker sleeps", || metrics.worker_park_unpark_count(0) % 2 == 1);
        for _ in 0..100 {
            assert_eq!(retire(&sched, 0), Retired::NotLive);
        }
        assert_eq!(metrics.retired_count(), 0);
        assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
    });
}

/// A runtime that is dropped while Ms are stuck waits for them, and cancels what they have left.
#[test]
fn shut_down_while_stuck() {
    watched(|| {
        let rt = unwatched(1);
        let sched = sched_of(&rt);
        let census = Census::default();
        let counted = census.clone();
        let leave = move || {
            for _ in 0..300 {
                let live = counted.live();
                gmp::spawn(async move {
                    let _live = live;
                    std::future::pending::<()>().await;
                });
            }
        };
        let stuck = Stuck::new(&rt, leave.clone(), leave);
        assert_eq!(retire(&sched, stuck.slot), Retired::Replaced);
        let dropper = thread::spawn(move || drop(rt));
        eventually("it refuses", || sched.is_closing());
        stuck.release.send(()).unwrap();
        dropper.join().unwrap();
        assert!(stuck.task.is_finished());
        census.assert_all_dropped();
        assert_eq!(census.made(), 600);
    });
}

/// The future of `block_on` holds a P too where there are others, and can lose it.
#[test]
fn a_locked_m_can_lose_its_p() {
    watched(|| {
        let rt = unwatched(2);
        let (sched, metrics) = (sched_of(&rt), rt.metrics());
        let mut replaced = 0;
        for _ in 0..50 {
            let threads: HashSet<_> = rt.block_on(async {
                let (tx, rx) = mpsc::channel();
                for _ in 0..20 {
                    let tx = tx.clone();
                    gmp::spawn(async move { tx.send(thread::current().id()).unwrap() });
                }
                drop(tx);
                // Its own among them, unless both Ps were still busy with the round before when it asked for one.
                for slot in [0, 1] {
                    replaced += usize::from(retire(&sched, slot) == Retired::Replaced);
                }
                // This poll still blocks, and all of them run.
                let threads = rx.iter().collect();
                assert_eq!(gmp::spawn(async { 2 }).await.unwrap(), 2);
                threads
            });
            assert!(!threads.contains(&thread::current().id()));
        }
        eventually("all are dead", || metrics.num_alive_tasks() == 0);
        assert_eq!(metrics.spawned_tasks_count(), 50 * 21);
        assert!(replaced > 0, "it never held a P");
        assert_eq!(metrics.retired_count(), replaced as u64);
        assert_eq!(rt.block_on(async { gmp::spawn(async { 3 }).await.unwrap() }), 3);
    });
}

/// `current_thread` has one thread and no other for its P: what is queued waits for it, and nothing is lost.
#[test]
fn the_only_thread_loses_its_p() {
    watched(|| {
        let rt = current();
        let sched = sched_of(&rt);
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = order.clone();
        for _ in 0..5 {
            let (sched, note) = (sched.clone(), note.clone());
            let task = rt.spawn(async move {
                // Past the end of the ring.
                for i in 0..600 {
                    let note = note.clone();
                    gmp::spawn(async move { note.lock().unwrap().push(i) });
                    if i == 300 {
                        assert_eq!(retire(&sched, 0), Retired::Replaced);
                    }
                }
            });
            rt.block_on(task).unwrap();
        }
        let metrics = rt.metrics();
        rt.block_on(async {
            while metrics.num_alive_tasks() > 0 {
                gmp::task::yield_now().await;
            }
        });
        assert_eq!(order.lock().unwrap().len(), 3_000);
        assert_eq!(metrics.retired_count(), 5);
        assert_eq!(metrics.spawned_tasks_count(), 3_005);
    });
}

/// There is no thread to be had for the P: it waits until its old M comes back.
#[test]
fn retired_without_a_thread_to_replace_it() {
    for workers in [1, 2] {
        watched(move || {
            let rt = multi_builder(workers).stall_detection(false).thread_stack_size(1 << 46).build().unwrap();
            let sched = sched_of(&rt);
            let sum = rt.block_on_main(async move {
                let mut sum = 0;
                for round in 0..20 {
                    let tasks: Vec<_> = (0..30).map(|i| gmp::spawn(async move { i + round })).collect();
                    assert_eq!(retire(&sched, gmp::runtime::worker_index().unwrap()), Retired::Replaced);
                    let more: Vec<_> = (0..30).map(|i| gmp::spawn(async move { i * round })).collect();
                    for task in tasks.into_iter().chain(more) {
                        sum += task.await.unwrap();
                    }
                }
                sum
            });
            assert_eq!(sum, 20 * 435 + 30 * 190 + 190 * 435);
        });
    }
}

/// The first task, on the calling thread, loses its P in the middle, and the whole goes on.
#[test]
fn main_loses_its_p() {
    for workers in [1, 2, 4] {
        watched(move || {
            let rt = unwatched(workers);
            let sched = sched_of(&rt);
            let census = Census::default();
            let counted = census.clone();
            rt.block_on_main(async move {
                for _ in 0..100 {
                    let (tx, rx) = mpsc::channel();
                    for _ in 0..10 {
                        let (tx, live) = (tx.clone(), counted.live());
                        gmp::spawn(async move {
                            let _live = live;
                            tx.send(()).unwrap();
                        });
                    }
                    drop(tx);
                    let slot = gmp::runtime::worker_index().unwrap();
                    assert_eq!(retire(&sched, slot), Retired::Replaced);
                    // Blocks until all have run, which takes another thread.
                    assert_eq!(rx.iter().count(), 10);
                    gmp::task::yield_now().await;
                }
            });
            eventually("all are dropped", || census.dropped() == 1_000);
            assert_eq!(rt.metrics().retired_count(), 100);
        });
    }
}

/// The end of the runtime and retirements at the same time.
#[test]
fn retired_while_the_runtime_ends() {
    for round in 0..30 {
        watched(move || {
            let workers = 1 + round % 3;
            let rt = unwatched(workers);
            let sched = sched_of(&rt);
            let stop = Arc::new(AtomicBool::new(false));
            let villain = {
                let (sched, stop) = (sched.clone(), stop.clone());
                thread::spawn(move || {
                    let mut slot = 0;
                    while !stop.load(Ordering::Relaxed) {
                        slot = (slot + 1) % workers;
                        let _ = retire(&sched, slot);
                        drain_retired(&sched);
                    }
                })
            };
            let census = Census::default();
            for i in 0..300 {
                let live = census.live();
                rt.spawn(async move {
                    let _live = live;
                    let inner = gmp::spawn(async { gmp::task::yield_now().await });
                    match i % 3 {
                        0 => std::future::pending().await,
                        1 => inner.await.unwrap(),
                        _ => loop {
                            gmp::task::yield_now().await;
                        },
                    }
                });
            }
            if round % 2 == 0 {
                rt.block_on(gmp::task::yield_now());
            }
            drop(rt);
            census.assert_all_dropped();
            stop.store(true, Ordering::Relaxed);
            villain.join().unwrap();
        });
    }
}

/// Retired at any moment, whatever the P is doing: nothing is lost, nothing runs twice at a time.
#[test]
fn retired_at_any_moment() {
    for workers in [1, 2, 4] {
        watched(move || {
            let rt = unwatched(workers);
            let (sched, metrics) = (sched_of(&rt), rt.metrics());
            let (stop, replaced) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
            let villain = {
                let (sched, stop, replaced) = (sched.clone(), stop.clone(), replaced.clone());
                thread::spawn(move || {
                    let mut slot = 0;
                    while !stop.load(Ordering::Relaxed) {
                        slot = (slot + 1) % workers;
                        let done = retire(&sched, slot);
                        replaced.fetch_add(usize::from(done == Retired::Replaced), Ordering::Relaxed);
                        drain_retired(&sched);
                        thread::yield_now();
                    }
                })
            };
            let census = Census::default();
            for round in 0..rounds(300) {
                let tasks: Vec<_> = (0..50)
                    .map(|i| {
                        let live = census.live();
                        rt.spawn(async move {
                            let _live = live;
                            let inner = gmp::spawn(async move {
                                gmp::task::yield_now().await;
                                i
                            });
                            gmp::task::yield_now().await;
                            inner.await.unwrap() + round
                        })
                    })
                    .collect();
                for (i, task) in tasks.into_iter().enumerate() {
                    assert_eq!(rt.block_on(task).unwrap(), i + round);
                }
            }
            stop.store(true, Ordering::Relaxed);
            villain.join().unwrap();
            census.assert_all_dropped();
            eventually("all are dead", || metrics.num_alive_tasks() == 0);
            assert_eq!(metrics.retired_count(), replaced.load(Ordering::Relaxed) as u64);
            assert_eq!(metrics.spawned_tasks_count(), rounds(300) as u64 * 100);
        });
    }
}
