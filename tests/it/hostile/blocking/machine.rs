//! Cases 48 and 49: what the machine does to a runtime that takes Ps away must not look like tasks that block.

use super::{busy_but_polite, join, spin, taken, threads};
use crate::support::{in_child, ms, multi, stderr, watched};
use gmp::time::sleep;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

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
    let test = "hostile::blocking::machine::case_48_stopped_while_tasks_compute_and_block";
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
    if let Some(output) = in_child("hostile::blocking::machine::case_49_on_one_cpu", &[], play) {
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
    if let Some(output) = in_child("hostile::blocking::machine::case_49_throttled", &[], play) {
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
    if let Some(output) = in_child("hostile::blocking::machine::case_49_beside_busy_threads", &[], play) {
        assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
}
