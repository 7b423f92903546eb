//! Readiness of Unix streams: what is known without asking, what clears it, who is woken; operations that don't wait; the end
//! of the runtime.

use crate::net_unix_stream::{bytes, connected, path};
use crate::support::{ByHand, block_on, current, eventually, on_each, on_each_multi, panic_of, watched};
use gmp::io::{AsyncReadExt, AsyncWriteExt, Interest, Ready};
use gmp::net::{UnixDatagram, UnixListener, UnixStream};
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

const NO_RUNTIME: &str = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";

#[track_caller]
fn would_block<T: std::fmt::Debug>(result: io::Result<T>) {
    assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
}

/// Both ends of a fresh pair can be written to before the poller has been asked, and read from when it has told of it.
#[test]
fn a_pair_starts_writable() {
    watched(|| {
        current().block_on(async {
            let (a, mut b) = UnixStream::pair().unwrap();
            assert!(matches!(ByHand::new(a.writable()).poll(), Poll::Ready(Ok(()))));
            assert_eq!(a.try_write(b"hi").unwrap(), 2);
            assert!(matches!(ByHand::new(b.write_all(b"yo")).poll(), Poll::Ready(Ok(()))));

            let (c, _d) = UnixStream::pair().unwrap();
            assert!(ByHand::new(c.readable()).poll().is_pending());
            would_block(c.try_read(&mut [0]));

            a.readable().await.unwrap();
            assert_eq!(a.try_read(&mut [0; 8]).unwrap(), 2);

            let (e, _f) = UnixDatagram::pair().unwrap();
            assert!(matches!(ByHand::new(e.writable()).poll(), Poll::Ready(Ok(()))));
            assert!(ByHand::new(e.readable()).poll().is_pending());
        });
    });
}

/// What a listener has accepted is tried before the poller is asked.
#[test]
fn what_is_accepted_starts_ready() {
    on_each(|rt| {
        rt.block_on(async {
            let (_client, server) = connected().await;
            let both = server.ready(Interest::READABLE | Interest::WRITABLE).await.unwrap();
            assert!(both.is_readable() && both.is_writable());
            would_block(server.try_read(&mut [0]));
            assert!(ByHand::new(server.readable()).poll().is_pending());
        });
    });
}

/// One that is known to be ready says so when it is first asked; or when it is asked again, for a task may be told that it has run for long.
async fn is_writable_at_once(stream: &UnixStream) {
    let mut writable = ByHand::new(stream.writable());
    let mut poll = writable.poll();
    if poll.is_pending() {
        assert!(writable.is_woken(), "it waits, though it is writable");
        gmp::task::yield_now().await;
        poll = writable.poll();
    }
    assert!(matches!(poll, Poll::Ready(Ok(()))));
}

/// Fills the stream until it would block, and reads it empty again.
#[test]
fn try_read_and_try_write() {
    type Write = fn(&UnixStream, &[u8]) -> io::Result<usize>;
    type Read = fn(&UnixStream, &mut Vec<u8>) -> io::Result<usize>;
    const READS: [Read; 3] = [
        |stream, into| {
            let mut buf = [0; 1000];
            let n = stream.try_read(&mut buf)?;
            into.extend(&buf[..n]);
            Ok(n)
        },
        |stream, into| {
            let (mut head, mut tail) = ([0; 10], [0; 2000]);
            let n = stream.try_read_vectored(&mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)])?;
            into.extend(&head[..n.min(10)]);
            into.extend(&tail[..n.saturating_sub(10)]);
            Ok(n)
        },
        |stream, into| stream.try_read_buf(into),
    ];
    const WRITES: [Write; 2] = [
        |stream, what| stream.try_write(what),
        |stream, what| stream.try_write_vectored(&what.chunks(7).map(IoSlice::new).collect::<Vec<_>>()),
    ];
    on_each(|rt| {
        rt.block_on(async {
            for write in WRITES {
                for read in READS {
                    let (client, server) = connected().await;
                    // A fresh socket is taken for readable, and stays so if an event comes while a try finds that it isn't.
                    let readable = loop {
                        would_block(read(&server, &mut Vec::new()));
                        let mut readable = ByHand::new(server.readable());
                        if readable.poll().is_pending() {
                            break readable;
                        }
                    };

                    let mut written: Vec<u8> = Vec::new();
                    client.writable().await.unwrap();
                    let message = bytes(1001);
                    loop {
                        is_writable_at_once(&client).await;
                        match write(&client, &message) {
                            Ok(n) => written.extend(&message[..n]),
                            Err(error) => break assert_eq!(error.kind(), ErrorKind::WouldBlock),
                        }
                    }
                    while !readable.is_woken() {
                        gmp::task::yield_now().await;
                    }
                    drop(readable);

                    let mut writable = ByHand::new(client.writable());
                    assert!(writable.poll().is_pending(), "the buffers are full");
                    let mut received = Vec::new();
                    while received.len() < written.len() {
                        server.readable().await.unwrap();
                        match read(&server, &mut received) {
                            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                            Ok(n) => assert!(n > 0),
                        }
                    }
                    assert!(received == written);
                    // Once in any case: as above.
                    gmp::task::yield_now().await;
                    while !writable.is_woken() {
                        gmp::task::yield_now().await;
                    }
                    assert!(matches!(writable.poll(), Poll::Ready(Ok(()))));
                    drop(writable);

                    drop(client);
                    while !server.ready(Interest::READABLE).await.unwrap().is_read_closed() {
                        gmp::task::yield_now().await;
                    }
                    assert_eq!(read(&server, &mut received).unwrap(), 0);
                }
            }
        });
    });
}

#[test]
fn poll_read_ready_and_poll_write_ready() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut client, mut server) = connected().await;
            let pending = async |stream: &UnixStream, write: bool| {
                poll_fn(|cx| {
                    let poll = if write { stream.poll_write_ready(cx) } else { stream.poll_read_ready(cx) };
                    Poll::Ready(poll.is_pending())
                })
                .await
            };
            would_block(server.try_read(&mut [0]));
            assert!(pending(&server, false).await);
            client.write_all(b"ping").await.unwrap();
            poll_fn(|cx| server.poll_read_ready(cx)).await.unwrap();
            server.read_exact(&mut [0; 4]).await.unwrap();
            poll_fn(|cx| server.poll_read_ready(cx)).await.unwrap();
            would_block(server.try_read(&mut [0]));
            assert!(pending(&server, false).await);

            poll_fn(|cx| client.poll_write_ready(cx)).await.unwrap();
            while client.try_write(&[0; 10_000]).is_ok() {}
            assert!(pending(&client, true).await);

            // The peer's going is readiness for both.
            drop(server);
            poll_fn(|cx| client.poll_write_ready(cx)).await.unwrap();
            poll_fn(|cx| client.poll_read_ready(cx)).await.unwrap();
            assert_eq!(client.try_write(b"!").unwrap_err().kind(), ErrorKind::BrokenPipe);
        });
    });
}

/// A poll function has one place for each direction; the last who came is woken.
#[test]
fn the_last_who_polls_is_woken() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = UnixStream::pair().unwrap();
            while a.try_write(&[0; 10_000]).is_ok() {}
            let mut hands: Vec<_> = (0..2).map(|_| ByHand::new(())).collect();
            let mut writer = ByHand::new(());
            assert!(writer.enter(|_, cx| a.poll_write_ready(cx)).is_pending());
            for hand in &mut hands {
                assert!(hand.enter(|_, cx| a.poll_read_ready(cx)).is_pending());
            }
            b.try_write(b"!").unwrap();
            while !hands[1].is_woken() {
                gmp::task::yield_now().await;
            }
            assert!(!hands[0].is_woken(), "it was replaced");
            assert!(!writer.is_woken(), "it waits for something else");
            // Whoever woke it, on another thread perhaps, has the waker for a moment longer.
            eventually("the wakers go", || (hands[0].wakers(), hands[1].wakers()) == (0, 0));
            b.readable().await.unwrap();
            while b.try_read(&mut [0; 10_000]).is_ok() {}
            while !writer.is_woken() {
                gmp::task::yield_now().await;
            }
        });
    });
}

/// The futures have places of their own, as many as there are.
#[test]
fn all_who_wait_are_woken() {
    on_each_multi(|rt| {
        rt.block_on(async {
            let (a, b) = UnixStream::pair().unwrap();
            let a = Arc::new(a);
            let waiting = Arc::new(AtomicUsize::new(0));
            let tasks: Vec<_> = (0..20)
                .map(|i| {
                    let (a, waiting) = (a.clone(), waiting.clone());
                    gmp::spawn(async move {
                        let mut first = true;
                        let mut readable = std::pin::pin!(a.readable());
                        let count = poll_fn(|cx| {
                            let poll = readable.as_mut().poll(cx);
                            if std::mem::take(&mut first) && poll.is_pending() {
                                waiting.fetch_add(1, Ordering::SeqCst);
                            }
                            poll.map_ok(|()| i)
                        });
                        count.await.unwrap()
                    })
                })
                .collect();
            while waiting.load(Ordering::SeqCst) < 20 {
                gmp::task::yield_now().await;
            }
            b.try_write(b"!").unwrap();
            for (i, task) in tasks.into_iter().enumerate() {
                assert_eq!(task.await.unwrap(), i);
            }
        });
    });
}

/// One that is dropped while it waits is forgotten, and takes nobody else's wake along.
#[test]
fn a_wait_that_is_dropped() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = UnixStream::pair().unwrap();
            let mut waits: Vec<_> = (0..10).map(|_| ByHand::new(a.readable())).collect();
            for wait in &mut waits {
                assert!(wait.poll().is_pending());
                assert_eq!(wait.wakers(), 1);
            }
            let mut kept = waits.swap_remove(4);
            drop(waits);
            b.try_write(b"!").unwrap();
            while !kept.is_woken() {
                gmp::task::yield_now().await;
            }
            assert!(matches!(kept.poll(), Poll::Ready(Ok(()))));
            eventually("the waker goes", || kept.wakers() == 0);
        });
    });
}

#[test]
fn operations_of_ones_own() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = UnixStream::pair().unwrap();
            // Not ready: not called.
            would_block(a.try_io(Interest::READABLE, || -> io::Result<()> { panic!("it isn't readable") }));
            b.try_write(b"!").unwrap();
            a.readable().await.unwrap();
            // Ready, and stays so whatever else happens.
            assert_eq!(a.try_io(Interest::READABLE, || Ok(5)).unwrap(), 5);
            let error = a.try_io(Interest::READABLE, || Err::<(), _>(ErrorKind::AddrInUse.into())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddrInUse);
            assert!(matches!(ByHand::new(a.readable()).poll(), Poll::Ready(Ok(()))));
            // Until it would block; the other direction isn't touched.
            would_block(a.try_io(Interest::READABLE, || Err::<(), _>(ErrorKind::WouldBlock.into())));
            assert!(ByHand::new(a.readable()).poll().is_pending());
            assert!(matches!(ByHand::new(a.writable()).poll(), Poll::Ready(Ok(()))));

            // The waiting kind: it is called again when there is something new.
            let (a, b) = UnixStream::pair().unwrap();
            let calls = AtomicUsize::new(0);
            let mut io = ByHand::new(a.async_io(Interest::WRITABLE, || match calls.fetch_add(1, Ordering::SeqCst) {
                0 => Err(ErrorKind::WouldBlock.into()),
                n => Ok(n),
            }));
            assert!(io.poll().is_pending());
            assert_eq!(calls.load(Ordering::SeqCst), 1);
            drop(io);
            let (mut buf, mut tries) = ([0; 8], 0);
            let mut io = ByHand::new(a.async_io(Interest::READABLE, || {
                tries += 1;
                io::Read::read(&mut &*std::mem::ManuallyDrop::new(dup(&a)), &mut buf)
            }));
            assert!(io.poll().is_pending());
            b.try_write(b"hello").unwrap();
            while !io.is_woken() {
                gmp::task::yield_now().await;
            }
            assert!(matches!(io.poll(), Poll::Ready(Ok(5))));
            drop(io);
            assert_eq!((&buf[..5], tries), (&b"hello"[..], 1));
        });
    });
}

/// A second descriptor of the same socket.
fn dup(stream: &UnixStream) -> std::os::unix::net::UnixStream {
    std::os::fd::AsFd::as_fd(stream).try_clone_to_owned().unwrap().into()
}

#[test]
fn ready_names_what_was_asked_for() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = UnixStream::pair().unwrap();
            assert_eq!(a.ready(Interest::READABLE | Interest::WRITABLE).await.unwrap(), Ready::WRITABLE);
            b.try_write(b"!").unwrap();
            assert_eq!(a.ready(Interest::READABLE).await.unwrap(), Ready::READABLE);
            assert_eq!(a.ready(Interest::WRITABLE).await.unwrap(), Ready::WRITABLE);
            let both = a.ready(Interest::READABLE | Interest::WRITABLE).await.unwrap();
            assert_eq!(both, Ready::READABLE | Ready::WRITABLE);
            drop(b);
            loop {
                let ready = a.ready(Interest::READABLE | Interest::WRITABLE).await.unwrap();
                if ready.is_read_closed() && ready.is_write_closed() {
                    break;
                }
                gmp::task::yield_now().await;
            }
        });
    });
}

/// A buffer without room is filled as soon as the stream is thought to be ready, whether there is something or not.
#[test]
fn a_buffer_without_room() {
    on_each(|rt| {
        rt.block_on(async {
            let (_client, mut server) = connected().await;
            assert_eq!(server.read(&mut []).await.unwrap(), 0);
            let (mut a, b) = UnixStream::pair().unwrap();
            assert!(ByHand::new(a.read(&mut [])).poll().is_pending(), "it isn't ready");
            b.try_write(b"!").unwrap();
            assert_eq!(a.read(&mut []).await.unwrap(), 0);
            assert_eq!(a.try_read(&mut []).unwrap(), 0);
            assert_eq!(a.read(&mut [0; 8]).await.unwrap(), 1);
        });
    });
}

/// A stream that always has something is no reason to keep others waiting.
#[test]
fn a_stream_that_never_blocks_uses_up_its_turn() {
    watched(|| {
        let rt = current();
        rt.block_on(async {
            let (mut a, b) = UnixStream::pair().unwrap();
            let mut len = 0;
            while let Ok(n) = b.try_write(&[0; 4096]) {
                len += n;
            }
            assert!(len > 10_000);
            let turns = Arc::new(AtomicUsize::new(0));
            let others = turns.clone();
            let other = gmp::spawn(async move {
                loop {
                    others.fetch_add(1, Ordering::SeqCst);
                    gmp::task::yield_now().await;
                }
            });
            for _ in 0..10_000 {
                a.read_exact(&mut [0]).await.unwrap();
            }
            assert!(turns.load(Ordering::SeqCst) >= 10, "{turns:?}");
            other.abort();
        });
    });
}

#[test]
fn they_need_a_runtime_to_be_made() {
    let (dir, at) = path("listener");
    let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
    let listener = std::os::unix::net::UnixListener::bind(&at).unwrap();
    let _keeps_listening = listener.try_clone().unwrap();
    a.set_nonblocking(true).unwrap();
    b.set_nonblocking(true).unwrap();
    listener.set_nonblocking(true).unwrap();
    let other = dir.path().join("other");
    let panics = [
        (panic_of(|| UnixListener::bind(&other)), line!()),
        (panic_of(|| UnixListener::from_std(listener)), line!()),
        (panic_of(|| UnixStream::from_std(a)), line!()),
        (panic_of(|| UnixStream::try_from(b)), line!()),
        (panic_of(UnixStream::pair), 0),
        (panic_of(UnixDatagram::pair), 0),
        (panic_of(UnixDatagram::unbound), 0),
        (panic_of(|| UnixDatagram::bind(dir.path().join("datagram"))), line!()),
        (panic_of(|| block_on(UnixStream::connect(&at))), 0),
    ];
    for (panic, line) in panics {
        assert_eq!(panic.text, NO_RUNTIME);
        if line > 0 {
            assert_eq!((&*panic.file, panic.line), (file!(), line));
        }
    }
    // An entered runtime will do.
    let rt = current();
    let _guard = rt.enter();
    UnixStream::pair().unwrap();
}

#[test]
#[cfg(debug_assertions)]
fn a_socket_in_blocking_mode_is_refused() {
    let rt = current();
    let _guard = rt.enter();
    let (_dir, at) = path("listener");
    let listener = std::os::unix::net::UnixListener::bind(at).unwrap();
    let (stream, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let (datagram, _other) = std::os::unix::net::UnixDatagram::pair().unwrap();
    for panic in [
        panic_of(|| UnixListener::from_std(listener)),
        panic_of(|| UnixStream::from_std(stream)),
        panic_of(|| UnixDatagram::from_std(datagram)),
    ] {
        assert!(panic.text.starts_with("Registering a blocking socket with the"), "{}", panic.text);
        assert_eq!(panic.file, file!());
    }
}

/// Whoever waits learns that the runtime has ended, and so does whoever comes later.
#[test]
fn the_end_of_the_runtime() {
    on_each(|rt| {
        let (mut a, b, listener, _dir) = {
            let _guard = rt.enter();
            let (a, b) = UnixStream::pair().unwrap();
            let (dir, at) = path("listener");
            (a, b, UnixListener::bind(at).unwrap(), dir)
        };
        let mut wait = ByHand::new(b.readable());
        assert!(wait.poll().is_pending());
        let mut accept = ByHand::new(listener.accept());
        assert!(accept.poll().is_pending());
        let waiter = std::thread::scope(|s| {
            let waiter = s.spawn(|| block_on(a.read(&mut [0])).unwrap_err());
            drop(rt);
            waiter.join().unwrap()
        });
        assert!(wait.is_woken() && accept.is_woken());
        let ready = |poll: Poll<io::Result<()>>| match poll {
            Poll::Ready(result) => result.unwrap_err(),
            Poll::Pending => panic!("it still waits"),
        };
        let errors = [
            waiter,
            ready(wait.poll()),
            ready(accept.poll().map_ok(drop)),
            block_on(b.readable()).unwrap_err(),
            block_on(a.write_all(b"!")).unwrap_err(),
            block_on(listener.accept()).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Other);
            assert_eq!(error.to_string(), "A Tokio 1.x context was found, but it is being shutdown.");
        }
        // It is still a socket.
        drop(wait);
        assert!(a.into_std().is_ok());
    });
}
