//! TCP over loopback, with both ends on the runtime that is measured.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use super::rt::io::{AsyncReadExt, AsyncWriteExt};
use super::rt::net::{TcpListener, TcpStream};
use super::rt::task::JoinHandle;
use super::{on_worker, rt, socket};
use crate::limits::{allows_open_files, raise_open_files};
use crate::scenario::{Measurement, Params};

/// Bytes of a message.
const MESSAGE: usize = 64;

/// Connections of `tcp_echo_1000`, and how many descriptors that takes.
const MANY: u64 = 1_000;
const DESCRIPTORS: u64 = 2 * MANY;

/// One connection, 20k round trips of 64 bytes.
///
/// Measures the latency of two readiness events and four system calls while nothing else is to do, per round trip:
/// mostly how soon a runtime with nothing to run looks at its selector, and whether it hands the event from thread to
/// thread. Does not measure connecting, nor throughput.
pub(super) fn tcp_echo_1(params: Params) -> Measurement {
    tcp_echo(params, 1, 20_000)
}

/// 50 connections, 1,000 round trips each.
///
/// Measures the same under load: there are events whenever a worker looks. The time is spread over all round trips.
pub(super) fn tcp_echo_50(params: Params) -> Measurement {
    tcp_echo(params, 50, 1_000)
}

/// 1,000 connections, 100 round trips each.
///
/// Measures the same with more ready sockets than a runtime takes from the kernel at a time.
pub(super) fn tcp_echo_1000(params: Params) -> Measurement {
    raise_open_files(DESCRIPTORS).expect("enough descriptors");
    tcp_echo(params, MANY, 100)
}

/// Says where a process may not have so many sockets.
pub(super) fn tcp_echo_1000_unable(_: Params) -> Option<&'static str> {
    if allows_open_files(DESCRIPTORS) {
        None
    } else {
        Some("needs 2,064 descriptors; raise the hard limit (ulimit -Hn)")
    }
}

fn tcp_echo(params: Params, connections: u64, trips: u64) -> Measurement {
    on_worker(params, move |params| async move {
        let trips = params.count(trips);
        let (listener, address) = listen().await;
        let acceptor = rt::spawn(async move {
            let mut servers = Vec::new();
            for _ in 0..connections {
                let (stream, _) = listener.accept().await.expect("a connection");
                servers.push(rt::spawn(echo(stream)));
            }
            servers
        });
        let mut streams = Vec::new();
        for _ in 0..connections {
            streams.push(TcpStream::connect(address).await.expect("a connection"));
        }
        let servers: Vec<JoinHandle<u64>> = acceptor.await.expect("the acceptor completes");

        let start = Instant::now();
        let clients: Vec<_> = streams.into_iter().map(|stream| rt::spawn(call(stream, trips))).collect();
        for client in clients {
            client.await.expect("a client completes");
        }
        let elapsed = start.elapsed();
        let mut bytes = 0;
        for server in servers {
            bytes += server.await.expect("a server completes");
        }
        assert_eq!(bytes, connections * trips * MESSAGE as u64, "the servers saw every message");
        Measurement::time(elapsed, connections * trips)
    })
}

/// Sends numbered messages, one at a time, and compares what comes back.
async fn call(mut stream: TcpStream, trips: u64) {
    stream.set_nodelay(true).expect("no delay");
    let mut message = [0x5a; MESSAGE];
    let mut answer = [0; MESSAGE];
    for trip in 0..trips {
        message[..8].copy_from_slice(&trip.to_le_bytes());
        stream.write_all(&message).await.expect("the server is there");
        stream.read_exact(&mut answer).await.expect("the server answers");
        assert_eq!(answer, message, "the answer is the message");
    }
}

/// Sends back what comes in, until the client is done; how many bytes that were. As in most servers the buffer is greater
/// than a message, so a runtime can tell from a short read that there is no more.
async fn echo(mut stream: TcpStream) -> u64 {
    stream.set_nodelay(true).expect("no delay");
    let mut buffer = [0; 1_024];
    let mut bytes = 0;
    loop {
        let read = stream.read(&mut buffer).await.expect("the client is there");
        if read == 0 {
            return bytes;
        }
        stream.write_all(&buffer[..read]).await.expect("the client reads");
        bytes += read as u64;
    }
}

/// 10,000 connections that the server closes as soon as it has accepted them, 16 at a time.
///
/// Measures a connection's whole life on both ends, per second: socket, connect, accept, registering and deregistering
/// each with the selector, the wake of the client at the server's close. Each client waits for that, so the backlog never
/// overflows; and it then resets the connection, so that neither end stays in TIME-WAIT and no run takes the next one's
/// ports. Does not measure data.
pub(super) fn accept_close(params: Params) -> Measurement {
    const CLIENTS: u64 = 16;
    on_worker(params, |params| async move {
        let each = params.count(10_000 / CLIENTS);
        let (listener, address) = listen().await;
        let start = Instant::now();
        let server = rt::spawn(async move {
            let mut accepted = 0;
            while accepted < CLIENTS * each {
                let (stream, _) = listener.accept().await.expect("a connection");
                drop(stream);
                accepted += 1;
            }
        });
        let clients: Vec<_> = (0..CLIENTS).map(|_| rt::spawn(come_and_go(address, each))).collect();
        for client in clients {
            client.await.expect("a client completes");
        }
        server.await.expect("the server completes");
        Measurement::rate(CLIENTS * each, start.elapsed())
    })
}

/// Connects and waits for the end of the connection, so many times.
async fn come_and_go(address: SocketAddr, times: u64) {
    for _ in 0..times {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let read = stream.read(&mut [0]).await.expect("the server closes in peace");
        assert_eq!(read, 0, "the server says nothing");
        socket::set_zero_linger(&stream).expect("a reset at the close");
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}
