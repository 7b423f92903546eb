//! TCP, UDP and Unix sockets, for asynchronous code.
//!
//! * [`TcpListener`] and [`TcpStream`] are for TCP connections, [`TcpSocket`] for options that have to be set before one is
//!   made.
//! * [`UdpSocket`] sends and receives datagrams.
//! * On Unix, `UnixListener`, `UnixStream`, `UnixDatagram` and `UnixSocket` are their kin for processes of one machine. The
//!   module `unix` has what belongs to them, and pipes.
//! * [`lookup_host`] resolves names; functions that take an address take whatever is [`ToSocketAddrs`].
//!
//! A socket belongs to the runtime in whose context it was made: it must be made inside one, may be used by any task, and
//! its operations fail once that runtime has ended. No thread waits in an operation that has to wait: the task does.
//!
//! ```
//! use gmp::io::{AsyncReadExt, AsyncWriteExt};
//! use gmp::net::{TcpListener, TcpStream};
//!
//! # #[gmp::main]
//! # async fn main() -> std::io::Result<()> {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let server = gmp::spawn(async move {
//!     let (mut stream, _) = listener.accept().await?;
//!     stream.write_all(b"hello").await
//! });
//!
//! let mut stream = TcpStream::connect(address).await?;
//! let mut greeting = String::new();
//! stream.read_to_string(&mut greeting).await?;
//! assert_eq!(greeting, "hello");
//! server.await?
//! # }
//! ```

mod addr;
mod blocking_check;
mod lookup_host;
#[cfg(feature = "io-util")]
mod read_into;

mod tcp_stream;
mod tcp_split;
mod tcp_split_owned;
mod tcp_listener;
mod tcp_socket;

mod udp;

#[cfg(unix)]
pub mod unix;

/// The halves of a [`TcpStream`].
pub mod tcp {
    pub use super::tcp_split::{ReadHalf, WriteHalf};
    pub use super::tcp_split_owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
}

pub use addr::ToSocketAddrs;
pub use lookup_host::lookup_host;
pub use tcp_listener::TcpListener;
pub use tcp_socket::TcpSocket;
pub use tcp_stream::TcpStream;
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{datagram::UnixDatagram, listener::UnixListener, socket::UnixSocket, stream::UnixStream};
