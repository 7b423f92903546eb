//! [`OwnedWriteHalf`]: what it does.
//!
//! Go: none — a UnixConn is read and written by different goroutines as it is

use super::{OwnedReadHalf, OwnedWriteHalf, ReuniteError, reunite};
use crate::io::{Interest, Ready};
use crate::net::UnixStream;
use crate::net::unix::SocketAddr;
use std::io::{self, IoSlice};

impl OwnedWriteHalf {
    /// Puts the stream together again.
    ///
    /// # Errors
    /// If the halves aren't of the same stream; both are given back.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let (reader, writer) = here.into_split();
    /// let here = writer.reunite(reader).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn reunite(self, other: OwnedReadHalf) -> Result<UnixStream, ReuniteError> {
        reunite(other, self)
    }

    /// Drops the half without shutting anything down: the peer sees the end of the stream when the other half is dropped too.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// let (reader, writer) = here.into_split();
    /// writer.forget();
    /// assert_eq!(there.try_read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok(())
    /// # }
    /// ```
    pub fn forget(mut self) {
        self.shutdown_on_drop = false;
    }

    /// Waits until the stream is ready for any of what `interest` names: [`UnixStream::ready`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until an operation has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.into_split();
    /// assert!(writer.ready(Interest::WRITABLE).await?.is_writable());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.inner.ready(interest).await
    }

    /// Waits until the stream may be written: [`UnixStream::writable`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a write has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.into_split();
    /// writer.writable().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn writable(&self) -> io::Result<()> {
        self.inner.writable().await
    }

    /// Writes as much as there is room for, without waiting: [`UnixStream::try_write`].
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.into_split();
    /// writer.writable().await?;
    /// assert_eq!(writer.try_write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.inner.try_write(buf)
    }

    /// Writes as much of several buffers as there is room for, without waiting: [`UnixStream::try_write_vectored`].
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; else what the system says.
    ///
    /// # Examples
    /// ```
    /// use std::io::IoSlice;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.into_split();
    /// writer.writable().await?;
    /// assert_eq!(writer.try_write_vectored(&[IoSlice::new(b"he"), IoSlice::new(b"llo")])?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write_vectored(&self, buf: &[IoSlice<'_>]) -> io::Result<usize> {
        self.inner.try_write_vectored(buf)
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.into_split();
    /// assert!(writer.peer_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }

    /// The address of this end.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// let (_reader, writer) = here.into_split();
    /// assert!(writer.local_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}
