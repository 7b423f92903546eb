//! `UnixSocket`: what it becomes, what it can't become, and its descriptor.

use crate::net_unix_stream::path;
use crate::support::{block_on, current, on_each, panic_of, watched};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::net::UnixSocket;
use std::io::ErrorKind;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd};

#[test]
fn a_listener_and_a_stream_with_a_name() {
    on_each(|rt| {
        rt.block_on(async {
            let (dir, at) = path("listener");
            let own = dir.path().join("client");
            let socket = UnixSocket::new_stream().unwrap();
            socket.bind(&at).unwrap();
            let listener = socket.listen(1024).unwrap();
            let socket = UnixSocket::new_stream().unwrap();
            socket.bind(&own).unwrap();
            let (client, server) = gmp::join!(socket.connect(&at), listener.accept());
            let (mut client, (mut server, from)) = (client.unwrap(), server.unwrap());
            assert_eq!(from.as_pathname(), Some(&*own));
            assert_eq!(server.peer_addr().unwrap().as_pathname(), Some(&*own));
            client.write_all(b"hello").await.unwrap();
            drop(client);
            let mut all = Vec::new();
            server.read_to_end(&mut all).await.unwrap();
            assert_eq!(all, b"hello");
        });
    });
}

#[test]
fn a_datagram_socket() {
    on_each(|rt| {
        rt.block_on(async {
            let (dir, at) = path("a");
            let make = |at| {
                let socket = UnixSocket::new_datagram().unwrap();
                socket.bind(at).unwrap();
                socket.datagram().unwrap()
            };
            let (a, b) = (make(at.clone()), make(dir.path().join("b")));
            b.connect(&at).unwrap();
            b.send(b"hello").await.unwrap();
            assert_eq!(a.recv(&mut [0; 8]).await.unwrap(), 5);
        });
    });
}

#[test]
fn what_it_cannot_become() {
    watched(|| {
        current().block_on(async {
            let error = UnixSocket::new_datagram().unwrap().connect("nowhere").await.unwrap_err();
            assert_eq!(error.to_string(), "connect cannot be called on a datagram socket");
            let error = UnixSocket::new_datagram().unwrap().listen(1).unwrap_err();
            assert_eq!(error.to_string(), "listen cannot be called on a datagram socket");
            let error = UnixSocket::new_stream().unwrap().datagram().unwrap_err();
            assert_eq!(error.to_string(), "datagram cannot be called on a stream socket");
        });
    });
}

#[test]
fn what_fails() {
    watched(|| {
        current().block_on(async {
            let (_dir, at) = path("listener");
            let error = UnixSocket::new_stream().unwrap().connect(&at).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let socket = UnixSocket::new_stream().unwrap();
            socket.bind(&at).unwrap();
            let error = UnixSocket::new_stream().unwrap().bind(&at).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddrInUse);
            let error = UnixSocket::new_stream().unwrap().connect(&at).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "nobody listens yet");
            assert!(socket.bind(at.with_file_name("other")).is_err(), "it has a name");
            // A queue that is longer than the system's own number is as long as that.
            socket.listen(u32::MAX).unwrap();
        });
    });
}

/// A listener whose queue is full: the system doesn't let one wait for room.
#[test]
#[cfg(target_os = "linux")]
fn a_full_queue() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, at) = path("listener");
            let socket = UnixSocket::new_stream().unwrap();
            socket.bind(&at).unwrap();
            let listener = socket.listen(1).unwrap();
            let mut waiting = Vec::new();
            let error = loop {
                match UnixSocket::new_stream().unwrap().connect(&at).await {
                    Ok(stream) => waiting.push(stream),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            assert!((1..=2).contains(&waiting.len()), "{}", waiting.len());
            listener.accept().await.unwrap();
            UnixSocket::new_stream().unwrap().connect(&at).await.unwrap();
        });
    });
}

#[test]
fn its_descriptor() {
    let socket = UnixSocket::new_stream().unwrap();
    assert!(format!("{socket:?}").contains("UnixSocket"));
    assert_eq!(socket.as_fd().as_raw_fd(), socket.as_raw_fd());
    // SAFETY: F_GETFL and F_GETFD take a descriptor, which is open, and no pointer.
    let (mode, flags) =
        unsafe { (libc::fcntl(socket.as_raw_fd(), libc::F_GETFL), libc::fcntl(socket.as_raw_fd(), libc::F_GETFD)) };
    assert_ne!(mode & libc::O_NONBLOCK, 0);
    assert_ne!(flags & libc::FD_CLOEXEC, 0);
    let number = socket.as_raw_fd();
    let raw = socket.into_raw_fd();
    assert_eq!(raw, number);
    // SAFETY: it was given away by the line above, and nobody else has it.
    let socket = unsafe { UnixSocket::from_raw_fd(raw) };
    let (_dir, at) = path("listener");
    socket.bind(&at).unwrap();
    let rt = current();
    let _guard = rt.enter();
    socket.listen(1).unwrap();
}

#[test]
fn it_needs_no_runtime_until_it_becomes_something() {
    const NO_RUNTIME: &str = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";
    let (dir, at) = path("listener");
    let make = |name| {
        let socket = UnixSocket::new_stream().unwrap();
        socket.bind(dir.path().join(name)).unwrap();
        socket
    };
    let listener = make("listener");
    let (panic, line) = (panic_of(|| listener.listen(1)), line!());
    assert_eq!((&*panic.text, &*panic.file, panic.line), (NO_RUNTIME, file!(), line));
    std::fs::remove_file(&at).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(&at).unwrap();
    assert_eq!(panic_of(|| block_on(make("client").connect(&at))).text, NO_RUNTIME);
    let datagram = UnixSocket::new_datagram().unwrap();
    let (panic, line) = (panic_of(|| datagram.datagram()), line!());
    assert_eq!((&*panic.text, &*panic.file, panic.line), (NO_RUNTIME, file!(), line));
}
