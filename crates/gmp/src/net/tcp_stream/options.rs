//! What can be set on a connection.
//!
//! Go: net/sockopt_posix.go, net/tcpsockopt_posix.go

use super::TcpStream;
use socket2::SockRef;
use std::io;
use std::time::Duration;

impl TcpStream {
    /// Takes the error that the system has pending for this socket (`SO_ERROR`), if there is one.
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// assert!(client.take_error()?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.take_error()
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_nodelay`](TcpStream::set_nodelay).
    pub fn nodelay(&self) -> io::Result<bool> {
        self.io.nodelay()
    }

    /// Sets whether small writes are sent at once (`TCP_NODELAY`).
    ///
    /// If not, which is the default, the system holds a small segment back while an earlier one is not acknowledged, so that
    /// several may go together (Nagle's algorithm).
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// client.set_nodelay(true)?;
    /// assert!(client.nodelay()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.set_nodelay(nodelay)
    }

    /// How long closing the socket waits for data that isn't sent yet (`SO_LINGER`); `None` if it doesn't.
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_zero_linger`](TcpStream::set_zero_linger).
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        SockRef::from(self).linger()
    }

    /// Sets how long closing the socket waits for data that isn't sent yet (`SO_LINGER`).
    ///
    /// The wait blocks the thread that drops the stream, non-blocking mode or not. Rather
    /// [shut down](crate::io::AsyncWriteExt::shutdown) and read until the peer has closed its side; or, to throw the
    /// connection away, [`set_zero_linger`](TcpStream::set_zero_linger), which waits for nothing.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// # #![allow(deprecated)]
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// client.set_linger(None)?;
    /// assert_eq!(client.linger()?, None);
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated = "`SO_LINGER` causes the socket to block the thread on drop"]
    pub fn set_linger(&self, dur: Option<Duration>) -> io::Result<()> {
        SockRef::from(self).set_linger(dur)
    }

    /// Makes closing the socket throw the connection away (`SO_LINGER` of zero).
    ///
    /// What isn't sent yet is lost, the peer gets a reset instead of the end of the stream, and this side doesn't go through
    /// `TIME_WAIT`.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// use gmp::io::AsyncReadExt;
    /// use gmp::net::{TcpListener, TcpStream};
    /// use std::io::ErrorKind;
    /// use std::time::Duration;
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (server, _) = listener.accept().await?;
    /// server.set_zero_linger()?;
    /// assert_eq!(server.linger()?, Some(Duration::ZERO));
    /// drop(server);
    /// assert_eq!(client.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_zero_linger(&self) -> io::Result<()> {
        SockRef::from(self).set_linger(Some(Duration::ZERO))
    }

    /// How many routers a packet of this socket may pass (`IP_TTL`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_ttl`](TcpStream::set_ttl).
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.ttl()
    }

    /// Sets how many routers a packet of this socket may pass (`IP_TTL`).
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// client.set_ttl(123)?;
    /// assert_eq!(client.ttl()?, 123);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.set_ttl(ttl)
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia", target_os = "cygwin"))]
impl TcpStream {
    /// Whether received data is acknowledged at once (`TCP_QUICKACK`).
    ///
    /// # Errors
    /// If the system can't tell.
    ///
    /// # Examples
    /// See [`set_quickack`](TcpStream::set_quickack).
    pub fn quickack(&self) -> io::Result<bool> {
        SockRef::from(self).tcp_quickack()
    }

    /// Sets whether received data is acknowledged at once, rather than together with data that goes the other way
    /// (`TCP_QUICKACK`).
    ///
    /// The system may change its mind with later operations; see tcp(7).
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Examples
    /// ```
    /// use gmp::net::{TcpListener, TcpStream};
    ///
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// client.set_quickack(true)?;
    /// println!("acknowledges at once: {}", client.quickack()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_quickack(&self, quickack: bool) -> io::Result<()> {
        SockRef::from(self).set_tcp_quickack(quickack)
    }
}
