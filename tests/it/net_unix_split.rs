//! The halves of a `UnixStream`: both directions at once, what their drop does, together again.

use crate::net_unix_stream::all;
use crate::support::{ByHand, on_each};
use gmp::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use gmp::net::UnixStream;
use gmp::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use std::pin::Pin;

async fn exchange(
    reader: &mut (dyn AsyncRead + Unpin + Send),
    writer: &mut (dyn AsyncWrite + Unpin + Send),
    say: &[u8],
) -> Vec<u8> {
    writer.write_all(say).await.unwrap();
    writer.shutdown().await.unwrap();
    all(&mut Pin::new(reader)).await
}

#[test]
fn halves_that_are_borrowed() {
    on_each(|rt| {
        rt.block_on(async {
            let (mut a, mut b) = UnixStream::pair().unwrap();
            {
                let (mut a_reader, mut a_writer) = a.split();
                let (mut b_reader, mut b_writer) = b.split();
                assert!(a_writer.is_write_vectored());
                assert!(std::ptr::eq::<UnixStream>(a_reader.as_ref(), a_writer.as_ref()));
                assert!(a_reader.local_addr().unwrap().is_unnamed() && a_writer.peer_addr().unwrap().is_unnamed());
                let (at_a, at_b) = gmp::join!(
                    exchange(&mut a_reader, &mut a_writer, b"of a"),
                    exchange(&mut b_reader, &mut b_writer, b"of b")
                );
                assert_eq!((at_a, at_b), (b"of b".to_vec(), b"of a".to_vec()));
            }
            // Their drop closes nothing.
            let (mut a, mut b) = UnixStream::pair().unwrap();
            let _ = a.split();
            a.write_all(b"hello").await.unwrap();
            b.read_exact(&mut [0; 5]).await.unwrap();
        });
    });
}

#[test]
fn halves_that_are_owned() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, b) = UnixStream::pair().unwrap();
            let speak = |(mut reader, mut writer): (OwnedReadHalf, OwnedWriteHalf), say: &'static [u8]| {
                gmp::spawn(async move { exchange(&mut reader, &mut writer, say).await })
            };
            let (at_a, at_b) = (speak(a.into_split(), b"of a"), speak(b.into_split(), b"of b"));
            assert_eq!((at_a.await.unwrap(), at_b.await.unwrap()), (b"of b".to_vec(), b"of a".to_vec()));
        });
    });
}

#[test]
fn the_drop_of_an_owned_half() {
    on_each(|rt| {
        rt.block_on(async {
            // Of the one that writes: the end for the peer, who can still be read from.
            let (a, mut b) = UnixStream::pair().unwrap();
            let (mut reader, writer) = a.into_split();
            drop(writer);
            assert_eq!(all(&mut b).await, b"");
            b.write_all(b"hello").await.unwrap();
            reader.read_exact(&mut [0; 5]).await.unwrap();

            // Of the one that reads: nothing.
            let (a, mut b) = UnixStream::pair().unwrap();
            let (reader, mut writer) = a.into_split();
            drop(reader);
            b.write_all(b"into the void").await.unwrap();
            writer.write_all(b"hello").await.unwrap();
            b.read_exact(&mut [0; 5]).await.unwrap();

            // Forgotten: the end comes with the other half.
            let (a, b) = UnixStream::pair().unwrap();
            let (reader, writer) = a.into_split();
            writer.forget();
            let mut readable = ByHand::new(b.readable());
            assert!(readable.poll().is_pending());
            drop(reader);
            readable.enter(|_, _| ());
            b.readable().await.unwrap();
            assert_eq!(b.try_read(&mut [0]).unwrap(), 0);
        });
    });
}

#[test]
fn reunited() {
    on_each(|rt| {
        rt.block_on(async {
            let (a, mut b) = UnixStream::pair().unwrap();
            let (reader, writer) = a.into_split();
            let (reader, writer) = reader.reunite(writer).unwrap().into_split();
            let mut a = writer.reunite(reader).unwrap();
            a.write_all(b"still open").await.unwrap();
            b.read_exact(&mut [0; 10]).await.unwrap();

            let (reader, writer) = a.into_split();
            let (other_reader, other_writer) = b.into_split();
            let error = reader.reunite(other_writer).unwrap_err();
            assert_eq!(error.to_string(), "tried to reunite halves that are not from the same socket");
            let (reader, other_writer) = (error.0, error.1);
            reader.reunite(writer).unwrap();
            other_reader.reunite(other_writer).unwrap();
        });
    });
}
