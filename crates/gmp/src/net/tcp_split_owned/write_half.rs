//! [`OwnedWriteHalf`].
//!
//! Go: net/tcpsock.go (TCPConn.CloseWrite)

use super::{OwnedReadHalf, ReuniteError};
use crate::net::TcpStream;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncWrite, Interest, Ready};

/// The half that writes, of a [`TcpStream`] that [`into_split`](TcpStream::into_split) has taken apart.
///
/// Write with the methods of [`AsyncWriteExt`](crate::io::AsyncWriteExt). Its
/// [`shutdown`](crate::io::AsyncWriteExt::shutdown) ends the direction of writing, and so does dropping it, unless it is
/// [forgotten](OwnedWriteHalf::forget).
///
/// # Examples
/// ```
/// use gmp::io::{AsyncReadExt, AsyncWriteExt};
/// use gmp::net::{TcpListener, TcpStream};
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
///
/// let (_reader, mut writer) = client.into_split();
/// gmp::spawn(async move { writer.write_all(b"all of it").await });
/// let mut text = String::new();
/// server.read_to_string(&mut text).await?; // It ends, for the writer is gone.
/// assert_eq!(text, "all of it");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OwnedWriteHalf {
    pub(super) inner: Arc<TcpStream>,
    pub(super) shutdown_on_drop: bool,
}

impl OwnedWriteHalf {
    /// Puts the halves together again.
    ///
    /// # Errors
    /// If they are not of the same stream; the error has both.
    ///
    /// # Examples
    /// See [`OwnedReadHalf::reunite`].
    pub fn reunite(self, other: OwnedReadHalf) -> Result<TcpStream, ReuniteError> {
        super::reunite(other, self)
    }

    /// Drops this half without ending the direction of writing. That happens when the other half goes, too.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::AsyncReadExt;
    /// use gmp::net::{TcpListener, TcpStream};
    /// use std::io::ErrorKind;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let (reader, writer) = TcpStream::connect(listener.local_addr()?).await?.into_split();
    /// let (mut server, _) = listener.accept().await?;
    /// writer.forget();
    /// assert_eq!(server.try_read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    /// drop(reader);
    /// assert_eq!(server.read(&mut [0]).await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn forget(mut self) {
        self.shutdown_on_drop = false;
    }

    /// Waits until the socket is ready for any of what `interest` names; see [`TcpStream::ready`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    ///
    /// # Examples
    /// See [`TcpStream::ready`].
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.inner.ready(interest).await
    }

    /// Waits until the socket is writable; see [`TcpStream::writable`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    ///
    /// # Examples
    /// See [`try_write`](OwnedWriteHalf::try_write).
    pub async fn writable(&self) -> io::Result<()> {
        self.inner.writable().await
    }

    /// Writes what there is room for, without waiting for more; see [`TcpStream::try_write`].
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room; or what the system reports.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_reader, writer) = client.into_split();
    /// writer.writable().await?;
    /// assert_eq!(writer.try_write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.inner.try_write(buf)
    }

    /// As [`try_write`](OwnedWriteHalf::try_write), from several buffers; see [`TcpStream::try_write_vectored`].
    ///
    /// # Errors
    /// As those of [`try_write`](OwnedWriteHalf::try_write).
    ///
    /// # Examples
    /// See [`TcpStream::try_write_vectored`].
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.inner.try_write_vectored(bufs)
    }

    /// The address of the peer; see [`TcpStream::peer_addr`].
    ///
    /// # Errors
    /// If the connection is gone.
    ///
    /// # Examples
    /// See [`TcpStream::peer_addr`].
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }

    /// The address of this end; see [`TcpStream::local_addr`].
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`TcpStream::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if self.shutdown_on_drop {
            // Nobody is left who could be told of an error.
            let _ = self.inner.shutdown_write();
        }
    }
}

impl AsyncWrite for OwnedWriteHalf {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.inner.write_half_poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.inner.write_half_poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// Nothing to do: what has been written is with the system.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ends the direction of writing.
    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = self.inner.shutdown_write();
        // Once is enough.
        self.shutdown_on_drop &= result.is_err();
        Poll::Ready(result)
    }
}

impl AsRef<TcpStream> for OwnedWriteHalf {
    fn as_ref(&self) -> &TcpStream {
        &self.inner
    }
}
