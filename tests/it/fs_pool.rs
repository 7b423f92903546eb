//! Files when something is in the way: a pool that is full, a runtime that ends, pipes that nobody opens, no descriptors left.

use crate::fs_functions::temp;
use crate::support::{ByHand, eventually, in_child, multi, on_each, on_each_multi, watched};
use gmp::fs::{self, File, OpenOptions};
use gmp::io::{AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWriteExt, SeekFrom};
use gmp::runtime::{Builder, Runtime};
use std::ffi::CString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;
use tempfile::TempDir;

fn fifo() -> (TempDir, PathBuf) {
    let (dir, root) = temp();
    let path = root.join("fifo");
    let name = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the name ends with a zero byte and is only read.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    (dir, path)
}

/// A `current_thread` runtime with one thread in its pool.
fn narrow() -> Runtime {
    Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap()
}

/// Holds the pool's one thread until it is dropped, or until `f` says so.
fn hold(rt: &Runtime, mut f: impl FnMut() -> bool + Send + 'static) -> mpsc::Sender<()> {
    let (hold, held) = mpsc::channel();
    let (begin, begun) = mpsc::channel();
    rt.spawn_blocking(move || {
        begin.send(()).unwrap();
        while held.recv_timeout(Duration::from_millis(1)) == Err(mpsc::RecvTimeoutError::Timeout) && !f() {}
    });
    begun.recv().unwrap();
    hold
}

/// Calls wait for their turn; writes are taken at once.
#[test]
fn a_pool_that_is_full() {
    watched(|| {
        let (_dir, root) = temp();
        let rt = narrow();
        let path = root.join("file");
        let mut file = rt.block_on(File::create(&path)).unwrap();
        let hold = hold(&rt, || false);
        rt.block_on(async {
            file.write_all(b"contents").await.unwrap();
            let mut read = ByHand::new(fs::read(&path));
            let mut flush = ByHand::new(file.flush());
            assert!(read.poll().is_pending() && flush.poll().is_pending());
            assert_eq!(std::fs::read(&path).unwrap(), b"");
            drop(hold);
            while !(read.is_woken() && flush.is_woken()) {
                gmp::task::yield_now().await;
            }
            assert!(matches!(flush.poll(), Poll::Ready(Ok(()))));
            assert!(matches!(read.poll(), Poll::Ready(Ok(_))));
        });
        assert_eq!(std::fs::read(&path).unwrap(), b"contents");
    });
}

/// The writer has been told that it is written, so it is, although the pool's turn never came.
#[test]
fn a_write_survives_the_file_and_the_runtime() {
    watched(|| {
        let (_dir, root) = temp();
        let path = root.join("file");
        let rt = narrow();
        let mut file = rt.block_on(File::create(&path)).unwrap();
        let seen = path.clone();
        let _hold = hold(&rt, move || std::fs::read(&seen).unwrap() == b"contents");
        rt.block_on(file.write_all(b"contents")).unwrap();
        drop(file);
        drop(rt);
        assert_eq!(std::fs::read(&path).unwrap(), b"contents");
    });
}

/// A file outlives its runtime: what was under way is an error, and then it works on another.
#[test]
fn a_file_survives_its_runtime() {
    on_each(|rt| {
        let (_dir, root) = temp();
        let path = root.join("file");
        std::fs::write(&path, "contents").unwrap();
        let narrow = narrow();
        let mut file = narrow.block_on(File::open(&path)).unwrap();
        let mut entries = narrow.block_on(fs::read_dir(&root)).unwrap();
        let hold = hold(&narrow, || false);
        let mut buf = [0; 4];
        narrow.block_on(async {
            assert!(ByHand::new(file.read(&mut buf)).poll().is_pending());
        });
        narrow.shutdown_background();
        drop(hold);
        rt.block_on(async {
            assert!(file.read(&mut buf).await.is_err(), "the pool has not read");
            assert_eq!(file.read(&mut buf).await.unwrap(), 4);
            assert_eq!(&buf, b"cont");
            assert_eq!(entries.next_entry().await.unwrap().unwrap().file_name(), "file");
            assert!(entries.next_entry().await.unwrap().is_none());
            assert!(entries.next_entry().await.unwrap().is_none());
        });
    });
}

/// Runtimes that end while their tasks are in the midst of files.
#[test]
fn a_runtime_dropped_with_files_in_flight() {
    on_each(|rt| {
        let (_dir, root) = temp();
        let path = root.join("file");
        std::fs::write(&path, vec![7; 100_000]).unwrap();
        for i in 0..20 {
            let (path, own) = (path.clone(), root.join(i.to_string()));
            rt.spawn(async move {
                let mut file = File::create(&own).await.unwrap();
                loop {
                    file.write_all(&fs::read(&path).await.unwrap()).await.unwrap();
                    file.rewind().await.unwrap();
                }
            });
        }
        rt.block_on(async {
            for _ in 0..20 {
                fs::read(&path).await.unwrap();
            }
        });
        drop(rt);
    });
}

/// A read that was given up loses nothing, and while it is under way nothing else can be.
#[test]
fn a_read_under_way() {
    watched(|| {
        let (_dir, path) = fifo();
        let rt = crate::support::current();
        rt.block_on(async {
            let mut file = OpenOptions::new().read(true).write(true).open(&path).await.unwrap();
            let mut writer = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            let mut buf = [0; 16];
            {
                let mut read = ByHand::new(file.read(&mut buf));
                assert!(read.poll().is_pending());
            }
            let error = Pin::new(&mut file).start_seek(SeekFrom::Start(0)).unwrap_err();
            assert_eq!(error.to_string(), "other file operation is pending, call poll_complete before start_seek");
            let mut file = file.try_into_std().map_or_else(|file| file, |_| panic!("it is in use"));
            writer.write_all(b"hello").unwrap();
            assert_eq!(file.read(&mut buf[..2]).await.unwrap(), 2);
            assert_eq!(file.read(&mut buf[2..]).await.unwrap(), 3);
            assert_eq!(&buf[..5], b"hello");
            let std = file.into_std().await;
            drop(std);
        });
    });
}

/// On `current_thread` the pool waits for the other end.
#[test]
fn opening_a_pipe_stalls_nobody_on_current_thread() {
    watched(|| opening_a_pipe(crate::support::current()));
}

/// On `multi_thread` sysmon gives the worker's place to another.
#[test]
fn opening_a_pipe_stalls_nobody_on_multi_thread() {
    on_each_multi(opening_a_pipe);
}

/// As many pipes as there are workers, and one more, each of which waits for its other end; the others go on.
fn opening_a_pipe(rt: Runtime) {
    let pipes: Vec<_> = (0..=rt.metrics().num_workers()).map(|_| fifo()).collect();
    let tasks: Vec<_> = pipes
        .iter()
        .map(|(_, path)| {
            let path = path.clone();
            rt.spawn(async move { fs::read_to_string(path).await.unwrap() })
        })
        .collect();
    rt.block_on(async {
        let ticks = gmp::spawn(async {
            for _ in 0..100 {
                gmp::task::yield_now().await;
            }
            gmp::time::sleep(Duration::from_millis(10)).await;
        });
        ticks.await.unwrap();
    });
    for (_, path) in &pipes {
        std::fs::write(path, "at last").unwrap();
    }
    rt.block_on(async {
        for task in tasks {
            assert_eq!(task.await.unwrap(), "at last");
        }
    });
}

/// The tasks of a set run on one thread: it isn't blocked, but for who made the pool do it.
#[test]
fn opening_a_pipe_stalls_nobody_in_a_local_set() {
    on_each(|rt| {
        let (_dir, path) = fifo();
        let set = gmp::task::LocalSet::new();
        let open = path.clone();
        let reader = set.spawn_local(async move { fs::read_to_string(open).await.unwrap() });
        let writer = set.spawn_local(async move { fs::write(path, "from a sibling").await.unwrap() });
        set.block_on(&rt, async {
            assert_eq!(reader.await.unwrap(), "from a sibling");
            writer.await.unwrap();
        });
    });
}

/// Nobody would take the place of a thread that blocks, so it doesn't.
#[test]
fn without_sysmon_the_pool_does_it() {
    watched(|| {
        let rt = crate::support::multi_builder(1).stall_detection(false).build().unwrap();
        let (_dir, path) = fifo();
        let open = path.clone();
        let reader = rt.spawn(async move { fs::read_to_string(open).await.unwrap() });
        let writer = rt.spawn(async move { fs::write(path, "by the pool").await.unwrap() });
        rt.block_on(async {
            assert_eq!(reader.await.unwrap(), "by the pool");
            writer.await.unwrap();
        });
        assert!(rt.metrics().num_blocking_threads() > 0);
    });
}

/// Nobody waits for a thread that is stuck in a file, if told so.
#[test]
fn a_runtime_that_is_left_with_a_pipe() {
    on_each(|rt| {
        let (_dir, path) = fifo();
        let open = path.clone();
        rt.spawn(async move { fs::read(open).await });
        rt.block_on(async { gmp::time::sleep(Duration::from_millis(10)).await });
        rt.shutdown_timeout(Duration::from_millis(10));
        // Lets the thread go.
        drop(std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap());
    });
}

/// A pipe in place holds its own worker only, if there is another.
#[test]
fn a_pipe_holds_one_worker() {
    watched(|| {
        let (_dir, path) = fifo();
        let rt = multi(2);
        let open = path.clone();
        let task = rt.spawn(async move { fs::read(open).await.unwrap() });
        // The writer waits for the reader, so it has been reached.
        let mut writer = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        writer.write_all(b"x").unwrap();
        drop(writer);
        assert_eq!(rt.block_on(task).unwrap(), b"x");
    });
}

/// Without descriptors it is the system's error; when there are some again, all is well.
#[test]
fn no_descriptors_left() {
    let test = "fs_pool::no_descriptors_left";
    let output = in_child(test, &[], || {
        on_each(|rt| {
            rt.block_on(async {
                // The pool has its thread.
                fs::read("Cargo.toml").await.unwrap();
                let limit = libc::rlimit { rlim_cur: 64, rlim_max: 4096 };
                // SAFETY: the limit is only read.
                assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
                let mut files = Vec::new();
                let error = loop {
                    match File::open("Cargo.toml").await {
                        Ok(file) => files.push(file),
                        Err(error) => break error,
                    }
                };
                assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
                assert_eq!(files[0].try_clone().await.unwrap_err().raw_os_error(), Some(libc::EMFILE));
                assert_eq!(fs::read("Cargo.toml").await.unwrap_err().raw_os_error(), Some(libc::EMFILE));
                assert_eq!(fs::read_dir(".").await.unwrap_err().raw_os_error(), Some(libc::EMFILE));
                assert_eq!(fs::write("nothing", "").await.unwrap_err().raw_os_error(), Some(libc::EMFILE));
                fs::metadata("Cargo.toml").await.unwrap();
                drop(files);
                fs::read("Cargo.toml").await.unwrap();
                let limit = libc::rlimit { rlim_cur: 1024, rlim_max: 4096 };
                // SAFETY: as above.
                assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
            });
        });
    });
    let Some(output) = output else { return };
    assert!(output.status.success(), "{output:?}");
}

/// Descriptors are closed when files are dropped, also those that are in the pool.
#[test]
fn nothing_stays_open() {
    let test = "fs_pool::nothing_stays_open";
    let output = in_child(test, &[], || {
        fn open(root: &Path) -> usize {
            let entries = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
            entries.filter(|entry| std::fs::read_link(entry.path()).is_ok_and(|to| to.starts_with(root))).count()
        }
        on_each(|rt| {
            let (_dir, root) = temp();
            rt.block_on(async {
                for i in 0..50 {
                    let mut file = File::create(root.join(i.to_string())).await.unwrap();
                    file.write_all(b"contents").await.unwrap();
                    drop(ByHand::new(File::open(root.join(i.to_string()))).poll());
                    let mut entries = fs::read_dir(&root).await.unwrap();
                    drop(ByHand::new(entries.next_entry()).poll());
                }
                let seen = root.clone();
                eventually("nothing is open any more", move || open(&seen) == 0);
            });
        });
    });
    let Some(output) = output else { return };
    assert!(output.status.success(), "{output:?}");
}
