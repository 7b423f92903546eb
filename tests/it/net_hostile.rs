//! Peers that reset at any moment, both directions closed in any order, sockets dropped while events come, and the end of
//! runtimes with sockets in every state.

use crate::net_tcp::{listener, pair, pattern};
use crate::support::{ByHand, Census, block_on, current, multi, on_each, rounds, watched};
use gmp::io::{AsyncReadExt, AsyncWriteExt, Interest};
use gmp::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use gmp::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use gmp::runtime::Runtime;
use gmp::time::{Duration, sleep};
use std::fmt::Debug;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

/// What a reset looks like, to a reader and to a writer.
#[track_caller]
fn assert_reset(error: &io::Error) {
    let kinds = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::ConnectionAborted];
    assert!(kinds.contains(&error.kind()), "{error:?}");
}

/// Closes with a reset.
fn reset(stream: std::net::TcpStream) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let len = std::mem::size_of::<libc::linger>() as libc::socklen_t;
    let (fd, value) = (std::os::fd::AsRawFd::as_raw_fd(&stream), std::ptr::from_ref(&linger).cast());
    // SAFETY: the value is what the kernel expects with this name, and a local that is `len` long.
    assert_eq!(unsafe { libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_LINGER, value, len) }, 0);
}

/// One task reads and another writes; the peer resets the connection, some time.
#[test]
fn resets_at_any_moment() {
    on_each(|rt| {
        let census = Census::default();
        let n = rounds(4_000);
        let (listener, addr) = rt.block_on(listener());
        let villain = thread::spawn(move || {
            for i in 0..n {
                let mut peer = std::net::TcpStream::connect(addr).unwrap();
                for _ in 0..i % 4 {
                    peer.write_all(&[7; 100]).unwrap();
                    peer.set_nonblocking(true).unwrap();
                    let _ = peer.read(&mut [0; 1_000]);
                    peer.set_nonblocking(false).unwrap();
                }
                for _ in 0..(i * 53) % 3_000 {
                    std::hint::spin_loop();
                }
                reset(peer);
            }
        });
        let errors = Arc::new(AtomicUsize::new(0));
        rt.block_on(async {
            let mut tasks = Vec::new();
            for i in 0..n {
                let (stream, _) = listener.accept().await.unwrap();
                let (mut reader, mut writer) = stream.into_split();
                let (live, also) = (census.live(), census.live());
                let [count, counted] = [errors.clone(), errors.clone()];
                tasks.push(gmp::spawn(async move {
                    let _live = live;
                    let mut buffer = [0; 64];
                    loop {
                        match reader.read(&mut buffer).await {
                            // The system tells of a reset once; if the writer has heard of it, this is the end.
                            Ok(0) => break,
                            Ok(read) => assert!(buffer[..read].iter().all(|&byte| byte == 7)),
                            Err(error) => {
                                assert_reset(&error);
                                count.fetch_add(1, Ordering::SeqCst);
                                break;
                            }
                        }
                    }
                }));
                tasks.push(gmp::spawn(async move {
                    let _live = also;
                    let message = [1; 4_096];
                    let mut writes = i % 3 > 0;
                    while writes {
                        if let Err(error) = writer.write_all(&message).await {
                            assert_reset(&error);
                            counted.fetch_add(1, Ordering::SeqCst);
                            writes = false;
                        }
                    }
                    // It isn't the one who says goodbye.
                    writer.forget();
                }));
            }
            for task in tasks {
                task.await.unwrap();
            }
        });
        villain.join().unwrap();
        assert!(errors.load(Ordering::SeqCst) >= n, "each connection has told of its reset");
        census.assert_all_dropped();
    });
}

/// Each end sends much, says that this was all, and reads to the other's end, at the same time.
#[test]
fn both_directions_end_in_any_order() {
    on_each(|rt| {
        rt.block_on(async {
            for round in 0..rounds(200) {
                let (a, b) = pair().await;
                let exchange = |mut stream: TcpStream, bytes: usize, late: bool| async move {
                    let (mut reader, mut writer) = stream.split();
                    let sending = async {
                        writer.write_all(&pattern(bytes)).await.unwrap();
                        if late {
                            gmp::task::yield_now().await;
                        }
                        writer.shutdown().await.unwrap();
                        // There is no way back.
                        assert_eq!(writer.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
                    };
                    let mut received = Vec::new();
                    let (read, ()) = gmp::join!(reader.read_to_end(&mut received), sending);
                    read.unwrap();
                    assert_eq!(reader.read(&mut [0]).await.unwrap(), 0, "the end is there to stay");
                    received
                };
                let (few, many) = (1 + round * 10, 100_000 + round * 10_000);
                let tasks =
                    [gmp::spawn(exchange(a, few, round % 2 == 0)), gmp::spawn(exchange(b, many, round % 3 == 0))];
                let [first, second] = tasks;
                assert_eq!(first.await.unwrap(), pattern(many));
                assert_eq!(second.await.unwrap(), pattern(few));
            }
        });
    });
}

/// Thousands of sockets that are closed while somebody writes to them: by their own task, by an abort, on another thread.
#[test]
fn closed_while_a_peer_writes() {
    on_each(|rt| {
        let census = Census::default();
        let n = rounds(20_000);
        let (listener, addr) = rt.block_on(listener());
        let (give, closer) = mpsc::channel::<TcpStream>();
        let closer = thread::spawn(move || closer.into_iter().count());
        let villain = thread::spawn(move || {
            let mut before: Option<std::net::TcpStream> = None;
            for _ in 0..n {
                let mut peer = match std::net::TcpStream::connect(addr) {
                    Ok(peer) => peer,
                    // The other end can be faster than the way back from here.
                    Err(error) => {
                        assert_reset(&error);
                        continue;
                    }
                };
                // They may have gone.
                let _ = peer.write(b"event");
                if let Some(mut before) = before.replace(peer) {
                    let _ = before.write(b"another");
                    reset(before);
                }
            }
        });
        rt.block_on(async {
            for i in 0..n {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.set_zero_linger().unwrap();
                let live = census.live();
                match i % 4 {
                    0 => drop(stream),
                    // Somewhere else, while its task waits no more.
                    1 => give.send(stream).unwrap(),
                    2 => {
                        let task = gmp::spawn(async move {
                            let _live = live;
                            let _ = stream.read(&mut [0; 16]).await;
                            let _ = stream.read(&mut [0; 16]).await;
                        });
                        gmp::task::yield_now().await;
                        task.abort();
                    }
                    // With a wait that is given up on another thread.
                    _ => {
                        let mut waiting = ByHand::new(async move {
                            let _live = live;
                            let _ = stream.readable().await;
                            let _ = stream.read(&mut [0; 16]).await;
                            let _ = stream.read(&mut [0; 16]).await;
                        });
                        let _ = waiting.poll();
                        gmp::task::spawn_blocking(move || drop(waiting));
                    }
                }
            }
        });
        drop(give);
        assert_eq!(closer.join().unwrap(), n / 4);
        villain.join().unwrap();
        // The runtime is whole.
        rt.block_on(async {
            let (mut a, mut b) = pair().await;
            a.write_all(b"whole").await.unwrap();
            b.read_exact(&mut [0; 5]).await.unwrap();
        });
        drop(rt);
        census.assert_all_dropped();
    });
}

#[track_caller]
fn assert_shutdown<T: Debug>(result: io::Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other);
    assert_eq!(error.to_string(), "A Tokio 1.x context was found, but it is being shutdown.");
}

/// What is left of a runtime: tasks that wait for each kind of socket, and sockets that others have.
#[test]
fn sockets_that_outlive_their_runtime() {
    for make in [current as fn() -> Runtime, || multi(1), || multi(3)] {
        watched(move || outlive(make()));
    }
}

fn outlive(rt: Runtime) {
    let census = Census::default();
    let handle = rt.handle().clone();
    let (listener, mut stream, peer, udp, halves) = rt.block_on(async {
        for _ in 0..20 {
            let (live, also) = (census.live(), census.live());
            let (mut stream, peer) = pair().await;
            let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            gmp::spawn(async move {
                let _all = (live, peer);
                stream.read_u8().await
            });
            gmp::spawn(async move {
                let _live = also;
                udp.recv(&mut [0]).await
            });
        }
        let (listener, _) = listener().await;
        let (stream, peer) = pair().await;
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let halves = pair().await.0.into_split();
        (Arc::new(listener), stream, peer, Arc::new(udp), halves)
    });
    // Others wait for them, with an executor of their own and in another runtime.
    let others: Vec<_> = (0..2)
        .map(|i| {
            let (listener, udp) = (listener.clone(), udp.clone());
            thread::spawn(move || {
                let waits = async move { (listener.accept().await.map(drop), udp.recv(&mut [0]).await) };
                let (accept, recv) = if i == 0 { block_on(waits) } else { current().block_on(waits) };
                assert_shutdown(accept);
                assert_shutdown(recv);
            })
        })
        .collect();
    let to = udp.local_addr().unwrap();
    thread::sleep(Duration::from_millis(10));
    drop(rt);
    census.assert_all_dropped();
    others.into_iter().for_each(|other| other.join().unwrap());
    block_on(nothing_works(&mut stream, halves, &listener, &udp, to));
    // Nothing new is taken.
    let guard = handle.enter();
    let std_socket = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nonblocking = std_socket();
    nonblocking.set_nonblocking(true).unwrap();
    assert_shutdown(TcpListener::from_std(nonblocking));
    assert_shutdown(block_on(TcpListener::bind("127.0.0.1:0")));
    assert_shutdown(block_on(UdpSocket::bind("127.0.0.1:0")));
    assert_shutdown(block_on(TcpStream::connect(std_socket().local_addr().unwrap())));
    assert_shutdown(TcpSocket::new_v4().unwrap().listen(1));
    drop(guard);
    // The sockets themselves are whole, and can go on elsewhere.
    let (stream, peer) = (stream.into_std().unwrap(), peer.into_std().unwrap());
    let udp = Arc::into_inner(udp).unwrap().into_std().unwrap();
    current().block_on(async {
        let (mut stream, mut peer) = (TcpStream::from_std(stream).unwrap(), TcpStream::from_std(peer).unwrap());
        stream.write_all(b"elsewhere").await.unwrap();
        peer.read_exact(&mut [0; 9]).await.unwrap();
        let udp = UdpSocket::from_std(udp).unwrap();
        udp.send_to(b"!", to).await.unwrap();
        assert_eq!(udp.recv(&mut [0; 4]).await.unwrap(), 1);
    });
}

/// No operation waits any more.
async fn nothing_works(
    stream: &mut TcpStream,
    (mut reader, mut writer): (OwnedReadHalf, OwnedWriteHalf),
    listener: &TcpListener,
    udp: &UdpSocket,
    to: SocketAddr,
) {
    let byte = &mut [0];
    assert_shutdown(stream.read(byte).await);
    assert_shutdown(stream.peek(byte).await);
    assert_shutdown(stream.write(byte).await);
    assert_shutdown(stream.write_vectored(&[io::IoSlice::new(&[1])]).await);
    assert_shutdown(stream.readable().await);
    assert_shutdown(stream.writable().await);
    assert_shutdown(stream.ready(Interest::READABLE | Interest::WRITABLE).await);
    assert_shutdown(stream.try_read(byte));
    assert_shutdown(stream.try_write(byte));
    assert_shutdown(stream.try_io(Interest::READABLE, || Ok(())));
    assert_shutdown(stream.async_io(Interest::WRITABLE, || Ok(())).await);
    assert_shutdown(reader.read(byte).await);
    assert_shutdown(writer.write(byte).await);
    assert_shutdown(listener.accept().await);
    assert_shutdown(udp.recv(byte).await);
    assert_shutdown(udp.recv_from(byte).await);
    assert_shutdown(udp.peek_from(byte).await);
    assert_shutdown(udp.send_to(byte, to).await);
    assert_shutdown(udp.try_recv_from(byte));
    assert_shutdown(udp.readable().await);
}

/// Sockets are made, used and closed by other threads while their runtime ends: each operation ends, with whatever result.
#[test]
fn the_end_races_with_sockets() {
    for round in 0..rounds(300) {
        watched(move || {
            let rt = if round % 3 == 0 { current() } else { multi(round % 3) };
            let begin = Arc::new(Barrier::new(4));
            let (listener, addr) = rt.block_on(listener());
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    let (handle, begin) = (rt.handle().clone(), begin.clone());
                    thread::spawn(move || {
                        let _guard = handle.enter();
                        begin.wait();
                        for made in 0.. {
                            let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
                            socket.set_nonblocking(true).unwrap();
                            let udp = match UdpSocket::from_std(socket) {
                                Ok(udp) => udp,
                                Err(error) => {
                                    assert_shutdown::<()>(Err(error));
                                    break;
                                }
                            };
                            if made % 2 == 0 {
                                // Nobody sends: only the end ends this.
                                assert_shutdown(block_on(udp.recv(&mut [0])));
                            } else {
                                drop(udp);
                            }
                        }
                    })
                })
                .collect();
            rt.spawn(async move { while listener.accept().await.is_ok() {} });
            rt.spawn(async move {
                while let Ok(stream) = TcpStream::connect(addr).await {
                    stream.set_zero_linger().unwrap();
                }
            });
            begin.wait();
            rt.block_on(async { sleep(Duration::from_micros(round as u64 * 37 % 700)).await });
            drop(rt);
            threads.into_iter().for_each(|t| t.join().unwrap());
        });
    }
}
