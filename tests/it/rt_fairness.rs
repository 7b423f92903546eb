//! The promises of `runtime.rs` about whose turn it is, one test each: a task waits for a bounded number of turns only.

use crate::support::{current, multi, multi_builder, on_each, watched};
use gmp::runtime::Runtime;
use gmp::sync::{Notify, mpsc};
use gmp::time::{Duration, Instant, sleep, sleep_until};
use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::task::Poll;
use std::thread;

/// Far more turns than anybody may have to wait, and an end to each loop of these tests.
const FOREVER: usize = 200_000;

/// A flag that another task sets.
#[derive(Clone, Default)]
struct Flag(Arc<AtomicBool>);

impl Flag {
    fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

fn one_worker() -> [fn() -> Runtime; 2] {
    [current, || multi(1)]
}

/// Two tasks that wake each other, on and on, through the slot for what runs next.
async fn ping_pong(flag: Flag) -> usize {
    let (a, b) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (ours, theirs) = (a.clone(), b.clone());
    let other = gmp::spawn(async move {
        loop {
            theirs.notified().await;
            ours.notify_one();
        }
    });
    let mut turns = 0;
    while !flag.is_set() && turns < FOREVER {
        b.notify_one();
        a.notified().await;
        turns += 1;
    }
    other.abort();
    turns
}

#[test]
fn a_pair_that_wakes_each_other_lets_a_third_run() {
    for make in one_worker() {
        let turns = watched(move || {
            let rt = make();
            let task = rt.spawn(async {
                let flag = Flag::default();
                let third = flag.clone();
                gmp::spawn(async move { third.set() });
                ping_pong(flag).await
            });
            rt.block_on(task).unwrap()
        });
        assert!(turns < 1_000, "the third task waited for {turns} rounds");
    }
}

/// The same with a third task that comes from outside, by the global queue.
#[test]
fn a_pair_that_wakes_each_other_lets_the_outside_in() {
    for make in one_worker() {
        let turns = watched(move || {
            let rt = make();
            let (flag, handle) = (Flag::default(), rt.handle().clone());
            let third = flag.clone();
            let (began, begun) = std_mpsc::channel();
            let outside = thread::spawn(move || {
                begun.recv().unwrap();
                handle.spawn(async move { third.set() })
            });
            let task = rt.spawn(async move {
                began.send(()).unwrap();
                ping_pong(flag).await
            });
            let turns = rt.block_on(task).unwrap();
            outside.join().unwrap();
            turns
        });
        assert!(turns < FOREVER, "the third task never ran");
    }
}

/// Without any use of the budget: a task that wakes itself in each poll.
#[test]
fn tasks_that_wake_themselves_let_others_run() {
    for make in one_worker() {
        for spinners in [1, 2, 10] {
            let polls = watched(move || {
                let rt = make();
                let (flag, polls) = (Flag::default(), Arc::new(AtomicUsize::new(0)));
                let task = {
                    let (flag, polls) = (flag.clone(), polls.clone());
                    rt.spawn(async move {
                        let third = flag.clone();
                        let spin = move || {
                            let (flag, polls) = (flag.clone(), polls.clone());
                            poll_fn(move |cx| {
                                cx.waker().wake_by_ref();
                                let n = polls.fetch_add(1, Ordering::SeqCst);
                                if flag.is_set() || n > FOREVER { Poll::Ready(()) } else { Poll::Pending }
                            })
                        };
                        let tasks: Vec<_> = (0..spinners).map(|_| gmp::spawn(spin())).collect();
                        gmp::spawn(async move { third.set() });
                        for task in tasks {
                            task.await.unwrap();
                        }
                    })
                };
                rt.block_on(task).unwrap();
                polls.load(Ordering::SeqCst)
            });
            assert!(polls < 1_000, "{spinners} spinners were polled {polls} times");
        }
    }
}

/// N tasks that yield have about equally many turns.
#[test]
fn yielding_tasks_share_alike() {
    for make in one_worker() {
        watched(move || {
            const TASKS: usize = 50;
            const TURNS: usize = 20_000;
            let rt = make();
            let counts: Arc<Vec<AtomicUsize>> = Arc::new((0..TASKS).map(|_| AtomicUsize::new(0)).collect());
            let total = Arc::new(AtomicUsize::new(0));
            let shared = counts.clone();
            let main = rt.spawn(async move {
                let tasks: Vec<_> = (0..TASKS)
                    .map(|i| {
                        let (counts, total) = (shared.clone(), total.clone());
                        gmp::spawn(async move {
                            while total.fetch_add(1, Ordering::SeqCst) < TURNS {
                                counts[i].fetch_add(1, Ordering::SeqCst);
                                gmp::task::yield_now().await;
                            }
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await.unwrap();
                }
            });
            rt.block_on(main).unwrap();
            let counts: Vec<_> = counts.iter().map(|c| c.load(Ordering::SeqCst)).collect();
            let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            assert!(most - least < TURNS / TASKS / 2, "from {least} to {most} turns");
        });
    }
}

/// A queue of one's own that never gets empty doesn't keep the global one waiting.
#[test]
fn the_global_queue_is_served_by_a_busy_worker() {
    for make in one_worker() {
        let waited = watched(move || {
            let rt = make();
            let flag = Flag::default();
            let polls = Arc::new(AtomicUsize::new(0));
            let (began, begun) = std_mpsc::channel();
            let handle = rt.handle().clone();
            let (outside_flag, outside_polls) = (flag.clone(), polls.clone());
            let outside = thread::spawn(move || {
                begun.recv().unwrap();
                let queued_at = outside_polls.load(Ordering::SeqCst);
                handle.spawn(async move { outside_flag.set() });
                queued_at
            });
            let counter = polls.clone();
            let busy = rt.spawn(async move {
                let tasks: Vec<_> = (0..20)
                    .map(|_| {
                        let (flag, polls) = (flag.clone(), counter.clone());
                        gmp::spawn(async move {
                            while !flag.is_set() && polls.fetch_add(1, Ordering::SeqCst) < 10 * FOREVER {
                                gmp::task::yield_now().await;
                            }
                        })
                    })
                    .collect();
                began.send(()).unwrap();
                for task in tasks {
                    task.await.unwrap();
                }
            });
            rt.block_on(busy).unwrap();
            polls.load(Ordering::SeqCst) - outside.join().unwrap()
        });
        // 61 turns, and what the other thread lost between its two steps on a machine that has better things to do.
        assert!(waited < FOREVER, "the outside waited for {waited} turns");
    }
}

/// Within `global_queue_interval` turns exactly, where nobody else interferes: both queues are filled before the worker runs.
#[test]
fn the_interval_of_the_global_queue() {
    watched(|| {
        for interval in [1, 7, 61, 200] {
            let rt = multi_builder(1).global_queue_interval(interval).build().unwrap();
            let handle = rt.handle().clone();
            let turns = rt.block_on(rt.spawn(async move {
                let turns = Arc::new(AtomicUsize::new(0));
                let (tx, mut rx) = mpsc::unbounded_channel();
                let spinners: Vec<_> = (0..5)
                    .map(|_| {
                        let turns = turns.clone();
                        gmp::spawn(async move {
                            loop {
                                turns.fetch_add(1, Ordering::SeqCst);
                                gmp::task::yield_now().await;
                            }
                        })
                    })
                    .collect();
                // From a thread that isn't a worker: to the global queue.
                thread::spawn(move || {
                    let seen = turns.clone();
                    handle.spawn(async move { tx.send(seen.load(Ordering::SeqCst)).unwrap() });
                })
                .join()
                .unwrap();
                let turns = rx.recv().await.unwrap();
                spinners.iter().for_each(gmp::task::JoinHandle::abort);
                turns
            }));
            let turns = turns.unwrap();
            assert!(turns <= interval as usize + 1, "{turns} turns, interval {interval}");
        }
    });
}

/// `block_on`'s own future gets its turns beside tasks that never stop, and lets them have theirs.
#[test]
fn block_on_beside_busy_tasks() {
    on_each(|rt| {
        let stop = Flag::default();
        let spinners: Vec<_> = (0..8)
            .map(|_| {
                let stop = stop.clone();
                rt.spawn(async move {
                    while !stop.is_set() {
                        gmp::task::yield_now().await;
                    }
                })
            })
            .collect();
        rt.block_on(async {
            for _ in 0..500 {
                gmp::task::yield_now().await;
            }
            // Its task comes in from outside, among the busy ones.
            assert_eq!(gmp::spawn(async { 3 }).await.unwrap(), 3);
        });
        stop.set();
        for spinner in spinners {
            rt.block_on(spinner).unwrap();
        }
    });
}

/// tokio's `event_interval` of `current_thread`: the future of `block_on` that yields lets its tasks go first, not for ever.
#[test]
fn event_interval_bounds_the_others_turns() {
    watched(|| {
        for interval in [1, 10, 61] {
            let rt = gmp::runtime::Builder::new_current_thread().event_interval(interval).build().unwrap();
            let turns = Arc::new(AtomicUsize::new(0));
            let counter = turns.clone();
            rt.spawn(async move {
                loop {
                    counter.fetch_add(1, Ordering::SeqCst);
                    gmp::task::yield_now().await;
                }
            });
            rt.block_on(async {
                for round in 0..50_usize {
                    let before = turns.load(Ordering::SeqCst);
                    gmp::task::yield_now().await;
                    let others = turns.load(Ordering::SeqCst) - before;
                    assert!(
                        (1..=interval as usize + 1).contains(&others),
                        "round {round}: {others} turns at interval {interval}"
                    );
                }
            });
        }
    });
}

/// A worker that is busy with one long poll doesn't keep what it has queued, if another is free.
#[test]
fn work_behind_a_long_poll_is_taken_by_others() {
    for workers in [2, 4] {
        watched(move || {
            let rt = multi(workers);
            let task = rt.spawn(async {
                let (tx, rx) = std_mpsc::channel();
                for i in 0..100 {
                    let tx = tx.clone();
                    gmp::spawn(async move { tx.send(i).unwrap() });
                }
                drop(tx);
                // Blocks the worker until the others have run all of them.
                rx.iter().sum::<usize>()
            });
            assert_eq!(rt.block_on(task).unwrap(), 99 * 100 / 2);
        });
    }
}

/// A worker that is used to short turns keeps tasks to itself whose sleeps end together; not for long, if they turn out to take long.
#[test]
fn sleepers_that_wake_together_are_shared_if_they_have_much_to_do() {
    watched(|| {
        let rt = multi(2);
        let threads = rt.block_on(async {
            let short: Vec<_> = (0..2_000)
                .map(|i| gmp::spawn(async move { sleep(Duration::from_millis(1 + i % 100)).await }))
                .collect();
            for task in short {
                task.await.unwrap();
            }
            let deadline = Instant::now() + Duration::from_millis(20);
            let long: Vec<_> = (0..20)
                .map(|_| {
                    gmp::spawn(async move {
                        sleep_until(deadline).await;
                        thread::sleep(Duration::from_millis(20));
                        thread::current().id()
                    })
                })
                .collect();
            let mut threads = HashSet::new();
            for task in long {
                threads.insert(task.await.unwrap());
            }
            threads
        });
        assert!(threads.len() > 1, "one worker did it all");
    });
}
