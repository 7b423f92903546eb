//! Pipes: without names and with, checked and not, their readiness and their descriptors.

use crate::net_unix_stream::{bytes, path};
use crate::support::{ByHand, block_on, current, on_each, panic_of, watched};
use gmp::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, Interest};
use gmp::net::unix::pipe::{self, OpenOptions, Receiver, Sender};
use std::ffi::CString;
use std::fs::{self, File};
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::task::Poll;
use tempfile::TempDir;

/// A new pipe with a name.
fn fifo() -> (TempDir, PathBuf) {
    let (dir, path) = path("fifo");
    let name = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the name ends with a zero byte and is only read.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    (dir, path)
}

fn open_nonblocking(options: &mut fs::OpenOptions, path: &PathBuf) -> File {
    options.custom_flags(libc::O_NONBLOCK).open(path).unwrap()
}

fn is_nonblocking(fd: &impl AsRawFd) -> bool {
    // SAFETY: F_GETFL takes a descriptor, which is open while it is borrowed, and no pointer.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    assert_ne!(flags, -1);
    flags & libc::O_NONBLOCK != 0
}

#[track_caller]
fn invalid<T: std::fmt::Debug>(result: io::Result<T>, text: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::InvalidInput, text));
}

#[test]
fn a_pipe_without_a_name() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut sender, mut receiver) = pipe::pipe().unwrap();
            assert!(format!("{sender:?} {receiver:?}").contains("Sender"));
            let mut reader = ByHand::new(async move {
                let mut buf = [0; 5];
                receiver.read_exact(&mut buf).await.unwrap();
                buf
            });
            assert!(reader.poll().is_pending());
            sender.write_all(b"hello").await.unwrap();
            while !reader.is_woken() {
                gmp::task::yield_now().await;
            }
            assert_eq!(reader.poll(), Poll::Ready(*b"hello"));
        });
    });
}

/// More than the pipe holds, in writes of one and of several buffers; then the end.
#[test]
fn much() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut sender, mut receiver) = pipe::pipe().unwrap();
            assert!(sender.is_write_vectored());
            let writer = gmp::spawn(async move {
                let what = bytes(300_000);
                sender.write_all(&what).await.unwrap();
                let mut rest = &what[..];
                while !rest.is_empty() {
                    let bufs: Vec<_> = rest.chunks(777).take(100).map(IoSlice::new).collect();
                    rest = &rest[sender.write_vectored(&bufs).await.unwrap()..];
                }
                // Shutting down does nothing, the drop does.
                sender.flush().await.unwrap();
                sender.shutdown().await.unwrap();
                sender.write_all(b"!").await.unwrap();
            });
            let mut all = Vec::new();
            receiver.read_to_end(&mut all).await.unwrap();
            writer.await.unwrap();
            assert_eq!(all.len(), 600_001);
            assert!(all[..300_000] == bytes(300_000) && all[300_000..600_000] == bytes(300_000));
        });
    });
}

#[test]
fn the_other_end_goes() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut sender, receiver) = pipe::pipe().unwrap();
            drop(receiver);
            assert_eq!(sender.write(b"!").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
            while !sender.ready(Interest::WRITABLE).await.unwrap().is_write_closed() {
                gmp::task::yield_now().await;
            }

            // While it waits for room.
            let (mut sender, receiver) = pipe::pipe().unwrap();
            let writer = gmp::spawn(async move { sender.write_all(&bytes(1 << 20)).await });
            receiver.readable().await.unwrap();
            drop(receiver);
            assert_eq!(writer.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);

            // While it waits for something.
            let (sender, mut receiver) = pipe::pipe().unwrap();
            let reader = gmp::spawn(async move { receiver.read(&mut [0]).await });
            gmp::task::yield_now().await;
            drop(sender);
            assert_eq!(reader.await.unwrap().unwrap(), 0);
        });
    });
}

#[test]
fn try_read_and_try_write() {
    type Write = fn(&Sender, &[u8]) -> io::Result<usize>;
    type Read = fn(&Receiver, &mut Vec<u8>) -> io::Result<usize>;
    const WRITES: [Write; 2] = [
        |sender, what| sender.try_write(what),
        |sender, what| sender.try_write_vectored(&what.chunks(7).map(IoSlice::new).collect::<Vec<_>>()),
    ];
    const READS: [Read; 3] = [
        |receiver, into| {
            let mut buf = [0; 1000];
            let n = receiver.try_read(&mut buf)?;
            into.extend(&buf[..n]);
            Ok(n)
        },
        |receiver, into| {
            let (mut head, mut tail) = ([0; 10], [0; 2000]);
            let n = receiver.try_read_vectored(&mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)])?;
            into.extend(&head[..n.min(10)]);
            into.extend(&tail[..n.saturating_sub(10)]);
            Ok(n)
        },
        |receiver, into| receiver.try_read_buf(into),
    ];
    on_each(|rt| {
        rt.block_on(async {
            for write in WRITES {
                for read in READS {
                    let (sender, receiver) = pipe::pipe().unwrap();
                    assert_eq!(read(&receiver, &mut Vec::new()).unwrap_err().kind(), ErrorKind::WouldBlock);
                    let (mut written, message): (Vec<u8>, _) = (Vec::new(), bytes(1001));
                    sender.writable().await.unwrap();
                    loop {
                        poll_fn(|cx| sender.poll_write_ready(cx)).await.unwrap();
                        match write(&sender, &message) {
                            Ok(n) => written.extend(&message[..n]),
                            Err(error) => break assert_eq!(error.kind(), ErrorKind::WouldBlock),
                        }
                    }
                    let mut writable = ByHand::new(sender.writable());
                    assert!(writable.poll().is_pending(), "it is full");
                    let mut received = Vec::new();
                    while received.len() < written.len() {
                        poll_fn(|cx| receiver.poll_read_ready(cx)).await.unwrap();
                        match read(&receiver, &mut received) {
                            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                            Ok(n) => assert!(n > 0),
                        }
                    }
                    assert!(received == written);
                    while !writable.is_woken() {
                        gmp::task::yield_now().await;
                    }
                }
            }
        });
    });
}

#[test]
fn operations_of_ones_own() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut sender, receiver) = pipe::pipe().unwrap();
            let would_block = |result: io::Result<()>| assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
            would_block(receiver.try_io(|| panic!("it isn't readable")));
            sender.write_all(b"!").await.unwrap();
            receiver.readable().await.unwrap();
            assert_eq!(receiver.try_io(|| Ok(5)).unwrap(), 5);
            would_block(receiver.try_io(|| Err(ErrorKind::WouldBlock.into())));
            would_block(receiver.try_io(|| panic!("it isn't readable any more")));
            assert_eq!(sender.try_io(|| Ok(5)).unwrap(), 5);
            would_block(sender.try_io(|| Err(ErrorKind::WouldBlock.into())));
            would_block(sender.try_io(|| panic!("it isn't writable any more")));
        });
    });
}

#[test]
fn a_pipe_with_a_name() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, path) = fifo();
            let error = OpenOptions::new().open_sender(&path).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::ENXIO), "nobody reads");

            // Senders come and go, one after the other; the receiver sees the end in between.
            let mut receiver = OpenOptions::default().open_receiver(&path).unwrap();
            for _ in 0..3 {
                let mut sender = OpenOptions::new().open_sender(&path).unwrap();
                sender.write_all(b"hello").await.unwrap();
                drop(sender);
                assert!(receiver.ready(Interest::READABLE).await.unwrap().is_readable());
                let mut buf = [0; 5];
                receiver.read_exact(&mut buf).await.unwrap();
                assert_eq!(&buf, b"hello");
                assert_eq!(receiver.read(&mut buf).await.unwrap(), 0);
            }
            // And the next is heard while it is there, not only when it has gone.
            let mut sender = OpenOptions::new().open_sender(&path).unwrap();
            let mut buf = [0; 5];
            let writer = gmp::spawn(async move {
                sender.write_all(b"hello").await.unwrap();
                sender
            });
            receiver.read_exact(&mut buf).await.unwrap();
            drop(writer.await.unwrap());
        });
    });
}

/// An end that is its own peer: a sender before anybody reads, a receiver that sees no end.
#[test]
#[cfg(target_os = "linux")]
fn opened_for_both() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, path) = fifo();
            let mut sender = OpenOptions::new().read_write(true).open_sender(&path).unwrap();
            sender.write_all(b"early").await.unwrap();
            let mut buf = [0; 5];
            let mut receiver = OpenOptions::new().open_receiver(&path).unwrap();
            receiver.read_exact(&mut buf).await.unwrap();
            assert_eq!(&buf, b"early");
            drop((sender, receiver));

            let mut receiver = OpenOptions::new().read_write(true).open_receiver(&path).unwrap();
            for _ in 0..2 {
                let mut sender = OpenOptions::new().open_sender(&path).unwrap();
                sender.write_all(b"hello").await.unwrap();
                drop(sender);
                assert!(!receiver.ready(Interest::READABLE).await.unwrap().is_read_closed());
                receiver.read_exact(&mut buf).await.unwrap();
                assert!(ByHand::new(receiver.read(&mut buf)).poll().is_pending(), "no end");
            }
        });
    });
}

#[test]
fn what_isnt_a_pipe() {
    watched(|| {
        current().block_on(async {
            let (_dir, path) = path("file");
            File::create(&path).unwrap();
            invalid(OpenOptions::new().open_receiver(&path), "not a pipe");
            invalid(OpenOptions::new().open_sender(&path), "not a pipe");
            invalid(Receiver::from_file(File::open(&path).unwrap()), "not a pipe");
            invalid(Sender::from_file(fs::OpenOptions::new().write(true).open(&path).unwrap()), "not a pipe");
            let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
            invalid(Receiver::from_owned_fd(socket.try_clone().unwrap().into()), "not a pipe");
            invalid(Sender::from_owned_fd(socket.into()), "not a pipe");
            let missing = path.with_file_name("missing");
            assert_eq!(OpenOptions::new().open_receiver(&missing).unwrap_err().kind(), ErrorKind::NotFound);
            // Not looked at; but the poller takes no file.
            let unchecked = OpenOptions::new().unchecked(true).open_receiver(&path);
            assert_ne!(unchecked.unwrap_err().kind(), ErrorKind::InvalidInput);
        });
    });
}

#[test]
fn opened_for_the_wrong_thing() {
    watched(|| {
        current().block_on(async {
            let (_dir, path) = fifo();
            let _keeps_it_open = OpenOptions::new().open_receiver(&path).unwrap();
            let to_write = open_nonblocking(fs::OpenOptions::new().write(true), &path);
            invalid(Receiver::from_file(to_write), "not in O_RDONLY or O_RDWR access mode");
            let to_read = open_nonblocking(fs::OpenOptions::new().read(true), &path);
            invalid(Sender::from_file(to_read), "not in O_WRONLY or O_RDWR access mode");
            #[cfg(target_os = "linux")]
            {
                let both = open_nonblocking(fs::OpenOptions::new().read(true).write(true), &path);
                Sender::from_file(both.try_clone().unwrap()).unwrap();
                Receiver::from_file(both).unwrap();
            }
        });
    });
}

#[test]
fn from_what_is_open_already() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, path) = fifo();
            let to_read = open_nonblocking(fs::OpenOptions::new().read(true), &path);
            let to_write = fs::OpenOptions::new().write(true).open(&path).unwrap();
            let to_read_blocking = File::open(&path).unwrap();
            assert!(!is_nonblocking(&to_write) && !is_nonblocking(&to_read_blocking));
            let mut sender = Sender::from_file(to_write).unwrap();
            let receiver = Receiver::from_file(to_read_blocking).unwrap();
            assert!(is_nonblocking(&sender) && is_nonblocking(&receiver), "it is put into the mode");
            drop(receiver);
            let mut receiver = Receiver::from_file_unchecked(to_read).unwrap();
            sender.write_all(b"hello").await.unwrap();
            let mut buf = [0; 5];
            receiver.read_exact(&mut buf).await.unwrap();

            // Out of the runtime and in again.
            let (sender, receiver) = (sender.into_nonblocking_fd().unwrap(), receiver.into_nonblocking_fd().unwrap());
            assert!(is_nonblocking(&sender) && is_nonblocking(&receiver));
            let mut sender = Sender::from_owned_fd_unchecked(sender).unwrap();
            let mut receiver = Receiver::from_owned_fd_unchecked(receiver).unwrap();
            sender.write_all(b"again").await.unwrap();
            receiver.read_exact(&mut buf).await.unwrap();
            assert_eq!(&buf, b"again");
            let (sender, receiver) = (sender.into_blocking_fd().unwrap(), receiver.into_blocking_fd().unwrap());
            assert!(!is_nonblocking(&sender) && !is_nonblocking(&receiver));
            let mut sender = Sender::from_owned_fd(sender).unwrap();
            let mut receiver = Receiver::from_owned_fd(receiver).unwrap();
            assert!(is_nonblocking(&sender.as_fd()) && is_nonblocking(&receiver.as_fd()));
            sender.write_all(b"third").await.unwrap();
            receiver.read_exact(&mut buf).await.unwrap();
            assert_eq!(&buf, b"third");
        });
    });
}

/// A child gets the end in blocking mode, and the other end sees when it has ended.
#[test]
fn what_another_program_writes() {
    on_each(|rt| {
        rt.block_on(async {
            let (sender, mut receiver) = pipe::pipe().unwrap();
            let stdout: OwnedFd = sender.into_blocking_fd().unwrap();
            let mut command = std::process::Command::new("echo");
            let mut child = command.arg("hello").stdout(stdout).spawn().unwrap();
            // It holds the end that the child has been given.
            drop(command);
            let mut all = String::new();
            receiver.read_to_string(&mut all).await.unwrap();
            assert_eq!(all, "hello\n");
            assert!(child.wait().unwrap().success());
        });
    });
}

#[test]
fn they_belong_to_a_runtime() {
    const NO_RUNTIME: &str = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";
    let (_dir, path) = fifo();
    assert_eq!(panic_of(pipe::pipe).text, NO_RUNTIME);
    let (panic, line) = (panic_of(|| OpenOptions::new().open_receiver(&path)), line!());
    assert_eq!((&*panic.text, &*panic.file, panic.line), (NO_RUNTIME, file!(), line));

    on_each(|rt| {
        let (mut sender, receiver) = {
            let _guard = rt.enter();
            pipe::pipe().unwrap()
        };
        let mut readable = ByHand::new(receiver.readable());
        assert!(readable.poll().is_pending());
        drop(rt);
        assert!(readable.is_woken());
        assert!(matches!(readable.poll(), Poll::Ready(Err(_))));
        assert!(block_on(sender.write_all(b"!")).is_err());
        assert!(sender.into_blocking_fd().is_ok());
    });
}
