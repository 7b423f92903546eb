//! Ctrl-C, from one process to another.

use crate::signal::alone;
use crate::support::{ByHand, current, multi, watched};
use gmp::process::Command;
use gmp::runtime::Runtime;
use gmp::signal::ctrl_c;
use std::os::raw::c_int;

const ROLE: &str = "GMP_TESTS_ROLE";

/// A program that waits for Ctrl-C, and one that starts it and sends the signal.
#[test]
fn ctrl_c_in_another_process() {
    alone("signal_ctrl_c::ctrl_c_in_another_process", || {
        for kind in ["current", "multi"] {
            let make: fn() -> Runtime = if kind == "multi" { || multi(2) } else { current };
            if let Some(role) = std::env::var_os(ROLE) {
                if role == kind {
                    make().block_on(async {
                        let mut stop = ByHand::new(ctrl_c());
                        assert!(stop.poll().is_pending());
                        println!("listening");
                        while stop.poll().is_pending() {
                            gmp::task::yield_now().await;
                        }
                        ctrl_c_again().await;
                        println!("stopped");
                    });
                }
                continue;
            }
            watched(move || make().block_on(interrupted(kind)));
        }
    });
}

/// A second call hears a second signal.
async fn ctrl_c_again() {
    let mut stop = ByHand::new(ctrl_c());
    assert!(stop.poll().is_pending());
    println!("listening again");
    while stop.poll().is_pending() {
        gmp::task::yield_now().await;
    }
}

async fn interrupted(kind: &str) {
    use gmp::io::{AsyncBufReadExt, BufReader};
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "signal_ctrl_c::ctrl_c_in_another_process", "--nocapture", "--test-threads=1"])
        .env(ROLE, kind)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut heard = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("listening") {
            // SAFETY: a signal to a child that nobody has waited for.
            assert_eq!(unsafe { libc::kill(child.id().unwrap() as c_int, libc::SIGINT) }, 0);
        }
        heard.push(line);
    }
    let status = child.wait().await.unwrap();
    let said = |what: &str| heard.iter().any(|line| line.contains(what));
    assert!(status.success() && said("listening again") && said("stopped"), "{status}: {heard:#?}");
}
