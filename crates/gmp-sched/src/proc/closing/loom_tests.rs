//! Models: a retirement or a sharing that is under way while the runtime ends. Each element is found by somebody before the last drain says
//! that there is none, and none after it.

use super::Closing;
use crate::proc::testing::{Item, free, item};
use gmp_base::loom::{AtomicBool, AtomicUsize, Ordering, thread};
use gmp_queue::{GQueue, GlobRunq, Runq, Tenure};
use std::sync::Arc;

struct World {
    closing: Closing,
    tenure: Tenure,
    ring: Runq<Item>,
    global: GlobRunq<Item>,
    /// The M has left.
    gone: AtomicBool,
    cancelled: AtomicUsize,
}

// SAFETY: queues are synchronised; the M alone puts into the ring.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    /// The M holds the record, and there is one element in its ring.
    fn new() -> Arc<Self> {
        let w = Arc::new(Self {
            closing: Closing::new(),
            tenure: Tenure::new(),
            ring: Runq::new(),
            global: GlobRunq::new(),
            gone: AtomicBool::new(false),
            cancelled: AtomicUsize::new(0),
        });
        assert!(w.tenure.acquire());
        w.push();
        w
    }

    /// By the M, which is in a poll.
    fn push(&self) {
        if self.tenure.is_retired() {
            // SAFETY: a fresh item, queued once.
            return unsafe { self.global.put(item()) };
        }
        // SAFETY: the caller is the M; a fresh item.
        let _ = unsafe { self.ring.put(item(), false) };
    }

    /// What `retire::retire` does with the queue.
    fn retire(&self) {
        let Some(_moving) = self.closing.start_moving() else { return };
        if self.tenure.retire() {
            self.drain_retired();
        }
    }

    /// Through a hand, so that the moment in which they are in no queue is a long one.
    fn move_all(&self) {
        let mut hand = GQueue::new();
        while let Some(item) = self.ring.take_oldest() {
            // SAFETY: it was in the ring and is in no queue now.
            unsafe { hand.push_back(item) };
        }
        self.global.put_batch(&mut hand);
    }

    fn share(&self) {
        if let Some(_moving) = self.closing.start_moving() {
            self.move_all();
        }
    }

    fn drain_retired(&self) {
        if let Some(_moving) = self.closing.start_moving() {
            self.move_all();
        }
    }

    fn drain(&self) {
        while let Some(item) = self.global.get().or_else(|| self.ring.take_oldest()) {
            free(item);
            self.cancelled.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The M's poll goes on and ends; then it sees that the runtime ends, or is told by the one who waits for it.
    fn poll_ends(&self) {
        self.push();
        if !self.tenure.release() {
            self.move_all();
            self.tenure.give_back();
        }
        self.drain();
        self.gone.store(true, Ordering::Release);
    }

    /// `shutdown::final_drain`; `ms`: after the M has left.
    fn end(&self, ms: bool, count: usize) {
        assert!(self.closing.close());
        while ms && !self.gone.load(Ordering::Acquire) {
            thread::yield_now();
        }
        loop {
            let quiet = self.closing.is_quiet();
            self.drain();
            if quiet && self.global.is_empty() {
                break;
            }
            thread::yield_now();
        }
        assert_eq!(self.cancelled.load(Ordering::Relaxed), count, "the end has missed one");
    }
}

fn model(meanwhile: fn(&World)) {
    loom::model(move || {
        let w = World::new();
        let (m, mover) = (w.clone(), w.clone());
        let m = thread::spawn(move || m.poll_ends());
        let mover = thread::spawn(move || meanwhile(&mover));
        w.end(true, 2);
        m.join().unwrap();
        mover.join().unwrap();
        assert!(w.global.is_empty() && w.ring.is_empty(), "moved after the end");
        assert!(w.closing.is_quiet());
    });
}

#[test]
fn loom_retire_against_the_end() {
    model(World::retire);
}

#[test]
fn loom_share_against_the_end() {
    model(World::share);
}

#[test]
fn loom_drain_against_the_end() {
    model(World::drain_retired);
}

/// The M is no worker (it is in `block_on`, in a long poll), so nobody waits for it, and nothing but the count tells of who moves. It takes
/// three preemptions to go wrong.
fn model_without_ms(meanwhile: fn(&World)) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let w = World::new();
        let mover = w.clone();
        let mover = thread::spawn(move || meanwhile(&mover));
        w.end(false, 1);
        mover.join().unwrap();
        assert!(w.global.is_empty() && w.ring.is_empty(), "moved after the end");
    });
}

#[test]
fn loom_retire_against_an_end_that_waits_for_nobody() {
    model_without_ms(World::retire);
}

#[test]
fn loom_share_against_an_end_that_waits_for_nobody() {
    model_without_ms(World::share);
}
