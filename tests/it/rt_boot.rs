//! The boot path: each step that fails ends the process, or the build, with its own words; the record tells the rest.

use crate::support::{in_child, multi, stderr, watched};
use gmp::runtime::{Builder, Runtime};
use std::process::Output;

fn boot() {
    drop(Builder::new_multi_thread().worker_threads(1).build());
}

/// Ended by SIGABRT, as `throw!` ends a process.
#[track_caller]
fn assert_aborted(output: &Output, message: &str) {
    let said = stderr(output);
    assert!(said.contains(message), "expected {message:?} in:\n{said}");
    assert!(said.contains("fatal error: gmp: "), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{said}");
    }
}

/// 9: 0x123 doesn't arrive where m0 thinks it does.
#[test]
fn tls_that_is_elsewhere_aborts() {
    let test = "rt_boot::tls_that_is_elsewhere_aborts";
    if let Some(output) = in_child(test, &[("GMP_FAULT", "tls")], boot) {
        assert_aborted(&output, "rt0_go: the thread's slot isn't where m0 thinks: stored 0x123");
    }
}

/// 11: the self-test of the atomics fails.
#[test]
fn a_check_that_fails_aborts() {
    let test = "rt_boot::a_check_that_fails_aborts";
    if let Some(output) = in_child(test, &[("GMP_FAULT", "check")], boot) {
        assert_aborted(&output, "check: fault injected");
    }
}

/// 5: the CPU can't run this build.
#[test]
fn a_cpu_below_the_build_is_told() {
    let test = "rt_boot::a_cpu_below_the_build_is_told";
    if let Some(output) = in_child(test, &[("GMP_FAULT", "bad-cpu")], boot) {
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("gmp: "), "{said}");
        assert!(said.contains("CPU"), "{said}");
        // It names what is missing; the fault asks for this feature and says that the CPU has none.
        assert!(said.contains("avx512f"), "{said}");
    }
}

/// 17: a worker that leaves its loop without mexit.
#[test]
fn a_worker_that_leaves_aborts() {
    let test = "rt_boot::a_worker_that_leaves_aborts";
    let play = || {
        let rt = multi(1);
        // The worker starts for this, and is gone before it can run it.
        let _ = rt.block_on(rt.spawn(async {}));
    };
    if let Some(output) = in_child(test, &[("GMP_FAULT", "worker-leaves")], play) {
        assert_aborted(&output, "mstart: a worker left its loop without mexit");
        // The state of the scheduler goes with it.
        assert!(stderr(&output).contains("SCHED runtime="), "{}", stderr(&output));
    }
}

/// 3: no CPUID: nothing is known, and booting goes on.
#[test]
fn no_cpuid_is_no_obstacle() {
    let test = "rt_boot::no_cpuid_is_no_obstacle";
    let env = [("GMP_FAULT", "no-cpuid"), ("GMP_DEBUG", "boot=1")];
    let play = || {
        let rt = Runtime::new().unwrap();
        assert_eq!(rt.block_on(rt.spawn(async { 6 })).unwrap(), 6);
        let record = rt.handle().boot_record();
        assert_eq!(record.processor_version_info, 0);
        assert!(!record.is_intel);
    };
    if let Some(output) = in_child(test, &env, play) {
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stderr(&output).contains("unknown CPU"), "{}", stderr(&output));
    }
}

#[test]
fn the_record_is_printed() {
    let test = "rt_boot::the_record_is_printed";
    let env = [("GMP_DEBUG", "boot=1"), ("GMP_MAXPROCS", "3"), ("GMP_SEED", "77")];
    if let Some(output) = in_child(test, &env, || drop(Runtime::new())) {
        assert!(output.status.success());
        let said = stderr(&output);
        for step in [
            "gmp boot",
            "1 args",
            "2 g0",
            "3 cpuid",
            "4 vendor",
            "5 version",
            "6 on_boot",
            "7-9 tls",
            "0x123: ok",
            "10 bind",
            "11 check      ok",
            "12 args       environment read",
            "13 osinit",
            "14 schedinit  gomaxprocs 3 (by GMP_MAXPROCS), seed 0x4d",
        ] {
            assert!(said.contains(step), "no {step:?} in:\n{said}");
        }
    }
}

#[test]
fn nothing_is_printed_unasked() {
    let test = "rt_boot::nothing_is_printed_unasked";
    let play = || {
        let rt = Runtime::new().unwrap();
        rt.block_on(rt.spawn(async {})).unwrap();
    };
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success());
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn the_record_says_what_was_found() {
    watched(|| {
        let rt = multi(3);
        let record = rt.handle().boot_record();
        assert!(record.stack_aligned && record.tls_checked && record.checked);
        assert_eq!(record.procs, 3);
        assert_eq!(record.procs_from, "the builder");
        assert!(record.page_size.is_power_of_two());
        assert_eq!(record.args, std::env::args_os().collect::<Vec<_>>());
        let here = stack_pointer();
        let stack = record.stack.expect("Linux and macOS tell");
        assert!((stack.lo..stack.hi).contains(&here), "{here:#x} in {stack:?}");
        assert!(record.to_string().contains("gomaxprocs 3 (by the builder)"));
    });
}

/// Not the address of a local: under AddressSanitizer locals are elsewhere.
#[cfg(target_arch = "x86_64")]
fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: reads a register.
    unsafe { std::arch::asm!("mov {}, rsp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

#[cfg(not(target_arch = "x86_64"))]
fn stack_pointer() -> usize {
    (&raw const *std::hint::black_box(&0_u8)).addr()
}

/// Plays a child in which a build must fail; it prints the error.
fn build_fails() {
    let error = Runtime::new().expect_err("the build must fail");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    eprintln!("error: {error}");
}

#[track_caller]
fn assert_refused(test: &str, variable: &str, value: &str) {
    if let Some(output) = in_child(test, &[(variable, value)], build_fails) {
        let said = stderr(&output);
        assert!(output.status.success(), "{variable}={value}: {said}");
        let words = format!("error: environment variable {variable}={value:?}: expected ");
        assert!(said.contains(&words), "{variable}={value}: {said}");
    }
}

#[test]
fn nonsense_in_gmp_maxprocs() {
    for value in ["many", "0", "-1", "1025", "3.5", "1 2", "0x4", "99999999999999999999"] {
        assert_refused("rt_boot::nonsense_in_gmp_maxprocs", "GMP_MAXPROCS", value);
    }
}

#[test]
fn nonsense_in_tokio_worker_threads() {
    for value in ["many", "0"] {
        assert_refused("rt_boot::nonsense_in_tokio_worker_threads", "TOKIO_WORKER_THREADS", value);
    }
}

#[test]
fn nonsense_in_gmp_pin() {
    for value in ["tight", "0,", "1,x", "-1", "core,llc"] {
        assert_refused("rt_boot::nonsense_in_gmp_pin", "GMP_PIN", value);
    }
}

#[test]
fn nonsense_in_gmp_debug() {
    for value in ["boot", "boot=2", "boot=yes", "sched=1", "boot=1,what=1"] {
        assert_refused("rt_boot::nonsense_in_gmp_debug", "GMP_DEBUG", value);
    }
}

#[test]
fn nonsense_in_gmp_seed() {
    for value in ["dice", "-1"] {
        assert_refused("rt_boot::nonsense_in_gmp_seed", "GMP_SEED", value);
    }
}

#[test]
fn what_the_variables_do() {
    let test = "rt_boot::what_the_variables_do";
    let env = [
        ("GMP_MAXPROCS", " 5 "),
        ("TOKIO_WORKER_THREADS", "9"),
        ("GMP_PIN", "none"),
        ("GMP_DEBUG", "boot=0,"),
        ("GMP_SEED", ""),
    ];
    let play = || {
        let rt = Runtime::new().unwrap();
        assert_eq!(rt.metrics().num_workers(), 5);
        let pinning = rt.handle().boot_record().pinning.as_ref().unwrap();
        assert_eq!(pinning.policy, gmp::runtime::Pin::None);
        // The builder stands above the environment, and one thread is one P whatever it says.
        assert_eq!(multi(2).metrics().num_workers(), 2);
        let one = Builder::new_current_thread().build().unwrap();
        assert_eq!(one.metrics().num_workers(), 1);
    };
    if let Some(output) = in_child(test, &env, play) {
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn tokios_variable_counts_too() {
    let test = "rt_boot::tokios_variable_counts_too";
    let play = || assert_eq!(Runtime::new().unwrap().metrics().num_workers(), 4);
    if let Some(output) = in_child(test, &[("TOKIO_WORKER_THREADS", "4")], play) {
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

/// A detached task's panic is reported with what the panic hook doesn't know: which task, and where it was spawned.
#[test]
fn a_panic_nobody_awaits_is_reported() {
    let test = "rt_boot::a_panic_nobody_awaits_is_reported";
    let play = || {
        // One thread, so that the handle is gone before the task runs.
        let rt = crate::support::current();
        drop(rt.spawn(async { panic!("detached") }));
        let awaited = rt.spawn(async { panic!("awaited") });
        assert!(rt.block_on(awaited).unwrap_err().is_panic());
        drop(rt);
    };
    if let Some(output) = in_child(test, &[], play) {
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        let reports: Vec<_> = said.lines().filter(|l| l.starts_with("gmp: task ")).collect();
        assert_eq!(reports.len(), 1, "{said}");
        assert!(reports[0].contains("spawned at ") && reports[0].contains("rt_boot.rs:"), "{said}");
        assert!(reports[0].ends_with("panicked, and nobody will await it"), "{said}");
    }
}
