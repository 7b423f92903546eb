//! Each misuse on tokio and on gmp, in one process: the same words, and both point at who misused it.

use crate::support::panic_of;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What was done; words and file of the panic, if there was one.
type Outcome = (&'static str, Option<(String, String)>);

fn outcome<R>(what: &'static str, f: impl FnOnce() -> R) -> Outcome {
    // Without a panic `panic_of` panics.
    let caught = catch_unwind(AssertUnwindSafe(|| panic_of(f))).ok();
    (what, caught.map(|caught| (caught.text, caught.file)))
}

macro_rules! misuses {
    ($name:ident, $krate:ident) => {
        mod $name {
            use super::{Outcome, outcome};
            use std::future::{Future, pending, poll_fn};
            use std::os::unix::net as unix;
            use std::pin::{Pin, pin};
            use std::task::{Context, Waker};
            use $krate::io::{AsyncReadExt, AsyncWriteExt, Interest, unix::AsyncFd};
            use $krate::net::{TcpListener, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixSocket};
            use $krate::net::{UnixStream, unix::pipe};
            use $krate::runtime::{Builder, Handle, LocalOptions, Runtime};
            use $krate::task::{JoinSet, LocalSet};
            use $krate::time::{self, Duration, Instant};

            const SECOND: Duration = Duration::from_secs(1);

            fn current() -> Runtime {
                Builder::new_current_thread().enable_all().build().unwrap()
            }

            fn multi() -> Runtime {
                Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
            }

            /// Polls once, with nobody to wake.
            #[track_caller]
            fn poll<F: Future>(future: F) {
                let _ = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
            }

            pub(super) fn outside() -> Vec<Outcome> {
                let (unix_std, _other) = unix::UnixStream::pair().unwrap();
                unix_std.set_nonblocking(true).unwrap();
                let datagram_std = unix::UnixDatagram::unbound().unwrap();
                datagram_std.set_nonblocking(true).unwrap();
                let udp_std = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
                udp_std.set_nonblocking(true).unwrap();
                let tcp_std = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
                let connected = std::net::TcpStream::connect(tcp_std.local_addr().unwrap()).unwrap();
                connected.set_nonblocking(true).unwrap();
                tcp_std.set_nonblocking(true).unwrap();
                let folder = tempfile::tempdir().unwrap();
                let (path, fifo) = (folder.path().join("socket"), folder.path().join("fifo"));
                assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
                vec![
                    outcome("spawn", || $krate::spawn(async {})),
                    outcome("spawn_blocking", || $krate::task::spawn_blocking(|| {})),
                    outcome("Handle::current", Handle::current),
                    outcome("JoinSet::spawn", || JoinSet::new().spawn(async {})),
                    outcome("JoinSet::spawn_blocking", || JoinSet::new().spawn_blocking(|| {})),
                    outcome("JoinSet from an iterator", || [async {}].into_iter().collect::<JoinSet<()>>()),
                    outcome("task::id", $krate::task::id),
                    outcome("sleep", || time::sleep(SECOND)),
                    outcome("sleep_until", || time::sleep_until(Instant::now() + SECOND)),
                    outcome("timeout", || drop(time::timeout(SECOND, pending::<()>()))),
                    outcome("timeout_at", || drop(time::timeout_at(Instant::now() + SECOND, pending::<()>()))),
                    outcome("interval", || time::interval(SECOND)),
                    outcome("interval_at", || time::interval_at(Instant::now(), SECOND)),
                    outcome("UdpSocket::from_std", || UdpSocket::from_std(udp_std)),
                    outcome("TcpListener::from_std", || TcpListener::from_std(tcp_std)),
                    outcome("TcpStream::from_std", || TcpStream::from_std(connected)),
                    outcome("UnixStream::from_std", || UnixStream::from_std(unix_std)),
                    outcome("UnixStream::pair", UnixStream::pair),
                    outcome("UnixListener::bind", || UnixListener::bind(&path)),
                    outcome("UnixDatagram::unbound", UnixDatagram::unbound),
                    outcome("UnixDatagram::pair", UnixDatagram::pair),
                    outcome("UnixDatagram::from_std", || UnixDatagram::from_std(datagram_std)),
                    outcome("pipe", pipe::pipe),
                    outcome("spawn_local", || $krate::task::spawn_local(async {})),
                    outcome("Builder::build_local", || Builder::new_multi_thread().build_local(Default::default())),
                    outcome("signal", || $krate::signal::unix::signal($krate::signal::unix::SignalKind::hangup())),
                    outcome("Command::spawn", || $krate::process::Command::new("true").spawn()),
                    outcome("time::pause", time::pause),
                    outcome("time::resume", time::resume),
                    outcome("JoinSet::spawn_local", || JoinSet::new().spawn_local(async {})),
                    outcome("TcpSocket::listen", || TcpSocket::new_v4().unwrap().listen(1)),
                    outcome("UnixSocket::listen", || {
                        let socket = UnixSocket::new_stream().unwrap();
                        socket.bind(folder.path().join("listens")).unwrap();
                        socket.listen(1)
                    }),
                    outcome("UnixSocket::datagram", || UnixSocket::new_datagram().unwrap().datagram()),
                    outcome("UnixDatagram::bind", || UnixDatagram::bind(folder.path().join("bound"))),
                    outcome("pipe::OpenOptions", || pipe::OpenOptions::new().read_write(true).open_receiver(&fifo)),
                    outcome("pipe::Sender::from_file", || {
                        let file = std::fs::OpenOptions::new().read(true).write(true).open(&fifo).unwrap();
                        pipe::Sender::from_file(file)
                    }),
                    #[expect(deprecated, reason = "it is there")]
                    outcome("AsyncFd::new", || AsyncFd::new(unix::UnixStream::pair().unwrap().0)),
                    #[expect(deprecated, reason = "it is there")]
                    outcome("AsyncFd::try_new", || AsyncFd::try_new(unix::UnixStream::pair().unwrap().0)),
                    #[expect(deprecated, reason = "it is there")]
                    outcome("AsyncFd::with_interest", || {
                        AsyncFd::with_interest(unix::UnixStream::pair().unwrap().0, Interest::READABLE)
                    }),
                    outcome("a timer of an ended runtime", || {
                        let handle = current().handle().clone();
                        handle.block_on(async { time::sleep(SECOND).await });
                    }),
                ]
            }

            /// The place is inside of an async function, so it says nothing about the caller.
            pub(super) fn polled_outside() -> Vec<Outcome> {
                let address = "127.0.0.1:0";
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("socket");
                let _listener = unix::UnixListener::bind(&path).unwrap();
                vec![
                    outcome("TcpListener::bind", || poll(TcpListener::bind(address))),
                    outcome("UdpSocket::bind", || poll(UdpSocket::bind(address))),
                    outcome("lookup_host", || poll($krate::net::lookup_host("localhost:0"))),
                    outcome("advance", || poll(time::advance(SECOND))),
                    outcome("fs::read", || poll($krate::fs::read("/dev/null"))),
                    outcome("File::open", || poll($krate::fs::File::open("/dev/null"))),
                    outcome("TcpStream::connect", || poll(TcpStream::connect(address))),
                    outcome("TcpStream::connect by name", || poll(TcpStream::connect("localhost:9"))),
                    outcome("UnixStream::connect", || poll(UnixStream::connect(&path))),
                    outcome("TcpSocket::connect", || {
                        poll(TcpSocket::new_v4().unwrap().connect("127.0.0.1:9".parse().unwrap()));
                    }),
                    outcome("fs::metadata", || poll($krate::fs::metadata("/"))),
                    outcome("fs::read_dir", || poll($krate::fs::read_dir("/"))),
                    outcome("OpenOptions::open", || poll($krate::fs::OpenOptions::new().read(true).open("/dev/null"))),
                    outcome("a file of no runtime", || {
                        let file = std::fs::File::open("/dev/zero").unwrap();
                        poll(async { $krate::fs::File::from_std(file).read_u8().await });
                    }),
                    outcome("Command::status", || poll(async { $krate::process::Command::new("true").status().await })),
                    outcome("Command::output", || poll(async { $krate::process::Command::new("true").output().await })),
                    outcome("stderr", || poll(async { $krate::io::stderr().write(b"x").await })),
                    outcome("ctrl_c", || poll($krate::signal::ctrl_c())),
                    outcome("stdout", || poll(async { $krate::io::stdout().write(b"x").await })),
                ]
            }

            pub(super) fn arguments() -> Vec<Outcome> {
                let rt = current();
                let _guard = rt.enter();
                vec![
                    outcome("worker_threads", || {
                        Builder::new_multi_thread().worker_threads(0);
                    }),
                    outcome("max_blocking_threads", || {
                        Builder::new_multi_thread().max_blocking_threads(0);
                    }),
                    outcome("global_queue_interval", || {
                        Builder::new_multi_thread().global_queue_interval(0);
                    }),
                    outcome("event_interval", || {
                        Builder::new_multi_thread().event_interval(0);
                    }),
                    outcome("max_io_events_per_tick", || {
                        Builder::new_multi_thread().max_io_events_per_tick(0);
                    }),
                    outcome("max_io_events_per_busy_tick", || {
                        Builder::new_multi_thread().max_io_events_per_busy_tick(0);
                    }),
                    outcome("name", || {
                        Builder::new_multi_thread().name(" ");
                    }),
                    outcome("interval", || time::interval(Duration::ZERO)),
                    outcome("interval_at", || time::interval_at(Instant::now(), Duration::ZERO)),
                ]
            }

            pub(super) fn nesting() -> Vec<Outcome> {
                let (outer, inner) = (multi(), current());
                let handle = inner.handle().clone();
                let mut outcomes = outer.block_on(async {
                    vec![
                        outcome("Runtime::block_on", || inner.block_on(async {})),
                        outcome("Handle::block_on", || handle.block_on(async {})),
                        outcome("drop of a Runtime", || drop(current())),
                        outcome("shutdown_timeout", || current().shutdown_timeout(SECOND)),
                    ]
                });
                outcomes.extend([
                    outcome("LocalSet::block_on", || {
                        outer.block_on(async { LocalSet::new().block_on(&inner, async {}) });
                    }),
                    outcome("LocalRuntime::block_on", || {
                        let local = Builder::new_current_thread().build_local(LocalOptions::default()).unwrap();
                        outer.block_on(async { local.block_on(async {}) });
                    }),
                    outcome("block_on in a task of a LocalSet", || {
                        LocalSet::new().block_on(&inner, async { Handle::current().block_on(async {}) });
                    }),
                ]);
                outcomes.push(outcome("order of guards", || {
                    let first = outer.enter();
                    let second = inner.enter();
                    drop(first);
                    drop(second);
                }));
                outcomes
            }

            pub(super) fn clocks_and_threads() -> Vec<Outcome> {
                let (single, several) = (current(), multi());
                let mut outcomes = single.block_on(async {
                    let mut outcomes = vec![outcome("resume", time::resume)];
                    outcomes.push(outcome("advance", || poll(time::advance(SECOND))));
                    time::pause();
                    outcomes.push(outcome("pause twice", time::pause));
                    outcomes
                });
                outcomes.extend(single.block_on(async {
                    let within = || $krate::task::block_in_place(|| ());
                    vec![
                        outcome("block_in_place", within),
                        $krate::spawn(async move { outcome("block_in_place of a task", within) }).await.unwrap(),
                    ]
                }));
                outcomes.extend(several.block_on(async { vec![outcome("pause of several", time::pause)] }));
                outcomes.push(outcome("start_paused of several", || {
                    Builder::new_multi_thread().enable_all().start_paused(true).build()
                }));
                outcomes
            }

            pub(super) fn tasks() -> Vec<Outcome> {
                let rt = current();
                let mut outcomes = rt.block_on(async {
                    let aborted = $krate::spawn(pending::<()>());
                    aborted.abort();
                    let error = aborted.await.unwrap_err();
                    let mut done = $krate::spawn(async {});
                    poll_fn(|cx| Pin::new(&mut done).poll(cx)).await.unwrap();
                    let mut set = JoinSet::new();
                    set.spawn(pending::<()>()).abort();
                    let mut all = Box::pin(set.join_all());
                    $krate::task::yield_now().await;
                    vec![
                        outcome("into_panic of a cancelled task", || error.into_panic()),
                        outcome("a handle polled again", || poll(&mut done)),
                        outcome("join_all of a cancelled task", || poll(&mut all)),
                    ]
                });
                let sleep = {
                    let _guard = rt.enter();
                    Box::pin(time::sleep(SECOND))
                };
                drop(rt);
                outcomes.push(outcome("a sleep without its runtime", || poll(sleep)));
                outcomes
            }
        }
    };
}

misuses!(ours, gmp);
misuses!(theirs, tokio);

/// The words are equal; and if tokio points at this file, so do we.
#[track_caller]
fn compare(ours: Vec<Outcome>, theirs: Vec<Outcome>) {
    assert_eq!(ours.len(), theirs.len());
    let mut complaints = Vec::new();
    for ((what, ours), (_, theirs)) in ours.into_iter().zip(theirs) {
        let place = |outcome: &Option<(String, String)>| outcome.as_ref().is_some_and(|(_, file)| file == file!());
        let words = |outcome: &Option<(String, String)>| {
            let text = outcome.as_ref().map(|(text, _)| text.replace("gmp", "tokio"));
            // Ids of tasks are numbers of their own on each side.
            text.map(|text| text.replace(|c: char| c.is_ascii_digit(), ""))
        };
        // What is no misuse compares nothing.
        if theirs.is_none() || words(&ours) != words(&theirs) || place(&theirs) && !place(&ours) {
            complaints.push(format!("{what}:\n  ours   {ours:?}\n  tokio  {theirs:?}"));
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn outside_of_a_runtime() {
    compare(ours::outside(), theirs::outside());
}

#[test]
fn polled_outside_of_a_runtime() {
    compare(ours::polled_outside(), theirs::polled_outside());
}

#[test]
fn arguments_that_make_no_sense() {
    compare(ours::arguments(), theirs::arguments());
}

#[test]
fn runtimes_inside_of_runtimes() {
    compare(ours::nesting(), theirs::nesting());
}

#[test]
fn what_a_flavour_does_not_have() {
    compare(ours::clocks_and_threads(), theirs::clocks_and_threads());
}

#[test]
fn tasks_that_are_done_with() {
    compare(ours::tasks(), theirs::tasks());
}
