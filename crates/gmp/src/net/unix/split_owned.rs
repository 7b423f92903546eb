//! The halves of a [`UnixStream`] that own it together.
//!
//! Go: none — a UnixConn is read and written by different goroutines as it is

mod reader;
mod writer;

use crate::io::{AsyncRead, AsyncWrite, ReadBuf};
use crate::net::UnixStream;
use std::error::Error;
use std::fmt;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The half of a [`UnixStream`] that reads, made by [`UnixStream::into_split`].
///
/// Its drop doesn't close anything; the stream is closed when both halves are gone.
///
/// # Examples
/// ```
/// use gmp::io::AsyncReadExt;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (here, there) = gmp::net::UnixStream::pair()?;
/// there.try_write(b"hello")?;
/// let (mut reader, _writer) = here.into_split();
/// let mut buf = [0; 5];
/// reader.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OwnedReadHalf {
    inner: Arc<UnixStream>,
}

/// The half of a [`UnixStream`] that writes, made by [`UnixStream::into_split`].
///
/// When it is dropped, or [shut down](crate::io::AsyncWriteExt::shutdown), the stream is shut down in the writing direction: the
/// peer sees its end.
///
/// # Examples
/// ```
/// use gmp::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (here, mut there) = gmp::net::UnixStream::pair()?;
/// let (_reader, mut writer) = here.into_split();
/// writer.write_all(b"hello").await?;
/// drop(writer);
/// let mut all = String::new();
/// there.read_to_string(&mut all).await?;
/// assert_eq!(all, "hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OwnedWriteHalf {
    inner: Arc<UnixStream>,
    shutdown_on_drop: bool,
}

/// Two halves aren't of the same stream. It has them both.
///
/// # Examples
/// ```
/// use gmp::net::UnixStream;
/// use gmp::net::unix::ReuniteError;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (here, there) = UnixStream::pair()?;
/// let (reader, _) = here.into_split();
/// let (_, writer) = there.into_split();
/// let ReuniteError(reader, writer) = reader.reunite(writer).unwrap_err();
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

pub(super) fn split_owned(stream: UnixStream) -> (OwnedReadHalf, OwnedWriteHalf) {
    let inner = Arc::new(stream);
    (OwnedReadHalf { inner: inner.clone() }, OwnedWriteHalf { inner, shutdown_on_drop: true })
}

fn reunite(read: OwnedReadHalf, write: OwnedWriteHalf) -> Result<UnixStream, ReuniteError> {
    if !Arc::ptr_eq(&read.inner, &write.inner) {
        return Err(ReuniteError(read, write));
    }
    write.forget();
    // Nobody else has had a clone of it: there is one half of each kind.
    Ok(Arc::into_inner(read.inner).expect("the other half is gone"))
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if self.shutdown_on_drop {
            // Nobody is left to tell of an error.
            let _ = self.inner.shutdown_std(Shutdown::Write);
        }
    }
}

impl AsyncRead for OwnedReadHalf {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_read_priv(cx, buf)
    }
}

impl AsyncWrite for OwnedWriteHalf {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.inner.poll_write_priv(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.inner.poll_write_vectored_priv(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = self.inner.shutdown_std(Shutdown::Write);
        if result.is_ok() {
            self.shutdown_on_drop = false;
        }
        Poll::Ready(result)
    }
}

impl AsRef<UnixStream> for OwnedReadHalf {
    fn as_ref(&self) -> &UnixStream {
        &self.inner
    }
}

impl AsRef<UnixStream> for OwnedWriteHalf {
    fn as_ref(&self) -> &UnixStream {
        &self.inner
    }
}
