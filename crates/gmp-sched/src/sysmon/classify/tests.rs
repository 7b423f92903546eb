//! The table of the module `sysmon`, line by line; and real threads.

use super::*;

const MS: u64 = 1_000_000;

fn class(cpu: u64, wants_cpu: Option<bool>, overslept: bool) -> Class {
    let before = Sample { at: 50 * MS, cpu: 7 * MS };
    let now = Sample { at: 60 * MS, cpu: 7 * MS + cpu };
    classify(before, now, || wants_cpu, overslept)
}

#[test]
fn by_the_clock() {
    for overslept in [false, true] {
        for wants_cpu in [None, Some(false), Some(true)] {
            assert_eq!(class(10 * MS, wants_cpu, overslept), Class::Busy);
            assert_eq!(class(2 * MS, wants_cpu, overslept), Class::Busy, "preempted in between");
        }
        assert_eq!(class(0, Some(false), overslept), Class::Blocked);
        assert_eq!(class(MS / 2, Some(false), overslept), Class::Blocked, "a system call is some work");
        assert_eq!(class(0, Some(true), overslept), Class::Starved);
    }
}

/// Where the kernel doesn't say what a thread waits for, sysmon's own experience counts.
#[test]
fn without_the_threads_state() {
    assert_eq!(class(0, None, false), Class::Blocked);
    assert_eq!(class(0, None, true), Class::Starved);
}

#[test]
fn a_clock_that_goes_back_is_no_work() {
    let before = Sample { at: MS, cpu: 9 * MS };
    let now = Sample { at: 2 * MS, cpu: 0 };
    assert_eq!(classify(before, now, || Some(false), false), Class::Blocked);
}

#[cfg(target_os = "linux")]
#[test]
fn a_thread_that_waits() {
    let (tell, told) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let waits = std::thread::spawn(move || {
        tell.send(gmp_arch::affinity::gettid()).unwrap();
        ended.recv().unwrap_err();
    });
    let tid = told.recv().unwrap();
    while gmp_arch::cpuclock::wants_cpu(tid) != Some(false) {
        std::thread::yield_now();
    }
    let sample = |at| Sample::take(tid, at).unwrap();
    assert_eq!(classify(sample(0), sample(10 * MS), || gmp_arch::cpuclock::wants_cpu(tid), false), Class::Blocked);
    drop(end);
    waits.join().unwrap();
}
