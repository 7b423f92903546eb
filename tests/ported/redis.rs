//! A small Redis, by lines: a table that all connections share, keys that expire, publish and subscribe, a limit on
//! connections, and a stop that lets what runs finish.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, broadcast, mpsc, oneshot};
use tokio::time::{Duration, Instant, sleep, sleep_until, timeout};

/// The table, and a task that takes out what has expired.
#[derive(Clone)]
struct Db(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// The next expiration has changed.
    changed: Notify,
}

#[derive(Default)]
struct State {
    entries: HashMap<String, (String, Option<Instant>)>,
    expirations: BTreeSet<(Instant, String)>,
    channels: HashMap<String, broadcast::Sender<String>>,
    closed: bool,
}

impl Db {
    fn new() -> Self {
        let shared = Arc::new(Shared::default());
        tokio::spawn(expire(shared.clone()));
        Self(shared)
    }

    fn set(&self, key: String, value: String, lasts: Option<Duration>) {
        let mut state = self.0.state.lock().unwrap();
        let until = lasts.map(|lasts| Instant::now() + lasts);
        let sooner = until.is_some_and(|until| state.expirations.first().is_none_or(|(first, _)| until < *first));
        let before = state.entries.insert(key.clone(), (value, until));
        if let Some((_, Some(until))) = before {
            state.expirations.remove(&(until, key.clone()));
        }
        state.expirations.extend(until.map(|until| (until, key)));
        drop(state);
        if sooner {
            self.0.changed.notify_one();
        }
    }

    fn get(&self, key: &str) -> Option<String> {
        self.0.state.lock().unwrap().entries.get(key).map(|(value, _)| value.clone())
    }

    fn subscribe(&self, channel: &str) -> broadcast::Receiver<String> {
        let mut state = self.0.state.lock().unwrap();
        state.channels.entry(channel.to_owned()).or_insert_with(|| broadcast::channel(64).0).subscribe()
    }

    fn publish(&self, channel: &str, message: String) -> usize {
        let state = self.0.state.lock().unwrap();
        state.channels.get(channel).map_or(0, |sender| sender.send(message).unwrap_or(0))
    }

    fn close(&self) {
        self.0.state.lock().unwrap().closed = true;
        self.0.changed.notify_one();
    }
}

async fn expire(shared: Arc<Shared>) {
    loop {
        let next = {
            let mut state = shared.state.lock().unwrap();
            if state.closed {
                return;
            }
            let now = Instant::now();
            while let Some((_, key)) = state.expirations.first().filter(|(until, _)| *until <= now).cloned() {
                state.expirations.pop_first();
                state.entries.remove(&key);
            }
            state.expirations.first().map(|(until, _)| *until)
        };
        match next {
            Some(next) => tokio::select! {
                () = sleep_until(next) => {}
                () = shared.changed.notified() => {}
            },
            None => shared.changed.notified().await,
        }
    }
}

/// Serves until `stop` is done, then waits for the connections.
async fn serve(listener: TcpListener, most: usize, stop: impl Future) -> usize {
    let db = Db::new();
    let places = Arc::new(Semaphore::new(most));
    let (closing, _) = broadcast::channel::<()>(1);
    let (done, mut all_done) = mpsc::channel::<()>(1);
    let mut served = 0;
    tokio::pin!(stop);
    loop {
        let place = places.clone().acquire_owned().await.unwrap();
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted.unwrap(),
            _ = &mut stop => break,
        };
        served += 1;
        let (db, closing, done) = (db.clone(), closing.subscribe(), done.clone());
        tokio::spawn(async move {
            let _ = connection(&db, stream, closing).await;
            drop((place, done));
        });
    }
    drop((closing, done));
    db.close();
    let _ = all_done.recv().await;
    served
}

async fn connection(db: &Db, stream: TcpStream, mut closing: broadcast::Receiver<()>) -> io::Result<()> {
    let (reader, writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut writer = BufWriter::new(writer);
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line?,
            _ = closing.recv() => return Ok(()),
        };
        let Some(line) = line else { return Ok(()) };
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words[..] {
            ["ping"] => "pong".to_owned(),
            ["get", key] => db.get(key).unwrap_or_else(|| "nil".to_owned()),
            ["set", key, value] => {
                db.set(key.to_owned(), value.to_owned(), None);
                "ok".to_owned()
            }
            ["set", key, value, millis] => {
                let lasts = millis.parse().map(Duration::from_millis).map_err(io::Error::other)?;
                db.set(key.to_owned(), value.to_owned(), Some(lasts));
                "ok".to_owned()
            }
            ["publish", channel, message] => db.publish(channel, message.to_owned()).to_string(),
            ["subscribe", channel] => {
                let mut messages = db.subscribe(channel);
                writer.write_all(b"subscribed\n").await?;
                writer.flush().await?;
                loop {
                    let message = tokio::select! {
                        message = messages.recv() => message.map_err(io::Error::other)?,
                        _ = closing.recv() => return Ok(()),
                    };
                    writer.write_all(format!("{message}\n").as_bytes()).await?;
                    writer.flush().await?;
                }
            }
            _ => "what?".to_owned(),
        };
        writer.write_all(format!("{answer}\n").as_bytes()).await?;
        writer.flush().await?;
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    async fn ask(&mut self, line: &str) -> String {
        self.0.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        self.next().await.expect("an answer")
    }

    async fn next(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = timeout(Duration::from_secs(30), self.0.read_line(&mut line)).await.expect("an answer in time");
        (read.unwrap() > 0).then(|| line.trim().to_owned())
    }
}

async fn start(most: usize) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    (address, stop, tokio::spawn(serve(listener, most, stopped)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_is_shared_and_keys_expire() {
    let (address, stop, server) = start(10).await;
    let (mut one, mut other) = (Client::connect(address).await, Client::connect(address).await);
    assert_eq!(one.ask("ping").await, "pong");
    assert_eq!(one.ask("set k v").await, "ok");
    assert_eq!(other.ask("get k").await, "v");
    assert_eq!(other.ask("get nothing").await, "nil");
    assert_eq!(other.ask("nonsense").await, "what?");
    let before = Instant::now();
    assert_eq!(one.ask("set short x 50").await, "ok");
    assert_eq!(one.ask("set long y 600000").await, "ok");
    // Until it is gone, and it is never gone too early.
    while other.ask("get short").await == "x" {
        sleep(Duration::from_millis(5)).await;
    }
    assert!(before.elapsed() >= Duration::from_millis(50));
    assert_eq!(other.ask("get long").await, "y");
    stop.send(()).unwrap();
    assert_eq!(server.await.unwrap(), 2);
}

#[tokio::test]
async fn subscribers_hear_until_the_server_stops() {
    let (address, stop, server) = start(10).await;
    let mut subscribers = Vec::new();
    for _ in 0..3 {
        let mut client = Client::connect(address).await;
        assert_eq!(client.ask("subscribe news").await, "subscribed");
        subscribers.push(client);
    }
    let mut publisher = Client::connect(address).await;
    assert_eq!(publisher.ask("publish news hello").await, "3");
    assert_eq!(publisher.ask("publish other hello").await, "0");
    for client in &mut subscribers {
        assert_eq!(client.next().await.as_deref(), Some("hello"));
    }
    stop.send(()).unwrap();
    assert_eq!(server.await.unwrap(), 4);
    for client in &mut subscribers {
        assert_eq!(client.next().await, None, "the connection is closed");
    }
}

#[tokio::test]
async fn no_more_connections_than_places() {
    let (address, stop, server) = start(1).await;
    let mut first = Client::connect(address).await;
    assert_eq!(first.ask("ping").await, "pong");
    let mut second = Client::connect(address).await;
    let early = timeout(Duration::from_millis(100), second.ask("ping")).await;
    assert!(early.is_err(), "the only place is taken");
    drop(first);
    assert_eq!(second.next().await.as_deref(), Some("pong"), "what was asked while waiting");
    drop(second);
    stop.send(()).unwrap();
    assert_eq!(server.await.unwrap(), 2);
}
