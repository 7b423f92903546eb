//! [`Driver`]: one of those who poll a set of local Gs.
//!
//! Each has a place of its own for its waker, so that one that ends doesn't take the wakes of the others with it.
//!
//! Go: none

use super::{Here, LocalSched, Wakers, current};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Somebody who polls a set until it is dropped.
#[derive(Debug)]
pub struct Driver {
    local: Arc<LocalSched>,
    key: u64,
}

impl Driver {
    /// One more that polls `local`.
    pub fn new(local: Arc<LocalSched>) -> Self {
        let here = local.here();
        let key = here.next_driver.get();
        here.next_driver.set(key + 1);
        Self { local, key }
    }

    /// Polls `first`, and then the Gs unless that is ready.
    ///
    /// # Panics
    /// As `LocalSched::tick`, and if `first` does.
    #[track_caller]
    pub fn poll<R>(&self, cx: &mut Context<'_>, first: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        let local = &self.local;
        let here = local.here();
        let _entered = current::enter(local.clone());
        let _polling = Polling::new(here);
        self.register(cx.waker());
        let polled = first(cx);
        if polled.is_pending() && local.tick() {
            cx.waker().wake_by_ref();
        }
        polled
    }

    /// Before the look into the queues.
    fn register(&self, waker: &Waker) {
        let is_there = |wakers: &Wakers| wakers.get(self.key).is_some_and(|there| there.will_wake(waker));
        if is_there(&self.local.remote.lock().wakers) {
            return;
        }
        // Cloned and dropped without the lock: wakers are user code.
        let waker = waker.clone();
        let old = self.local.remote.lock().wakers.insert(self.key, waker);
        drop(old);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let local = &self.local;
        let mut remote = local.remote.lock();
        let own = remote.wakers.remove(self.key);
        drop(remote);
        drop(own);
        // What its last poll has made runnable, and not run, is for the others.
        if local.has_work(local.here()) {
            local.take_wakers().wake();
        }
    }
}

/// A poll that is under way.
struct Polling<'a>(&'a Here);

impl<'a> Polling<'a> {
    fn new(here: &'a Here) -> Self {
        here.polls.set(here.polls.get() + 1);
        Self(here)
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.polls.set(self.0.polls.get() - 1);
    }
}

impl Wakers {
    fn get(&self, key: u64) -> Option<&Waker> {
        self.first.iter().chain(&self.others).find(|(k, _)| *k == key).map(|(_, waker)| waker)
    }

    fn insert(&mut self, key: u64, waker: Waker) -> Option<Waker> {
        let old = self.remove(key);
        match self.first {
            None => self.first = Some((key, waker)),
            Some(_) => self.others.push((key, waker)),
        }
        old
    }

    fn remove(&mut self, key: u64) -> Option<Waker> {
        if let Some((_, waker)) = self.first.take_if(|(k, _)| *k == key) {
            return Some(waker);
        }
        let i = self.others.iter().position(|(k, _)| *k == key)?;
        Some(self.others.swap_remove(i).1)
    }
}
