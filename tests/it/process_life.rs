//! Children by the thousand, children that outlive their runtime, and children that end in unusual ways: what they leave behind,
//! which is nothing. Each test has a process of its own, of which it can say that it has no children left.

use crate::process::{ALL, exists, gone, send, sh, sleeper};
use crate::signal::descriptors;
use crate::support::{current, eventually, in_child, ms, multi, rounds, stderr, watched};
use gmp::process::Command;
use gmp::runtime::{Builder, Pin, Runtime};
use gmp::signal::unix::{SignalKind, signal};
use gmp::time::{sleep, timeout};
use std::io::ErrorKind;
use std::process::Stdio;

/// Runs the test in a process of its own, and in another one where there are no descriptors for processes.
#[track_caller]
fn both_ways(test: &str, play: fn()) {
    for env in [&[][..], &[("GMP_FAULT", "no-pidfd")]] {
        match in_child(test, env, play) {
            Some(output) => assert!(output.status.success(), "{env:?}: {:?}: {}", output.status, stderr(&output)),
            None => return,
        }
    }
}

/// Descriptors for processes.
fn pidfds() -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    links.filter(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to.to_string_lossy().contains("pidfd"))).count()
}

fn is_without() -> bool {
    std::env::var_os("GMP_FAULT").is_some()
}

/// Whether this process has children, ended or not, that nobody has waited for.
fn has_children() -> bool {
    // SAFETY: only zeroes, which is a valid one.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: there is room for one behind the pointer. Nobody is waited for: WNOWAIT.
    let rc = unsafe { libc::waitid(libc::P_ALL, 0, &mut info, libc::WEXITED | libc::WNOHANG | libc::WNOWAIT) };
    if rc == 0 {
        return true;
    }
    assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::ECHILD));
    false
}

/// The tests of `process`, with `SIGCHLD` in place of descriptors.
#[test]
fn by_signal() {
    let test = "process_life::by_signal";
    let play = || {
        current().block_on(async {
            let mut child = sleeper().spawn().unwrap();
            assert_eq!(pidfds(), 0, "the switch works");
            child.kill().await.unwrap();
        });
        for (name, play) in ALL {
            println!("{name}");
            play();
        }
    };
    if let Some(output) = in_child(test, &[("GMP_FAULT", "no-pidfd")], play) {
        assert!(output.status.success(), "{:?}: {}", output.status, stderr(&output));
    }
}

async fn one(i: usize) {
    match i % 6 {
        0 => assert!(Command::new("true").status().await.unwrap().success()),
        1 => assert_eq!(sh("echo hello").output().await.unwrap().stdout, b"hello\n"),
        // Nobody waits.
        2 => drop(Command::new("true").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()),
        3 => drop(sleeper().kill_on_drop(true).spawn().unwrap()),
        // Given up.
        4 => {
            let mut child = sleeper().kill_on_drop(true).spawn().unwrap();
            assert!(timeout(ms(1), child.wait()).await.is_err());
        }
        _ => {
            let mut child = sleeper().spawn().unwrap();
            child.kill().await.unwrap();
        }
    }
}

#[test]
fn thousands() {
    both_ways("process_life::thousands", || {
        for rt in [current(), multi(2)] {
            rt.block_on(one(0));
            rt.block_on(one(3));
            let driver = move || {
                eventually("the first have been waited for", || {
                    rt.block_on(async { sleep(ms(1)).await });
                    !has_children()
                });
                let before = descriptors();
                rt.block_on(async {
                    for chunk in 0..rounds(2_000) / 20 {
                        let tasks: Vec<_> = (0..20).map(|i| gmp::spawn(one(chunk + i))).collect();
                        for task in tasks {
                            task.await.unwrap();
                        }
                    }
                });
                eventually("all have been waited for", || {
                    rt.block_on(async { sleep(ms(1)).await });
                    !has_children()
                });
                eventually("all descriptors are closed", || {
                    rt.block_on(async { sleep(ms(1)).await });
                    descriptors() == before
                });
            };
            watched(driver);
        }
    });
}

/// Children of a runtime that ends: dropped with a task of its, before it and behind it. The next runtime takes them over.
#[test]
fn of_a_runtime_that_ends() {
    both_ways("process_life::of_a_runtime_that_ends", || {
        watched(|| {
            let kinds: [fn() -> Runtime; 2] = [current, || multi(2)];
            for make in kinds {
                let rt = make();
                let (ids, behind) = rt.block_on(async {
                    let in_task = sleeper().kill_on_drop(true).spawn().unwrap();
                    let waited_for = sleeper().kill_on_drop(true).spawn().unwrap();
                    let before = sleeper().spawn().unwrap();
                    let behind = sleeper().kill_on_drop(true).spawn().unwrap();
                    let ids = [&in_task, &waited_for, &before, &behind].map(|child| child.id().unwrap());
                    gmp::spawn(async move {
                        std::future::pending::<()>().await;
                        drop(in_task);
                    });
                    gmp::spawn(async move {
                        let mut waited_for = waited_for;
                        let _ = waited_for.wait().await;
                    });
                    gmp::task::yield_now().await;
                    drop(before);
                    (ids, behind)
                });
                drop(rt);
                drop(behind);
                let [_, _, before, _] = ids;
                assert!(exists(before));
                send(before, libc::SIGKILL);
                let next = make();
                eventually("the next runtime has waited for all", || {
                    next.block_on(async {
                        Command::new("true").status().await.unwrap();
                        sleep(ms(1)).await;
                    });
                    !has_children()
                });
                for id in ids {
                    gone(id);
                }
            }
        });
    });
}

/// Runtimes that live on take over those of one that ends, even if they have had nothing to do with children before.
#[test]
fn taken_over_by_an_idle_runtime() {
    both_ways("process_life::taken_over_by_an_idle_runtime", || {
        watched(|| {
            // One that nobody drives can't be the only one.
            let _still = current();
            let idle = multi(1);
            for make in [current as fn() -> Runtime, || multi(2)] {
                let rt = make();
                let id = rt.block_on(async { sleeper().spawn().unwrap().id().unwrap() });
                let killed = rt.block_on(async { sleeper().kill_on_drop(true).spawn().unwrap() });
                drop(rt);
                drop(killed);
                assert!(exists(id));
                send(id, libc::SIGKILL);
                eventually("all have been waited for", || !has_children());
            }
            drop(idle);
        });
    });
}

/// Where `SIGCHLD` is ignored the system itself waits; that is an error and no hang.
#[test]
fn where_the_system_waits() {
    both_ways("process_life::where_the_system_waits", || {
        watched(|| {
            // The handler is installed with the first child without a descriptor, and puts an end to the ignoring.
            if is_without() {
                return;
            }
            // SAFETY: SIG_IGN is no function that could be called.
            assert_ne!(unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) }, libc::SIG_ERR);
            for rt in [current(), multi(1)] {
                rt.block_on(async {
                    let mut child = sh("read line").stdin(Stdio::piped()).spawn().unwrap();
                    assert_eq!(child.wait().await.unwrap_err().raw_os_error(), Some(libc::ECHILD));
                    drop(child);
                    // Nor is there anything for the background to wait for.
                    drop(Command::new("true").spawn().unwrap());
                    while has_children() {
                        sleep(ms(1)).await;
                    }
                });
            }
        });
    });
}

/// Listeners for `SIGCHLD` and children beside each other.
#[test]
fn beside_a_listener() {
    both_ways("process_life::beside_a_listener", || {
        watched(|| {
            for rt in [current(), multi(2)] {
                rt.block_on(async {
                    let mut listener = signal(SignalKind::child()).unwrap();
                    for _ in 0..20 {
                        let mut child = Command::new("true").spawn().unwrap();
                        let (_, status) = gmp::join!(listener.recv(), child.wait());
                        assert!(status.unwrap().success());
                    }
                });
            }
        });
    });
}

/// A child that ends while somebody traces it is over only when the tracer lets go of it.
#[test]
fn traced() {
    // Else the grandchild that traces would be this test's problem.
    both_ways("process_life::traced", || {
        watched(|| {
            for rt in [current(), multi(2)] {
                rt.block_on(async {
                    // -D: the tracer is the grandchild, its parent the program.
                    let mut command = Command::new("strace");
                    command.args(["-D", "-o", "/dev/null", "sh", "-c", "read line; exit 9"]);
                    command.stdin(Stdio::piped()).stderr(Stdio::null());
                    let mut child = match command.spawn() {
                        Ok(child) => child,
                        Err(error) if error.kind() == ErrorKind::NotFound => return eprintln!("no strace: skipped"),
                        Err(error) => panic!("{error}"),
                    };
                    let code = child.wait().await.unwrap().code();
                    if code == Some(1) {
                        return eprintln!("strace may not trace: skipped");
                    }
                    assert_eq!(code, Some(9));
                });
            }
        });
    });
}

/// With no descriptor left nothing is started, or it is and waited for without one; no child is lost either way.
#[test]
fn without_descriptors() {
    both_ways("process_life::without_descriptors", || {
        watched(|| {
            let rt = current();
            rt.block_on(async {
                // The handler, the reader and the pipe.
                let _listener = signal(SignalKind::child()).unwrap();
                let mut held = Vec::new();
                let limit = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
                // SAFETY: the limit is read from behind the pointer.
                assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
                while let Ok(file) = std::fs::File::open("/dev/null") {
                    held.push(file);
                }
                let (mut ok, mut refused) = (0, 0);
                while held.pop().is_some() {
                    let mut command = sh("exit 3");
                    command.stdin(Stdio::piped()).stdout(Stdio::piped());
                    match command.spawn() {
                        Ok(mut child) => {
                            ok += 1;
                            assert_eq!(child.wait().await.unwrap().code(), Some(3));
                        }
                        Err(error) => {
                            refused += 1;
                            assert_eq!(error.raw_os_error(), Some(libc::EMFILE), "{error}");
                        }
                    }
                }
                assert!(ok > 0 && refused > 0, "{ok} started, {refused} refused");
                while has_children() {
                    sleep(ms(1)).await;
                }
            });
        });
    });
}

/// A child of a pinned worker may run wherever this process may.
#[test]
fn not_pinned() {
    both_ways("process_life::not_pinned", || {
        watched(|| {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let ours = status.lines().find(|line| line.starts_with("Cpus_allowed_list")).unwrap().to_owned();
            let rt = Builder::new_multi_thread()
                .worker_threads(1)
                .pin_workers(Pin::Custom(vec![0]))
                .enable_all()
                .build()
                .unwrap();
            let task = rt.spawn(async {
                let own = || {
                    let text = std::fs::read_to_string("/proc/thread-self/status").unwrap();
                    text.lines().find(|line| line.starts_with("Cpus_allowed_list")).unwrap().to_owned()
                };
                let mut stayed = 0;
                let mut theirs = Vec::new();
                for _ in 0..20 {
                    let before = own();
                    let output = Command::new("grep").args(["Cpus_allowed_list", "/proc/self/status"]).output();
                    // Unless starting took so long that the worker has lost its P.
                    stayed += usize::from(before.ends_with("\t0") && own() == before);
                    theirs.push(String::from_utf8(output.await.unwrap().stdout).unwrap());
                }
                (stayed, theirs)
            });
            let (stayed, theirs) = rt.block_on(task).unwrap();
            assert!(stayed > 0, "the worker is pinned again");
            for theirs in theirs {
                assert_eq!(theirs.trim(), ours.trim());
            }
        });
    });
}
