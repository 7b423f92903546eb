//! The netpoller over real socket pairs and pipes.

use super::{Netpoll, Polled, is_shutdown_error};
use crate::poll_desc::{Direction, PollDesc};
use crate::ready::Ready;
use mio::Interest;
use mio::net::UnixStream;
use mio::unix::pipe;
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
const NOW: Option<Duration> = Some(Duration::ZERO);
const MANY: usize = 128;

fn netpoll(netpoll: &Netpoll, delay: Option<Duration>) -> Polled {
    netpoll.netpoll(delay, MANY, Waker::wake).unwrap()
}

fn open(netpoll: &Netpoll, stream: &mut UnixStream) -> Arc<PollDesc> {
    netpoll.open(stream, BOTH).unwrap().0
}

fn close(netpoll: &Netpoll, mut stream: UnixStream, desc: &PollDesc) {
    netpoll.deregister(&mut stream).unwrap();
    netpoll.free(desc);
}

/// Wakes a thread that is parked; counts.
struct Task {
    thread: thread::Thread,
    wakes: AtomicUsize,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        gmp_base::lockrank::assert_no_locks();
        self.wakes.fetch_add(1, Ordering::SeqCst);
        self.thread.unpark();
    }
}

fn task() -> (Arc<Task>, Waker) {
    let task = Arc::new(Task { thread: thread::current(), wakes: AtomicUsize::new(0) });
    (task.clone(), task.into())
}

#[test]
fn the_first_is_alone() {
    let np = Netpoll::new().unwrap();
    let (mut a, mut b) = UnixStream::pair().unwrap();
    let (desc_a, alone) = np.open(&mut a, BOTH).unwrap();
    assert!(alone);
    let (desc_b, alone) = np.open(&mut b, BOTH).unwrap();
    assert!(!alone);
    assert_eq!(np.open_count(), 2);
    close(&np, a, &desc_a);
    close(&np, b, &desc_b);
    assert_eq!(np.open_count(), 0);
    let (mut c, _d) = UnixStream::pair().unwrap();
    assert!(np.open(&mut c, BOTH).unwrap().1);
}

/// What is there is told once; more of it is told again.
#[test]
fn an_edge_is_told_once() {
    let np = Netpoll::new().unwrap();
    let (mut sender, mut receiver) = pipe::new().unwrap();
    let (desc, _) = np.open(&mut receiver, Interest::READABLE).unwrap();
    assert_eq!(netpoll(&np, NOW).events, 0);
    sender.write_all(b"one").unwrap();
    assert_eq!(netpoll(&np, NOW).events, 1);
    let event = desc.look(Ready::READ);
    assert_eq!(event.ready, Ready::READABLE);
    assert_eq!(netpoll(&np, NOW).events, 0, "told again though nothing is new");
    desc.clear(event);
    sender.write_all(b"two").unwrap();
    assert_eq!(netpoll(&np, NOW).events, 1);
    assert_eq!(desc.look(Ready::READ).ready, Ready::READABLE);
    let mut text = [0; 16];
    assert_eq!(receiver.read(&mut text).unwrap(), 6);
    desc.clear(desc.look(Ready::READ));
    drop(sender);
    assert_eq!(netpoll(&np, NOW).events, 1);
    assert!(desc.look(Ready::READ).ready.intersects(Ready::READ_CLOSED));
    np.deregister(&mut receiver).unwrap();
    np.free(&desc);
}

#[test]
fn an_event_wakes_who_waits_for_it() {
    let np = Netpoll::new().unwrap();
    let (mut a, mut b) = UnixStream::pair().unwrap();
    let desc = open(&np, &mut a);
    netpoll(&np, NOW);
    let (reader, waker) = task();
    assert!(desc.poll(&Context::from_waker(&waker), Direction::Write).is_ready());
    assert!(desc.poll(&Context::from_waker(&waker), Direction::Read).is_pending());
    b.write_all(b"x").unwrap();
    assert_eq!(netpoll(&np, None).events, 1);
    assert_eq!(reader.wakes.load(Ordering::SeqCst), 1);
    assert!(desc.poll(&Context::from_waker(&waker), Direction::Read).is_ready());
    close(&np, a, &desc);
}

/// Without a break the poll would wait for ever. That the other thread has come to wait can't be seen; both orders must do.
#[test]
fn a_break_ends_a_wait() {
    let np = Netpoll::new().unwrap();
    for pause in [0, 20] {
        thread::scope(|s| {
            let waits = s.spawn(|| netpoll(&np, None));
            thread::sleep(Duration::from_millis(pause));
            np.netpoll_break();
            assert_eq!(waits.join().unwrap(), Polled { events: 0, broken: true });
        });
        assert_eq!(netpoll(&np, NOW), Polled::default(), "a break was seen twice");
    }
}

#[test]
fn nothing_comes_after_deregistering() {
    let np = Netpoll::new().unwrap();
    let (mut a, mut b) = UnixStream::pair().unwrap();
    let desc = open(&np, &mut a);
    netpoll(&np, NOW);
    np.deregister(&mut a).unwrap();
    b.write_all(b"x").unwrap();
    assert_eq!(netpoll(&np, NOW).events, 0);
    assert!(desc.look(Ready::READ).ready.is_empty());
    np.free(&desc);
}

/// Given back while still registered: the event comes, finds another generation, and tells the next user nothing.
#[test]
fn a_stale_event_tells_the_next_user_nothing() {
    let np = Netpoll::new().unwrap();
    let (mut a, mut b) = UnixStream::pair().unwrap();
    let old = open(&np, &mut a);
    netpoll(&np, NOW);
    np.free(&old);
    let (_sender, mut receiver) = pipe::new().unwrap();
    let (next, _) = np.open(&mut receiver, Interest::READABLE).unwrap();
    assert!(Arc::ptr_eq(&old, &next), "the place isn't used again, and this test has lost its point");
    b.write_all(b"x").unwrap();
    assert_eq!(netpoll(&np, NOW).events, 1);
    assert!(next.look(Ready::READ | Ready::WRITE).ready.is_empty());
}

/// Ten are ready, three are asked for: no event is lost, and on Linux none comes too many.
#[test]
fn no_more_events_than_asked_for() {
    let np = Netpoll::new().unwrap();
    let mut pairs: Vec<_> = (0..10).map(|_| UnixStream::pair().unwrap()).collect();
    let descs: Vec<_> = pairs.iter_mut().map(|(a, _)| open(&np, a)).collect();
    let mut events = 0;
    while events < 10 {
        let polled = np.netpoll(NOW, 3, Waker::wake).unwrap();
        assert!(polled.events > 0, "only {events} of 10 events came");
        if cfg!(target_os = "linux") {
            assert!(polled.events <= 3);
        }
        events += polled.events;
    }
    assert_eq!(events, 10);
    assert!(descs.iter().all(|desc| desc.look(Ready::WRITE).ready == Ready::WRITABLE));
}

#[test]
fn a_delay_is_never_early() {
    let np = Netpoll::new().unwrap();
    for micros in [1, 50, 999, 1_000, 1_001, 2_500, 10_000] {
        let delay = Duration::from_micros(micros);
        let start = Instant::now();
        assert_eq!(netpoll(&np, Some(delay)), Polled::default());
        assert!(start.elapsed() >= delay, "{:?} instead of {delay:?}", start.elapsed());
    }
}

#[test]
fn the_end_wakes_and_refuses() {
    let np = Netpoll::new().unwrap();
    let (mut a, mut b) = UnixStream::pair().unwrap();
    let desc = open(&np, &mut a);
    let (reader, waker) = task();
    assert!(desc.poll(&Context::from_waker(&waker), Direction::Read).is_pending());
    np.shut_down(Waker::wake);
    assert_eq!(reader.wakes.load(Ordering::SeqCst), 1);
    assert!(desc.look(Ready::READ).is_shutdown);
    assert!(is_shutdown_error(&np.open(&mut b, BOTH).unwrap_err()));
}

/// A source that can't be watched leaves its place to the next one.
#[test]
fn a_refused_source_costs_no_place() {
    let np = Netpoll::new().unwrap();
    let (mut a, _b) = UnixStream::pair().unwrap();
    let desc = open(&np, &mut a);
    // Registered already: mio or the kernel says no.
    np.open(&mut a, BOTH).unwrap_err();
    assert_eq!(np.open_count(), 1);
    close(&np, a, &desc);
}

/// `sys/epoll.rs` waits on mio's selector itself.
#[cfg(target_os = "linux")]
#[test]
fn the_selector_of_mio_is_an_epoll_descriptor_with_tokens_as_data() {
    use std::os::fd::AsRawFd;
    let poll = mio::Poll::new().unwrap();
    let fd = poll.as_raw_fd();
    assert_eq!(std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap().to_str(), Some("anon_inode:[eventpoll]"));
    let (mut a, _b) = UnixStream::pair().unwrap();
    let token = mio::Token(usize::MAX / 3);
    poll.registry().register(&mut a, token, BOTH).unwrap();
    // "tfd: 5 events: 8000201d data: 5555555555555555 ..."
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap();
    let line = info.lines().find(|line| line.starts_with("tfd:")).expect("what is registered");
    let words: Vec<&str> = line.split_whitespace().collect();
    let after = |name| words.iter().position(|w| *w == name).and_then(|i| words.get(i + 1)).expect(name);
    assert_eq!(after("tfd:").parse(), Ok(a.as_raw_fd()));
    assert_eq!(u64::from_str_radix(after("data:"), 16), Ok(token.0 as u64));
    let edge = u32::from_str_radix(after("events:"), 16).unwrap() & libc::EPOLLET as u32;
    assert_ne!(edge, 0, "not edge-triggered");
}

/// Reads one byte, as an operation does: look, try, clear, wait.
fn read_byte(desc: &PollDesc, mut stream: &UnixStream) -> u8 {
    let (_task, waker) = task();
    loop {
        match desc.poll(&Context::from_waker(&waker), Direction::Read) {
            Poll::Ready(event) => match stream.read(&mut [0]).map(|_| ()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => desc.clear(event),
                Err(error) => panic!("{error}"),
                Ok(()) => return 1,
            },
            Poll::Pending => thread::park(),
        }
    }
}

/// Sockets come and go in two threads while two others poll: an event that is lost or goes to the wrong place leaves a
/// reader asleep, and the test never ends.
#[test]
fn stress_sockets_come_and_go_under_many_pollers() {
    let rounds: usize = if cfg!(debug_assertions) { 2_000 } else { 20_000 };
    let np = Netpoll::new().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|s| {
        let pollers: Vec<_> = (0..2)
            .map(|_| {
                s.spawn(|| {
                    let mut events = 0;
                    while !done.load(Ordering::SeqCst) {
                        events += netpoll(&np, Some(Duration::from_millis(1))).events;
                    }
                    events
                })
            })
            .collect();
        let users: Vec<_> = (0..2)
            .map(|_| {
                s.spawn(|| {
                    for round in 0..rounds {
                        let (mut a, mut b) = UnixStream::pair().unwrap();
                        let desc = open(&np, &mut a);
                        for _ in 0..round % 3 {
                            let writer = &mut b;
                            writer.write_all(b"x").unwrap();
                            assert_eq!(read_byte(&desc, &a), 1);
                        }
                        // An event that the close below races with.
                        b.write_all(b"x").unwrap();
                        close(&np, a, &desc);
                    }
                })
            })
            .collect();
        users.into_iter().for_each(|user| user.join().unwrap());
        done.store(true, Ordering::SeqCst);
        let events: usize = pollers.into_iter().map(|poller| poller.join().unwrap()).sum();
        assert!(events > 0, "nobody polled");
    });
    assert_eq!(np.open_count(), 0);
}
