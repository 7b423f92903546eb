//! What belongs to Unix sockets and pipes: halves of streams, addresses, credentials, pipes.
//!
//! The sockets themselves are in [`gmp::net`](crate::net): [`UnixStream`](crate::net::UnixStream),
//! [`UnixListener`](crate::net::UnixListener), [`UnixDatagram`](crate::net::UnixDatagram), [`UnixSocket`](crate::net::UnixSocket).
//!
//! ```
//! use gmp::io::{AsyncReadExt, AsyncWriteExt};
//! use gmp::net::UnixStream;
//!
//! # #[gmp::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let (mut here, mut there) = UnixStream::pair()?;
//! here.write_all(b"ping").await?;
//! let mut buf = [0; 4];
//! there.read_exact(&mut buf).await?;
//! assert_eq!(&buf, b"ping");
//! # Ok(())
//! # }
//! ```

mod address;
mod ucred;
pub(crate) mod stream;
mod split;
mod split_owned;
pub(crate) mod listener;
pub(crate) mod datagram;
pub(crate) mod socket;
pub mod pipe;

pub use split::{ReadHalf, WriteHalf};
pub use split_owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
pub use tokio::net::unix::SocketAddr;
pub use ucred::UCred;

/// The id of a user.
///
/// # Examples
/// ```
/// let root: gmp::net::unix::uid_t = 0;
/// ```
#[expect(non_camel_case_types, reason = "the system's name for it")]
pub type uid_t = u32;

/// The id of a group.
///
/// # Examples
/// ```
/// let root: gmp::net::unix::gid_t = 0;
/// ```
#[expect(non_camel_case_types, reason = "the system's name for it")]
pub type gid_t = u32;

/// The id of a process or of a group of processes.
///
/// # Examples
/// ```
/// let init: gmp::net::unix::pid_t = 1;
/// ```
#[expect(non_camel_case_types, reason = "the system's name for it")]
pub type pid_t = i32;
