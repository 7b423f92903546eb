//! Wakes that interrupt the netpoller: all who could run something wait for descriptors, and then there is something to run.
//! A lost wake-up is a hang.

use crate::net_tcp::pair;
use crate::support::{current, ms, on_each, on_each_multi, rounds, watched};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::net::UdpSocket;
use gmp::runtime::Runtime;
use gmp::sync::{Notify, mpsc, oneshot};
use gmp::time::{Duration, Instant, sleep, timeout};
use std::io::{Read, Write};
use std::pin::Pin;
use std::sync::{Arc, Barrier, mpsc as std_mpsc};
use std::thread;

/// Keeps a socket open, so that who is idle waits in the netpoller.
fn with_a_socket(rt: &Runtime) {
    let udp = rt.block_on(UdpSocket::bind("127.0.0.1:0")).unwrap();
    rt.spawn(async move { udp.recv(&mut [0]).await });
}

/// A pause that is different each time: the wake comes before, while and after the thread goes to sleep.
fn pause(round: usize) {
    for _ in 0..(round * 53) % 1_500 {
        std::hint::spin_loop();
    }
}

#[test]
fn spawns_from_outside() {
    on_each_multi(|rt| {
        with_a_socket(&rt);
        for round in 0..rounds(100_000) {
            let (tx, rx) = std_mpsc::channel();
            rt.spawn(async move { tx.send(round).unwrap() });
            assert_eq!(rx.recv().unwrap(), round);
            pause(round);
        }
    });
}

#[test]
fn wakes_from_outside() {
    on_each_multi(|rt| {
        with_a_socket(&rt);
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (tx, mut rx) = mpsc::unbounded_channel();
                let (back, echo) = std_mpsc::channel();
                rt.spawn(async move {
                    while let Some(n) = rx.recv().await {
                        back.send(n).unwrap();
                    }
                });
                thread::spawn(move || {
                    for round in 0..rounds(50_000) {
                        tx.send(round).unwrap();
                        assert_eq!(echo.recv().unwrap(), round);
                        pause(round);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
    });
}

/// The future of `block_on` itself is woken, which takes a thread out of the netpoller without a task.
#[test]
fn kicks_of_block_on() {
    on_each(|rt| {
        with_a_socket(&rt);
        let (tx, mut rx) = mpsc::unbounded_channel();
        let (back, echo) = std_mpsc::channel();
        let n = rounds(100_000);
        let kicker = thread::spawn(move || {
            for round in 0..n {
                tx.send(round).unwrap();
                assert_eq!(echo.recv().unwrap(), round);
                pause(round);
            }
        });
        rt.block_on(async {
            for round in 0..n {
                assert_eq!(rx.recv().await, Some(round));
                back.send(round).unwrap();
            }
        });
        kicker.join().unwrap();
    });
}

/// Events, wakes and timers at the same time, each of which is the only one who can end its wait.
#[test]
fn events_wakes_and_timers_together() {
    on_each(|rt| {
        let n = rounds(20_000);
        let (mut ours, theirs) = rt.block_on(async {
            let (a, b) = pair().await;
            (a, b.into_std().unwrap())
        });
        theirs.set_nonblocking(false).unwrap();
        let (tx, mut rx) = mpsc::unbounded_channel();
        let (back, echo) = std_mpsc::channel();
        let mut stream = theirs.try_clone().unwrap();
        let writer = thread::spawn(move || {
            for round in 0..n {
                stream.write_all(&[round as u8]).unwrap();
                let mut answer = [0];
                stream.read_exact(&mut answer).unwrap();
                assert_eq!(answer, [round as u8]);
                pause(round);
            }
        });
        let waker = thread::spawn(move || {
            for round in 0..n {
                tx.send(round).unwrap();
                assert_eq!(echo.recv().unwrap(), round);
                pause(round * 7);
            }
        });
        let echoing = rt.spawn(async move {
            for _ in 0..n {
                let byte = ours.read_u8().await.unwrap();
                ours.write_u8(byte).await.unwrap();
            }
        });
        let answering = rt.spawn(async move {
            while let Some(round) = rx.recv().await {
                back.send(round).unwrap();
            }
        });
        let ticking = rt.spawn(async move {
            for i in 0..100 {
                sleep(Duration::from_micros(i * 13 % 700)).await;
            }
        });
        rt.block_on(async {
            for task in [echoing, answering, ticking] {
                task.await.unwrap();
            }
        });
        writer.join().unwrap();
        waker.join().unwrap();
    });
}

/// Several threads in `block_on` of one runtime, each waiting for its own socket and its own timer: one of them drives, and when
/// its future is done, another takes over.
fn many_block_ons(rt: &Arc<Runtime>, run: fn(&Runtime, Job)) {
    let begin = Arc::new(Barrier::new(4));
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let (rt, begin) = (rt.clone(), begin.clone());
            thread::spawn(move || {
                begin.wait();
                for round in 0..rounds(300) {
                    run(&rt, Box::pin(job(i, round as u8)));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
}

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What each of these threads waits for.
async fn job(i: u64, byte: u8) {
    let (mut a, mut b) = pair().await;
    let late = Duration::from_micros(i * 100);
    // The echo is a task of the runtime: somebody has to run it.
    let echo = gmp::spawn(async move {
        let byte = b.read_u8().await.unwrap();
        sleep(late).await;
        b.write_u8(byte).await.unwrap();
    });
    let begun = Instant::now();
    a.write_u8(byte).await.unwrap();
    assert_eq!(a.read_u8().await.unwrap(), byte);
    assert!(begun.elapsed() >= late);
    echo.await.unwrap();
    assert_eq!(a.read(&mut [0]).await.unwrap(), 0, "the end of the stream");
    assert!(timeout(Duration::from_micros(200), std::future::pending::<()>()).await.is_err());
}

#[test]
fn many_threads_in_block_on() {
    on_each(|rt| many_block_ons(&Arc::new(rt), |rt, job| rt.block_on(job)));
}

/// On a `current_thread` runtime `Handle::block_on` drives nothing: somebody else has to, and does.
#[test]
fn many_threads_in_block_on_of_a_handle() {
    on_each(|rt| {
        let rt = Arc::new(rt);
        let (done, is_done) = oneshot::channel::<()>();
        let driver = rt.clone();
        let driver = thread::spawn(move || driver.block_on(async { is_done.await.unwrap() }));
        many_block_ons(&rt, |rt, job| rt.handle().block_on(job));
        done.send(()).unwrap();
        driver.join().unwrap();
    });
}

/// Who drives goes away while the others wait for what only the driver would have seen: an event, or a time.
#[test]
fn the_driver_goes_away() {
    watched(|| {
        let rt = Arc::new(current());
        for round in 0..rounds(1_000) {
            let (ours, mut theirs) = rt.block_on(async {
                let (a, b) = pair().await;
                (a, b.into_std().unwrap())
            });
            let leave = Arc::new(Notify::new());
            let told = leave.clone();
            let drives = rt.clone();
            let driver = thread::spawn(move || drives.block_on(told.notified()));
            if round % 2 == 0 {
                thread::yield_now();
            }
            let sleeper = rt.clone();
            let sleeping = thread::spawn(move || sleeper.block_on(async { sleep(ms(1)).await }));
            let reader = rt.clone();
            let reading = thread::spawn(move || {
                let mut ours = ours;
                reader.block_on(async move { ours.read_u8().await.unwrap() })
            });
            pause(round * 11);
            leave.notify_one();
            driver.join().unwrap();
            theirs.write_all(&[round as u8]).unwrap();
            assert_eq!(reading.join().unwrap(), round as u8);
            sleeping.join().unwrap();
        }
    });
}
