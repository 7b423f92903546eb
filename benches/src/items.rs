//! gmp's queues as a bench wants them: a [`Token`] goes in, a [`Token`] comes out, and no `unsafe` at the call.
//!
//! The queues are intrusive: they hold addresses of elements with a [`Link`] and own nothing. Two rules make a safe
//! type of that:
//! * A token *is* its element (a box). Putting it gives the box up, taking it makes the box again; so an element is
//!   live while it is queued, and queued once.
//! * A [`Ring`] is not [`Sync`] and not [`Clone`], so the thread that has it is the queue's owner. Thieves have a
//!   [`Victim`], which cannot put.
//!
//! What this costs is told at [`Ring::steal_half`]; everything else compiles to the bare calls.

use gmp_base::link::{Link, LinkCell};
use gmp_queue::runq::CAPACITY;
use gmp_queue::{GQueue, GlobRunq, Put, Runq};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

/// What a queue holds: a number to know it by, and the link.
struct Item {
    number: u64,
    link: LinkCell<Item>,
}

// SAFETY: `Link` wants the address of the same cell each time: it is a field of the item.
unsafe impl Link for Item {
    unsafe fn link(this: NonNull<Self>) -> NonNull<LinkCell<Self>> {
        // SAFETY: `as_ref` wants a live item: the caller's promise.
        NonNull::from(unsafe { &this.as_ref().link })
    }
}

// SAFETY: the link, which keeps `Item` from being Send by itself, is touched only by the list that holds the item, and
// goes from thread to thread with it.
unsafe impl Send for Item {}

/// An element outside of any queue, owned: the size of a pointer, as a task is to its scheduler.
pub struct Token(Box<Item>);

impl Token {
    /// A new element.
    pub fn new(number: u64) -> Self {
        Self(Box::new(Item { number, link: LinkCell::new(None) }))
    }

    /// The number it was made with.
    #[inline]
    pub fn number(&self) -> u64 {
        self.0.number
    }

    #[inline]
    fn into_item(self) -> NonNull<Item> {
        NonNull::from(Box::leak(self.0))
    }

    /// # Safety
    /// `item` must come from [`into_item`](Self::into_item), and nobody else may make a token of it.
    #[inline]
    unsafe fn from_item(item: NonNull<Item>) -> Self {
        // SAFETY: `from_raw` wants a box that was given up, once: the caller's promise.
        Self(unsafe { Box::from_raw(item.as_ptr()) })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Token").field(&self.0.number).finish()
    }
}

/// A list of tokens that is in no queue: what a full ring gives away.
#[derive(Debug, Default)]
pub struct Chain(GQueue<Item>);

impl Chain {
    /// Appends a token.
    pub fn push(&mut self, token: Token) {
        // SAFETY: `push_back` wants a live item that is in no list: a token's is, and the box has been given up to us.
        unsafe { self.0.push_back(token.into_item()) };
    }
}

impl Iterator for Chain {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        let item = self.0.pop_front()?;
        // SAFETY: whatever is in a list here was a token, and the list gives it once.
        Some(unsafe { Token::from_item(item) })
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

/// The owner's end of a [`Runq`].
#[derive(Debug)]
pub struct Ring {
    queue: Arc<Runq<Item>>,
    /// Not Sync: a queue has one owner at a time.
    one_owner: PhantomData<Cell<()>>,
}

/// The thieves' end of a [`Runq`].
#[derive(Debug, Clone)]
pub struct Victim(Arc<Runq<Item>>);

impl Ring {
    /// How many tokens fit.
    pub const CAPACITY: usize = CAPACITY;

    /// An empty ring.
    pub fn new() -> Self {
        Self { queue: Arc::new(Runq::new()), one_owner: PhantomData }
    }

    /// A handle to steal from it.
    pub fn victim(&self) -> Victim {
        Victim(Arc::clone(&self.queue))
    }

    /// How many tokens are in it, the next one not counted.
    #[inline]
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether it is empty, the next one not counted.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Queues a token, at the end or as the next one. A full ring gives its older half and the token back.
    #[inline]
    pub fn put(&self, token: Token, next: bool) -> Option<Chain> {
        // SAFETY: `put` wants the owner, which the holder of the `Ring` is, and a live item in no list: a token's.
        match unsafe { self.queue.put(token.into_item(), next) } {
            Put::Next | Put::Ring => None,
            Put::Overflow(batch) => Some(Chain(batch)),
        }
    }

    /// Takes the next token, or else the oldest.
    #[inline]
    pub fn get(&self) -> Option<Token> {
        // SAFETY: `get` wants the owner, which the holder of the `Ring` is.
        let (item, _inherits) = unsafe { self.queue.get() }?;
        // SAFETY: whatever is in a ring here was a token, and the ring gives it to one consumer.
        Some(unsafe { Token::from_item(item) })
    }

    /// Steals half of what `from` has, rounded up: one token to use, the rest into this ring.
    ///
    /// Beyond the bare call it looks whether the call is allowed: a compare of two addresses and two loads from lines
    /// that this thread has anyway.
    ///
    /// # Panics
    /// If this ring isn't empty, or is the victim.
    #[inline]
    pub fn steal_half(&self, from: &Victim) -> Option<Token> {
        assert!(!Arc::ptr_eq(&self.queue, &from.0), "a ring can't steal from itself");
        assert!(self.is_empty(), "a thief's ring must be empty");
        // SAFETY: `steal_from` wants the owner, which the holder of the `Ring` is, an empty ring, which only we could
        // have filled since the assertion, and another victim, as asserted.
        let stolen = unsafe { self.queue.steal_from(&from.0) }?;
        // SAFETY: as in `get`; a theft gives each item to one thief.
        Some(unsafe { Token::from_item(stolen.item) })
    }
}

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        while self.get().is_some() {}
    }
}

/// A [`GlobRunq`] that owns what is in it.
#[derive(Debug, Default)]
pub struct Global(GlobRunq<Item>);

impl Global {
    /// An empty queue.
    pub fn new() -> Self {
        Self(GlobRunq::new())
    }

    /// Queues a token.
    #[inline]
    pub fn put(&self, token: Token) {
        // SAFETY: `put` wants a live item in no list: a token's, given up to the queue.
        unsafe { self.0.put(token.into_item()) };
    }

    /// Queues a chain in one go.
    #[inline]
    pub fn put_chain(&self, mut chain: Chain) {
        self.0.put_batch(&mut chain.0);
    }

    /// Takes the oldest token.
    #[inline]
    pub fn get(&self) -> Option<Token> {
        let item = self.0.get()?;
        // SAFETY: whatever is in the queue was a token, and the queue gives it once.
        Some(unsafe { Token::from_item(item) })
    }

    /// Moves a batch of at most `max` tokens into `ring`; false if there was none. What doesn't fit goes back.
    #[inline]
    pub fn get_batch(&self, max: usize, ring: &Ring) -> bool {
        let mut batch = self.0.get_batch(max);
        if batch.is_empty() {
            return false;
        }
        // SAFETY: `put_batch` wants the owner, which the holder of the `Ring` is.
        unsafe { ring.queue.put_batch(&mut batch) };
        self.0.put_batch(&mut batch);
        true
    }
}

impl Drop for Global {
    fn drop(&mut self) {
        while self.get().is_some() {}
    }
}

#[cfg(test)]
mod tests;
