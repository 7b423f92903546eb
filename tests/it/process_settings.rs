//! What a child is started with, where its streams may go, and who may not start one.

use crate::process::sh;
use crate::support::{current, eventually, ms, on_each, panic_of, watched};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::Stdio;

/// The panic comes before the program runs.
#[test]
fn without_a_runtime() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    let touch = || {
        let mut command = Command::new("touch");
        command.arg(&file);
        command
    };
    let panics = [
        panic_of(|| touch().spawn()),
        panic_of(|| drop(touch().status())),
        panic_of(|| drop(touch().output())),
        panic_of(|| touch().spawn_with(|_| unreachable!("before this is called"))),
    ];
    for caught in panics {
        assert!(caught.text.contains("there is no reactor running"), "{caught:?}");
        assert!(caught.file.ends_with("process_settings.rs"), "{caught:?}");
    }
    std::thread::sleep(ms(50));
    assert!(!file.exists());
}

/// Starting happens in the call, not in the first poll.
#[test]
fn started_at_once() {
    watched(|| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        let rt = current();
        let entered = rt.enter();
        let status = Command::new("touch").arg(&file).status();
        eventually("the program has run", || file.exists());
        drop(entered);
        assert!(rt.block_on(status).unwrap().success());
    });
}

#[test]
fn settings() {
    on_each(|rt| {
        rt.block_on(async {
            let mut command = sh("echo $0 $A $B ${HOME-none}; pwd; cat; echo err >&2");
            command
                .arg0("me")
                .env("A", "a")
                .envs([("B", "b")])
                .env_remove("HOME")
                .current_dir("/")
                .stdin(Stdio::null());
            for _ in 0..2 {
                let output = command.output().await.unwrap();
                assert_eq!(output.stdout, b"me a b none\n/\n");
                assert_eq!(output.stderr, b"err\n");
            }
            let mut group = sh("read line").stdin(Stdio::piped()).process_group(0).spawn().unwrap();
            // SAFETY: takes and returns a number.
            assert_eq!(unsafe { libc::getpgid(group.id().unwrap() as i32) }, group.id().unwrap() as i32);
            group.wait().await.unwrap();

            let mut command = Command::new("true");
            // SAFETY: nothing but an error is made.
            unsafe { command.pre_exec(|| Err(io::Error::from_raw_os_error(libc::EXDEV))) };
            assert_eq!(command.spawn().unwrap_err().raw_os_error(), Some(libc::EXDEV));

            // SAFETY: takes nothing and returns a number.
            if unsafe { libc::geteuid() } == 0 {
                let output = sh("id -u; id -g").uid(12_345).gid(23_456).output().await.unwrap();
                assert_eq!(output.stdout, b"12345\n23456\n");
            }

            let std = std::process::Command::new("echo");
            let mut command = Command::from(std);
            command.as_std_mut().arg("hello");
            assert_eq!(command.as_std().get_args().count(), 1);
            assert!(!command.get_kill_on_drop() && command.kill_on_drop(true).get_kill_on_drop());
            assert!(format!("{command:?}").contains("kill_on_drop: true"));
            let child = command.stdout(Stdio::piped()).spawn_with(|std| std.arg("you").spawn()).unwrap();
            assert!(format!("{child:?}").contains("Child"));
            assert_eq!(child.wait_with_output().await.unwrap().stdout, b"hello you\n");
            assert!(command.into_std().get_args().count() == 2);
        });
    });
}

fn is_nonblocking(fd: &impl AsRawFd) -> bool {
    // SAFETY: F_GETFL takes a descriptor, which is open while it is borrowed, and no pointer.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    assert_ne!(flags, -1);
    flags & libc::O_NONBLOCK != 0
}

#[test]
fn streams_in_and_out_of_the_runtime() {
    on_each(|rt| {
        rt.block_on(async {
            let piped = |command: &mut Command| {
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            };
            let mut child = piped(&mut sh("cat; echo err >&2"));
            let (stdin, stdout, stderr) =
                (child.stdin.take().unwrap(), child.stdout.take().unwrap(), child.stderr.take().unwrap());
            assert!(is_nonblocking(&stdin) && is_nonblocking(&stdout) && is_nonblocking(&stderr));
            assert_eq!(stdin.as_fd().as_raw_fd(), stdin.as_raw_fd());
            let stdin: OwnedFd = stdin.into_owned_fd().unwrap();
            let stderr = stderr.into_owned_fd().unwrap();
            assert!(!is_nonblocking(&stdin) && !is_nonblocking(&stderr));
            // On to another child.
            let between: Stdio = stdout.try_into().unwrap();
            let upper = Command::new("tr").args(["a-z", "A-Z"]).stdin(between).stdout(Stdio::piped()).spawn().unwrap();
            io::Write::write_all(&mut std::fs::File::from(stdin), b"hello").unwrap();
            let (status, output) = gmp::join!(child.wait(), upper.wait_with_output());
            assert!(status.unwrap().success());
            assert_eq!(output.unwrap().stdout, b"HELLO");
            let mut text = String::new();
            std::fs::File::from(stderr).read_to_string(&mut text).unwrap();
            assert_eq!(text, "err\n");

            // From std.
            let mut child = sh("cat; echo err >&2")
                .into_std()
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut stdin = ChildStdin::from_std(child.stdin.take().unwrap()).unwrap();
            let mut stdout = ChildStdout::from_std(child.stdout.take().unwrap()).unwrap();
            let mut stderr = ChildStderr::from_std(child.stderr.take().unwrap()).unwrap();
            stdin.write_all(b"hello").await.unwrap();
            drop(stdin);
            let (mut out, mut err) = (String::new(), String::new());
            stdout.read_to_string(&mut out).await.unwrap();
            stderr.read_to_string(&mut err).await.unwrap();
            assert_eq!((&*out, &*err), ("hello", "err\n"));
            child.wait().unwrap();
        });
    });
}
