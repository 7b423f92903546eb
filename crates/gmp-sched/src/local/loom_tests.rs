//! Models of a set of local Gs: a wake from elsewhere against its owner's turns and its end. The future's place is a loom cell
//! (gmp-task), so another thread's touch would be found; a counter in the future finds double drops and leaks; a lost wake is a
//! deadlock, for the driver sleeps until its waker is woken.

use super::{Driver, LocalSched};
use gmp_base::loom::{AtomicUsize, Condvar, Mutex, Ordering, thread};
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// Counts how often it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Passes its waker on at its first poll; ready when the flag is set.
struct WaitFor {
    flag: Arc<AtomicUsize>,
    waker: Option<loom::sync::mpsc::Sender<Waker>>,
    _counted: Counted,
}

impl Future for WaitFor {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.flag.load(Ordering::Acquire) == 1 {
            return Poll::Ready(());
        }
        if let Some(tx) = self.waker.take() {
            tx.send(cx.waker().clone()).unwrap();
        }
        Poll::Pending
    }
}

/// Who drives the set sleeps here.
struct Sleeper(Mutex<bool>, Condvar);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        *self.0.lock() = true;
        self.1.notify_one();
    }
}

impl Sleeper {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(false), Condvar::new()))
    }

    fn sleep(&self) {
        let mut woken = self.0.lock();
        while !*woken {
            woken = self.1.wait(woken);
        }
        *woken = false;
    }
}

struct Model {
    local: Arc<LocalSched>,
    join: gmp_task::JoinHandle<()>,
    flag: Arc<AtomicUsize>,
    drops: Arc<AtomicUsize>,
    waker: loom::sync::mpsc::Receiver<Waker>,
}

fn start() -> Model {
    let local = LocalSched::new();
    let (flag, drops) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (tx, waker) = loom::sync::mpsc::channel();
    let future = WaitFor { flag: flag.clone(), waker: Some(tx), _counted: Counted(drops.clone()) };
    let join = local.spawn(future, Location::caller());
    Model { local, join, flag, drops, waker }
}

/// Drives the set until all its Gs are dead.
fn drive(local: &Arc<LocalSched>) {
    let sleeper = Sleeper::new();
    let waker = Waker::from(sleeper.clone());
    let driver = Driver::new(local.clone());
    loop {
        let _ = driver.poll(&mut Context::from_waker(&waker), |_| Poll::<()>::Pending);
        if local.is_done() {
            return;
        }
        sleeper.sleep();
    }
}

#[test]
fn loom_wake_from_elsewhere_isnt_lost() {
    loom::model(|| {
        let m = start();
        let (flag, rx) = (m.flag.clone(), m.waker);
        let other = thread::spawn(move || {
            let waker = rx.recv().unwrap();
            flag.store(1, Ordering::Release);
            waker.wake();
        });
        drive(&m.local);
        m.local.close();
        drop(m.join);
        other.join().unwrap();
        assert_eq!(m.drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn loom_wake_from_elsewhere_against_the_end() {
    loom::model(|| {
        let m = start();
        let driver = Driver::new(m.local.clone());
        let _ = driver.poll(&mut Context::from_waker(Waker::noop()), |_| Poll::<()>::Pending);
        let waker = m.waker.recv().unwrap();
        let other = thread::spawn(move || {
            waker.wake_by_ref();
            // The last reference, perhaps.
            drop(waker);
        });
        let _ = driver.poll(&mut Context::from_waker(Waker::noop()), |_| Poll::<()>::Pending);
        drop(driver);
        m.local.close();
        assert_eq!(m.drops.load(Ordering::Relaxed), 1);
        drop(m.join);
        drop(m.local);
        other.join().unwrap();
    });
}

#[test]
fn loom_abort_from_elsewhere_against_turns_and_the_end() {
    loom::model(|| {
        let m = start();
        let abort = m.join.abort_handle();
        let other = thread::spawn(move || abort.abort());
        let driver = Driver::new(m.local.clone());
        let _ = driver.poll(&mut Context::from_waker(Waker::noop()), |_| Poll::<()>::Pending);
        drop(driver);
        m.local.close();
        assert_eq!(m.drops.load(Ordering::Relaxed), 1);
        other.join().unwrap();
        assert!(m.join.is_finished());
    });
}
