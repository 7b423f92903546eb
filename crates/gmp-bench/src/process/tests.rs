//! Tests with `sh` as the child.

use std::process::Command;
use std::time::Duration;

use super::{Failure, Output, run};

const AMPLE: Duration = Duration::from_secs(60);

fn sh(script: &str, limit: Duration, interrupted: bool) -> Result<Output, Failure> {
    let mut command = Command::new("sh");
    run(command.args(["-c", script]), limit, || interrupted)
}

#[test]
fn the_last_line_is_the_output() {
    let output = sh("echo noise; echo result; echo; echo aside >&2", AMPLE, false);
    assert_eq!(output.expect("sh succeeds").last_line, "result");
}

#[test]
fn silence_is_an_empty_line() {
    assert_eq!(sh("true", AMPLE, false).expect("sh succeeds").last_line, "");
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
    let failure = sh("kill -INT $$", AMPLE, false).expect_err("interrupted");
    assert!(matches!(failure, Failure::Interrupted), "{failure:?}");
}

#[test]
fn a_missing_program_is_a_failure_of_the_system() {
    let failure = run(&mut Command::new("gmp-bench-no-such-program"), AMPLE, || false);
    assert!(matches!(failure, Err(Failure::System(_))), "{failure:?}");
}
