//! Whether a descriptor is ready, and who is to know: gmp's word of readiness beside a `Mutex`, and its netpoller beside mio.
//!
//! Measures
//! * `ready`: a look at a descriptor that is ready, as each read and write begins with;
//! * `would_block`: it turns out not to be so: a look, the readiness taken back, a look that leaves a waker;
//! * `event`: a byte is sent to a socket, the selector reports it, whoever waits is woken, and the byte is read; per byte. mio
//!   has no one to wake, so beside it stands what gmp does with an event, with the system calls in both figures.
//!
//! The `Mutex` has the readiness of both directions and their wakers under one lock. That isn't enough for a runtime: an event
//! that comes between the failed read and the taking back would be lost.
//!
//! Does NOT measure many waiters of one descriptor, threads that poll at the same time, or the way from a wake to the task's
//! poll (`tcp_echo.rs` has all of it).
//!
//! Go: none — netpoll has no benchmark but BenchmarkNetpollBreak (`netpoll_break.rs`).

use criterion::Criterion;
use gmp_netpoll::{Direction, Interest, Netpoll, PollDesc, Ready};
use mio::net::UnixStream;
use std::hint::black_box;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    ready(&mut criterion);
    would_block(&mut criterion);
    event(&mut criterion);
    criterion.final_summary();
}

/// A socket's end in a netpoller.
struct Registered {
    netpoll: Netpoll,
    desc: Arc<PollDesc>,
    socket: UnixStream,
    peer: UnixStream,
}

impl Registered {
    fn new() -> Self {
        let netpoll = Netpoll::new().expect("a selector");
        let (mut socket, peer) = UnixStream::pair().expect("two sockets");
        let (desc, _) = netpoll.open(&mut socket, Interest::READABLE).expect("a place for it");
        Self { netpoll, desc, socket, peer }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.netpoll.deregister(&mut self.socket).expect("it is registered");
        self.netpoll.free(&self.desc);
    }
}

/// Readiness and wakers of the two directions under a lock.
#[derive(Default)]
struct Locked(Mutex<[(bool, Option<Waker>); 2]>);

impl Locked {
    fn set(&self, direction: usize) -> Option<Waker> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner[direction].0 = true;
        inner[direction].1.take()
    }

    fn poll(&self, cx: &Context<'_>, direction: usize) -> Poll<()> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner[direction].0 {
            return Poll::Ready(());
        }
        let old = inner[direction].1.replace(cx.waker().clone());
        drop(inner);
        drop(old);
        Poll::Pending
    }

    fn clear(&self, direction: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[direction].0 = false;
    }
}

fn ready(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("readiness/ready");
    let cx = Context::from_waker(Waker::noop());
    let registered = Registered::new();
    registered.desc.assume(Ready::READABLE);
    group.bench_function("gmp", |b| {
        b.iter(|| assert!(black_box(&registered.desc).poll(&cx, Direction::Read).is_ready(), "it is ready"));
    });
    let locked = Locked::default();
    assert!(locked.set(0).is_none(), "nobody waits");
    group.bench_function("mutex", |b| b.iter(|| assert!(black_box(&locked).poll(&cx, 0).is_ready(), "it is ready")));
    group.finish();
}

fn would_block(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("readiness/would_block");
    let cx = Context::from_waker(Waker::noop());
    let registered = Registered::new();
    group.bench_function("gmp", |b| {
        b.iter(|| {
            let desc = black_box(&registered.desc);
            desc.assume(Ready::READABLE);
            let Poll::Ready(event) = desc.poll(&cx, Direction::Read) else { panic!("it is ready") };
            desc.clear(event);
            assert!(desc.poll(&cx, Direction::Read).is_pending(), "it isn't any more");
        });
    });
    let locked = Locked::default();
    group.bench_function("mutex", |b| {
        b.iter(|| {
            let locked = black_box(&locked);
            drop(locked.set(0));
            assert!(locked.poll(&cx, 0).is_ready(), "it is ready");
            locked.clear(0);
            assert!(locked.poll(&cx, 0).is_pending(), "it isn't any more");
        });
    });
    group.finish();
}

fn event(criterion: &mut Criterion) {
    /// A poll that hasn't got the event by then is broken.
    const AMPLE: Option<Duration> = Some(Duration::from_secs(60));
    let mut group = criterion.benchmark_group("readiness/event");
    let cx = Context::from_waker(Waker::noop());
    let mut registered = Registered::new();
    group.bench_function("gmp", |b| {
        b.iter(|| {
            let desc = &registered.desc;
            assert!(desc.poll(&cx, Direction::Read).is_pending(), "nothing has come");
            registered.peer.write_all(&[1]).expect("there is room for a byte");
            let mut woken = 0;
            let polled = registered.netpoll.netpoll(AMPLE, 64, |waker| {
                woken += 1;
                waker.wake();
            });
            assert_eq!((polled.expect("a poll").events, woken), (1, 1), "who waits is woken");
            let Poll::Ready(event) = desc.poll(&cx, Direction::Read) else { panic!("it is ready") };
            read_all(&mut registered.socket);
            desc.clear(event);
        });
    });

    let mut poll = mio::Poll::new().expect("a selector");
    let mut events = mio::Events::with_capacity(64);
    let (mut socket, mut peer) = UnixStream::pair().expect("two sockets");
    poll.registry().register(&mut socket, mio::Token(0), Interest::READABLE).expect("a place for it");
    group.bench_function("mio", |b| {
        b.iter(|| {
            peer.write_all(&[1]).expect("there is room for a byte");
            poll.poll(&mut events, AMPLE).expect("a poll");
            assert_eq!(events.iter().count(), 1, "it is reported");
            read_all(&mut socket);
        });
    });
    group.finish();
}

/// Reads the byte; with room for more, so that it is known to be all.
fn read_all(socket: &mut UnixStream) {
    assert_eq!(socket.read(&mut [0; 8]).expect("a byte"), 1, "there is one byte");
}
