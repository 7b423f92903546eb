//! `Handle::set_max_procs`: workers come and go while the runtime runs.
//!
//! Go: runtime/proc_test.go (TestGomaxprocs… in spirit; there the world is stopped)

use crate::support::{
    current, eventually, in_child, multi, multi_builder, on_each_multi, panic_of, stderr, threads_called, watched,
};
use gmp::runtime::Runtime;
use gmp::task::JoinSet;
use gmp::time::sleep;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::time::Duration;

#[test]
fn says_how_many_there_were() {
    let rt = multi(2);
    let handle = rt.handle();
    assert_eq!(handle.set_max_procs(1), 2);
    assert_eq!(handle.metrics().num_workers(), 1);
    assert_eq!(handle.set_max_procs(5), 1);
    assert_eq!(handle.set_max_procs(5), 5);
    // There is room for 64 at least, and not for any number.
    assert_eq!(handle.set_max_procs(usize::MAX), 5);
    assert!((64..100_000).contains(&handle.set_max_procs(2)));
    assert_eq!(handle.metrics().num_workers(), 2);
}

#[test]
fn none_is_a_mistake_of_the_caller() {
    let rt = multi(1);
    let panic = panic_of(|| rt.handle().set_max_procs(0));
    assert_eq!(panic.text, "Worker threads cannot be set to 0");
    assert_eq!(panic.file, file!());
}

#[test]
fn current_thread_has_one() {
    let rt = current();
    assert_eq!(rt.handle().set_max_procs(4), 1);
    assert_eq!(rt.metrics().num_workers(), 1);
    rt.block_on(async { gmp::spawn(sleep(Duration::from_millis(1))).await.unwrap() });
}

/// Tasks that count how many of them are in a poll at the same time.
struct Crew {
    stop: AtomicBool,
    running: AtomicUsize,
    most: AtomicUsize,
    /// Polls of each.
    polls: Vec<AtomicUsize>,
}

impl Crew {
    fn start(rt: &Runtime, tasks: usize) -> (Arc<Self>, JoinSet<()>) {
        let crew = Arc::new(Self {
            stop: AtomicBool::new(false),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            polls: (0..tasks).map(|_| AtomicUsize::new(0)).collect(),
        });
        let mut set = JoinSet::new();
        for me in 0..tasks {
            set.spawn_on(crew.clone().work(me), rt.handle());
        }
        (crew, set)
    }

    async fn work(self: Arc<Self>, me: usize) {
        while !self.stop.load(SeqCst) {
            let running = self.running.fetch_add(1, SeqCst) + 1;
            self.most.fetch_max(running, SeqCst);
            // Long enough for others to be seen beside it, were there any.
            for _ in 0..2_000 {
                std::hint::spin_loop();
            }
            self.running.fetch_sub(1, SeqCst);
            self.polls[me].fetch_add(1, SeqCst);
            gmp::task::yield_now().await;
        }
    }

    /// Each task has ended two polls from now on: whatever was in a poll has left it.
    fn all_have_polled(&self) {
        let before: Vec<usize> = self.polls.iter().map(|polls| polls.load(SeqCst)).collect();
        eventually("two more polls of each", || {
            before.iter().zip(&self.polls).all(|(before, now)| now.load(SeqCst) >= before + 2)
        });
    }
}

#[test]
fn no_more_tasks_run_at_once_than_there_are_workers() {
    watched(|| {
        // Sysmon may add an M beside one that computes for long on a loaded machine: not what this is about.
        let rt = multi_builder(4).stall_detection(false).build().unwrap();
        let (crew, mut tasks) = Crew::start(&rt, 16);
        for procs in [1, 3, 1, 2] {
            rt.handle().set_max_procs(procs);
            crew.all_have_polled();
            crew.most.store(0, SeqCst);
            for _ in 0..20 {
                crew.all_have_polled();
            }
            let most = crew.most.load(SeqCst);
            assert!((1..=procs).contains(&most), "{most} tasks at once on {procs} workers");
        }
        crew.stop.store(true, SeqCst);
        rt.block_on(async { while tasks.join_next().await.transpose().unwrap().is_some() {} });
    });
}

/// So many tasks are at the same place at the same time, each keeping its thread.
fn all_meet(rt: &Runtime, tasks: usize) {
    let barrier = Arc::new(Barrier::new(tasks));
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let barrier = barrier.clone();
            rt.spawn(async move { barrier.wait() })
        })
        .collect();
    rt.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn new_workers_take_part() {
    watched(|| {
        let rt = multi(1);
        assert_eq!(rt.handle().set_max_procs(4), 1);
        all_meet(&rt, 4);
        let busy = (0..4).filter(|&worker| rt.metrics().worker_poll_count(worker) > 0).count();
        assert!(busy > 1, "all was done by {busy} workers");
    });
}

#[test]
fn what_waits_at_a_worker_that_goes_is_not_lost() {
    on_each_multi(|rt| {
        let handle = rt.handle().clone();
        let total = rt.block_on(async {
            let mut tasks = JoinSet::new();
            // Sleeps and wake-ups that are everywhere when workers go.
            for i in 0..500_u64 {
                tasks.spawn(async move {
                    sleep(Duration::from_micros(i * 37 % 5_000)).await;
                    let (tx, rx) = gmp::sync::oneshot::channel();
                    gmp::spawn(async move { tx.send(i).unwrap() });
                    rx.await.unwrap()
                });
            }
            let changer = gmp::spawn(async move {
                for procs in [1, 6, 2, 8, 1, 4, 1] {
                    handle.set_max_procs(procs);
                    sleep(Duration::from_micros(500)).await;
                }
            });
            let mut total = 0;
            while let Some(done) = tasks.join_next().await {
                total += done.unwrap();
            }
            changer.await.unwrap();
            total
        });
        assert_eq!(total, 499 * 500 / 2);
    });
}

#[test]
fn timers_of_a_worker_that_is_gone_fire() {
    watched(|| {
        let rt = multi(4);
        let begun = Arc::new(Barrier::new(5));
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let begun = begun.clone();
                rt.spawn(async move {
                    // Each on a worker of its own, where its timer is then.
                    begun.wait();
                    sleep(Duration::from_millis(20)).await;
                })
            })
            .collect();
        begun.wait();
        rt.handle().set_max_procs(1);
        rt.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
        assert_eq!(rt.metrics().num_workers(), 1);
    });
}

#[test]
fn from_many_threads_and_tasks_at_once_under_load() {
    watched(|| {
        let rt = multi(2);
        let (crew, mut tasks) = Crew::start(&rt, 32);
        let threads: Vec<_> = (0..3_usize)
            .map(|i| {
                let handle = rt.handle().clone();
                std::thread::spawn(move || (0..200).for_each(|n| _ = handle.set_max_procs(1 + (n * (i + 1)) % 7)))
            })
            .collect();
        let handle = rt.handle().clone();
        let within = rt.spawn(async move {
            for n in 0..200 {
                handle.set_max_procs(1 + n % 5);
                // Its own worker may be gone now: it goes on, and what it spawns and wakes is done.
                assert_eq!(gmp::spawn(async move { n }).await.unwrap(), n);
                gmp::task::block_in_place(|| handle.set_max_procs(1 + n % 3));
            }
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        rt.block_on(within).unwrap();
        rt.handle().set_max_procs(2);
        crew.all_have_polled();
        crew.stop.store(true, SeqCst);
        rt.block_on(async { while tasks.join_next().await.transpose().unwrap().is_some() {} });
        assert_eq!(rt.metrics().num_workers(), 2);
        assert_eq!(rt.metrics().num_alive_tasks(), 0);
    });
}

#[test]
fn beside_tasks_that_block_and_compute() {
    watched(|| {
        let rt = multi(2);
        let stop = Arc::new(AtomicBool::new(false));
        let villains: Vec<_> = (0..6)
            .map(|i| {
                let stop = stop.clone();
                rt.spawn(async move {
                    while !stop.load(SeqCst) {
                        if i % 2 == 0 {
                            std::thread::sleep(Duration::from_millis(5));
                        } else {
                            let until = std::time::Instant::now() + Duration::from_millis(5);
                            while std::time::Instant::now() < until {}
                        }
                        gmp::task::yield_now().await;
                    }
                })
            })
            .collect();
        for round in 0..30 {
            rt.handle().set_max_procs([1, 4, 2, 3][round % 4]);
            rt.block_on(rt.spawn(async { sleep(Duration::from_millis(1)).await })).unwrap();
        }
        stop.store(true, SeqCst);
        rt.block_on(async {
            for villain in villains {
                villain.await.unwrap();
            }
        });
    });
}

#[test]
fn from_hooks_of_threads() {
    watched(|| {
        // A worker in its first hook has been given a slot that it doesn't hold yet: this may be the one that goes.
        let handle: Arc<std::sync::OnceLock<gmp::runtime::Handle>> = Arc::default();
        let in_hook = handle.clone();
        let change = move |procs| in_hook.get().map(|handle: &gmp::runtime::Handle| handle.set_max_procs(procs));
        let (start, park) = (change.clone(), change);
        let rt =
            multi_builder(4).on_thread_start(move || _ = start(1)).on_thread_park(move || _ = park(3)).build().unwrap();
        handle.set(rt.handle().clone()).unwrap();
        let (crew, mut tasks) = Crew::start(&rt, 8);
        for _ in 0..50 {
            rt.handle().set_max_procs(6);
            crew.all_have_polled();
            rt.block_on(rt.spawn(async { sleep(Duration::from_micros(100)).await })).unwrap();
        }
        crew.stop.store(true, SeqCst);
        rt.block_on(async { while tasks.join_next().await.transpose().unwrap().is_some() {} });
    });
}

#[test]
fn the_end_comes_while_workers_go() {
    for procs in 1..=8 {
        watched(move || {
            let rt = multi(4);
            let (_crew, tasks) = Crew::start(&rt, 16);
            let handle = rt.handle().clone();
            let changer =
                std::thread::spawn(move || (0..50).for_each(|n| _ = handle.set_max_procs(1 + (n + procs) % 8)));
            drop(tasks);
            drop(rt);
            changer.join().unwrap();
        });
    }
}

/// A worker that can't go at once, for so many are stuck that there is no record to take its place, goes as soon as it can.
#[test]
fn a_worker_that_could_not_go_goes_later() {
    let play = || {
        watched(|| {
            let rt = multi(2);
            let (crew, mut tasks) = Crew::start(&rt, 8);
            let most_at_once = || {
                crew.all_have_polled();
                crew.most.store(0, SeqCst);
                (0..10).for_each(|_| crew.all_have_polled());
                crew.most.load(SeqCst)
            };
            eventually("both are busy", || most_at_once() == 2);
            assert_eq!(rt.metrics().retake_denied_count(), 0);
            rt.handle().set_max_procs(1);
            assert!(rt.metrics().retake_denied_count() > 0, "it could go at once");
            eventually("one has gone", || most_at_once() == 1);
            crew.stop.store(true, SeqCst);
            rt.block_on(async { while tasks.join_next().await.transpose().unwrap().is_some() {} });
        });
    };
    if let Some(output) =
        in_child("rt_maxprocs::a_worker_that_could_not_go_goes_later", &[("GMP_FAULT", "no-spare")], play)
    {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

#[test]
fn threads_that_are_not_needed_end() {
    watched(|| {
        let name = "maxprocs-ends";
        let rt = multi_builder(16).thread_keep_alive(Duration::from_millis(1)).thread_name(name).build().unwrap();
        all_meet(&rt, 16);
        rt.handle().set_max_procs(1);
        // One with a P and one to spare: the others aren't needed.
        eventually("surplus threads end", || threads_called(name) <= 2);
        rt.block_on(rt.spawn(async {})).unwrap();
    });
}
