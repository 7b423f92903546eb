//! The halves of a stream that share it: how they are made, and put together again.
//!
//! Go: none — a net.Conn is shared as it is.

mod read_half;
mod write_half;

use crate::net::TcpStream;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

pub use read_half::OwnedReadHalf;
pub use write_half::OwnedWriteHalf;

/// Two halves that can't be put together, for they are not of the same stream. Has the halves.
///
/// # Examples
/// ```
/// use gmp::net::{TcpListener, TcpStream};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let (reader, writer) = TcpStream::connect(listener.local_addr()?).await?.into_split();
/// let (_reader, other) = TcpStream::connect(listener.local_addr()?).await?.into_split();
/// let error = reader.reunite(other).unwrap_err();
/// let _stream: TcpStream = error.0.reunite(writer).expect("this one is the right one");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tried to reunite halves that are not from the same socket")
    }
}

impl Error for ReuniteError {}

pub(crate) fn split(stream: TcpStream) -> (OwnedReadHalf, OwnedWriteHalf) {
    let stream = Arc::new(stream);
    (OwnedReadHalf { inner: stream.clone() }, OwnedWriteHalf { inner: stream, shutdown_on_drop: true })
}

fn reunite(read: OwnedReadHalf, write: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
    if !Arc::ptr_eq(&read.inner, &write.inner) {
        return Err(ReuniteError(read, write));
    }
    write.forget();
    Ok(Arc::try_unwrap(read.inner).expect("only the two halves hold the stream"))
}
