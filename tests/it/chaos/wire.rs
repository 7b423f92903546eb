//! Timers and sockets while every thread is stopped at any instruction (case 47), and while every system call is interrupted by
//! a signal whose handler says that it isn't to be restarted (cases 45 and 52).

use super::{for_a_while, harried, in_chaos, random, survives};
use crate::net_tcp::{listener, pair, pattern};
use crate::support::{Census, block_on, ms};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::net::{TcpStream, UdpSocket};
use gmp::runtime::Runtime;
use gmp::time::{interval, sleep, timeout};
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_signal: libc::c_int) {
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// Runs `story` while system calls are interrupted, and does nothing else to them.
fn interrupted(story: fn()) {
    harried(count, story);
    assert!(HANDLED.load(Ordering::Relaxed) > 100, "nobody was interrupted");
}

/// Sleeps of tasks, of `block_on`s and of threads that aren't the runtime's: each is over, none early.
fn sleeps() {
    async fn nap() {
        let long = Duration::from_micros(u64::from(random() % 3_000));
        let begun = Instant::now();
        sleep(long).await;
        assert!(begun.elapsed() >= long, "early: {:?} of {long:?}", begun.elapsed());
    }
    for_a_while(|rt: Runtime| {
        let handle = rt.handle().clone();
        let foreign = thread::spawn(move || {
            for _ in 0..5 {
                let made = {
                    let _guard = handle.enter();
                    nap()
                };
                let _guard = handle.enter();
                block_on(made);
            }
        });
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                rt.spawn(async {
                    for _ in 0..3 {
                        nap().await;
                    }
                })
            })
            .collect();
        rt.block_on(async {
            nap().await;
            for task in tasks {
                task.await.unwrap();
            }
        });
        // On a `current_thread` runtime nobody looks at its timers unless somebody is in `block_on`.
        rt.block_on(async {
            while !foreign.is_finished() {
                nap().await;
            }
        });
        foreign.join().unwrap();
    });
}

/// Limits that are kept and that aren't; intervals.
fn timeouts() {
    for_a_while(|rt| {
        let kept = rt.spawn(async {
            for i in 0..50 {
                let kept = timeout(Duration::from_secs(3_600), async move {
                    gmp::task::yield_now().await;
                    i
                });
                assert_eq!(kept.await, Ok(i));
            }
        });
        let exceeded = rt.spawn(async {
            for long in [ms(0), ms(1), ms(3)] {
                let begun = Instant::now();
                timeout(long, std::future::pending::<()>()).await.unwrap_err();
                assert!(begun.elapsed() >= long);
            }
        });
        let ticks = rt.spawn(async {
            let begun = Instant::now();
            let mut interval = interval(ms(1));
            for i in 0..5 {
                interval.tick().await;
                assert!(begun.elapsed() >= ms(i), "tick {i}");
            }
        });
        rt.block_on(async {
            for task in [kept, exceeded, ticks] {
                task.await.unwrap();
            }
        });
    });
}

/// Echoes over TCP: clients in tasks, and one that blocks.
fn echoes() {
    for_a_while(|rt| {
        rt.block_on(async {
            let (listener, addr) = listener().await;
            let server = gmp::spawn(async move {
                loop {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    gmp::spawn(async move {
                        let (mut reader, mut writer) = stream.split();
                        gmp::io::copy(&mut reader, &mut writer).await.unwrap();
                    });
                }
            });
            let clients: Vec<_> = (0..4)
                .map(|i| {
                    gmp::spawn(async move {
                        let mut stream = TcpStream::connect(addr).await.unwrap();
                        for round in 0..10 {
                            let message = pattern(1 + i * 1_000 + round * 3_000);
                            stream.write_all(&message).await.unwrap();
                            let mut answer = vec![0; message.len()];
                            stream.read_exact(&mut answer).await.unwrap();
                            assert_eq!(answer, message);
                        }
                        stream.shutdown().await.unwrap();
                        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
                    })
                })
                .collect();
            let blocking = gmp::task::spawn_blocking(move || {
                let mut stream = std::net::TcpStream::connect(addr).unwrap();
                for round in 0..10 {
                    stream.write_all(&[round]).unwrap();
                    let mut answer = [0];
                    stream.read_exact(&mut answer).unwrap();
                    assert_eq!(answer, [round]);
                }
            });
            for client in clients {
                client.await.unwrap();
            }
            blocking.await.unwrap();
            server.abort();
        });
    });
}

/// Sockets that are closed while their peers write, with sleeps beside them.
fn closes() {
    for_a_while(|rt| {
        let census = Census::default();
        for _ in 0..10 {
            let (ours, mut theirs) = rt.block_on(pair());
            let live = census.live();
            let reading = rt.spawn(async move {
                let _live = live;
                let (mut reader, _writer) = ours.into_split();
                let _ = timeout(Duration::from_micros(u64::from(random() % 500)), reader.read_u8()).await;
            });
            let writing = rt.spawn(async move {
                while theirs.write_u8(1).await.is_ok() {
                    gmp::task::yield_now().await;
                }
            });
            rt.block_on(async { (reading.await.unwrap(), writing.await.unwrap()) });
        }
        census.assert_all_dropped();
    });
}

/// Runtimes that end while tasks, and threads of others, wait for sockets and for the time.
fn ends() {
    for_a_while(|rt| {
        let census = Census::default();
        let mut peers = Vec::new();
        for i in 0..8 {
            let (mut ours, theirs) = rt.block_on(pair());
            let live = census.live();
            rt.spawn(async move {
                let _live = live;
                loop {
                    let _ = timeout(Duration::from_micros(100 * i), ours.read(&mut [0; 16])).await;
                }
            });
            peers.push(theirs);
        }
        let outlives = Arc::new(rt.block_on(async { UdpSocket::bind("127.0.0.1:0").await.unwrap() }));
        let waits = outlives.clone();
        let foreign = thread::spawn(move || block_on(waits.recv(&mut [0])).unwrap_err());
        let writer = thread::spawn(move || {
            for round in 0..200 {
                let peer = &peers[round % peers.len()];
                match peer.try_write(b"x") {
                    Ok(_) => {}
                    // It has been closed by now, or its runtime has ended.
                    Err(error) => assert_ne!(error.kind(), ErrorKind::Interrupted),
                }
            }
            peers
        });
        rt.block_on(sleep_a_little());
        drop(rt);
        census.assert_all_dropped();
        let text = foreign.join().unwrap().to_string();
        assert!(text.contains("being shutdown"), "{text}");
        assert!(block_on(outlives.readable()).is_err());
        drop(writer.join().unwrap());
    });
}

async fn sleep_a_little() {
    sleep(Duration::from_micros(u64::from(random() % 1_000))).await;
}

#[test]
fn case_47_sleeps() {
    survives("chaos::wire::case_47_sleeps", || in_chaos(sleeps));
}

#[test]
fn case_47_timeouts() {
    survives("chaos::wire::case_47_timeouts", || in_chaos(timeouts));
}

#[test]
fn case_47_echoes() {
    survives("chaos::wire::case_47_echoes", || in_chaos(echoes));
}

#[test]
fn case_47_closes() {
    survives("chaos::wire::case_47_closes", || in_chaos(closes));
}

#[test]
fn case_47_ends() {
    survives("chaos::wire::case_47_ends", || in_chaos(ends));
}

#[test]
fn case_45_and_52_sleeps() {
    survives("chaos::wire::case_45_and_52_sleeps", || interrupted(sleeps));
}

#[test]
fn case_45_and_52_timeouts() {
    survives("chaos::wire::case_45_and_52_timeouts", || interrupted(timeouts));
}

#[test]
fn case_45_and_52_echoes() {
    survives("chaos::wire::case_45_and_52_echoes", || interrupted(echoes));
}

#[test]
fn case_45_and_52_closes() {
    survives("chaos::wire::case_45_and_52_closes", || interrupted(closes));
}

#[test]
fn case_45_and_52_ends() {
    survives("chaos::wire::case_45_and_52_ends", || interrupted(ends));
}
