//! A hundred thousand connections, and runtimes with timers and sockets by the hundred: what they leave behind, which is nothing.
//!
//! Each test has a process of its own, because others open descriptors and start threads, too.

#![cfg(target_os = "linux")]

use crate::net_tcp::{listener, pair};
use crate::support::{Census, current, eventually, in_child, ms, multi, stderr, watched};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::net::{TcpStream, UdpSocket};
use gmp::runtime::Runtime;
use gmp::time::{Duration, sleep, timeout};
use std::net::{Ipv4Addr, SocketAddr};

/// File descriptors and threads of this process.
fn belongings() -> (usize, usize) {
    let count = |dir| std::fs::read_dir(dir).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

/// Bytes of memory that are in use.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[track_caller]
fn alone(test: &str, play: fn()) {
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{:?}: {}", output.status, stderr(&output));
    }
}

/// Serves one connection as its client wants it.
async fn serve(mut stream: TcpStream) {
    match stream.read_u8().await {
        // An echo, then the client goes first.
        Ok(0) => {
            let _ = stream.write_u8(0).await;
            let _ = stream.read_u8().await;
        }
        // We go first.
        Ok(_) => {
            let _ = stream.shutdown().await;
        }
        // It has been reset.
        Err(_) => {}
    }
}

/// One connection. It ends with a reset, so that the port can be had again at once.
async fn connect(addr: SocketAddr, kind: usize) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.set_zero_linger().unwrap();
    match kind {
        0 => {
            stream.write_u8(0).await.unwrap();
            assert_eq!(stream.read_u8().await.unwrap(), 0);
        }
        1 => {
            stream.write_u8(1).await.unwrap();
            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the end");
        }
        // Given up while it waits.
        2 => {
            let mut byte = [0];
            let waiting = stream.read(&mut byte);
            gmp::select! {
                biased;
                _ = waiting => panic!("nobody has written"),
                () = gmp::task::yield_now() => {}
            }
        }
        // At once.
        _ => {}
    }
}

/// Opens and closes so many connections, a hundred at a time.
async fn churn(connections: usize, census: &Census) {
    let (listener, addr) = listener().await;
    let counted = census.clone();
    let server = gmp::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let live = counted.live();
            gmp::spawn(async move {
                serve(stream).await;
                drop(live);
            });
        }
    });
    for _ in 0..connections / 100 {
        let clients: Vec<_> = (0..100).map(|i| gmp::spawn(connect(addr, i % 4))).collect();
        for client in clients {
            client.await.unwrap();
        }
    }
    // Each of them has reached the server.
    while census.made() < connections || census.dropped() < connections {
        sleep(ms(1)).await;
    }
    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
}

fn connections_leave_nothing(make: fn() -> Runtime) {
    const MANY: usize = 100_000;
    watched(move || {
        let rt = make();
        rt.block_on(churn(2_000, &Census::default()));
        let (before, memory) = (belongings().0, resident());
        rt.block_on(churn(MANY, &Census::default()));
        assert_eq!(belongings().0, before, "descriptors");
        // A `PollDesc`, a task or a buffer a connection would be more than this. What the allocator does not give back isn't.
        let grown = resident().saturating_sub(memory);
        assert!(grown < MANY * 64, "{grown} bytes for {MANY} connections");
    });
}

#[test]
fn a_hundred_thousand_connections_of_one_thread() {
    alone("net_leaks::a_hundred_thousand_connections_of_one_thread", || connections_leave_nothing(current));
}

#[test]
fn a_hundred_thousand_connections_of_two_workers() {
    alone("net_leaks::a_hundred_thousand_connections_of_two_workers", || connections_leave_nothing(|| multi(2)));
}

/// Timers that fire, that are given up and that are left; sockets likewise.
fn use_up(rt: &Runtime) -> Vec<TcpStream> {
    rt.block_on(async {
        let (mut a, mut b) = pair().await;
        gmp::spawn(async move {
            let mut buffer = [0; 8];
            while let Ok(n @ 1..) = b.read(&mut buffer).await {
                b.write_all(&buffer[..n]).await.unwrap();
            }
        });
        a.write_all(b"ping").await.unwrap();
        a.read_exact(&mut [0; 4]).await.unwrap();
        sleep(Duration::from_micros(200)).await;
        assert!(timeout(Duration::from_micros(100), std::future::pending::<()>()).await.is_err());
        timeout(Duration::from_secs(3600), gmp::task::yield_now()).await.unwrap();
        // They wait when the runtime ends.
        gmp::spawn(sleep(Duration::from_secs(3600)));
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        gmp::spawn(async move { udp.recv(&mut [0]).await });
        let (listener, addr) = listener().await;
        gmp::spawn(async move { listener.accept().await });
        gmp::task::spawn_blocking(|| {}).await.unwrap();
        // These outlive it.
        vec![a, TcpStream::connect(addr).await.unwrap()]
    })
}

#[test]
fn case_30_three_hundred_runtimes_with_timers_and_sockets() {
    alone("net_leaks::case_30_three_hundred_runtimes_with_timers_and_sockets", || {
        watched(|| {
            use_up(&multi(2));
            let before = belongings();
            let mut kept = Vec::new();
            for i in 0..100 {
                for rt in [multi(1 + i % 4), current(), multi(2)] {
                    let sockets = use_up(&rt);
                    match i % 3 {
                        // Before the runtime, after it, or much later.
                        0 => drop((sockets, rt)),
                        1 => drop((rt, sockets)),
                        _ => kept.extend(sockets),
                    }
                }
                if i % 10 == 0 {
                    kept.clear();
                }
            }
            assert!(!kept.is_empty());
            drop(kept);
            eventually("threads and descriptors are as before", || belongings() == before);
        });
    });
}
