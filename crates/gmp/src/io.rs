//! Traits, helpers, and type definitions for asynchronous I/O: tokio's own, re-exported.
//!
//! A type that implements [`AsyncRead`] or [`AsyncWrite`] works here and in every library that is written for tokio's
//! traits.
//!
//! ```
//! # #[cfg(feature = "io-util")] {
//! use gmp::io::{AsyncReadExt, AsyncWriteExt};
//!
//! # #[gmp::main(flavor = "current_thread")]
//! # async fn main() -> gmp::io::Result<()> {
//! let (mut a, mut b) = gmp::io::duplex(64);
//! a.write_all(b"ping").await?;
//! let mut buf = [0; 4];
//! b.read_exact(&mut buf).await?;
//! assert_eq!(&buf, b"ping");
//! # Ok(())
//! # }
//! # main().unwrap()
//! # }
//! ```

#[cfg(any(feature = "fs", feature = "io-std"))]
pub(crate) mod blocking;
#[cfg(feature = "io-std")]
mod stdio;
#[cfg(all(feature = "net", unix))]
pub(crate) mod backlog;
#[cfg(any(feature = "net", all(unix, any(feature = "process", feature = "signal"))))]
#[cfg_attr(not(feature = "net"), allow(dead_code, reason = "children and signals need some of it, sockets all"))]
pub(crate) mod poll_evented;
#[cfg(any(feature = "net", all(unix, any(feature = "process", feature = "signal"))))]
#[cfg_attr(not(feature = "net"), allow(dead_code, reason = "as above"))]
pub(crate) mod registration;

#[cfg(all(unix, feature = "net"))]
pub mod unix;

#[cfg(feature = "net")]
pub use tokio::io::{Interest, Ready};

#[cfg(feature = "io-std")]
pub use stdio::{Stderr, Stdin, Stdout, stderr, stdin, stdout};

pub use std::io::{Error, ErrorKind, Result, SeekFrom};
pub use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

#[cfg(feature = "io-util")]
pub use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, BufStream, BufWriter, Chain, DuplexStream,
    Empty, Join, Lines, ReadHalf, Repeat, SimplexStream, Sink, Split, Take, WriteHalf, copy, copy_bidirectional,
    copy_bidirectional_with_sizes, copy_buf, duplex, empty, join, repeat, simplex, sink, split,
};
