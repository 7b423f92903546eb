//! Go's tests of its scheduler and channels, written anew under their names: proc_test.go, chan_test.go, test/chan/*.go.
//!
//! A channel here is tokio's; `GOMAXPROCS` is `worker_threads`. Left out: what needs the garbage collector, preemption of a
//! poll, timers, sockets, or the scheduler's inside (TestSchedLocalQueue, TestStealOrder: unit tests of gmp-queue and
//! gmp-base). `TestLockOSThread` waits for the API.

use crate::support::{Census, multi, on_each, on_each_multi, rounds, watched};
use futures::future::{BoxFuture, select_all};
use gmp::runtime::Runtime;
use gmp::sync::mpsc::{self, Receiver, Sender};
use gmp::sync::oneshot;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// TestYieldProgress: tasks that yield, one after the other, come to an end.
#[test]
fn yield_progress() {
    on_each(|rt| {
        rt.block_on(async {
            let (tx, mut rx) = mpsc::channel(1);
            let mut stops = Vec::new();
            for _ in 0..4 {
                let (stop, mut stopped) = oneshot::channel::<()>();
                stops.push(stop);
                let tx = tx.clone();
                gmp::spawn(async move {
                    loop {
                        for _ in 0..1_000 {
                            if stopped.try_recv().is_ok() {
                                tx.send(()).await.unwrap();
                                return;
                            }
                            gmp::task::yield_now().await;
                        }
                    }
                });
            }
            for _ in 0..10 {
                gmp::task::yield_now().await;
            }
            for stop in stops {
                stop.send(()).unwrap();
                rx.recv().await.unwrap();
            }
        });
    });
}

/// TestGoroutineParallelism: P tasks hand a number around by spinning, so that each needs a worker of its own.
#[test]
fn goroutine_parallelism() {
    const P: u32 = 4;
    watched(|| {
        let rt = multi(P as usize);
        for _ in 0..rounds(100) {
            parallelism(&rt, P);
        }
    });
}

/// The same with the number of Ps just started, and beside a `block_on` that holds nothing.
#[test]
fn goroutine_parallelism_from_tasks() {
    watched(|| {
        for _ in 0..10 {
            let rt = Arc::new(multi(3));
            let handle = rt.handle().clone();
            let done = rt.block_on(rt.spawn(async move {
                let turn = Arc::new(AtomicU32::new(0));
                // Two more on the other two: this one spins too.
                let tasks: Vec<_> = (1..3).map(|p| handle.spawn(baton(turn.clone(), p, 3))).collect();
                baton(turn, 0, 3).await;
                for task in tasks {
                    task.await.unwrap();
                }
            }));
            done.unwrap();
        }
    });
}

/// Waits for its turn by spinning, ten times.
async fn baton(turn: Arc<AtomicU32>, p: u32, of: u32) {
    for i in 0..10 {
        let expected = of * i + p;
        while turn.load(Ordering::SeqCst) != expected {
            // On fewer CPUs than Ps the one whose turn it is needs this one's.
            std::thread::yield_now();
        }
        turn.store(expected + 1, Ordering::SeqCst);
    }
}

fn parallelism(rt: &Runtime, of: u32) {
    let turn = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..of).map(|p| rt.spawn(baton(turn.clone(), p, of))).collect();
    for task in tasks {
        rt.block_on(task).unwrap();
    }
    assert_eq!(turn.load(Ordering::SeqCst), 10 * of);
}

/// TestBlockLocked: the future of `block_on`, which is locked to its thread, and a task pass messages.
#[test]
fn block_locked() {
    const N: usize = 10;
    on_each(|rt| {
        let (tx, mut rx) = mpsc::channel(1);
        rt.block_on(async {
            gmp::spawn(async move {
                for _ in 0..N {
                    tx.send(()).await.unwrap();
                }
            });
            for _ in 0..N {
                rx.recv().await.unwrap();
            }
        });
    });
}

/// TestPingPongHog: two tasks that wake each other let the hog beside them have its share, and it leaves them theirs.
#[test]
fn ping_pong_hog() {
    watched(|| {
        let rt = multi(1);
        let (hogs, lights) = rt
            .block_on(rt.spawn(async {
                let (done, stop) = gmp::sync::watch::channel(false);
                let (hogs, lights) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
                let (counter, mut stopped) = (hogs.clone(), stop.clone());
                let hog = gmp::spawn(async move {
                    while !*stopped.borrow_and_update() {
                        counter.fetch_add(1, Ordering::Relaxed);
                        gmp::task::yield_now().await;
                    }
                });
                let (ping, mut pinged) = mpsc::channel(1);
                let (pong, mut ponged) = mpsc::channel(1);
                let counter = lights.clone();
                let light = gmp::spawn(async move {
                    while pinged.recv().await.is_some() {
                        counter.fetch_add(1, Ordering::Relaxed);
                        if pong.send(()).await.is_err() {
                            break;
                        }
                    }
                });
                for _ in 0..rounds(100_000) {
                    ping.send(()).await.unwrap();
                    ponged.recv().await.unwrap();
                }
                done.send(true).unwrap();
                drop((ping, ponged));
                hog.await.unwrap();
                light.await.unwrap();
                (hogs.load(Ordering::Relaxed), lights.load(Ordering::Relaxed))
            }))
            .unwrap();
        assert_eq!(lights, rounds(100_000));
        // A chain through the slot for what runs next lasts 61 turns; Go's bound is 20 to 1 after the slice of 10 ms.
        assert!(hogs * 200 > lights && lights * 200 > hogs, "{hogs} to {lights}");
    });
}

/// TestNumGoroutine: what is alive can be counted at any time, and goes back to what it was.
#[test]
fn num_goroutine() {
    on_each_multi(|rt| {
        let metrics = rt.metrics();
        for n in [0, 1, 100, 1_000] {
            let tasks: Vec<_> = (0..n).map(|_| rt.spawn(std::future::pending::<()>())).collect();
            assert_eq!(metrics.num_alive_tasks(), n);
            tasks.iter().for_each(gmp::task::JoinHandle::abort);
            for task in tasks {
                assert!(rt.block_on(task).is_err());
            }
            crate::support::eventually("all dead", || metrics.num_alive_tasks() == 0);
        }
    });
}

/// TestBigGOMAXPROCS: the most there may be.
#[test]
fn big_gomaxprocs() {
    watched(|| {
        let rt = multi(1_024);
        let tasks: Vec<_> = (0..2_000).map(|i| rt.spawn(async move { i })).collect();
        let sum: usize = tasks.into_iter().map(|t| rt.block_on(t).unwrap()).sum();
        assert_eq!(sum, 1_999 * 2_000 / 2);
    });
}

/// TestRecursivePanic's point: a panic while a panic is handled is the inner task's only.
#[test]
fn recursive_panic() {
    on_each(|rt| {
        let error = rt.block_on(rt.spawn(async {
            let inner = gmp::spawn(async { panic!("first") }).await.unwrap_err();
            let inner = crate::support::text_of(&*inner.into_panic());
            panic!("second after {inner}");
        }));
        let text = crate::support::text_of(&*error.unwrap_err().into_panic());
        assert_eq!(text, "second after first");
    });
}

/// TestChan's core: every value arrives once, in the order of its sender, whatever the capacity.
#[test]
fn chan() {
    on_each(|rt| {
        rt.block_on(async {
            for capacity in [1, 2, 10, 200] {
                const N: usize = 200;
                let (tx, mut rx) = mpsc::channel(capacity);
                let senders: Vec<_> = (0..4)
                    .map(|s| {
                        let tx = tx.clone();
                        gmp::spawn(async move {
                            for i in 0..N {
                                tx.send((s, i)).await.unwrap();
                            }
                        })
                    })
                    .collect();
                drop(tx);
                let mut next = [0; 4];
                while let Some((s, i)) = rx.recv().await {
                    assert_eq!(i, next[s]);
                    next[s] += 1;
                }
                assert_eq!(next, [N; 4]);
                for sender in senders {
                    sender.await.unwrap();
                }
            }
        });
    });
}

/// TestSelectFairness: of two sources that are always ready, each is chosen.
#[test]
fn select_fairness() {
    on_each(|rt| {
        const N: u32 = 1_000;
        let counts = rt.block_on(async {
            // Both are ready all the time, whatever the system does with our threads.
            let (a, mut from_a) = mpsc::unbounded_channel();
            let (b, mut from_b) = mpsc::unbounded_channel();
            for _ in 0..N {
                a.send(()).unwrap();
                b.send(()).unwrap();
            }
            let mut counts = [0_u32; 2];
            for _ in 0..N {
                gmp::select! {
                    Some(()) = from_a.recv() => counts[0] += 1,
                    Some(()) = from_b.recv() => counts[1] += 1,
                }
            }
            counts
        });
        assert_eq!(counts.iter().sum::<u32>(), N);
        assert!(counts.iter().all(|&n| n > N / 10), "{counts:?}");
    });
}

/// TestSelectDuplicateChannel: one who has ended must not take another's turn in the queue of waiters.
#[test]
fn select_duplicate_channel() {
    on_each(|rt| {
        rt.block_on(async {
            let c = Arc::new(gmp::sync::Notify::new());
            let (d, mut from_e) = (oneshot::channel::<()>(), oneshot::channel::<()>());
            let (first, second) = (c.clone(), c.clone());
            let selecting = gmp::spawn(async move {
                gmp::select! {
                    () = first.notified() => (),
                    () = first.notified() => (),
                    _ = d.1 => (),
                }
                from_e.0.send(()).unwrap();
            });
            gmp::task::yield_now().await;
            let waiting = gmp::spawn(async move { second.notified().await });
            gmp::task::yield_now().await;
            d.0.send(()).unwrap();
            (&mut from_e.1).await.unwrap();
            selecting.await.unwrap();
            c.notify_one();
            waiting.await.unwrap();
        });
    });
}

/// TestMultiConsumer: what several consumers take from one channel adds up.
#[test]
fn multi_consumer() {
    on_each(|rt| {
        let n = rounds(100_000);
        let census = Census::default();
        let (sent, got) = rt.block_on(async {
            let (tx, rx) = mpsc::channel(13);
            let rx = Arc::new(gmp::sync::Mutex::new(rx));
            let consumers: Vec<_> = (0..23)
                .map(|_| {
                    let (rx, live) = (rx.clone(), census.live());
                    gmp::spawn(async move {
                        let _live = live;
                        let mut sum = 0;
                        while let Some(v) = rx.lock().await.recv().await {
                            // Mess with the fifo-ish nature, as Go's does.
                            if v % 4 == 0 {
                                gmp::task::yield_now().await;
                            }
                            sum += v;
                        }
                        sum
                    })
                })
                .collect();
            let producer = gmp::spawn(async move {
                let primes = [2, 3, 7, 11, 31];
                let mut sum = 0;
                for i in 0..n {
                    let v = primes[i % primes.len()];
                    sum += v;
                    tx.send(v).await.unwrap();
                }
                sum
            });
            let sent = producer.await.unwrap();
            let mut got = 0;
            for consumer in consumers {
                got += consumer.await.unwrap();
            }
            (sent, got)
        });
        assert_eq!(sent, got);
        census.assert_all_dropped();
    });
}

/// test/chan/sieve1.go: a chain of tasks, one for each prime.
#[test]
fn sieve() {
    async fn generate(tx: Sender<u32>) {
        for n in 2.. {
            if tx.send(n).await.is_err() {
                return;
            }
        }
    }
    async fn filter(mut from: Receiver<u32>, to: Sender<u32>, prime: u32) {
        while let Some(n) = from.recv().await {
            if n % prime != 0 && to.send(n).await.is_err() {
                return;
            }
        }
    }
    on_each(|rt| {
        let primes = rt.block_on(async {
            let (tx, mut rx) = mpsc::channel(1);
            gmp::spawn(generate(tx));
            let mut primes = Vec::new();
            while primes.len() < 60 {
                let prime = rx.recv().await.unwrap();
                primes.push(prime);
                let (tx, next) = mpsc::channel(1);
                gmp::spawn(filter(rx, tx, prime));
                rx = next;
            }
            primes
        });
        assert_eq!(primes[..5], [2, 3, 5, 7, 11]);
        assert_eq!(primes[59], 281);
    });
}

/// test/chan/goroutines.go: a daisy chain of ten thousand.
#[test]
fn goroutines() {
    on_each(|rt| {
        let sum = rt.block_on(async {
            let (first, mut left) = oneshot::channel::<usize>();
            for _ in 0..10_000 {
                let (tx, rx) = oneshot::channel();
                gmp::spawn(async move { tx.send(left.await.unwrap() + 1).unwrap() });
                left = rx;
            }
            first.send(0).unwrap();
            left.await.unwrap()
        });
        assert_eq!(sum, 10_000);
    });
}

/// test/ken/chan.go and skynet: a tree of tasks, ten children each.
#[test]
fn tree() {
    fn node(number: usize, size: usize) -> BoxFuture<'static, usize> {
        Box::pin(async move {
            if size == 1 {
                return number;
            }
            let part = size / 10;
            let children: Vec<_> = (0..10).map(|i| gmp::spawn(node(number + i * part, part))).collect();
            let mut sum = 0;
            for child in children {
                sum += child.await.unwrap();
            }
            sum
        })
    }
    on_each(|rt| {
        assert_eq!(rt.block_on(node(0, 10_000)), 9_999 * 10_000 / 2);
    });
}

/// TestSchedulerParking's point, under load: many sleepers, each woken by another worker, none lost.
#[test]
fn many_to_many() {
    on_each_multi(|rt| {
        rt.block_on(async {
            let tasks: Vec<_> = (0..64)
                .map(|i| {
                    gmp::spawn(async move {
                        for k in 0..50 {
                            let (tx, rx) = oneshot::channel();
                            gmp::spawn(async move { tx.send(i * k).unwrap() });
                            assert_eq!(rx.await.unwrap(), i * k);
                        }
                    })
                })
                .collect();
            let (mut left, mut done) = (tasks, 0);
            while !left.is_empty() {
                let (result, _, rest) = select_all(left).await;
                result.unwrap();
                left = rest;
                done += 1;
            }
            assert_eq!(done, 64);
        });
    });
}
