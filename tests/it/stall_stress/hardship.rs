//! The same under hardship: the process is stopped and continued, or has one CPU for more workers.

use super::{runtime, stress};
use crate::support::{in_child, stderr};
use std::process::{Child, Command};

#[track_caller]
fn succeeds(test: &str, play: fn()) {
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
}

/// Stops and continues a process until it has gone.
struct Stopper(Child);

impl Stopper {
    fn begin() -> Self {
        let script = format!(
            "while kill -0 {0} 2>/dev/null; do sleep 0.05; kill -STOP {0}; sleep 0.1; kill -CONT {0}; done",
            std::process::id()
        );
        Self(Command::new("sh").args(["-c", &script]).spawn().expect("a shell"))
    }
}

impl Drop for Stopper {
    fn drop(&mut self) {
        // It may have stopped us, and be about to continue us: then it does so first.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Nobody is lost when the machine stands still for all alike.
#[test]
fn no_task_is_lost_while_the_process_is_stopped_again_and_again() {
    succeeds("stall_stress::hardship::no_task_is_lost_while_the_process_is_stopped_again_and_again", || {
        let stopper = Stopper::begin();
        stress(runtime("stress-stopped", 2, true), "stress-stopped", || {});
        drop(stopper);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn no_task_is_lost_on_one_cpu() {
    succeeds("stall_stress::hardship::no_task_is_lost_on_one_cpu", || {
        // SAFETY: a set is numbers only.
        let mut all: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer is to a local of that size.
        assert_eq!(unsafe { libc::sched_getaffinity(0, size_of_val(&all), &mut all) }, 0);
        // SAFETY: numbers below that of a set's bits.
        let first = (0..1024).find(|&cpu| unsafe { libc::CPU_ISSET(cpu, &all) }).expect("it runs somewhere");
        // SAFETY: as above.
        let mut one: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        unsafe { libc::CPU_SET(first, &mut one) };
        // SAFETY: the pointer is to a local of that size.
        assert_eq!(unsafe { libc::sched_setaffinity(0, size_of_val(&one), &one) }, 0);
        stress(runtime("stress-one-cpu", 4, true), "stress-one-cpu", || {});
    });
}
