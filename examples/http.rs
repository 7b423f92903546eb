//! An HTTP/1.1 server: hyper on gmp's sockets, timers and tasks, by the companion crate `gmp-hyper`.
//!
//! ```text
//! cargo run --release --example http                  # then, elsewhere: curl http://127.0.0.1:7080/metrics
//! ```
//!
//! | path | answer |
//! |---|---|
//! | `/` | Hello, World! |
//! | `/slow` | the same, from a handler that blocks its thread for 100 ms |
//! | `/spin` | the same, from a handler that computes for 100 ms |
//! | `/echo` | the body of the request, while it comes |
//! | `/metrics` | what the scheduler counts, as Prometheus reads it |

use gmp::io;
use gmp::net::TcpListener;
use gmp::runtime::{Builder, Handle};
use gmp_examples::args::{Arguments, Seconds};
use gmp_examples::{metrics, stop};
use gmp_hyper::Server;
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::hint::black_box;
use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: http [OPTIONS]

Serves HTTP/1.1 until stdin ends or has a line \"quit\".
  --addr HOST:PORT           where to listen (127.0.0.1:7080); with port 0 it is told on stdout which one it is
  --workers N                how many Ps (as many as the runtime would have by itself)
  --header-timeout SECONDS   how long a client may take to send the head of a request (30)
  --for SECONDS              stop after that time instead
  --grace SECONDS            how long requests in flight may take after that (10)";

#[derive(Debug)]
struct Settings {
    addr: String,
    workers: Option<NonZeroUsize>,
    header_timeout: Duration,
    time: Option<Duration>,
    grace: Duration,
}

fn main() -> ExitCode {
    let settings = match settings() {
        Ok(settings) => settings,
        Err(complaint) => {
            eprintln!("http: {complaint}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("http: {error}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<Settings, String> {
    let mut arguments = Arguments::from_env()?;
    let mut time = |name| Ok::<_, String>(arguments.take(name)?.map(|Seconds(time)| time));
    let (header_timeout, stop, grace) = (time("--header-timeout")?, time("--for")?, time("--grace")?);
    let settings = Settings {
        addr: arguments.take("--addr")?.unwrap_or_else(|| "127.0.0.1:7080".to_owned()),
        workers: arguments.take("--workers")?,
        header_timeout: header_timeout.unwrap_or(Duration::from_secs(30)),
        time: stop,
        grace: grace.unwrap_or(Duration::from_secs(10)),
    };
    arguments.finish()?;
    Ok(settings)
}

/// Boots a runtime with as many workers as were asked for, which an attribute couldn't know.
fn run(settings: Settings) -> io::Result<()> {
    let mut builder = Builder::new_multi_thread();
    builder.enable_all();
    if let Some(workers) = settings.workers {
        builder.worker_threads(workers.get());
    }
    let runtime = builder.build()?;
    // As a task, like all that it spawns: the future of `block_on` stays on its thread, and tasks go to workers.
    let server = runtime.spawn(serve(settings));
    runtime.block_on(server)?
}

async fn serve(settings: Settings) -> io::Result<()> {
    let Settings { addr, header_timeout, time, grace, .. } = settings;
    let listener =
        TcpListener::bind(&addr).await.map_err(|error| io::Error::new(error.kind(), format!("{addr}: {error}")))?;
    let mut out = std::io::stdout();
    writeln!(out, "http: listening on http://{}", listener.local_addr()?)?;
    let mut server = Server::new();
    server.http1().header_read_timeout(header_timeout).pipeline_flush(true);
    server.grace(grace);
    let served = server.serve(listener, service_fn(answer), stop::asked(time)).await;
    let gmp_hyper::Served { connections, failed, cut, .. } = served;
    writeln!(out, "http: {connections} connections, {failed} failed, {cut} cut")
}

/// What is sent: a text that is there as a whole, or a body while it comes.
type Body = Either<Full<Bytes>, Incoming>;

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    const HELLO: &str = "Hello, World!";
    Ok(match request.uri().path() {
        "/" => text(StatusCode::OK, HELLO),
        "/slow" => {
            block();
            text(StatusCode::OK, HELLO)
        }
        "/spin" => {
            spin();
            text(StatusCode::OK, HELLO)
        }
        "/echo" => Response::new(Either::Right(request.into_body())),
        "/metrics" => text(StatusCode::OK, metrics::text(&Handle::current().metrics())),
        _ => text(StatusCode::NOT_FOUND, "There is no such page.\n"),
    })
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(text.into())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// How long a handler keeps its thread to itself.
const BUSY: Duration = Duration::from_millis(100);

/// What an async function should not do, and many do by accident.
fn block() {
    thread::sleep(BUSY);
}

/// The same with a busy CPU.
fn spin() {
    let start = Instant::now();
    let mut hash = 1_u64;
    while start.elapsed() < BUSY {
        for _ in 0..1_000 {
            hash = black_box(hash.rotate_left(5) ^ 0x9e37_79b9);
        }
    }
}
