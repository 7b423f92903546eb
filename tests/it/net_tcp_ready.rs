//! Readiness of TCP sockets: the operations that never wait, how readiness is cleared and comes back, who is woken; peeking.

use crate::net_tcp::{listener, pair, pattern};
use crate::support::{current, on_each, watched};
use futures::FutureExt;
use futures::task::{ArcWake, waker};
use gmp::io::{AsyncReadExt, AsyncWriteExt, Interest, ReadBuf};
use gmp::net::{TcpSocket, TcpStream};
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

/// Counts its wakes.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl ArcWake for Wakes {
    fn wake_by_ref(this: &Arc<Self>) {
        this.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[track_caller]
fn would_block<T: std::fmt::Debug>(result: io::Result<T>) {
    assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
}

/// The same socket, of the standard library.
fn std_of(stream: &TcpStream) -> std::net::TcpStream {
    stream.as_fd().try_clone_to_owned().unwrap().into()
}

/// Repeats what never waits, whenever the stream is readable.
async fn when_readable<T>(stream: &TcpStream, mut f: impl FnMut() -> io::Result<T>) -> T {
    loop {
        stream.readable().await.unwrap();
        match f() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            result => break result.unwrap(),
        }
    }
}

/// Two ends of a connection; what goes from the second to the first finds small buffers.
async fn narrow_pair() -> (TcpStream, TcpStream) {
    let (reader, writer) = (TcpSocket::new_v4().unwrap(), TcpSocket::new_v4().unwrap());
    reader.set_recv_buffer_size(1 << 14).unwrap();
    writer.set_send_buffer_size(1 << 14).unwrap();
    writer.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = writer.listen(1).unwrap();
    let ours = reader.connect(listener.local_addr().unwrap()).await.unwrap();
    (ours, listener.accept().await.unwrap().0)
}

#[test]
fn reading_and_writing_without_waiting() {
    on_each(|rt| {
        rt.block_on(async {
            let (ours, theirs) = narrow_pair().await;
            would_block(ours.try_read(&mut [0; 8]));
            would_block(ours.try_read_vectored(&mut [IoSliceMut::new(&mut [0; 8])]));
            would_block(ours.try_read_buf(&mut Vec::with_capacity(8)));

            // Until the buffers are full. Each says how much it took.
            let sent = pattern(16 << 20);
            let mut taken = 0;
            theirs.writable().await.unwrap();
            loop {
                let result = match taken % 2 {
                    0 => theirs.try_write(&sent[taken..taken + 10_000]),
                    _ => theirs.try_write_vectored(&[
                        IoSlice::new(&sent[taken..taken + 777]),
                        IoSlice::new(&sent[taken + 777..taken + 5000]),
                    ]),
                };
                match result {
                    Ok(n) => taken += n,
                    Err(error) => break assert_eq!(error.kind(), ErrorKind::WouldBlock),
                }
            }
            assert!(taken > 0);
            assert!(theirs.writable().now_or_never().is_none(), "cleared");

            let mut got = Vec::new();
            while got.len() < taken {
                let mut head = [0; 100];
                let mut body = [0; 1000];
                let n = match got.len() % 3 {
                    0 => when_readable(&ours, || ours.try_read(&mut body)).await,
                    1 => {
                        let mut bufs = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
                        let n = when_readable(&ours, || ours.try_read_vectored(&mut bufs)).await;
                        got.extend_from_slice(&head[..n.min(100)]);
                        got.extend_from_slice(&body[..n.saturating_sub(100)]);
                        continue;
                    }
                    _ => {
                        let before = got.len();
                        got.reserve(500);
                        let n = when_readable(&ours, || ours.try_read_buf(&mut got)).await;
                        assert_eq!(got.len(), before + n);
                        continue;
                    }
                };
                got.extend_from_slice(&body[..n]);
            }
            assert!(got == sent[..taken]);
            // The reader has made room.
            theirs.writable().await.unwrap();
            drop(theirs);
            assert_eq!(when_readable(&ours, || ours.try_read(&mut [0; 8])).await, 0);
        });
    });
}

/// A buffer without free space reads nothing, and doesn't take the stream for ended.
#[test]
fn a_full_buffer_reads_nothing() {
    watched(|| {
        current().block_on(async {
            let (ours, mut theirs) = pair().await;
            theirs.write_all(b"hello").await.unwrap();
            ours.readable().await.unwrap();
            let mut none: &mut [u8] = &mut [];
            assert_eq!(ours.try_read_buf(&mut none).unwrap(), 0);
            let mut two: &mut [u8] = &mut [0; 2];
            assert_eq!(ours.try_read_buf(&mut two).unwrap(), 2);
            assert!(two.is_empty());
            let mut rest = vec![b'-'];
            assert_eq!(ours.try_read_buf(&mut rest).unwrap(), 3);
            assert_eq!(rest, b"-llo");
        });
    });
}

#[test]
fn an_accepted_stream_starts_ready() {
    watched(|| {
        current().block_on(async {
            let (listener, addr) = listener().await;
            let mut client = TcpStream::connect(addr).await.unwrap();
            client.write_all(b"first").await.unwrap();
            let (server, _) = listener.accept().await.unwrap();
            let mut buf = [0; 8];
            // No event can have come: nobody has polled since.
            assert_eq!(server.try_read(&mut buf).unwrap(), 5);
            assert_eq!(server.try_write(b"second").unwrap(), 6);
        });
    });
}

#[test]
fn readiness_is_cleared_by_an_attempt_and_comes_back() {
    on_each(|rt| {
        rt.block_on(async {
            let (ours, mut theirs) = pair().await;
            for _ in 0..20 {
                assert!(ours.readable().now_or_never().is_none());
                theirs.write_all(b"hello").await.unwrap();
                ours.readable().await.unwrap();
                // It stays, until an attempt finds nothing.
                ours.readable().now_or_never().unwrap().unwrap();
                assert!(ours.ready(Interest::READABLE).await.unwrap().is_readable());
                assert_eq!(when_readable(&ours, || ours.try_read(&mut [0; 16])).await, 5);
                would_block(ours.try_read(&mut [0; 16]));
            }
            // Reading has told nothing about writing.
            assert!(ours.ready(Interest::READABLE | Interest::WRITABLE).await.unwrap().is_writable());
        });
    });
}

#[test]
fn the_ends_of_both_directions_are_seen() {
    watched(|| {
        current().block_on(async {
            let (ours, mut theirs) = pair().await;
            theirs.shutdown().await.unwrap();
            let ready = ours.ready(Interest::READABLE).await.unwrap();
            assert!(ready.is_readable() && ready.is_read_closed() && !ready.is_write_closed());
            // It is final: no attempt clears it.
            for _ in 0..3 {
                assert_eq!(ours.try_read(&mut [0; 8]).unwrap(), 0);
                assert!(ours.ready(Interest::READABLE).await.unwrap().is_read_closed());
            }

            let (ours, theirs) = pair().await;
            theirs.set_zero_linger().unwrap();
            drop(theirs);
            let ready = ours.ready(Interest::READABLE).await.unwrap();
            assert!(ready.is_read_closed());
            let ready = ours.ready(Interest::WRITABLE).await.unwrap();
            assert!(ready.is_write_closed());
            assert!(ours.ready(Interest::ERROR).await.unwrap().is_error());
            assert_eq!(ours.take_error().unwrap().unwrap().kind(), ErrorKind::ConnectionReset);
            assert!(ours.take_error().unwrap().is_none());
        });
    });
}

#[test]
fn operations_of_ones_own() {
    on_each(|rt| {
        rt.block_on(async {
            let (ours, mut theirs) = pair().await;
            let mut raw = std_of(&ours);
            let mut buf = [0; 8];
            let uncalled = || -> io::Result<()> { panic!("nothing is there to be read") };
            would_block(ours.try_io(Interest::READABLE, uncalled));

            theirs.write_all(b"hello").await.unwrap();
            ours.readable().await.unwrap();
            assert_eq!(when_readable(&ours, || ours.try_io(Interest::READABLE, || raw.read(&mut buf))).await, 5);
            // Its WouldBlock clears the readiness, what it returns otherwise doesn't.
            would_block(ours.try_io(Interest::READABLE, || raw.read(&mut buf)));
            assert!(ours.readable().now_or_never().is_none());
            ours.writable().await.unwrap();
            let other = ours.try_io(Interest::WRITABLE, || Err::<(), _>(io::Error::other("mine")));
            assert_eq!(other.unwrap_err().to_string(), "mine");
            ours.writable().now_or_never().unwrap().unwrap();
            would_block(ours.try_io(Interest::WRITABLE, || Err::<(), _>(ErrorKind::WouldBlock.into())));
            assert!(ours.writable().now_or_never().is_none());
        });
    });
}

#[test]
fn operations_of_ones_own_are_repeated() {
    on_each(|rt| {
        rt.block_on(async {
            let (ours, mut theirs) = pair().await;
            let mut raw = std_of(&ours);
            let calls = Arc::new(AtomicUsize::new(0));
            let counted = calls.clone();
            let reading = gmp::spawn(async move {
                let read = || {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let mut buf = [0; 8];
                    raw.read(&mut buf).map(|n| buf[..n].to_vec())
                };
                let got = ours.async_io(Interest::READABLE, read).await.unwrap();
                let mut failures = 0;
                let fails = || {
                    failures += 1;
                    Err::<(), _>(io::Error::other("mine"))
                };
                ours.async_io(Interest::WRITABLE, fails).await.unwrap_err();
                assert_eq!(failures, 1);
                got
            });
            for _ in 0..10 {
                gmp::task::yield_now().await;
            }
            assert_eq!(calls.load(Ordering::SeqCst), 0, "nothing was there to be read");
            theirs.write_all(b"hello").await.unwrap();
            assert_eq!(reading.await.unwrap(), b"hello");
            assert!(calls.load(Ordering::SeqCst) >= 1);
        });
    });
}

#[test]
fn any_number_of_tasks_waits_for_readiness() {
    on_each(|rt| {
        rt.block_on(async {
            let (ours, mut theirs) = pair().await;
            let ours = Arc::new(ours);
            let waiting: Vec<_> = (0..20)
                .map(|i| {
                    let ours = ours.clone();
                    gmp::spawn(async move {
                        match i % 2 {
                            0 => ours.readable().await.unwrap(),
                            _ => assert!(ours.peek(&mut [0; 8]).await.unwrap() > 0),
                        }
                    })
                })
                .collect();
            for _ in 0..10 {
                gmp::task::yield_now().await;
            }
            // Some give up first.
            for task in &waiting[..5] {
                task.abort();
            }
            theirs.write_all(b"!").await.unwrap();
            for (i, task) in waiting.into_iter().enumerate() {
                assert!(task.await.is_ok() || i < 5);
            }
        });
    });
}

/// The last waker of a direction is woken, those before it aren't; the directions don't mix.
#[test]
fn the_last_waker_counts() {
    watched(|| {
        current().block_on(async {
            let (mut ours, mut theirs) = pair().await;
            // Full: writing has to wait, too.
            while ours.try_write(&[0; 65536]).is_ok() {}
            let [first, last, writer] = [(); 3].map(|()| Arc::new(Wakes::default()));
            let poll = |wakes: &Arc<Wakes>, f: &mut dyn FnMut(&mut Context<'_>) -> bool| {
                let waker = waker(wakes.clone());
                assert!(f(&mut Context::from_waker(&waker)), "not ready yet");
            };
            let mut space = [0; 8];
            poll(&first, &mut |cx| ours.poll_read_ready(cx).is_pending());
            poll(&last, &mut |cx| ours.poll_peek(cx, &mut ReadBuf::new(&mut space)).is_pending());
            poll(&writer, &mut |cx| ours.poll_write_ready(cx).is_pending());
            theirs.write_all(b"hello").await.unwrap();
            // Whoever waits in a list of its own is woken beside them.
            ours.readable().await.unwrap();
            assert_eq!((first.count(), last.count(), writer.count()), (0, 1, 0));
            poll_fn(|cx| ours.poll_read_ready(cx)).await.unwrap();

            // The writer's waker wakes nobody here, so reading must not wait for ever.
            while writer.count() == 0 {
                let _ = gmp::time::timeout(Duration::from_millis(1), theirs.read(&mut [0; 65536])).await;
            }
            poll_fn(|cx| ours.poll_write_ready(cx)).await.unwrap();
            assert_eq!((first.count(), last.count(), writer.count()), (0, 1, 1));
            ours.write_all(b"there is room").await.unwrap();
        });
    });
}

#[test]
fn peeking_takes_nothing() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut ours, mut theirs) = pair().await;
            let mut peeked = [0; 8];
            let mut space = [0; 8];
            {
                let mut buf = ReadBuf::new(&mut space);
                assert!(poll_fn(|cx| Poll::Ready(ours.poll_peek(cx, &mut buf).is_pending())).await);
            }
            let writing = gmp::spawn(async move {
                gmp::time::sleep(Duration::from_millis(5)).await;
                theirs.write_all(b"hello").await.unwrap();
                theirs
            });
            assert_eq!(ours.peek(&mut peeked).await.unwrap(), 5);
            assert_eq!(ours.peek(&mut peeked[..2]).await.unwrap(), 2);
            assert_eq!(&peeked[..5], b"hello");
            {
                // Only the unfilled part is written to, and what was there stays.
                let mut buf = ReadBuf::new(&mut space);
                buf.put_slice(b"--");
                assert_eq!(poll_fn(|cx| ours.poll_peek(cx, &mut buf)).await.unwrap(), 5);
                assert_eq!(buf.filled(), b"--hello");
            }
            let (mut reader, _) = ours.split();
            assert_eq!(reader.peek(&mut peeked).await.unwrap(), 5);
            let mut buf = ReadBuf::new(&mut space);
            assert_eq!(poll_fn(|cx| reader.poll_peek(cx, &mut buf)).await.unwrap(), 5);
            let (mut reader, writer) = ours.into_split();
            assert_eq!(reader.peek(&mut peeked).await.unwrap(), 5);
            let mut buf = ReadBuf::new(&mut space);
            assert_eq!(poll_fn(|cx| reader.poll_peek(cx, &mut buf)).await.unwrap(), 5);
            let mut got = [0; 5];
            reader.read_exact(&mut got).await.unwrap();
            assert_eq!(&got, b"hello");
            drop(writing.await.unwrap());
            assert_eq!(reader.peek(&mut peeked).await.unwrap(), 0);
            drop(writer);
        });
    });
}

#[test]
fn halves_never_wait_either() {
    watched(|| {
        current().block_on(async {
            let (mut ours, theirs) = pair().await;
            {
                let (reader, writer) = ours.split();
                would_block(reader.try_read(&mut [0]));
                assert!(writer.ready(Interest::WRITABLE).await.unwrap().is_writable());
                writer.writable().await.unwrap();
                assert_eq!(writer.try_write(b"he").unwrap(), 2);
                assert_eq!(writer.try_write_vectored(&[IoSlice::new(b"l"), IoSlice::new(b"lo")]).unwrap(), 3);
            }
            let (reader, writer) = theirs.into_split();
            let mut got = Vec::with_capacity(8);
            assert!(reader.ready(Interest::READABLE).await.unwrap().is_readable());
            reader.readable().await.unwrap();
            assert_eq!(when_readable(reader.as_ref(), || reader.try_read_buf(&mut got)).await, 5);
            assert_eq!(got, b"hello");
            would_block(reader.try_read(&mut [0]));
            would_block(reader.try_read_vectored(&mut [IoSliceMut::new(&mut [0])]));
            writer.writable().await.unwrap();
            assert!(writer.ready(Interest::WRITABLE).await.unwrap().is_writable());
            assert_eq!(writer.try_write(b"a").unwrap(), 1);
            assert_eq!(writer.try_write_vectored(&[IoSlice::new(b"b")]).unwrap(), 1);
            let (reader, _) = ours.split();
            reader.readable().await.unwrap();
            let (mut a, mut b) = ([0], [0]);
            let mut bufs = [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)];
            let n = reader.try_read_vectored(&mut bufs).unwrap();
            assert_eq!((a[0], n), (b'a', if b[0] == 0 { 1 } else { 2 }));
            assert!(reader.ready(Interest::READABLE).await.unwrap().is_readable());
        });
    });
}

/// A loop over what is always ready gives others their turn.
#[test]
fn a_ready_stream_yields() {
    watched(|| {
        current().block_on(async {
            let (ours, mut theirs) = pair().await;
            theirs.write_all(b"!").await.unwrap();
            ours.readable().await.unwrap();
            let turns = Arc::new(AtomicUsize::new(0));
            let counted = turns.clone();
            let busy = gmp::spawn(async move {
                while counted.load(Ordering::SeqCst) == 0 {
                    ours.peek(&mut [0]).await.unwrap();
                }
                while counted.load(Ordering::SeqCst) == 1 {
                    poll_fn(|cx| ours.poll_read_ready(cx)).await.unwrap();
                }
            });
            for _ in 0..2 {
                gmp::spawn({
                    let turns = turns.clone();
                    async move { turns.fetch_add(1, Ordering::SeqCst) }
                })
                .await
                .unwrap();
            }
            busy.await.unwrap();
        });
    });
}
