//! The pool behind `spawn_blocking`: every job is run or cancelled, once, whatever happens to threads.

use crate::support::{Census, current, eventually, in_child, multi_builder, on_each, rounds, stderr, watched};
use gmp::runtime::{Builder, Handle, Runtime};
use gmp::task::JoinHandle;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// A pool whose only thread waits until the sender is dropped.
fn occupied(builder: &mut Builder) -> (Runtime, mpsc::Sender<()>) {
    let rt = builder.max_blocking_threads(1).build().unwrap();
    let (release, released) = mpsc::channel::<()>();
    let (began, begun) = mpsc::channel();
    rt.spawn_blocking(move || {
        began.send(()).unwrap();
        let _ = released.recv();
    });
    begun.recv().unwrap();
    (rt, release)
}

/// A number from a seed, good enough to be irregular.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[test]
fn jobs_that_wait_for_each_other() {
    watched(|| {
        let rt = Arc::new(multi_builder(2).max_blocking_threads(64).build().unwrap());
        for round in 0..rounds(50) {
            let barrier = Arc::new(Barrier::new(64));
            let submitters: Vec<_> = (0..8)
                .map(|_| {
                    let (rt, barrier) = (rt.clone(), barrier.clone());
                    thread::spawn(move || {
                        let wait = || {
                            let barrier = barrier.clone();
                            rt.spawn_blocking(move || u64::from(barrier.wait().is_leader()))
                        };
                        (0..8).map(|_| wait()).collect::<Vec<_>>()
                    })
                })
                .collect();
            let jobs = submitters.into_iter().flat_map(|t| t.join().unwrap());
            assert_eq!(jobs.map(|job| rt.block_on(job).unwrap()).sum::<u64>(), 1, "round {round}");
        }
        assert_eq!(rt.metrics().num_blocking_threads(), 64);
    });
}

#[test]
fn a_chain_of_jobs_that_wait_for_their_children() {
    fn descend(depth: u64) -> u64 {
        if depth == 0 {
            return 0;
        }
        let child = gmp::task::spawn_blocking(move || descend(depth - 1));
        1 + Handle::current().block_on(child).unwrap()
    }
    on_each(|rt| assert_eq!(rt.block_on(rt.spawn_blocking(|| descend(40))).unwrap(), 40));
}

/// Tiny jobs don't need a thread each, though each would get one if those before it didn't end.
#[test]
fn a_burst_of_tiny_jobs_takes_few_threads() {
    watched(|| {
        let rt = multi_builder(2).build().unwrap();
        let handle = rt.handle().clone();
        let submit = move || (0..1_000).map(|i| handle.spawn_blocking(move || i)).collect::<Vec<_>>();
        for _ in 0..rounds(100) {
            let jobs = thread::spawn(submit.clone()).join().unwrap();
            let sum: u64 = jobs.into_iter().map(|job| rt.block_on(job).unwrap()).sum();
            assert_eq!(sum, 999 * 1_000 / 2);
        }
        let threads = rt.metrics().num_blocking_threads();
        assert!(threads < 256, "{threads} threads for a thousand tiny jobs at a time");
    });
}

#[test]
fn aborted_before_it_begins() {
    watched(|| {
        let (rt, release) = occupied(&mut multi_builder(1));
        let census = Census::default();
        let ran = Arc::new(AtomicUsize::new(0));
        let jobs: Vec<_> = (0..20)
            .map(|i| {
                let (live, ran) = (census.live(), ran.clone());
                let job = rt.spawn_blocking(move || {
                    ran.fetch_add(1, Ordering::SeqCst);
                    drop(live);
                    i
                });
                if i % 2 == 0 {
                    if i % 4 == 0 { job.abort() } else { job.abort_handle().abort() }
                }
                job
            })
            .collect();
        assert_eq!(rt.metrics().blocking_queue_depth(), 20);
        drop(release);
        for (i, job) in jobs.into_iter().enumerate() {
            match rt.block_on(job) {
                Ok(out) => assert_eq!((out, i % 2), (i, 1)),
                Err(error) => assert!(error.is_cancelled() && i % 2 == 0),
            }
        }
        assert_eq!(ran.load(Ordering::SeqCst), 10);
        census.assert_all_dropped();
    });
}

#[test]
fn a_job_that_has_begun_cannot_be_aborted() {
    on_each(|rt| {
        let (began, begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let job = rt.spawn_blocking(move || {
            began.send(()).unwrap();
            let _ = released.recv();
            5
        });
        begun.recv().unwrap();
        job.abort();
        drop(release);
        assert_eq!(rt.block_on(job).unwrap(), 5);
    });
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("in a drop"));
    }
}

/// Panics of a job, of its closure's drop, of its output's drop, and of its panic's payload.
#[test]
fn panics_do_not_kill_the_pool() {
    on_each(|rt| {
        let threads = Arc::new(Mutex::new(std::collections::HashSet::new()));
        for _ in 0..rounds(100) {
            let job = rt.spawn_blocking(|| std::panic::resume_unwind(Box::new("in a job")));
            assert!(rt.block_on(job).unwrap_err().is_panic());
            let guard = PanicsInDrop;
            let job = rt.spawn_blocking(move || drop(guard));
            assert!(rt.block_on(job).unwrap_err().is_panic());
            // Nobody has these panics.
            drop(rt.spawn_blocking(|| PanicsInDrop));
            drop(rt.spawn_blocking(|| std::panic::resume_unwind(Box::new(PanicsInDrop))));
            let threads = threads.clone();
            rt.block_on(rt.spawn_blocking(move || threads.lock().unwrap().insert(thread::current().id()))).unwrap();
        }
        let threads = threads.lock().unwrap().len();
        assert!(threads <= 5, "{threads} threads: some have died");
    });
}

#[test]
fn panics_of_cancelled_closures() {
    watched(|| {
        let (rt, release) = occupied(&mut multi_builder(1));
        let aborted = rt.spawn_blocking({
            let guard = PanicsInDrop;
            move || drop(guard)
        });
        aborted.abort();
        let behind = rt.spawn_blocking(|| 7);
        drop(release);
        assert!(rt.block_on(aborted).unwrap_err().is_panic());
        assert_eq!(rt.block_on(behind).unwrap(), 7);

        // And at the end of the runtime.
        let (rt, release) = occupied(&mut multi_builder(1));
        let census = Census::default();
        let jobs: Vec<_> = (0..5)
            .map(|_| {
                let guards = (census.live(), PanicsInDrop);
                rt.spawn_blocking(move || drop(guards))
            })
            .collect();
        rt.shutdown_background();
        census.assert_all_dropped();
        for job in jobs {
            assert!(current().block_on(job).unwrap_err().is_panic());
        }
        drop(release);
    });
}

/// Submits a job when it is dropped.
struct SpawnsInDrop(Arc<Mutex<Vec<JoinHandle<()>>>>, Census);

impl Drop for SpawnsInDrop {
    fn drop(&mut self) {
        let live = self.1.live();
        self.0.lock().unwrap().push(gmp::task::spawn_blocking(move || drop(live)));
    }
}

#[test]
fn submitted_from_drops() {
    watched(|| {
        let (rt, release) = occupied(&mut multi_builder(1));
        let (handles, census) = (Arc::default(), Census::default());
        let guard = || SpawnsInDrop(Arc::clone(&handles), census.clone());
        // From the drop of a closure that is aborted, of one that runs, and of an output.
        let (a, b, c) = (guard(), guard(), guard());
        let aborted = rt.spawn_blocking(move || drop(a));
        aborted.abort();
        rt.spawn_blocking(move || drop(b));
        drop(rt.spawn_blocking(move || c));
        drop(release);
        eventually("all have run", || census.made() == 3 && census.dropped() == 3);
        for job in std::mem::take(&mut *handles.lock().unwrap()) {
            rt.block_on(job).unwrap();
        }
        // At the end: refused, in a context that knows the runtime.
        let (rt, release) = occupied(&mut multi_builder(1));
        for _ in 0..3 {
            let guard = guard();
            rt.spawn_blocking(move || drop(guard));
        }
        rt.shutdown_background();
        drop(release);
        census.assert_all_dropped();
        assert_eq!(census.made(), 6);
        for job in std::mem::take(&mut *handles.lock().unwrap()) {
            assert!(current().block_on(job).unwrap_err().is_cancelled());
        }
    });
}

#[test]
fn submitted_while_the_runtime_ends() {
    on_each(|rt| {
        let (began, begun) = mpsc::channel();
        let census = Census::default();
        let inside = census.clone();
        let job = rt.spawn_blocking(move || {
            began.send(()).unwrap();
            // Until it is refused.
            loop {
                let live = inside.live();
                let job = gmp::task::spawn_blocking(move || drop(live));
                match current().block_on(job) {
                    Ok(()) => {}
                    Err(error) => return error.is_cancelled(),
                }
            }
        });
        begun.recv().unwrap();
        drop(rt);
        assert!(current().block_on(job).unwrap());
        census.assert_all_dropped();
    });
}

#[test]
fn the_end_among_submitters() {
    watched(|| {
        for round in 0..rounds(300) {
            let rt = multi_builder(1).max_blocking_threads(2).build().unwrap();
            let census = Census::default();
            let submitters: Vec<_> = (0..3)
                .map(|_| {
                    let (handle, census) = (rt.handle().clone(), census.clone());
                    thread::spawn(move || {
                        let submit = || {
                            let live = census.live();
                            handle.spawn_blocking(move || drop(live))
                        };
                        (0..100).map(|_| submit()).collect::<Vec<_>>()
                    })
                })
                .collect();
            match round % 3 {
                0 => drop(rt),
                1 => rt.shutdown_timeout(Duration::from_millis(1)),
                _ => rt.shutdown_background(),
            }
            let outside = current();
            for job in submitters.into_iter().flat_map(|t| t.join().unwrap()) {
                let ended = outside.block_on(job);
                assert!(ended.is_ok() || ended.unwrap_err().is_cancelled());
            }
            assert_eq!(census.made(), 300);
            census.assert_all_dropped();
        }
    });
}

/// The hooks are called on the pool's threads, each as often as the other, and may submit jobs.
#[test]
fn hooks_of_threads() {
    thread_local!(static HOOKED: Cell<bool> = const { Cell::new(false) });
    watched(|| {
        let (started, stopped, submitted) = (Census::default(), Census::default(), Census::default());
        let (starts, stops, jobs, more) = (started.clone(), stopped.clone(), submitted.clone(), submitted.clone());
        let rt = multi_builder(1)
            .thread_keep_alive(Duration::from_millis(5))
            .on_thread_start(move || {
                HOOKED.set(true);
                drop(starts.live());
                let live = jobs.live();
                drop(gmp::task::spawn_blocking(move || drop(live)));
            })
            .on_thread_stop(move || {
                drop(stops.live());
                let live = more.live();
                // The last thread's job makes another thread, whose end makes another job: only so far.
                if more.made() < 50 {
                    drop(gmp::task::spawn_blocking(move || drop(live)));
                }
            })
            .build()
            .unwrap();
        for _ in 0..5 {
            assert!(rt.block_on(rt.spawn_blocking(|| HOOKED.get())).unwrap());
        }
        eventually("threads have ended", || stopped.made() > 3);
        drop(rt);
        assert_eq!(started.made(), stopped.made());
        submitted.assert_all_dropped();
    });
}

/// A job isn't kept waiting by the hook of another job's thread.
#[test]
fn a_hook_that_takes_its_time() {
    watched(|| {
        let first = AtomicBool::new(true);
        let (release, released) = mpsc::channel::<()>();
        let released = Mutex::new(released);
        let rt = Builder::new_current_thread()
            .on_thread_start(move || {
                if first.swap(false, Ordering::SeqCst) {
                    let _ = released.lock().unwrap().recv();
                }
            })
            .build()
            .unwrap();
        let slow = rt.spawn_blocking(|| 1);
        let quick = rt.spawn_blocking(|| 2);
        assert_eq!(rt.block_on(quick).unwrap(), 2);
        assert!(!slow.is_finished());
        drop(release);
        assert_eq!(rt.block_on(slow).unwrap(), 1);
    });
}

#[test]
fn stacks_are_as_large_as_asked_for() {
    watched(|| {
        let rt = multi_builder(1).thread_stack_size(16 << 20).build().unwrap();
        let job = rt.spawn_blocking(|| {
            let mut large = [0_u8; 10 << 20];
            std::hint::black_box(&mut large)[5 << 20] = 3;
            large.iter().map(|&b| u64::from(b)).sum::<u64>()
        });
        assert_eq!(rt.block_on(job).unwrap(), 3);
    });
}

/// With threads that end all the time, jobs find one or get a new one.
#[test]
fn keep_alive_that_is_up_at_once() {
    for nanos in [0, 1, 100_000, 1_000_000] {
        watched(move || {
            let rt = multi_builder(1).thread_keep_alive(Duration::from_nanos(nanos)).build().unwrap();
            let mut seed = nanos;
            for i in 0..rounds(2_000) {
                assert_eq!(rt.block_on(rt.spawn_blocking(move || i)).unwrap(), i);
                if next(&mut seed) % 8 == 0 {
                    thread::sleep(Duration::from_nanos(nanos));
                }
            }
            let metrics = rt.metrics();
            eventually("all end", || metrics.num_blocking_threads() == 0);
        });
    }
}

/// A million jobs from eight threads, aborted at random, on threads that end all the time.
#[test]
fn stress() {
    for (workers, max_threads) in [(2, 512), (1, 3)] {
        watched(move || {
            let each = rounds(if max_threads == 512 { 800_000 } else { 200_000 }) / 8;
            let rt = multi_builder(workers)
                .thread_keep_alive(Duration::from_millis(1))
                .max_blocking_threads(max_threads)
                .build()
                .unwrap();
            let (ran, dropped) = (Arc::new(AtomicU64::new(0)), Census::default());
            let submitters: Vec<_> = (0..8_u64)
                .map(|number| {
                    let (handle, ran, dropped) = (rt.handle().clone(), ran.clone(), dropped.clone());
                    thread::spawn(move || {
                        let (mut seed, mut cancelled, mut waiting) = (number, 0, Vec::new());
                        for _ in 0..each {
                            let (live, ran) = (dropped.live(), ran.clone());
                            let job = handle.spawn_blocking(move || {
                                ran.fetch_add(1, Ordering::Relaxed);
                                drop(live);
                            });
                            match next(&mut seed) % 64 {
                                0 => thread::sleep(Duration::from_micros(next(&mut seed) % 2_000)),
                                1..=9 => job.abort(),
                                10 => {
                                    waiting.push(job);
                                    for job in waiting.drain(..) {
                                        match handle.block_on(job) {
                                            Ok(()) => {}
                                            Err(error) if error.is_cancelled() => cancelled += 1,
                                            Err(error) => panic!("{error}"),
                                        }
                                    }
                                    continue;
                                }
                                _ => {}
                            }
                            waiting.push(job);
                        }
                        for job in waiting {
                            cancelled += u64::from(handle.block_on(job).is_err());
                        }
                        cancelled
                    })
                })
                .collect();
            let cancelled: u64 = submitters.into_iter().map(|t| t.join().unwrap()).sum();
            assert_eq!(ran.load(Ordering::Relaxed) + cancelled, 8 * each as u64);
            dropped.assert_all_dropped();
            let metrics = rt.metrics();
            assert_eq!(metrics.blocking_queue_depth(), 0);
            eventually("all end", || metrics.num_blocking_threads() == 0);
        });
    }
}

/// The last owner of a runtime is dropped by a job of its, and in the destructor of a thread-local of its thread.
#[test]
fn dropped_by_its_own_thread() {
    thread_local!(static LAST: RefCell<Option<Runtime>> = const { RefCell::new(None) });
    watched(|| {
        for keep in [false, true] {
            for _ in 0..rounds(50) {
                let rt = multi_builder(1).thread_keep_alive(Duration::from_micros(100)).build().unwrap();
                let handle = rt.handle().clone();
                let others: Vec<_> = (0..4).map(|_| handle.spawn_blocking(|| ())).collect();
                let slot = Arc::new(Mutex::new(Some(rt)));
                let job = handle.spawn_blocking(move || {
                    let rt = slot.lock().unwrap().take();
                    if keep { LAST.with(|last| *last.borrow_mut() = rt) } else { drop(rt) }
                });
                current().block_on(job).unwrap();
                for other in others {
                    let _ = current().block_on(other);
                }
                let refused = || current().block_on(handle.spawn_blocking(|| ())).is_err();
                eventually("it ends, with its thread if that is who has it", refused);
                eventually("all threads end", || handle.metrics().num_blocking_threads() == 0);
            }
        }
    });
}

/// Seven of eight threads can't be started. Every job runs nonetheless, those that wait for others too.
#[test]
fn threads_are_refused_now_and_then() {
    let test = "rt_blocking::threads_are_refused_now_and_then";
    let play = || {
        on_each(|rt| {
            let first = rt.spawn_blocking(|| 1);
            assert_eq!(rt.block_on(first).unwrap(), 1);
            for _ in 0..20 {
                let barrier = Arc::new(Barrier::new(4));
                let jobs: Vec<_> = (0..4)
                    .map(|_| {
                        let barrier = barrier.clone();
                        rt.spawn_blocking(move || u64::from(barrier.wait().is_leader()))
                    })
                    .collect();
                let leaders = rt.block_on(async {
                    let mut leaders = 0;
                    for job in jobs {
                        leaders += job.await.unwrap();
                    }
                    leaders
                });
                assert_eq!(leaders, 1);
            }
            assert!(rt.metrics().thread_failure_count() > 0);
        });
        watched(|| {
            let rt = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            rt.block_on(async {
                assert_eq!(gmp::task::spawn_blocking(|| 2).await.unwrap(), 2, "the clock stands meanwhile");
            });
        });
        watched(|| {
            let rt = multi_builder(2).thread_keep_alive(Duration::from_micros(100)).build().unwrap();
            for i in 0..2_000 {
                assert_eq!(rt.block_on(rt.spawn_blocking(move || i)).unwrap(), i);
            }
            drop(rt);
        });
    };
    if let Some(output) = in_child(test, &[("GMP_FAULT", "blocking-threads")], play) {
        assert!(output.status.success(), "{}", stderr(&output));
        let told = stderr(&output).matches("cannot start a thread for a blocking job").count();
        assert!(told >= 1, "{}", stderr(&output));
    }
}

/// The limit on the number of threads, reached and lifted.
#[cfg(target_os = "linux")]
#[test]
fn no_more_threads_for_this_user() {
    let test = "rt_blocking::no_more_threads_for_this_user";
    let play = || {
        watched(|| {
            let rt = multi_builder(2).build().unwrap();
            // All workers are there before.
            rt.block_on(async {
                let tasks: Vec<_> = (0..100).map(|_| gmp::spawn(gmp::task::yield_now())).collect();
                for task in tasks {
                    task.await.unwrap();
                }
            });
            let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NPROC, &mut old) }, 0);
            // root has no such limit. libc's function, unlike the system call, is for all threads.
            // SAFETY: no memory is involved.
            if unsafe { libc::geteuid() } == 0 && unsafe { libc::setresuid(65_534, 65_534, 65_534) } != 0 {
                return eprintln!("skipped: this root can't become somebody else");
            }
            let tight = libc::rlimit { rlim_cur: 0, rlim_max: old.rlim_max };
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &tight) }, 0);
            let before = rt.metrics().thread_failure_count();
            let jobs: Vec<_> = (0..10).map(|i| rt.spawn_blocking(move || i)).collect();
            assert!(rt.metrics().thread_failure_count() > before, "the limit has no effect");
            thread::sleep(Duration::from_millis(5));
            assert!(jobs.iter().all(|job| !job.is_finished()));
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &old) }, 0);
            // Nothing else is submitted: it is tried again.
            for (i, job) in jobs.into_iter().enumerate() {
                assert_eq!(rt.block_on(job).unwrap(), i);
            }

            // With a thread there, jobs that can't have one of their own wait for it.
            // SAFETY: the pointer is to a local.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &tight) }, 0);
            let threads = rt.metrics().num_blocking_threads();
            let jobs: Vec<_> = (0..1_000).map(|i| rt.spawn_blocking(move || i)).collect();
            for (i, job) in jobs.into_iter().enumerate() {
                assert_eq!(rt.block_on(job).unwrap(), i);
            }
            assert!((1..=threads).contains(&rt.metrics().num_blocking_threads()));
        });
    };
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}
