//! How connections begin and whose they are: refused, never answered, given up; taken from std and given back; on another
//! runtime, without one, after its end.

use crate::net_tcp::{listener, pair};
use crate::support::{block_on, current, multi, on_each, panic_of, watched};
use futures::FutureExt;
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

const NO_RUNTIME: &str = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";

/// An address at which nobody listens.
fn nobody() -> SocketAddr {
    // Bound and not listening: nobody else gets the port meanwhile.
    static HELD: std::sync::OnceLock<TcpSocket> = std::sync::OnceLock::new();
    let held = HELD.get_or_init(|| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        socket
    });
    held.local_addr().unwrap()
}

#[test]
fn a_refused_connection_is_an_error() {
    on_each(|rt| {
        rt.block_on(async {
            for _ in 0..10 {
                let error = TcpStream::connect(nobody()).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
                let error = TcpSocket::new_v4().unwrap().connect(nobody()).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            }
        });
    });
}

#[test]
fn each_address_is_tried() {
    on_each(|rt| {
        rt.block_on(async {
            let (_listener, addr) = listener().await;
            let stream = TcpStream::connect(&[nobody(), nobody(), addr][..]).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), addr);
            let error = TcpStream::connect(&[nobody(), nobody()][..]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);

            // One that is in use, one that is not this machine's, one that can be had.
            let elsewhere: SocketAddr = "192.0.2.1:0".parse().unwrap();
            let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
            let second = TcpListener::bind(&[addr, elsewhere, free][..]).await.unwrap();
            assert!(second.local_addr().unwrap().ip().is_loopback());
            let error = TcpListener::bind(&[elsewhere, addr][..]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddrInUse, "the last error");
        });
    });
}

#[test]
fn no_address_is_an_error() {
    watched(|| {
        current().block_on(async {
            let none: &[SocketAddr] = &[];
            for error in [TcpStream::connect(none).await.unwrap_err(), TcpListener::bind(none).await.unwrap_err()] {
                assert_eq!(error.kind(), ErrorKind::InvalidInput);
                assert_eq!(error.to_string(), "could not resolve to any address");
            }
        });
    });
}

/// A listener whose queue is full doesn't answer. Who gives up leaves no socket behind, and others get through later.
#[test]
fn connecting_can_be_given_up() {
    on_each(|rt| {
        rt.block_on(async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let listener = socket.listen(1).unwrap();
            let addr = listener.local_addr().unwrap();
            let mut connected = Vec::new();
            let gave_up = loop {
                assert!(connected.len() < 100, "a queue of one takes a hundred");
                match gmp::time::timeout(Duration::from_millis(100), TcpStream::connect(addr)).await {
                    Ok(stream) => connected.push(stream.unwrap()),
                    Err(elapsed) => break elapsed,
                }
            };
            assert_eq!(gave_up.to_string(), "deadline has elapsed");
            let waiting = gmp::spawn(TcpStream::connect(addr));
            for _ in 0..connected.len() {
                listener.accept().await.unwrap();
            }
            let stream = waiting.await.unwrap().unwrap();
            assert_eq!(stream.peer_addr().unwrap(), addr);
        });
    });
}

/// What is dropped while it waits takes nothing away from those who come after it.
#[test]
fn operations_that_are_given_up_take_nothing() {
    on_each(|rt| {
        rt.block_on(async {
            let (listener, addr) = listener().await;
            let mut buf = [0; 8];
            for _ in 0..50 {
                assert!(listener.accept().now_or_never().is_none());
                let mut client = TcpStream::connect(addr).await.unwrap();
                let (mut server, _) = listener.accept().await.unwrap();
                assert!(client.read(&mut buf).now_or_never().is_none());
                assert!(client.peek(&mut buf).now_or_never().is_none());
                assert!(client.readable().now_or_never().is_none());
                server.write_all(b"hello").await.unwrap();
                client.read_exact(&mut buf[..5]).await.unwrap();
                assert_eq!(&buf[..5], b"hello");
            }
        });
    });
}

#[test]
fn to_std_and_back() {
    on_each(|rt| {
        rt.block_on(async {
            let (ours, mut theirs) = pair().await;
            // Non-blocking still.
            let mut std = ours.into_std().unwrap();
            assert_eq!(std.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
            let mut ours = TcpStream::try_from(std).unwrap();
            theirs.write_all(b"hello").await.unwrap();
            let mut buf = [0; 5];
            ours.read_exact(&mut buf).await.unwrap();
            ours.write_all(&buf).await.unwrap();
            theirs.read_exact(&mut buf).await.unwrap();
            assert_eq!(&buf, b"hello");

            let (listener, addr) = listener().await;
            let std = listener.into_std().unwrap();
            assert_eq!(std.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
            let listener = TcpListener::try_from(std).unwrap();
            assert_eq!(listener.local_addr().unwrap(), addr);
            let client = std::thread::spawn(move || std::net::TcpStream::connect(addr).unwrap().write_all(b"x"));
            let (mut server, _) = listener.accept().await.unwrap();
            assert_eq!(server.read_u8().await.unwrap(), b'x');
            client.join().unwrap().unwrap();
        });
    });
}

/// A stream that has waited and is given back leaves nobody waiting for the descriptor's number.
#[test]
fn a_descriptor_can_be_registered_again_and_again() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut ours, mut theirs) = pair().await;
            for round in 0..100_u8 {
                ours = TcpStream::from_std(ours.into_std().unwrap()).unwrap();
                assert!(ours.readable().now_or_never().is_none());
                theirs.write_u8(round).await.unwrap();
                assert_eq!(ours.read_u8().await.unwrap(), round);
            }
        });
    });
}

#[test]
fn a_blocking_socket_is_refused_in_debug_builds() {
    if !cfg!(debug_assertions) {
        return;
    }
    let rt = current();
    let _guard = rt.enter();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let panics = [
        (line!(), panic_of(|| TcpStream::from_std(stream))),
        (line!(), panic_of(|| TcpListener::from_std(listener))),
        (line!(), panic_of(|| UdpSocket::from_std(socket))),
    ];
    for (line, panic) in panics {
        assert!(panic.text.starts_with("Registering a blocking socket with the"), "{}", panic.text);
        assert_eq!((panic.file.as_str(), panic.line), (file!(), line));
    }
}

#[test]
fn outside_of_a_runtime_constructors_panic() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let stream = std::net::TcpStream::connect(addr).unwrap();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    stream.set_nonblocking(true).unwrap();
    socket.set_nonblocking(true).unwrap();
    let panics = [
        (line!(), panic_of(|| TcpStream::from_std(stream))),
        (line!(), panic_of(|| TcpListener::from_std(listener))),
        (line!(), panic_of(|| UdpSocket::from_std(socket))),
        (line!(), panic_of(|| TcpSocket::new_v4().unwrap().listen(1))),
    ];
    for (line, panic) in panics {
        assert_eq!(panic.text, NO_RUNTIME);
        assert_eq!((panic.file.as_str(), panic.line), (file!(), line));
    }
    // An async function can't say where its caller is.
    assert_eq!(panic_of(|| block_on(TcpListener::bind("127.0.0.1:0"))).text, NO_RUNTIME);
    assert_eq!(panic_of(|| block_on(TcpStream::connect(addr))).text, NO_RUNTIME);
    assert_eq!(panic_of(|| block_on(UdpSocket::bind("127.0.0.1:0"))).text, NO_RUNTIME);
}

/// Entering a runtime is enough to make a socket; any executor can use it, as long as the runtime runs.
#[test]
fn a_socket_can_be_used_elsewhere() {
    watched(|| {
        let theirs = multi(1);
        let (mut a, mut b) = theirs.block_on(pair());
        let exchange = async move {
            for round in 0..100_u8 {
                a.write_u8(round).await.unwrap();
                assert_eq!(b.read_u8().await.unwrap(), round);
            }
            (a, b)
        };
        let (mut a, mut b) = block_on(exchange);
        current().block_on(async move {
            let reading = gmp::spawn(async move { b.read_u8().await.unwrap() });
            gmp::task::yield_now().await;
            a.write_u8(7).await.unwrap();
            assert_eq!(reading.await.unwrap(), 7);
        });
    });
}

#[test]
fn a_socket_that_outlives_its_runtime_is_of_no_use() {
    for make in [current as fn() -> gmp::runtime::Runtime, || multi(2)] {
        watched(move || {
            let rt = make();
            let ((mut a, b), (listener, addr)) = rt.block_on(async { (pair().await, listener().await) });
            let fd = a.as_raw_fd();
            // Who waits in another runtime is woken and told.
            let waiting = std::thread::spawn(move || {
                let read = block_on(a.read(&mut [0])).unwrap_err();
                (a, read)
            });
            std::thread::sleep(Duration::from_millis(20));
            drop(rt);
            let (mut a, error) = waiting.join().unwrap();
            assert_eq!(error.kind(), ErrorKind::Other);
            let text = error.to_string();
            assert!(text.contains("being shutdown"), "{text}");
            assert_eq!(block_on(a.write(b"!")).unwrap_err().to_string(), text);
            assert_eq!(block_on(b.readable()).unwrap_err().to_string(), text);
            assert_eq!(block_on(listener.accept()).unwrap_err().to_string(), text);
            // The socket itself is whole, and can be had out of it.
            assert_eq!(a.as_fd().as_raw_fd(), fd);
            let (mut a, mut b) = (a.into_std().unwrap(), b.into_std().unwrap());
            a.write_all(b"!").unwrap();
            b.set_nonblocking(false).unwrap();
            assert_eq!(b.read(&mut [0; 8]).unwrap(), 1);
            assert_eq!(listener.local_addr().unwrap(), addr);
        });
    }
}
