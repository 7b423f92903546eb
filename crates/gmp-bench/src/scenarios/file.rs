//! Files.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::{on_worker, rt};
use crate::scenario::{Measurement, Params};

/// 50 tasks read a whole file of 1 KiB 1,000 times each, with `fs::read`; each its own file.
///
/// Measures opening, asking for the size, reading and closing of a file that is in the page cache, and whatever the
/// runtime does so that nobody is stalled by a file that is not. The memory for each file's bytes is in it. Does not
/// measure disks: nothing here ever waits for one.
pub(super) fn file_read_1k(params: Params) -> Measurement {
    const TASKS: u64 = 50;
    const SIZE: usize = 1024;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths: Arc<[PathBuf]> = (0..TASKS)
        .map(|number| {
            let path = folder.path().join(number.to_string());
            std::fs::write(&path, vec![number as u8; SIZE]).expect("a file");
            path
        })
        .collect();
    on_worker(params, move |params| {
        let paths = paths.clone();
        async move {
            let each = params.count(1_000);
            let start = Instant::now();
            let readers: Vec<_> = (0..TASKS)
                .map(|number| {
                    let path = paths[number as usize].clone();
                    rt::spawn(async move {
                        let mut read = 0;
                        for _ in 0..each {
                            let bytes = rt::fs::read(&path).await.expect("the file is read");
                            assert_eq!((bytes.len(), bytes[SIZE - 1]), (SIZE, number as u8), "its bytes");
                            read += 1;
                        }
                        read
                    })
                })
                .collect();
            let mut reads = 0;
            for reader in readers {
                reads += reader.await.expect("a reader completes");
            }
            let elapsed = start.elapsed();
            assert_eq!(reads, TASKS * each, "every file was read as often as it should");
            Measurement::time(elapsed, reads)
        }
    })
}
