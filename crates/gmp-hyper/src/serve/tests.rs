//! Connections by a channel of pipes, where a test is to have everything in its hands, and by sockets.

use super::*;
use gmp::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use gmp::net::{TcpListener, TcpStream};
use gmp::sync::{mpsc, oneshot};
use gmp::task::JoinHandle;
use gmp::time::Instant;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Method, StatusCode, client};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

type BoxError = Box<dyn Error + Send + Sync>;

/// Accepts what a test sends it: a connection, or an error. Never again once the sender is gone.
struct Pipes(mpsc::UnboundedReceiver<io::Result<DuplexStream>>);

impl Listener for Pipes {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<DuplexStream> {
        match self.0.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }
}

/// A server under test.
struct Running {
    accept: mpsc::UnboundedSender<io::Result<DuplexStream>>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Served>,
}

impl Running {
    fn new(server: Server) -> Self {
        let (accept, accepted) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let served = gmp::spawn(server.serve(Pipes(accepted), service_fn(answer), async {
            let _ = stopped.await;
        }));
        Self { accept, stop, served }
    }

    /// The other end of a new connection.
    fn dial(&self) -> DuplexStream {
        let (ours, theirs) = gmp::io::duplex(10_000);
        self.accept.send(Ok(ours)).unwrap_or_else(|_| panic!("the server doesn't accept any more"));
        theirs
    }

    async fn client(&self) -> Client {
        handshake(GmpIo::new(self.dial())).await
    }

    async fn stopped(self) -> Served {
        drop(self.stop);
        self.served.await.expect("the server doesn't panic")
    }
}

type Client = SendRequest<Full<Bytes>>;

async fn handshake(io: impl Read + Write + Unpin + Send + 'static) -> Client {
    let (client, connection) = client::conn::http1::handshake(io).await.unwrap();
    gmp::spawn(connection.with_upgrades());
    client
}

async fn get(client: &mut Client, path: &str) -> hyper::Result<(StatusCode, Bytes)> {
    let request = Request::get(path).header("host", "pipe").body(Full::default()).unwrap();
    client.ready().await?;
    let answer = client.send_request(request).await?;
    let status = answer.status();
    Ok((status, answer.into_body().collect().await?.to_bytes()))
}

/// The service: `/echo` sends the body back, `/panic`, `/error` and `/upgrade` do as they say, the rest is a greeting.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, BoxError> {
    match request.uri().path() {
        "/echo" => Ok(Response::new(Full::new(request.into_body().collect().await?.to_bytes()))),
        "/panic" => panic!("as asked"),
        "/error" => Err("as asked".into()),
        "/upgrade" => {
            gmp::spawn(async move {
                let mut io = GmpIo::new(hyper::upgrade::on(request).await.expect("an upgrade"));
                io.write_all(b"no longer HTTP").await.expect("somebody reads");
            });
            let mut answer = Response::new(Full::default());
            *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            answer.headers_mut().insert("upgrade", "test".parse()?);
            Ok(answer)
        }
        _ => Ok(Response::new(Full::from("hello"))),
    }
}

/// A request whose body the client holds back: it is in flight, for the service has begun to read the body.
async fn in_flight(io: &mut DuplexStream) {
    let head = b"POST /echo HTTP/1.1\r\nhost: pipe\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
    io.write_all(head).await.unwrap();
    let mut go_on = [0; 25];
    io.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
}

async fn rest(io: &mut DuplexStream) -> String {
    let mut text = String::new();
    io.read_to_string(&mut text).await.unwrap();
    text
}

#[gmp::test]
async fn connections_and_requests() {
    let server = Running::new(Server::new());
    let mut clients = [server.client().await, server.client().await];
    for _ in 0..10 {
        for client in &mut clients {
            assert_eq!(get(client, "/").await.unwrap(), (StatusCode::OK, Bytes::from("hello")));
        }
    }
    drop(clients);
    assert_eq!(server.stopped().await, Served { connections: 2, failed: 0, cut: 0 });
}

#[gmp::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = gmp::spawn(serve(listener, service_fn(answer), async {
        let _ = stopped.await;
    }));
    let clients: Vec<_> = (0..50)
        .map(|_| {
            gmp::spawn(async move {
                let mut client = handshake(GmpIo::new(TcpStream::connect(address).await.unwrap())).await;
                for _ in 0..10 {
                    assert_eq!(get(&mut client, "/").await.unwrap().1, "hello");
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    drop(stop);
    assert_eq!(served.await.unwrap(), Served { connections: 50, failed: 0, cut: 0 });
    assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

#[cfg(unix)]
#[gmp::test]
async fn over_unix_sockets() {
    use gmp::net::{UnixListener, UnixStream};
    let path = std::env::temp_dir().join(format!("gmp-hyper-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = gmp::spawn(serve(listener, service_fn(answer), async {
        let _ = stopped.await;
    }));
    let mut client = handshake(GmpIo::new(UnixStream::connect(&path).await.unwrap())).await;
    std::fs::remove_file(&path).unwrap();
    assert_eq!(get(&mut client, "/").await.unwrap().1, "hello");
    drop(stop);
    assert_eq!(served.await.unwrap(), Served { connections: 1, failed: 0, cut: 0 });
}

#[gmp::test]
async fn a_shutdown_ends_idle_connections() {
    let server = Running::new(Server::new());
    let mut silent = server.dial();
    let mut client = server.client().await;
    get(&mut client, "/").await.unwrap();
    assert_eq!(server.stopped().await, Served { connections: 2, failed: 0, cut: 0 });
    assert_eq!(rest(&mut silent).await, "");
    assert!(get(&mut client, "/").await.is_err());
}

#[gmp::test]
async fn a_shutdown_waits_for_requests_in_flight() {
    let mut server = Running::new(Server::new());
    let mut io = server.dial();
    in_flight(&mut io).await;
    drop(std::mem::replace(&mut server.stop, oneshot::channel().0));
    // Once it has dropped the listener, the shutdown has begun.
    let closed = gmp::time::timeout(Duration::from_secs(60), server.accept.closed()).await;
    closed.expect("the listener is dropped while a request is in flight");
    gmp::task::yield_now().await;
    assert!(!server.served.is_finished());
    io.write_all(b"late").await.unwrap();
    let answer = rest(&mut io).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nlate"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert_eq!(server.stopped().await, Served { connections: 1, failed: 0, cut: 0 });
}

#[gmp::test(start_paused = true)]
async fn the_grace_is_a_bound() {
    let mut settings = Server::new();
    settings.grace(Duration::from_secs(60));
    let server = Running::new(settings);
    let (mut stuck, mut slow) = (server.dial(), server.dial());
    in_flight(&mut stuck).await;
    in_flight(&mut slow).await;
    let start = Instant::now();
    gmp::spawn(async move {
        gmp::time::sleep(Duration::from_secs(30)).await;
        slow.write_all(b"late").await.unwrap();
        assert!(rest(&mut slow).await.ends_with("late"));
    });
    assert_eq!(server.stopped().await, Served { connections: 2, failed: 0, cut: 1 });
    assert_eq!(start.elapsed().as_secs(), 60);
    assert_eq!(rest(&mut stuck).await, "", "cut");
}

#[gmp::test(start_paused = true)]
async fn a_head_that_takes_too_long() {
    let mut settings = Server::new();
    settings.http1().header_read_timeout(Duration::from_secs(10));
    let server = Running::new(settings);
    let mut slow = server.dial();
    let start = Instant::now();
    let mut sent = 0;
    // A byte a second keeps nobody waiting for more than the limit, from the first byte to the last.
    while slow.write_all(&b"GET / HTTP/1.1\r\nhost: pipe\r\n"[sent..=sent]).await.is_ok() {
        gmp::time::sleep(Duration::from_secs(1)).await;
        sent += 1;
    }
    // The tenth byte and the end are due at the same moment.
    assert!((10..=11).contains(&start.elapsed().as_secs()), "{sent} bytes");
    assert_eq!(server.stopped().await, Served { connections: 1, failed: 1, cut: 0 });
}

#[gmp::test]
async fn one_connection_fails_and_no_other() {
    let server = Running::new(Server::new());
    let mut good = server.client().await;
    get(&mut good, "/").await.unwrap();
    for path in ["/panic", "/error"] {
        let mut bad = server.client().await;
        assert!(get(&mut bad, path).await.is_err(), "{path}");
    }
    let mut noise = server.dial();
    noise.write_all(b"\x16\x03\x01 this is not HTTP\r\n\r\n").await.unwrap();
    assert!(rest(&mut noise).await.starts_with("HTTP/1.1 400 "));
    // Goes away in the middle of a body.
    in_flight(&mut server.dial()).await;
    assert_eq!(get(&mut good, "/").await.unwrap().1, "hello");
    assert_eq!(server.stopped().await, Served { connections: 5, failed: 4, cut: 0 });
}

#[gmp::test(start_paused = true)]
async fn it_goes_on_accepting_after_errors() {
    let server = Running::new(Server::new());
    let fail = |kind: ErrorKind| server.accept.send(Err(kind.into())).expect("the server accepts");
    // Those of one connection cost no time.
    let start = Instant::now();
    for kind in [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset, ErrorKind::ConnectionRefused] {
        fail(kind);
    }
    // Kept, for the end of a connection is a reason to try again at once.
    let mut client = server.client().await;
    get(&mut client, "/").await.unwrap();
    assert_eq!(start.elapsed().as_millis(), 0);

    // The others more and more: 5 + 10 + 20 ms, and some rounding.
    for _ in 0..3 {
        fail(ErrorKind::Other);
    }
    get(&mut server.client().await, "/").await.unwrap();
    let took = start.elapsed().as_millis();
    assert!((35..=40).contains(&took), "{took} ms");

    // But never for longer than a second each, and it stops at once.
    for _ in 0..1_000 {
        fail(ErrorKind::Other);
    }
    gmp::time::sleep(Duration::from_secs(60)).await;
    let stopping = Instant::now();
    server.stopped().await;
    assert_eq!(stopping.elapsed().as_millis(), 0);
}

#[gmp::test(start_paused = true)]
async fn pauses_are_bounded() {
    struct Broken(Arc<Mutex<VecDeque<Instant>>>);
    impl Listener for Broken {
        type Io = DuplexStream;

        async fn accept(&mut self) -> io::Result<DuplexStream> {
            self.0.lock().unwrap().push_back(Instant::now());
            Err(ErrorKind::Other.into())
        }
    }
    let tried = Arc::default();
    serve(Broken(Arc::clone(&tried)), service_fn(answer), gmp::time::sleep(Duration::from_secs(100))).await;
    let tried = tried.lock().unwrap();
    let last = *tried.back().unwrap() - tried[tried.len() - 2];
    assert_eq!(last.as_secs(), 1);
    assert!((100..110).contains(&tried.len()), "tried {} times", tried.len());
}

#[gmp::test]
async fn dropped_it_cuts_everything() {
    let server = Running::new(Server::new());
    let mut io = server.dial();
    in_flight(&mut io).await;
    server.served.abort();
    assert_eq!(rest(&mut io).await, "");
    assert!(server.accept.is_closed());
}

#[gmp::test]
async fn an_upgraded_connection_is_not_the_servers() {
    let server = Running::new(Server::new());
    let mut client = server.client().await;
    let request = Request::builder().method(Method::GET).uri("/upgrade").header("host", "pipe");
    let request = request.header("connection", "upgrade").header("upgrade", "test").body(Full::default()).unwrap();
    let answer = client.send_request(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    let upgraded: Upgraded = hyper::upgrade::on(answer).await.unwrap();
    assert_eq!(server.stopped().await, Served { connections: 1, failed: 0, cut: 0 });
    let mut text = String::new();
    GmpIo::new(upgraded).read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "no longer HTTP");
}

/// The service is cloned for each connection, and all clones are dropped in the end.
#[gmp::test]
async fn nothing_of_the_service_is_kept() {
    let alive = Arc::new(AtomicUsize::new(0));
    let counted = {
        let alive = alive.clone();
        service_fn(move |_: Request<Incoming>| {
            alive.fetch_add(1, Ordering::SeqCst);
            let alive = alive.clone();
            async move {
                alive.fetch_sub(1, Ordering::SeqCst);
                Ok::<_, BoxError>(Response::new(Full::<Bytes>::default()))
            }
        })
    };
    let (accept, accepted) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = gmp::spawn(serve(Pipes(accepted), counted, async {
        let _ = stopped.await;
    }));
    for _ in 0..3 {
        let (ours, theirs) = gmp::io::duplex(1_000);
        assert!(accept.send(Ok(ours)).is_ok());
        get(&mut handshake(GmpIo::new(theirs)).await, "/").await.unwrap();
    }
    drop(stop);
    assert_eq!(served.await.unwrap().connections, 3);
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    assert_eq!(Arc::strong_count(&alive), 1);
}
