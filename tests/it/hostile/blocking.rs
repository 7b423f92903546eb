//! Cases 15, 20, 27, 32, 43, 48, 49 and 59 once more, where tasks block their threads.

mod machine; // 48, 49: it stands still, it is small, others want it
mod threads; // 32, 43: there are no more of them

use crate::support::{Census, PATIENCE, eventually, ms, multi, watched};
use gmp::runtime::{Handle, Runtime, StallKind};
use gmp::task::{JoinHandle, block_in_place};
use gmp::time::sleep;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Where tasks block until it is opened.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar, AtomicUsize)>);

impl Gate {
    fn pass(&self) {
        let (open, changed, inside) = &*self.0;
        inside.fetch_add(1, Ordering::SeqCst);
        let waited = changed.wait_timeout_while(open.lock().unwrap(), PATIENCE, |open| !*open).unwrap();
        assert!(!waited.1.timed_out(), "the gate was never opened");
    }

    fn came(&self) -> usize {
        self.0.2.load(Ordering::SeqCst)
    }

    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

fn taken(rt: &Runtime) -> u64 {
    let metrics = rt.metrics();
    metrics.retaken_count(StallKind::Blocked) + metrics.retaken_count(StallKind::Busy)
}

fn spin(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Tasks whose polls are short, on all workers, until told to stop.
fn busy_but_polite(rt: &Runtime, count: usize, stop: &Arc<AtomicBool>) -> Vec<JoinHandle<usize>> {
    let task = |stop: Arc<AtomicBool>| async move {
        let mut turns = 0;
        while !stop.load(Ordering::SeqCst) {
            spin(Duration::from_micros(50));
            gmp::task::yield_now().await;
            turns += 1;
        }
        turns
    };
    (0..count).map(|_| rt.spawn(task(stop.clone()))).collect()
}

fn join<T>(rt: &Runtime, tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    rt.block_on(async {
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await.unwrap());
        }
        all
    })
}

/// The task has lost its P by the time that it panics.
#[test]
fn case_15_a_panic_without_a_p() {
    watched(|| {
        for workers in [1, 2] {
            let rt = multi(workers);
            let gate = Gate::default();
            let census = Census::default();
            let tasks: Vec<_> = (0..workers + 2)
                .map(|i| {
                    let (gate, live) = (gate.clone(), census.live());
                    rt.spawn(async move {
                        let _live = live;
                        if i % 2 == 0 {
                            gate.pass()
                        } else {
                            block_in_place(|| gate.pass())
                        }
                        // And what it leaves behind is still run.
                        gmp::spawn(async {});
                        std::panic::resume_unwind(Box::new("without a P"));
                    })
                })
                .collect::<Vec<JoinHandle<()>>>();
            eventually("all of them block", || gate.came() == workers + 2);
            eventually("Ps are taken", || taken(&rt) + rt.metrics().retaken_section_count() >= workers as u64);
            gate.open();
            rt.block_on(async {
                for task in tasks {
                    assert!(task.await.unwrap_err().is_panic());
                }
            });
            census.assert_all_dropped();
            eventually("nothing is left", || rt.metrics().num_alive_tasks() == 0);
            assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
        }
    });
}

/// It ends when its poll does, which nobody can shorten: by the abort if it would have gone on, and as what it is if it wouldn't.
#[test]
fn case_59_abort_of_a_blocked_task() {
    watched(|| {
        let rt = multi(1);
        let gate = Gate::default();
        let census = Census::default();
        let tasks: Vec<_> = (0..4)
            .map(|i| {
                let (gate, live) = (gate.clone(), census.live());
                rt.spawn(async move {
                    let _live = live;
                    if i < 2 {
                        gate.pass()
                    } else {
                        block_in_place(|| gate.pass())
                    }
                    if i % 2 == 0 {
                        std::future::pending::<()>().await;
                    }
                })
            })
            .collect();
        eventually("all of them block", || gate.came() == 4);
        for task in &tasks {
            task.abort();
            task.abort();
            assert!(!task.is_finished());
        }
        assert_eq!(census.dropped(), 0);
        assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
        gate.open();
        let ends: Vec<_> = rt.block_on(async {
            let mut ends = Vec::new();
            for task in tasks {
                ends.push(task.await.is_err_and(|error| error.is_cancelled()));
            }
            ends
        });
        assert_eq!(ends, [true, false, true, false]);
        census.assert_all_dropped();
    });
}

/// A task blocks until a job of the pool has ended the runtime under it.
#[test]
fn case_27_ended_by_a_job_of_a_blocked_task() {
    watched(|| {
        for in_place in [false, true] {
            let rt = Arc::new(Mutex::new(None));
            let census = Census::default();
            let (own, live) = (rt.clone(), census.live());
            let runtime = multi(1);
            let handle = runtime.handle().clone();
            *rt.lock().unwrap() = Some(runtime);
            let (tell, told) = mpsc::channel();
            let task = handle.spawn(async move {
                let _live = live;
                {
                    let (ended, end) = mpsc::channel();
                    gmp::task::spawn_blocking(move || {
                        let rt = own.lock().unwrap().take().expect("nobody else ends it");
                        rt.shutdown_background();
                        ended.send(()).unwrap();
                    });
                    let wait = || end.recv_timeout(PATIENCE).expect("the job runs beside a blocked task");
                    if in_place { block_in_place(wait) } else { wait() }
                }
                // Spawned after the end: cancelled at once.
                let late = gmp::spawn(std::future::pending::<()>());
                tell.send(late.is_finished()).unwrap();
                std::future::pending::<()>().await;
            });
            assert!(told.recv_timeout(PATIENCE).expect("it comes to its end"), "a spawn after the end is refused");
            eventually("it is cancelled", || task.is_finished());
            eventually("it is dropped", || census.dropped() == 1);
        }
    });
}

/// Sections in the drop of something that unwinding drops: short, long, with a `block_on` inside, with a panic of their own that is caught.
#[test]
fn case_20_blocking_in_a_drop_during_unwinding() {
    struct Blocks(Gate, mpsc::Sender<u32>);
    impl Drop for Blocks {
        fn drop(&mut self) {
            assert!(thread::panicking());
            let short = block_in_place(|| 1);
            block_in_place(|| self.0.pass());
            let nested = block_in_place(|| {
                Handle::current().block_on(async {
                    sleep(ms(1)).await;
                    gmp::spawn(async { 2 }).await.unwrap()
                })
            });
            let caught = std::panic::catch_unwind(AssertUnwindSafe(|| {
                block_in_place(|| std::panic::resume_unwind(Box::new("in a section")))
            }));
            self.1.send(short + nested + u32::from(caught.is_err())).unwrap();
        }
    }
    watched(|| {
        for workers in [1, 2] {
            let rt = multi(workers);
            let gate = Gate::default();
            let (tell, told) = mpsc::channel();
            let tasks: Vec<_> = (0..workers + 1)
                .map(|_| {
                    let blocks = Blocks(gate.clone(), tell.clone());
                    rt.spawn(async move {
                        let _blocks = blocks;
                        std::panic::resume_unwind(Box::new("the first one"));
                    })
                })
                .collect::<Vec<JoinHandle<()>>>();
            eventually("all of them block", || gate.came() == workers + 1);
            assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
            gate.open();
            for _ in 0..=workers {
                assert_eq!(told.recv_timeout(PATIENCE).unwrap(), 4);
            }
            rt.block_on(async {
                for task in tasks {
                    let error = task.await.unwrap_err();
                    assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"the first one"));
                }
            });
            assert_eq!(
                rt.block_on(rt.spawn(async {
                    sleep(ms(1)).await;
                    3
                }))
                .unwrap(),
                3
            );
        }
    });
}
