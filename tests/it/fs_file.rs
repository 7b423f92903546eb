//! `File`: contents, positions, sizes, errors, on runtimes that read in place and on one that asks the pool.

use crate::fs_functions::temp;
use crate::support::{on_each, panic_of};
use gmp::fs::{File, OpenOptions};
use gmp::io::{AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWrite, AsyncWriteExt, SeekFrom};
use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::pin::Pin;

/// Bytes that tell their place.
pub(crate) fn pattern(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i / 7 % 253) as u8).collect()
}

pub(crate) async fn update(path: &Path) -> File {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).await.unwrap()
}

#[test]
fn written_and_read() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("file");
            let mut file = File::create(&path).await.unwrap();
            assert!(format!("{file:?}").contains("File { std: File { fd: "));
            file.write_all(b"hello ").await.unwrap();
            file.write_all(b"world").await.unwrap();
            file.flush().await.unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"hello world");
            file.shutdown().await.unwrap();
            drop(file);

            let mut file = File::open(&path).await.unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "hello world");
            assert_eq!(file.read(&mut [0; 8]).await.unwrap(), 0, "the end stays the end");
            assert_eq!(file.read(&mut []).await.unwrap(), 0);

            assert_eq!(File::create_new(&path).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
            let mut new = File::create_new(root.join("new")).await.unwrap();
            new.write_all(b"abc").await.unwrap();
            new.rewind().await.unwrap();
            assert_eq!(new.read_u8().await.unwrap(), b'a');

            let mut file = File::options().append(true).open(&path).await.unwrap();
            file.write_all(b"!").await.unwrap();
            file.flush().await.unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"hello world!");
        });
    });
}

/// Into memory that nobody has initialised, and into a part of a buffer.
#[test]
fn read_where_there_is_room() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("file");
            std::fs::write(&path, pattern(10_000)).unwrap();
            let mut file = File::open(&path).await.unwrap();
            let mut all = bytes(&mut file, 4096).await;
            all.extend(bytes(&mut file, 1).await);
            all.extend(bytes(&mut file, 10_000).await);
            assert!(all == pattern(10_000));
        });
    });

    async fn bytes(file: &mut File, room: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(room);
        bytes.push(1);
        while bytes.len() <= room && file.read_buf(&mut bytes).await.unwrap() > 0 {}
        assert_eq!(bytes.remove(0), 1);
        bytes
    }
}

/// What follows sees what was done before, flushed or not.
#[test]
fn positions_are_coherent() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("file");
            let mut file = update(&path).await;
            file.write_all(b"0123456789").await.unwrap();
            assert_eq!(file.stream_position().await.unwrap(), 10);
            assert_eq!(file.seek(SeekFrom::Start(2)).await.unwrap(), 2);
            let mut two = [0; 2];
            file.read_exact(&mut two).await.unwrap();
            assert_eq!(&two, b"23");
            // A write goes where the reader is.
            file.write_all(b"ab").await.unwrap();
            file.read_exact(&mut two).await.unwrap();
            assert_eq!(&two, b"67");
            assert_eq!(file.seek(SeekFrom::Current(-1)).await.unwrap(), 7);
            assert_eq!(file.seek(SeekFrom::End(-3)).await.unwrap(), 7);
            file.set_len(8).await.unwrap();
            assert_eq!(file.stream_position().await.unwrap(), 7);
            let mut rest = Vec::new();
            file.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest, b"7");
            assert_eq!(std::fs::read(&path).unwrap(), b"0123ab67");
        });
    });
}

/// What the pool has read ahead for a read that was given up, or that had less room than it said.
#[test]
fn positions_after_half_a_read() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            for seek in [None, Some(SeekFrom::Current(1)), Some(SeekFrom::Start(3)), Some(SeekFrom::Current(i64::MIN))]
            {
                let path = root.join("file");
                std::fs::write(&path, "0123456789").unwrap();
                let mut file = update(&path).await;
                let mut one = [0];
                // Polled once: in place it is over, and has read one byte more; in the pool it is under way.
                let over = {
                    let mut buf = [0; 10];
                    let mut read = std::pin::pin!(file.read(&mut buf[..1]));
                    poll_fn(|cx| std::task::Poll::Ready(read.as_mut().poll(cx).is_ready())).await
                };
                if !over {
                    file.read_exact(&mut one).await.unwrap();
                    assert_eq!(&one, b"0");
                }
                match seek {
                    None => {
                        file.write_all(b"x").await.unwrap();
                        file.flush().await.unwrap();
                        assert_eq!(std::fs::read(&path).unwrap(), b"0x23456789");
                    }
                    Some(to @ SeekFrom::Current(i64::MIN)) => {
                        assert_eq!(file.seek(to).await.unwrap_err().kind(), ErrorKind::InvalidInput);
                        assert_eq!(file.read_u8().await.unwrap(), b'1');
                    }
                    Some(to) => {
                        let expected = if to == SeekFrom::Start(3) { 3 } else { 2 };
                        assert_eq!(file.seek(to).await.unwrap(), expected);
                        assert_eq!(u64::from(file.read_u8().await.unwrap() - b'0'), expected);
                    }
                }
            }
        });
    });
}

#[test]
fn seeks() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let mut file = update(&root.join("file")).await;
            file.write_all(b"0123456789").await.unwrap();
            let error = file.seek(SeekFrom::Current(-11)).await.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
            assert_eq!(file.seek(SeekFrom::Current(0)).await.unwrap(), 10);
            assert_eq!(file.seek(SeekFrom::Start(20)).await.unwrap(), 20);
            file.write_all(b"!").await.unwrap();
            assert_eq!(file.seek(SeekFrom::End(0)).await.unwrap(), 21);

            // One at a time.
            Pin::new(&mut file).start_seek(SeekFrom::Start(4)).unwrap();
            let error = Pin::new(&mut file).start_seek(SeekFrom::Start(5)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Other);
            let text = "other file operation is pending, call poll_complete before start_seek";
            assert_eq!(error.to_string(), text);
            // Nobody asks for the outcome, and yet it is done.
            assert_eq!(file.read_u8().await.unwrap(), b'4');
            let complete = poll_fn(|cx| Pin::new(&mut file).poll_complete(cx)).await;
            assert_eq!(complete.unwrap(), 4, "where the last seek went");
        });
    });
}

#[test]
fn much_at_a_time() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("file");
            let all = pattern(5_000_000);
            let mut file = update(&path).await;
            file.write_all(&all).await.unwrap();
            file.flush().await.unwrap();
            assert!(std::fs::read(&path).unwrap() == all);
            file.rewind().await.unwrap();
            let mut read = Vec::new();
            file.read_to_end(&mut read).await.unwrap();
            assert!(read == all);

            file.rewind().await.unwrap();
            let mut buf = vec![0; 5_000_000];
            assert!(file.read(&mut buf).await.unwrap() <= 2 << 20);
            assert!(file.write(&all).await.unwrap() <= 2 << 20);
            file.set_max_buf_size(1000);
            assert_eq!(file.max_buf_size(), 1000);
            assert_eq!(file.read(&mut buf).await.unwrap(), 1000);
            assert_eq!(file.write(&all).await.unwrap(), 1000);
            assert_eq!(file.write_vectored(&[IoSlice::new(&all), IoSlice::new(&all)]).await.unwrap(), 1000);
            let copy = file.try_clone().await.unwrap();
            assert_eq!(copy.max_buf_size(), 1000);
            let caught = panic_of(|| file.set_max_buf_size(0));
            assert_eq!(caught.text, "`max_buf_size` must be greater than 0");
            assert!(caught.file.ends_with("fs_file.rs"));
        });
    });
}

#[test]
fn a_file_with_a_hole() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let mut file = update(&root.join("file")).await;
            let size = 1 << 36;
            file.set_len(size).await.unwrap();
            file.seek(SeekFrom::Start(size - 1)).await.unwrap();
            assert_eq!(file.read_u8().await.unwrap(), 0);
            assert_eq!(file.read_u8().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
            file.write_all(b"end").await.unwrap();
            file.sync_all().await.unwrap();
            file.sync_data().await.unwrap();
            let metadata = file.metadata().await.unwrap();
            assert_eq!(metadata.len(), size + 3);
            assert!(metadata.blocks() < 1 << 20, "{} blocks", metadata.blocks());
            assert_eq!(file.set_len(u64::MAX).await.unwrap_err().kind(), ErrorKind::InvalidInput);
        });
    });
}

#[test]
fn several_slices() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("file");
            let mut file = File::create(&path).await.unwrap();
            assert!(file.is_write_vectored());
            let all = pattern(100_000);
            // More than the system takes at once, and some that are empty.
            let mut rest = &all[..];
            while !rest.is_empty() {
                let slices = rest.chunks(7).take(3000).flat_map(|c| [IoSlice::new(&[]), IoSlice::new(c)]);
                let n = file.write_vectored(&slices.collect::<Vec<_>>()).await.unwrap();
                assert!(n > 0);
                rest = &rest[n..];
            }
            assert_eq!(file.write_vectored(&[]).await.unwrap(), 0);
            assert_eq!(file.write_vectored(&[IoSlice::new(&[]), IoSlice::new(&[])]).await.unwrap(), 0);
            assert_eq!(file.write(&[]).await.unwrap(), 0);
            file.set_max_buf_size(10);
            let slices: Vec<_> = all[..30].chunks(4).map(IoSlice::new).collect();
            let n = file.write_vectored(&slices).await.unwrap();
            assert!((1..=10).contains(&n), "{n}");
            file.flush().await.unwrap();
            assert!(std::fs::read(&path).unwrap() == [&all[..], &all[..n]].concat());
        });
    });
}

/// The error comes with the write or with the flush, once, and is the system's.
#[test]
fn writes_that_fail() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("file");
            std::fs::write(&path, "contents").unwrap();
            let mut file = File::open(&path).await.unwrap();
            let attempt = async {
                file.write_all(b"new").await?;
                file.flush().await
            };
            assert_eq!(attempt.await.unwrap_err().raw_os_error(), Some(libc::EBADF));
            file.flush().await.unwrap();
            assert_eq!(file.read_u8().await.unwrap(), b'c');
            assert_eq!(file.set_len(1).await.unwrap_err().kind(), ErrorKind::InvalidInput);
            file.flush().await.unwrap();

            let mut file = File::create(&path).await.unwrap();
            assert_eq!(file.read_u8().await.unwrap_err().raw_os_error(), Some(libc::EBADF));

            if let Ok(mut full) = OpenOptions::new().write(true).open("/dev/full").await {
                let attempt = async {
                    full.write_all(&[0; 100]).await?;
                    full.flush().await
                };
                assert_eq!(attempt.await.unwrap_err().raw_os_error(), Some(libc::ENOSPC));
                let slices = [IoSlice::new(&[1]), IoSlice::new(&[2])];
                let attempt = async {
                    assert_eq!(full.write_vectored(&slices).await?, 2);
                    full.flush().await
                };
                assert_eq!(attempt.await.unwrap_err().raw_os_error(), Some(libc::ENOSPC));
            }
        });
    });
}

/// Nothing else swallows the error of a write that nobody has waited for.
#[test]
fn errors_of_writes_wait_for_a_writer() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("file");
            std::fs::write(&path, "contents").unwrap();
            for other in 0..5 {
                let mut file = File::open(&path).await.unwrap();
                if file.write(b"new").await.is_err() {
                    // In place the writer knows at once.
                    continue;
                }
                match other {
                    0 => file.sync_all().await.unwrap(),
                    1 => assert_eq!(file.read_u8().await.unwrap(), b'c'),
                    2 => drop(file.rewind().await.unwrap()),
                    3 => drop(file.try_clone().await.unwrap()),
                    _ => file.set_len(3).await.map_or_else(drop, |()| panic!("it isn't open for writing")),
                }
                assert_eq!(file.flush().await.unwrap_err().raw_os_error(), Some(libc::EBADF), "{other}");
                file.flush().await.unwrap();
            }
        });
    });
}
