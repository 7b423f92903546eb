//! [`File`]: an open file.
//!
//! Go: os/file.go (File)

mod inner;
mod read_write;
mod raw_fd;

use crate::fs::call::call;
use crate::fs::{FileTimes, OpenOptions};
use crate::io::blocking::buf::DEFAULT_MAX_BUF_SIZE;
use inner::Inner;
use std::fmt;
use std::fs::{File as StdFile, Metadata, Permissions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::Mutex;

/// The file, which a thread of the pool may have too.
type Shared = Arc<StdFile>;

/// An open file.
///
/// It is read, written and moved about in with [`AsyncReadExt`], [`AsyncWriteExt`] and [`AsyncSeekExt`], as far as the options allow
/// with which it was opened.
///
/// On a `multi_thread` runtime each operation is a system call by the thread that polls, straight from or to the caller's buffer,
/// and nothing is left under way when it returns. On a `current_thread` runtime it is done by a thread of the pool, with a copy of
/// the bytes: there a write is over when they have been copied, so [`flush`] before you rely on what has been written or drop the
/// file. A program for both flavours flushes.
///
/// Data that the file has is in the hands of the operating system; for the disk there are [`sync_all`](Self::sync_all) and
/// [`sync_data`](Self::sync_data).
///
/// A dropped file is closed at once, or when the operation is done that is under way.
///
/// [`AsyncReadExt`]: crate::io::AsyncReadExt
/// [`AsyncWriteExt`]: crate::io::AsyncWriteExt
/// [`AsyncSeekExt`]: crate::io::AsyncSeekExt
/// [`flush`]: crate::io::AsyncWriteExt::flush
///
/// # Panics
/// What isn't done in place needs a runtime, and panics outside of one.
///
/// # Cancel safety
/// A read that has been cancelled loses nothing: what it has found is there for the next one. A write that has been cancelled has
/// written nothing. Of an operation that combines several reads or writes, such as `read_exact` or `write_all`, a part may have
/// been done.
///
/// # Examples
/// ```
/// use gmp::fs::File;
/// # #[cfg(feature = "io-util")]
/// use gmp::io::AsyncReadExt;
///
/// # #[cfg(feature = "io-util")]
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut file = File::open("Cargo.toml").await?;
/// let mut contents = String::new();
/// file.read_to_string(&mut contents).await?;
/// assert!(contents.contains("[package]"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "io-util"))]
/// # fn main() {}
/// ```
pub struct File {
    std: Shared,
    inner: Mutex<Inner>,
    max_buf_size: usize,
}

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// If there is no such file, or it may not be read; see [`OpenOptions::open`].
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::File::open("Cargo.toml").await?;
    /// assert!(file.metadata().await?.is_file());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(path: impl AsRef<Path>) -> io::Result<File> {
        Self::options().read(true).open(path).await
    }

    /// Opens a file for writing. It is created, or loses what it contained.
    ///
    /// # Errors
    /// If it can't be created or may not be written; see [`OpenOptions::open`].
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::io::AsyncWriteExt;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut file = gmp::fs::File::create("greeting.txt").await?;
    /// file.write_all(b"hello").await?;
    /// file.flush().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create(path: impl AsRef<Path>) -> io::Result<File> {
        Self::options().write(true).create(true).truncate(true).open(path).await
    }

    /// Creates a file and opens it for reading and writing.
    ///
    /// It looks and creates in one step: the file that it returns is new, whatever others do meanwhile.
    ///
    /// # Errors
    /// `AlreadyExists` if there is something of that name; else as [`OpenOptions::open`].
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// match gmp::fs::File::create_new("service.lock").await {
    ///     Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => panic!("it runs already"),
    ///     result => result?,
    /// };
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_new<P: AsRef<Path>>(path: P) -> io::Result<File> {
        Self::options().read(true).write(true).create_new(true).open(path).await
    }

    /// The same as [`OpenOptions::new`].
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let log = gmp::fs::File::options().append(true).open("service.log").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// A file of the standard library's, which stays open.
    ///
    /// # Examples
    /// ```
    /// let file = std::fs::File::open("Cargo.toml")?;
    /// let file = gmp::fs::File::from_std(file);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn from_std(std: StdFile) -> File {
        Self { std: Arc::new(std), inner: Mutex::new(Inner::new()), max_buf_size: DEFAULT_MAX_BUF_SIZE }
    }

    /// Waits until data and metadata of the file are on the disk.
    ///
    /// # Errors
    /// What the system says, such as that the disk is full or broken. Of a write that failed before, the next write or flush tells.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::io::AsyncWriteExt;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut file = gmp::fs::File::create("journal").await?;
    /// file.write_all(b"entry").await?;
    /// file.flush().await?;
    /// file.sync_all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn sync_all(&self) -> io::Result<()> {
        let mut inner = self.inner.lock().await;
        inner.settle().await;
        call(&self.std, |std| std.sync_all()).await
    }

    /// Waits until the data of the file is on the disk, and so much of its metadata as is needed to read it.
    ///
    /// # Errors
    /// As [`sync_all`](Self::sync_all).
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::io::AsyncWriteExt;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut file = gmp::fs::File::create("journal").await?;
    /// file.write_all(b"entry").await?;
    /// file.flush().await?;
    /// file.sync_data().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn sync_data(&self) -> io::Result<()> {
        let mut inner = self.inner.lock().await;
        inner.settle().await;
        call(&self.std, |std| std.sync_data()).await
    }

    /// Makes the file `size` bytes long: cuts its end off, or adds zeros.
    ///
    /// The position stays where it is, also if that is now behind the end.
    ///
    /// # Errors
    /// If the file isn't open for writing, or can't be of that size.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::File::create("image").await?;
    /// file.set_len(1 << 30).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_len(&self, size: u64) -> io::Result<()> {
        self.inner.lock().await.set_len(&self.std, size).await
    }

    /// What the system knows about the file.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::File::open("Cargo.toml").await?;
    /// assert!(file.metadata().await?.len() > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn metadata(&self) -> io::Result<Metadata> {
        call(&self.std, |std| std.metadata()).await
    }

    /// Another `File` for the same open file: they share its position, and what one writes or seeks the other sees.
    ///
    /// # Errors
    /// If there are too many descriptors already.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::File::open("Cargo.toml").await?;
    /// let same = file.try_clone().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn try_clone(&self) -> io::Result<File> {
        self.inner.lock().await.settle().await;
        let std = call(&self.std, |std| std.try_clone()).await?;
        Ok(Self { max_buf_size: self.max_buf_size, ..Self::from_std(std) })
    }

    /// The file as one of the standard library's, after what is under way has ended.
    ///
    /// # Panics
    /// If a call such as [`metadata`](Self::metadata) goes on in the pool although its future was dropped, and the process can't have
    /// one descriptor more.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::File::open("Cargo.toml").await?;
    /// let file: std::fs::File = file.into_std().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn into_std(mut self) -> StdFile {
        self.inner.get_mut().settle().await;
        Arc::try_unwrap(self.std).unwrap_or_else(|shared| {
            // A thread of the pool still works for a future that has been dropped, such as that of `metadata`.
            shared.try_clone().expect("a second descriptor for a file that is in use")
        })
    }

    /// The file as one of the standard library's, if nothing is under way.
    ///
    /// # Errors
    /// The file itself if an operation is under way.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::File::open("Cargo.toml").await?;
    /// let file: std::fs::File = file.try_into_std().expect("nothing has been done with it");
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_into_std(mut self) -> Result<StdFile, Self> {
        match Arc::try_unwrap(self.std) {
            Ok(std) => Ok(std),
            Err(shared) => {
                self.std = shared;
                Err(self)
            }
        }
    }

    /// Changes who may do what with the file.
    ///
    /// # Errors
    /// If the file isn't the process's to change.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::File::open("service.key").await?;
    /// let mut permissions = file.metadata().await?.permissions();
    /// permissions.set_readonly(true);
    /// file.set_permissions(permissions).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_permissions(&self, perm: Permissions) -> io::Result<()> {
        call(&self.std, move |std| std.set_permissions(perm)).await
    }

    /// Changes when the file was read and written last, as the system remembers it.
    ///
    /// # Errors
    /// If the file isn't the process's to change.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::fs::{File, FileTimes};
    /// use std::time::SystemTime;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = File::options().write(true).open("stamp").await?;
    /// file.set_times(FileTimes::new().set_accessed(SystemTime::now())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_times(&self, times: FileTimes) -> io::Result<()> {
        // A write that is under way would set them again.
        self.inner.lock().await.settle().await;
        call(&self.std, move |std| std.set_times(times.into_std())).await
    }

    /// [`set_times`](Self::set_times) with the time of the last change only.
    ///
    /// # Errors
    /// If the file isn't the process's to change.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::File::options().write(true).open("stamp").await?;
    /// file.set_modified(std::time::SystemTime::UNIX_EPOCH).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        self.set_times(FileTimes::new().set_modified(time)).await
    }

    /// Sets how many bytes one read or write moves at most: 2 MiB if nobody says otherwise.
    ///
    /// # Panics
    /// If `max_buf_size` is 0.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut file = gmp::fs::File::open("Cargo.toml").await?;
    /// file.set_max_buf_size(64 * 1024);
    /// assert_eq!(file.max_buf_size(), 64 * 1024);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn set_max_buf_size(&mut self, max_buf_size: usize) {
        assert!(max_buf_size > 0, "`max_buf_size` must be greater than 0");
        self.max_buf_size = max_buf_size;
    }

    /// How many bytes one read or write moves at most.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::File::open("Cargo.toml").await?;
    /// assert_eq!(file.max_buf_size(), 2 * 1024 * 1024);
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_buf_size(&self) -> usize {
        self.max_buf_size
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("std", &self.std).finish_non_exhaustive()
    }
}

impl From<StdFile> for File {
    fn from(std: StdFile) -> Self {
        Self::from_std(std)
    }
}

impl From<OwnedFd> for File {
    fn from(fd: OwnedFd) -> Self {
        Self::from_std(fd.into())
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.std.as_fd()
    }
}

impl AsRawFd for File {
    fn as_raw_fd(&self) -> RawFd {
        self.std.as_raw_fd()
    }
}
