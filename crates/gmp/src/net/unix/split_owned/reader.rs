//! [`OwnedReadHalf`]: what it does.
//!
//! Go: none — a UnixConn is read and written by different goroutines as it is

use super::{OwnedReadHalf, OwnedWriteHalf, ReuniteError, reunite};
use crate::io::{Interest, Ready};
use crate::net::UnixStream;
use crate::net::unix::SocketAddr;
use std::io::{self, IoSliceMut};

impl OwnedReadHalf {
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
    /// let here = reader.reunite(writer).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<UnixStream, ReuniteError> {
        reunite(self, other)
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
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let (reader, _writer) = here.into_split();
    /// assert!(reader.ready(Interest::READABLE).await?.is_readable());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.inner.ready(interest).await
    }

    /// Waits until the stream may be read: [`UnixStream::readable`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// This is cancel safe. Readiness stays until a read has met `WouldBlock`.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let (reader, _writer) = here.into_split();
    /// reader.readable().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.inner.readable().await
    }

    /// Reads what is there, without waiting: [`UnixStream::try_read`].
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let (reader, _writer) = here.into_split();
    /// reader.readable().await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(reader.try_read(&mut buf)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.try_read(buf)
    }

    /// Reads what is there into the free space of `buf`, without waiting: [`UnixStream::try_read_buf`].
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read; else what the system says.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let (reader, _writer) = here.into_split();
    /// reader.readable().await?;
    /// let mut buf = Vec::with_capacity(16);
    /// assert_eq!(reader.try_read_buf(&mut buf)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "io-util")]
    pub fn try_read_buf<B: bytes::BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.inner.try_read_buf(buf)
    }

    /// Reads what is there into several buffers, without waiting: [`UnixStream::try_read_vectored`].
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read; else what the system says.
    ///
    /// # Examples
    /// ```
    /// use std::io::IoSliceMut;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// there.try_write(b"hello")?;
    /// let (reader, _writer) = here.into_split();
    /// reader.readable().await?;
    /// let (mut head, mut tail) = ([0; 2], [0; 8]);
    /// let n = reader.try_read_vectored(&mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)])?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.inner.try_read_vectored(bufs)
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
    /// let (reader, _writer) = here.into_split();
    /// assert!(reader.peer_addr()?.is_unnamed());
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
    /// let (reader, _writer) = here.into_split();
    /// assert!(reader.local_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}
