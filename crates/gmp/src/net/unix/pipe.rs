//! Pipes, with a name in the file system (FIFOs) and without.
//!
//! [`pipe()`] makes one without a name. [`OpenOptions`] opens an end of one that has a name.
//!
//! ```
//! use gmp::io::{AsyncReadExt, AsyncWriteExt};
//! use gmp::net::unix::pipe;
//!
//! # #[gmp::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let (mut sender, mut receiver) = pipe::pipe()?;
//! sender.write_all(b"hello").await?;
//! drop(sender);
//! let mut all = String::new();
//! receiver.read_to_string(&mut all).await?;
//! assert_eq!(all, "hello");
//! # Ok(())
//! # }
//! ```

mod open_options;
mod receiver;
mod sender;

pub use open_options::OpenOptions;
pub use receiver::Receiver;
pub use sender::Sender;

use gmp_netpoll::fd::{self, Access};
use std::io;
use std::os::fd::AsFd;

/// A new pipe without a name.
///
/// The processes that this one starts don't inherit it; [`into_blocking_fd`](Sender::into_blocking_fd) makes an end of it that can
/// be given to one.
///
/// # Errors
/// What the system says.
///
/// # Panics
/// If called outside of a runtime's context.
///
/// # Examples
/// What another program writes:
/// ```
/// use gmp::io::AsyncReadExt;
/// use gmp::net::unix::pipe;
/// use std::process::Command;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (sender, mut receiver) = pipe::pipe()?;
/// let mut child = Command::new("echo").arg("hello").stdout(sender.into_blocking_fd()?).spawn()?;
/// let mut all = String::new();
/// receiver.read_to_string(&mut all).await?;
/// assert_eq!(all, "hello\n");
/// child.wait()?;
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn pipe() -> io::Result<(Sender, Receiver)> {
    let (sender, receiver) = mio::unix::pipe::new()?;
    Ok((Sender::from_mio(sender)?, Receiver::from_mio(receiver)?))
}

fn check_is_fifo(file: &impl AsFd) -> io::Result<()> {
    if fd::is_fifo(file.as_fd())? { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "not a pipe")) }
}

/// Makes sure that `file` is a pipe that was opened for what `wanted` looks at, and puts it into non-blocking mode.
fn adopt(file: &impl AsFd, wanted: fn(Access) -> bool, otherwise: &'static str) -> io::Result<()> {
    check_is_fifo(file)?;
    if !wanted(fd::access(file.as_fd())?) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, otherwise));
    }
    fd::set_nonblocking(file.as_fd(), true)
}
