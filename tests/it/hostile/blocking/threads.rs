//! Cases 32 and 43: more Ms are stuck than there may be threads, or than the system gives.

use super::{Gate, join, threads};
use crate::support::{Census, PATIENCE, eventually, in_child, ms, multi, multi_builder, stderr, watched};
use gmp::runtime::{Handle, Runtime};
use gmp::task::{JoinHandle, block_in_place};
use gmp::time::sleep;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

/// More than the Ms there may be: threads stay under their cap, what waits is counted, and in the end all are done.
#[test]
fn case_32_far_more_tasks_block_than_there_may_be_threads() {
    // Two workers, 512 that may be stuck, a spare one, sysmon, the template thread, one of the blocking pool, main, the
    // test's two.
    const CAP: usize = 512 + 2;
    const OTHERS: usize = 8;
    fn play() {
        watched(|| {
            let gate = Gate::default();
            let rt = multi(2);
            let census = Census::default();
            let tasks: Vec<_> = (0..2_000)
                .map(|_| {
                    let (gate, live) = (gate.clone(), census.live());
                    rt.spawn(async move {
                        let _live = live;
                        gate.pass();
                    })
                })
                .collect();
            let mut most = 0;
            let (begun, mut came) = (Instant::now(), (0, Instant::now()));
            // As many as there may be, or as many as come in a time in which more would have come.
            while gate.came() < CAP && came.1.elapsed() < ms(5_000) && begun.elapsed() < PATIENCE / 2 {
                most = most.max(threads());
                if gate.came() != came.0 {
                    came = (gate.came(), Instant::now());
                }
                thread::sleep(ms(5));
            }
            thread::sleep(ms(100));
            most = most.max(threads());
            println!("{most} threads, {} tasks block", gate.came());
            assert!(gate.came() >= 100, "they are stuck behind each other");
            assert!(most <= CAP + OTHERS, "{most} threads");
            gate.open();
            join(&rt, tasks);
            assert!(threads() <= CAP + OTHERS);
            drop(rt);
            census.assert_all_dropped();
        });
    }
    let test = "hostile::blocking::threads::case_32_far_more_tasks_block_than_there_may_be_threads";
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
}

/// The same with tasks that hand their Ps off themselves.
#[test]
fn case_32_far_more_nested_block_ons_than_there_may_be_threads() {
    const CAP: usize = 512 + 2;
    fn play() {
        watched(|| {
            let rt = multi(2);
            let (open, gate) = gmp::sync::watch::channel(false);
            let came = Arc::new(AtomicUsize::new(0));
            let tasks: Vec<_> = (0..1_500)
                .map(|_| {
                    let (mut gate, came) = (gate.clone(), came.clone());
                    rt.spawn(async move {
                        block_in_place(|| {
                            came.fetch_add(1, Ordering::SeqCst);
                            Handle::current().block_on(async move { gate.wait_for(|open| *open).await.map(|_| ()) })
                        })
                    })
                })
                .collect();
            let (mut most, begun, mut last) = (0, Instant::now(), (0, Instant::now()));
            while last.1.elapsed() < ms(2_000) && begun.elapsed() < PATIENCE / 2 {
                most = most.max(threads());
                let now = came.load(Ordering::SeqCst);
                if now != last.0 {
                    last = (now, Instant::now());
                }
                thread::sleep(ms(5));
            }
            println!("{most} threads, {} tasks wait", last.0);
            assert!(last.0 >= 100, "they are stuck behind each other");
            assert!(most <= CAP + 8, "{most} threads");
            open.send(true).unwrap();
            for outcome in join(&rt, tasks) {
                outcome.unwrap();
            }
        });
    }
    let test = "hostile::blocking::threads::case_32_far_more_nested_block_ons_than_there_may_be_threads";
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
}

/// Each task that is locked to its thread has one, however many there are: that is what was asked for.
#[test]
fn case_32_more_locked_tasks_than_spare_threads() {
    fn play() {
        watched(|| {
            let rt = multi(2);
            let (open, gate) = gmp::sync::watch::channel(false);
            let tasks: Vec<_> = (0..600)
                .map(|_| {
                    let mut gate = gate.clone();
                    rt.spawn(async move {
                        let _locked = gmp::task::lock_os_thread();
                        let here = thread::current().id();
                        gate.wait_for(|open| *open).await.unwrap();
                        assert_eq!(thread::current().id(), here);
                    })
                })
                .collect();
            eventually("each has a thread", || threads() > 600);
            assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
            assert!(threads() < 700, "{} threads", threads());
            open.send(true).unwrap();
            join(&rt, tasks);
        });
    }
    let test = "hostile::blocking::threads::case_32_more_locked_tasks_than_spare_threads";
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
}

/// From here on the process gets no memory for another thread's stack, until the guard is dropped.
struct NoMoreThreads(libc::rlimit);

impl NoMoreThreads {
    /// Threads' stacks must have this size.
    const STACK: usize = 256 << 20;

    fn begin() -> Self {
        let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the pointer is to a local.
        assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut old) }, 0);
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
        let tight = libc::rlimit { rlim_cur: pages * 4096 + (192 << 20), rlim_max: old.rlim_max };
        // SAFETY: the pointer is to a local.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &tight) }, 0);
        Self(old)
    }
}

impl Drop for NoMoreThreads {
    fn drop(&mut self) {
        // SAFETY: the pointer is to a field.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &self.0) }, 0);
    }
}

/// A runtime with one worker, which is there and blocks; and a thread for sysmon.
fn one_worker(gate: &Gate) -> (Runtime, JoinHandle<()>) {
    let rt = multi_builder(1).thread_stack_size(NoMoreThreads::STACK).build().unwrap();
    rt.block_on(rt.spawn(async {})).unwrap();
    let waits = gate.clone();
    let (began, begun) = mpsc::channel();
    let stuck = rt.spawn(async move {
        began.send(()).unwrap();
        waits.pass();
    });
    begun.recv().unwrap();
    (rt, stuck)
}

/// Every M blocks, and the system refuses others. It is counted, they stay stuck, and when they are released all is done.
#[test]
fn case_43_threads_are_refused_while_every_m_blocks() {
    fn play() {
        watched(|| {
            let rt = multi_builder(2).thread_stack_size(NoMoreThreads::STACK).build().unwrap();
            let gate = Gate::default();
            // Whatever threads it takes to have both Ps and sysmon running.
            let (go, told) = mpsc::channel::<()>();
            let told = Arc::new(Mutex::new(told));
            let both: Vec<_> = (0..2)
                .map(|_| {
                    let (gate, told) = (gate.clone(), told.clone());
                    rt.spawn(async move {
                        let _ = told.lock().unwrap().recv();
                        gate.pass();
                    })
                })
                .collect();
            thread::sleep(ms(50));
            let refused = NoMoreThreads::begin();
            let more: Vec<_> = (0..300)
                .map(|i| {
                    let gate = gate.clone();
                    rt.spawn(async move {
                        if i % 3 == 0 {
                            gate.pass();
                        }
                        sleep(ms(i % 5)).await;
                    })
                })
                .collect();
            go.send(()).unwrap();
            go.send(()).unwrap();
            eventually("the refusal is counted", || rt.metrics().thread_failure_count() > 0);
            gate.open();
            join(&rt, both);
            join(&rt, more);
            drop(refused);
        });
    }
    let test = "hostile::blocking::threads::case_43_threads_are_refused_while_every_m_blocks";
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

/// The only worker blocks until a task behind it has run, and the system refuses threads for a while: afterwards it goes on, though
/// nobody queues anything that would be a reason to try again. The same for a timer.
#[test]
fn case_43_the_limit_is_lifted_while_every_m_blocks() {
    fn play() {
        watched(|| {
            let gate = Gate::default();
            let (rt, stuck) = one_worker(&gate);
            let metrics = rt.metrics();
            let before = metrics.thread_failure_count();
            let refused = NoMoreThreads::begin();
            let opens = gate.clone();
            let behind = rt.spawn(async move {
                sleep(ms(1)).await;
                opens.open();
            });
            // Unless sysmon had a spare M made before the limit was there.
            let begun = Instant::now();
            while !behind.is_finished() && metrics.thread_failure_count() == before && begun.elapsed() < PATIENCE / 4 {
                thread::sleep(ms(1));
            }
            thread::sleep(ms(100));
            drop(refused);
            join(&rt, vec![behind, stuck]);
        });
    }
    let test = "hostile::blocking::threads::case_43_the_limit_is_lifted_while_every_m_blocks";
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}
