//! Each error on tokio and on gmp, in one process: the same kind, the same words, the same debug output.

use std::error::Error;
use std::fmt::Debug;
use std::io;

/// What was done, and what its error says of itself.
type Said = (&'static str, String);

/// There was none.
const NONE: &str = "no error";

/// Ids of tasks are numbers of their own on each side.
fn no_numbers(text: &str) -> String {
    text.replace(|c: char| c.is_ascii_digit(), "")
}

/// Words, debug output, and what it was caused by.
fn of<E: Error>(what: &'static str, error: E) -> Said {
    let cause = error.source().map(ToString::to_string);
    (what, no_numbers(&format!("{error} | {error:?} | {cause:?}")))
}

fn of_io(what: &'static str, error: io::Error) -> Said {
    let inner = error.get_ref().map(ToString::to_string);
    let system = error.raw_os_error();
    (what, no_numbers(&format!("{error} | {error:?} | {inner:?}")) + &format!(" | {:?} | {system:?}", error.kind()))
}

#[track_caller]
fn failed<T: Debug>(what: &'static str, result: io::Result<T>) -> Said {
    match result {
        Ok(value) => (what, format!("{NONE}, but {value:?}")),
        Err(error) => of_io(what, error),
    }
}

macro_rules! errors {
    ($name:ident, $krate:ident) => {
        mod $name {
            use super::{Said, failed, of, of_io};
            use std::future::{Future, pending};
            use std::net::SocketAddr;
            use std::os::unix::net as unix;
            use std::pin::pin;
            use std::task::{Context, Poll, Waker};
            use $krate::io::unix::AsyncFd;
            use $krate::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, Interest};
            use $krate::net::unix::pipe;
            use $krate::net::{TcpListener, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixSocket};
            use $krate::net::{UnixStream, lookup_host};
            use $krate::process::Command;
            use $krate::runtime::{Builder, Handle, Runtime};
            use $krate::signal::unix::{SignalKind, signal};
            use $krate::time::{Duration, error::Elapsed, timeout};

            fn current() -> Runtime {
                Builder::new_current_thread().enable_all().build().unwrap()
            }

            /// Polls once, with nobody to wake.
            fn poll<F: Future>(future: F) -> Poll<F::Output> {
                pin!(future).poll(&mut Context::from_waker(Waker::noop()))
            }

            fn ready<F: Future>(future: F) -> F::Output {
                match poll(future) {
                    Poll::Ready(output) => output,
                    Poll::Pending => panic!("it waits"),
                }
            }

            pub(super) fn tasks() -> Vec<Said> {
                let mut said = vec![of("Handle::try_current", Handle::try_current().unwrap_err())];
                current().block_on(async {
                    let payloads: [fn(); 3] =
                        [|| panic!("a word"), || panic!("{} words", 2), || std::panic::panic_any(7_u8)];
                    for what in payloads {
                        said.push(of("a panic", $krate::spawn(async move { what() }).await.unwrap_err()));
                        said.push(of("a job's panic", $krate::task::spawn_blocking(what).await.unwrap_err()));
                        let error = $krate::spawn(async move { what() }).await.unwrap_err();
                        said.push(of_io("a panic as an io error", error.into()));
                    }
                    for _ in 0..2 {
                        let task = $krate::spawn(pending::<()>());
                        task.abort();
                        let error = task.await.unwrap_err();
                        let flags = format!("{} {}", error.is_cancelled(), error.is_panic());
                        said.push(("flags of a cancelled task", flags));
                        said.push(of("a cancelled task", error));
                    }
                    let task = $krate::spawn(pending::<()>());
                    task.abort();
                    said.push(of_io("a cancelled task as an io error", task.await.unwrap_err().into()));
                    let late = || timeout(Duration::from_millis(1), pending::<()>());
                    said.push(of::<Elapsed>("timeout", late().await.unwrap_err()));
                    said.push(of_io("timeout as an io error", late().await.unwrap_err().into()));
                    let same = late().await.unwrap_err() == late().await.unwrap_err();
                    said.push(("timeouts are equal", same.to_string()));
                });
                said
            }

            pub(super) fn sockets() -> Vec<Said> {
                let nowhere: &[SocketAddr] = &[];
                current().block_on(async {
                    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                    let at = listener.local_addr().unwrap();
                    let (one, other) = (TcpStream::connect(at).await.unwrap(), TcpStream::connect(at).await.unwrap());
                    let ((read, _write), (_read, write)) = (one.into_split(), other.into_split());
                    let mut said = vec![of("reunite tcp", read.reunite(write).unwrap_err())];
                    let (one, other) = UnixStream::pair().unwrap();
                    let ((read, _write), (_read, write)) = (one.into_split(), other.into_split());
                    said.push(of("reunite unix", read.reunite(write).unwrap_err()));
                    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                    let taken = TcpListener::bind(at).await;
                    said.extend([
                        failed("listen at no address", TcpListener::bind(nowhere).await),
                        failed("connect to no address", TcpStream::connect(nowhere).await),
                        failed("bind to no address", UdpSocket::bind(nowhere).await),
                        failed("udp to no address", udp.connect(nowhere).await),
                        failed("send to no address", udp.send_to(b"x", nowhere).await),
                        failed("an address that is taken", taken),
                        failed("no port", lookup_host("localhost").await.map(|_| ())),
                        failed("a port that is no number", lookup_host("localhost:x").await.map(|_| ())),
                        failed("a port that is too big", TcpStream::connect("127.0.0.1:65536").await),
                        failed("recv without a peer", udp.try_recv(&mut [0])),
                        failed("send without a peer", udp.send(b"x").await),
                        failed(
                            "try_io that would block",
                            udp.try_io(Interest::READABLE, || Err::<(), _>(std::io::ErrorKind::WouldBlock.into())),
                        ),
                    ]);
                    let socket = TcpSocket::new_v4().unwrap();
                    said.push(failed("another family", socket.bind("[::1]:0".parse().unwrap())));
                    said
                })
            }

            pub(super) fn unix_sockets() -> Vec<Said> {
                let folder = tempfile::tempdir().unwrap();
                let (none, file) = (folder.path().join("none"), folder.path().join("file"));
                std::fs::write(&file, "x").unwrap();
                let fifo = folder.path().join("fifo");
                assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
                current().block_on(async {
                    let of_stream = |f: fn(UnixSocket) -> std::io::Result<()>| f(UnixSocket::new_stream().unwrap());
                    let of_datagram = |f: fn(UnixSocket) -> std::io::Result<()>| f(UnixSocket::new_datagram().unwrap());
                    let datagram = UnixSocket::new_datagram().unwrap();
                    let reader = std::fs::File::open(&file).unwrap();
                    let (sender, receiver) = pipe::pipe().unwrap();
                    let wrong_way = pipe::Sender::from_owned_fd(receiver.into_nonblocking_fd().unwrap());
                    let other_way = pipe::Receiver::from_owned_fd(sender.into_nonblocking_fd().unwrap());
                    #[expect(deprecated, reason = "the safe one is shorter")]
                    let not_nonblocking = AsyncFd::try_new(std::fs::File::open(&file).unwrap());
                    let (quiet, _other) = unix::UnixStream::pair().unwrap();
                    quiet.set_nonblocking(true).unwrap();
                    #[expect(deprecated, reason = "the safe one is shorter")]
                    let quiet = AsyncFd::with_interest(quiet, Interest::WRITABLE).unwrap();
                    let mut guard = quiet.writable().await.unwrap();
                    let blocks = guard.try_io(|_| Err::<(), _>(std::io::ErrorKind::WouldBlock.into())).unwrap_err();
                    let unregistered = not_nonblocking.unwrap_err();
                    vec![
                        ("try_io of a guard", format!("{blocks:?}")),
                        ("a file as AsyncFd", super::no_numbers(&format!("{unregistered}"))),
                        failed("a file as AsyncFd, its error", Err::<(), _>(unregistered.into_parts().1)),
                        failed("connect to nothing", UnixStream::connect(&none).await),
                        failed("connect to a file", UnixStream::connect(&file).await),
                        failed("listen at a file", UnixListener::bind(&file)),
                        failed("datagrams at a file", UnixDatagram::bind(&file)),
                        failed("datagram of a stream", of_stream(|s| s.datagram().map(drop))),
                        failed("listen with datagrams", of_datagram(|s| s.listen(1).map(drop))),
                        failed("connect with datagrams", datagram.connect(&none).await),
                        failed("a path with a zero", UnixListener::bind("a\0b/c")),
                        failed("a path that is too long", UnixListener::bind("x".repeat(200))),
                        failed("a file as a pipe", pipe::OpenOptions::new().open_receiver(&file)),
                        failed("a file as a pipe to write", pipe::OpenOptions::new().open_sender(&file)),
                        failed("a pipe that nobody reads", pipe::OpenOptions::new().open_sender(&fifo)),
                        failed("a pipe that isn't there", pipe::OpenOptions::new().open_receiver(&none)),
                        failed("a descriptor of a file", pipe::Receiver::from_file(reader)),
                        failed("the end that reads as a sender", wrong_way),
                        failed("the end that writes as a receiver", other_way),
                    ]
                })
            }

            pub(super) fn signals_and_processes() -> Vec<Said> {
                current().block_on(async {
                    let mut said = Vec::new();
                    for number in [-1, 0, libc::SIGKILL, libc::SIGSTOP, libc::SIGSEGV, libc::SIGFPE, 65, 1000] {
                        said.push(failed("a signal that can't be had", signal(SignalKind::from_raw(number)).map(drop)));
                    }
                    let mut child = Command::new("true").spawn().unwrap();
                    child.wait().await.unwrap();
                    let still = (child.start_kill().is_ok(), child.kill().await.is_ok(), child.id());
                    said.push(("what has ended", format!("{still:?} {:?}", child.try_wait())));
                    said.extend([
                        failed("a command that isn't there", Command::new("/none/such").spawn().map(drop)),
                        failed("a name with a zero", Command::new("a\0b").spawn().map(drop)),
                        failed("output of nothing", Command::new("/none/such").output().await.map(drop)),
                        failed("a folder as a command", Command::new("/").status().await),
                        failed("a folder that isn't there", Command::new("true").current_dir("/none").status().await),
                    ]);
                    said
                })
            }

            pub(super) fn files() -> Vec<Said> {
                use $krate::fs::{self, File, OpenOptions};
                let folder = tempfile::tempdir().unwrap();
                let (none, file) = (folder.path().join("none"), folder.path().join("file"));
                std::fs::write(&file, b"\xff").unwrap();
                let rt = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
                let mut said = Vec::new();
                for rt in [rt, current()] {
                    said.extend(rt.block_on(async {
                        let mut reads = File::open(&file).await.unwrap();
                        let mut writes = OpenOptions::new().append(true).open(&file).await.unwrap();
                        let written = match reads.write(b"x").await {
                            Ok(_) => reads.flush().await,
                            Err(error) => Err(error),
                        };
                        vec![
                            failed("open what isn't there", File::open(&none).await),
                            failed("read what isn't there", fs::read(&none).await),
                            failed("read what isn't text", fs::read_to_string(&file).await),
                            failed("make what is there", File::create_new(&file).await),
                            failed("a folder that is there", fs::create_dir(folder.path()).await),
                            failed("read_dir of a file", fs::read_dir(&file).await.map(drop)),
                            failed("remove a file as a folder", fs::remove_dir(&file).await),
                            failed("no options", OpenOptions::new().open(&file).await),
                            failed("write to what is read", written),
                            failed("read from what is written", writes.read_u8().await),
                            failed("before the beginning", reads.seek(std::io::SeekFrom::Current(-10)).await),
                            failed(
                                "read past the end",
                                async {
                                    reads.seek(std::io::SeekFrom::End(0)).await?;
                                    reads.read_u8().await
                                }
                                .await,
                            ),
                        ]
                    }));
                }
                said
            }

            pub(super) fn after_the_end() -> Vec<Said> {
                let rt = current();
                let handle = rt.handle().clone();
                let (listener, stream, udp) = rt.block_on(async {
                    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
                    (listener, stream, UdpSocket::bind("127.0.0.1:0").await.unwrap())
                });
                let (mut one, _other) = rt.block_on(async { UnixStream::pair().unwrap() });
                drop(rt);
                let _guard = handle.enter();
                let std_udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
                std_udp.set_nonblocking(true).unwrap();
                let errors = [
                    ready(listener.accept()).map(drop).unwrap_err(),
                    ready(stream.readable()).unwrap_err(),
                    UdpSocket::from_std(std_udp).unwrap_err(),
                    UnixStream::pair().unwrap_err(),
                    ready(one.read_u8()).unwrap_err(),
                ];
                let is_end: Vec<_> = errors.iter().map($krate::runtime::is_rt_shutdown_err).collect();
                let mut said = vec![("is_rt_shutdown_err", format!("{is_end:?}"))];
                said.extend(errors.into_iter().map(|error| of_io("without its runtime", error)));
                said.extend([
                    failed("udp without its runtime", ready(udp.recv(&mut [0]))),
                    failed("bind without a runtime", ready(TcpListener::bind("127.0.0.1:0"))),
                    failed("a process without a runtime", Command::new("true").spawn().map(drop)),
                    failed(
                        "a file without a runtime",
                        current()
                            .block_on(async {
                                let _inside = handle.enter();
                                $krate::fs::read("Cargo.toml").await
                            })
                            .map(|text| text.len()),
                    ),
                    of("a task without a runtime", current().block_on(handle.spawn(async {})).unwrap_err()),
                    of("a job without a runtime", current().block_on(handle.spawn_blocking(|| {})).unwrap_err()),
                ]);
                said
            }
        }
    };
}

errors!(ours, gmp);
errors!(theirs, tokio);

#[track_caller]
fn compare(ours: Vec<Said>, theirs: Vec<Said>) {
    assert_eq!(ours.len(), theirs.len());
    // What is no error compares nothing.
    let differ = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs || theirs.1.starts_with(NONE));
    let complaints: Vec<_> =
        differ.map(|((what, ours), (_, theirs))| format!("{what}:\n  ours   {ours}\n  tokio  {theirs}")).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn of_tasks() {
    compare(ours::tasks(), theirs::tasks());
}

#[test]
fn of_sockets() {
    compare(ours::sockets(), theirs::sockets());
}

#[test]
fn of_unix_sockets_and_pipes() {
    compare(ours::unix_sockets(), theirs::unix_sockets());
}

#[test]
fn of_signals_and_processes() {
    compare(ours::signals_and_processes(), theirs::signals_and_processes());
}

#[test]
fn of_files() {
    compare(ours::files(), theirs::files());
}

#[test]
fn after_the_end_of_the_runtime() {
    compare(ours::after_the_end(), theirs::after_the_end());
}
