//! hyper 1.x on gmp.
//!
//! hyper leaves three things to whoever uses it: sockets, a clock, and a place for tasks. Here they are:
//!
//! | hyper asks for | here |
//! |---|---|
//! | [`hyper::rt::Read`], [`hyper::rt::Write`] | [`GmpIo`] around a socket of gmp, or around anything that reads and writes |
//! | [`hyper::rt::Timer`] | [`GmpTimer`] |
//! | [`hyper::rt::Executor`] | [`GmpExecutor`] |
//!
//! And [`serve`] is the loop that every server has around them: it accepts connections, and when it is told to stop it
//! lets the requests in flight finish.
//!
//! ```
//! use gmp::net::{TcpListener, TcpStream};
//! use gmp_hyper::GmpIo;
//! use http_body_util::{BodyExt, Empty, Full};
//! use hyper::body::{Bytes, Incoming};
//! use hyper::service::service_fn;
//! use hyper::{Request, Response, client};
//! use std::convert::Infallible;
//!
//! async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     Ok(Response::new(Full::from("Hello, World!")))
//! }
//!
//! #[gmp::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let address = listener.local_addr()?;
//!     let (stop, stopped) = gmp::sync::oneshot::channel::<()>();
//!     let server = gmp::spawn(gmp_hyper::serve(listener, service_fn(hello), async {
//!         let _ = stopped.await;
//!     }));
//!
//!     let stream = GmpIo::new(TcpStream::connect(address).await?);
//!     let (mut client, connection) = client::conn::http1::handshake(stream).await?;
//!     gmp::spawn(connection);
//!     let request = Request::get("/").header("host", "localhost").body(Empty::<Bytes>::new())?;
//!     let answer = client.send_request(request).await?;
//!     assert_eq!(answer.into_body().collect().await?.to_bytes(), "Hello, World!");
//!
//!     stop.send(()).expect("the server is there");
//!     assert_eq!(server.await?.connections, 1);
//!     Ok(())
//! }
//! ```
//!
//! # Clients
//! hyper's own clients (`hyper::client::conn`) take a [`GmpIo`], as above. The pooled client of hyper-util takes a connector,
//! and the one that comes with it opens tokio's sockets, which need tokio's reactor: give it a connector that opens gmp's.
//!
//! Go: net/http's use of the runtime; Go has no seam there, hyper has.

#![forbid(unsafe_code)]

mod executor;
mod serve;
mod timer;

pub use executor::GmpExecutor;
pub use serve::{Listener, Served, Server, serve};
pub use timer::GmpTimer;

/// Makes a socket of gmp one of hyper's, and the other way round.
///
/// It is hyper-util's adapter between hyper's traits and those of [`gmp::io`], which are tokio's. There is no reactor in it.
#[doc(inline)]
pub use hyper_util::rt::TokioIo as GmpIo;
