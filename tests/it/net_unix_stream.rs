//! `UnixListener` and `UnixStream`: connecting, reading, writing. Halves are in `net_unix_split`, readiness in `net_unix_ready`.

use crate::support::{ByHand, current, on_each, watched};
use gmp::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use gmp::net::unix::SocketAddr;
use gmp::net::{UnixListener, UnixStream};
use std::io::{self, ErrorKind, IoSlice};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// A folder of its own for each test, and a path in it.
pub(crate) fn path(name: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    (dir, path)
}

/// Two ends of a connection that was made through a listener: the client's and the server's.
pub(crate) async fn connected() -> (UnixStream, UnixStream) {
    let (_dir, path) = path("listener");
    let listener = UnixListener::bind(&path).unwrap();
    let (client, server) = gmp::join!(UnixStream::connect(&path), listener.accept());
    (client.unwrap(), server.unwrap().0)
}

/// Bytes that differ from place to place.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 + i / 251) as u8).collect()
}

/// All that comes until the end.
pub(crate) async fn all(reader: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut all = Vec::new();
    reader.read_to_end(&mut all).await.unwrap();
    all
}

#[test]
fn a_connection_by_path() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, path) = path("listener");
            let listener = UnixListener::bind(&path).unwrap();
            assert_eq!(listener.local_addr().unwrap().as_pathname(), Some(&*path));
            assert!(listener.take_error().unwrap().is_none());
            let (client, server) = gmp::join!(UnixStream::connect(&path), listener.accept());
            let (mut client, (mut server, from)) = (client.unwrap(), server.unwrap());
            assert!(from.is_unnamed());
            assert!(server.peer_addr().unwrap().is_unnamed());
            assert_eq!(server.local_addr().unwrap().as_pathname(), Some(&*path));
            assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(&*path));
            assert!(client.local_addr().unwrap().is_unnamed());
            assert!(client.take_error().unwrap().is_none());

            client.write_all(b"hello").await.unwrap();
            drop(client);
            assert_eq!(all(&mut server).await, b"hello");
            assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0, "the end stays");
        });
    });
}

#[test]
fn a_connection_by_address() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, path) = path("listener");
            let address = SocketAddr::from(std::os::unix::net::SocketAddr::from_pathname(&path).unwrap());
            let listener = UnixListener::bind_addr(&address).unwrap();
            let (client, server) = gmp::join!(UnixStream::connect_addr(&address), listener.accept());
            client.unwrap().write_all(b"hello").await.unwrap();
            assert_eq!(all(&mut server.unwrap().0).await, b"hello");
        });
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_connection_by_abstract_name() {
    on_each(|rt| {
        rt.block_on(async {
            // The name is the network namespace's, so it is made to differ from that of other runs.
            let (dir, _) = path("");
            let name = format!("\0gmp {}", dir.path().display());
            let listener = UnixListener::bind(&name).unwrap();
            assert_eq!(listener.local_addr().unwrap().as_abstract_name(), Some(&name.as_bytes()[1..]));
            let (client, server) = gmp::join!(UnixStream::connect(&name), listener.accept());
            let client = client.unwrap();
            assert_eq!(client.peer_addr().unwrap().as_abstract_name(), Some(&name.as_bytes()[1..]));
            drop(client);
            assert_eq!(all(&mut server.unwrap().0).await, b"");
        });
    });
}

#[test]
fn what_cannot_be_bound_or_connected_to() {
    watched(|| {
        current().block_on(async {
            let (dir, path) = path("listener");
            let kind = |result: io::Result<UnixStream>| result.unwrap_err().kind();
            assert_eq!(kind(UnixStream::connect(&path).await), ErrorKind::NotFound);
            assert_eq!(kind(UnixStream::connect("a\0b").await), ErrorKind::InvalidInput);
            assert_eq!(kind(UnixStream::connect(dir.path().join("x".repeat(200))).await), ErrorKind::InvalidInput);

            let listener = UnixListener::bind(&path).unwrap();
            assert_eq!(UnixListener::bind(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
            assert_eq!(UnixListener::bind("a\0b").unwrap_err().kind(), ErrorKind::InvalidInput);
            drop(listener);
            assert!(path.exists(), "the file stays");
            assert_eq!(kind(UnixStream::connect(&path).await), ErrorKind::ConnectionRefused);
        });
    });
}

/// The connection stands when the system has said so, and not before the poller has told of it: a listener that goes
/// meanwhile is an error of `connect`.
#[test]
#[cfg(target_os = "linux")]
fn a_listener_that_goes_while_one_connects() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, path) = path("listener");
            let listener = UnixListener::bind(&path).unwrap();
            let mut connect = ByHand::new(UnixStream::connect(&path));
            // With other workers about, the poller may have been asked already.
            let first = connect.poll();
            drop(listener);
            if first.is_pending() {
                let error = std::future::poll_fn(|cx| connect.as_mut().poll(cx)).await.unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset), "{error:?}");
            }
        });
    });
}

#[test]
fn a_pair() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut a, mut b) = UnixStream::pair().unwrap();
            assert!(a.local_addr().unwrap().is_unnamed() && a.peer_addr().unwrap().is_unnamed());
            a.write_all(b"there").await.unwrap();
            b.write_all(b"back").await.unwrap();
            a.shutdown().await.unwrap();
            b.shutdown().await.unwrap();
            assert_eq!((all(&mut b).await, all(&mut a).await), (b"there".to_vec(), b"back".to_vec()));
        });
    });
}

#[test]
fn shutdown_is_the_end_for_the_peer_and_only_in_one_direction() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut client, mut server) = connected().await;
            let reader = gmp::spawn(async move {
                assert_eq!(all(&mut server).await, b"first");
                server.write_all(b"second").await.unwrap();
            });
            client.write_all(b"first").await.unwrap();
            client.shutdown().await.unwrap();
            assert_eq!(client.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
            assert_eq!(all(&mut client).await, b"second");
            reader.await.unwrap();
        });
    });
}

/// Some systems say `NotConnected` then; who cleans up needn't care.
#[test]
fn shutdown_after_the_peer_has_gone() {
    watched(|| {
        current().block_on(async {
            let (mut stream, peer) = UnixStream::pair().unwrap();
            drop(peer);
            stream.shutdown().await.unwrap();
            stream.shutdown().await.unwrap();
            let (_reader, mut writer) = stream.into_split();
            writer.shutdown().await.unwrap();
        });
    });
}

/// More than the socket's buffers hold, both ways at once, in writes of several buffers.
#[test]
fn much_in_both_directions() {
    on_each(|rt| {
        const LEN: usize = 2 << 20;

        async fn send_vectored(mut to: impl AsyncWrite + Unpin, what: Vec<u8>) {
            assert!(to.is_write_vectored());
            let mut rest = &what[..];
            while !rest.is_empty() {
                let bufs: Vec<_> = rest.chunks(10_000).take(16).map(IoSlice::new).collect();
                let n = to.write_vectored(&bufs).await.unwrap();
                assert!(n > 0);
                rest = &rest[n..];
            }
            to.flush().await.unwrap();
            to.shutdown().await.unwrap();
        }

        rt.block_on(async {
            let (client, server) = connected().await;
            let (mut client_reader, client_writer) = client.into_split();
            let (mut server_reader, server_writer) = server.into_split();
            let there = gmp::spawn(send_vectored(client_writer, bytes(LEN)));
            let back = gmp::spawn(send_vectored(server_writer, bytes(LEN + 1)));
            let at_client = gmp::spawn(async move { all(&mut client_reader).await });
            assert!(all(&mut server_reader).await == bytes(LEN));
            assert!(at_client.await.unwrap() == bytes(LEN + 1));
            there.await.unwrap();
            back.await.unwrap();
        });
    });
}

/// A read that is shorter than the buffer, and one that fills it: after neither is a later message missed.
#[test]
fn ping_pong_with_buffers_that_fit_and_that_dont() {
    on_each(|rt| {
        rt.block_on(async {
            for room in [1, 3, 4, 5, 1024] {
                let (mut here, mut there) = UnixStream::pair().unwrap();
                let echo = gmp::spawn(async move {
                    let mut buf = vec![0; room];
                    loop {
                        match there.read(&mut buf).await.unwrap() {
                            0 => break,
                            n => there.write_all(&buf[..n]).await.unwrap(),
                        }
                    }
                });
                for round in 0..200_u32 {
                    here.write_all(&round.to_le_bytes()).await.unwrap();
                    let mut answer = [0; 4];
                    here.read_exact(&mut answer).await.unwrap();
                    assert_eq!(u32::from_le_bytes(answer), round);
                }
                drop(here);
                echo.await.unwrap();
            }
        });
    });
}

#[test]
fn many_connections() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, path) = path("listener");
            let listener = UnixListener::bind(&path).unwrap();
            let server = gmp::spawn(async move {
                for _ in 0..100 {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    gmp::spawn(async move {
                        let received = all(&mut stream).await;
                        stream.write_all(&received).await.unwrap();
                    });
                }
            });
            let clients: Vec<_> = (0..100_usize)
                .map(|i| {
                    let path = path.clone();
                    gmp::spawn(async move {
                        // The listener's queue is short, and a full one isn't waited for.
                        let mut stream = loop {
                            match UnixStream::connect(&path).await {
                                Err(error) if error.kind() == ErrorKind::WouldBlock => gmp::task::yield_now().await,
                                result => break result.unwrap(),
                            }
                        };
                        stream.write_all(&bytes(i * 10)).await.unwrap();
                        stream.shutdown().await.unwrap();
                        assert_eq!(all(&mut stream).await, bytes(i * 10));
                    })
                })
                .collect();
            for client in clients {
                client.await.unwrap();
            }
            server.await.unwrap();
        });
    });
}

/// Each connection goes to one of the tasks that wait for some.
#[test]
fn several_accept_from_one_listener() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, path) = path("listener");
            let listener = Arc::new(UnixListener::bind(&path).unwrap());
            let acceptors: Vec<_> = (0..8)
                .map(|_| {
                    let listener = listener.clone();
                    gmp::spawn(async move { listener.accept().await.unwrap().0.write_all(b"!").await.unwrap() })
                })
                .collect();
            for _ in 0..8 {
                assert_eq!(all(&mut UnixStream::connect(&path).await.unwrap()).await, b"!");
            }
            for acceptor in acceptors {
                acceptor.await.unwrap();
            }
        });
    });
}

#[test]
fn an_accept_that_is_dropped_takes_no_connection() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, path) = path("listener");
            let listener = UnixListener::bind(&path).unwrap();
            let mut accept = ByHand::new(listener.accept());
            assert!(accept.poll().is_pending());
            let client = UnixStream::connect(&path).await.unwrap();
            drop(accept);
            let (server, _) = listener.accept().await.unwrap();
            drop(client);
            drop(server);
            let mut accept = ByHand::new(listener.accept());
            assert!(accept.poll().is_pending(), "there was one only");
        });
    });
}

#[test]
fn accept_by_poll() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, path) = path("listener");
            let listener = UnixListener::bind(&path).unwrap();
            let accept = std::future::poll_fn(|cx| listener.poll_accept(cx));
            let (client, server) = gmp::join!(UnixStream::connect(&path), accept);
            client.unwrap().write_all(b"hello").await.unwrap();
            assert_eq!(all(&mut server.unwrap().0).await, b"hello");
        });
    });
}

#[test]
fn credentials_of_the_peer() {
    on_each(|rt| {
        rt.block_on(async {
            // SAFETY: these have no requirements.
            let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
            for (a, b) in [connected().await, UnixStream::pair().unwrap()] {
                for end in [a, b] {
                    let cred = end.peer_cred().unwrap();
                    assert_eq!((cred.uid(), cred.gid()), (uid, gid));
                    if cfg!(any(target_os = "linux", target_os = "macos")) {
                        assert_eq!(cred.pid(), i32::try_from(std::process::id()).ok());
                    }
                    assert_eq!(cred, end.peer_cred().unwrap());
                }
            }
        });
    });
}

#[test]
fn from_the_standard_library_and_back() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
            a.set_nonblocking(true).unwrap();
            let mut a = UnixStream::try_from(a).unwrap();
            io::Write::write_all(&mut &b, b"hello").unwrap();
            a.read_exact(&mut [0; 5]).await.unwrap();
            let a = a.into_std().unwrap();
            assert_eq!(io::Read::read(&mut &a, &mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
            // And in again: nothing is left of the first time.
            let mut a = UnixStream::from_std(a).unwrap();
            io::Write::write_all(&mut &b, b"hello").unwrap();
            a.read_exact(&mut [0; 5]).await.unwrap();

            let (_dir, path) = path("listener");
            let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
            listener.set_nonblocking(true).unwrap();
            let listener = UnixListener::try_from(listener).unwrap();
            let (client, server) = gmp::join!(UnixStream::connect(&path), listener.accept());
            drop((client.unwrap(), server.unwrap()));
            let listener = listener.into_std().unwrap();
            assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        });
    });
}

#[test]
fn they_show_what_they_are() {
    watched(|| {
        current().block_on(async {
            let (a, _b) = UnixStream::pair().unwrap();
            assert!(format!("{a:?}").contains("UnixStream"));
            let (reader, writer) = a.into_split();
            assert!(format!("{reader:?} {writer:?}").contains("UnixStream"));
            let (_dir, path) = path("listener");
            assert!(format!("{:?}", UnixListener::bind(&path).unwrap()).contains("UnixListener"));
        });
    });
}
