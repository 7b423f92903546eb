//! Cases 44, 46, 60: descriptors that cannot be had, and descriptors that are had again at once. 45 and 52, the system calls
//! that are interrupted, are in `chaos/wire.rs`.

#![cfg(target_os = "linux")]

use crate::net_tcp::{listener, pair};
use crate::support::{
    ByHand, Census, block_on, current, eventually, in_child, ms, multi, multi_builder, on_each, stderr, watched,
};
use gmp::io::{AsyncReadExt, AsyncWriteExt};
use gmp::net::{TcpListener, TcpStream, UdpSocket};
use gmp::runtime::{Builder, Runtime};
use gmp::time::sleep;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The process may have so many descriptors, and can take it back later.
fn limit_descriptors(most: u64) {
    // SAFETY: all zeros is a valid `rlimit`.
    let mut limit: libc::rlimit = unsafe { std::mem::zeroed() };
    // SAFETY: the limit is a local.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) }, 0);
    limit.rlim_cur = most.min(limit.rlim_max);
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
}

/// The number that the next descriptor gets: with this limit there is none to be had.
fn next_descriptor() -> u64 {
    let file = std::fs::File::open("/dev/null").unwrap();
    u64::try_from(file.as_raw_fd()).unwrap()
}

/// File descriptors and threads of this process.
fn belongings() -> (usize, usize) {
    let count = |dir| std::fs::read_dir(dir).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

/// The CPU time of this process.
fn cpu_time() -> Duration {
    // SAFETY: all zeros is a valid `timespec`.
    let mut time: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: the time is a local.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[track_caller]
fn alone(test: &str, play: fn()) {
    if let Some(output) = in_child(test, &[], play) {
        assert!(output.status.success(), "{:?}: {}", output.status, stderr(&output));
    }
}

#[track_caller]
fn assert_none_left<T>(result: io::Result<T>) {
    let error = result.err().expect("there is no descriptor left");
    assert_eq!(error.raw_os_error(), Some(libc::EMFILE), "{error}");
}

/// Many clients wait; the server can take four of them and is refused the others, until it has closed some.
#[test]
fn case_44_accept_without_descriptors() {
    fn play() {
        for make in [current as fn() -> Runtime, || multi(2)] {
            watched(move || without_descriptors(&make()));
            limit_descriptors(1024);
        }
    }
    alone("hostile::io::case_44_accept_without_descriptors", play);
}

fn without_descriptors(rt: &Runtime) {
    const CLIENTS: usize = 40;
    let refused = Arc::new(AtomicUsize::new(0));
    let (listener, addr) = rt.block_on(listener());
    let clients: Vec<_> = (0..CLIENTS).map(|_| std::net::TcpStream::connect(addr).unwrap()).collect();
    limit_descriptors(next_descriptor() + 4);
    let counted = refused.clone();
    let (heal, healed) = gmp::sync::oneshot::channel::<()>();
    let mut healed = Some(healed);
    let server = rt.spawn(async move {
        let mut accepted = Vec::new();
        let mut served = 0;
        while served + accepted.len() < CLIENTS {
            match listener.accept().await {
                Ok((mut stream, _)) => {
                    stream.write_all(b"!").await.unwrap();
                    accepted.push(stream);
                }
                Err(error) => {
                    assert_eq!(error.raw_os_error(), Some(libc::EMFILE), "{error}");
                    counted.fetch_add(1, Ordering::SeqCst);
                    sleep(ms(10)).await;
                    if healed.as_mut().is_none_or(|h| h.try_recv().is_ok()) {
                        healed = None;
                        served += accepted.len();
                        accepted.clear();
                    }
                }
            }
        }
        (served, accepted)
    });
    let count = refused.clone();
    rt.block_on(async move {
        while count.load(Ordering::SeqCst) == 0 {
            sleep(ms(1)).await;
        }
        // The others are told, too.
        assert_none_left(TcpStream::connect(addr).await);
        assert_none_left(UdpSocket::bind("127.0.0.1:0").await);
        assert_none_left(TcpListener::bind("127.0.0.1:0").await);
        let (begun, cpu) = (Instant::now(), cpu_time());
        sleep(ms(700)).await;
        let (busy, elapsed) = (cpu_time() - cpu, begun.elapsed());
        assert!(busy < elapsed / 2, "busy for {busy:?} of {elapsed:?}");
        assert!(count.load(Ordering::SeqCst) > 1, "it tries again");
        heal.send(()).unwrap();
        let (served, accepted) = server.await.unwrap();
        assert_eq!(served + accepted.len(), CLIENTS);
    });
    for mut client in clients {
        assert_eq!(io::Read::read(&mut client, &mut [0; 2]).unwrap(), 1, "each was served");
    }
    assert!(refused.load(Ordering::SeqCst) > 1);
}

/// A runtime that is to have a selector isn't built without, wherever it is that descriptors run out.
#[test]
fn case_46_build_without_descriptors() {
    fn play() {
        type Make = fn() -> io::Result<Runtime>;
        let kinds: [Make; 4] = [
            || Builder::new_current_thread().enable_all().build(),
            || Builder::new_current_thread().enable_io().build(),
            || multi_builder(2).build(),
            || multi_builder(2).enable_io().build(),
        ];
        for make in kinds {
            watched(move || {
                // Whatever is opened once for the whole process.
                drop(make().unwrap());
                let before = belongings();
                let none = next_descriptor();
                let mut refused = 0;
                loop {
                    limit_descriptors(none + refused);
                    let built = make();
                    limit_descriptors(1024);
                    let Err(error) = built else { break };
                    assert_eq!(error.raw_os_error(), Some(libc::EMFILE), "{error}");
                    refused += 1;
                    eventually("threads and descriptors are as before", || belongings() == before);
                }
                assert!(refused >= 2, "epoll and its waker");
                eventually("threads and descriptors are as before", || belongings() == before);
            });
        }
    }
    alone("hostile::io::case_46_build_without_descriptors", play);
}

/// Without being asked for it, a runtime has no selector before its first socket: that is who is refused.
#[test]
fn case_46_the_first_socket_without_descriptors() {
    fn socket() -> std::net::TcpListener {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        listener
    }
    fn play() {
        type Make = fn() -> Runtime;
        let kinds: [Make; 2] = [
            || Builder::new_current_thread().build().unwrap(),
            || Builder::new_multi_thread().worker_threads(2).build().unwrap(),
        ];
        for make in kinds {
            watched(move || {
                let before = belongings();
                let rt = make();
                // Threads that are started later need none.
                rt.block_on(async { gmp::spawn(sleep(ms(1))).await.unwrap() });
                for extra in 0..2 {
                    let sockets = [socket(), socket()];
                    // Each takes its descriptor with it when it is refused.
                    let [first, second] = sockets;
                    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
                    udp.set_nonblocking(true).unwrap();
                    limit_descriptors(next_descriptor() + extra);
                    let begun = Instant::now();
                    rt.block_on(async move {
                        assert_none_left(TcpListener::from_std(first));
                        // Timers work still, in tasks as well.
                        gmp::spawn(sleep(ms(5))).await.unwrap();
                        sleep(ms(5)).await;
                        // There is one more descriptor now than before.
                        drop((second, udp));
                    });
                    assert!(begun.elapsed() >= ms(10));
                    limit_descriptors(1024);
                }
                // It heals.
                rt.block_on(async {
                    let listener = TcpListener::from_std(socket()).unwrap();
                    let addr = listener.local_addr().unwrap();
                    let accepting = gmp::spawn(async move { listener.accept().await.unwrap() });
                    TcpStream::connect(addr).await.unwrap();
                    accepting.await.unwrap();
                });
                drop(rt);
                eventually("threads and descriptors are as before", || belongings() == before);
            });
        }
    }
    alone("hostile::io::case_46_the_first_socket_without_descriptors", play);
}

/// The peer of a socket that has gone writes on; the socket that has its number now knows nothing of it.
#[test]
fn case_60_a_number_that_is_used_again() {
    on_each(|rt| {
        rt.block_on(async {
            let mut reused = 0;
            for round in 0..200 {
                let (old, mut peer) = pair().await;
                if round % 2 == 0 {
                    // Known to be readable; else the event is on its way.
                    peer.write_all(b"old").await.unwrap();
                    old.readable().await.unwrap();
                }
                // As long as this is there, the kernel doesn't forget the socket by itself.
                let copy = old.as_fd().try_clone_to_owned().unwrap();
                let number = old.as_raw_fd();
                peer.write_all(b"older").await.unwrap();
                drop(old);
                let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
                socket.set_nonblocking(true).unwrap();
                reused += usize::from(socket.as_raw_fd() == number);
                let new = UdpSocket::from_std(socket).unwrap();
                let mut readable = ByHand::new(async move {
                    new.readable().await.unwrap();
                    new
                });
                for _ in 0..3 {
                    peer.write_all(b"oldest").await.unwrap();
                    assert!(readable.poll().is_pending(), "what the old one was told, round {round}");
                    gmp::task::yield_now().await;
                }
                if round % 10 == 0 {
                    sleep(ms(1)).await;
                    assert!(readable.poll().is_pending() && !readable.is_woken());
                }
                drop((copy, peer));
            }
            // Other tests of this process open and close descriptors, too.
            assert!(reused > 0);
        });
    });
}

/// The same with everything on its way at the same time: writers, the poll and the close are on different threads.
#[test]
fn case_60_closed_while_events_are_on_their_way() {
    watched(|| {
        let rt = multi(2);
        let census = Census::default();
        let stop = Arc::new(AtomicBool::new(false));
        // Somebody who keeps the netpoller busy from another thread.
        let (noise, told) = (rt.block_on(pair()), stop.clone());
        let busy = rt.spawn(async move {
            let (mut a, mut b) = noise;
            while !told.load(Ordering::Relaxed) {
                a.write_u8(1).await.unwrap();
                b.read_u8().await.unwrap();
            }
        });
        let (give, take) = std::sync::mpsc::channel::<std::net::TcpStream>();
        let writer = thread::spawn(move || {
            let mut kept = std::collections::VecDeque::new();
            for mut peer in take {
                // It may have gone.
                let _ = io::Write::write_all(&mut peer, b"event");
                kept.push_back(peer);
                // Those that are still there write to who has gone.
                for peer in &mut kept {
                    let _ = io::Write::write(peer, b"x");
                }
                if kept.len() > 3 {
                    kept.pop_front();
                }
            }
        });
        let (listener, addr) = rt.block_on(listener());
        for round in 0..3_000 {
            let peer = std::net::TcpStream::connect(addr).unwrap();
            let (socket, _) = rt.block_on(listener.accept()).unwrap();
            socket.set_zero_linger().unwrap();
            let live = census.live();
            give.send(peer).unwrap();
            if round % 2 == 0 {
                let task = rt.spawn(async move {
                    let _live = live;
                    let mut socket = socket;
                    let _ = socket.read_u8().await;
                });
                for _ in 0..(round * 37) % 2_000 {
                    std::hint::spin_loop();
                }
                task.abort();
                let _ = block_on(task);
            } else {
                let mut waits = ByHand::new(async move {
                    let _ = socket.readable().await;
                });
                let _ = waits.poll();
                drop((waits, live));
            }
            // Its number and its place are somebody else's now, who has been told nothing.
            let new = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            new.set_nonblocking(true).unwrap();
            let guard = rt.enter();
            let new = UdpSocket::from_std(new).unwrap();
            drop(guard);
            for _ in 0..3 {
                let mut readable = ByHand::new(new.readable());
                assert!(readable.poll().is_pending(), "somebody else's event, round {round}");
                thread::yield_now();
            }
        }
        drop(give);
        writer.join().unwrap();
        stop.store(true, Ordering::Relaxed);
        rt.block_on(busy).unwrap();
        drop(rt);
        census.assert_all_dropped();
    });
}
