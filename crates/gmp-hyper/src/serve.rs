//! [`serve`] and [`Server`]: accept connections until told to stop, then let the requests in flight finish.
//!
//! Go: net/http's `Server.Serve` and `Server.Shutdown`.

mod listener;

pub use listener::Listener;

use crate::{GmpIo, GmpTimer};
use gmp::sync::watch;
use gmp::task::{JoinError, JoinSet};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use std::error::Error;
use std::pin::pin;
use std::time::Duration;

/// Serves HTTP/1 on a listener until `shutdown` completes and the last connection has ended.
///
/// It is [`Server::serve`] with the defaults of [`Server::new`].
///
/// # Cancel safety
/// Dropping the future cuts all connections.
///
/// # Examples
/// ```
/// use gmp::net::TcpListener;
/// use http_body_util::Full;
/// use hyper::body::{Bytes, Incoming};
/// use hyper::service::service_fn;
/// use hyper::{Request, Response};
/// use std::convert::Infallible;
/// use std::time::Duration;
///
/// async fn path(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
///     Ok(Response::new(Full::from(request.uri().path().to_owned())))
/// }
///
/// #[gmp::main]
/// async fn main() -> std::io::Result<()> {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let for_a_while = gmp::time::sleep(Duration::from_millis(10));
///     gmp_hyper::serve(listener, service_fn(path), for_a_while).await;
///     Ok(())
/// }
/// ```
pub async fn serve<L, S, B, F>(listener: L, service: S, shutdown: F) -> Served
where
    L: Listener,
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    F: Future<Output = ()>,
{
    Server::new().serve(listener, service, shutdown).await
}

/// How an HTTP/1 server is to behave: what [`serve`] does, with its settings.
///
/// # Examples
/// ```
/// use gmp_hyper::Server;
/// use std::time::Duration;
///
/// let mut server = Server::new();
/// server.http1().header_read_timeout(Duration::from_secs(5)).max_buf_size(64 * 1024);
/// server.grace(Duration::from_secs(10));
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    http1: http1::Builder,
    grace: Option<Duration>,
}

/// What a server has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// The connections that were accepted, in all.
    pub connections: u64,
    /// Those that ended with an error: a client that didn't speak HTTP, went away or was too slow, a service that failed or
    /// panicked.
    pub failed: u64,
    /// Those that were still there when the time for finishing was over.
    pub cut: u64,
}

impl Server {
    /// A server with hyper's defaults, a [`GmpTimer`], and as much time as it takes for finishing.
    ///
    /// hyper's default of 30 seconds for the head of a request is also how long a connection without a request is kept.
    pub fn new() -> Self {
        let mut http1 = http1::Builder::new();
        http1.timer(GmpTimer::new());
        Self { http1, grace: None }
    }

    /// hyper's settings for the connections.
    pub fn http1(&mut self) -> &mut http1::Builder {
        &mut self.http1
    }

    /// Bounds how long the connections may take to finish after the shutdown has begun.
    pub fn grace(&mut self, limit: Duration) -> &mut Self {
        self.grace = Some(limit);
        self
    }

    /// Serves each connection by a task of its own, until `shutdown` completes.
    ///
    /// Then the listener is closed, connections without a request in flight end, the others when they have answered it.
    /// Returns when all have ended or the [grace](Self::grace) is over; what is left then is aborted, and not waited for.
    /// A connection that the service has upgraded is the service's own, and counts as ended.
    ///
    /// If a connection can't be accepted, for lack of descriptors for instance, it tries again, after a pause of up to a
    /// second.
    ///
    /// # Cancel safety
    /// Dropping the future cuts all connections.
    pub async fn serve<L, S, B, F>(self, mut listener: L, service: S, shutdown: F) -> Served
    where
        L: Listener,
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
        F: Future<Output = ()>,
    {
        let mut served = Served::default();
        let mut connections = JoinSet::new();
        // Nothing is ever sent: dropping the sender is the message.
        let (stop, stopped) = watch::channel(());
        let mut shutdown = pin!(shutdown);
        loop {
            let io = gmp::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = connections.join_next() => {
                    served.count(ended);
                    continue;
                }
                io = listener::accept(&mut listener) => io,
            };
            served.connections += 1;
            let connection = self.http1.serve_connection(GmpIo::new(io), service.clone()).with_upgrades();
            let mut stopped = stopped.clone();
            connections.spawn(async move {
                let mut connection = pin!(connection);
                gmp::select! {
                    biased;
                    result = connection.as_mut() => return result,
                    _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
                }
                connection.await
            });
        }
        drop(listener);
        drop(stop);

        let finish = async {
            while let Some(ended) = connections.join_next().await {
                served.count(ended);
            }
        };
        match self.grace {
            None => finish.await,
            // If it is over, what is left tells.
            Some(limit) => drop(gmp::time::timeout(limit, finish).await),
        }
        served.cut = connections.len() as u64;
        served
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl Served {
    fn count(&mut self, ended: Result<hyper::Result<()>, JoinError>) {
        if !matches!(ended, Ok(Ok(()))) {
            self.failed += 1;
        }
    }
}

#[cfg(test)]
mod tests;
