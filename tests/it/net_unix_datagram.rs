//! `UnixDatagram`: messages, with names and without, whole or cut, waited for or not.

use crate::net_unix_stream::path;
use crate::support::{ByHand, current, on_each, watched};
use gmp::io::{Interest, ReadBuf};
use gmp::net::UnixDatagram;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// Two sockets with names, not connected.
fn named() -> (UnixDatagram, PathBuf, UnixDatagram, PathBuf, TempDir) {
    let (dir, at) = path("a");
    let bt = dir.path().join("b");
    (UnixDatagram::bind(&at).unwrap(), at, UnixDatagram::bind(&bt).unwrap(), bt, dir)
}

#[test]
fn an_echo_server() {
    on_each(|rt| {
        rt.block_on(async {
            let (client, _at, server, bt, _dir) = named();
            let server = gmp::spawn(async move {
                let mut buf = [0; 64];
                for _ in 0..100 {
                    let (n, from) = server.recv_from(&mut buf).await.unwrap();
                    let to = from.as_pathname().unwrap();
                    assert_eq!(server.send_to(&buf[..n], to).await.unwrap(), n);
                }
            });
            client.connect(&bt).unwrap();
            assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(&*bt));
            for i in 0..100_u8 {
                assert_eq!(client.send(&vec![i; usize::from(i) / 4]).await.unwrap(), usize::from(i) / 4);
                let mut buf = [0; 64];
                let n = client.recv(&mut buf).await.unwrap();
                assert_eq!(buf[..n], vec![i; usize::from(i) / 4]);
            }
            server.await.unwrap();
        });
    });
}

/// Each function that receives says the same, and who has sent.
#[test]
fn ways_to_receive() {
    on_each(|rt| {
        rt.block_on(async {
            let (sender, at, receiver, bt, _dir) = named();
            let receiver = &receiver;
            let mut buf = [0; 16];
            let send = || async { sender.send_to(b"hello", &bt).await.unwrap() };

            send().await;
            let (n, from) = receiver.recv_from(&mut buf).await.unwrap();
            assert_eq!((&buf[..n], from.as_pathname()), (&b"hello"[..], Some(&*at)));

            send().await;
            receiver.readable().await.unwrap();
            let (n, from) = receiver.try_recv_from(&mut buf).unwrap();
            assert_eq!((&buf[..n], from.as_pathname()), (&b"hello"[..], Some(&*at)));

            send().await;
            let mut space = [MaybeUninit::uninit(); 16];
            let mut read = ReadBuf::uninit(&mut space);
            read.put_slice(b">> ");
            let from = poll_fn(|cx| receiver.poll_recv_from(cx, &mut read)).await.unwrap();
            assert_eq!((read.filled(), from.as_pathname()), (&b">> hello"[..], Some(&*at)));
            send().await;
            poll_fn(|cx| receiver.poll_recv(cx, &mut read)).await.unwrap();
            assert_eq!(read.filled(), b">> hellohello");

            let mut vec = b">> ".to_vec();
            send().await;
            let (n, from) = receiver.recv_buf_from(&mut vec).await.unwrap();
            assert_eq!((&vec[..], n, from.as_pathname()), (&b">> hello"[..], 5, Some(&*at)));
            send().await;
            receiver.readable().await.unwrap();
            let (n, from) = receiver.try_recv_buf_from(&mut vec).unwrap();
            assert_eq!((&vec[..], n, from.as_pathname()), (&b">> hellohello"[..], 5, Some(&*at)));
            send().await;
            assert_eq!(receiver.recv_buf(&mut vec).await.unwrap(), 5);
            send().await;
            poll_fn(|cx| receiver.poll_recv_ready(cx)).await.unwrap();
            assert_eq!(receiver.try_recv_buf(&mut vec).unwrap(), 5);
            assert_eq!(vec, b">> hellohellohellohello");

            // Nothing more: those that don't wait say so, those that do wait.
            let would_block = |result: io::Result<()>| assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
            would_block(receiver.try_recv(&mut buf).map(drop));
            would_block(receiver.try_recv_from(&mut buf).map(drop));
            would_block(receiver.try_recv_buf(&mut vec).map(drop));
            would_block(receiver.try_recv_buf_from(&mut vec).map(drop));
            assert_eq!(vec.len(), 23, "a failure adds nothing");
            assert!(ByHand::new(receiver.recv(&mut buf)).poll().is_pending());
            assert!(ByHand::new(receiver.recv_from(&mut buf)).poll().is_pending());
            assert!(ByHand::new(receiver.recv_buf(&mut vec)).poll().is_pending());
            assert!(ByHand::new(receiver.recv_buf_from(&mut vec)).poll().is_pending());
            assert!(ByHand::new(poll_fn(|cx| receiver.poll_recv_ready(cx))).poll().is_pending());
        });
    });
}

#[test]
fn ways_to_send() {
    on_each(|rt| {
        rt.block_on(async {
            let (sender, _at, receiver, bt, _dir) = named();
            assert_eq!(sender.send_to(b"1", &bt).await.unwrap(), 1);
            sender.writable().await.unwrap();
            assert_eq!(sender.try_send_to(b"22", &bt).unwrap(), 2);
            assert_eq!(poll_fn(|cx| sender.poll_send_to(cx, b"333", &bt)).await.unwrap(), 3);
            sender.connect(&bt).unwrap();
            assert_eq!(sender.send(b"4444").await.unwrap(), 4);
            poll_fn(|cx| sender.poll_send_ready(cx)).await.unwrap();
            assert_eq!(sender.try_send(b"55555").unwrap(), 5);
            assert_eq!(poll_fn(|cx| sender.poll_send(cx, b"666666")).await.unwrap(), 6);
            assert_eq!(sender.send(b"").await.unwrap(), 0, "a message of no length is one, too");
            for expected in [&b"1"[..], b"22", b"333", b"4444", b"55555", b"666666", b""] {
                let mut buf = [0; 16];
                let n = receiver.recv(&mut buf).await.unwrap();
                assert_eq!(&buf[..n], expected);
            }
        });
    });
}

#[test]
fn senders_without_a_path() {
    on_each(|rt| {
        rt.block_on(async {
            let (_a, _at, receiver, bt, _dir) = named();
            let nameless = UnixDatagram::unbound().unwrap();
            assert!(nameless.local_addr().unwrap().is_unnamed());
            for round in 0..3 {
                nameless.send_to(b"hello", &bt).await.unwrap();
                let mut space = [0; 8];
                let from = match round {
                    0 => receiver.recv_from(&mut space).await.unwrap().1,
                    1 => receiver.recv_buf_from(&mut Vec::new()).await.unwrap().1,
                    _ => {
                        let mut buf = ReadBuf::new(&mut space);
                        poll_fn(|cx| receiver.poll_recv_from(cx, &mut buf)).await.unwrap()
                    }
                };
                assert!(from.is_unnamed(), "{from:?}");
            }
            #[cfg(target_os = "linux")]
            {
                use std::os::linux::net::SocketAddrExt;

                let name = format!("gmp {}", bt.display());
                let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
                let socket = std::os::unix::net::UnixDatagram::bind_addr(&address).unwrap();
                socket.set_nonblocking(true).unwrap();
                let abstracted = UnixDatagram::from_std(socket).unwrap();
                for through_std in [true, false] {
                    abstracted.send_to(b"hello", &bt).await.unwrap();
                    let from = match through_std {
                        true => receiver.recv_from(&mut [0; 8]).await.unwrap().1,
                        false => receiver.recv_buf_from(&mut Vec::new()).await.unwrap().1,
                    };
                    assert_eq!(from.as_abstract_name(), Some(name.as_bytes()));
                }
            }
        });
    });
}

/// What doesn't fit is lost, and the next message is whole.
#[test]
fn messages_that_are_too_long_for_the_buffer() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = UnixDatagram::pair().unwrap();
            for _ in 0..4 {
                a.send(b"longer than the buffer").await.unwrap();
            }
            a.send(b"whole").await.unwrap();
            let mut buf = [0; 6];
            assert_eq!(b.recv(&mut buf).await.unwrap(), 6);
            assert_eq!(&buf, b"longer");
            let mut read = ReadBuf::new(&mut buf);
            poll_fn(|cx| b.poll_recv(cx, &mut read)).await.unwrap();
            assert_eq!(read.filled(), b"longer");
            assert_eq!(b.recv(&mut []).await.unwrap(), 0, "no room takes a message as well");
            let mut no_room = &mut [0_u8; 0][..];
            assert_eq!(b.recv_buf(&mut no_room).await.unwrap(), 0);
            assert_eq!(b.recv(&mut buf).await.unwrap(), 5);
            assert_eq!(&buf[..5], b"whole");
        });
    });
}

/// Until the receiver's queue is full, and again when it no longer is.
#[test]
fn a_full_queue() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = UnixDatagram::pair().unwrap();
            let mut sent = 0_u32;
            loop {
                a.writable().await.unwrap();
                match a.try_send(&sent.to_le_bytes()) {
                    Ok(n) => assert_eq!(n, 4),
                    // Of some systems, for a queue that is full.
                    Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => break,
                    Err(error) => break assert_eq!(error.kind(), ErrorKind::WouldBlock),
                }
                sent += 1;
            }
            assert!(sent > 0);
            let mut one_more = ByHand::new(a.send(b"last"));
            assert!(one_more.poll().is_pending());
            for i in 0..sent {
                let mut buf = [0; 8];
                assert_eq!(b.recv(&mut buf).await.unwrap(), 4);
                assert_eq!(u32::from_le_bytes(buf[..4].try_into().unwrap()), i, "in order");
            }
            assert_eq!(poll_fn(|cx| one_more.as_mut().poll(cx)).await.unwrap(), 4);
            assert_eq!(b.recv(&mut [0; 8]).await.unwrap(), 4);
            assert_eq!(b.try_recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        });
    });
}

/// Many tasks on each end: every message goes to one of them.
#[test]
fn shared_by_tasks() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = UnixDatagram::pair().unwrap();
            let (a, b) = (Arc::new(a), Arc::new(b));
            let receivers: Vec<_> = (0..5)
                .map(|_| {
                    let b = b.clone();
                    gmp::spawn(async move {
                        let mut sum = 0;
                        for _ in 0..100 {
                            let mut buf = [0; 8];
                            assert_eq!(b.recv(&mut buf).await.unwrap(), 4);
                            sum += u64::from(u32::from_le_bytes(buf[..4].try_into().unwrap()));
                        }
                        sum
                    })
                })
                .collect();
            let senders: Vec<_> = (0..5_u32)
                .map(|sender| {
                    let a = a.clone();
                    gmp::spawn(async move {
                        for i in 0..100 {
                            a.send(&(sender * 100 + i).to_le_bytes()).await.unwrap();
                        }
                    })
                })
                .collect();
            for sender in senders {
                sender.await.unwrap();
            }
            let mut sum = 0;
            for receiver in receivers {
                sum += receiver.await.unwrap();
            }
            assert_eq!(sum, (0..500).sum::<u64>());
        });
    });
}

#[test]
fn operations_of_ones_own() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = UnixDatagram::pair().unwrap();
            let not_called = || -> io::Result<()> { panic!("it isn't readable") };
            assert_eq!(a.try_io(Interest::READABLE, not_called).unwrap_err().kind(), ErrorKind::WouldBlock);
            b.send(b"!").await.unwrap();
            a.readable().await.unwrap();
            assert_eq!(a.try_io(Interest::READABLE, || Ok(5)).unwrap(), 5);
            assert_eq!(a.ready(Interest::READABLE).await.unwrap(), gmp::io::Ready::READABLE);
            let mut calls = 0;
            let mut io = ByHand::new(a.async_io(Interest::READABLE, || {
                calls += 1;
                if calls == 1 { Err(ErrorKind::WouldBlock.into()) } else { Ok(calls) }
            }));
            assert!(io.poll().is_pending());
            b.send(b"!").await.unwrap();
            while !io.is_woken() {
                gmp::task::yield_now().await;
            }
            assert!(matches!(io.poll(), std::task::Poll::Ready(Ok(2))));
        });
    });
}

#[test]
fn peers_that_arent_there() {
    watched(|| {
        current().block_on(async {
            let (a, at, b, bt, dir) = named();
            let kind = |result: io::Result<usize>| result.unwrap_err().kind();
            assert_eq!(kind(a.send(b"!").await), ErrorKind::NotConnected);
            assert_eq!(a.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
            assert_eq!(kind(a.send_to(b"!", dir.path().join("c")).await), ErrorKind::NotFound);
            assert_eq!(kind(a.try_send_to(b"!", "a\0b")), ErrorKind::InvalidInput);
            a.connect(&bt).unwrap();
            drop(b);
            assert_eq!(kind(a.send(b"!").await), ErrorKind::ConnectionRefused);
            assert_eq!(a.connect(&bt).unwrap_err().kind(), ErrorKind::ConnectionRefused);
            assert_eq!(UnixDatagram::bind(&at).unwrap_err().kind(), ErrorKind::AddrInUse);
            assert_eq!(a.local_addr().unwrap().as_pathname(), Some(&*at));
            assert!(a.take_error().unwrap().is_none());
        });
    });
}

/// Who waits sees the end, and so does who comes later, after what has come before.
#[test]
fn shutdown() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = UnixDatagram::pair().unwrap();
            let a = Arc::new(a);
            let mut waiters: Vec<_> = (0..3)
                .map(|i| {
                    let a = a.clone();
                    let mut waiter = ByHand::new(async move {
                        match i {
                            0 => a.recv(&mut [0; 8]).await.unwrap(),
                            1 => a.recv_buf(&mut Vec::new()).await.unwrap(),
                            _ => {
                                let (n, from) = a.recv_from(&mut [0; 8]).await.unwrap();
                                assert!(from.is_unnamed());
                                n
                            }
                        }
                    });
                    assert!(waiter.poll().is_pending());
                    waiter
                })
                .collect();
            a.shutdown(Shutdown::Read).unwrap();
            for waiter in &mut waiters {
                while !waiter.is_woken() {
                    gmp::task::yield_now().await;
                }
                assert_eq!(waiter.poll(), std::task::Poll::Ready(0));
            }
            assert_eq!(a.try_recv(&mut [0; 8]).unwrap(), 0);
            assert_eq!(a.try_recv_buf_from(&mut Vec::new()).unwrap().0, 0);
            let mut space = [0; 8];
            let mut buf = ReadBuf::new(&mut space);
            assert!(poll_fn(|cx| a.poll_recv_from(cx, &mut buf)).await.unwrap().is_unnamed());
            assert_eq!(buf.filled(), b"");
            assert_eq!(b.send(b"!").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
            a.send(b"still").await.unwrap();
            assert_eq!(b.recv(&mut [0; 8]).await.unwrap(), 5);

            b.send(b"!").await.unwrap_err();
            let (a, b) = UnixDatagram::pair().unwrap();
            b.send(b"before").await.unwrap();
            a.shutdown(Shutdown::Both).unwrap();
            assert_eq!(a.recv(&mut [0; 8]).await.unwrap(), 6);
            assert_eq!(a.recv(&mut [0; 8]).await.unwrap(), 0);
            assert_eq!(a.send(b"!").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        });
    });
}

#[test]
fn from_the_standard_library_and_back() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = std::os::unix::net::UnixDatagram::pair().unwrap();
            a.set_nonblocking(true).unwrap();
            let a = UnixDatagram::try_from(a).unwrap();
            assert!(format!("{a:?}").contains("UnixDatagram"));
            b.send(b"hello").unwrap();
            assert_eq!(a.recv(&mut [0; 8]).await.unwrap(), 5);
            let a = a.into_std().unwrap();
            assert_eq!(a.recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
            let a = UnixDatagram::from_std(a).unwrap();
            b.send(b"hello").unwrap();
            assert_eq!(a.recv(&mut [0; 8]).await.unwrap(), 5);
        });
    });
}
