//! [`read_dir`], [`ReadDir`], [`DirEntry`].
//!
//! Go: os/dir.go (ReadDir)

use crate::fs::call::call;
use crate::io::blocking::{pool, section};
use crate::task::{JoinHandle, leaf};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, FileType, Metadata};
use std::future::{Future, poll_fn};
use std::io;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// How many entries are fetched at a time.
const CHUNK: usize = 32;

/// The entries of a directory, in no order that one could rely on. `.` and `..` aren't among them.
///
/// # Errors
/// If there is no such directory, or it may not be read.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut entries = gmp::fs::read_dir("src").await?;
/// let mut names = Vec::new();
/// while let Some(entry) = entries.next_entry().await? {
///     names.push(entry.file_name());
/// }
/// assert!(names.contains(&"lib.rs".into()));
/// # Ok(())
/// # }
/// ```
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<ReadDir> {
    call(path.as_ref(), |path| {
        let mut chunk = Chunk { found: VecDeque::with_capacity(CHUNK), rest: Some(fs::read_dir(path)?) };
        chunk.fetch();
        Ok(ReadDir(State::Idle(chunk)))
    })
    .await
}

/// Reads the entries of a directory, one after the other. [`read_dir`] makes it.
///
/// # Errors
/// An entry may be an error, and those after it none.
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut entries = gmp::fs::read_dir(".").await?;
/// while let Some(entry) = entries.next_entry().await? {
///     println!("{}", entry.path().display());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "it reads nothing unless it is asked for entries"]
pub struct ReadDir(State);

#[derive(Debug)]
enum State {
    Idle(Chunk),
    Busy(JoinHandle<Chunk>),
}

/// What has been fetched, and where more is.
#[derive(Debug, Default)]
struct Chunk {
    found: VecDeque<io::Result<DirEntry>>,
    /// None at the end of the directory.
    rest: Option<fs::ReadDir>,
}

impl Chunk {
    fn fetch(&mut self) {
        let Some(rest) = &mut self.rest else { return };
        for _ in 0..CHUNK {
            let Some(entry) = rest.next() else {
                self.rest = None;
                return;
            };
            let failed = entry.is_err();
            // Known with the name, on most file systems; where it isn't, asked for here rather than by a call of its own.
            self.found.push_back(entry.map(|std| DirEntry { file_type: std.file_type().ok(), std: Arc::new(std) }));
            if failed {
                return;
            }
        }
    }
}

impl ReadDir {
    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// If the directory can't be read further. One may ask again.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped: the next call returns the entry.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut entries = gmp::fs::read_dir("src").await?;
    /// assert!(entries.next_entry().await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next_entry(&mut self) -> io::Result<Option<DirEntry>> {
        poll_fn(|cx| self.poll_next_entry(cx)).await
    }

    /// As [`next_entry`](Self::next_entry), for futures that are written by hand.
    ///
    /// If it returns `Pending`, the waker of the last call is woken when it is worth trying again.
    ///
    /// # Errors
    /// As [`next_entry`](Self::next_entry).
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut entries = gmp::fs::read_dir("src").await?;
    /// let first = std::future::poll_fn(|cx| entries.poll_next_entry(cx)).await?;
    /// assert!(first.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        loop {
            match &mut self.0 {
                State::Idle(chunk) => {
                    let budget = ready!(leaf::poll_proceed(cx));
                    if chunk.found.is_empty() && chunk.rest.is_some() {
                        if let Some(pool) = pool() {
                            let mut chunk = std::mem::take(chunk);
                            self.0 = State::Busy(pool.spawn_blocking(move || {
                                chunk.fetch();
                                chunk
                            }));
                            continue;
                        }
                        section(|| chunk.fetch());
                    }
                    budget.made_progress();
                    return Poll::Ready(chunk.found.pop_front().transpose());
                }
                State::Busy(job) => match ready!(Pin::new(job).poll(cx)) {
                    Ok(chunk) => self.0 = State::Idle(chunk),
                    Err(error) => {
                        // The pool has thrown the directory away: there is no more to come.
                        self.0 = State::Idle(Chunk::default());
                        return Poll::Ready(Err(error.into()));
                    }
                },
            }
        }
    }
}

/// An entry of a directory, from [`ReadDir`].
///
/// # Examples
/// ```
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut entries = gmp::fs::read_dir(".").await?;
/// while let Some(entry) = entries.next_entry().await? {
///     println!("{:?}: {:?}, inode {}", entry.file_name(), entry.file_type().await?, entry.ino());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DirEntry {
    file_type: Option<FileType>,
    std: Arc<fs::DirEntry>,
}

impl DirEntry {
    /// The path that was given to [`read_dir`], with the entry's name.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut entries = gmp::fs::read_dir("src").await?;
    /// if let Some(entry) = entries.next_entry().await? {
    ///     assert!(entry.path().starts_with("src"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn path(&self) -> PathBuf {
        self.std.path()
    }

    /// The entry's name alone.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut entries = gmp::fs::read_dir("src").await?;
    /// if let Some(entry) = entries.next_entry().await? {
    ///     assert_eq!(entry.path().file_name(), Some(&*entry.file_name()));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn file_name(&self) -> OsString {
        self.std.file_name()
    }

    /// What the system knows about the entry; symbolic links are not followed.
    ///
    /// # Errors
    /// If the entry has been removed meanwhile, or what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut entries = gmp::fs::read_dir("src").await?;
    /// if let Some(entry) = entries.next_entry().await? {
    ///     println!("{} bytes", entry.metadata().await?.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn metadata(&self) -> io::Result<Metadata> {
        call(&self.std, |std| std.metadata()).await
    }

    /// Whether the entry is a file, a directory or something else; symbolic links are not followed. Most file systems tell that with
    /// the name, so that no further call is made.
    ///
    /// # Errors
    /// If the file system has not told, as [`metadata`](Self::metadata).
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut entries = gmp::fs::read_dir("src").await?;
    /// while let Some(entry) = entries.next_entry().await? {
    ///     if entry.file_type().await?.is_dir() {
    ///         println!("{}/", entry.path().display());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn file_type(&self) -> io::Result<FileType> {
        match self.file_type {
            Some(file_type) => Ok(file_type),
            None => call(&self.std, |std| std.file_type()).await,
        }
    }

    /// The number of the entry's inode, as the directory has it.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut entries = gmp::fs::read_dir("src").await?;
    /// if let Some(entry) = entries.next_entry().await? {
    ///     println!("inode {}", entry.ino());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn ino(&self) -> u64 {
        self.std.ino()
    }
}
