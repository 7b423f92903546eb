//! Proxies: TCP with limits of time, UDP with a socket for each peer.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};

/// Relays connections to `to` until told to stop, then waits for those that last. Returns the bytes that went up and down.
async fn tcp(listener: TcpListener, to: SocketAddr, stop: tokio::sync::oneshot::Receiver<()>) -> (u64, u64) {
    let mut relays = JoinSet::new();
    let mut total = (0, 0);
    let mut add = |(up, down): (u64, u64)| total = (total.0 + up, total.1 + down);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((mut client, _)) = accepted else { continue };
                relays.spawn(async move {
                    let connect = timeout(Duration::from_secs(10), TcpStream::connect(to));
                    let mut server = connect.await.map_err(io::Error::from)??;
                    copy_bidirectional(&mut client, &mut server).await
                });
            }
            Some(done) = relays.join_next() => add(done.unwrap().unwrap_or_default()),
            _ = &mut stop => break,
        }
    }
    drop(listener);
    while let Some(done) = relays.join_next().await {
        add(done.unwrap().unwrap_or_default());
    }
    total
}

/// Relays datagrams: each peer has a socket of its own towards the server, so that answers find back.
async fn udp(socket: Arc<UdpSocket>, to: SocketAddr) -> io::Result<()> {
    let mut peers: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut answers = JoinSet::new();
    let mut buf = vec![0; 2048];
    loop {
        let (len, peer) = socket.recv_from(&mut buf).await?;
        let up = match peers.get(&peer) {
            Some(up) => up.clone(),
            None => {
                let up = Arc::new(UdpSocket::bind("127.0.0.1:0").await?);
                up.connect(to).await?;
                let (socket, from) = (socket.clone(), up.clone());
                answers.spawn(async move {
                    let mut buf = vec![0; 2048];
                    loop {
                        let len = from.recv(&mut buf).await?;
                        socket.send_to(&buf[..len], peer).await?;
                    }
                    #[expect(unreachable_code, reason = "says what the task returns")]
                    io::Result::Ok(())
                });
                peers.insert(peer, up.clone());
                up
            }
        };
        up.send(&buf[..len]).await?;
    }
}

/// A server that sends back what it got once the client is done, in capitals.
async fn shout(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            stream.write_all(text.to_uppercase().as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_relayed_both_ways() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = server.local_addr().unwrap();
    tokio::spawn(shout(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let proxy = tokio::spawn(tcp(listener, to, stopped));
    let mut clients = JoinSet::new();
    for i in 0..20_usize {
        clients.spawn(async move {
            let text = "abc".repeat(1 + i * 5_000);
            let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
            let send = async {
                writer.write_all(text.as_bytes()).await.unwrap();
                writer.shutdown().await.unwrap();
            };
            let mut answer = String::new();
            let (read, ()) = tokio::join!(reader.read_to_string(&mut answer), send);
            read.unwrap();
            assert_eq!(answer, text.to_uppercase());
            text.len() as u64
        });
    }
    let sent: u64 = clients.join_all().await.into_iter().sum();
    stop.send(()).unwrap();
    assert_eq!(proxy.await.unwrap(), (sent, sent));
}

#[tokio::test]
async fn a_server_that_isn_t_there_closes_the_connection() {
    // Bound and closed again: nobody listens there.
    let to = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_stop, stopped) = tokio::sync::oneshot::channel();
    let proxy = tokio::spawn(tcp(listener, to, stopped));
    let mut client = TcpStream::connect(address).await.unwrap();
    let read = timeout(Duration::from_secs(30), client.read(&mut [0; 8])).await.expect("in time");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    proxy.abort();
}

#[tokio::test]
async fn datagrams_find_back_to_their_peers() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = server.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buf = [0; 64];
        while let Ok((len, peer)) = server.recv_from(&mut buf).await {
            server.send_to(&buf[..len].to_ascii_uppercase(), peer).await.unwrap();
        }
    });
    let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let address = socket.local_addr().unwrap();
    let proxy = tokio::spawn(udp(socket, to));
    let ask = |i: u32| async move {
        let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        client.connect(address).await.unwrap();
        let mut buf = [0; 64];
        for round in 0..10 {
            client.send(format!("peer {i} round {round}").as_bytes()).await.unwrap();
            let len = timeout(Duration::from_secs(30), client.recv(&mut buf)).await.expect("in time").unwrap();
            assert_eq!(std::str::from_utf8(&buf[..len]), Ok(&*format!("PEER {i} ROUND {round}")));
        }
    };
    tokio::join!(ask(1), ask(2), ask(3));
    proxy.abort();
}
