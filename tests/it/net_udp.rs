//! UDP: who gets what from whom, what is lost, what is only looked at, what is set.

use crate::support::{current, on_each, watched};
use futures::FutureExt;
use gmp::io::{Interest, ReadBuf};
use gmp::net::UdpSocket;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

async fn socket() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}

/// Two sockets that are connected to each other.
async fn pair() -> (UdpSocket, UdpSocket) {
    let (a, b) = (socket().await, socket().await);
    a.connect(b.local_addr().unwrap()).await.unwrap();
    b.connect(a.local_addr().unwrap()).await.unwrap();
    (a, b)
}

#[track_caller]
fn would_block<T: std::fmt::Debug>(result: io::Result<T>) {
    assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
}

/// Repeats what never waits, whenever the socket is readable.
async fn when_readable<T>(socket: &UdpSocket, mut f: impl FnMut() -> io::Result<T>) -> T {
    loop {
        socket.readable().await.unwrap();
        match f() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            result => break result.unwrap(),
        }
    }
}

#[test]
fn a_blocking_peer_is_echoed() {
    on_each(|rt| {
        rt.block_on(async {
            let server = socket().await;
            let addr = server.local_addr().unwrap();
            let echo = gmp::spawn(async move {
                let mut buf = [0; 1500];
                for _ in 0..100 {
                    let (len, from) = server.recv_from(&mut buf).await.unwrap();
                    assert_eq!(server.send_to(&buf[..len], from).await.unwrap(), len);
                }
            });
            let client = gmp::task::spawn_blocking(move || {
                let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
                let mut buf = [0; 1500];
                for len in 0..100 {
                    let sent = vec![len as u8; len];
                    client.send_to(&sent, addr).unwrap();
                    assert_eq!(client.recv_from(&mut buf).unwrap(), (len, addr));
                    assert_eq!(buf[..len], sent);
                }
            });
            client.await.unwrap();
            echo.await.unwrap();
        });
    });
}

#[test]
fn connected_sockets_talk_to_each_other_only() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair().await;
            let stranger = socket().await;
            assert_eq!(a.peer_addr().unwrap(), b.local_addr().unwrap());
            stranger.send_to(b"not for you", a.local_addr().unwrap()).await.unwrap();
            b.send(b"for you").await.unwrap();
            let mut buf = [0; 32];
            let len = a.recv(&mut buf).await.unwrap();
            assert_eq!(&buf[..len], b"for you");
            would_block(a.try_recv(&mut buf));
            let error = stranger.send(b"to whom?").await.unwrap_err();
            assert!(matches!(error.raw_os_error(), Some(libc::EDESTADDRREQ | libc::ENOTCONN)), "{error}");
            let peer = stranger.peer_addr().unwrap_err();
            assert_eq!(peer.kind(), ErrorKind::NotConnected);
        });
    });
}

/// Every way to look at the next datagram, which stays.
async fn peek_at(b: &UdpSocket, sent: [u8; 5], from: SocketAddr) {
    let mut buf = [0; 16];
    let mut space = [0; 16];
    assert_eq!(b.peek(&mut buf).await.unwrap(), 5);
    assert_eq!(b.peek_from(&mut buf[..3]).await.unwrap(), (3, from));
    assert_eq!(b.peek_sender().await.unwrap(), from);
    assert_eq!(b.try_peek(&mut buf).unwrap(), 5);
    assert_eq!(b.try_peek_from(&mut buf).unwrap(), (5, from));
    assert_eq!(b.try_peek_sender().unwrap(), from);
    assert_eq!(poll_fn(|cx| b.poll_peek_sender(cx)).await.unwrap(), from);
    assert_eq!(buf[..5], sent);
    // Only the unfilled part is written to.
    let mut peeked = ReadBuf::new(&mut space);
    peeked.put_slice(b"-");
    poll_fn(|cx| b.poll_peek(cx, &mut peeked)).await.unwrap();
    assert_eq!((peeked.filled()[0], &peeked.filled()[1..]), (b'-', &sent[..]));
    let mut peeked = ReadBuf::new(&mut space);
    assert_eq!(poll_fn(|cx| b.poll_peek_from(cx, &mut peeked)).await.unwrap(), from);
    assert_eq!(peeked.filled(), sent);
}

/// None of them finds anything, and none waits.
#[track_caller]
fn nothing_is_there(b: &UdpSocket) {
    would_block(b.try_recv(&mut [0; 16]));
    would_block(b.try_recv_from(&mut [0; 16]));
    would_block(b.try_recv_buf(&mut Vec::with_capacity(16)));
    would_block(b.try_recv_buf_from(&mut Vec::with_capacity(16)));
    would_block(b.try_peek(&mut [0; 16]));
    would_block(b.try_peek_from(&mut [0; 16]));
    would_block(b.try_peek_sender());
}

/// Each operation that receives, in each of its forms, gets the datagram; each that peeks leaves it.
#[test]
fn every_way_to_receive() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair().await;
            let from = a.local_addr().unwrap();
            let raw: std::net::UdpSocket = b.as_fd().try_clone_to_owned().unwrap().into();
            let mut buf = [0; 16];
            let mut space = [0; 16];
            for round in 0..12_u8 {
                let sent = [round; 5];
                a.send(&sent).await.unwrap();
                peek_at(&b, sent, from).await;
                let mut polled = ReadBuf::new(&mut space);
                let mut vec = Vec::with_capacity(16);
                let got = match round {
                    0 => {
                        let len = b.recv(&mut buf).await.unwrap();
                        &buf[..len]
                    }
                    1 => {
                        let len = when_readable(&b, || b.try_recv(&mut buf)).await;
                        &buf[..len]
                    }
                    2 => {
                        poll_fn(|cx| b.poll_recv(cx, &mut polled)).await.unwrap();
                        polled.filled()
                    }
                    3 => {
                        assert_eq!(b.recv_from(&mut buf).await.unwrap(), (5, from));
                        &buf[..5]
                    }
                    4 => {
                        assert_eq!(when_readable(&b, || b.try_recv_from(&mut buf)).await, (5, from));
                        &buf[..5]
                    }
                    5 => {
                        assert_eq!(poll_fn(|cx| b.poll_recv_from(cx, &mut polled)).await.unwrap(), from);
                        polled.filled()
                    }
                    6 => {
                        assert_eq!(b.recv_buf(&mut vec).await.unwrap(), 5);
                        &vec
                    }
                    7 => {
                        assert_eq!(when_readable(&b, || b.try_recv_buf(&mut vec)).await, 5);
                        &vec
                    }
                    8 => {
                        assert_eq!(b.recv_buf_from(&mut vec).await.unwrap(), (5, from));
                        &vec
                    }
                    9 => {
                        assert_eq!(when_readable(&b, || b.try_recv_buf_from(&mut vec)).await, (5, from));
                        &vec
                    }
                    10 => {
                        let len = b.async_io(Interest::READABLE, || raw.recv(&mut buf)).await.unwrap();
                        &buf[..len]
                    }
                    _ => {
                        let try_recv = || b.try_io(Interest::READABLE, || raw.recv(&mut buf));
                        let len = when_readable(&b, try_recv).await;
                        &buf[..len]
                    }
                };
                assert_eq!(got, sent, "round {round}");
                nothing_is_there(&b);
            }
        });
    });
}

#[test]
fn every_way_to_send() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair().await;
            let c = socket().await;
            let (to_b, to_c) = (b.local_addr().unwrap(), c.local_addr().unwrap());
            let free = socket().await;
            a.writable().await.unwrap();
            free.writable().await.unwrap();
            assert_eq!(a.send(b"1").await.unwrap(), 1);
            assert_eq!(a.try_send(b"22").unwrap(), 2);
            assert_eq!(poll_fn(|cx| a.poll_send(cx, b"333")).await.unwrap(), 3);
            poll_fn(|cx| a.poll_send_ready(cx)).await.unwrap();
            assert_eq!(free.send_to(b"4444", to_c).await.unwrap(), 4);
            assert_eq!(free.try_send_to(b"55555", to_c).unwrap(), 5);
            assert_eq!(poll_fn(|cx| free.poll_send_to(cx, b"666666", to_c)).await.unwrap(), 6);
            // The first of several; a name, too.
            assert_eq!(free.send_to(b"7777777", &[to_c, to_b][..]).await.unwrap(), 7);
            let mut buf = [0; 16];
            for len in 1..=3 {
                assert_eq!(b.recv_from(&mut buf).await.unwrap(), (len, a.local_addr().unwrap()));
            }
            for len in 4..=7 {
                poll_fn(|cx| c.poll_recv_ready(cx)).await.unwrap();
                assert_eq!(c.recv_from(&mut buf).await.unwrap(), (len, free.local_addr().unwrap()));
            }
            let none: &[SocketAddr] = &[];
            let error = free.send_to(b"x", none).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.to_string().as_str()),
                (ErrorKind::InvalidInput, "no addresses to send data to")
            );
            assert_eq!(free.connect(none).await.unwrap_err().to_string(), "could not resolve to any address");
            let v6: SocketAddr = "[::1]:9".parse().unwrap();
            assert!(free.send_to(b"x", v6).await.is_err());
            // More than a datagram can have.
            assert_eq!(free.send_to(&[0; 70_000], to_c).await.unwrap_err().raw_os_error(), Some(libc::EMSGSIZE));
        });
    });
}

/// What doesn't fit is lost, and the next datagram begins afresh.
#[test]
fn what_does_not_fit_is_lost() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair().await;
            let from = a.local_addr().unwrap();
            let mut small = [0; 3];
            for _ in 0..8 {
                a.send(b"hello").await.unwrap();
            }
            a.send(b"end").await.unwrap();
            assert_eq!(b.peek(&mut small).await.unwrap(), 3);
            assert_eq!(b.recv(&mut small).await.unwrap(), 3);
            assert_eq!(&small, b"hel");
            assert_eq!(b.recv_from(&mut small).await.unwrap(), (3, from));
            let mut buf = ReadBuf::new(&mut small);
            poll_fn(|cx| b.poll_recv(cx, &mut buf)).await.unwrap();
            assert_eq!(buf.filled(), b"hel");
            let mut buf = ReadBuf::new(&mut small);
            poll_fn(|cx| b.poll_recv_from(cx, &mut buf)).await.unwrap();
            assert_eq!(buf.filled(), b"hel");
            let mut space: &mut [u8] = &mut [0; 2];
            assert_eq!(b.recv_buf(&mut space).await.unwrap(), 2);
            // Without any room a datagram is consumed all the same.
            assert_eq!(b.recv(&mut []).await.unwrap(), 0);
            let mut none: &mut [u8] = &mut [];
            assert_eq!(b.recv_buf(&mut none).await.unwrap(), 0);
            let mut none: &mut [u8] = &mut [];
            assert_eq!(b.recv_buf_from(&mut none).await.unwrap(), (0, from));
            assert_eq!(b.recv(&mut small).await.unwrap(), 3);
            assert_eq!(&small, b"end");
        });
    });
}

#[test]
fn empty_datagrams_are_datagrams() {
    watched(|| {
        current().block_on(async {
            let (a, b) = pair().await;
            assert!(b.recv(&mut [0; 8]).now_or_never().is_none());
            assert_eq!(a.send(b"").await.unwrap(), 0);
            assert_eq!(b.recv(&mut [0; 8]).await.unwrap(), 0);
            assert!(b.recv(&mut [0; 8]).now_or_never().is_none());
        });
    });
}

/// That nobody is there is told to who receives, and to who sends.
#[test]
fn nobody_is_there() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair().await;
            drop(b);
            for _ in 0..3 {
                // The refusal of an earlier one may come first.
                let _ = a.send(b"?").await;
                assert_eq!(a.recv(&mut [0; 8]).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
                let _ = a.send(b"?").await;
                assert_eq!(a.peek(&mut [0; 8]).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
                let _ = a.send(b"?").await;
                let error = a.recv_buf(&mut Vec::with_capacity(8)).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            }
            let _ = a.send(b"?").await;
            assert!(a.ready(Interest::ERROR).await.unwrap().is_error());
            assert_eq!(a.take_error().unwrap().unwrap().kind(), ErrorKind::ConnectionRefused);
            assert!(a.take_error().unwrap().is_none());
        });
    });
}

#[test]
fn a_shared_socket_sends_and_receives() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair().await;
            let (a, b) = (Arc::new(a), Arc::new(b));
            let sender = a.clone();
            let echo = gmp::spawn(async move {
                let mut buf = [0; 16];
                loop {
                    let len = b.recv(&mut buf).await.unwrap();
                    b.send(&buf[..len]).await.unwrap();
                }
            });
            let sending = gmp::spawn(async move {
                for i in 0..100_u8 {
                    sender.send(&[i]).await.unwrap();
                    gmp::task::yield_now().await;
                }
            });
            let mut buf = [0; 16];
            for i in 0..100_u8 {
                assert_eq!(a.recv(&mut buf).await.unwrap(), 1);
                assert_eq!(buf[0], i);
            }
            sending.await.unwrap();
            echo.abort();
        });
    });
}

/// Many tasks receive on one socket: each datagram goes to one of them.
#[test]
fn many_tasks_receive_on_one_socket() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair().await;
            let b = Arc::new(b);
            let receivers: Vec<_> = (0..8)
                .map(|_| {
                    let b = b.clone();
                    gmp::spawn(async move {
                        let mut sum = 0;
                        for _ in 0..10 {
                            let mut buf = [0];
                            b.recv(&mut buf).await.unwrap();
                            sum += u32::from(buf[0]);
                        }
                        sum
                    })
                })
                .collect();
            for i in 0..80_u8 {
                a.send(&[i]).await.unwrap();
                gmp::task::yield_now().await;
            }
            let mut sum = 0;
            for receiver in receivers {
                sum += receiver.await.unwrap();
            }
            assert_eq!(sum, (0..80).sum::<u32>());
        });
    });
}

#[test]
fn receiving_that_is_given_up_takes_nothing() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair().await;
            for _ in 0..20 {
                assert!(b.recv(&mut [0; 8]).now_or_never().is_none());
                assert!(b.readable().now_or_never().is_none());
                gmp::time::timeout(Duration::from_millis(1), b.recv_from(&mut [0; 8])).await.unwrap_err();
                a.send(b"hello").await.unwrap();
                b.readable().await.unwrap();
                b.readable().now_or_never().unwrap().unwrap();
                assert_eq!(b.recv(&mut [0; 8]).await.unwrap(), 5);
            }
        });
    });
}

#[test]
fn to_std_and_back() {
    watched(|| {
        current().block_on(async {
            let (a, b) = pair().await;
            let fd = b.as_raw_fd();
            let std = b.into_std().unwrap();
            assert_eq!(std.as_raw_fd(), fd);
            assert_eq!(std.recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
            a.send(b"hello").await.unwrap();
            let b = UdpSocket::try_from(std).unwrap();
            assert_eq!(b.recv(&mut [0; 8]).await.unwrap(), 5);
            assert!(format!("{b:?}").contains(&b.local_addr().unwrap().to_string()));
        });
    });
}
