//! The halves of a TCP stream: at once, in two tasks, put together again; what dropping one does.

use crate::net_tcp::{pair, pair_with_std, pattern};
use crate::support::{current, on_each, watched};
use gmp::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use gmp::net::TcpStream;
use gmp::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use std::io::{IoSlice, Read, Write};
use std::time::Duration;

/// More than all buffers hold, both ways: each side waits for room and for data again and again.
#[test]
fn borrowed_halves_carry_both_ways_at_once() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut a, mut b) = pair().await;
            let sent = pattern(8 << 20);
            async fn exchange(stream: &mut TcpStream, sent: &[u8]) {
                let (mut reader, mut writer) = stream.split();
                let mut got = Vec::new();
                let writing = async {
                    writer.write_all(sent).await?;
                    writer.shutdown().await
                };
                gmp::try_join!(writing, reader.read_to_end(&mut got)).unwrap();
                assert!(got == sent, "{} of {} bytes, or wrong ones", got.len(), sent.len());
            }
            gmp::join!(exchange(&mut a, &sent), exchange(&mut b, &sent));
        });
    });
}

#[test]
fn owned_halves_work_in_two_tasks() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = pair().await;
            let (mut reader, mut writer) = b.into_split();
            let echo = gmp::spawn(async move { gmp::io::copy(&mut reader, &mut writer).await.unwrap() });
            let (mut reader, mut writer) = a.into_split();
            let sent = pattern(4 << 20);
            let copy = sent.clone();
            let writing = gmp::spawn(async move { writer.write_all(&copy).await.unwrap() });
            let reading = gmp::spawn(async move {
                let mut got = Vec::new();
                reader.read_to_end(&mut got).await.unwrap();
                got
            });
            writing.await.unwrap();
            assert!(reading.await.unwrap() == sent);
            assert_eq!(echo.await.unwrap(), sent.len() as u64);
        });
    });
}

#[test]
fn halves_reunite_if_they_belong_together() {
    watched(|| {
        current().block_on(async {
            let (a, mut peer) = pair().await;
            let (b, _peer_of_b) = pair().await;
            let (read_a, write_a) = a.into_split();
            let (read_b, write_b) = b.into_split();
            let error = read_a.reunite(write_b).unwrap_err();
            assert_eq!(error.to_string(), "tried to reunite halves that are not from the same socket");
            let gmp::net::tcp::ReuniteError(read_a, write_b) = error;
            let error = write_b.reunite(read_a).unwrap_err();
            let (read_a, write_b) = (error.0, error.1);
            let mut a = read_a.reunite(write_a).unwrap();
            write_b.reunite(read_b).unwrap();
            // The write half that was taken back has ended nothing.
            a.write_all(b"whole").await.unwrap();
            let mut buf = [0; 5];
            peer.read_exact(&mut buf).await.unwrap();
            assert_eq!(&buf, b"whole");
        });
    });
}

/// While the other half reads.
#[test]
fn dropping_the_write_half_ends_writing() {
    on_each(|rt| {
        rt.block_on(async {
            let (ours, mut theirs) = pair_with_std().await;
            let (mut reader, writer) = ours.into_split();
            let reading = gmp::spawn(async move {
                let mut got = Vec::new();
                reader.read_to_end(&mut got).await.unwrap();
                got
            });
            let peer = std::thread::spawn(move || {
                let mut got = Vec::new();
                theirs.read_to_end(&mut got).unwrap();
                theirs.write_all(b"you have finished").unwrap();
                got
            });
            gmp::task::yield_now().await;
            drop(writer);
            assert_eq!(reading.await.unwrap(), b"you have finished");
            assert_eq!(peer.join().unwrap(), b"");
        });
    });
}

#[test]
fn a_forgotten_write_half_ends_nothing() {
    watched(|| {
        current().block_on(async {
            let (ours, mut theirs) = pair().await;
            let (mut reader, writer) = ours.into_split();
            writer.forget();
            theirs.write_all(b"?").await.unwrap();
            assert_eq!(reader.read_u8().await.unwrap(), b'?');
            gmp::time::timeout(Duration::from_millis(20), theirs.read(&mut [0])).await.unwrap_err();
            drop(reader);
            assert_eq!(theirs.read(&mut [0]).await.unwrap(), 0);
        });
    });
}

/// The other order: the write half keeps the socket.
#[test]
fn the_socket_is_closed_with_the_last_half() {
    watched(|| {
        current().block_on(async {
            let (ours, mut theirs) = pair().await;
            let (reader, mut writer) = ours.into_split();
            drop(reader);
            writer.write_all(b"!").await.unwrap();
            assert_eq!(theirs.read_u8().await.unwrap(), b'!');
            writer.shutdown().await.unwrap();
            assert_eq!(theirs.read(&mut [0]).await.unwrap(), 0);
            theirs.write_all(b"?").await.unwrap();
            drop(writer);
        });
    });
}

#[test]
fn every_kind_of_half_writes_vectors() {
    watched(|| {
        current().block_on(async {
            let (mut ours, mut theirs) = pair().await;
            assert!(ours.is_write_vectored());
            {
                let (_, writer) = ours.split();
                assert!(writer.is_write_vectored());
            }
            let bufs = [IoSlice::new(b"one"), IoSlice::new(b""), IoSlice::new(b"two"), IoSlice::new(b"three")];
            assert_eq!(ours.write_vectored(&bufs).await.unwrap(), 11);
            assert_eq!(ours.split().1.write_vectored(&bufs).await.unwrap(), 11);
            let (_reader, mut writer) = ours.into_split();
            assert!(writer.is_write_vectored());
            assert_eq!(writer.write_vectored(&bufs).await.unwrap(), 11);
            let mut got = [0; 33];
            theirs.read_exact(&mut got).await.unwrap();
            assert_eq!(&got, b"onetwothreeonetwothreeonetwothree");
        });
    });
}

#[test]
fn halves_are_what_they_are_of() {
    watched(|| {
        current().block_on(async {
            fn reads<T: AsyncRead + AsRef<TcpStream>>(_: &T) {}
            fn writes<T: AsyncWrite + AsRef<TcpStream>>(_: &T) {}
            let (mut ours, theirs) = pair().await;
            let (local, peer) = (ours.local_addr().unwrap(), ours.peer_addr().unwrap());
            assert_eq!((theirs.peer_addr().unwrap(), theirs.local_addr().unwrap()), (local, peer));
            let (reader, writer) = ours.split();
            reads(&reader);
            writes(&writer);
            assert_eq!((reader.local_addr().unwrap(), reader.peer_addr().unwrap()), (local, peer));
            assert_eq!((writer.local_addr().unwrap(), writer.peer_addr().unwrap()), (local, peer));
            assert!(format!("{reader:?}{writer:?}{theirs:?}").contains(&local.to_string()));
            let (reader, writer): (OwnedReadHalf, OwnedWriteHalf) = ours.into_split();
            reads(&reader);
            writes(&writer);
            assert_eq!((reader.local_addr().unwrap(), reader.peer_addr().unwrap()), (local, peer));
            assert_eq!((writer.local_addr().unwrap(), writer.peer_addr().unwrap()), (local, peer));
            assert!(format!("{reader:?}").contains(&local.to_string()));
        });
    });
}
