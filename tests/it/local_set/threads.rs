//! Local tasks and other threads: wakes, aborts and last drops from there.

use crate::support::{ByHand, Census, block_on, eventually, on_each, rounds, watched};
use gmp::sync::oneshot;
use gmp::task::{JoinHandle, LocalSet, spawn_local};
use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Poll, Waker};
use std::thread::{self, ThreadId};

/// Fails when it is dropped elsewhere than where it was made. Not `Send`.
struct Home(ThreadId, Rc<Cell<usize>>);

impl Home {
    fn new(drops: &Rc<Cell<usize>>) -> Self {
        Self(thread::current().id(), drops.clone())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if self.0 != thread::current().id() {
            eprintln!("a local task's future was dropped on another thread");
            std::process::abort();
        }
        self.1.set(self.1.get() + 1);
    }
}

/// A future that passes its waker out and never ends.
fn shows_its_waker(tx: mpsc::Sender<Waker>, home: Home) -> impl Future<Output = ()> + 'static {
    poll_fn(move |cx| {
        let _ = &home;
        let _ = tx.send(cx.waker().clone());
        Poll::Pending
    })
}

#[test]
fn wakes_from_elsewhere() {
    on_each(|rt| {
        let out = LocalSet::new().block_on(&rt, async {
            let tasks: Vec<_> = (0..rounds(2000))
                .map(|i| {
                    let (tx, rx) = oneshot::channel();
                    let task = spawn_local(async move { *Rc::new(rx.await.unwrap()) });
                    if i % 2 == 0 {
                        gmp::spawn(async move { tx.send(i).unwrap() });
                    } else {
                        gmp::task::spawn_blocking(move || tx.send(i).unwrap());
                    }
                    task
                })
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        });
        let n = rounds(2000);
        assert_eq!(out, n * (n - 1) / 2);
    });
}

#[test]
fn abort_from_elsewhere_drops_the_future_at_home() {
    on_each(|rt| {
        let set = LocalSet::new();
        let drops = Rc::new(Cell::new(0));
        let home = Home::new(&drops);
        let task = set.spawn_local(async move {
            let _home = home;
            pending::<()>().await
        });
        // Once before it has run, once while it waits.
        let again = {
            let home = Home::new(&drops);
            set.spawn_local(async move {
                let _home = home;
                pending::<()>().await
            })
        };
        rt.block_on(set.run_until(gmp::task::yield_now()));
        let handles = [task.abort_handle(), again.abort_handle()];
        thread::spawn(move || handles.iter().for_each(|h| h.abort())).join().unwrap();
        assert_eq!(drops.get(), 0, "dropped by the abort");
        assert!(!task.is_finished());
        rt.block_on(set.run_until(async {
            assert!(task.await.unwrap_err().is_cancelled());
            assert!(again.await.unwrap_err().is_cancelled());
        }));
        assert_eq!(drops.get(), 2);
    });
}

#[test]
fn a_handle_that_is_awaited_and_dropped_elsewhere() {
    on_each(|rt| {
        let set = LocalSet::new();
        // The output is `Send`, the future isn't.
        let task: JoinHandle<usize> = set.spawn_local(async { *Rc::new(11) });
        let waits = rt.spawn(task);
        let dropped = set.spawn_local(async {
            let one = Rc::new(1);
            gmp::task::yield_now().await;
            *one
        });
        thread::spawn(move || drop(dropped)).join().unwrap();
        rt.block_on(set);
        assert_eq!(rt.block_on(waits).unwrap().unwrap(), 11);
    });
}

#[test]
fn wakers_that_outlive_the_set_are_inert() {
    watched(|| {
        let (tx, rx) = mpsc::channel();
        let drops = Rc::new(Cell::new(0));
        let set = LocalSet::new();
        let task = set.spawn_local(shows_its_waker(tx, Home::new(&drops)));
        let mut set = ByHand::new(set);
        assert!(set.poll().is_pending());
        let waker = rx.recv().unwrap();
        drop(set);
        assert_eq!(drops.get(), 1);
        assert!(task.is_finished());
        thread::spawn(move || {
            waker.wake_by_ref();
            drop(waker.clone());
            waker.wake();
            // The last reference.
            drop(task);
        })
        .join()
        .unwrap();
        assert_eq!(drops.get(), 1);
    });
}

#[test]
fn a_wake_from_elsewhere_wakes_who_drives_the_set() {
    let (tx, rx) = mpsc::channel();
    let drops = Rc::new(Cell::new(0));
    let set = LocalSet::new();
    set.spawn_local(shows_its_waker(tx, Home::new(&drops)));
    let mut set = ByHand::new(set);
    for _ in 0..3 {
        assert!(set.poll().is_pending());
        assert!(!set.is_woken());
        let waker = rx.recv().unwrap();
        thread::spawn(move || waker.wake()).join().unwrap();
        assert!(set.is_woken());
    }
}

#[test]
fn own_wakes_cant_shut_out_those_from_elsewhere() {
    watched(|| {
        let set = LocalSet::new();
        // Always something in the local queue.
        set.spawn_local(async {
            loop {
                gmp::task::yield_now().await;
            }
        });
        let (tx, rx) = oneshot::channel();
        let task = set.spawn_local(async move { *Rc::new(rx.await.unwrap()) });
        let mut run = ByHand::new(set.run_until(task));
        assert!(run.poll().is_pending());
        thread::spawn(move || tx.send(4).unwrap()).join().unwrap();
        // At the latest after 31 turns, and a poll has 61.
        assert!((0..3).any(|_| run.poll().is_ready()));
    });
}

#[test]
fn wakes_while_the_set_is_dropped() {
    watched(|| {
        for round in 0..rounds(1000) {
            let (tx, rx) = mpsc::channel();
            let stop = Arc::new(AtomicBool::new(false));
            let drops = Rc::new(Cell::new(0));
            let set = LocalSet::new();
            let tasks: Vec<_> =
                (0..4).map(|_| set.spawn_local(shows_its_waker(tx.clone(), Home::new(&drops)))).collect();
            let mut set = ByHand::new(set);
            assert!(set.poll().is_pending());
            let wakers: Vec<_> = rx.try_iter().collect();
            let aborts: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
            let others = {
                let stop = stop.clone();
                thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        wakers.iter().for_each(Waker::wake_by_ref);
                        if round % 2 == 0 {
                            aborts.iter().for_each(|a| a.abort());
                        }
                    }
                })
            };
            for _ in 0..round % 5 {
                let _ = set.poll();
            }
            drop(set);
            assert_eq!(drops.get(), 4);
            stop.store(true, Ordering::Relaxed);
            others.join().unwrap();
        }
    });
}

#[test]
fn a_storm_of_wakes() {
    watched(|| {
        let done = Arc::new(AtomicBool::new(false));
        let census = Census::default();
        let (tx, rx) = mpsc::channel::<Waker>();
        let wakes = Arc::new(AtomicUsize::new(0));
        let waking = {
            let (done, wakes) = (done.clone(), wakes.clone());
            thread::spawn(move || {
                let mut wakers = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    wakers.extend(rx.try_iter());
                    for waker in &wakers {
                        waker.wake_by_ref();
                        wakes.fetch_add(1, Ordering::Relaxed);
                    }
                    wakers.truncate(16);
                }
            })
        };
        let polls = Rc::new(Cell::new(0_usize));
        let set = LocalSet::new();
        for i in 0..50_usize {
            let (tx, polls, live) = (tx.clone(), polls.clone(), census.live());
            let mut left = rounds(1000) + i;
            set.spawn_local(poll_fn(move |cx| {
                let _ = &live;
                polls.set(polls.get() + 1);
                left -= 1;
                if left == 0 {
                    return Poll::Ready(());
                }
                if left % 3 == 0 {
                    cx.waker().wake_by_ref();
                } else {
                    tx.send(cx.waker().clone()).unwrap();
                }
                Poll::Pending
            }));
        }
        block_on(set);
        done.store(true, Ordering::Relaxed);
        waking.join().unwrap();
        census.assert_all_dropped();
        assert_eq!(polls.get(), (0..50).map(|i| rounds(1000) + i).sum::<usize>());
    });
}

#[test]
fn a_set_that_nobody_drives_is_woken_for_nothing() {
    watched(|| {
        let (tx, rx) = oneshot::channel::<()>();
        let set = LocalSet::new();
        let task = set.spawn_local(rx);
        let _ = ByHand::new(set.run_until(gmp::task::yield_now())).poll();
        thread::spawn(move || tx.send(()).unwrap()).join().unwrap();
        assert!(!task.is_finished());
        drop(set);
        eventually("the task is cancelled", || task.is_finished());
    });
}
