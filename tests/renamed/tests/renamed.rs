//! A program that says `tokio::` everywhere: the one line in its Cargo.toml is the whole port.

use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Mutex, RwLock, Semaphore, broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;

#[tokio::main]
async fn multi_thread_main() -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let (tx, mut rx) = mpsc::channel(4);
    for i in 0..10 {
        let tx = tx.clone();
        tokio::spawn(async move { tx.send(i).await });
    }
    drop(tx);
    let mut sum = 0;
    while let Some(i) = rx.recv().await {
        sum += i;
    }
    Ok(sum + "1".parse::<usize>()?)
}

#[tokio::main(flavor = "current_thread")]
async fn current_thread_main() -> u32 {
    tokio::task::spawn_blocking(|| 7).await.unwrap()
}

#[test]
fn mains() {
    assert_eq!(multi_thread_main().unwrap(), 46);
    assert_eq!(current_thread_main(), 7);
}

#[tokio::test]
async fn a_test_of_theirs() {
    let (tx, rx) = oneshot::channel();
    let task = tokio::spawn(rx);
    tokio::task::yield_now().await;
    tx.send(5).unwrap();
    assert_eq!(task.await.unwrap(), Ok(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn primitives() {
    let total = Arc::new(Mutex::new(0));
    let permits = Arc::new(Semaphore::new(2));
    let mut set = JoinSet::new();
    for i in 0..100 {
        let (total, permits) = (total.clone(), permits.clone());
        set.spawn(async move {
            let _permit = permits.acquire().await.unwrap();
            *total.lock().await += i;
        });
    }
    while let Some(result) = set.join_next().await {
        result.unwrap();
    }
    assert_eq!(*total.lock().await, 4_950);

    let (tx, mut rx) = broadcast::channel(2);
    let (state, mut seen) = watch::channel("new");
    let lock = RwLock::new(1);
    tokio::select! {
        _ = rx.recv() => unreachable!("nothing was sent"),
        guard = lock.read() => assert_eq!(*guard, 1),
    }
    tx.send(3).unwrap();
    state.send("old").unwrap();
    let (received, changed) = tokio::join!(rx.recv(), seen.changed());
    assert_eq!(received.unwrap(), 3);
    changed.unwrap();
    assert_eq!(*seen.borrow(), "old");
}

#[tokio::test]
async fn io() -> tokio::io::Result<()> {
    let (client, server) = tokio::io::duplex(16);
    let echo = tokio::spawn(async move {
        let (mut read, mut write) = tokio::io::split(server);
        tokio::io::copy(&mut read, &mut write).await
    });
    let (read, mut write) = tokio::io::split(client);
    write.write_all(b"one\ntwo\n").await?;
    let mut lines = BufReader::new(read).lines();
    assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
    assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
    let mut rest = lines.into_inner();
    write.write_u32(7).await?;
    assert_eq!(rest.read_u32().await?, 7);
    drop((rest, write));
    assert_eq!(echo.await.unwrap()?, 12);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files() -> tokio::io::Result<()> {
    use tokio::fs::{self, File, OpenOptions};
    use tokio::io::{AsyncSeekExt, SeekFrom};

    let dir = std::env::temp_dir().join(format!("gmp-renamed-{}", std::process::id()));
    fs::create_dir_all(&dir).await?;
    let path = dir.join("file");
    let mut file = File::create(&path).await?;
    file.write_all(b"hello world").await?;
    file.flush().await?;
    assert_eq!(fs::read_to_string(&path).await?, "hello world");
    let mut file = OpenOptions::new().read(true).write(true).open(&path).await?;
    file.seek(SeekFrom::Start(6)).await?;
    let mut rest = String::new();
    file.read_to_string(&mut rest).await?;
    assert_eq!(rest, "world");
    let mut entries = fs::read_dir(&dir).await?;
    while let Some(entry) = entries.next_entry().await? {
        assert!(entry.file_type().await?.is_file());
    }
    tokio::io::stderr().write_all(b"done\n").await?;
    fs::remove_dir_all(&dir).await?;
    assert!(!fs::try_exists(&dir).await?);
    Ok(())
}

#[test]
fn runtimes() {
    let rt = Runtime::new().unwrap();
    let handle: Handle = rt.handle().clone();
    let outside = std::thread::spawn(move || handle.block_on(async { tokio::spawn(async { 1 }).await }));
    assert_eq!(outside.join().unwrap().unwrap(), 1);
    let _guard = rt.enter();
    let task = tokio::spawn(std::future::pending::<()>());
    task.abort();
    assert!(rt.block_on(task).unwrap_err().is_cancelled());
    let small = Builder::new_current_thread().enable_all().build().unwrap();
    small.shutdown_timeout(Duration::from_secs(1));
}

tokio::task_local! {
    static NUMBER: u32;
}

#[tokio::test]
async fn task_locals() {
    let seen = NUMBER.scope(3, async { NUMBER.get() });
    assert_eq!(tokio::spawn(seen).await.unwrap(), 3);
}

#[cfg(unix)]
#[tokio::test]
async fn signals() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    let mut ctrl_c = std::pin::pin!(tokio::signal::ctrl_c());
    tokio::select! {
        biased;
        result = &mut ctrl_c => panic!("nobody has pressed it: {result:?}"),
        () = tokio::task::yield_now() => {}
    }
    for name in ["-HUP", "-INT"] {
        let id = std::process::id().to_string();
        assert!(tokio::process::Command::new("kill").args([name, &id]).status().await?.success());
    }
    assert_eq!(hangup.recv().await, Some(()));
    ctrl_c.await
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes() -> Result<(), Box<dyn std::error::Error>> {
    use std::process::Stdio;
    use tokio::process::{Child, ChildStdin, ChildStdout, Command};

    let mut cat: Child = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("cat is everywhere");
    let mut stdin: ChildStdin = cat.stdin.take().expect("it is a pipe");
    let stdout: ChildStdout = cat.stdout.take().expect("it is a pipe");
    let waiter = tokio::spawn(async move { cat.wait().await });
    let mut lines = BufReader::new(stdout).lines();
    for line in ["one", "two"] {
        stdin.write_all(format!("{line}\n").as_bytes()).await?;
        assert_eq!(lines.next_line().await?.as_deref(), Some(line));
    }
    drop(stdin);
    assert_eq!(lines.next_line().await?, None);
    assert!(waiter.await??.success());

    let mut echo = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
    let between: Stdio = echo.stdout.take().expect("it is a pipe").try_into()?;
    let upper = Command::new("tr").args(["a-z", "A-Z"]).stdin(between).stdout(Stdio::piped()).spawn()?;
    let (echo, upper) = tokio::try_join!(echo.wait(), upper.wait_with_output())?;
    assert!(echo.success() && upper.stdout == b"HELLO\n");

    let mut sleep = Command::new("sleep").arg("1000").spawn()?;
    tokio::select! {
        _ = sleep.wait() => panic!("it sleeps"),
        () = tokio::time::sleep(Duration::from_millis(5)) => sleep.kill().await?,
    }
    assert_eq!(sleep.id(), None);
    Ok(())
}
