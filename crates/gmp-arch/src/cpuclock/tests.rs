//! The clock of a thread that works, one that waits, and one that has ended.

use std::hint::black_box;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use super::*;

fn burn_until(clock: ThreadCpuClock, used: Duration) {
    while clock.read().is_some_and(|so_far| so_far < used) {
        black_box((0..1000_u64).sum::<u64>());
    }
}

#[test]
fn own_clock_runs_with_own_work() {
    let clock = ThreadCpuClock::current().unwrap();
    let before = clock.read().unwrap();
    burn_until(clock, before + Duration::from_millis(2));
    assert!(clock.read().unwrap() >= before + Duration::from_millis(2));
}

#[test]
fn another_threads_clock_is_its_own_and_ends_with_it() {
    let own = ThreadCpuClock::current().unwrap();
    let (to_us, from_them) = mpsc::channel();
    let (to_them, from_us) = mpsc::channel();
    let them = thread::spawn(move || {
        let clock = ThreadCpuClock::current().unwrap();
        burn_until(clock, Duration::from_millis(3));
        to_us.send((clock, crate::affinity::gettid())).unwrap();
        from_us.recv().unwrap();
    });
    let (clock, tid) = from_them.recv().unwrap();
    assert!(clock.read().unwrap() >= Duration::from_millis(3));
    burn_until(own, own.read().unwrap() + Duration::from_millis(3));
    let waiting = clock.read().unwrap();
    burn_until(own, own.read().unwrap() + Duration::from_millis(3));
    // A waiting thread may still be on its way into the wait at the first reading, and a wake is
    // some µs of work.
    assert!(clock.read().unwrap() - waiting < Duration::from_millis(3), "it waits while we work");
    to_them.send(()).unwrap();
    them.join().unwrap();
    // The kernel takes the thread out of the process a moment after it has woken whoever joins it.
    let entry = Path::new("/proc/self/task").join(tid.to_string());
    while entry.exists() {
        thread::yield_now();
    }
    assert_eq!(clock.read(), None);
}

#[test]
fn the_clock_id_is_made_of_the_thread_id() {
    // The kernel's own rule for the CPU clock (2) of a single thread (4). Were it a pointer, a dead
    // thread's would dangle.
    let expected = (!crate::affinity::gettid() << 3) | 4 | 2;
    assert_eq!(ThreadCpuClock::current().map(|clock| clock.0.raw()), Some(expected));
    let by_id = ThreadCpuClock::of_thread(crate::affinity::gettid()).unwrap();
    assert_eq!(by_id.0.raw(), expected);
    assert!(ThreadCpuClock::of_thread(0).is_none(), "an unknown thread");
}

#[test]
fn who_waits_wants_no_cpu() {
    assert_eq!(wants_cpu(crate::affinity::gettid()), Some(true), "the caller runs");
    let (tell, told) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let waits = thread::Builder::new()
        .name("a) R (b".to_owned())
        .spawn(move || {
            tell.send(crate::affinity::gettid()).unwrap();
            ended.recv().unwrap_err();
        })
        .unwrap();
    let tid = told.recv().unwrap();
    while wants_cpu(tid) != Some(false) {
        thread::yield_now();
    }
    drop(end);
    waits.join().unwrap();
    assert_eq!(wants_cpu(i32::MAX), None, "no such thread");
}

#[test]
fn the_processs_clock_counts_all_threads() {
    let (process, thread) = (ThreadCpuClock::of_process().unwrap(), ThreadCpuClock::current().unwrap());
    let (all, own) = (process.read().unwrap(), thread.read().unwrap());
    burn_until(thread, own + Duration::from_millis(2));
    let helper = thread::spawn(|| {
        let clock = ThreadCpuClock::current().unwrap();
        burn_until(clock, Duration::from_millis(2));
    });
    helper.join().unwrap();
    assert!(process.read().unwrap() - all >= Duration::from_millis(4), "this thread's and that of one that has ended");
}
