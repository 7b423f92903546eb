//! Timers and sockets of gmp and of tokio under one trait, as [`Runtime`] has their tasks.
//!
//! Reading and writing need no trait: both runtimes' streams are `AsyncRead` and `AsyncWrite`, which are tokio's.

use crate::runtimes::{Gmp, Runtime, Tokio};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// What the benches ask of a runtime beside tasks.
pub trait Drivers: Runtime {
    /// A sleep. It is armed when it is first polled.
    type Sleep: Future<Output = ()> + Send;

    /// A TCP socket that listens.
    type TcpListener: Send + Sync;

    /// A TCP connection.
    type TcpStream: AsyncRead + AsyncWrite + Unpin + Send;

    /// A sleep that ends in `duration`.
    fn sleep(duration: Duration) -> Self::Sleep;

    /// Makes a sleep end in `duration` instead.
    fn reset(sleep: Pin<&mut Self::Sleep>, duration: Duration);

    /// Gives `future` so long; `None` if that isn't enough.
    fn timeout<F: Future + Send>(limit: Duration, future: F) -> impl Future<Output = Option<F::Output>> + Send;

    /// Listens on any port of `127.0.0.1`.
    fn listen() -> impl Future<Output = io::Result<(Self::TcpListener, SocketAddr)>> + Send;

    /// Takes a connection.
    fn accept(listener: &Self::TcpListener) -> impl Future<Output = io::Result<Self::TcpStream>> + Send;

    /// Makes a connection.
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::TcpStream>> + Send;

    /// Sees that small messages go out at once.
    ///
    /// # Errors
    /// As the system call.
    fn set_nodelay(stream: &Self::TcpStream) -> io::Result<()>;

    /// Sees that the connection is reset at its close, so that no port stays behind in TIME-WAIT.
    ///
    /// # Errors
    /// As the system call.
    fn set_zero_linger(stream: &Self::TcpStream) -> io::Result<()>;
}

/// The same text for both: the calls have the same names.
macro_rules! drivers {
    ($runtime:ident, $krate:ident) => {
        impl Drivers for $runtime {
            type Sleep = $krate::time::Sleep;
            type TcpListener = $krate::net::TcpListener;
            type TcpStream = $krate::net::TcpStream;

            #[inline]
            fn sleep(duration: Duration) -> Self::Sleep {
                $krate::time::sleep(duration)
            }

            #[inline]
            fn reset(sleep: Pin<&mut Self::Sleep>, duration: Duration) {
                sleep.reset($krate::time::Instant::now() + duration);
            }

            #[inline]
            async fn timeout<F: Future + Send>(limit: Duration, future: F) -> Option<F::Output> {
                $krate::time::timeout(limit, future).await.ok()
            }

            async fn listen() -> io::Result<(Self::TcpListener, SocketAddr)> {
                let listener = Self::TcpListener::bind("127.0.0.1:0").await?;
                let address = listener.local_addr()?;
                Ok((listener, address))
            }

            async fn accept(listener: &Self::TcpListener) -> io::Result<Self::TcpStream> {
                Ok(listener.accept().await?.0)
            }

            async fn connect(address: SocketAddr) -> io::Result<Self::TcpStream> {
                Self::TcpStream::connect(address).await
            }

            fn set_nodelay(stream: &Self::TcpStream) -> io::Result<()> {
                stream.set_nodelay(true)
            }

            fn set_zero_linger(stream: &Self::TcpStream) -> io::Result<()> {
                stream.set_zero_linger()
            }
        }
    };
}

drivers!(Gmp, gmp);
drivers!(Tokio, tokio);

#[cfg(test)]
mod tests;
