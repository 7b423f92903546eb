//! The pool behind `spawn_blocking`: every job is run or cancelled, once, whatever happens to threads.

use crate::support::{Census, current, eventually, multi_builder, on_each, rounds, watched};
use gmp::runtime::{Builder, Handle, Runtime};
use gmp::task::JoinHandle;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
        let jobs = [rt.spawn_blocking(|| 1), rt.spawn_blocking(|| 2)];
        // One waits for the hook of its thread; which one, the system decides.
        eventually("one of the jobs is done", || jobs.iter().any(|job| job.is_finished()));
        assert!(jobs.iter().any(|job| !job.is_finished()));
        drop(release);
        let [one, two] = jobs;
        assert_eq!((rt.block_on(one).unwrap(), rt.block_on(two).unwrap()), (1, 2));
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
