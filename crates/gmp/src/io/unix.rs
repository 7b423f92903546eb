//! Readiness of any Unix descriptor: [`AsyncFd`].
//!
//! Sockets and pipes have types of their own in [`gmp::net`](crate::net) and
//! [`gmp::net::unix::pipe`](crate::net::unix::pipe); this is for the others: those of C libraries, of devices, `eventfd`,
//! `inotify` and their like.

mod async_fd;

#[expect(deprecated, reason = "tokio has it still")]
#[doc(hidden)]
pub use async_fd::AsyncFdTryNewError;
pub use async_fd::{AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard, AsyncFdRegisterError, TryIoError};
