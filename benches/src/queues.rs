//! The queues under comparison: a trait for those of one worker, a trait for those of all, two of each.
//!
//! Both sides hold the same [`Token`]s and take batches of the same greatest size, so that what differs is the queue.

use crate::items::{Global, Ring, Token, Victim};
use crossbeam::deque::{Injector, Steal, Stealer, Worker};

/// Most tokens that change hands at a time: half of gmp's ring.
pub const MAX_BATCH: usize = Ring::CAPACITY / 2;

/// A first-in first-out queue that one thread fills and several empty.
pub trait LocalQueue: Send {
    /// What a report calls it.
    const NAME: &'static str;

    /// The end that thieves have.
    type Thief: Send;

    /// An empty queue.
    fn new() -> Self;

    /// The end for a thief.
    fn thief(&self) -> Self::Thief;

    /// Queues a token.
    ///
    /// # Panics
    /// If the queue is bounded and full: no bench here goes that far.
    fn put(&self, token: Token);

    /// Takes the oldest token.
    fn get(&self) -> Option<Token>;

    /// How many tokens are seen in it.
    fn queued(&self) -> usize;

    /// Steals about half of what another queue has, at most [`MAX_BATCH`]: one token to use, the rest into this queue,
    /// which must be empty.
    fn steal_half(&self, from: &Self::Thief) -> Option<Token>;
}

/// gmp's ring.
impl LocalQueue for Ring {
    const NAME: &'static str = "gmp";

    type Thief = Victim;

    fn new() -> Self {
        Ring::new()
    }

    fn thief(&self) -> Victim {
        self.victim()
    }

    #[inline]
    fn put(&self, token: Token) {
        assert!(Ring::put(self, token, false).is_none(), "the ring is full");
    }

    #[inline]
    fn get(&self) -> Option<Token> {
        Ring::get(self)
    }

    #[inline]
    fn queued(&self) -> usize {
        self.len()
    }

    #[inline]
    fn steal_half(&self, from: &Victim) -> Option<Token> {
        Ring::steal_half(self, from)
    }
}

/// crossbeam's deque, first in first out. It grows and shrinks by itself, and never gives anything away.
impl LocalQueue for Worker<Token> {
    const NAME: &'static str = "crossbeam";

    type Thief = Stealer<Token>;

    fn new() -> Self {
        Worker::new_fifo()
    }

    fn thief(&self) -> Stealer<Token> {
        self.stealer()
    }

    #[inline]
    fn put(&self, token: Token) {
        self.push(token);
    }

    #[inline]
    fn get(&self) -> Option<Token> {
        self.pop()
    }

    #[inline]
    fn queued(&self) -> usize {
        self.len()
    }

    #[inline]
    fn steal_half(&self, from: &Stealer<Token>) -> Option<Token> {
        until_settled(|| from.steal_batch_with_limit_and_pop(self, MAX_BATCH))
    }
}

/// A first-in first-out queue that all threads fill and empty.
pub trait GlobalQueue: Send + Sync {
    /// What a report calls it.
    const NAME: &'static str;

    /// The queue that batches go to.
    type Local: LocalQueue;

    /// An empty queue.
    fn new() -> Self;

    /// Queues a token.
    fn put(&self, token: Token);

    /// Takes the oldest token.
    fn get(&self) -> Option<Token>;

    /// Moves a batch of at most [`MAX_BATCH`] into `local`, which must be empty; false if there was nothing.
    fn get_batch(&self, local: &Self::Local) -> bool;
}

/// gmp's: chains under a lock.
impl GlobalQueue for Global {
    const NAME: &'static str = "gmp";

    type Local = Ring;

    fn new() -> Self {
        Global::new()
    }

    #[inline]
    fn put(&self, token: Token) {
        Global::put(self, token);
    }

    #[inline]
    fn get(&self) -> Option<Token> {
        Global::get(self)
    }

    #[inline]
    fn get_batch(&self, local: &Ring) -> bool {
        Global::get_batch(self, MAX_BATCH, local)
    }
}

/// crossbeam's: blocks of slots, without a lock.
impl GlobalQueue for Injector<Token> {
    const NAME: &'static str = "crossbeam";

    type Local = Worker<Token>;

    fn new() -> Self {
        Injector::new()
    }

    #[inline]
    fn put(&self, token: Token) {
        self.push(token);
    }

    #[inline]
    fn get(&self) -> Option<Token> {
        until_settled(|| self.steal())
    }

    #[inline]
    fn get_batch(&self, local: &Worker<Token>) -> bool {
        until_settled(|| self.steal_batch_with_limit(local, MAX_BATCH)).is_some()
    }
}

/// Repeats a theft that another one disturbed, as gmp's does by itself.
#[inline]
fn until_settled<T>(theft: impl Fn() -> Steal<T>) -> Option<T> {
    loop {
        match theft() {
            Steal::Success(got) => return Some(got),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}
