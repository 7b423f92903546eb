//! [`GmpExecutor`]: hyper's tasks are gmp's.
//!
//! Go: the go statement.

use hyper::rt::Executor;

/// Spawns what hyper wants to run beside a connection, by [`gmp::spawn`].
///
/// HTTP/2 needs it, for its streams; HTTP/1 has one task a connection and needs none.
///
/// # Panics
/// [`execute`](Executor::execute) panics outside of a runtime, as [`gmp::spawn`] does.
///
/// # Examples
/// ```no_run
/// # use gmp::net::TcpListener;
/// # use http_body_util::Empty;
/// # use hyper::body::{Bytes, Incoming};
/// # use hyper::{Request, Response};
/// # use std::convert::Infallible;
/// use gmp_hyper::{GmpExecutor, GmpIo, GmpTimer};
/// use hyper::server::conn::http2;
/// use hyper::service::service_fn;
///
/// # async fn answer(_: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
/// #     Ok(Response::new(Empty::new()))
/// # }
/// # async fn accept(listener: TcpListener) -> std::io::Result<()> {
/// let (stream, _) = listener.accept().await?;
/// let mut http2 = http2::Builder::new(GmpExecutor::new());
/// http2.timer(GmpTimer::new());
/// gmp::spawn(http2.serve_connection(GmpIo::new(stream), service_fn(answer)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GmpExecutor;

impl GmpExecutor {
    /// An executor that spawns on the runtime that it is used in.
    pub fn new() -> Self {
        Self
    }
}

impl<F> Executor<F> for GmpExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    #[track_caller]
    fn execute(&self, future: F) {
        gmp::spawn(future);
    }
}

#[cfg(test)]
mod tests;
