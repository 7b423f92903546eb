//! An HTTP server: hyper's, on the runtime that is measured. The client is a program outside, see `load`.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};

use super::hyper_rt::{Io, Timer};
use super::rt::net::{TcpListener, TcpStream};
use super::{rt, runtime};
use crate::load::SLOW;
use crate::scenario::{Listening, Measurement, Params};
use crate::usage::cpu_time;

/// Answers every request with `Hello, world!`, until the load is over.
///
/// Measures reading, parsing and writing of small requests on connections that stay open, each a task of its own, and
/// hyper's header timeout, which is set and cancelled around each request. The client shares the machine's CPUs with the
/// server; the server's own CPU time for a request is the third figure. Does not measure connecting, bodies, HTTP/2 or
/// TLS, and has no warm-up but the first of its hundred thousands of requests. Go's server is net/http's, in place of hyper's.
pub(super) fn serve(params: Params, listening: Listening<'_>) -> Vec<Measurement> {
    let runtime = runtime(params);
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
    let address = listener.local_addr().expect("an address");
    // Leaked, so that no reference counting is in the figure.
    let answered: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
    let before = cpu_time().expect("the process's CPU time");
    drop(runtime.spawn(accept(listener, move |stream| connection(stream, answered))));
    listening(address);
    let used = cpu_time().expect("the process's CPU time") - before;
    // ORDERING: Relaxed — a count for the figure; who answered last doesn't matter.
    let answered = answered.load(Ordering::Relaxed);
    vec![Measurement::cpu(used, answered.max(1))]
}

/// Answers `/` in the same way, and `/slow` from a handler that blocks its thread for 100 ms, until the loads are over.
///
/// Measures what is left of the server while four connections ask for nothing but `/slow`. All figures are the client's: it
/// asks for `/` alone first, of the same process, then beside the slow requests, whose handlers are in the way from the
/// first request on, unknown as yet. Does not measure the slow requests' latency; how many were answered in a second is
/// there to show that they were, at most 40. The clients are two programs now, which take more of the CPUs from the
/// server than one.
pub(super) fn serve_with_slow(params: Params, listening: Listening<'_>) -> Vec<Measurement> {
    let runtime = runtime(params);
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(runtime.spawn(accept(listener, connection_with_slow)));
    listening(address);
    Vec::new()
}

/// Makes a task of each connection.
async fn accept<F>(listener: TcpListener, connection: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        drop(rt::spawn(connection(stream)));
    }
}

async fn connection(stream: TcpStream, answered: &'static AtomicU64) {
    let service = service_fn(move |_: Request<Incoming>| async move {
        // ORDERING: Relaxed — see `serve`.
        answered.fetch_add(1, Ordering::Relaxed);
        hello()
    });
    let served = http1::Builder::new().timer(Timer::new()).serve_connection(Io::new(stream), service).await;
    // The client goes away in the middle of a request when its time is over: that is no failure of the server's. It
    // counts its answers and reports those that it lacks.
    drop(served);
}

async fn connection_with_slow(stream: TcpStream) {
    let service = service_fn(|request: Request<Incoming>| async move {
        if request.uri().path() == SLOW {
            thread::sleep(Duration::from_millis(100));
        }
        hello()
    });
    let served = http1::Builder::new().timer(Timer::new()).serve_connection(Io::new(stream), service).await;
    // As above.
    drop(served);
}

fn hello() -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(b"Hello, world!"))))
}
