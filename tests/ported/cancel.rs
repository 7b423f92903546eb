//! Futures that are dropped before they are ready: what is said to be safe to cancel loses nothing.

use std::future::{Future, ready};
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream, unix::pipe};
use tokio::process::Command;
use tokio::sync::{Mutex, Notify, Semaphore, broadcast, mpsc, oneshot, watch};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Duration, Instant, interval, sleep, timeout};

/// Polls it once or twice and drops it, if it isn't ready by then.
async fn briefly<F: Future>(future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = yield_now() => None,
    }
}

/// Begins again and again, each time with a new future, until one is ready.
async fn at_last<F: Future>(mut again: impl FnMut() -> F) -> F::Output {
    let start = Instant::now();
    loop {
        if let Some(output) = briefly(again()).await {
            return output;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "something was lost");
    }
}

/// As [`at_last`], for futures that borrow what they are begun on.
macro_rules! at_last {
    ($again:expr) => {{
        let start = Instant::now();
        loop {
            if let Some(output) = briefly($again).await {
                break output;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "something was lost");
        }
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels() {
    const N: u32 = 2_000;
    let (tx, mut rx) = mpsc::channel(3);
    tokio::spawn(async move {
        for i in 0..N {
            tx.send(i).await.unwrap();
        }
    });
    for i in 0..N {
        assert_eq!(at_last!(rx.recv()), Some(i));
    }
    assert_eq!(at_last!(rx.recv()), None);

    let (tx, mut rx) = broadcast::channel(4);
    tokio::spawn(async move {
        for i in 0..100 {
            tx.send(i).unwrap();
            // The receiver has room for what it hasn't seen.
            sleep(Duration::from_micros(200)).await;
        }
    });
    let mut last = None;
    loop {
        match at_last!(rx.recv()) {
            Ok(i) => assert!(last.replace(i).is_none_or(|last| last + 1 == i)),
            Err(broadcast::error::RecvError::Lagged(n)) => last = last.map(|last| last + i32::try_from(n).unwrap()),
            Err(broadcast::error::RecvError::Closed) => break,
        }
    }
    assert_eq!(last, Some(99));

    let (tx, mut rx) = watch::channel(0);
    let sender = tokio::spawn(async move {
        for i in 1..=100 {
            tx.send(i).unwrap();
            yield_now().await;
        }
        tx
    });
    while *rx.borrow_and_update() != 100 {
        at_last!(rx.changed()).unwrap();
    }
    drop(sender);

    let (tx, mut rx) = oneshot::channel();
    tokio::spawn(async move {
        sleep(Duration::from_millis(2)).await;
        tx.send("here").unwrap();
    });
    assert_eq!(at_last!(&mut rx), Ok("here"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locks_are_left_as_they_were() {
    let (mutex, permits, notify) = (Arc::new(Mutex::new(())), Arc::new(Semaphore::new(1)), Arc::new(Notify::new()));
    for _ in 0..100 {
        let (guard, permit) = (mutex.clone().lock_owned().await, permits.clone().acquire_owned().await.unwrap());
        let release = tokio::spawn(async move {
            yield_now().await;
            drop((guard, permit));
        });
        drop(at_last(|| mutex.lock()).await);
        drop(at_last(|| permits.acquire()).await.unwrap());
        release.await.unwrap();
        let tell = notify.clone();
        tokio::spawn(async move { tell.notify_one() });
        // The word goes to the next, if the one that had it is dropped.
        at_last(|| notify.notified()).await;
    }
    assert_eq!(permits.available_permits(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_and_accepts() {
    const N: usize = 20;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for i in 0..N {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(format!("{i}\n{i}").as_bytes()).await.unwrap();
        }
    });
    for i in 0..N {
        let (stream, _) = at_last(|| listener.accept()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        assert_eq!(at_last!(lines.next_line()).unwrap(), Some(i.to_string()));
        assert_eq!(at_last!(lines.next_line()).unwrap(), Some(i.to_string()));
        assert_eq!(at_last!(lines.next_line()).unwrap(), None);
    }

    let folder = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
    let path = folder.path().join("socket");
    let client = tokio::spawn(async move {
        let mut stream = UnixStream::connect(path).await.unwrap();
        for byte in 0..100 {
            stream.write_u8(byte).await.unwrap();
            yield_now().await;
        }
    });
    let (mut stream, _) = at_last(|| listener.accept()).await.unwrap();
    let mut read = Vec::new();
    while at_last!(stream.read_buf(&mut read)).unwrap() > 0 {}
    assert_eq!(read, (0..100).collect::<Vec<u8>>());
    client.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_and_pipes() {
    let (here, there) = (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
    here.connect(there.local_addr().unwrap()).await.unwrap();
    let mut buf = [0; 8];
    for i in 0..50_u8 {
        let send = async {
            sleep(Duration::from_micros(300)).await;
            here.send(&[i]).await.unwrap();
        };
        let ((), (len, _)) = tokio::join!(send, async { at_last!(there.recv_from(&mut buf)).unwrap() });
        assert_eq!(buf[..len], [i]);
    }
    let (here, there) = UnixDatagram::pair().unwrap();
    for i in 0..50_u8 {
        let send = async {
            yield_now().await;
            here.send(&[i, i]).await.unwrap();
        };
        let ((), len) = tokio::join!(send, async { at_last!(there.recv(&mut buf)).unwrap() });
        assert_eq!(buf[..len], [i, i]);
    }
    let (mut sender, mut receiver) = pipe::pipe().unwrap();
    let send = tokio::spawn(async move {
        for i in 0..=255 {
            sender.write_u8(i).await.unwrap();
            yield_now().await;
        }
    });
    let mut read = Vec::new();
    while at_last!(receiver.read_buf(&mut read)).unwrap() > 0 {}
    assert_eq!(read, (0..=255).collect::<Vec<u8>>());
    send.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn ticks_and_timeouts() {
    let start = Instant::now();
    let mut ticks = interval(Duration::from_secs(1));
    let mut seen = Vec::new();
    while seen.len() < 5 {
        // A tick that was waited for in vain is the next one's.
        if let Ok(tick) = timeout(Duration::from_millis(300), ticks.tick()).await {
            seen.push((tick - start).as_secs());
        }
    }
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    let (tx, mut rx) = mpsc::channel(1);
    tokio::spawn(async move {
        for i in 0..3 {
            sleep(Duration::from_secs(10)).await;
            tx.send(i).await.unwrap();
        }
    });
    let mut timeouts = 0;
    let mut received = Vec::new();
    loop {
        match timeout(Duration::from_secs(3), rx.recv()).await {
            Ok(Some(i)) => received.push(i),
            Ok(None) => break,
            Err(_) => timeouts += 1,
        }
    }
    assert_eq!((received, timeouts), (vec![0, 1, 2], 9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_and_processes() {
    let mut set = JoinSet::new();
    for i in 0..50_u64 {
        set.spawn(async move {
            sleep(Duration::from_micros(i * 37 % 500)).await;
            i
        });
    }
    let mut sum = 0;
    while let Some(joined) = at_last!(set.join_next()) {
        sum += joined.unwrap();
    }
    assert_eq!(sum, 49 * 25);

    let mut task = tokio::spawn(async {
        sleep(Duration::from_millis(2)).await;
        "output"
    });
    assert_eq!(at_last!(&mut task).unwrap(), "output");

    let mut child = Command::new("sh").args(["-c", "read line; exit 7"]).stdin(Stdio::piped()).spawn().unwrap();
    // Otherwise `wait` closes it, and the child is done.
    let input = child.stdin.take();
    assert!(briefly(child.wait()).await.is_none());
    drop(input);
    assert_eq!(at_last!(child.wait()).unwrap().code(), Some(7));
    assert_eq!(child.wait().await.unwrap().code(), Some(7));
}

/// The branch that loses is dropped before the other's code goes on.
#[tokio::test]
async fn select_drops_what_loses() {
    let held = Arc::new(());
    let holds = held.clone();
    let loses = async move {
        let _holds = holds;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = loses => unreachable!(),
        () = ready(()) => assert_eq!(Arc::strong_count(&held), 1),
    }
}
