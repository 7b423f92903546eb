//! Child processes: their ends, their streams, what becomes of them when nobody waits. The tests of this file run twice: with
//! descriptors for processes, and in `process_life::by_signal` without.

use crate::support::{ByHand, current, eventually, ms, multi, on_each, watched};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::process::{Child, Command};
use gmp::runtime::Runtime;
use gmp::time::{sleep, timeout};
use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

/// A shell that runs a script.
pub(crate) fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// Longer than any test.
pub(crate) fn sleeper() -> Command {
    let mut command = Command::new("sleep");
    command.arg("1000");
    command
}

/// Whether there is such a process, ended or not, that nobody has waited for.
pub(crate) fn exists(id: u32) -> bool {
    // SAFETY: no signal is sent, it is only looked whether one could be.
    unsafe { libc::kill(id as i32, 0) == 0 }
}

/// Sends a signal to a process of which somebody holds the `Child`.
pub(crate) fn send(id: u32, signal: i32) {
    // SAFETY: a signal to a child that nobody has waited for.
    assert_eq!(unsafe { libc::kill(id as i32, signal) }, 0);
}

#[track_caller]
pub(crate) fn gone(id: u32) {
    eventually("the child has been waited for", || !exists(id));
}

/// All of them, for `process_life::by_signal`.
pub(crate) const ALL: &[(&str, fn())] = &[
    ("how_it_ended", how_it_ended),
    ("the_same_answer_again", the_same_answer_again),
    ("try_wait_looks", try_wait_looks),
    ("killed", killed),
    ("a_wait_given_up", a_wait_given_up),
    ("many_at_once", many_at_once),
    ("much_on_both_streams", much_on_both_streams),
    ("much_through_a_child", much_through_a_child),
    ("wait_closes_the_input", wait_closes_the_input),
    ("chunks", chunks),
    ("dropped_and_killed", dropped_and_killed),
    ("dropped_and_alive", dropped_and_alive),
    ("futures_dropped", futures_dropped),
    ("another_runtime_waits", another_runtime_waits),
    ("dropped_outside", dropped_outside),
    ("stopped_and_continued", stopped_and_continued),
];

macro_rules! tests {
    ($($name:ident)*) => {
        mod by_descriptor {
            $(#[test]
            fn $name() {
                super::$name();
            })*
        }
    };
}

tests! {
    how_it_ended the_same_answer_again try_wait_looks killed a_wait_given_up many_at_once much_on_both_streams
    much_through_a_child wait_closes_the_input chunks dropped_and_killed dropped_and_alive futures_dropped
    another_runtime_waits dropped_outside stopped_and_continued
}

fn how_it_ended() {
    on_each(|rt| {
        rt.block_on(async {
            assert!(Command::new("true").status().await.unwrap().success());
            assert_eq!(sh("exit 7").status().await.unwrap().code(), Some(7));
            assert_eq!(sh("kill -TERM $$").status().await.unwrap().signal(), Some(libc::SIGTERM));
            // In a task, from elsewhere.
            let task = gmp::spawn(async { sh("sleep 0.02; exit 3").spawn().unwrap().wait().await });
            assert_eq!(task.await.unwrap().unwrap().code(), Some(3));
            assert_eq!(Command::new("/no/such/program").spawn().unwrap_err().kind(), ErrorKind::NotFound);
            assert_eq!(Command::new("/no/such/program").output().await.unwrap_err().kind(), ErrorKind::NotFound);
        });
    });
}

fn the_same_answer_again() {
    on_each(|rt| {
        rt.block_on(async {
            let mut child = sh("exit 4").spawn().unwrap();
            let id = child.id().unwrap();
            for _ in 0..3 {
                assert_eq!(child.wait().await.unwrap().code(), Some(4));
                assert_eq!(child.try_wait().unwrap().unwrap().code(), Some(4));
                assert_eq!(child.id(), None);
                // Its number may be somebody else's.
                child.start_kill().unwrap();
                child.kill().await.unwrap();
            }
            assert!(!exists(id));
        });
    });
}

fn try_wait_looks() {
    on_each(|rt| {
        rt.block_on(async {
            let mut child = sh("read line").stdin(Stdio::piped()).spawn().unwrap();
            assert_eq!(child.try_wait().unwrap(), None);
            assert!(child.stdin.is_some(), "it is still open");
            drop(child.stdin.take());
            while child.try_wait().unwrap().is_none() {
                sleep(ms(1)).await;
            }
            assert_eq!((child.id(), child.wait().await.unwrap().code()), (None, Some(1)));
        });
    });
}

fn killed() {
    on_each(|rt| {
        rt.block_on(async {
            let mut child = sleeper().spawn().unwrap();
            child.kill().await.unwrap();
            assert_eq!(child.wait().await.unwrap().signal(), Some(libc::SIGKILL));
            let mut child = sleeper().spawn().unwrap();
            child.start_kill().unwrap();
            child.start_kill().unwrap();
            assert_eq!(child.wait().await.unwrap().signal(), Some(libc::SIGKILL));
            // Ended, and nobody has waited yet.
            let mut child = Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
            let mut none = Vec::new();
            child.stdout.as_mut().unwrap().read_to_end(&mut none).await.unwrap();
            child.kill().await.unwrap();
        });
    });
}

fn a_wait_given_up() {
    on_each(|rt| {
        rt.block_on(async {
            let mut child = sh("read line; exit 5").stdin(Stdio::piped()).spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            for _ in 0..20 {
                assert!(timeout(ms(1), child.wait()).await.is_err());
                gmp::select! {
                    biased;
                    _ = child.wait() => panic!("it waits for a line"),
                    () = gmp::task::yield_now() => {}
                }
            }
            // In another task, with another waker.
            let waiter = gmp::spawn(async move { child.wait().await });
            gmp::task::yield_now().await;
            stdin.write_all(b"\n").await.unwrap();
            assert_eq!(waiter.await.unwrap().unwrap().code(), Some(5));
        });
    });
}

fn many_at_once() {
    on_each(|rt| {
        rt.block_on(async {
            let tasks: Vec<_> = (0..40)
                .map(|i| {
                    gmp::spawn(async move {
                        let mut child =
                            sh(&format!("cat; exit {i}")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
                        let mut stdin = child.stdin.take().unwrap();
                        stdin.write_all(format!("{i}").as_bytes()).await.unwrap();
                        drop(stdin);
                        let output = child.wait_with_output().await.unwrap();
                        assert_eq!(output.stdout, format!("{i}").as_bytes());
                        assert_eq!(output.status.code(), Some(i));
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
}

fn much_on_both_streams() {
    on_each(|rt| {
        rt.block_on(async {
            const MUCH: usize = 3_000_000;
            let script = format!("head -c {MUCH} /dev/zero >&2 & head -c {MUCH} /dev/zero; wait; exit 2");
            let output = sh(&script).output().await.unwrap();
            assert_eq!((output.stdout.len(), output.stderr.len(), output.status.code()), (MUCH, MUCH, Some(2)));
            assert!(output.stderr.iter().chain(&output.stdout).all(|&byte| byte == 0));
            // Only what is a pipe, and hasn't been taken out.
            let mut child = sh("echo one; echo two >&2").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let mut stderr = child.stderr.take().unwrap();
            let output = child.wait_with_output().await.unwrap();
            assert_eq!((&*output.stdout, &*output.stderr), (&b"one\n"[..], &b""[..]));
            let mut two = String::new();
            stderr.read_to_string(&mut two).await.unwrap();
            assert_eq!(two, "two\n");
        });
    });
}

fn much_through_a_child() {
    on_each(|rt| {
        rt.block_on(async {
            let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            let bytes: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
            let expected = bytes.clone();
            let writer = gmp::spawn(async move {
                let (head, tail) = bytes.split_at(500_000);
                stdin.write_all(head).await.unwrap();
                let mut tail = tail;
                while !tail.is_empty() {
                    let bufs: Vec<_> = tail.chunks(999).take(50).map(io::IoSlice::new).collect();
                    tail = &tail[stdin.write_vectored(&bufs).await.unwrap()..];
                }
                stdin.flush().await.unwrap();
                stdin.shutdown().await.unwrap();
                // The shutdown of a pipe is its drop.
                stdin.write_all(b"!").await.unwrap();
            });
            let output = child.wait_with_output().await.unwrap();
            writer.await.unwrap();
            assert!(output.stdout.strip_suffix(b"!").is_some_and(|bytes| bytes == expected));
        });
    });
}

fn wait_closes_the_input() {
    on_each(|rt| {
        rt.block_on(async {
            let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
            assert!(child.wait().await.unwrap().success());
            assert!(child.stdin.is_none());
            let child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            assert!(child.wait_with_output().await.unwrap().stdout.is_empty());
            let mut cat = Command::new("cat");
            cat.stdin(Stdio::piped());
            // What it writes into our closed end is its problem.
            assert!(cat.status().await.unwrap().success());
            let mut taken = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
            let stdin = taken.stdin.take();
            assert!(timeout(ms(20), taken.wait()).await.is_err(), "its input is open");
            drop(stdin);
            assert!(taken.wait().await.unwrap().success());
        });
    });
}

/// What comes in pieces is had in pieces, while the child lives.
fn chunks() {
    on_each(|rt| {
        rt.block_on(async {
            let script = "printf one; read go; printf two; read go; printf three >&2; read go";
            let mut child =
                sh(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            let mut buf = [0; 64];
            assert_eq!(stdout.read(&mut buf).await.unwrap(), 3);
            {
                let mut nothing = ByHand::new(stdout.read(&mut buf));
                assert!(nothing.poll().is_pending());
            }
            stdin.write_all(b"\n").await.unwrap();
            assert_eq!(stdout.read(&mut buf).await.unwrap(), 3);
            assert_eq!(&buf[..3], b"two");
            stdin.write_all(b"\n").await.unwrap();
            assert_eq!(child.stderr.as_mut().unwrap().read(&mut buf).await.unwrap(), 5);
            assert_eq!(&buf[..5], b"three");
            stdin.write_all(b"\n").await.unwrap();
            assert_eq!(stdout.read(&mut buf).await.unwrap(), 0);
            assert!(child.wait().await.is_ok());
        });
    });
}

fn dropped_and_killed() {
    on_each(|rt| {
        rt.block_on(async {
            let child = sleeper().kill_on_drop(true).spawn().unwrap();
            let id = child.id().unwrap();
            assert!(exists(id));
            drop(child);
            while exists(id) {
                sleep(ms(1)).await;
            }
            // Not one whose end has been seen, in either way.
            let mut child = Command::new("true").kill_on_drop(true).spawn().unwrap();
            child.wait().await.unwrap();
            drop(child);
        });
    });
}

fn dropped_and_alive() {
    on_each(|rt| {
        rt.block_on(async {
            let mut child = sh("read line").stdin(Stdio::piped()).spawn().unwrap();
            let (id, stdin) = (child.id().unwrap(), child.stdin.take());
            drop(child);
            sleep(ms(20)).await;
            assert!(exists(id), "it lives on");
            drop(stdin);
            while exists(id) {
                sleep(ms(1)).await;
            }
        });
    });
}

/// The futures of `status`, `output` and `wait_with_output` own their child.
fn futures_dropped() {
    on_each(|rt| {
        rt.block_on(async {
            let mut command = sh("echo $$; exec sleep 1000");
            let mut pipe = gmp::net::unix::pipe::pipe().unwrap();
            command.stdout(pipe.0.into_blocking_fd().unwrap()).kill_on_drop(true);
            let mut status = ByHand::new(command.status());
            drop(command);
            let mut line = [0; 16];
            let n = pipe.1.read(&mut line).await.unwrap();
            let id = std::str::from_utf8(&line[..n]).unwrap().trim().parse().unwrap();
            assert!(status.poll().is_pending() && exists(id));
            drop(status);
            while exists(id) {
                sleep(ms(1)).await;
            }
            let child = sleeper().stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
            let id = child.id().unwrap();
            assert!(timeout(ms(5), child.wait_with_output()).await.is_err());
            while exists(id) {
                sleep(ms(1)).await;
            }
        });
    });
}

/// A child is waited for on another runtime than it was started on, which has ended before or during the wait.
fn another_runtime_waits() {
    let kinds: [fn() -> Runtime; 2] = [current, || multi(2)];
    for (first, second) in [(0, 1), (1, 0), (1, 1), (0, 0)] {
        let (make_first, make_second) = (kinds[first], kinds[second]);
        watched(move || {
            let first = make_first();
            let mut ended = first.block_on(async { sh("exit 6").spawn().unwrap() });
            let mut living = first.block_on(async {
                let mut child = sh("read line; exit 8").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
                assert!(timeout(ms(1), poll_wait(&mut child)).await.is_err());
                child
            });
            drop(first);
            let second = make_second();
            second.block_on(async {
                assert_eq!(ended.wait().await.unwrap().code(), Some(6));
                // Its pipes belonged to the runtime that has ended.
                assert!(living.stdout.as_mut().unwrap().read(&mut [0]).await.is_err());
                assert_eq!(living.wait().await.unwrap().code(), Some(8));
            });
        });
    }
}

/// A wait that leaves the input open.
async fn poll_wait(child: &mut Child) {
    let stdin = child.stdin.take();
    let mut wait = ByHand::new(child.wait());
    assert!(wait.poll().is_pending());
    drop(wait);
    child.stdin = stdin;
    std::future::pending().await
}

/// A child that is dropped outside of its runtime, which goes on.
fn dropped_outside() {
    watched(|| {
        let rt = multi(1);
        let child = rt.block_on(async { sleeper().kill_on_drop(true).spawn().unwrap() });
        let id = child.id().unwrap();
        drop(child);
        gone(id);
        let child = rt.block_on(async { sleeper().spawn().unwrap() });
        let id = child.id().unwrap();
        drop(child);
        assert!(exists(id));
        send(id, libc::SIGTERM);
        gone(id);
        drop(rt);
    });
}

/// That a child is stopped isn't its end.
fn stopped_and_continued() {
    on_each(|rt| {
        rt.block_on(async {
            let mut child = sleeper().spawn().unwrap();
            let id = child.id().unwrap();
            send(id, libc::SIGSTOP);
            assert!(timeout(ms(20), child.wait()).await.is_err());
            send(id, libc::SIGCONT);
            assert!(timeout(ms(20), child.wait()).await.is_err());
            send(id, libc::SIGTERM);
            assert_eq!(child.wait().await.unwrap().signal(), Some(libc::SIGTERM));
        });
    });
}
