//! Tests with `sh` as the child.

use std::process::Command;
use std::time::Duration;

use super::{Failure, KEPT_LINES, Output, Running, run};

const AMPLE: Duration = Duration::from_secs(60);

fn sh(script: &str, limit: Duration, interrupted: bool) -> Result<Output, Failure> {
    let mut command = Command::new("sh");
    run(command.args(["-c", script]), limit, KEPT_LINES, || interrupted)
}

fn server(script: &str, limit: Duration) -> Running {
    let mut command = Command::new("sh");
    Running::serve(command.args(["-c", script]), limit, KEPT_LINES).expect("sh starts")
}

#[test]
fn the_last_line_is_the_output() {
    let output = sh("echo noise; echo result; echo; echo aside >&2", AMPLE, false);
    assert_eq!(output.expect("sh succeeds").last_line(), "result");
}

#[test]
fn silence_is_an_empty_line() {
    assert_eq!(sh("true", AMPLE, false).expect("sh succeeds").last_line(), "");
}

#[test]
fn a_failure_has_its_status_and_last_words() {
    let script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do echo word $i >&2; done; exit 3";
    let failure = sh(script, AMPLE, false).expect_err("sh fails");
    assert!(failure.to_string().contains('3'), "{failure}");
    let words = failure.stderr();
    assert_eq!(words.first().map(String::as_str), Some("word 3"));
    assert_eq!(words.last().map(String::as_str), Some("word 14"));
}

#[test]
fn a_signal_is_told() {
    let failure = sh("kill -ABRT $$", AMPLE, false).expect_err("sh dies");
    assert!(failure.to_string().contains("SIGABRT"), "{failure}");
}

#[test]
fn a_child_over_its_limit_is_killed() {
    let limit = Duration::from_millis(200);
    let failure = sh("echo started >&2; exec sleep 600", limit, false).expect_err("killed");
    assert!(matches!(failure, Failure::OverLimit { .. }), "{failure:?}");
}

#[test]
fn a_child_that_closes_its_output_is_still_limited() {
    let limit = Duration::from_millis(200);
    let failure = sh("exec sleep 600 >&- 2>&-", limit, false).expect_err("killed");
    assert!(matches!(failure, Failure::OverLimit { .. }), "{failure:?}");
}

#[test]
fn an_interrupt_kills_the_child_and_is_not_its_failure() {
    let failure = sh("exec sleep 600", AMPLE, true).expect_err("interrupted");
    assert!(matches!(failure, Failure::Interrupted), "{failure:?}");
    // A background job of a shell ignores the signal, and so do all its children: then a shell can't die of it.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map_or("0", str::trim);
    if u64::from_str_radix(ignored, 16).is_ok_and(|mask| mask & (1 << (libc::SIGINT - 1)) != 0) {
        return;
    }
    let failure = sh("kill -INT $$", AMPLE, false).expect_err("interrupted");
    assert!(matches!(failure, Failure::Interrupted), "{failure:?}");
}

#[test]
fn a_missing_program_is_a_failure_of_the_system() {
    let failure = run(&mut Command::new("gmp-bench-no-such-program"), AMPLE, KEPT_LINES, || false);
    assert!(matches!(failure, Err(Failure::System(_))), "{failure:?}");
}

#[test]
fn only_so_many_lines_are_kept() {
    let mut command = Command::new("sh");
    let script = "for i in 1 2 3 4 5; do echo $i; done";
    let output = run(command.args(["-c", script]), AMPLE, 3, || false).expect("sh succeeds");
    assert_eq!(output.lines, ["3", "4", "5"]);
}

#[test]
fn a_server_speaks_first_and_ends_with_its_stdin() {
    let mut child = server("echo ready; cat; echo done", AMPLE);
    assert_eq!(child.first_line(|| false).expect("it speaks"), "ready");
    let output = child.finish(|| false).expect("it ends");
    assert_eq!(output.lines, ["ready", "done"]);
}

#[test]
fn a_server_that_dies_before_it_speaks_has_failed() {
    let failure = server("echo port taken >&2; exit 4", AMPLE).first_line(|| false).expect_err("no line");
    assert!(matches!(failure, Failure::Ended { .. }), "{failure:?}");
    assert_eq!(failure.stderr(), ["port taken"]);
    let failure = server("exit 0", AMPLE).first_line(|| false).expect_err("no line");
    assert!(matches!(failure, Failure::Ended { .. }), "{failure:?}");
}

#[test]
fn a_silent_server_is_killed_at_its_limit() {
    let failure = server("exec sleep 600", Duration::from_millis(200)).first_line(|| false).expect_err("killed");
    assert!(matches!(failure, Failure::OverLimit { .. }), "{failure:?}");
    let failure = server("exec sleep 600", AMPLE).first_line(|| true).expect_err("interrupted");
    assert!(matches!(failure, Failure::Interrupted), "{failure:?}");
}

#[test]
fn a_dropped_server_is_gone() {
    let mut child = server("echo $$; exec sleep 600", AMPLE);
    let pid = child.first_line(|| false).expect("it speaks");
    let stat = std::path::PathBuf::from(format!("/proc/{pid}"));
    drop(child);
    // It was waited for, so not even a zombie is left. (The number may have been given to another since: a test that
    // runs into that reports a child that isn't there, which numbers of 22 bits make unlikely enough.)
    assert!(!stat.exists(), "{pid} is still there");
}
