//! Readiness, and the operations that never wait for it.
//!
//! Go: net/rawconn.go (rawConn.Read, rawConn.Write)

use super::TcpStream;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::task::{Context, Poll};
use tokio::io::{Interest, Ready};

#[cfg(feature = "io-util")]
use {crate::net::read_into::read_into, bytes::BufMut, gmp_netpoll::fd, std::os::fd::AsFd};

impl TcpStream {
    /// Waits until the socket is ready for any of what `interest` names, and says for what.
    ///
    /// Together with [`try_read`](TcpStream::try_read) and [`try_write`](TcpStream::try_write) this lets one task read and
    /// write without splitting the stream. It may say ready too often: then an attempt fails with
    /// [`WouldBlock`](io::ErrorKind::WouldBlock). It may also return an empty set: look at what it returns, and wait again.
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped: once ready, the socket stays ready until an attempt to read or write would
    /// have to wait.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::Interest;
    /// use gmp::net::{TcpListener, TcpStream};
    /// use std::io::ErrorKind;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let address = listener.local_addr()?;
    /// # gmp::spawn(async move {
    /// #     let (mut server, _) = listener.accept().await?;
    /// #     let (mut reader, mut writer) = server.split();
    /// #     gmp::io::copy(&mut reader, &mut writer).await
    /// # });
    /// let stream = TcpStream::connect(address).await?;
    /// let (mut to_write, mut echo) = (&b"ping"[..], Vec::new());
    /// while echo.len() < 4 {
    ///     let interest = if to_write.is_empty() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
    ///     let ready = stream.ready(interest).await?;
    ///     if ready.is_readable() {
    ///         let mut buf = [0; 1024];
    ///         match stream.try_read(&mut buf) {
    ///             Ok(n) => echo.extend_from_slice(&buf[..n]),
    ///             Err(e) if e.kind() == ErrorKind::WouldBlock => {}
    ///             Err(e) => return Err(e),
    ///         }
    ///     }
    ///     if ready.is_writable() && !to_write.is_empty() {
    ///         match stream.try_write(to_write) {
    ///             Ok(n) => to_write = &to_write[n..],
    ///             Err(e) if e.kind() == ErrorKind::WouldBlock => {}
    ///             Err(e) => return Err(e),
    ///         }
    ///     }
    /// }
    /// assert_eq!(echo, b"ping");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        Ok(self.io.registration().readiness(interest).await?.ready)
    }

    /// Waits until the socket is readable: [`ready`](TcpStream::ready) with [`Interest::READABLE`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped: once readable, the socket stays so until an attempt to read would have to
    /// wait.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// drop(listener.accept().await?);
    /// client.readable().await?; // The end of the stream can be read, too.
    /// assert_eq!(client.try_read(&mut [0; 8])?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await.map(drop)
    }

    /// Waits until the socket is writable: [`ready`](TcpStream::ready) with [`Interest::WRITABLE`].
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped: once writable, the socket stays so until an attempt to write would have to
    /// wait.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// client.writable().await?;
    /// assert_eq!(client.try_write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await.map(drop)
    }

    /// Polls for being readable; for where the future of [`readable`](TcpStream::readable) has no place.
    ///
    /// The waker of the last call of this, of `poll_read` and of [`poll_peek`](TcpStream::poll_peek) is woken, and no other:
    /// one task at a time. (`readable` serves any number.)
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// drop(listener.accept().await?);
    /// std::future::poll_fn(|cx| client.poll_read_ready(cx)).await
    /// # }
    /// ```
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_read_ready(cx).map_ok(drop)
    }

    /// Polls for being writable; for where the future of [`writable`](TcpStream::writable) has no place.
    ///
    /// The waker of the last call of this and of `poll_write` is woken, and no other: one task at a time. (`writable` serves
    /// any number.)
    ///
    /// # Errors
    /// If the runtime has ended.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// std::future::poll_fn(|cx| client.poll_write_ready(cx)).await
    /// # }
    /// ```
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.registration().poll_write_ready(cx).map_ok(drop)
    }

    /// Reads what is there, without waiting for more.
    ///
    /// Returns how many bytes were read. None means that the peer has finished writing, or that `buf` is empty.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing is there; wait with [`readable`](TcpStream::readable). Or what
    /// the system reports.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    /// use std::io::ErrorKind;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (server, _) = listener.accept().await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(client.try_read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    ///
    /// server.writable().await?;
    /// server.try_write(b"hello")?;
    /// let n = loop {
    ///     client.readable().await?;
    ///     match client.try_read(&mut buf) {
    ///         Err(e) if e.kind() == ErrorKind::WouldBlock => continue,
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(&buf[..n], b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || (&*self.io).read(buf))
    }

    /// As [`try_read`](TcpStream::try_read), into several buffers: one is filled before the next is used.
    ///
    /// # Errors
    /// As those of [`try_read`](TcpStream::try_read).
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    /// use std::io::IoSliceMut;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (server, _) = listener.accept().await?;
    /// server.writable().await?;
    /// server.try_write(b"headbody")?;
    /// client.readable().await?;
    /// let (mut head, mut body) = ([0; 4], [0; 32]);
    /// let n = client.try_read_vectored(&mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)])?;
    /// assert_eq!((n, &head, &body[..4]), (8, b"head", &b"body"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::READABLE, || (&*self.io).read_vectored(bufs))
    }

    /// As [`try_read`](TcpStream::try_read), into the free space of a buffer, which need not be initialised.
    ///
    /// # Errors
    /// As those of [`try_read`](TcpStream::try_read).
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (server, _) = listener.accept().await?;
    /// server.writable().await?;
    /// server.try_write(b"hello")?;
    /// client.readable().await?;
    /// let mut buf = Vec::with_capacity(1024);
    /// client.try_read_buf(&mut buf)?;
    /// assert_eq!(buf, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "io-util")]
    pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io
            .registration()
            .try_io(Interest::READABLE, || read_into(buf, |free| fd::read(self.io.as_fd(), free).map(drop)))
    }

    /// Writes what there is room for, without waiting for more.
    ///
    /// Returns how many bytes of `buf` were written, which may be fewer than it has.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room; wait with [`writable`](TcpStream::writable). Or what
    /// the system reports.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    /// use std::io::ErrorKind;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// // Nobody reads: there is no room any more sooner or later.
    /// let error = loop {
    ///     if let Err(error) = client.try_write(&[0; 65536]) {
    ///         break error;
    ///     }
    /// };
    /// assert_eq!(error.kind(), ErrorKind::WouldBlock);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::WRITABLE, || (&*self.io).write(buf))
    }

    /// As [`try_write`](TcpStream::try_write), from several buffers: all of one is written before the next.
    ///
    /// # Errors
    /// As those of [`try_write`](TcpStream::try_write).
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    /// use std::io::IoSlice;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// client.writable().await?;
    /// assert_eq!(client.try_write_vectored(&[IoSlice::new(b"head"), IoSlice::new(b"body")])?, 8);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.io.registration().try_io(Interest::WRITABLE, || (&*self.io).write_vectored(bufs))
    }
}
