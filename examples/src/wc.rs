//! Counts the lines, words and bytes of all files below some directories, one task a file.
//!
//! Three stages, each bounded, so that neither a huge file nor a million small ones need much memory:
//! * A task walks the directories in the order of `find` and spawns a task for each file.
//! * A file's task waits for its turn, then reads and counts chunk by chunk. A read is a system call that the worker makes
//!   itself; should it take long, another worker goes on with the other tasks.
//! * [`count`] takes the tasks' results in the order of the files, whichever is done first, and joins them.
//!
//! Why the order matters: the totals are those of the files one after the other, as `cat` would give them. A word that
//! ends a file without a space after it goes on in the next file.

pub mod locale;
pub mod words;
pub mod walk;

use gmp::fs::File;
use gmp::io::AsyncReadExt;
use gmp::runtime::Handle;
use gmp::sync::{Semaphore, mpsc};
use gmp::task::JoinHandle;
use locale::Locale;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walk::{Step, Walk};
use words::Count;

/// How much of a file is in memory. Most files are smaller, so that two reads do.
const CHUNK: usize = 64 << 10;

/// How many files may be ahead of the one whose result is awaited.
const WINDOW: usize = 1024;

/// How many files may be open for each worker: disks answer sooner when much is asked of them at once.
const OPEN_PER_WORKER: usize = 16;

/// How many files may be open in all, however many workers there are: well below the usual limit of 1024.
const OPEN_AT_MOST: usize = 256;

/// A file that has been counted, or a path that could not be.
#[derive(Debug)]
pub struct Entry {
    /// Where it is: the argument, and what follows from it.
    pub path: PathBuf,
    /// What was counted: everything, or what could be read before the error.
    pub count: Count,
    /// Why there is no more.
    pub error: Option<io::Error>,
}

/// Counts all regular files below `roots`, and calls `each` for every entry, in the order of `find`.
///
/// A path that can't be read is an [`Entry`] with an error; the rest is counted.
///
/// # Errors
/// Those of `each`, which also end the count.
pub async fn count(
    roots: Vec<PathBuf>,
    locale: Arc<Locale>,
    mut each: impl FnMut(&Entry) -> io::Result<()>,
) -> io::Result<Count> {
    let (tx, mut rx) = mpsc::channel(WINDOW);
    let walker = gmp::spawn(spawn_all(roots, locale.clone(), tx));
    let mut total = Count::default();
    while let Some(task) = rx.recv().await {
        let entry = task.await?;
        total.append(&entry.count, &locale);
        each(&entry)?;
    }
    walker.await?;
    Ok(total)
}

/// Spawns a task for each file, and passes them on in order. Ends early if nobody takes them any more.
async fn spawn_all(roots: Vec<PathBuf>, locale: Arc<Locale>, tasks: mpsc::Sender<JoinHandle<Entry>>) {
    let workers = Handle::current().metrics().num_workers();
    let permits = Arc::new(Semaphore::new(OPEN_AT_MOST.min(workers * OPEN_PER_WORKER)));
    let mut walk = Walk::new(roots);
    while let Some(step) = walk.next() {
        let task = match step {
            Step::Look(place) => {
                walk.enter(place.look().await);
                continue;
            }
            Step::File(path) => gmp::spawn(count_file(path, permits.clone(), locale.clone())),
            Step::Failed(path, error) => {
                gmp::spawn(async { Entry { path, count: Count::default(), error: Some(error) } })
            }
        };
        if tasks.send(task).await.is_err() {
            return;
        }
    }
}

/// Counts one file.
async fn count_file(path: PathBuf, permits: Arc<Semaphore>, locale: Arc<Locale>) -> Entry {
    // Held to the end: the file is closed before the permit is given back.
    let _permit = permits.acquire().await.expect("nobody closes the semaphore");
    let mut count = Count::default();
    let error = read_and_count(&path, &mut count, &locale).await.err();
    Entry { path, count, error }
}

/// Counts chunk by chunk. If a read fails, what came before has been counted.
async fn read_and_count(path: &Path, count: &mut Count, locale: &Locale) -> io::Result<()> {
    let mut file = File::open(path).await?;
    let mut chunk = Vec::with_capacity(CHUNK);
    while file.read_buf(&mut chunk).await? > 0 {
        count.push(&chunk, locale);
        chunk.clear();
    }
    Ok(())
}
