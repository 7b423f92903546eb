//! Watches a folder: looks at it from time to time, at once when the process gets SIGHUP, and ends with SIGUSR1.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Duration, MissedTickBehavior, interval, timeout};

#[derive(Debug, PartialEq, Eq)]
enum Change {
    Added(String),
    Grown(String),
    Removed(String),
    /// Looked because of a signal, and this many files are there.
    Asked(usize),
}

/// The files of a folder and how long they are.
async fn look(folder: &Path) -> io::Result<BTreeMap<String, u64>> {
    let mut files = BTreeMap::new();
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        // It may be gone by now.
        if let Ok(metadata) = entry.metadata().await {
            files.insert(entry.file_name().to_string_lossy().into_owned(), metadata.len());
        }
    }
    Ok(files)
}

async fn watch(folder: PathBuf, every: Duration, changes: mpsc::Sender<Change>) -> io::Result<usize> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut user = signal(SignalKind::user_defined1())?;
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut known: BTreeMap<String, u64> = BTreeMap::new();
    let mut looks = 0;
    loop {
        let asked = tokio::select! {
            _ = ticks.tick() => false,
            _ = hangup.recv() => true,
            _ = user.recv() => return Ok(looks),
        };
        looks += 1;
        let found = look(&folder).await?;
        let mut told = Vec::new();
        for (name, len) in &found {
            match known.get(name) {
                None => told.push(Change::Added(name.clone())),
                Some(before) if before != len => told.push(Change::Grown(name.clone())),
                Some(_) => {}
            }
        }
        let gone = known.keys().filter(|name| !found.contains_key(*name));
        told.extend(gone.map(|name| Change::Removed(name.clone())));
        told.extend(asked.then_some(Change::Asked(found.len())));
        for change in told {
            if changes.send(change).await.is_err() {
                return Ok(looks);
            }
        }
        known = found;
    }
}

/// Sends a signal to this process.
async fn kill(signal: &str) {
    let pid = std::process::id().to_string();
    let status = tokio::process::Command::new("kill").args(["-s", signal, &pid]).status().await.unwrap();
    assert!(status.success());
}

/// One test for all of it: signals are the process's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_told_by_timers_and_by_signals() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let (tx, mut changes) = mpsc::channel(16);
    let mut next = async || timeout(Duration::from_secs(30), changes.recv()).await.expect("in time").expect("a change");

    fs::write(path.join("old"), "x").await.unwrap();
    let watcher = tokio::spawn(watch(path.clone(), Duration::from_millis(10), tx));
    assert_eq!(next().await, Change::Added("old".to_owned()));
    fs::write(path.join("old"), "xyz").await.unwrap();
    assert_eq!(next().await, Change::Grown("old".to_owned()));
    // The file is empty for a moment, so it may be seen twice: the second time with the folder, and then after it.
    let mut next_but_old = async || loop {
        match next().await {
            Change::Grown(name) if name == "old" => {}
            other => break other,
        }
    };
    fs::create_dir(path.join("new")).await.unwrap();
    assert_eq!(next_but_old().await, Change::Added("new".to_owned()));
    fs::remove_dir(path.join("new")).await.unwrap();
    assert_eq!(next_but_old().await, Change::Removed("new".to_owned()));

    kill("HUP").await;
    assert_eq!(next().await, Change::Asked(1));
    kill("HUP").await;
    assert_eq!(next().await, Change::Asked(1));
    kill("USR1").await;
    let looks = timeout(Duration::from_secs(30), watcher).await.expect("in time").unwrap().unwrap();
    assert!(looks >= 5, "{looks}");
}

/// Timers alone, without a folder: as in tokio an interval's first tick is at once, and late ones are skipped.
#[tokio::test]
async fn ticks() {
    let start = tokio::time::Instant::now();
    let mut ticks = interval(Duration::from_millis(20));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    assert!(ticks.tick().await >= start);
    std::thread::sleep(Duration::from_millis(70));
    let late = ticks.tick().await - start;
    let next = ticks.tick().await - start;
    assert_eq!(late.as_millis() / 20, 1, "the one that is late");
    assert!(next.as_millis() / 20 >= 4, "those between are skipped: {next:?}");
}
