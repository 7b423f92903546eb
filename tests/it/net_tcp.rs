//! TCP: connections and what travels over them; peers that close, reset, or never answer. Readiness is in `net_tcp_ready`.

use crate::support::{current, on_each, watched};
use futures::FutureExt;
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::net::{TcpListener, TcpStream};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::time::Duration;

/// A listener on a port that nobody else has.
pub(crate) async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    (listener, addr)
}

/// Two ends of one connection.
pub(crate) async fn pair() -> (TcpStream, TcpStream) {
    let (listener, addr) = listener().await;
    let (client, server) = gmp::join!(TcpStream::connect(addr), listener.accept());
    (client.unwrap(), server.unwrap().0)
}

/// One end, and another that is a blocking socket of the standard library.
pub(crate) async fn pair_with_std() -> (TcpStream, std::net::TcpStream) {
    let (ours, theirs) = pair().await;
    let theirs = theirs.into_std().unwrap();
    theirs.set_nonblocking(false).unwrap();
    (ours, theirs)
}

/// Bytes that differ from each other, so that some in the wrong place are seen; they repeat after a prime number.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    const PERIOD: usize = 65_521;
    let period: Vec<u8> = (0..len.min(PERIOD)).map(|i| (i * 31 + i / 251) as u8).collect();
    let mut all = Vec::with_capacity(len);
    while all.len() < len {
        all.extend_from_slice(&period[..PERIOD.min(len - all.len())]);
    }
    all
}

/// Echoes until the client has finished.
async fn echo(mut stream: TcpStream) -> io::Result<u64> {
    let (mut reader, mut writer) = stream.split();
    gmp::io::copy(&mut reader, &mut writer).await
}

#[test]
fn a_blocking_client_is_echoed() {
    on_each(|rt| {
        rt.block_on(async {
            let (listener, addr) = listener().await;
            let server = gmp::spawn(async move { echo(listener.accept().await.unwrap().0).await });
            let client = gmp::task::spawn_blocking(move || {
                let mut stream = std::net::TcpStream::connect(addr).unwrap();
                for round in 0..100 {
                    let message = pattern(round * 7 + 1);
                    stream.write_all(&message).unwrap();
                    let mut answer = vec![0; message.len()];
                    stream.read_exact(&mut answer).unwrap();
                    assert_eq!(answer, message);
                }
            });
            client.await.unwrap();
            server.await.unwrap().unwrap();
        });
    });
}

#[test]
fn a_blocking_server_answers() {
    on_each(|rt| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = Vec::new();
            stream.read_to_end(&mut question).unwrap();
            stream.write_all(&question).unwrap();
        });
        rt.block_on(async {
            let mut stream = TcpStream::connect(addr).await.unwrap();
            let question = pattern(1 << 20);
            stream.write_all(&question).await.unwrap();
            stream.shutdown().await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            assert_eq!(answer, question);
        });
        server.join().unwrap();
    });
}

#[test]
fn many_clients_at_once() {
    on_each(|rt| {
        rt.block_on(async {
            let (listener, addr) = listener().await;
            gmp::spawn(async move {
                loop {
                    gmp::spawn(echo(listener.accept().await.unwrap().0));
                }
            });
            let clients: Vec<_> = (0..200)
                .map(|i| {
                    gmp::spawn(async move {
                        let mut stream = TcpStream::connect(addr).await.unwrap();
                        for round in 0..5 {
                            let message = pattern(i + round * 100);
                            stream.write_all(&message).await.unwrap();
                            let mut answer = vec![0; message.len()];
                            stream.read_exact(&mut answer).await.unwrap();
                            assert_eq!(answer, message);
                        }
                    })
                })
                .collect();
            for client in clients {
                client.await.unwrap();
            }
        });
    });
}

/// Each connection goes to one of them, none is lost, and none of them starves the process.
#[test]
fn many_tasks_accept_on_one_listener() {
    on_each(|rt| {
        rt.block_on(async {
            let (listener, addr) = listener().await;
            let listener = std::sync::Arc::new(listener);
            let acceptors: Vec<_> = (0..10)
                .map(|_| {
                    let listener = listener.clone();
                    gmp::spawn(async move {
                        for _ in 0..10 {
                            let (mut stream, from) = listener.accept().await.unwrap();
                            assert_eq!(stream.peer_addr().unwrap(), from);
                            stream.write_all(b"!").await.unwrap();
                        }
                    })
                })
                .collect();
            for _ in 0..100 {
                let mut stream = TcpStream::connect(addr).await.unwrap();
                assert_eq!(stream.read_u8().await.unwrap(), b'!');
            }
            for acceptor in acceptors {
                acceptor.await.unwrap();
            }
        });
    });
}

#[test]
fn shutdown_ends_one_direction() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut ours, mut theirs) = pair_with_std().await;
            ours.shutdown().await.unwrap();
            ours.shutdown().await.unwrap();
            assert_eq!(ours.write(b"!").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
            let peer = std::thread::spawn(move || {
                assert_eq!(theirs.read(&mut [0]).unwrap(), 0);
                theirs.write_all(b"still here").unwrap();
                // And the end of the other one.
            });
            let mut got = String::new();
            ours.read_to_string(&mut got).await.unwrap();
            assert_eq!(got, "still here");
            peer.join().unwrap();
        });
    });
}

#[test]
fn a_peer_that_has_finished_can_be_written_to() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut ours, mut theirs) = pair_with_std().await;
            theirs.shutdown(Shutdown::Write).unwrap();
            // As often as one likes.
            for _ in 0..3 {
                assert_eq!(ours.read(&mut [0; 8]).await.unwrap(), 0);
            }
            let sent = pattern(4 << 20);
            let expected = sent.clone();
            let peer = std::thread::spawn(move || {
                let mut got = Vec::new();
                theirs.read_to_end(&mut got).unwrap();
                assert!(got == expected);
            });
            ours.write_all(&sent).await.unwrap();
            drop(ours);
            peer.join().unwrap();
        });
    });
}

#[test]
fn a_reset_wakes_who_reads() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut ours, theirs) = pair().await;
            let reading = gmp::spawn(async move { ours.read(&mut [0; 8]).await.unwrap_err().kind() });
            gmp::task::yield_now().await;
            theirs.set_zero_linger().unwrap();
            drop(theirs);
            assert_eq!(reading.await.unwrap(), ErrorKind::ConnectionReset);
        });
    });
}

#[test]
fn a_reset_wakes_who_writes() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut ours, theirs) = pair().await;
            let writing = gmp::spawn(async move {
                loop {
                    if let Err(error) = ours.write(&[0; 65536]).await {
                        break error.kind();
                    }
                }
            });
            // Long enough for the buffers to be full; else it finds the reset at once, which is as good.
            gmp::time::sleep(Duration::from_millis(20)).await;
            theirs.set_zero_linger().unwrap();
            drop(theirs);
            let kind = writing.await.unwrap();
            assert!(matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{kind:?}");
        });
    });
}

#[test]
fn shutdown_after_a_reset_is_no_error() {
    watched(|| {
        current().block_on(async {
            let (mut ours, theirs) = pair().await;
            theirs.set_zero_linger().unwrap();
            drop(theirs);
            ours.readable().await.unwrap();
            ours.shutdown().await.unwrap();
            let (_, mut writer) = ours.into_split();
            writer.shutdown().await.unwrap();
        });
    });
}

/// A read that fills its buffer doesn't show whether more is there: neither data nor the end may be missed, nor waited for in
/// vain, however often that happens.
#[test]
fn buffers_that_are_just_filled() {
    on_each(|rt| {
        rt.block_on(async {
            for reset in [false, true] {
                let (mut ours, mut theirs) = pair().await;
                let reading = gmp::spawn(async move {
                    let mut buf = [0; 8];
                    for round in 0..50_u8 {
                        ours.read_exact(&mut buf).await.unwrap();
                        assert_eq!(buf, [round; 8]);
                        assert_eq!(ours.read(&mut []).now_or_never().unwrap_or(Ok(0)).unwrap(), 0);
                        ours.write_all(b"!").await.unwrap();
                    }
                    // The last ones come with the end behind them, or are acknowledged: a reset throws away what hasn't been read.
                    ours.read_exact(&mut buf).await.unwrap();
                    if reset {
                        ours.write_all(b"!").await.unwrap();
                    }
                    ours.read(&mut buf).await.map_err(|error| error.kind())
                });
                for round in 0..50_u8 {
                    theirs.write_all(&[round; 8]).await.unwrap();
                    assert_eq!(theirs.read_u8().await.unwrap(), b'!');
                }
                theirs.write_all(&[50; 8]).await.unwrap();
                if reset {
                    assert_eq!(theirs.read_u8().await.unwrap(), b'!');
                    theirs.set_zero_linger().unwrap();
                }
                drop(theirs);
                match reading.await.unwrap() {
                    Ok(n) => assert_eq!((n, reset), (0, false)),
                    Err(kind) => assert_eq!((kind, reset), (ErrorKind::ConnectionReset, true)),
                }
            }
        });
    });
}

/// What has been sent before the peer closed is there to be read.
#[test]
fn data_comes_before_the_end() {
    on_each(|rt| {
        rt.block_on(async {
            for len in [1, 100, 100_000] {
                let (mut ours, mut theirs) = pair_with_std().await;
                let sent = pattern(len);
                theirs.write_all(&sent).unwrap();
                drop(theirs);
                let mut got = Vec::new();
                let mut buf = [0; 64];
                loop {
                    match ours.read(&mut buf).await.unwrap() {
                        0 => break,
                        n => got.extend_from_slice(&buf[..n]),
                    }
                }
                assert!(got == sent);
            }
        });
    });
}

/// The system takes so many at a time (`IOV_MAX`): that not all was written doesn't mean that there is no room.
#[test]
fn a_vector_longer_than_the_system_takes() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut ours, mut theirs) = pair().await;
            let sent = pattern(5000);
            let writing = gmp::spawn(async move {
                let mut rest = &sent[..];
                while !rest.is_empty() {
                    let bufs: Vec<_> = rest.chunks(1).map(IoSlice::new).collect();
                    rest = &rest[ours.write_vectored(&bufs).await.unwrap()..];
                }
                (ours, sent)
            });
            let mut got = vec![0; 5000];
            theirs.read_exact(&mut got).await.unwrap();
            assert_eq!(writing.await.unwrap().1, got);
        });
    });
}

#[test]
fn nothing_is_read_and_written_at_once() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut ours, mut theirs) = pair().await;
            assert_eq!(ours.write(&[]).await.unwrap(), 0);
            assert_eq!(ours.write_vectored(&[]).await.unwrap(), 0);
            theirs.write_all(b"hello").await.unwrap();
            for _ in 0..3 {
                assert_eq!(ours.read(&mut []).await.unwrap(), 0);
            }
            let mut buf = [0; 5];
            ours.read_exact(&mut buf).await.unwrap();
            assert_eq!(&buf, b"hello");
            // It hasn't taken the stream for ended.
            theirs.write_all(b"again").await.unwrap();
            ours.read_exact(&mut buf).await.unwrap();
            assert_eq!(&buf, b"again");
        });
    });
}
