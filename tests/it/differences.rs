//! Rows of the table "What behaves differently" in from_tokio.md that no other file tests: each as it is here and as it is in tokio, so
//! that the table is true of both.

use crate::support::{current, multi, panic_of, watched};
use std::time::Duration;

const NO_RUNTIME: &str = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";

fn tokios() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn threads_have_names() {
    let name = || std::thread::current().name().map(str::to_owned);
    let ours = multi(1);
    for job in [ours.spawn(async move { name() }), ours.spawn_blocking(name)] {
        assert_eq!(ours.block_on(job).unwrap().as_deref(), Some("gmp-worker"));
    }
    let theirs = tokios();
    let job = theirs.spawn(async move { name() });
    assert_ne!(theirs.block_on(job).unwrap().as_deref(), Some("gmp-worker"));
}

/// What a sleep moves the paused clock by.
macro_rules! moved {
    ($krate:ident, $duration:expr) => {
        $krate::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(
            async {
                let start = $krate::time::Instant::now();
                $krate::time::sleep($duration).await;
                start.elapsed()
            },
        )
    };
}

#[test]
fn timers_are_exact() {
    for micros in [1_500, 1, 2_000] {
        let duration = Duration::from_micros(micros);
        assert_eq!(moved!(gmp, duration), duration);
        let rounded = Duration::from_millis(micros.div_ceil(1_000));
        assert_eq!(moved!(tokio, duration), rounded);
    }
}

#[test]
fn nothing_has_to_be_enabled() {
    let builders = [gmp::runtime::Builder::new_current_thread, gmp::runtime::Builder::new_multi_thread];
    for rt in builders.map(|new| new().build().unwrap()) {
        rt.block_on(async {
            gmp::time::sleep(Duration::from_millis(1)).await;
            gmp::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        });
    }
    let theirs = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let caught = panic_of(|| theirs.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await }));
    assert!(caught.text.contains("timers are disabled"), "{}", caught.text);
}

/// With room in the channel too, tokio's timer is asked for first; in its runtime it is there.
#[test]
fn send_timeout_is_tokios() {
    let (tx, mut rx) = gmp::sync::mpsc::channel(1);
    let send = tx.clone();
    let caught = panic_of(|| current().block_on(send.send_timeout(1, Duration::from_secs(1))));
    assert_eq!(caught.text, NO_RUNTIME);
    tokios().block_on(tx.send_timeout(2, Duration::from_secs(1))).unwrap();
    assert_eq!(rx.try_recv(), Ok(2));
    // What is written instead.
    current().block_on(async { gmp::time::timeout(Duration::from_secs(1), tx.send(3)).await.unwrap().unwrap() });
    assert_eq!(rx.try_recv(), Ok(3));
}

/// The thread is taken, and the other task runs on another.
#[test]
fn blocking_calls_in_a_task_block() {
    watched(|| {
        let ours = multi(1);
        let (tx, mut rx) = gmp::sync::mpsc::channel(1);
        let receives = ours.spawn(async move { rx.blocking_recv() });
        let sends = ours.spawn(async move { tx.send(7).await });
        ours.block_on(sends).unwrap().unwrap();
        assert_eq!(ours.block_on(receives).unwrap(), Some(7));
    });
    let theirs = tokios();
    let (_tx, mut rx) = tokio::sync::mpsc::channel::<u8>(1);
    let receives = theirs.spawn(async move { rx.blocking_recv() });
    assert!(theirs.block_on(receives).unwrap_err().is_panic());
}

#[test]
fn workers_have_an_upper_limit() {
    let caught = panic_of(|| gmp::runtime::Builder::new_multi_thread().worker_threads(1_025).build());
    assert_eq!(
        (caught.text.as_str(), caught.file.as_str()),
        ("Worker threads cannot be set to more than 1024", file!())
    );
    gmp::runtime::Builder::new_multi_thread().worker_threads(1_024);
    tokio::runtime::Builder::new_multi_thread().worker_threads(1_025);
}
