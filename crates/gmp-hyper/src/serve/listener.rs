//! [`Listener`]: where a server's connections come from.
//!
//! Go: net.Listener.

use gmp::io::{AsyncRead, AsyncWrite};
use gmp::net::TcpListener;
use std::io::{self, ErrorKind};
use std::time::Duration;

/// What a server can accept connections from.
///
/// Implement it for a listener of your own, one that wraps its connections in something for instance. A handshake belongs
/// into the first read of the connection rather than into `accept`, where the next client would wait for it.
///
/// # Cancel safety
/// [`accept`](Self::accept) has to be cancel safe: it is dropped whenever something else happens, and called again.
pub trait Listener {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for a connection.
    ///
    /// # Errors
    /// As the system says. None ends the server: it tries again.
    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Io>> + Send;
}

impl Listener for TcpListener {
    type Io = gmp::net::TcpStream;

    /// Accepts a connection, and sets `TCP_NODELAY` on it as Go does: what hyper writes is whole.
    async fn accept(&mut self) -> io::Result<Self::Io> {
        let (stream, _) = TcpListener::accept(self).await?;
        // Fails if the connection is gone already. Its first read tells.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

#[cfg(unix)]
impl Listener for gmp::net::UnixListener {
    type Io = gmp::net::UnixStream;

    async fn accept(&mut self) -> io::Result<Self::Io> {
        let (stream, _) = gmp::net::UnixListener::accept(self).await?;
        Ok(stream)
    }
}

/// The first pause after an error, which is then doubled.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The next connection, whatever happens to others before it. It is called anew when a connection has ended, which may have
/// freed what was missing.
pub(super) async fn accept<L: Listener>(listener: &mut L) -> L::Io {
    let mut pause = FIRST_PAUSE;
    loop {
        match listener.accept().await {
            Ok(io) => return io,
            Err(error) if is_of_one_connection(&error) => {}
            // Most likely there are no descriptors left, and won't be until a connection ends.
            Err(_) => {
                gmp::time::sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }
}

/// Whether only the connection is lost that was about to be accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}
