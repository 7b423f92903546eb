//! Signals: told to all listeners of all runtimes, merged, never lost; runtimes come and go.
//!
//! Handlers are the whole process's, so each test has a process of its own.

use crate::support::{ByHand, current, eventually, in_child, multi, panic_of, rounds, stderr, watched};
use gmp::runtime::Runtime;
use gmp::signal::unix::{Signal, SignalKind, signal};
use std::io::ErrorKind;
use std::os::raw::c_int;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;

/// Sends a signal to this process, and waits until its handler has run.
fn raise(kind: SignalKind) {
    // SAFETY: a signal to this thread; its handler is ours.
    assert_eq!(unsafe { libc::raise(kind.as_raw_value()) }, 0);
}

const USR1: SignalKind = SignalKind::user_defined1();
const USR2: SignalKind = SignalKind::user_defined2();

#[track_caller]
pub(crate) fn alone(test: &str, play: fn()) {
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{:?}: {}", output.status, stderr(&output));
    }
}

fn each_kind() -> [Runtime; 3] {
    [current(), multi(1), multi(2)]
}

/// Lets other tasks, and the poller, have their turn.
async fn a_while() {
    for _ in 0..200 {
        gmp::task::yield_now().await;
    }
}

#[test]
fn kinds() {
    let named: [(SignalKind, c_int); 11] = [
        (SignalKind::alarm(), libc::SIGALRM),
        (SignalKind::child(), libc::SIGCHLD),
        (SignalKind::hangup(), libc::SIGHUP),
        (SignalKind::interrupt(), libc::SIGINT),
        (SignalKind::io(), libc::SIGIO),
        (SignalKind::pipe(), libc::SIGPIPE),
        (SignalKind::quit(), libc::SIGQUIT),
        (SignalKind::terminate(), libc::SIGTERM),
        (SignalKind::user_defined1(), libc::SIGUSR1),
        (SignalKind::user_defined2(), libc::SIGUSR2),
        (SignalKind::window_change(), libc::SIGWINCH),
    ];
    for (kind, raw) in named {
        assert_eq!((kind.as_raw_value(), c_int::from(kind)), (raw, raw));
        assert_eq!((SignalKind::from(raw), SignalKind::from_raw(raw)), (kind, kind));
    }
    assert_eq!(format!("{USR1:?}"), format!("{:?}", tokio::signal::unix::SignalKind::user_defined1()));
}

#[test]
fn what_is_refused() {
    alone("signal::what_is_refused", || {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _theirs = tokio.enter();
        let rt = current();
        let _ours = rt.enter();
        let forbidden = [libc::SIGKILL, libc::SIGSTOP, libc::SIGILL, libc::SIGFPE, libc::SIGSEGV];
        for raw in [-1, 0, 65, 1000].into_iter().chain(forbidden) {
            let theirs = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(raw)).unwrap_err();
            let ours = signal(SignalKind::from_raw(raw)).unwrap_err();
            assert_eq!((ours.kind(), ours.to_string()), (theirs.kind(), theirs.to_string()), "{raw}");
            assert_eq!(ours.kind(), ErrorKind::Other);
        }
    });
}

#[test]
fn without_a_runtime() {
    let caught = panic_of(|| signal(USR1));
    assert!(caught.text.contains("there is no reactor running"), "{caught:?}");
    assert!(caught.file.ends_with("signal.rs"), "{caught:?}");
}

#[test]
fn an_ended_runtime_is_an_error() {
    alone("signal::an_ended_runtime_is_an_error", || {
        let rt = multi(1);
        let handle = rt.handle().clone();
        drop(rt);
        let _entered = handle.enter();
        assert_eq!(signal(USR1).unwrap_err().kind(), ErrorKind::Other);
    });
}

/// Each signal that comes behind a `recv` completes the next, on each kind of runtime, one after the other.
#[test]
fn one_after_the_other() {
    alone("signal::one_after_the_other", || {
        for rt in each_kind() {
            watched(move || {
                rt.block_on(async {
                    let mut listener = signal(USR1).unwrap();
                    let mut other = signal(USR2).unwrap();
                    for _ in 0..rounds(10_000) {
                        raise(USR1);
                        assert_eq!(listener.recv().await, Some(()));
                    }
                    let task = gmp::spawn(async move {
                        for _ in 0..100 {
                            raise(USR1);
                            listener.recv().await;
                        }
                    });
                    task.await.unwrap();
                    let mut silent = ByHand::new(other.recv());
                    assert!(silent.poll().is_pending(), "a signal of another kind");
                });
            });
        }
    });
}

/// Those that come before a listener is polled are one; those that come before it is made aren't its.
#[test]
fn merged() {
    alone("signal::merged", || {
        watched(|| {
            current().block_on(async {
                let mut listener = signal(USR1).unwrap();
                for _ in 0..10 {
                    raise(USR1);
                }
                listener.recv().await;
                a_while().await;
                {
                    let mut next = ByHand::new(listener.recv());
                    assert!(next.poll().is_pending());
                }
                let _other = signal(USR2).unwrap();
                // More than the pipe holds, so that the handler finds it full.
                for _ in 0..10_000 {
                    raise(USR1);
                    raise(USR2);
                }
                listener.recv().await;
                a_while().await;
                let mut late = signal(USR1).unwrap();
                let mut late = ByHand::new(late.recv());
                assert!(late.poll().is_pending());
                raise(USR1);
                listener.recv().await;
                assert!(late.poll().is_ready());
            });
        });
    });
}

/// A `recv` that is given up, a listener that is dropped, others that go on.
#[test]
fn given_up() {
    alone("signal::given_up", || {
        for rt in each_kind() {
            watched(move || {
                rt.block_on(async {
                    let mut listener = signal(USR1).unwrap();
                    let mut other = signal(USR1).unwrap();
                    for _ in 0..100 {
                        gmp::select! {
                            biased;
                            _ = listener.recv() => panic!("nobody has sent one"),
                            () = gmp::task::yield_now() => {}
                        }
                        drop(signal(USR1).unwrap());
                        raise(USR1);
                        // Whatever this race comes to, the signal isn't lost.
                        let seen = gmp::select! {
                            _ = listener.recv() => true,
                            () = gmp::task::yield_now() => false,
                        };
                        if !seen {
                            listener.recv().await;
                        }
                        other.recv().await;
                    }
                });
            });
        }
    });
}

/// Real-time signals, up to the last.
#[test]
fn real_time() {
    alone("signal::real_time", || {
        watched(|| {
            multi(2).block_on(async {
                for raw in libc::SIGRTMIN()..=libc::SIGRTMAX() {
                    let kind = SignalKind::from_raw(raw);
                    let mut listener = signal(kind).unwrap();
                    raise(kind);
                    listener.recv().await;
                }
            });
        });
    });
}

/// A runtime on a thread of its own with a listener that counts.
struct Listening {
    seen: Arc<AtomicUsize>,
    stop: Option<gmp::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Listening {
    fn start(make: fn() -> Runtime) -> Self {
        let seen = Arc::new(AtomicUsize::new(0));
        let (stop, mut stopped) = gmp::sync::oneshot::channel();
        let (ready, is_ready) = mpsc::channel();
        let counter = seen.clone();
        let thread = std::thread::spawn(move || {
            make().block_on(async move {
                let mut listener = signal(USR1).unwrap();
                ready.send(()).unwrap();
                loop {
                    gmp::select! {
                        _ = listener.recv() => counter.fetch_add(1, Ordering::SeqCst),
                        _ = &mut stopped => break,
                    };
                }
            });
        });
        is_ready.recv().unwrap();
        Self { seen, stop: Some(stop), thread: Some(thread) }
    }

    /// Sends one signal, and sees that all get it.
    #[track_caller]
    fn all_hear(all: &[Self]) {
        let before: Vec<_> = all.iter().map(|l| l.seen.load(Ordering::SeqCst)).collect();
        raise(USR1);
        for (listening, before) in all.iter().zip(before) {
            eventually("it hears the signal", || listening.seen.load(Ordering::SeqCst) > before);
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Runtimes side by side all hear each signal, whichever of them are dropped, the first among them.
#[test]
fn runtimes_come_and_go() {
    alone("signal::runtimes_come_and_go", || {
        let kinds: [fn() -> Runtime; 3] = [current, || multi(1), || multi(2)];
        let mut all: Vec<Listening> = Vec::new();
        for round in 0..60 {
            all.push(Listening::start(kinds[round % 3]));
            Listening::all_hear(&all);
            if all.len() == 4 {
                all.remove(round % 4);
                Listening::all_hear(&all);
            }
        }
        while !all.is_empty() {
            all.remove(0);
            Listening::all_hear(&all);
        }
        // None at all for a while; the signal is nobody's.
        raise(USR1);
        let last = [Listening::start(current)];
        Listening::all_hear(&last);
    });
}

/// A runtime that nobody drives keeps nobody else from hearing, and hears itself when it is driven.
#[test]
fn a_runtime_that_stands_still() {
    alone("signal::a_runtime_that_stands_still", || {
        watched(|| {
            let still = current();
            let mut its = still.block_on(async { signal(USR1).unwrap() });
            let others = [Listening::start(|| multi(1))];
            for _ in 0..50 {
                Listening::all_hear(&others);
            }
            still.block_on(its.recv());
            drop(others);
            raise(USR1);
            still.block_on(its.recv());
        });
    });
}

/// A listener of a runtime that has ended hears on another one.
#[test]
fn a_listener_moves() {
    alone("signal::a_listener_moves", || {
        watched(|| {
            let first = multi(1);
            let mut listener = first.block_on(async { signal(USR1).unwrap() });
            drop(first);
            for rt in each_kind() {
                // Before it is polled there, too.
                raise(USR1);
                rt.block_on(listener.recv());
                let mut waiting = ByHand::new(async {
                    listener.recv().await;
                    listener
                });
                listener = rt.block_on(async {
                    assert!(waiting.poll().is_pending());
                    raise(USR1);
                    loop {
                        while !waiting.is_woken() {
                            gmp::task::yield_now().await;
                        }
                        // The wake may be that of the signal before, come late.
                        if let Poll::Ready(back) = waiting.poll() {
                            break back;
                        }
                    }
                });
            }
        });
    });
}

/// What is found in `/proc/self/fd`.
pub(crate) fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Runtimes with listeners, by the hundred: what stays is the pipe.
#[test]
fn nothing_is_left_behind() {
    alone("signal::nothing_is_left_behind", || {
        watched(|| {
            let round = |i: usize| {
                let rt = if i % 2 == 0 { current() } else { multi(2) };
                rt.block_on(async {
                    let mut listener = signal(USR1).unwrap();
                    let stays: Signal = signal(USR2).unwrap();
                    gmp::spawn(async move {
                        let mut stays = stays;
                        stays.recv().await;
                    });
                    raise(USR1);
                    listener.recv().await;
                });
                let weak = rt.handle().clone();
                drop(rt);
                drop(weak);
            };
            round(0);
            round(1);
            let before = descriptors();
            for i in 0..200 {
                round(i);
            }
            assert_eq!(descriptors(), before);
        });
    });
}

/// Signals of several kinds from several threads while runtimes begin and end: at the end each hears once more.
#[test]
fn a_storm() {
    alone("signal::a_storm", || {
        let stop = Arc::new(AtomicBool::new(false));
        // A listener of each kind first, or the first signal would end the process.
        let keep = multi(1);
        let kept = keep.block_on(async { [signal(USR1).unwrap(), signal(USR2).unwrap()] });
        let senders: Vec<_> = [USR1, USR2, USR1]
            .into_iter()
            .map(|kind| {
                let stop = stop.clone();
                std::thread::spawn(move || {
                    while !stop.load(Ordering::SeqCst) {
                        raise(kind);
                        std::thread::yield_now();
                    }
                })
            })
            .collect();
        for i in 0..rounds(500) {
            let rt = if i % 2 == 0 { current() } else { multi(2) };
            watched(move || {
                rt.block_on(async {
                    let (mut one, mut two) = (signal(USR1).unwrap(), signal(USR2).unwrap());
                    one.recv().await;
                    two.recv().await;
                });
            });
        }
        stop.store(true, Ordering::SeqCst);
        for sender in senders {
            sender.join().unwrap();
        }
        watched(move || {
            keep.block_on(async move {
                for mut listener in kept {
                    listener.recv().await;
                    a_while().await;
                    let kind = if format!("{listener:?}").contains("(10)") { USR1 } else { USR2 };
                    raise(kind);
                    listener.recv().await;
                }
            });
        });
    });
}

/// A signal finds an idle runtime asleep, and wakes it.
#[test]
fn asleep() {
    alone("signal::asleep", || {
        for rt in each_kind() {
            watched(move || {
                rt.block_on(async {
                    let mut listener = signal(USR1).unwrap();
                    for _ in 0..5 {
                        let sender = std::thread::spawn(|| {
                            std::thread::sleep(std::time::Duration::from_millis(20));
                            raise(USR1);
                        });
                        listener.recv().await;
                        sender.join().unwrap();
                    }
                });
            });
        }
    });
}
