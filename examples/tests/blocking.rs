//! The example `blocking`.

use crate::support::{binary, refused, run_tool};
use std::process::Command;

/// What it tells.
#[derive(Debug)]
struct Told {
    title: String,
    sleeps: u64,
    /// Lateness in milliseconds: median, 99th percentile, worst.
    late: [f64; 3],
}

#[track_caller]
fn blocking(arguments: &[&str]) -> Told {
    let text = run_tool(Command::new(binary("blocking")).args(arguments));
    let lines: Vec<_> = text.lines().collect();
    let [title, ticks] = lines[..] else { panic!("not two lines: {text}") };
    let (sleeps, late) = ticks.split_once(" sleeps of 1 ms ended late by: ").unwrap_or_else(|| panic!("{text}"));
    let late: Vec<f64> = late
        .split(", ")
        .zip(["p50 ", "p99 ", "max "])
        .map(|(part, name)| {
            let figure = part.strip_prefix(name).and_then(|part| part.strip_suffix(" ms"));
            figure.and_then(|figure| figure.parse().ok()).unwrap_or_else(|| panic!("{text}"))
        })
        .collect();
    let late: [f64; 3] = late.try_into().unwrap_or_else(|late| panic!("{late:?} in {text}"));
    assert!(late.is_sorted(), "{text}");
    Told { title: title.to_owned(), sleeps: sleeps.parse().unwrap_or_else(|_| panic!("{text}")), late }
}

#[test]
fn on_gmp_nobody_waits_for_those_that_block() {
    let told = blocking(&["--for", "2"]);
    assert_eq!(told.title, "gmp: 2 workers, 4 tasks that block for 100 ms at a time");
    // They end after tens of microseconds, and after 100 milliseconds or more if tasks are waited for.
    assert!(told.late[0] < 50.0 && told.sleeps >= 60, "{told:?}");
}

#[test]
fn beside_tasks_that_compute_too() {
    let told = blocking(&["--spin", "--for", "2"]);
    assert_eq!(told.title, "gmp: 2 workers, 4 tasks that compute for 100 ms at a time");
    // Some milliseconds, if there are two CPUs for all.
    assert!(told.late[0] < 50.0 && told.sleeps >= 40, "{told:?}");
}

#[test]
fn on_tokio_everybody_does() {
    let told = blocking(&["--runtime", "tokio", "--for", "1"]);
    assert_eq!(told.title, "tokio: 2 workers, 4 tasks that block for 100 ms at a time");
    assert!(told.late[0] > 20.0, "{told:?}");
    assert!(told.sleeps < 60, "{told:?}");
}

#[test]
fn without_offenders_both_are_in_time() {
    for runtime in ["gmp", "tokio"] {
        let told = blocking(&["--runtime", runtime, "--tasks", "0", "--workers", "1", "--for", "0.3"]);
        assert_eq!(told.title, format!("{runtime}: 1 workers, 0 tasks that block for 100 ms at a time"));
        assert!(told.late[0] < 50.0, "{told:?}");
    }
}

#[test]
fn no_time_at_all() {
    let told = blocking(&["--for", "0", "--tasks", "1"]);
    assert_eq!((told.sleeps, told.late), (0, [0.0; 3]));
}

#[test]
fn arguments() {
    assert!(refused("blocking", &["--runtime", "go"]).contains("--runtime go: there are gmp and tokio"));
    assert!(refused("blocking", &["--workers", "0"]).contains("--workers 0: "));
    assert!(refused("blocking", &["--tasks", "-1"]).contains("--tasks -1: "));
    assert!(refused("blocking", &["--for", "ever"]).contains("--for ever: "));
    assert!(refused("blocking", &["--spin", "yes"]).contains("yes: not an option"));
    assert!(refused("blocking", &["--spin", "--spin"]).contains("--spin: "));
    assert!(refused("blocking", &["--spins"]).contains("--spins: "));
}
