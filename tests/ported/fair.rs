//! A task that loops over what is always ready gives way to others, though it never waits.

use std::io::{IoSlice, Read as _, Write as _};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest, unix::AsyncFd};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream, unix::pipe};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex, RwLock, Semaphore, broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, interval_at, sleep_until};

/// More than any budget.
const TIMES: usize = 400;

/// The first turns may wait, for the system to tell that something is ready; the other task comes after them.
const WARM: usize = 16;

/// Runtimes with one thread for tasks.
fn runtimes() -> [Runtime; 2] {
    let single = Builder::new_current_thread().enable_all().build().unwrap();
    [single, Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()]
}

/// Of each: the name, what is made beforehand, and what is done again and again.
macro_rules! gives_way {
    ($($name:ident: { $($before:tt)* } $again:block)*) => { $(
        #[test]
        fn $name() {
            for rt in runtimes() {
                let task = rt.spawn(async move {
                    $($before)*
                    let other_ran = Arc::new(AtomicBool::new(false));
                    for turn in 0..TIMES {
                        if turn == WARM {
                            let tell = other_ran.clone();
                            tokio::spawn(async move { tell.store(true, Ordering::SeqCst) });
                        }
                        $again
                        if other_ran.load(Ordering::SeqCst) {
                            return true;
                        }
                    }
                    false
                });
                assert!(rt.block_on(task).unwrap(), "{rt:?}");
            }
        }
    )* };
}

async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

gives_way! {
    mpsc_receive: { let (tx, mut rx) = mpsc::channel(1); } {
        tx.try_send(()).unwrap();
        rx.recv().await.unwrap();
    }
    mpsc_send: { let (tx, mut rx) = mpsc::channel(1); } {
        tx.send(()).await.unwrap();
        rx.try_recv().unwrap();
    }
    mpsc_unbounded: { let (tx, mut rx) = mpsc::unbounded_channel(); } {
        tx.send(()).unwrap();
        rx.recv().await.unwrap();
    }
    oneshot_receive: {} {
        let (tx, rx) = oneshot::channel();
        tx.send(()).unwrap();
        rx.await.unwrap();
    }
    broadcast_receive: { let (tx, mut rx) = broadcast::channel(1); } {
        tx.send(()).unwrap();
        rx.recv().await.unwrap();
    }
    watch_change: { let (tx, mut rx) = watch::channel(0); } {
        tx.send_modify(|n| *n += 1);
        rx.changed().await.unwrap();
    }
    mutex: { let mutex = Mutex::new(0); } { *mutex.lock().await += 1; }
    rwlock: { let lock = RwLock::new(0); } {
        drop(lock.read().await);
        *lock.write().await += 1;
    }
    semaphore: { let permits = Semaphore::new(1); } { drop(permits.acquire().await.unwrap()); }
    timer_that_is_over: { let past = Instant::now(); } { sleep_until(past).await; }
    interval_that_is_late: {
        let mut ticks = interval_at(Instant::now(), Duration::from_nanos(1));
    } { ticks.tick().await; }
    join_set: {
        let mut set: JoinSet<()> = (0..TIMES).map(|_| std::future::ready(())).collect();
        let last = tokio::spawn(async {});
        last.await.unwrap();
    } { set.join_next().await.unwrap().unwrap(); }
    join_handles: {
        let mut tasks: Vec<_> = (0..TIMES).map(|_| tokio::spawn(async {})).collect();
        while tasks.iter().any(|task| !task.is_finished()) {
            tokio::task::yield_now().await;
        }
    } { tasks.pop().unwrap().await.unwrap(); }
    tcp_read: {
        let (mut client, mut server) = tcp().await;
        client.write_all(&[0; TIMES]).await.unwrap();
        server.readable().await.unwrap();
    } { server.read_u8().await.unwrap(); }
    tcp_peek: {
        let (mut client, server) = tcp().await;
        client.write_all(&[0; TIMES]).await.unwrap();
        server.readable().await.unwrap();
    } { server.peek(&mut [0]).await.unwrap(); }
    tcp_write: { let (mut client, _server) = tcp().await; } { client.write_u8(0).await.unwrap(); }
    tcp_write_vectored: { let (mut client, _server) = tcp().await; } {
        assert!(client.write_vectored(&[IoSlice::new(&[0]), IoSlice::new(&[1])]).await.unwrap() > 0);
    }
    tcp_split: {
        let (client, server) = tcp().await;
        let (mut reader, mut writer) = (server.into_split().0, client.into_split().1);
        writer.write_all(&[0; TIMES]).await.unwrap();
        reader.readable().await.unwrap();
    } {
        writer.write_u8(0).await.unwrap();
        reader.read_u8().await.unwrap();
    }
    tcp_accept: {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut clients = Vec::new();
    } {
        // The system accepts it, whether anybody looks or not.
        clients.push(std::net::TcpStream::connect(address).unwrap());
        listener.accept().await.unwrap();
    }
    udp_send: {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let own = socket.local_addr().unwrap();
    } { socket.send_to(&[0], own).await.unwrap(); }
    udp_receive: {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(socket.local_addr().unwrap()).await.unwrap();
    } {
        while socket.try_send(&[0]).is_err() {
            socket.writable().await.unwrap();
        }
        socket.recv(&mut [0]).await.unwrap();
    }
    udp_peek: {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(&[0], socket.local_addr().unwrap()).await.unwrap();
        socket.readable().await.unwrap();
    } { socket.peek_from(&mut [0]).await.unwrap(); }
    tcp_with_an_operation_of_one_s_own: { let (client, _server) = tcp().await; } {
        client.async_io(Interest::WRITABLE, || client.try_write(&[0])).await.unwrap();
    }
    tcp_borrowed_halves: {
        let (mut client, mut server) = tcp().await;
        client.write_all(&[0; TIMES]).await.unwrap();
        server.readable().await.unwrap();
        let (mut reader, mut writer) = (server.split().0, client.split().1);
    } {
        writer.write_u8(0).await.unwrap();
        reader.read_u8().await.unwrap();
    }
    unix_accept: {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        let mut clients = Vec::new();
    } {
        clients.push(StdUnixStream::connect(folder.path().join("socket")).unwrap());
        listener.accept().await.unwrap();
    }
    unix_halves: {
        let (one, other) = UnixStream::pair().unwrap();
        let ((mut reader, _one), (_other, mut writer)) = (one.into_split(), other.into_split());
    } {
        writer.write_u8(0).await.unwrap();
        reader.read_u8().await.unwrap();
    }
    blocking_jobs: {
        let mut jobs: Vec<_> = (0..TIMES).map(|_| tokio::task::spawn_blocking(|| {})).collect();
        while jobs.iter().any(|job| !job.is_finished()) {
            tokio::task::yield_now().await;
        }
    } { jobs.pop().unwrap().await.unwrap(); }
    watch_until: { let (tx, mut rx) = watch::channel(0); } {
        tx.send_modify(|n| *n += 1);
        rx.wait_for(|n| *n > 0).await.unwrap();
    }
    unix_stream: { let (mut one, mut other) = UnixStream::pair().unwrap(); } {
        one.write_u8(0).await.unwrap();
        other.read_u8().await.unwrap();
    }
    unix_datagram: { let (one, other) = UnixDatagram::pair().unwrap(); } {
        one.send(&[0]).await.unwrap();
        other.recv(&mut [0]).await.unwrap();
    }
    pipes: { let (mut sender, mut receiver) = pipe::pipe().unwrap(); } {
        sender.write_u8(0).await.unwrap();
        receiver.read_u8().await.unwrap();
    }
    async_fd: {
        let (one, mut other) = StdUnixStream::pair().unwrap();
        one.set_nonblocking(true).unwrap();
        other.write_all(&[0; TIMES]).unwrap();
        #[expect(deprecated, reason = "the safe one is shorter")]
        let one = AsyncFd::new(one).unwrap();
    } {
        let mut guard = std::future::poll_fn(|cx| one.poll_read_ready(cx)).await.unwrap();
        guard.try_io(|one| one.get_ref().read(&mut [0])).unwrap().unwrap();
    }
    duplex: { let (mut one, mut other) = tokio::io::duplex(1); } {
        one.write_u8(0).await.unwrap();
        other.read_u8().await.unwrap();
    }
    nothing_and_everything: {} {
        tokio::io::repeat(0).read_u8().await.unwrap();
        tokio::io::sink().write_u8(0).await.unwrap();
        assert_eq!(tokio::io::empty().read(&mut [0]).await.unwrap(), 0);
    }
    files: { let mut zeros = tokio::fs::File::open("/dev/zero").await.unwrap(); } { zeros.read_u8().await.unwrap(); }
    file_functions: {} { tokio::fs::metadata("/").await.unwrap(); }
    consume_budget: {} { tokio::task::coop::consume_budget().await; }
    yield_now: {} { tokio::task::yield_now().await; }
}
