//! Cases 32, 43, 47 to 49 once more, where tasks block their threads: what the machine does to a runtime that takes Ps away.

use crate::support::{Census, PATIENCE, eventually, in_child, ms, multi, multi_builder, stderr, watched};
use gmp::runtime::{Handle, Runtime, StallKind};
use gmp::task::{JoinHandle, block_in_place};
use gmp::time::sleep;
use std::panic::AssertUnwindSafe;
use std::process::Command;
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
    let test = "hostile::blocking::case_32_far_more_tasks_block_than_there_may_be_threads";
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
    let test = "hostile::blocking::case_32_far_more_nested_block_ons_than_there_may_be_threads";
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
    let test = "hostile::blocking::case_32_more_locked_tasks_than_spare_threads";
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
    let test = "hostile::blocking::case_43_threads_are_refused_while_every_m_blocks";
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
    let test = "hostile::blocking::case_43_the_limit_is_lifted_while_every_m_blocks";
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

/// Stops and continues this process so many times.
fn stopper(times: usize) -> std::process::Child {
    let script = format!(
        "for i in $(seq {times}); do sleep 0.1; kill -STOP {0}; sleep 0.3; kill -CONT {0}; done",
        std::process::id()
    );
    Command::new("sh").args(["-c", &script]).spawn().unwrap()
}

/// The process is stopped again and again: who comes back and finds that a third of a second has passed in one poll takes no P for it,
/// and nothing is lost.
#[test]
fn case_48_stopped_while_tasks_compute_and_block() {
    fn play() {
        watched(|| {
            let rt = multi(2);
            let stop = Arc::new(AtomicBool::new(false));
            let tasks = busy_but_polite(&rt, 4, &stop);
            let mut villain = stopper(8);
            assert!(villain.wait().unwrap().success());
            let retaken = taken(&rt);
            stop.store(true, Ordering::SeqCst);
            assert!(join(&rt, tasks).iter().all(|&turns| turns > 0));
            println!("{retaken} taken in vain");
            assert!(retaken <= 8, "{retaken} Ps taken from tasks that did nothing wrong");

            let mut villain = stopper(5);
            let blocked: Vec<_> = (0..40)
                .map(|i| {
                    rt.spawn(async move {
                        for _ in 0..5 {
                            thread::sleep(ms(i));
                            sleep(ms(1)).await;
                        }
                    })
                })
                .collect();
            let ticks = rt.spawn(async {
                for _ in 0..100 {
                    sleep(ms(1)).await;
                }
            });
            join(&rt, blocked);
            join(&rt, vec![ticks]);
            assert!(villain.wait().unwrap().success());
            assert!(threads() <= 60, "{} threads", threads());
        });
    }
    let test = "hostile::blocking::case_48_stopped_while_tasks_compute_and_block";
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
}

/// Tasks that block, compute and wait, with timers beside; all of them end, and there are few threads.
fn mixed_load(workers: usize) {
    let rt = multi(workers);
    let tasks: Vec<_> = (0..60_u64)
        .map(|i| {
            rt.spawn(async move {
                for round in 0..4 {
                    match (i + round) % 3 {
                        0 => thread::sleep(ms(i % 10)),
                        1 => spin(ms(i % 4)),
                        _ => sleep(ms(i % 7)).await,
                    }
                    gmp::task::yield_now().await;
                }
            })
        })
        .collect();
    join(&rt, tasks);
    let threads = threads();
    println!("{threads} threads, {:?}", rt.metrics());
    assert!(threads <= 100, "{threads} threads");
}

/// More workers than CPUs: one that the process is bound to.
#[cfg(target_os = "linux")]
#[test]
fn case_49_on_one_cpu() {
    fn play() {
        // SAFETY: a set is numbers only.
        let mut one: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: a number below that of a set's bits.
        unsafe { libc::CPU_SET(first_cpu(), &mut one) };
        // SAFETY: the pointer is to a local of that size.
        assert_eq!(unsafe { libc::sched_setaffinity(0, size_of_val(&one), &one) }, 0);
        watched(|| {
            assert_eq!(thread::available_parallelism().unwrap().get(), 1);
            for workers in [1, 2, 4] {
                mixed_load(workers);
            }
        });
    }
    if let Some(output) = in_child("hostile::blocking::case_49_on_one_cpu", &[], play) {
        assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
}

/// One that this thread may use.
#[cfg(target_os = "linux")]
fn first_cpu() -> usize {
    // SAFETY: a set is numbers only.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a local of that size.
    assert_eq!(unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) }, 0);
    // SAFETY: numbers below that of a set's bits.
    (0..1024).find(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) }).expect("it runs somewhere")
}

/// A cgroup with a fifth of a CPU, in which the process stands still most of the time.
struct Throttled(std::path::PathBuf);

impl Throttled {
    /// `Err`: why there can't be one here.
    fn begin() -> Result<Self, String> {
        let name = format!("gmp-tests-{}", std::process::id());
        let v1 = std::path::Path::new("/sys/fs/cgroup/cpu");
        let (root, quota): (_, &[_]) = if v1.join("cpu.cfs_quota_us").exists() {
            (v1, &[("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "20000")])
        } else {
            (std::path::Path::new("/sys/fs/cgroup"), &[("cpu.max", "20000 100000")])
        };
        let group = Self(root.join(name));
        std::fs::create_dir(&group.0).map_err(|e| format!("{}: {e}", group.0.display()))?;
        let write = |file: &str, text: &str| {
            std::fs::write(group.0.join(file), text).map_err(|e| format!("{}/{file}: {e}", group.0.display()))
        };
        quota.iter().try_for_each(|(file, text)| write(file, text))?;
        write("cgroup.procs", &std::process::id().to_string())?;
        Ok(group)
    }
}

impl Drop for Throttled {
    fn drop(&mut self) {
        // Empty, or it can't be removed.
        if let Some(parent) = self.0.parent() {
            let _ = std::fs::write(parent.join("cgroup.procs"), std::process::id().to_string());
        }
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn case_49_throttled() {
    fn play() {
        let group = match Throttled::begin() {
            Ok(group) => group,
            Err(why) => return eprintln!("SKIPPED case_49_throttled: no cgroup with a quota can be made here: {why}"),
        };
        watched(|| mixed_load(4));
        watched(|| {
            let rt = multi(2);
            let stop = Arc::new(AtomicBool::new(false));
            let tasks = busy_but_polite(&rt, 4, &stop);
            thread::sleep(ms(1_500));
            let retaken = taken(&rt);
            stop.store(true, Ordering::SeqCst);
            join(&rt, tasks);
            println!("{retaken} taken in vain");
            assert!(retaken <= 8, "{retaken} Ps taken from tasks that did nothing wrong");
        });
        drop(group);
    }
    if let Some(output) = in_child("hostile::blocking::case_49_throttled", &[], play) {
        let said = stderr(&output);
        print!("{}", said.lines().filter(|line| line.contains("SKIPPED")).collect::<Vec<_>>().join("\n"));
        assert!(output.status.success(), "{}\n{said}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Eight busy threads beside the runtime, which so has its CPUs a fraction of the time: no poll blocks, none is long, and none loses its P.
#[test]
fn case_49_beside_busy_threads() {
    fn play() {
        watched(|| {
            let rt = multi(2);
            let stop = Arc::new(AtomicBool::new(false));
            let noise: Vec<_> = (0..8)
                .map(|_| {
                    let stop = stop.clone();
                    thread::spawn(move || {
                        while !stop.load(Ordering::SeqCst) {
                            spin(ms(1));
                        }
                    })
                })
                .collect();
            let tasks = busy_but_polite(&rt, 4, &stop);
            thread::sleep(ms(3_000));
            let (retaken, looks) = (taken(&rt), rt.metrics().watcher_tick_count());
            stop.store(true, Ordering::SeqCst);
            join(&rt, tasks);
            noise.into_iter().for_each(|thread| thread.join().unwrap());
            println!("{retaken} taken in vain, {looks} looks");
            assert!(retaken <= 2 + looks / 50, "{retaken} Ps taken in vain in {looks} looks");
        });
    }
    if let Some(output) = in_child("hostile::blocking::case_49_beside_busy_threads", &[], play) {
        assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
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
