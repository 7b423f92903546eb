//! Models of a locked G: wakes against its M's suspension, hand-off and unlocking. The right to run is counted: who runs the G when
//! somebody else does, or queues it twice, fails; a lost wake is a deadlock.

use super::LockedMs;
use gmp_base::loom::{AtomicUsize, Condvar, Mutex, Ordering, UnsafeCell, thread};
use gmp_task::status::{Park, Status};
use std::sync::Arc;

const G: usize = 1;

struct Model {
    status: Status,
    table: LockedMs<u8>,
    /// The M's note.
    note: (Mutex<bool>, Condvar),
    /// The run queue: how often the G is in it.
    queued: Mutex<usize>,
    /// The slot of the P, idle or not, and what somebody has queued for it.
    idle: Mutex<(bool, usize)>,
    /// What the wakes are about.
    news: AtomicUsize,
    future: UnsafeCell<usize>,
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            status: Status::born(),
            table: LockedMs::new(),
            note: (Mutex::new(false), Condvar::new()),
            queued: Mutex::new(0),
            idle: Mutex::new((false, 0)),
            news: AtomicUsize::new(0),
            future: UnsafeCell::new(0),
        })
    }

    /// As `ready`.
    fn wake(&self) {
        self.news.fetch_add(1, Ordering::Release);
        if !self.status.wake_by_ref() {
            return;
        }
        if self.status.is_locked() {
            if self.table.wake(G).is_some() {
                *self.note.0.lock() = true;
                self.note.1.notify_one();
            }
        } else {
            *self.queued.lock() += 1;
        }
    }

    fn sleep(&self) {
        let mut signalled = self.note.0.lock();
        while !*signalled {
            signalled = self.note.1.wait(signalled);
        }
        *signalled = false;
    }

    /// One poll; says how much of the news it has seen.
    fn poll(&self) -> usize {
        self.status.enter();
        self.future.with_mut(|f| {
            // SAFETY: RUNNING; loom checks it.
            unsafe { *f += 1 };
        });
        self.news.load(Ordering::Acquire)
    }
}

/// The M: locks in the first poll, then runs the G until it has seen `news` wakes. The P goes to another M while it sleeps, and comes
/// back for a poll if it is idle.
fn locked_m(m: &Model, news: usize) -> Option<bool> {
    let mut seen = m.poll();
    m.status.lock();
    let mut park = m.status.park();
    m.table.enter(G, 7);
    loop {
        // handoffp.
        m.idle.lock().0 = true;
        let Park::Locked { again, .. } = park else { panic!("it isn't locked: {park:?}") };
        if seen >= news {
            // The last guard is gone.
            let mut runnable = again;
            while !m.status.unlock(runnable) {
                while !m.table.take_woken(G) {
                    m.sleep();
                }
                runnable = true;
            }
            m.table.leave(G);
            return Some(runnable);
        }
        if !again {
            while !m.table.take_woken(G) {
                m.sleep();
            }
        }
        // With a P if it is idle.
        let with_p = std::mem::take(&mut m.idle.lock().0);
        seen = m.poll();
        park = m.status.park();
        if with_p {
            m.idle.lock().0 = true;
        }
    }
}

#[test]
fn loom_wake_against_suspension() {
    loom::model(|| {
        let m = Model::new();
        let waker = {
            let m = m.clone();
            thread::spawn(move || m.wake())
        };
        let _ = locked_m(&m, 1);
        waker.join().unwrap();
    });
}

#[test]
fn loom_two_wakes_against_unlock() {
    loom::model(|| {
        let m = Model::new();
        let wakers = [m.clone(), m.clone()].map(|m| thread::spawn(move || m.wake()));
        let runnable = locked_m(&m, 1).unwrap();
        for waker in wakers {
            waker.join().unwrap();
        }
        // Who has seen it unlocked has queued it; else, if it is runnable, the right is the M's. Never both.
        let queued = *m.queued.lock();
        assert!(queued + usize::from(runnable) <= 1, "{queued} {runnable}");
        assert_eq!(m.status.load().is_runnable(), queued + usize::from(runnable) == 1);
        assert!(!m.status.load().is_locked());
    });
}

#[test]
fn loom_p_goes_on_while_its_m_is_locked() {
    loom::model(|| {
        let m = Model::new();
        // Another M: takes the P when it is idle, and gives it back, while the G is woken.
        let other = {
            let m = m.clone();
            thread::spawn(move || {
                let mine = std::mem::take(&mut m.idle.lock().0);
                m.wake();
                if mine {
                    let mut idle = m.idle.lock();
                    assert!(!idle.0, "two Ms had the P");
                    idle.0 = true;
                    idle.1 += 1;
                }
            })
        };
        let _ = locked_m(&m, 1);
        other.join().unwrap();
        assert!(m.idle.lock().0, "the P is lost");
    });
}
