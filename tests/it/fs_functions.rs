//! Every free function of `gmp::fs` beside the standard library's, results and errors.

use crate::support::{block_on, on_each, panic_of};
use gmp::fs;
use std::fmt::Debug;
use std::fs::Permissions;
use std::future::Future as _;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::task::Poll;
use tempfile::TempDir;

pub(crate) fn temp() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    (dir, path)
}

/// The same value, or the same error in the same words.
#[track_caller]
fn same<T: PartialEq + Debug>(ours: io::Result<T>, theirs: io::Result<T>) {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs),
        (Err(ours), Err(theirs)) => {
            assert_eq!((ours.kind(), ours.to_string()), (theirs.kind(), theirs.to_string()));
            assert_eq!(ours.raw_os_error(), theirs.raw_os_error());
        }
        (ours, theirs) => panic!("ours {ours:?}, the standard library's {theirs:?}"),
    }
}

/// A file's contents, a directory's entries with a slash, a link's target with an arrow; so that two trees can be compared.
fn tree(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let what = if kind.is_dir() {
                open.push(path.clone());
                b"/".to_vec()
            } else if kind.is_symlink() {
                format!("-> {}", std::fs::read_link(&path).unwrap().display()).into_bytes()
            } else {
                std::fs::read(&path).unwrap()
            };
            let mode = entry.metadata().unwrap().mode();
            let name = path.strip_prefix(root).unwrap().to_owned();
            found.push((name, [&what[..], format!(" {mode:o}").as_bytes()].concat()));
        }
    }
    found.sort();
    found
}

/// What both are let loose on.
fn plant(root: &Path) {
    std::fs::create_dir_all(root.join("full/inner")).unwrap();
    std::fs::create_dir(root.join("empty")).unwrap();
    std::fs::write(root.join("file"), "contents\n").unwrap();
    std::fs::write(root.join("binary"), b"\xff\xfe").unwrap();
    std::fs::write(root.join("nothing"), "").unwrap();
    std::fs::write(root.join("full/inner/file"), "deep").unwrap();
    symlink("file", root.join("link")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
}

const NAMES: [&str; 12] = [
    "full",
    "empty",
    "file",
    "binary",
    "nothing",
    "full/inner/file",
    "link",
    "dangling",
    "loop",
    "missing",
    "missing/file",
    "file/below",
];

#[test]
fn what_only_looks() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            plant(&root);
            let id = |m: std::fs::Metadata| (m.ino(), m.len(), m.mode(), m.is_dir());
            for name in NAMES.iter().chain(&["", ".", "nul\0"]) {
                let path = &root.join(name);
                println!("{}", path.display());
                same(fs::read(path).await, std::fs::read(path));
                same(fs::read_to_string(path).await, std::fs::read_to_string(path));
                same(fs::metadata(path).await.map(id), std::fs::metadata(path).map(id));
                same(fs::symlink_metadata(path).await.map(id), std::fs::symlink_metadata(path).map(id));
                same(fs::try_exists(path).await, path.try_exists());
                same(fs::read_link(path).await, std::fs::read_link(path));
                same(fs::canonicalize(path).await, std::fs::canonicalize(path));
                same(fs::read_dir(path).await.map(drop), std::fs::read_dir(path).map(drop));
                same(fs::File::open(path).await.map(drop), std::fs::File::open(path).map(drop));
            }
        });
    });
}

/// Each call is made in two trees that are alike: by us, and by the standard library.
macro_rules! in_two_trees {
    ($rt:expr, |$root:ident, $name:ident| $ours:expr, $theirs:expr) => {
        in_two_trees!($rt, NAMES, |$root, $name| $ours, $theirs)
    };
    ($rt:expr, $names:expr, |$root:ident, $name:ident| $ours:expr, $theirs:expr) => {
        for $name in $names {
            println!("{}", stringify!($ours));
            println!("of {}", $name);
            let ((_d1, ours), (_d2, theirs)) = (temp(), temp());
            plant(&ours);
            plant(&theirs);
            let $root = &ours;
            let first = $rt.block_on($ours);
            let $root = &theirs;
            same(first, $theirs);
            assert_eq!(tree(&ours), tree(&theirs));
        }
    };
}

#[test]
fn what_changes_something() {
    on_each(|rt| {
        in_two_trees!(rt, |root, name| fs::create_dir(root.join(name)), std::fs::create_dir(root.join(name)));
        in_two_trees!(rt, |root, name| fs::create_dir_all(root.join(name)), std::fs::create_dir_all(root.join(name)));
        in_two_trees!(rt, |root, name| fs::remove_dir(root.join(name)), std::fs::remove_dir(root.join(name)));
        in_two_trees!(rt, |root, name| fs::remove_dir_all(root.join(name)), std::fs::remove_dir_all(root.join(name)));
        in_two_trees!(rt, |root, name| fs::remove_file(root.join(name)), std::fs::remove_file(root.join(name)));
        in_two_trees!(rt, |root, name| fs::write(root.join(name), "new"), std::fs::write(root.join(name), "new"));
        in_two_trees!(rt, |root, name| fs::symlink("file", root.join(name)), symlink("file", root.join(name)));
        let mode = || Permissions::from_mode(0o751);
        in_two_trees!(
            rt,
            |root, name| fs::set_permissions(root.join(name), mode()),
            std::fs::set_permissions(root.join(name), mode())
        );
    });
}

#[test]
fn what_has_two_names() {
    on_each(|rt| {
        for to in ["new", "empty", "file"] {
            println!("to {to}");
            let names = ["full", "file", "link", "dangling", "missing"];
            in_two_trees!(
                rt,
                names,
                |root, name| fs::rename(root.join(name), root.join(to)),
                std::fs::rename(root.join(name), root.join(to))
            );
            in_two_trees!(
                rt,
                names,
                |root, name| fs::hard_link(root.join(name), root.join(to)),
                std::fs::hard_link(root.join(name), root.join(to))
            );
            in_two_trees!(
                rt,
                names,
                |root, name| fs::copy(root.join(name), root.join(to)),
                std::fs::copy(root.join(name), root.join(to))
            );
        }
    });
}

#[test]
fn dir_builders() {
    on_each(|rt| {
        for recursive in [false, true] {
            for mode in [None, Some(0o711)] {
                let ours = || {
                    let mut builder = fs::DirBuilder::new();
                    builder.recursive(recursive);
                    if let Some(mode) = mode {
                        builder.mode(mode);
                    }
                    builder
                };
                let theirs = || {
                    use std::os::unix::fs::DirBuilderExt;
                    let mut builder = std::fs::DirBuilder::new();
                    builder.recursive(recursive);
                    if let Some(mode) = mode {
                        builder.mode(mode);
                    }
                    builder
                };
                in_two_trees!(
                    rt,
                    ["full", "file", "missing", "missing/file"],
                    |root, name| async { ours().create(root.join(name)).await },
                    theirs().create(root.join(name))
                );
            }
        }
        assert!(format!("{:?}", fs::DirBuilder::default()).contains("recursive: false"));
    });
}

/// Files of all sizes around the buffers' ends, and some that don't know their size.
#[test]
fn whole_files_of_all_sizes() {
    on_each(|rt| {
        rt.block_on(async {
            let (_dir, root) = temp();
            let path = root.join("file");
            let all: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
            for size in [1, 31, 32, 33, 1023, 1024, 4096, 65_536, 262_143, 262_144, 262_145, 2_097_153, 3_000_000] {
                fs::write(&path, &all[..size]).await.unwrap();
                let read = fs::read(&path).await.unwrap();
                assert!(read == all[..size], "{size}");
                assert_eq!(std::fs::metadata(&path).unwrap().len(), size as u64);
            }
            // The size that these are said to have is none, or too much.
            for name in ["/proc/self/limits", "/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled"] {
                if let Ok(theirs) = std::fs::read(name) {
                    assert_eq!(fs::read(name).await.unwrap(), theirs, "{name}");
                    assert_eq!(fs::read_to_string(name).await.unwrap().as_bytes(), theirs, "{name}");
                }
            }
        });
    });
}

#[test]
fn outside_of_a_runtime() {
    let caught = panic_of(|| block_on(fs::read("Cargo.toml")));
    assert_eq!(caught.text, "there is no reactor running, must be called from the context of a Tokio 1.x runtime");
    let caught = panic_of(|| block_on(fs::rename("a", "b")));
    assert_eq!(caught.text, "there is no reactor running, must be called from the context of a Tokio 1.x runtime");
}

/// Another executor's thread that has entered the runtime isn't the runtime's to block.
#[test]
fn in_the_context_of_a_runtime() {
    on_each(|rt| {
        let _guard = rt.enter();
        assert_eq!(block_on(fs::read("Cargo.toml")).unwrap(), std::fs::read("Cargo.toml").unwrap());
        assert_eq!(rt.metrics().num_blocking_threads(), 1);
    });
}

/// In place there is nothing to wait for; elsewhere there is.
#[test]
fn where_it_is_done() {
    on_each(|rt| {
        let in_place = rt.handle().runtime_flavor() == gmp::runtime::RuntimeFlavor::MultiThread;
        rt.block_on(async {
            for _ in 0..3 {
                let mut read = std::pin::pin!(fs::read("Cargo.toml"));
                let first = std::future::poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx))).await;
                // A thread of the pool may be as quick.
                assert!(first.is_ready() || !in_place);
            }
        });
        let blocking = rt.metrics().num_blocking_threads();
        assert_eq!(blocking == 0, in_place, "{blocking}");
    });
}

/// A loop over files that are ready lets others run.
#[test]
fn a_loop_yields() {
    on_each(|rt| {
        rt.block_on(async {
            let other = gmp::spawn(async {
                for _ in 0..5 {
                    gmp::task::yield_now().await;
                }
            });
            let task = gmp::spawn(async move {
                let mut turns = 0;
                let mut work = std::pin::pin!(async {
                    for _ in 0..1000 {
                        fs::try_exists("Cargo.toml").await.unwrap();
                    }
                });
                std::future::poll_fn(|cx| {
                    turns += 1;
                    work.as_mut().poll(cx)
                })
                .await;
                turns
            });
            let turns = task.await.unwrap();
            assert!(turns >= 1000 / 128, "{turns} turns");
            other.await.unwrap();
        });
    });
}
