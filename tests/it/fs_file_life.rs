//! `File`: what it is made of and becomes, the runtimes that it meets, loops that yield, many at once.

use crate::fs_file::{pattern, update};
use crate::fs_functions::temp;
use crate::support::{ByHand, block_on, on_each, panic_of};
use gmp::fs::{File, FileTimes, OpenOptions};
use gmp::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, SeekFrom};
use std::future::poll_fn;
use std::io::ErrorKind;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, SystemTime};

#[test]
fn what_it_can_be_made_of_and_become() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("file");
            let mut file = update(&path).await;
            file.write_all(b"0123").await.unwrap();
            let mut same = file.try_clone().await.unwrap();
            assert_ne!(same.as_raw_fd(), file.as_raw_fd());
            same.rewind().await.unwrap();
            assert_eq!(file.stream_position().await.unwrap(), 0, "they share the position");
            file.write_all(b"ab").await.unwrap();
            let std = file.into_std().await;
            assert_eq!(std.metadata().unwrap().len(), 4);
            assert_eq!(std::fs::read(&path).unwrap(), b"ab23", "what was under way has ended");

            let number = std.as_raw_fd();
            let file = File::from(std);
            assert_eq!((file.as_raw_fd(), file.as_fd().as_raw_fd()), (number, number));
            let std = file.try_into_std().unwrap();
            let file = File::from(OwnedFd::from(std));
            let number = file.try_into_std().unwrap().into_raw_fd();
            // SAFETY: it has just been given up by its owner.
            let mut file = unsafe { File::from_raw_fd(number) };
            assert_eq!(file.read_u8().await.unwrap(), b'2');
        });
    });
}

#[test]
fn permissions_times_and_flags() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("file");
            let options = || OpenOptions::from(std::fs::OpenOptions::new().read(true).write(true).clone());
            let file = options().create_new(true).mode(0o640).open(&path).await.unwrap();
            let mode = || std::fs::metadata(&path).unwrap().mode() & 0o7777;
            assert_eq!(mode() & !0o640, 0);
            file.set_permissions(PermissionsExt::from_mode(0o604)).await.unwrap();
            assert_eq!(mode(), 0o604);

            let time = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            file.set_times(FileTimes::new().set_accessed(time(1000)).set_modified(time(2000))).await.unwrap();
            let metadata = file.metadata().await.unwrap();
            assert_eq!((metadata.accessed().unwrap(), metadata.modified().unwrap()), (time(1000), time(2000)));
            file.set_modified(time(3000)).await.unwrap();
            let metadata = file.metadata().await.unwrap();
            assert_eq!((metadata.accessed().unwrap(), metadata.modified().unwrap()), (time(1000), time(3000)));
            file.set_times(FileTimes::default()).await.unwrap();
            assert_eq!(file.metadata().await.unwrap().modified().unwrap(), time(3000));

            std::os::unix::fs::symlink("file", root.join("link")).unwrap();
            let error = options().custom_flags(libc::O_NOFOLLOW).open(root.join("link")).await.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::ELOOP));
            let error = OpenOptions::default().open(&path).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let error = OpenOptions::new().read(true).truncate(true).open(&path).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(format!("{:?}", options().create(true)).contains("create: true"));
            assert_eq!(File::open(&root).await.unwrap().read_u8().await.unwrap_err().kind(), ErrorKind::IsADirectory);
        });
    });
}

/// The end of a write in the pool would set the time again.
#[test]
fn times_are_set_after_what_was_written() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            for _ in 0..20 {
                let mut file = File::create(root.join("file")).await.unwrap();
                file.write_all(&[0; 100_000]).await.unwrap();
                file.set_modified(SystemTime::UNIX_EPOCH).await.unwrap();
                file.flush().await.unwrap();
                assert_eq!(file.metadata().await.unwrap().modified().unwrap(), SystemTime::UNIX_EPOCH);
            }
        });
    });
}

#[test]
fn outside_of_a_runtime() {
    const TEXT: &str = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";
    let (_dir, root) = temp();
    let path = root.join("file");
    std::fs::write(&path, "contents").unwrap();
    let std = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let mut file = File::from_std(std);
    assert_eq!(panic_of(|| block_on(file.read(&mut [0]))).text, TEXT);
    assert_eq!(panic_of(|| block_on(file.write(&[0]))).text, TEXT);
    assert_eq!(panic_of(|| block_on(file.rewind())).text, TEXT);
    assert_eq!(panic_of(|| block_on(file.metadata())).text, TEXT);
    assert_eq!(panic_of(|| block_on(file.set_len(0))).text, TEXT);
    assert_eq!(panic_of(|| block_on(File::open(&path))).text, TEXT);
    // Nothing to do, so nobody is missed.
    block_on(file.flush()).unwrap();
    assert_eq!(block_on(file.read(&mut [])).unwrap(), 0);
    // It has survived that.
    crate::support::current().block_on(async {
        assert_eq!(file.read_u8().await.unwrap(), b'c');
        file.write_all(b"!").await.unwrap();
        file.flush().await.unwrap();
    });
    assert_eq!(std::fs::read(&path).unwrap(), b"c!ntents");
}

/// A file that goes from one runtime to another, of the other kind, with bytes read ahead.
#[test]
fn from_runtime_to_runtime() {
    let (_dir, root) = temp();
    let path = root.join("file");
    std::fs::write(&path, pattern(10_000)).unwrap();
    let (pool, in_place) = (crate::support::current(), crate::support::multi(2));
    let mut file = pool.block_on(update(&path));
    let mut all = Vec::new();
    for i in 0..100 {
        let rt = if i % 2 == 0 { &pool } else { &in_place };
        // Polled once and dropped, so that in the pool it has been under way.
        rt.block_on(async {
            let mut buf = [0; 70];
            let mut reading = ByHand::new(file.read(&mut buf));
            if let std::task::Poll::Ready(n) = reading.poll() {
                drop(reading);
                all.extend_from_slice(&buf[..n.unwrap()]);
            }
        });
        if i % 5 == 4 {
            in_place.block_on(async {
                let at = file.stream_position().await.unwrap();
                assert_eq!(at, all.len() as u64);
                file.write_all(&pattern(10_000)[all.len()..][..10]).await.unwrap();
                all.extend_from_slice(&pattern(10_000)[all.len()..][..10]);
            });
        }
    }
    in_place.block_on(file.read_to_end(&mut all)).unwrap();
    assert!(all == pattern(10_000));
}

/// A loop over a file yields, whatever it does to it.
#[test]
fn a_loop_yields() {
    async fn turns(work: impl Future<Output = ()>) -> usize {
        let mut turns = 0;
        let mut work = std::pin::pin!(work);
        poll_fn(|cx| {
            turns += 1;
            work.as_mut().poll(cx)
        })
        .await;
        turns
    }
    on_each(|rt| {
        let task = rt.spawn(async {
            let (_dir, root) = temp();
            let mut file = update(&root.join("file")).await;
            file.write_all(&pattern(5000)).await.unwrap();
            file.rewind().await.unwrap();
            let reads = turns(async {
                for _ in 0..1000 {
                    file.read_u8().await.unwrap();
                }
            });
            assert!(reads.await >= 7);
            let writes = turns(async {
                for _ in 0..1000 {
                    file.write_all(b"x").await.unwrap();
                }
            });
            assert!(writes.await >= 7);
            let seeks = turns(async {
                for i in 0..1000 {
                    file.seek(SeekFrom::Start(i)).await.unwrap();
                }
            });
            assert!(seeks.await >= 7);
            let others = turns(async {
                for i in 0..1000 {
                    file.set_len(i).await.unwrap();
                }
            });
            assert!(others.await >= 7);
        });
        rt.block_on(task).unwrap();
    });
}

/// Many tasks, many files, and many on one.
#[test]
fn many_at_once() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("shared");
            File::create(&path).await.unwrap().set_len(64 * 1000).await.unwrap();
            let tasks: Vec<_> = (0..64_u8)
                .map(|i| {
                    let (root, path) = (root.clone(), path.clone());
                    gmp::spawn(async move {
                        let mut own = update(&root.join(i.to_string())).await;
                        own.write_all(&vec![i; 1000]).await.unwrap();
                        own.rewind().await.unwrap();
                        let mut bytes = Vec::new();
                        own.read_to_end(&mut bytes).await.unwrap();
                        let mut shared = update(&path).await;
                        shared.seek(SeekFrom::Start(u64::from(i) * 1000)).await.unwrap();
                        shared.write_all(&bytes).await.unwrap();
                        shared.flush().await.unwrap();
                        let mut log = File::options().append(true).create(true).open(root.join("log")).await.unwrap();
                        for line in 0..10 {
                            log.write_all(format!("{i}: {line}\n").as_bytes()).await.unwrap();
                        }
                        log.flush().await.unwrap();
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            let shared = std::fs::read(&path).unwrap();
            assert_eq!(shared.len(), 64 * 1000);
            assert!(shared.chunks(1000).enumerate().all(|(i, part)| part.iter().all(|b| usize::from(*b) == i)));
            let log = std::fs::read_to_string(root.join("log")).unwrap();
            let mut lines: Vec<_> = log.lines().map(str::to_owned).collect();
            lines.sort();
            lines.dedup();
            assert_eq!(lines.len(), 640);
        });
    });
}
