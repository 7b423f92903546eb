//! UDP over loopback, with both ends on the runtime that is measured.

use std::net::Ipv4Addr;
use std::time::Instant;

use super::rt::net::UdpSocket;
use super::{on_worker, rt};
use crate::scenario::{Measurement, Params};

/// Bytes of a datagram.
const DATAGRAM: usize = 64;

/// One pair of sockets, 20k round trips of 64 bytes.
///
/// Measures what `tcp_echo_1` does with less of the kernel in the figure. Loopback loses no datagram here, as there is
/// one at a time; if it did, the run would stand still until its limit.
pub(super) fn udp_ping_pong_1(params: Params) -> Measurement {
    ping_pong(params, 1, 20_000)
}

/// Ten pairs, 4,000 round trips each.
///
/// Measures the same under load. The time is spread over all round trips.
pub(super) fn udp_ping_pong_10(params: Params) -> Measurement {
    ping_pong(params, 10, 4_000)
}

fn ping_pong(params: Params, pairs: u64, trips: u64) -> Measurement {
    on_worker(params, move |params| async move {
        let trips = params.count(trips);
        let mut sockets = Vec::new();
        for _ in 0..pairs {
            sockets.push(pair().await);
        }
        let start = Instant::now();
        let tasks: Vec<_> = sockets
            .into_iter()
            .map(|(ping, pong)| (rt::spawn(serve(ping, trips)), rt::spawn(return_all(pong, trips))))
            .collect();
        for (ping, pong) in tasks {
            ping.await.expect("ping completes");
            pong.await.expect("pong completes");
        }
        Measurement::time(start.elapsed(), pairs * trips)
    })
}

/// Two sockets that are connected to each other.
async fn pair() -> (UdpSocket, UdpSocket) {
    let ping = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let pong = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    ping.connect(pong.local_addr().expect("an address")).await.expect("a peer");
    pong.connect(ping.local_addr().expect("an address")).await.expect("a peer");
    (ping, pong)
}

/// Sends numbered datagrams, one at a time, and compares what comes back.
async fn serve(socket: UdpSocket, trips: u64) {
    let mut datagram = [0x5a; DATAGRAM];
    let mut answer = [0; DATAGRAM];
    for trip in 0..trips {
        datagram[..8].copy_from_slice(&trip.to_le_bytes());
        socket.send(&datagram).await.expect("the peer is there");
        let read = socket.recv(&mut answer).await.expect("the peer answers");
        assert_eq!(answer[..read], datagram, "the answer is the datagram");
    }
}

/// Sends back what comes in.
async fn return_all(socket: UdpSocket, trips: u64) {
    let mut buffer = [0; DATAGRAM];
    for _ in 0..trips {
        let read = socket.recv(&mut buffer).await.expect("the peer sends");
        socket.send(&buffer[..read]).await.expect("the peer is there");
    }
}
