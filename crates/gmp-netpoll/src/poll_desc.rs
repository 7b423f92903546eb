//! [`PollDesc`]: the readiness of one descriptor, and who waits for it.
//!
//! ```text
//!  63         32 31          9  8  7        0
//! ┌─────────────┬─────────────┬───┬──────────┐
//! │ generation  │    tick     │ S │  ready   │
//! └─────────────┴─────────────┴───┴──────────┘
//! ```
//!
//! * **generation** — counts the descriptors that have used this place. An event that was on its way when its descriptor was
//!   closed carries the old number and changes nothing.
//! * **tick** — counts events. An operation that found the readiness wrong clears it only if no event has come since it looked.
//! * **S** — the runtime ends.
//!
//! # Proof: no event is lost
//! An event is: change the word; lock the waiters, take those that it concerns. A waiter is: lock the waiters, put the waker
//! there, or see that it is there; look at the word. Both go through the same lock. If the event's lock is the later one, it finds the waker. If it is
//! the earlier one, its change of the word is visible to who locks later, and the waiter sees it. An operation between
//! "would block" and the clearing of the word can't clear an event that came meanwhile: the tick has changed, and the
//! exchange is of the whole word. An event of an earlier descriptor can't set anything: the generation is in the word too.
//!
//! No waker is cloned, woken or dropped under the lock.
//!
//! Go: runtime/netpoll.go (pollDesc, netpollblock, netpollunblock, 75-190, 529-620)

use crate::ready::Ready;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::{AtomicU32, AtomicU64, Ordering};
use std::fmt;
use std::task::{Context, Poll, Waker};

const READY: u64 = 0xff;
const SHUTDOWN: u64 = 1 << 8;
const TICK_ONE: u64 = 1 << 9;
const TICK: u64 = 0xffff_fe00;
const GENERATION_SHIFT: u32 = 32;

/// The two kinds of operation that have a waker of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Reads, accepts.
    Read,
    /// Writes, connects.
    Write,
}

impl Direction {
    /// What an operation of this kind waits for.
    #[inline]
    pub fn ready(self) -> Ready {
        match self {
            Self::Read => Ready::READ,
            Self::Write => Ready::WRITE,
        }
    }

    fn bit(self) -> u32 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
        }
    }
}

/// What a look at a descriptor found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadyEvent {
    tick: u64,
    /// What it is ready for, of what was asked.
    pub ready: Ready,
    /// The runtime has ended.
    pub is_shutdown: bool,
}

impl ReadyEvent {
    fn of(word: u64, asked: Ready) -> Self {
        Self {
            tick: word & TICK,
            ready: Ready::from_bits((word & READY) as u8) & asked,
            is_shutdown: word & SHUTDOWN != 0,
        }
    }

    /// The same look, about this readiness only.
    #[must_use]
    pub fn with_ready(self, ready: Ready) -> Self {
        Self { ready, ..self }
    }

    fn is_something(&self) -> bool {
        !self.ready.is_empty() || self.is_shutdown
    }
}

/// A descriptor in the netpoller.
pub struct PollDesc {
    /// Its place in the cache. Immutable.
    index: u32,
    word: AtomicU64,
    /// Whether there are direct wakers, [`Direction::bit`] for each. Written under the lock; a hint for who doesn't hold it.
    direct: AtomicU32,
    waiters: Lock<Waiters>,
}

#[derive(Default)]
struct Waiters {
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// First come, first woken.
    others: Vec<Waiter>,
    next_id: u64,
}

impl Waiters {
    fn direct(&mut self, direction: Direction) -> &mut Option<Waker> {
        match direction {
            Direction::Read => &mut self.reader,
            Direction::Write => &mut self.writer,
        }
    }

    /// Who waits for this, of those that aren't direct. One as a rule, whose place is kept for the next: nothing is allocated then.
    #[cold]
    fn take_others(&mut self, ready: Ready) -> (Option<Waiter>, Vec<Waiter>) {
        match self.others.iter().filter(|w| w.asked.intersects(ready)).count() {
            0 => (None, Vec::new()),
            1 => {
                let found = self.others.iter().position(|w| w.asked.intersects(ready));
                (found.map(|i| self.others.remove(i)), Vec::new())
            }
            _ => {
                let (woken, stay) =
                    std::mem::take(&mut self.others).into_iter().partition(|w| w.asked.intersects(ready));
                self.others = stay;
                (None, woken)
            }
        }
    }
}

struct Waiter {
    id: u64,
    asked: Ready,
    waker: Waker,
}

impl fmt::Debug for PollDesc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollDesc")
            .field("index", &self.index)
            .field("generation", &self.generation())
            .field("ready", &self.look(Ready::from_bits(0xff)).ready)
            .finish_non_exhaustive()
    }
}

impl PollDesc {
    pub(crate) fn new(index: u32) -> Self {
        Self {
            index,
            word: AtomicU64::new(0),
            direct: AtomicU32::new(0),
            waiters: Lock::new(LockRank::PollDesc, Waiters::default()),
        }
    }

    pub(crate) fn index(&self) -> u32 {
        self.index
    }

    pub(crate) fn generation(&self) -> u32 {
        // ORDERING: only the number matters; it changes while nobody has the descriptor.
        (self.word.load(Ordering::Relaxed) >> GENERATION_SHIFT) as u32
    }

    /// What it is ready for now, of what is asked.
    #[inline]
    pub fn look(&self, asked: Ready) -> ReadyEvent {
        // ORDERING: acquires `set_ready`'s release, for what the poller knew.
        ReadyEvent::of(self.word.load(Ordering::Acquire), asked)
    }

    /// What it is ready for; if nothing, the context's waker is woken when that changes. One waker a direction: the last.
    #[inline(always)]
    pub fn poll(&self, cx: &Context<'_>, direction: Direction) -> Poll<ReadyEvent> {
        let asked = direction.ready();
        let something = u64::from(asked.bits()) | SHUTDOWN;
        // ORDERING: as in `look`.
        let mut word = self.word.load(Ordering::Acquire);
        if word & something == 0 {
            word = self.block(cx.waker(), direction);
            if word & something == 0 {
                return Poll::Pending;
            }
        }
        Poll::Ready(ReadyEvent::of(word, asked))
    }

    /// Sees that the waker is there, and returns the word as it is then.
    #[inline(never)]
    fn block(&self, waker: &Waker, direction: Direction) -> u64 {
        if !self.waits_already(waker, direction) {
            self.register(waker, direction);
        }
        // ORDERING: as in `look`; behind the lock ("no event is lost").
        self.word.load(Ordering::Acquire)
    }

    #[inline(never)]
    fn register(&self, waker: &Waker, direction: Direction) {
        // User code, so before the lock.
        let waker = waker.clone();
        let mut waiters = self.waiters.lock();
        let old = waiters.direct(direction).replace(waker);
        self.hint(&waiters);
        drop(waiters);
        drop(old);
    }

    /// Whether the waker is there, as it is if a task tries again what it has tried in the same turn.
    #[inline]
    fn waits_already(&self, waker: &Waker, direction: Direction) -> bool {
        // ORDERING: a hint, which spares the lock where there is nothing.
        self.direct.load(Ordering::Relaxed) & direction.bit() != 0
            && self.waiters.lock().direct(direction).as_ref().is_some_and(|there| there.will_wake(waker))
    }

    /// After each change of the direct wakers, under the lock.
    #[inline]
    fn hint(&self, waiters: &Waiters) {
        let reader = if waiters.reader.is_some() { Direction::Read.bit() } else { 0 };
        let writer = if waiters.writer.is_some() { Direction::Write.bit() } else { 0 };
        // ORDERING: a hint.
        self.direct.store(reader | writer, Ordering::Relaxed);
    }

    /// As [`poll`](Self::poll) for any readiness and any number of waiters, each with a [`Waiting`] of its own.
    #[inline]
    pub fn poll_with(&self, cx: &Context<'_>, asked: Ready, waiting: &mut Waiting) -> Poll<ReadyEvent> {
        let event = self.look(asked);
        if event.is_something() {
            self.forget(waiting);
            return Poll::Ready(event);
        }
        self.block_with(cx, asked, waiting)
    }

    #[inline(never)]
    fn block_with(&self, cx: &Context<'_>, asked: Ready, waiting: &mut Waiting) -> Poll<ReadyEvent> {
        let waker = cx.waker().clone();
        let mut waiters = self.waiters.lock();
        let known = waiting.0.and_then(|id| waiters.others.iter_mut().find(|w| w.id == id));
        let old = match known {
            Some(waiter) => Some(std::mem::replace(&mut waiter.waker, waker)),
            None => {
                let id = waiters.next_id;
                waiters.next_id += 1;
                waiters.others.push(Waiter { id, asked, waker });
                waiting.0 = Some(id);
                None
            }
        };
        drop(waiters);
        drop(old);
        let event = self.look(asked);
        if event.is_something() {
            self.forget(waiting);
            return Poll::Ready(event);
        }
        Poll::Pending
    }

    /// The waiter waits no more.
    #[inline]
    pub fn forget(&self, waiting: &mut Waiting) {
        if let Some(id) = waiting.0.take() {
            self.forget_id(id);
        }
    }

    #[inline(never)]
    fn forget_id(&self, id: u64) {
        let mut waiters = self.waiters.lock();
        let waiter = waiters.others.iter().position(|w| w.id == id).map(|i| waiters.others.remove(i));
        drop(waiters);
        drop(waiter);
    }

    /// An operation has shown that what `event` says isn't so, or not any more. What is final stays.
    pub fn clear(&self, event: ReadyEvent) {
        let wrong = u64::from((event.ready - Ready::FINAL).bits());
        // ORDERING: the exchange checks it.
        let mut word = self.word.load(Ordering::Relaxed);
        while word & TICK == event.tick && word & wrong != 0 {
            // ORDERING: nothing is published; acquire for the failure's sake isn't needed, the next look acquires.
            match self.word.compare_exchange_weak(word, word & !wrong, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(seen) => word = seen,
            }
        }
    }

    /// Says that it is ready for this, as a fresh socket is: an operation is tried before the first event has come. Nobody waits
    /// yet, so nobody is woken.
    pub fn assume(&self, ready: Ready) {
        self.set(None, |word| word | u64::from(ready.bits()));
    }

    /// The poller's side: an event of the descriptor with this generation. Who waits for it is passed to `wake`.
    pub(crate) fn set_ready(&self, generation: u32, ready: Ready, wake: impl FnMut(Waker)) {
        if self
            .set(Some(generation), |word| word.wrapping_add(TICK_ONE) & TICK | word & !TICK | u64::from(ready.bits()))
        {
            self.unblock(ready, wake);
        }
    }

    /// The runtime ends: nobody waits any more.
    pub(crate) fn shut_down(&self, wake: impl FnMut(Waker)) {
        self.set(None, |word| word | SHUTDOWN);
        self.unblock(Ready::from_bits(0xff), wake);
    }

    /// The descriptor is closed; the place is for another one. What was on its way to it is void.
    pub(crate) fn recycle(&self) {
        self.set(None, |word| ((word >> GENERATION_SHIFT) + 1) << GENERATION_SHIFT);
        let mut waiters = self.waiters.lock();
        let all = std::mem::take(&mut *waiters);
        self.hint(&waiters);
        drop(waiters);
        drop(all);
    }

    /// Drops the two direct wakers: their tasks don't wait any more.
    pub fn clear_wakers(&self) {
        let mut waiters = self.waiters.lock();
        let wakers = (waiters.reader.take(), waiters.writer.take());
        self.hint(&waiters);
        drop(waiters);
        drop(wakers);
    }

    /// Changes the word, if it is of this generation.
    fn set(&self, generation: Option<u32>, change: impl Fn(u64) -> u64) -> bool {
        // ORDERING: the exchange checks it.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if generation.is_some_and(|g| g != (word >> GENERATION_SHIFT) as u32) {
                return false;
            }
            // ORDERING: releases what the poller knew to `look`.
            match self.word.compare_exchange_weak(word, change(word), Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(seen) => word = seen,
            }
        }
    }

    #[inline]
    fn unblock(&self, ready: Ready, mut wake: impl FnMut(Waker)) {
        let mut waiters = self.waiters.lock();
        let reader = if ready.intersects(Ready::READ) { waiters.reader.take() } else { None };
        let writer = if ready.intersects(Ready::WRITE) { waiters.writer.take() } else { None };
        self.hint(&waiters);
        let others = if waiters.others.is_empty() { (None, Vec::new()) } else { waiters.take_others(ready) };
        drop(waiters);
        if let Some(waker) = reader {
            wake(waker);
        }
        if let Some(waker) = writer {
            wake(waker);
        }
        if let (Some(other), _) = others {
            wake(other.waker);
        }
        for waiter in others.1 {
            wake(waiter.waker);
        }
    }
}

/// A waiter's number at a descriptor; none before it waits.
#[derive(Debug, Default)]
pub struct Waiting(Option<u64>);

#[cfg(all(test, gmp_loom))]
mod loom_tests;
#[cfg(all(test, not(gmp_loom)))]
mod tests;
