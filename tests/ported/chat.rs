//! A chat server by lines: the first line of a peer is its name, the others go to everybody else.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Duration, timeout};

type Line = Arc<str>;

/// Who is there: what is sent into the channel is written to the peer.
#[derive(Default)]
struct Room {
    peers: Mutex<HashMap<SocketAddr, mpsc::Sender<Line>>>,
}

impl Room {
    async fn tell(&self, from: SocketAddr, line: String) {
        let line: Line = line.into();
        let mut peers = self.peers.lock().await;
        // A peer that doesn't read is thrown out: it must not keep the others waiting.
        peers.retain(|&to, lines| to == from || lines.try_send(line.clone()).is_ok());
    }
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    let room = Arc::new(Room::default());
    loop {
        let (stream, address) = listener.accept().await?;
        let room = room.clone();
        tokio::spawn(async move {
            if let Err(error) = talk(&room, stream, address).await {
                eprintln!("{address}: {error}");
            }
            room.peers.lock().await.remove(&address);
        });
    }
}

async fn talk(room: &Room, stream: TcpStream, address: SocketAddr) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let mut incoming = BufReader::new(reader).lines();
    writer.write_all(b"your name?\n").await?;
    let Some(name) = incoming.next_line().await? else { return Ok(()) };
    let (lines, mut outgoing) = mpsc::channel(16);
    room.peers.lock().await.insert(address, lines);
    writer.write_all(format!("welcome, {name}\n").as_bytes()).await?;
    room.tell(address, format!("{name} has come")).await;
    let ended = async {
        loop {
            tokio::select! {
                line = outgoing.recv() => match line {
                    Some(line) => writer.write_all(format!("{line}\n").as_bytes()).await?,
                    None => return Ok(()),
                },
                line = incoming.next_line() => match line? {
                    Some(line) if line == "/bye" => return Ok(()),
                    Some(line) => room.tell(address, format!("{name}: {line}")).await,
                    None => return Ok(()),
                },
            }
        }
    };
    let ended = ended.await;
    // Whichever way: a peer may have closed before all was written to it.
    room.tell(address, format!("{name} has gone")).await;
    ended
}

struct Client {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: tokio::net::tcp::OwnedWriteHalf,
}

impl Client {
    async fn join(address: SocketAddr, name: &str) -> Self {
        let (reader, writer) = TcpStream::connect(address).await.unwrap().into_split();
        let mut client = Self { lines: BufReader::new(reader).lines(), writer };
        assert_eq!(client.hears().await, "your name?");
        client.says(name).await;
        assert_eq!(client.hears().await, format!("welcome, {name}"));
        client
    }

    async fn says(&mut self, line: &str) {
        self.writer.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn hears(&mut self) -> String {
        let line = timeout(Duration::from_secs(30), self.lines.next_line()).await.expect("a line in time");
        line.unwrap().expect("a line")
    }
}

async fn start() -> (SocketAddr, JoinHandle<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener.local_addr().unwrap(), tokio::spawn(serve(listener)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_hears_the_others() {
    let (address, server) = start().await;
    let mut ann = Client::join(address, "ann").await;
    let mut ben = Client::join(address, "ben").await;
    assert_eq!(ann.hears().await, "ben has come");
    let mut cat = Client::join(address, "cat").await;
    assert_eq!(ann.hears().await, "cat has come");
    assert_eq!(ben.hears().await, "cat has come");
    ann.says("hello").await;
    assert_eq!(ben.hears().await, "ann: hello");
    assert_eq!(cat.hears().await, "ann: hello");
    ben.says("/bye").await;
    assert_eq!(ann.hears().await, "ben has gone");
    assert_eq!(cat.hears().await, "ben has gone");
    // One that just closes its connection has gone, too.
    drop(cat);
    assert_eq!(ann.hears().await, "cat has gone");
    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn many_talk_at_once() {
    let (address, server) = start().await;
    let mut listener = Client::join(address, "listener").await;
    let talkers: Vec<_> = (0..8)
        .map(|i| {
            tokio::spawn(async move {
                let mut client = Client::join(address, &format!("t{i}")).await;
                client.says("hi").await;
                // The others' lines are read, so that nobody is thrown out.
                while let Ok(Ok(Some(_))) = timeout(Duration::from_millis(500), client.lines.next_line()).await {}
                client.says("/bye").await;
            })
        })
        .collect();
    let mut heard: HashMap<String, usize> = HashMap::new();
    for _ in 0..24 {
        *heard.entry(listener.hears().await).or_default() += 1;
    }
    for i in 0..8 {
        for line in [format!("t{i} has come"), format!("t{i}: hi"), format!("t{i} has gone")] {
            assert_eq!(heard.get(&line), Some(&1), "{line}");
        }
    }
    for talker in talkers {
        talker.await.unwrap();
    }
    server.abort();
}
