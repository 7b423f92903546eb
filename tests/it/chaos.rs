//! Hostile case 47: any thread may be stopped at any instruction, for longer than everything else takes.
//!
//! A child process in which one thread interrupts the others all the time with a signal whose handler sleeps. It widens
//! every window between two instructions, and it interrupts every system call. What runs meanwhile checks itself.

#![cfg(target_os = "linux")]

mod wire; // timers and sockets

use crate::support::{Census, current, in_child, multi, rounds, stderr, watched};
use gmp::runtime::Runtime;
use gmp::sync::oneshot;
use gmp_sched::proc::retire::{drain_retired, retire};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long each story goes on.
const LASTS: Duration = Duration::from_millis(if cfg!(debug_assertions) { 700 } else { 1_500 });

/// A number that is different each time; good enough to be different each time.
fn random() -> u32 {
    static SEED: AtomicU32 = AtomicU32::new(1);
    let x = SEED.fetch_add(0x9e37_79b9, Ordering::Relaxed);
    let x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
    x ^ (x >> 13)
}

/// Sleeps up to a millisecond, mostly much less. Only calls what a signal handler may.
extern "C" fn stop_for_a_while(_signal: libc::c_int) {
    let random = random();
    let nanos = if random % 16 == 0 { 1_000_000 } else { i64::from(random % 60_000) };
    let time = libc::timespec { tv_sec: 0, tv_nsec: nanos };
    // SAFETY: the place of this thread's errno.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { errno.read() };
    // SAFETY: the time is a local, and nobody wants the rest.
    unsafe { libc::nanosleep(&time, std::ptr::null_mut()) };
    // SAFETY: as above. Whom we have interrupted finds it unchanged.
    unsafe { errno.write(before) };
}

/// Runs `story` while every other thread of the process is stopped again and again.
pub(crate) fn in_chaos(story: fn()) {
    harried(stop_for_a_while, story);
}

/// Runs `story` while every other thread of the process gets signals all the time, which `handler` handles.
fn harried(handler: extern "C" fn(libc::c_int), story: fn()) {
    // SAFETY: all zeros is a valid `sigaction`: no flags (so system calls are interrupted), an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as libc::sighandler_t;
    // SAFETY: the handler does only what a signal handler may.
    assert_eq!(unsafe { libc::sigaction(libc::SIGUSR1, &action, std::ptr::null_mut()) }, 0);
    let over = Arc::new(AtomicBool::new(false));
    let told = over.clone();
    let villain = thread::spawn(move || {
        // SAFETY: has no requirements.
        let myself = unsafe { libc::gettid() };
        let mut stops = 0_u64;
        while !told.load(Ordering::Relaxed) {
            let threads: Vec<libc::pid_t> = std::fs::read_dir("/proc/self/task")
                .unwrap()
                .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
                .filter(|&tid| tid != myself)
                .collect();
            for _ in 0..threads.len() {
                let tid = threads[random() as usize % threads.len()];
                // SAFETY: a thread that has ended meanwhile is an error, no more; its number isn't used again so soon,
                // and if it were, it would be a thread of ours.
                unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tid, libc::SIGUSR1) };
                stops += 1;
                thread::sleep(Duration::from_micros(u64::from(random() % 150)));
            }
        }
        stops
    });
    watched(story);
    over.store(true, Ordering::Relaxed);
    assert!(villain.join().unwrap() > 100);
}

#[track_caller]
pub(crate) fn survives(test: &str, play: fn()) {
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{:?}: {}", output.status, stderr(&output));
    }
}

fn kinds() -> [fn() -> Runtime; 4] {
    [current, || multi(1), || multi(2), || multi(4)]
}

/// Calls `f` with each kind of runtime in turn until the time is over.
fn for_a_while(f: impl Fn(Runtime)) {
    let begun = Instant::now();
    while begun.elapsed() < LASTS {
        for make in kinds() {
            f(make());
        }
    }
}

/// Spawns, joins, wakes and yields, from tasks and from outside.
#[test]
fn case_47_tasks() {
    survives("chaos::case_47_tasks", || {
        in_chaos(|| {
            for_a_while(|rt| {
                let census = Census::default();
                let counted = census.clone();
                let sum = rt.block_on(rt.spawn(async move {
                    let mut sum = 0;
                    for i in 0..100 {
                        let (tx, rx) = oneshot::channel();
                        let live = counted.live();
                        let task = gmp::spawn(async move {
                            let _live = live;
                            gmp::task::yield_now().await;
                            rx.await.unwrap()
                        });
                        gmp::spawn(async move { tx.send(i).unwrap() });
                        sum += task.await.unwrap();
                    }
                    sum
                }));
                assert_eq!(sum.unwrap(), 4_950);
                census.assert_all_dropped();
            });
        });
    });
}

/// One submission at a time from outside, each while the workers are on their way to sleep: a lost wake-up is a hang.
#[test]
fn case_47_sleepers() {
    survives("chaos::case_47_sleepers", || {
        in_chaos(|| {
            let begun = Instant::now();
            while begun.elapsed() < LASTS {
                for workers in [1, 2, 4] {
                    let rt = multi(workers);
                    for i in 0..50 {
                        let task = rt.spawn(async move { i });
                        while !task.is_finished() {
                            thread::yield_now();
                        }
                        let (tx, rx) = std::sync::mpsc::channel();
                        rt.block_on(async {
                            gmp::spawn(async move { tx.send(i).unwrap() });
                        });
                        assert_eq!(rx.recv().unwrap(), i);
                    }
                }
            }
        });
    });
}

/// Several threads in `block_on` of one runtime, of both kinds.
#[test]
fn case_47_block_ons() {
    survives("chaos::case_47_block_ons", || {
        in_chaos(|| {
            for_a_while(|rt| {
                let rt = Arc::new(rt);
                let threads: Vec<_> = (0..3)
                    .map(|i| {
                        let rt = rt.clone();
                        thread::spawn(move || {
                            for _ in 0..20 {
                                let out = rt.block_on(async move {
                                    let inner = gmp::spawn(async move {
                                        gmp::task::yield_now().await;
                                        i
                                    });
                                    inner.await.unwrap()
                                });
                                assert_eq!(out, i);
                            }
                        })
                    })
                    .collect();
                threads.into_iter().for_each(|t| t.join().unwrap());
            });
        });
    });
}

/// Blocking jobs whose threads come and go.
#[test]
fn case_47_blocking_jobs() {
    survives("chaos::case_47_blocking_jobs", || {
        in_chaos(|| {
            let begun = Instant::now();
            while begun.elapsed() < LASTS {
                let rt = crate::support::multi_builder(2)
                    .max_blocking_threads(3)
                    .thread_keep_alive(Duration::from_micros(300))
                    .build()
                    .unwrap();
                for round in 0..20 {
                    let jobs: Vec<_> = (0..8).map(|i| rt.spawn_blocking(move || i * round)).collect();
                    let sum: usize = jobs.into_iter().map(|job| rt.block_on(job).unwrap()).sum();
                    assert_eq!(sum, 28 * round);
                    thread::sleep(Duration::from_micros(200 + 37 * round as u64));
                }
            }
        });
    });
}

/// The end of runtimes, while tasks spawn and threads wake.
#[test]
fn case_47_ends() {
    survives("chaos::case_47_ends", || {
        in_chaos(|| {
            for_a_while(|rt| {
                let (census, stop) = (Census::default(), Arc::new(AtomicBool::new(false)));
                let (handle, told, counted) = (rt.handle().clone(), stop.clone(), census.clone());
                let spawner = thread::spawn(move || {
                    let mut wakes = Vec::new();
                    // Bounded: a flood that is faster than one worker would keep `block_on` waiting for ever.
                    for _ in 0..2_000 {
                        if told.load(Ordering::Relaxed) {
                            break;
                        }
                        let (tx, rx) = oneshot::channel::<()>();
                        let live = counted.live();
                        handle.spawn(async move {
                            let _live = live;
                            let inner = gmp::spawn(std::future::pending::<()>());
                            let _ = rx.await;
                            inner.abort();
                        });
                        wakes.push(tx);
                        if wakes.len() % 3 == 0 {
                            let middle = wakes.len() / 2;
                            let _ = wakes.swap_remove(middle).send(());
                        }
                    }
                });
                rt.block_on(async {
                    for _ in 0..20 {
                        gmp::spawn(async {}).await.unwrap();
                    }
                });
                drop(rt);
                stop.store(true, Ordering::Relaxed);
                spawner.join().unwrap();
                census.assert_all_dropped();
            });
        });
    });
}

/// Ps taken from threads that don't know of it, on each kind.
#[test]
fn case_47_retirements() {
    survives("chaos::case_47_retirements", || {
        in_chaos(|| {
            for_a_while(|rt| {
                let sched = {
                    let _guard = rt.enter();
                    gmp_sched::current().unwrap()
                };
                let (stop, told) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
                let (stopped, count) = (stop.clone(), told.clone());
                let villain = thread::spawn(move || {
                    loop {
                        for slot in 0..sched.procs() {
                            let _ = retire(&sched, slot);
                            count.fetch_add(1, Ordering::Relaxed);
                        }
                        drain_retired(&sched);
                        if stopped.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                });
                let n = rounds(300);
                let sum = rt.block_on(async {
                    let tasks: Vec<_> = (0..n)
                        .map(|i| {
                            gmp::spawn(async move {
                                gmp::task::yield_now().await;
                                gmp::spawn(async move { i }).await.unwrap()
                            })
                        })
                        .collect();
                    let mut sum = 0;
                    for task in tasks {
                        sum += task.await.unwrap();
                    }
                    sum
                });
                assert_eq!(sum, n * (n - 1) / 2);
                stop.store(true, Ordering::Relaxed);
                villain.join().unwrap();
                assert!(told.load(Ordering::Relaxed) > 0);
            });
        });
    });
}
