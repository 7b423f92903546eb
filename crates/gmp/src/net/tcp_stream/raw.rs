//! Operations of the caller's own, and peeking.
//!
//! Go: net/rawconn.go (rawConn.Read, rawConn.Write)

use super::TcpStream;
use gmp_netpoll::fd;
use std::io;
use std::os::fd::AsFd;
use std::task::{Context, Poll};
use tokio::io::{Interest, ReadBuf};

impl TcpStream {
    /// Runs an operation of the caller's own on the socket, if the socket is ready for it.
    ///
    /// `f` makes a system call on the descriptor. If that would have to wait it returns
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), and the socket counts as not ready until the system reports it again. So
    /// `f` must return that error in no other case, and must not use the methods of this stream, which keep count themselves.
    ///
    /// `interest` has to be one thing: to read, or to write.
    ///
    /// # Errors
    /// `WouldBlock` if the socket isn't ready, without a call of `f`; else what `f` returns.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    /// use gmp::net::{TcpListener, TcpStream};
    /// use std::mem::MaybeUninit;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (server, _) = listener.accept().await?;
    /// server.writable().await?;
    /// server.try_write(b"hello")?;
    /// client.readable().await?;
    /// let mut buf = [MaybeUninit::uninit(); 16];
    /// let n = client.try_io(Interest::READABLE, || socket2::SockRef::from(&client).recv(&mut buf))?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_io<R>(&self, interest: Interest, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.io.registration().try_io(interest, || self.io.try_io(f))
    }

    /// Runs an operation of the caller's own on the socket, when the socket is ready for it.
    ///
    /// The same as [`try_io`](TcpStream::try_io), but waits before the call, and again each time when `f` returns
    /// [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// # Errors
    /// What `f` returns; or if the runtime has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, `f` has had no success.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    /// use gmp::net::{TcpListener, TcpStream};
    /// use std::mem::MaybeUninit;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (server, _) = listener.accept().await?;
    /// server.writable().await?;
    /// server.try_write(b"hello")?;
    /// let mut buf = [MaybeUninit::uninit(); 16];
    /// let n = client.async_io(Interest::READABLE, || socket2::SockRef::from(&client).recv(&mut buf)).await?;
    /// assert_eq!(n, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn async_io<R>(&self, interest: Interest, mut f: impl FnMut() -> io::Result<R>) -> io::Result<R> {
        self.io.registration().async_io(interest, || self.io.try_io(&mut f)).await
    }

    /// Waits for data and reads it without taking it: the next read gives it again.
    ///
    /// Returns how many bytes were read. None means that the peer has finished writing, or that `buf` is empty.
    ///
    /// # Errors
    /// What the system reports; or if the runtime has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, `buf` is as it was.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::{AsyncReadExt, AsyncWriteExt};
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// listener.accept().await?.0.write_all(b"hello").await?;
    ///
    /// let (mut peeked, mut read) = ([0; 5], [0; 5]);
    /// let n = client.peek(&mut peeked).await?;
    /// client.read_exact(&mut read).await?;
    /// assert_eq!(peeked[..n], read[..n]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.registration().async_io(Interest::READABLE, || self.io.peek(buf)).await
    }

    /// Polls for data and reads it without taking it.
    ///
    /// Returns how many bytes were added to `buf`. The waker of the last call of this, of `poll_read` and of
    /// [`poll_read_ready`](TcpStream::poll_read_ready) is woken, and no other.
    ///
    /// # Errors
    /// What the system reports, never `WouldBlock`; or if the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::{AsyncWriteExt, ReadBuf};
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// server.write_all(b"hello").await?;
    /// let mut buf = [0; 16];
    /// let mut buf = ReadBuf::new(&mut buf);
    /// let n = std::future::poll_fn(|cx| client.poll_peek(cx, &mut buf)).await?;
    /// assert_eq!((n, buf.filled()), (5, &b"hello"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        self.io.registration().poll_read_io(cx, || fd::recv(self.io.as_fd(), buf, libc::MSG_PEEK))
    }
}
