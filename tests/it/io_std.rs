//! Standard input, output and error, in child processes.

use crate::support::{block_on, child, current, multi, on_each, output, panic_of, watched};
use gmp::io::{self, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, stderr, stdin, stdout};
use gmp::runtime::{Builder, Runtime};
use gmp::time::timeout;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Output, Stdio};
use std::time::Duration;

/// Bytes that tell their place, without newlines.
fn pattern(n: usize) -> Vec<u8> {
    (0..n).map(|i| b'0' + (i / 7 % 43) as u8).collect()
}

/// Runs the child, with what `feed` does to its input.
#[track_caller]
fn fed(test: &str, play: fn(), feed: impl FnOnce(&mut std::process::ChildStdin)) -> Option<Output> {
    let mut command = child(test, play)?;
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    feed(&mut input);
    // What is left of the input is open until the child has ended.
    let output = output(child, test);
    drop(input);
    assert!(output.status.success(), "{output:?}");
    Some(output)
}

/// Runs the child with a file for its input, which ends.
#[track_caller]
fn with_input(test: &str, play: fn(), input: impl Into<Stdio>) {
    let Some(mut command) = child(test, play) else { return };
    let output = output(command.stdin(input).spawn().unwrap(), test);
    assert!(output.status.success(), "{output:?}");
}

/// A file with these contents, at its beginning.
fn file(contents: &[u8]) -> File {
    use std::io::Seek;
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(contents).unwrap();
    file.rewind().unwrap();
    file
}

const SHORT: Duration = Duration::from_millis(10);

#[test]
fn input_that_never_comes_holds_nothing_up() {
    fed(
        "io_std::input_that_never_comes_holds_nothing_up",
        || {
            on_each(|rt| {
                rt.spawn(async { stdin().read(&mut [0]).await });
                rt.spawn(async { BufReader::new(stdin()).read_line(&mut String::new()).await });
                rt.block_on(async {
                    assert!(timeout(SHORT, stdin().read(&mut [0])).await.is_err());
                });
                assert_eq!(rt.metrics().num_blocking_threads(), 0);
                drop(rt);
            });
        },
        |_| (),
    );
}

/// Reads that are given up all the time, by two handles and new ones, on runtimes that come and go.
#[test]
fn nothing_is_lost() {
    fed(
        "io_std::nothing_is_lost",
        || {
            watched(|| {
                let mut all = Vec::new();
                let mut handles = [stdin(), stdin()];
                let mut given_up = 0;
                'all: for round in 0.. {
                    let rt = if round % 2 == 0 { current() } else { multi(2) };
                    for turn in 0..7 {
                        let mut buf = [0; 100];
                        let mut new = stdin();
                        let handle = handles.get_mut(turn % 3).unwrap_or(&mut new);
                        let read =
                            async { timeout(Duration::from_micros(500), handle.read(&mut buf[..turn + 1])).await };
                        match rt.block_on(read) {
                            Ok(Ok(0)) => break 'all,
                            Ok(n) => all.extend_from_slice(&buf[..n.unwrap()]),
                            Err(_) => given_up += 1,
                        }
                    }
                }
                assert!(all == pattern(3000), "{}", String::from_utf8_lossy(&all));
                assert!(given_up > 0);
            });
        },
        |input| {
            for part in pattern(3000).chunks(30) {
                input.write_all(part).unwrap();
                std::thread::sleep(Duration::from_millis(2));
            }
            // The child sees the end when ours is closed.
            *input = null_input();
        },
    );
}

/// Some other child's input, so that the real one is closed.
fn null_input() -> std::process::ChildStdin {
    let mut child = std::process::Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.take().unwrap();
    child.wait().unwrap();
    input
}

/// The end is for all who wait for it, and those who ask later see it too.
#[test]
fn the_end_is_for_all() {
    fed(
        "io_std::the_end_is_for_all",
        || {
            on_each(|rt| {
                let tasks: Vec<_> =
                    (0..10).map(|_| rt.spawn(async { stdin().read(&mut [0; 9]).await.unwrap() })).collect();
                rt.block_on(async {
                    let mut sum = 0;
                    for task in tasks {
                        sum += task.await.unwrap();
                    }
                    assert!(sum == 5 || sum == 0, "{sum}");
                    assert_eq!(stdin().read(&mut [0]).await.unwrap(), 0);
                });
            });
        },
        |input| {
            input.write_all(b"hello").unwrap();
            std::thread::sleep(SHORT);
            *input = null_input();
        },
    );
}

#[test]
fn much_input() {
    with_input(
        "io_std::much_input",
        || {
            watched(|| {
                multi(2).block_on(async {
                    let mut all = Vec::new();
                    stdin().read_to_end(&mut all).await.unwrap();
                    assert!(all == pattern(5_000_000));
                });
            });
        },
        file(&pattern(5_000_000)),
    );
}

/// What nobody has asked for is left to others.
#[test]
fn the_standard_librarys_handle_goes_on() {
    with_input(
        "io_std::the_standard_librarys_handle_goes_on",
        || {
            watched(|| {
                // No runtime is needed.
                let first = block_on(async {
                    let mut input = stdin();
                    let mut line = Vec::new();
                    while line.last() != Some(&b'\n') {
                        line.push(input.read_u8().await.unwrap());
                    }
                    line
                });
                assert_eq!(first, b"first\n");
                let mut line = String::new();
                std::io::stdin().read_line(&mut line).unwrap();
                assert_eq!(line, "second\n");
                current().block_on(async {
                    let mut lines = BufReader::new(stdin()).lines();
                    assert_eq!(lines.next_line().await.unwrap().unwrap(), "third");
                    assert_eq!(lines.next_line().await.unwrap(), None);
                });
            });
        },
        file(b"first\nsecond\nthird\n"),
    );
}

#[test]
fn input_that_cannot_be_read() {
    with_input(
        "io_std::input_that_cannot_be_read",
        || {
            on_each(|rt| {
                rt.block_on(async {
                    for _ in 0..3 {
                        let error = stdin().read(&mut [0]).await.unwrap_err();
                        assert_eq!(error.raw_os_error(), Some(libc::EISDIR));
                    }
                    assert_eq!(stdin().read(&mut []).await.unwrap(), 0);
                });
            });
        },
        File::open("/").unwrap(),
    );
}

#[test]
fn handles() {
    // They can be made anywhere.
    let (input, output, error) = (stdin(), stdout(), stderr());
    assert_eq!((input.as_raw_fd(), output.as_raw_fd(), error.as_raw_fd()), (0, 1, 2));
    assert_eq!(input.as_fd().as_raw_fd(), 0);
    assert_eq!((output.as_fd().as_raw_fd(), error.as_fd().as_raw_fd()), (1, 2));
    assert!(format!("{input:?} {output:?} {error:?}").contains("Stdin"));
    let mut output = output;
    block_on(output.flush()).unwrap();
    let caught = panic_of(|| block_on(output.write_all(b"nowhere")));
    assert_eq!(caught.text, "there is no reactor running, must be called from the context of a Tokio 1.x runtime");
}

/// Runs the child and returns what it has written between two lines that say so.
#[track_caller]
fn written(test: &str, play: fn()) -> Option<(String, String)> {
    let output = output(child(test, play)?.spawn().unwrap(), test);
    assert!(output.status.success(), "{output:?}");
    let between = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        let text = text.split_once("<begin>").unwrap_or(("", &text)).1;
        text.split_once("<end>").unwrap_or((text, "")).0.to_owned()
    };
    Some((between(output.stdout), between(output.stderr)))
}

/// Our handles and `println!` in turn.
#[test]
fn output_in_order() {
    let played = written("io_std::output_in_order", || {
        on_each(|rt| {
            rt.block_on(async {
                let (mut out, mut err) = (stdout(), stderr());
                print!("<begin>");
                eprint!("<begin>");
                for i in 0..100 {
                    out.write_all(format!("{i} ").as_bytes()).await.unwrap();
                    err.write_all(format!("{i} ").as_bytes()).await.unwrap();
                    out.flush().await.unwrap();
                    err.flush().await.unwrap();
                    print!("- ");
                    eprint!("- ");
                }
                out.write_all(b"<end>\n").await.unwrap();
                err.write_all(b"<end>\n").await.unwrap();
                out.shutdown().await.unwrap();
                err.shutdown().await.unwrap();
                out.flush().await.unwrap();
            });
        });
    });
    let Some((out, err)) = played else { return };
    let expected: String = (0..100).map(|i| format!("{i} - ")).collect();
    assert_eq!((&out, &err), (&expected, &expected));
}

#[test]
fn much_output() {
    let played = written("io_std::much_output", || {
        watched(|| {
            for rt in [current(), multi(2)] {
                rt.block_on(async {
                    let mut out = stdout();
                    if rt.metrics().num_workers() == 2 {
                        out.write_all(b"<begin>").await.unwrap();
                    }
                    out.write_all(&pattern(5_000_000)).await.unwrap();
                    out.flush().await.unwrap();
                });
            }
            println!("<end>");
        });
    });
    let Some((out, _)) = played else { return };
    assert!(out.trim_end().as_bytes() == pattern(5_000_000));
}

/// What is written at once stays together.
#[test]
fn lines_of_many_tasks() {
    let played = written("io_std::lines_of_many_tasks", || {
        println!("<begin>");
        for rt in [current(), multi(4)] {
            watched(move || {
                let tasks: Vec<_> = (0..20)
                    .map(|i| {
                        rt.spawn(async move {
                            let mut out = stdout();
                            for _ in 0..20 {
                                out.write_all(format!("{}\n", i.to_string().repeat(3000)).as_bytes()).await.unwrap();
                            }
                            out.flush().await.unwrap();
                        })
                    })
                    .collect();
                rt.block_on(async {
                    for task in tasks {
                        task.await.unwrap();
                    }
                });
            });
        }
        println!("<end>");
    });
    let Some((out, _)) = played else { return };
    let lines: Vec<_> = out.trim().lines().collect();
    assert_eq!(lines.len(), 2 * 20 * 20);
    for line in lines {
        assert!((0..20).any(|i| line == i.to_string().repeat(3000)), "{line}");
    }
}

/// A pool that never comes to it doesn't swallow what was written.
#[test]
fn output_survives_the_runtime() {
    let played = written("io_std::output_survives_the_runtime", || {
        watched(|| {
            let rt = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
            let (begin, begun) = std::sync::mpsc::channel();
            rt.spawn_blocking(move || {
                begin.send(()).unwrap();
                std::thread::sleep(Duration::from_millis(100));
            });
            begun.recv().unwrap();
            rt.block_on(stdout().write_all(b"<begin>written<end>\n")).unwrap();
            rt.shutdown_background();
            // The standard library's buffer is not flushed by anyone if this is an exit.
            std::process::exit(0);
        });
    });
    let Some((out, _)) = played else { return };
    assert_eq!(out, "written");
}

/// The error that a write has, now or when it is flushed.
fn error_of(rt: &Runtime) -> io::Error {
    rt.block_on(async {
        let mut out = stdout();
        let mut attempt = async || {
            out.write_all(&[b'x'; 10_000]).await?;
            out.flush().await
        };
        let error = attempt().await.unwrap_err();
        // What is written is told once, and the next write meets the next error.
        assert_eq!(attempt().await.unwrap_err().kind(), error.kind());
        error
    })
}

/// Runs `f` while `target` is the process's standard output.
fn redirected<R>(target: &impl AsRawFd, f: impl FnOnce() -> R) -> R {
    // SAFETY: descriptors are numbers, and 1 is nobody's in particular.
    let (before, redirected) = unsafe { (libc::dup(1), libc::dup2(target.as_raw_fd(), 1)) };
    assert!(before > 2 && redirected == 1);
    let result = f();
    // SAFETY: as above; `before` was made here.
    assert_eq!(unsafe { libc::dup2(before, 1) }, 1);
    result
}

#[test]
fn output_that_nobody_takes() {
    let played = written("io_std::output_that_nobody_takes", || {
        for rt in [current(), multi(2)] {
            let (reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
            drop(reader);
            assert_eq!(redirected(&writer, || error_of(&rt)).kind(), io::ErrorKind::BrokenPipe);
        }
    });
    assert!(played.is_none_or(|(out, _)| out.contains("1 passed")));
}

#[test]
fn a_disk_that_is_full() {
    let played = written("io_std::a_disk_that_is_full", || {
        let Ok(full) = File::options().write(true).open("/dev/full") else { return };
        for rt in [current(), multi(2)] {
            assert_eq!(redirected(&full, || error_of(&rt)).raw_os_error(), Some(libc::ENOSPC));
        }
    });
    assert!(played.is_none_or(|(out, _)| out.contains("1 passed")));
}
