//! Messages over TCP connections to oneself: gmp beside tokio.
//!
//! * `TCP4Persistent`: twice as many connections as there are workers, a message of 512 bytes to the server and back, per
//!   round trip of all connections together.
//! * `TCP4PersistentTimeout`: the same with a timeout of an hour around each round trip, on both ends.
//! * `TCP4OneShot`: a connection for each message, as many at a time, per connection.
//!
//! Both ends are on the runtime that is measured. Measures the way from the kernel's event to the task, the system calls,
//! and in the last one the life of a socket.
//!
//! Does NOT measure one connection alone, many connections, or other sizes; gmp-bench's `tcp_echo_*` does.
//!
//! Go: BenchmarkTCP4Persistent, BenchmarkTCP4PersistentTimeout, BenchmarkTCP4OneShot (net/tcp_test.go). Go sets a deadline
//! once a connection; what we have is a timeout around each wait. Our clients of one message wait for the server to close, and
//! reset the connection then: criterion would run out of ports, which stay behind in TIME-WAIT for a minute.

use criterion::Criterion;
use gmp_benches::drivers::Drivers;
use gmp_benches::runtimes::{Gmp, Tokio, share, workers};
use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Bytes of a message.
const MESSAGE: usize = 512;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    bench::<Gmp>(&mut criterion, "TCP4Persistent", Connections { persistent: true, timeout: None });
    bench::<Tokio>(&mut criterion, "TCP4Persistent", Connections { persistent: true, timeout: None });
    let timeout = Some(Duration::from_secs(3_600));
    bench::<Gmp>(&mut criterion, "TCP4PersistentTimeout", Connections { persistent: true, timeout });
    bench::<Tokio>(&mut criterion, "TCP4PersistentTimeout", Connections { persistent: true, timeout });
    bench::<Gmp>(&mut criterion, "TCP4OneShot", Connections { persistent: false, timeout: None });
    bench::<Tokio>(&mut criterion, "TCP4OneShot", Connections { persistent: false, timeout: None });
    criterion.final_summary();
}

/// What connections are like.
#[derive(Clone, Copy)]
struct Connections {
    /// One for all messages of a client, or one for each.
    persistent: bool,
    /// Around each round trip.
    timeout: Option<Duration>,
}

fn bench<R: Drivers>(criterion: &mut Criterion, name: &str, connections: Connections) {
    let runtime = R::multi_thread(workers());
    let mut group = criterion.benchmark_group(name);
    group.bench_function(R::NAME, |b| b.iter_custom(|n| runtime.run(exchange::<R>(n, connections))));
    group.finish();
}

/// The time of `n` round trips.
async fn exchange<R: Drivers>(n: u64, connections: Connections) -> Duration {
    let clients = 2 * workers();
    let (listener, address) = R::listen().await.expect("a port");
    let expected = if connections.persistent { clients as u64 } else { n };
    let acceptor = R::spawn(async move {
        let mut servers = Vec::new();
        for _ in 0..expected {
            let stream = R::accept(&listener).await.expect("a connection");
            servers.push(R::spawn(serve::<R>(stream, connections)));
        }
        servers
    });
    let start = Instant::now();
    let clients: Vec<_> =
        (0..clients).map(|index| R::spawn(call::<R>(address, share(n, clients, index), connections))).collect();
    for client in clients {
        client.await.expect("the client completes");
    }
    let elapsed = start.elapsed();
    let mut messages = 0;
    for server in acceptor.await.expect("the acceptor completes") {
        messages += server.await.expect("the server completes");
    }
    assert_eq!(messages, n, "the servers answered every message");
    elapsed
}

/// Sends `messages` and waits for each to come back.
async fn call<R: Drivers>(address: SocketAddr, messages: u64, connections: Connections) {
    if connections.persistent {
        talk::<R>(address, messages, connections).await;
    } else {
        for _ in 0..messages {
            talk::<R>(address, 1, connections).await;
        }
    }
}

/// One connection.
async fn talk<R: Drivers>(address: SocketAddr, messages: u64, connections: Connections) {
    let mut stream = R::connect(address).await.expect("a connection");
    R::set_nodelay(&stream).expect("no delay");
    let mut message = [7; MESSAGE];
    for _ in 0..messages {
        let round_trip = async {
            stream.write_all(&message).await.expect("the server reads");
            stream.read_exact(&mut message).await.expect("the server answers");
        };
        within::<R, _>(connections.timeout, round_trip).await;
    }
    assert_eq!(message, [7; MESSAGE], "the answer is the message");
    if !connections.persistent {
        // The server is the first to go, so that it doesn't meet the reset.
        let end = stream.read(&mut message).await.expect("the server closes in peace");
        assert_eq!(end, 0, "the server has no more to say");
        R::set_zero_linger(&stream).expect("a reset at the close");
    }
}

/// Sends back each message until the client goes, or one message; how many they were.
async fn serve<R: Drivers>(mut stream: R::TcpStream, connections: Connections) -> u64 {
    R::set_nodelay(&stream).expect("no delay");
    let mut message = [0; MESSAGE];
    let mut messages = 0;
    while messages == 0 || connections.persistent {
        let round_trip = async {
            let first = stream.read(&mut message).await.expect("the client is there");
            if first == 0 {
                return false;
            }
            stream.read_exact(&mut message[first..]).await.expect("the client writes all of it");
            stream.write_all(&message).await.expect("the client reads");
            true
        };
        if !within::<R, _>(connections.timeout, round_trip).await {
            break;
        }
        messages += 1;
    }
    messages
}

/// Gives `future` so long, if there is a limit.
async fn within<R: Drivers, F: Future + Send>(limit: Option<Duration>, future: F) -> F::Output {
    match limit {
        Some(limit) => R::timeout(limit, future).await.expect("an hour is enough"),
        None => future.await,
    }
}
