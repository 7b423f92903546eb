//! `io::copy` and its kin, over sockets: what tokio's utilities ask of ours.

use crate::net_tcp::{pair, pattern};
use crate::support::{current, on_each, watched};
use gmp::io::{self, AsyncReadExt, AsyncWriteExt, copy_bidirectional, copy_bidirectional_with_sizes};
use gmp::net::TcpStream;
use gmp::task::JoinHandle;
use std::io::ErrorKind;
use std::time::Duration;

type Copied = JoinHandle<io::Result<(u64, u64)>>;

/// Two streams with a copying task between them: what goes into one comes out of the other. `swapped` changes the order of
/// the copy's arguments.
async fn bridge(swapped: bool) -> (TcpStream, TcpStream, Copied) {
    let (a, mut a_inside) = pair().await;
    let (b, mut b_inside) = pair().await;
    let copying = gmp::spawn(async move {
        if swapped {
            copy_bidirectional(&mut b_inside, &mut a_inside).await.map(|(b, a)| (a, b))
        } else {
            copy_bidirectional(&mut a_inside, &mut b_inside).await
        }
    });
    (a, b, copying)
}

/// Writes until nothing more goes in.
async fn clog(stream: &mut TcpStream) -> usize {
    let mut len = 0;
    while let Ok(n) = gmp::time::timeout(Duration::from_millis(50), stream.write(&[7; 4096])).await {
        len += n.unwrap();
    }
    len
}

#[test]
fn a_bridge_carries_both_ways() {
    on_each(|rt| {
        rt.block_on(async {
            for swapped in [false, true] {
                let (mut a, mut b, copying) = bridge(swapped).await;
                let mut buf = [0; 4];
                for _ in 0..10 {
                    a.write_all(b"test").await.unwrap();
                    b.read_exact(&mut buf).await.unwrap();
                    assert_eq!(&buf, b"test");
                    b.write_all(b"back").await.unwrap();
                    a.read_exact(&mut buf).await.unwrap();
                    assert_eq!(&buf, b"back");
                }
                drop(a);
                drop(b);
                assert_eq!(copying.await.unwrap().unwrap(), (40, 40));
            }
        });
    });
}

#[test]
fn the_end_of_one_direction_is_carried_over() {
    on_each(|rt| {
        rt.block_on(async {
            for swapped in [false, true] {
                let (mut a, mut b, copying) = bridge(swapped).await;
                a.shutdown().await.unwrap();
                assert_eq!(b.read_to_end(&mut Vec::new()).await.unwrap(), 0);
                b.write_all(b"quux").await.unwrap();
                let mut buf = [0; 4];
                a.read_exact(&mut buf).await.unwrap();
                assert_eq!(&buf, b"quux");
                drop(b);
                assert_eq!(copying.await.unwrap().unwrap(), (0, 4));
            }
        });
    });
}

#[test]
fn a_clogged_direction_does_not_stop_the_other() {
    on_each(|rt| {
        rt.block_on(async {
            for swapped in [false, true] {
                let (mut a, mut b, copying) = bridge(swapped).await;
                let clogged = clog(&mut a).await;
                b.write_all(b"quux").await.unwrap();
                let mut buf = [0; 4];
                a.read_exact(&mut buf).await.unwrap();
                assert_eq!(&buf, b"quux");
                a.shutdown().await.unwrap();
                assert_eq!(b.read_to_end(&mut Vec::new()).await.unwrap(), clogged);
                drop(b);
                assert_eq!(copying.await.unwrap().unwrap(), (clogged as u64, 4));
            }
        });
    });
}

#[test]
fn a_reset_ends_the_bridge() {
    on_each(|rt| {
        rt.block_on(async {
            for swapped in [false, true] {
                let (a, mut b, copying) = bridge(swapped).await;
                a.set_zero_linger().unwrap();
                drop(a);
                assert_eq!(copying.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
                // Its other stream has been dropped, too.
                assert_eq!(b.read(&mut [0]).await.unwrap(), 0);
            }
        });
    });
}

#[test]
fn megabytes_through_small_buffers() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, mut a_inside) = pair().await;
            let (b, mut b_inside) = pair().await;
            let copying =
                gmp::spawn(async move { copy_bidirectional_with_sizes(&mut a_inside, &mut b_inside, 100, 3000).await });
            let sent = pattern(300_000);
            let exchange = |stream: TcpStream| {
                let sent = sent.clone();
                gmp::spawn(async move {
                    let (mut reader, mut writer) = stream.into_split();
                    let copy = sent.clone();
                    let writing = gmp::spawn(async move {
                        writer.write_all(&copy).await?;
                        writer.shutdown().await
                    });
                    let mut got = Vec::new();
                    reader.read_to_end(&mut got).await.unwrap();
                    writing.await.unwrap().unwrap();
                    assert!(got == sent);
                })
            };
            let (a, b) = (exchange(a), exchange(b));
            a.await.unwrap();
            b.await.unwrap();
            assert_eq!(copying.await.unwrap().unwrap(), (300_000, 300_000));
        });
    });
}

#[test]
fn copies_of_halves_and_of_buffered_streams() {
    on_each(|rt| {
        rt.block_on(async {
            let (client, server) = pair().await;
            let (reader, writer) = server.into_split();
            let echo = gmp::spawn(async move {
                let mut reader = io::BufReader::with_capacity(1000, reader);
                let mut writer = io::BufWriter::with_capacity(700, writer);
                let copied = io::copy_buf(&mut reader, &mut writer).await?;
                writer.shutdown().await?;
                io::Result::Ok(copied)
            });
            let sent = pattern(200_000);
            let (mut reader, mut writer) = io::split(client);
            let copy = sent.clone();
            let writing = gmp::spawn(async move {
                let mut copy = &copy[..];
                assert_eq!(io::copy(&mut copy, &mut writer).await.unwrap(), 200_000);
                writer.shutdown().await.unwrap();
            });
            let mut got = Vec::new();
            assert_eq!(io::copy(&mut reader, &mut got).await.unwrap(), 200_000);
            assert!(got == sent);
            writing.await.unwrap();
            assert_eq!(echo.await.unwrap().unwrap(), 200_000);
        });
    });
}

/// A source and a sink that are always ready: the copy yields all the same.
#[test]
fn a_copy_that_never_waits_yields() {
    watched(|| {
        current().block_on(async {
            let copying = gmp::spawn(async { io::copy(&mut io::repeat(1), &mut io::sink()).await });
            gmp::task::yield_now().await;
            copying.abort();
            assert!(copying.await.unwrap_err().is_cancelled());
        });
    });
}
