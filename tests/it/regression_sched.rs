//! Faults of the scheduler that were found by review, one test each: what had to happen for them is made to happen.

#[cfg(target_os = "linux")]
use crate::chaos::{in_chaos, survives};
use crate::support::{eventually, ms, multi, on_each, rounds, watched};
use gmp::net::UdpSocket;
use gmp::sync::Notify;
use gmp::time::sleep;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// A task was unlocked on one thread, woken, and locked to another thread before the first one was done with it: the entries of the
/// two were one, and a wake was lost or the process aborted. For that the first one must be stopped between two instructions, as it is in most runs.
#[cfg(target_os = "linux")]
#[test]
fn a_task_is_locked_to_one_thread_after_the_other() {
    survives("regression_sched::a_task_is_locked_to_one_thread_after_the_other", || {
        in_chaos(|| {
            let rt = multi(4);
            let notes: Arc<Vec<Notify>> = Arc::new((0..16).map(|_| Notify::new()).collect());
            let tasks: Vec<_> = (0..notes.len())
                .map(|i| {
                    let notes = notes.clone();
                    rt.spawn(async move {
                        for _ in 0..20_000 {
                            let locked = gmp::task::lock_os_thread();
                            notes[i].notified().await;
                            drop(locked);
                            notes[i].notified().await;
                        }
                    })
                })
                .collect();
            let stop = Arc::new(AtomicBool::new(false));
            let wakers: Vec<_> = (0..2)
                .map(|_| {
                    let (notes, stop) = (notes.clone(), stop.clone());
                    std::thread::spawn(move || {
                        while !stop.load(SeqCst) {
                            notes.iter().for_each(Notify::notify_one);
                        }
                    })
                })
                .collect();
            rt.block_on(async {
                for task in tasks {
                    task.await.unwrap();
                }
            });
            stop.store(true, SeqCst);
            wakers.into_iter().for_each(|waker| waker.join().unwrap());
        });
    });
}

/// Tells when it is woken.
struct Tell(Mutex<mpsc::Sender<()>>);

impl Wake for Tell {
    fn wake(self: Arc<Self>) {
        // Whoever listened may be gone.
        let _ = self.0.lock().unwrap().send(());
    }
}

/// Arms a timer, and keeps its thread until it has fired: `wait` is what keeps it.
fn timer_of_a_poll_that_waits_for_it(wait: fn(mpsc::Receiver<()>)) {
    let rt = multi(2);
    for after in [10, 60, 150] {
        // The other worker is asleep, waiting for nothing.
        let both = Arc::new(Barrier::new(3));
        for _ in 0..2 {
            let both = both.clone();
            rt.spawn(async move { both.wait() });
        }
        both.wait();
        let task = rt.spawn(async move {
            let (tx, fired) = mpsc::channel();
            let waker = Waker::from(Arc::new(Tell(Mutex::new(tx))));
            let mut sleep = Box::pin(sleep(ms(after)));
            assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            wait(fired);
        });
        rt.block_on(task).unwrap();
    }
}

/// A worker tells nobody of a timer, for it looks at it before it sleeps; but then it never came to that, and while another worker was
/// idle nobody looked in its place.
#[test]
fn a_timer_fires_while_its_worker_blocks_and_another_is_idle() {
    watched(|| timer_of_a_poll_that_waits_for_it(|fired| fired.recv().unwrap()));
}

#[test]
fn a_timer_fires_while_its_worker_computes_and_another_is_idle() {
    watched(|| {
        timer_of_a_poll_that_waits_for_it(|fired| {
            while fired.try_recv().is_err() {
                std::hint::spin_loop();
            }
        });
    });
}

fn compute(for_ms: u64) {
    let until = Instant::now() + ms(for_ms);
    while Instant::now() < until {}
}

/// A task that computes yielded while a `block_on` had the only P; that gave it up, and looked everywhere but where such tasks wait.
#[test]
fn a_task_that_computes_goes_on_when_block_on_gives_its_p_back() {
    watched(|| {
        let rt = multi(1);
        let turns = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (counted, stopped) = (turns.clone(), stop.clone());
        let hog = rt.spawn(async move {
            while !stopped.load(SeqCst) {
                compute(60);
                counted.fetch_add(1, SeqCst);
                gmp::task::yield_now().await;
            }
        });
        for _ in 0..6 {
            let before = turns.load(SeqCst);
            eventually("the hog goes on", || turns.load(SeqCst) > before);
            // Sysmon gives the P to another worker, which becomes idle.
            std::thread::sleep(ms(15));
            rt.block_on(rt.spawn(async {})).unwrap();
            rt.block_on(async { compute(90) });
        }
        stop.store(true, SeqCst);
        rt.block_on(hog).unwrap();
    });
}

/// Waits for ever, and takes a lock when it is dropped.
struct LocksInDrop {
    wakers: &'static Mutex<Vec<Waker>>,
    registered: bool,
}

impl Future for LocksInDrop {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if !std::mem::replace(&mut self.registered, true) {
            self.wakers.lock().unwrap().push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for LocksInDrop {
    fn drop(&mut self) {
        drop(self.wakers.lock().unwrap());
    }
}

/// A waker that was called while its runtime ended cancelled other tasks on the spot, whose drops wanted a lock that the caller held. Of so
/// many tasks some still wait for their wakers a while after the end has begun.
#[test]
fn a_waker_drops_no_tasks_at_the_end() {
    const TASKS: usize = 4_000;
    static WAKERS: Mutex<Vec<Waker>> = Mutex::new(Vec::new());
    watched(|| {
        for _ in 0..10 {
            WAKERS.lock().unwrap().clear();
            let rt = multi(2);
            for _ in 0..TASKS {
                drop(rt.spawn(LocksInDrop { wakers: &WAKERS, registered: false }));
            }
            eventually("all wait", || WAKERS.lock().unwrap().len() == TASKS);
            let stop = Arc::new(AtomicBool::new(false));
            let stopped = stop.clone();
            let waking = std::thread::spawn(move || {
                while !stopped.load(SeqCst) {
                    WAKERS.lock().unwrap().iter().for_each(Waker::wake_by_ref);
                    std::thread::yield_now();
                }
            });
            std::thread::sleep(Duration::from_millis(2));
            drop(rt);
            stop.store(true, SeqCst);
            waking.join().unwrap();
        }
    });
}

/// Passes a wake on, as wakers of `FuturesUnordered` and its kin do.
struct PassedOn(Waker);

impl Wake for PassedOn {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

/// Polls a future with a waker that isn't the runtime's.
async fn passed_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| {
        let waker = Waker::from(Arc::new(PassedOn(cx.waker().clone())));
        future.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}

/// A worker with nothing to run looked around, and what it found was a waker that isn't the runtime's, which woke a task. That was in the worker's own
/// queue then, which nobody else looks into, and the worker went to sleep.
#[test]
fn a_wake_that_is_passed_on_while_a_worker_looks_around() {
    on_each(|rt| {
        let rt = Arc::new(rt);
        let timers = rt.spawn(async {
            for i in 0..rounds(20_000) {
                // Due while its worker is still awake, and looks around before it sleeps.
                passed_on(sleep(Duration::from_micros(i as u64 % 4))).await;
            }
        });
        rt.block_on(timers).unwrap();
        let events = rt.spawn(async {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            socket.connect(socket.local_addr().unwrap()).await.unwrap();
            for _ in 0..rounds(20_000) {
                let mut byte = [0];
                let mut received = std::pin::pin!(passed_on(socket.recv(&mut byte)));
                // It waits first, and then there is something.
                let waits = std::future::poll_fn(|cx| Poll::Ready(received.as_mut().poll(cx).is_pending())).await;
                socket.send(&[1]).await.unwrap();
                if waits {
                    received.await.unwrap();
                }
            }
        });
        rt.block_on(events).unwrap();
    });
}
