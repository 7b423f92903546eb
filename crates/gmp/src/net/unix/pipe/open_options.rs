//! [`OpenOptions`]: a pipe that has a name.
//!
//! Go: os/file_unix.go (OpenFile)

use super::{Receiver, Sender, check_is_fifo};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// How a pipe with a name (a FIFO) is opened.
///
/// # Examples
/// ```no_run
/// use gmp::net::unix::pipe;
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let receiver = pipe::OpenOptions::new().open_receiver("/run/orders")?;
/// let sender = pipe::OpenOptions::new().open_sender("/run/orders")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    read_write: bool,
    unchecked: bool,
}

impl OpenOptions {
    /// Options that are all off.
    ///
    /// # Examples
    /// ```
    /// let options = gmp::net::unix::pipe::OpenOptions::new();
    /// ```
    pub fn new() -> OpenOptions {
        Self {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            read_write: false,
            unchecked: false,
        }
    }

    /// Whether the end is opened for reading and writing both. It is used for one of them only, but it is its own peer: a
    /// [`Sender`] can be opened while nobody reads, a [`Receiver`] never sees the end.
    ///
    /// What a sender has written is lost if it is closed before a receiver has opened the pipe. A receiver must not be
    /// read to its end, which doesn't come. POSIX says nothing of this way to open a pipe, so it is here on Linux only.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::unix::pipe;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let receiver = pipe::OpenOptions::new().read_write(true).open_receiver("/run/orders")?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn read_write(&mut self, value: bool) -> &mut Self {
        self.read_write = value;
        self
    }

    /// Whether it isn't checked that the file is a pipe.
    ///
    /// # Examples
    /// ```no_run
    /// use gmp::net::unix::pipe;
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let receiver = pipe::OpenOptions::new().unchecked(true).open_receiver("/run/orders")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn unchecked(&mut self, value: bool) -> &mut Self {
        self.unchecked = value;
        self
    }

    /// Opens the end to read from. Nobody need have the other one open.
    ///
    /// # Errors
    /// `InvalidInput` if the file isn't a pipe; else what the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let receiver = gmp::net::unix::pipe::OpenOptions::new().open_receiver("/run/orders")?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn open_receiver<P: AsRef<Path>>(&self, path: P) -> io::Result<Receiver> {
        Receiver::from_file_unchecked(self.open(path.as_ref(), End::Receiver)?)
    }

    /// Opens the end to write to. Somebody must have the other one open, unless it is opened for
    /// [both](Self::read_write).
    ///
    /// # Errors
    /// `ENXIO` if nobody has it open for reading; `InvalidInput` if the file isn't a pipe; else what the system says.
    ///
    /// # Panics
    /// If called outside of a runtime's context.
    ///
    /// # Examples
    /// ```no_run
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let sender = gmp::net::unix::pipe::OpenOptions::new().open_sender("/run/orders")?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn open_sender<P: AsRef<Path>>(&self, path: P) -> io::Result<Sender> {
        Sender::from_file_unchecked(self.open(path.as_ref(), End::Sender)?)
    }

    fn open(&self, path: &Path, end: End) -> io::Result<File> {
        let mut options = fs::OpenOptions::new();
        options.read(end == End::Receiver).write(end == End::Sender).custom_flags(libc::O_NONBLOCK);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if self.read_write {
            options.read(true).write(true);
        }
        let file = options.open(path)?;
        if !self.unchecked {
            check_is_fifo(&file)?;
        }
        Ok(file)
    }
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        Self::new()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Sender,
    Receiver,
}
