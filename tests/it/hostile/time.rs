//! Cases 33, 48, 57 and 58: timers and sockets of a runtime that is busy, that stands still, or that has a million of them.

use crate::net_tcp::{listener, pair};
use crate::support::{
    ByHand, Census, block_on, current, in_child, ms, multi, on_each, panic_of, rounds, stderr, watched,
};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::runtime::Runtime;
use gmp::sync::Notify;
use gmp::time::{Duration, Instant, Sleep, interval, sleep, sleep_until, timeout};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;

/// Tasks that are always ready: so many that yield, and two that wake each other, which goes through the slot for what runs next.
struct Hogs {
    stop: Arc<AtomicBool>,
    tasks: Vec<gmp::task::JoinHandle<()>>,
    turns: Arc<AtomicUsize>,
}

impl Hogs {
    fn yielding(rt: &Runtime, many: usize) -> Self {
        let mut hogs = Self { stop: Arc::default(), tasks: Vec::new(), turns: Arc::default() };
        for _ in 0..many {
            let (stop, turns) = (hogs.stop.clone(), hogs.turns.clone());
            hogs.tasks.push(rt.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    turns.fetch_add(1, Ordering::Relaxed);
                    gmp::task::yield_now().await;
                }
            }));
        }
        hogs
    }

    /// Pairs, without any use of the budget.
    fn playing_ping_pong(rt: &Runtime, pairs: usize) -> Self {
        let mut hogs = Self { stop: Arc::default(), tasks: Vec::new(), turns: Arc::default() };
        for _ in 0..pairs {
            let (a, b) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            for (mine, others) in [(a.clone(), b.clone()), (b, a)] {
                let (stop, turns) = (hogs.stop.clone(), hogs.turns.clone());
                hogs.tasks.push(rt.spawn(gmp::task::unconstrained(async move {
                    while !stop.load(Ordering::Relaxed) {
                        turns.fetch_add(1, Ordering::Relaxed);
                        others.notify_one();
                        mine.notified().await;
                    }
                    others.notify_one();
                })));
            }
        }
        hogs
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        assert!(self.turns.load(Ordering::Relaxed) > 1_000, "nobody was busy");
    }
}

/// With so many workers so many hogs: none of them is ever without something to run.
fn saturate(rt: &Runtime, f: fn(&Runtime)) {
    let workers = rt.metrics().num_workers();
    for hogs in [Hogs::yielding, Hogs::playing_ping_pong] {
        let hogs = hogs(rt, 2 * workers);
        f(rt);
        rt.block_on(hogs.stop());
    }
}

/// A hundred sleeps of a millisecond each, one after the other.
#[test]
fn case_33_timers_beside_hogs() {
    on_each(|rt| {
        saturate(&rt, |rt| {
            let begun = Instant::now();
            rt.block_on(rt.spawn(async {
                for _ in 0..100 {
                    sleep(ms(1)).await;
                }
            }))
            .unwrap();
            let long = begun.elapsed();
            assert!(long >= ms(100));
            // Two or three hundred milliseconds, on a machine that has nothing else to do.
            assert!(long < Duration::from_secs(15), "{long:?}");
        });
    });
}

/// Sockets are asked for every few turns, whatever there is to run.
#[test]
fn case_33_sockets_beside_hogs() {
    on_each(|rt| {
        saturate(&rt, |rt| {
            let (tx, rx) = mpsc::channel();
            let client = thread::spawn(move || {
                let mut stream = std::net::TcpStream::connect(rx.recv().unwrap()).unwrap();
                for round in 0..200 {
                    std::io::Write::write_all(&mut stream, &[round]).unwrap();
                    let mut answer = [0];
                    std::io::Read::read_exact(&mut stream, &mut answer).unwrap();
                    assert_eq!(answer, [round]);
                }
            });
            rt.block_on(rt.spawn(async move {
                let (listener, addr) = listener().await;
                tx.send(addr).unwrap();
                let (mut stream, _) = listener.accept().await.unwrap();
                while let Ok(byte) = stream.read_u8().await {
                    stream.write_u8(byte).await.unwrap();
                }
            }))
            .unwrap();
            client.join().unwrap();
        });
    });
}

/// The whole process stands still for a second.
#[cfg(target_os = "linux")]
#[test]
fn case_48_a_process_that_is_stopped() {
    /// Says whether the stop came in time to make anything late.
    fn stopped(rt: &Runtime, in_order: bool) -> bool {
        let fired = Arc::new(Mutex::new(Vec::new()));
        let (ours, theirs) = rt.block_on(pair());
        // Somebody else has to do it, and to undo it. First of all: it takes time, and a sleep that is over when it is polled first
        // has no place in the order.
        let parent = std::process::id();
        let script = format!("sleep 0.1; kill -STOP {parent}; sleep 1; kill -CONT {parent}");
        let mut villain = std::process::Command::new("sh").args(["-c", &script]).spawn().unwrap();
        let begun = Instant::now();
        let tasks: Vec<_> = (0..100)
            .map(|i| {
                // Most of them fall into the time that is lost; not in the order of their making.
                let (nth, fired) = (i * 37 % 100, fired.clone());
                let deadline = begun + ms(30 + 9 * nth);
                rt.spawn(async move {
                    sleep_until(deadline).await;
                    let late = Instant::now().checked_duration_since(deadline).expect("it is never early");
                    fired.lock().unwrap().push((nth, late));
                })
            })
            .collect();
        let echo = rt.spawn(async move {
            let (mut ours, mut theirs) = (ours, theirs);
            for _ in 0..100 {
                ours.write_u8(1).await.unwrap();
                theirs.read_u8().await.unwrap();
                sleep(ms(1)).await;
            }
        });
        rt.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
            echo.await.unwrap();
        });
        assert!(villain.wait().unwrap().success());
        let fired = std::mem::take(&mut *fired.lock().unwrap());
        assert_eq!(fired.len(), 100, "each once");
        if in_order {
            assert!(fired.is_sorted_by_key(|&(nth, _)| nth), "{fired:?}");
        }
        fired.iter().any(|&(_, late)| late > ms(300))
    }
    // On a machine that is busy the villain may come when all is over.
    fn until_stopped(make: fn() -> Runtime, in_order: bool) {
        assert!((0..20).any(|_| stopped(&make(), in_order)), "nothing has been stopped");
    }
    fn play() {
        watched(|| until_stopped(current, true));
        // On several workers each fires in order; who comes first to tell, nobody knows.
        watched(|| until_stopped(|| multi(2), false));
    }
    if let Some(output) = in_child("hostile::time::case_48_a_process_that_is_stopped", &[], play) {
        assert!(output.status.success(), "{:?}: {}", output.status, stderr(&output));
    }
}

/// The ends of time, one beside the other in the same heaps.
#[test]
fn case_57_max_zero_and_past() {
    on_each(|rt| {
        rt.block_on(async {
            let never: Vec<_> = (0..100).map(|i| gmp::spawn(sleep(Duration::MAX - Duration::from_nanos(i)))).collect();
            let mut far = ByHand::new(sleep_until(Instant::now() + Duration::from_secs(1 << 32)));
            assert!(far.poll().is_pending());
            for _ in 0..100 {
                sleep(Duration::ZERO).await;
                sleep(Duration::from_nanos(1)).await;
                if let Some(past) = Instant::now().checked_sub(ms(50)) {
                    sleep_until(past).await;
                }
                timeout(Duration::MAX, gmp::task::yield_now()).await.unwrap();
                timeout(Duration::ZERO, std::future::pending::<()>()).await.unwrap_err();
            }
            let mut ticks = interval(Duration::MAX);
            ticks.tick().await;
            let mut tick = ByHand::new(async move { ticks.tick().await });
            assert!(tick.poll().is_pending());
            let mut moved = ByHand::new(sleep(Duration::MAX));
            assert!(moved.poll().is_pending());
            moved.as_mut().reset(Instant::now());
            moved.as_mut().await;
            sleep(ms(5)).await;
            assert!(never.iter().all(|task| !task.is_finished()));
            assert!(far.poll().is_pending() && !tick.is_woken());
        });
    });
}

/// A waker that counts: how many of it there are, and how often it was woken.
#[derive(Default)]
struct Counts(AtomicUsize);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A source of numbers that are as good as random, the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A million sleeps that are made, polled, reset and dropped, in tasks, in blocking jobs and on threads of nobody's, while they
/// fire.
#[test]
fn case_58_a_million_timers() {
    on_each(|rt| {
        const THREADS: u64 = 4;
        let n = rounds(1_000_000) / THREADS as usize;
        let counts = Arc::new(Counts::default());
        let waker = Waker::from(counts.clone());
        let (give, take) = mpsc::channel::<Vec<Pin<Box<Sleep>>>>();
        // What others have armed is dropped here.
        let foreign = thread::spawn(move || take.into_iter().map(|sleeps| sleeps.len()).sum::<usize>());
        let work = |seed: u64| {
            let (waker, give) = (waker.clone(), give.clone());
            move || {
                let mut random = Random(seed);
                let mut sleeps: Vec<Pin<Box<Sleep>>> = Vec::new();
                let mut cx = Context::from_waker(&waker);
                for _ in 0..n {
                    let mut new = Box::pin(sleep(Duration::from_micros(random.below(20_000))));
                    let _ = new.as_mut().poll(&mut cx);
                    sleeps.push(new);
                    let some = random.below(sleeps.len() as u64) as usize;
                    match random.below(4) {
                        0 => drop(sleeps.swap_remove(some)),
                        1 => sleeps[some].as_mut().reset(Instant::now() + Duration::from_micros(random.below(20_000))),
                        2 => drop(sleeps[some].as_mut().poll(&mut cx)),
                        _ => {}
                    }
                    if sleeps.len() > 1_000 {
                        give.send(sleeps.split_off(500)).unwrap();
                    }
                }
                drop(sleeps);
            }
        };
        let outside = {
            let (handle, work) = (rt.handle().clone(), work(1));
            thread::spawn(move || {
                let _guard = handle.enter();
                work();
            })
        };
        let job = rt.spawn_blocking(work(2));
        let task = rt.spawn({
            let work = work(3);
            async move { work() }
        });
        let own = work(4);
        let beside = rt.spawn(async {
            for _ in 0..20 {
                sleep(ms(1)).await;
            }
        });
        rt.block_on(async move {
            own();
            drop(own);
            job.await.unwrap();
            task.await.unwrap();
            beside.await.unwrap();
        });
        outside.join().unwrap();
        drop(give);
        assert!(foreign.join().unwrap() > 0);
        assert!(counts.0.load(Ordering::SeqCst) > 0, "none has fired");
        drop(rt);
        drop(waker);
        assert_eq!(Arc::strong_count(&counts), 1, "wakers that somebody has forgotten");
    });
}

/// A million that wait at the same time; every other one is dropped, and each of the rest wakes.
#[test]
fn case_58_a_million_at_the_same_time() {
    for make in [current as fn() -> Runtime, || multi(2)] {
        watched(move || {
            let rt = make();
            let n = 1_000_000;
            let counts = Arc::new(Counts::default());
            let waker = Waker::from(counts.clone());
            let mut random = Random(7);
            let guard = rt.enter();
            let mut sleeps: Vec<_> = (0..n).map(|_| Box::pin(sleep(Duration::from_secs(3_600)))).collect();
            for sleep in &mut sleeps {
                assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            }
            let mut other = false;
            sleeps.retain(|_| {
                other = !other;
                other
            });
            // Those that are left are due soon, one after the other.
            for sleep in &mut sleeps {
                sleep.as_mut().reset(Instant::now() + Duration::from_micros(random.below(100_000)));
            }
            drop(guard);
            rt.block_on(async {
                while counts.0.load(Ordering::SeqCst) < n / 2 {
                    sleep(ms(1)).await;
                }
                for sleep in sleeps {
                    sleep.await;
                }
            });
            // One that fires while it is being armed may wake once too often.
            let woken = counts.0.load(Ordering::SeqCst);
            assert!((n / 2..n / 2 + n / 10).contains(&woken), "{woken} wakes of {} sleeps", n / 2);
            drop(rt);
            drop(waker);
            assert_eq!(Arc::strong_count(&counts), 1, "wakers that somebody has forgotten");
        });
    }
}

/// A sleep of one runtime is waited for in another, and by an executor that knows of neither, while its own is busy, idle, and
/// gone.
#[test]
fn a_sleep_that_is_moved_between_runtimes() {
    for (home, away) in [(current as fn() -> Runtime, (|| multi(2)) as fn() -> Runtime), (|| multi(1), current)] {
        watched(move || {
            let (home, away) = (home(), away());
            let (stop, stopped) = gmp::sync::oneshot::channel::<()>();
            let home = Arc::new(home);
            let runs = home.clone();
            // A `current_thread` runtime has to be driven by somebody.
            let driver = thread::spawn(move || runs.block_on(async { stopped.await.unwrap() }));
            for round in 0..rounds(500) as u64 {
                let begun = Instant::now();
                let mut moved = Box::pin({
                    let _guard = home.enter();
                    sleep(Duration::from_micros(round * 97 % 3_000))
                });
                let deadline = moved.deadline();
                // Polled at each place, waited for at the last.
                let first = home.block_on(async { timeout(Duration::ZERO, &mut moved).await.is_ok() });
                let second = away.block_on(async { timeout(Duration::from_micros(300), &mut moved).await.is_ok() });
                block_on(moved.as_mut());
                assert!(Instant::now() >= deadline, "early");
                assert!(!first || second, "what is over stays over");
                assert!(begun <= deadline);
            }
            let mut left = {
                let _guard = home.enter();
                ByHand::new(sleep(Duration::from_secs(3_600)))
            };
            assert!(left.poll().is_pending());
            stop.send(()).unwrap();
            driver.join().unwrap();
            drop(Arc::into_inner(home).unwrap());
            assert!(left.is_woken());
            let caught = panic_of(|| away.block_on(async { left.poll() }));
            assert!(caught.text.contains("being shutdown"), "{}", caught.text);
        });
    }
}

/// Armed on one thread, fired for another, dropped on a third.
#[test]
fn timers_of_threads_that_are_no_workers() {
    on_each(|rt| {
        let census = Census::default();
        let n = rounds(2_000);
        let rt = Arc::new(rt);
        let (stop, stopped) = gmp::sync::oneshot::channel::<()>();
        let runs = rt.clone();
        let driver = thread::spawn(move || runs.block_on(async { stopped.await.unwrap() }));
        let (give, take) = mpsc::channel::<ByHand<Pin<Box<dyn Future<Output = ()> + Send>>>>();
        let threads: Vec<_> = (0..3)
            .map(|kind| {
                let (rt, give, census) = (rt.clone(), give.clone(), census.clone());
                thread::spawn(move || {
                    for i in 0..n as u64 {
                        let long = Duration::from_micros(i * 31 % 400);
                        let live = census.live();
                        let nap = async move {
                            let _live = live;
                            let begun = Instant::now();
                            sleep(long).await;
                            assert!(begun.elapsed() >= long);
                        };
                        match kind {
                            0 => rt.block_on(nap),
                            1 => {
                                let handle = rt.handle().clone();
                                let job = rt.spawn_blocking(move || handle.block_on(nap));
                                block_on(job).unwrap();
                            }
                            _ => {
                                let _guard = rt.enter();
                                let mut nap: ByHand<Pin<Box<dyn Future<Output = ()> + Send>>> =
                                    ByHand::new(Box::pin(nap));
                                let _ = nap.poll();
                                give.send(nap).unwrap();
                            }
                        }
                    }
                })
            })
            .collect();
        drop(give);
        let dropped = take.into_iter().count();
        threads.into_iter().for_each(|t| t.join().unwrap());
        stop.send(()).unwrap();
        driver.join().unwrap();
        assert_eq!(dropped, n);
        census.assert_all_dropped();
    });
}
