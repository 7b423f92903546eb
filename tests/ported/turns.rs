//! When tasks are polled: no more often than they are woken, in the order in which they were spawned where there is one thread; and what
//! becomes of them when their runtime ends.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc as std_mpsc};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Duration, sleep, timeout};

fn current() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
}

/// A future that counts its polls.
struct Counted<F> {
    future: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Future for Counted<F> {
    /// How often it was polled.
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        self.polls += 1;
        let polls = self.polls;
        self.future.as_mut().poll(cx).map(|_| polls)
    }
}

fn counted<F: Future>(future: F) -> Counted<F> {
    Counted { future: Box::pin(future), polls: 0 }
}

/// Lets tasks run that can.
async fn settle() {
    for _ in 0..10 {
        yield_now().await;
    }
}

/// With a clock that doesn't go on between the making of a timer and its first poll.
#[tokio::test(start_paused = true)]
async fn a_task_is_polled_when_it_is_spawned_and_when_it_is_woken() {
    assert_eq!(tokio::spawn(counted(async {})).await.unwrap(), 1);
    assert_eq!(tokio::spawn(counted(yield_now())).await.unwrap(), 2);
    assert_eq!(tokio::spawn(counted(sleep(Duration::from_millis(2)))).await.unwrap(), 2);

    let (tx, rx) = oneshot::channel();
    let task = tokio::spawn(counted(rx));
    settle().await;
    tx.send(()).unwrap();
    assert_eq!(task.await.unwrap(), 2);

    let (tx, mut rx) = mpsc::channel(8);
    let task = tokio::spawn(counted(async move { while rx.recv().await.is_some() {} }));
    settle().await;
    for round in 0..3 {
        // Three wakes are one poll.
        for _ in 0..3 {
            tx.send(round).await.unwrap();
        }
        settle().await;
    }
    drop(tx);
    assert_eq!(task.await.unwrap(), 5);

    let notify = Arc::new(Notify::new());
    let waits = notify.clone();
    let task = tokio::spawn(counted(async move { waits.notified().await }));
    settle().await;
    notify.notify_one();
    assert_eq!(task.await.unwrap(), 2);

    let task = tokio::spawn(counted(tokio::spawn(async { settle().await })));
    assert_eq!(task.await.unwrap(), 2);

    let task = tokio::spawn(counted(timeout(Duration::from_millis(2), pending::<()>())));
    assert_eq!(task.await.unwrap(), 2);

    let (go_on, may_go_on) = std_mpsc::channel();
    let job = tokio::task::spawn_blocking(move || may_go_on.recv().unwrap());
    let task = tokio::spawn(counted(job));
    settle().await;
    go_on.send(()).unwrap();
    assert_eq!(task.await.unwrap(), 2);

    let mut set = JoinSet::new();
    set.spawn(pending());
    set.spawn(settle());
    let task = tokio::spawn(counted(async move { set.join_next().await.unwrap().unwrap() }));
    assert_eq!(task.await.unwrap(), 2);
}

#[tokio::test]
async fn sockets_wake_a_task_for_what_it_waits_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(counted(async move { listener.accept().await.unwrap() }));
    settle().await;
    // Not before the system has told of it can it be polled again.
    let client = TcpStream::connect(address).await.unwrap();
    assert_eq!(task.await.unwrap(), 2);
    drop(client);

    let (mut here, mut there) = UnixStream::pair().unwrap();
    let task = tokio::spawn(counted(async move { there.read_u8().await.unwrap() }));
    sleep(Duration::from_millis(10)).await;
    here.write_u8(1).await.unwrap();
    assert_eq!(task.await.unwrap(), 2);
}

/// A future that gives its waker away and then waits for a word.
fn waits(to: std_mpsc::Sender<Waker>, word: Arc<AtomicBool>) -> impl Future<Output = ()> {
    poll_fn(move |cx| {
        if word.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        to.send(cx.waker().clone()).unwrap();
        Poll::Pending
    })
}

#[test]
fn wakes_before_a_poll_are_one() {
    let rt = current();
    let (to, wakers) = std_mpsc::channel();
    let word = Arc::new(AtomicBool::new(false));
    let task = rt.spawn(counted(waits(to, word.clone())));
    rt.block_on(settle());
    let waker = wakers.recv().unwrap();
    // Nobody runs tasks meanwhile.
    for _ in 0..100 {
        waker.wake_by_ref();
    }
    word.store(true, Ordering::SeqCst);
    assert_eq!(rt.block_on(task).unwrap(), 2);
}

#[test]
fn a_wake_during_a_poll_is_another_poll() {
    for rt in [current(), multi(1)] {
        let mut left = 5;
        let wakes_itself = poll_fn(move |cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            for _ in 0..3 {
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        });
        let task = rt.spawn(counted(wakes_itself));
        assert_eq!(rt.block_on(task).unwrap(), 6);
    }
}

#[test]
fn the_future_of_block_on_is_polled_when_it_is_woken() {
    for rt in [current(), multi(1)] {
        // Tasks come and go, and don't concern it.
        for _ in 0..10 {
            rt.spawn(settle());
        }
        let (tx, mut rx) = oneshot::channel();
        let (waits, is_waiting) = std_mpsc::channel();
        let other = std::thread::spawn(move || {
            is_waiting.recv().unwrap();
            tx.send(()).unwrap();
        });
        let receives = poll_fn(move |cx| {
            let polled = Pin::new(&mut rx).poll(cx);
            if polled.is_pending() {
                waits.send(()).unwrap();
            }
            polled
        });
        assert_eq!(rt.block_on(counted(receives)), 2, "{rt:?}");
        other.join().unwrap();
    }
}

#[test]
fn tasks_of_one_thread_run_in_the_order_in_which_they_were_spawned_and_woken() {
    let rt = current();
    let order = Arc::new(Mutex::new(Vec::new()));
    let say = |what: usize| {
        let order = order.clone();
        move || order.lock().unwrap().push(what)
    };
    let said = || std::mem::take(&mut *order.lock().unwrap());
    rt.block_on(async {
        let (wake, wakes): (Vec<_>, Vec<_>) = (0..10).map(|_| oneshot::channel::<()>()).unzip();
        let tasks: Vec<_> = wakes
            .into_iter()
            .enumerate()
            .map(|(i, woken)| {
                let (began, ended) = (say(i), say(i));
                tokio::spawn(async move {
                    began();
                    woken.await.unwrap();
                    ended();
                })
            })
            .collect();
        assert_eq!(said(), []);
        settle().await;
        assert_eq!(said(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let mut wake: Vec<_> = wake.into_iter().map(Some).collect();
        for i in [3, 1, 4, 0, 5, 9, 2, 6, 8, 7] {
            wake[i].take().unwrap().send(()).unwrap();
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(said(), [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]);
        // What a task spawns comes after what is there.
        let (first, child, second) = (say(0), say(2), say(1));
        let first = tokio::spawn(async move {
            first();
            tokio::spawn(async move { child() }).await.unwrap();
        });
        tokio::spawn(async move { second() });
        first.await.unwrap();
        assert_eq!(said(), [0, 1, 2]);
    });
}

#[test]
fn tasks_of_one_thread_run_while_it_is_in_block_on() {
    let rt = current();
    let ran = Arc::new(AtomicUsize::new(0));
    let count = ran.clone();
    let task = rt.spawn(async move { count.fetch_add(1, Ordering::SeqCst) });
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(ran.load(Ordering::SeqCst), 0);
    rt.block_on(task).unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

#[test]
fn block_on_where_it_may_be() {
    let rt = multi(2);
    let handle: Handle = rt.handle().clone();
    // From another thread, beside the runtime's own.
    let outside = std::thread::spawn(move || handle.block_on(async { tokio::spawn(async { 1 }).await.unwrap() }));
    assert_eq!(outside.join().unwrap(), 1);
    let nested = rt.spawn(async {
        let handle = Handle::current();
        let job = tokio::task::spawn_blocking(move || handle.block_on(async { yield_now().await }));
        job.await.unwrap();
        tokio::task::block_in_place(|| Handle::current().block_on(async { tokio::spawn(async { 2 }).await.unwrap() }))
    });
    assert_eq!(rt.block_on(nested).unwrap(), 2);
    // In a task it isn't allowed, and the task is what fails.
    let wrong = rt.spawn(async { Handle::current().block_on(async {}) });
    assert!(rt.block_on(wrong).unwrap_err().is_panic());
    // One after the other, with what is left of the last.
    let (tx, rx) = oneshot::channel();
    let waits = rt.spawn(rx);
    rt.block_on(yield_now());
    tx.send(3).unwrap();
    assert_eq!(rt.block_on(waits).unwrap().unwrap(), 3);
}

struct SaysWhenDropped(&'static str, std_mpsc::Sender<&'static str>);

impl Drop for SaysWhenDropped {
    fn drop(&mut self) {
        self.1.send(self.0).unwrap();
    }
}

#[test]
fn what_the_end_of_a_runtime_drops() {
    for rt in [current(), multi(2)] {
        let (tell, told) = std_mpsc::channel();
        let guard = |name| SaysWhenDropped(name, tell.clone());
        let (waits, unpolled, spawned_late) =
            (guard("waits"), guard("never polled"), guard("spawned while it is dropped"));
        let (polled, is_polled) = oneshot::channel();
        let waits = rt.spawn(async move {
            // Dropped in the reverse order of their making, as in any block.
            let _first = waits;
            let _second = SpawnsWhenDropped(Some(spawned_late));
            polled.send(()).unwrap();
            pending::<()>().await;
        });
        rt.block_on(is_polled).unwrap();
        let (release, released) = std_mpsc::channel::<()>();
        let (job_guard, begun) = (guard("job"), std_mpsc::channel());
        rt.spawn_blocking(move || {
            let _guard = job_guard;
            begun.0.send(()).unwrap();
            released.recv().unwrap();
        });
        begun.1.recv().unwrap();
        let handle = rt.handle().clone();
        if handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::CurrentThread {
            rt.spawn(async move { drop(unpolled) });
        } else {
            drop(unpolled);
        }
        // A job that runs is waited for.
        let releases = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            release.send(()).unwrap();
        });
        drop(rt);
        releases.join().unwrap();
        let mut dropped: Vec<_> = told.try_iter().collect();
        assert_eq!(dropped.iter().filter(|name| **name == "waits").count(), 1);
        assert!(
            dropped.iter().position(|name| *name == "spawned while it is dropped")
                < dropped.iter().position(|name| *name == "waits"),
            "{dropped:?}"
        );
        dropped.sort_unstable();
        assert_eq!(dropped, ["job", "never polled", "spawned while it is dropped", "waits"]);
        // Handles that are left say what has happened.
        assert!(waits.is_finished());
        let joined = current().block_on(waits);
        assert!(joined.unwrap_err().is_cancelled());
        let late = handle.spawn(async {});
        assert!(current().block_on(late).unwrap_err().is_cancelled());
    }
}

struct SpawnsWhenDropped(Option<SaysWhenDropped>);

impl Drop for SpawnsWhenDropped {
    fn drop(&mut self) {
        let guard = self.0.take();
        drop(tokio::spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        }));
    }
}

#[test]
fn a_runtime_that_needn_t_be_waited_for() {
    let (release, released) = std_mpsc::channel::<()>();
    let rt = multi(1);
    let (begin, begun) = std_mpsc::channel();
    let job = rt.spawn_blocking(move || {
        begin.send(()).unwrap();
        released.recv().unwrap();
        5
    });
    begun.recv().unwrap();
    rt.shutdown_background();
    release.send(()).unwrap();
    // It goes on by itself, and its handle has what it returns.
    assert_eq!(current().block_on(job).unwrap(), 5);
}

thread_local! {
    static SEEN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// The future of `block_on` stays on its thread, whatever the flavour.
#[test]
fn block_on_stays_where_it_is() {
    for rt in [current(), multi(2)] {
        SEEN.take();
        rt.block_on(async {
            for i in 0..20 {
                SEEN.with_borrow_mut(|seen| seen.push(i));
                tokio::spawn(yield_now()).await.unwrap();
                sleep(Duration::from_micros(100)).await;
            }
        });
        assert_eq!(SEEN.take(), (0..20).collect::<Vec<_>>());
    }
}
