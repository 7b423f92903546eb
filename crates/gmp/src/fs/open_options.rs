//! [`OpenOptions`].
//!
//! Go: os.OpenFile

use crate::fs::File;
use crate::fs::call::call_with;
use std::fs::OpenOptions as StdOpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// How a file is to be opened: nothing is allowed before it is asked for.
///
/// For the usual cases there are [`File::open`], [`File::create`] and [`File::create_new`].
///
/// # Examples
/// ```no_run
/// use gmp::fs::OpenOptions;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open("state.db").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions {
    std: StdOpenOptions,
}

impl OpenOptions {
    /// Options with which nothing is allowed.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::OpenOptions::new().read(true).open("Cargo.toml").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new() -> OpenOptions {
        Self { std: StdOpenOptions::new() }
    }

    /// Whether the file can be read.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::OpenOptions::new().read(true).open("Cargo.toml").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn read(&mut self, read: bool) -> &mut OpenOptions {
        self.std.read(read);
        self
    }

    /// Whether the file can be written. What it contains stays but for what is written over; see [`truncate`](Self::truncate).
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::OpenOptions::new().write(true).open("state.db").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn write(&mut self, write: bool) -> &mut OpenOptions {
        self.std.write(write);
        self
    }

    /// Whether each write goes to what is then the end of the file, whoever else writes.
    ///
    /// That is so for each single write. What belongs together must be written at once: with several tasks or processes a line that
    /// is written in two parts may be torn apart.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let log = gmp::fs::OpenOptions::new().append(true).create(true).open("service.log").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn append(&mut self, append: bool) -> &mut OpenOptions {
        self.std.append(append);
        self
    }

    /// Whether a file that exists loses what it contains. It needs [`write`](Self::write).
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::OpenOptions::new().write(true).truncate(true).open("report.txt").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn truncate(&mut self, truncate: bool) -> &mut OpenOptions {
        self.std.truncate(truncate);
        self
    }

    /// Whether a file is created if there is none. It needs [`write`](Self::write) or [`append`](Self::append).
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::OpenOptions::new().write(true).create(true).open("report.txt").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&mut self, create: bool) -> &mut OpenOptions {
        self.std.create(create);
        self
    }

    /// Whether a file must be created: if there is something of that name, even a symbolic link that leads nowhere, it is an error.
    /// [`create`](Self::create) and [`truncate`](Self::truncate) don't matter then.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::OpenOptions::new().write(true).create_new(true).open("service.lock").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_new(&mut self, create_new: bool) -> &mut OpenOptions {
        self.std.create_new(create_new);
        self
    }

    /// Opens the file.
    ///
    /// # Errors
    /// What the standard library's open says, among it:
    /// * `NotFound`: there is no such file, and it isn't to be created; or a directory on the way is missing.
    /// * `AlreadyExists`: it must be created, and exists.
    /// * `PermissionDenied`: the process may not.
    /// * `InvalidInput`: the options contradict each other, or none of reading, writing and appending is among them.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::OpenOptions::new().read(true).write(true).open("state.db").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        call_with(&self.std, path.as_ref(), |options, path| options.open(path)).await.map(File::from_std)
    }

    /// The permissions of a file that is created, of which the process's umask takes away: 0o666 if nobody says otherwise.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let key = gmp::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open("service.key").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn mode(&mut self, mode: u32) -> &mut OpenOptions {
        self.std.mode(mode);
        self
    }

    /// Further flags of the system's `open`. The bits that say what the file is opened for are ignored.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let file = gmp::fs::OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW).open("upload").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn custom_flags(&mut self, flags: i32) -> &mut OpenOptions {
        self.std.custom_flags(flags);
        self
    }
}

impl From<StdOpenOptions> for OpenOptions {
    fn from(std: StdOpenOptions) -> OpenOptions {
        Self { std }
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self::new()
    }
}
