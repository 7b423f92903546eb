//! [`Timer`] and [`Entry`]: one sleep, seen from the sleeper and from the queue.
//!
//! ```text
//!            ┌──poll with another waker──▶ ARMED|REGISTERING ──┐
//!            │◀─────────────────────────────────────────────┘ │
//!  (when) ARMED ──rearm_later──▶ ARMED (later)                  │
//!          ▲ ├──────────fire, by who holds the queue───────────┴──▶ FIRED
//!          │ ├──────────shut_down, by who has closed the queue──┴──▶ SHUTDOWN
//!          │ └──────────cancel, stop, drop, by the sleeper─────────▶ CANCELLED
//!          └──────────────revive, by who has stopped it────────────────┤
//!                       time_or_bury, fire, shut_down, by who takes    │
//!                       it out of the queue                            └▶ GONE
//! ```
//!
//! # Proof: who touches the waker
//! The sleeper's side is one: every method takes `&mut Timer`, or the timer, or the [`Dormant`] that it became. The other side is
//! whoever holds the queue's lock, or has closed the queue, one too. The waker belongs to
//! * the sleeper, from its exchange that sets REGISTERING to its exchange that clears it or fails to;
//! * whoever takes the word out of ARMED, without REGISTERING, to one of the three ends: one exchange does, so one side;
//! * the sleeper, if the word left ARMED while REGISTERING was set: the other side doesn't touch the waker then, and the sleeper
//!   learns of it from its failed exchange;
//! * the sleeper, while the word is CANCELLED or GONE: from its exchange that cancels to the one that revives.
//!
//! # Proof: no sleep is lost
//! The queue has the entry under a key that is not later than the time in the word: it was added with that time, and the word
//! only moves on. When the key is due the entry is taken out, and either fired, or put back under the word's time if
//! that is later. The waker that is woken is the last one registered, or the sleeper is told by its own exchange.
//!
//! # Proof: revival
//! A cancelled entry stays in its queue until somebody comes across it. Until then it can be armed again, for the time that it had
//! when it was cancelled or a later one: the word has only moved on then, as above, and who sleeps until the earliest key
//! of the queue sleeps no longer than before. Nobody has to be told, whichever slot's queue it is.
//!
//! Nobody takes an entry out of the queue for being dead but who has exchanged CANCELLED for GONE; revival exchanges CANCELLED
//! for ARMED. It is one word, so one of the two succeeds.
//! * If it is the removal, revival fails, and the sleeper starts another timer.
//! * If it is the revival, who wanted to remove the entry sees the time in the word: it keeps the entry, fires it, or shuts it
//!   down, as any that is armed. One who looked for the earliest time has taken this one into account.
//!
//! CANCELLED may also stand in the word of an entry that has fired before, which is in no queue: only an exchange that found the
//! word armed makes a [`Dormant`].
//!
//! Go: runtime/time.go (type timer, 61; stop, 478; modify, 600)

use crate::shared::Shared;
use gmp_base::loom::{AtomicU64, Ordering, UnsafeCell};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr;
use std::task::{Context, Poll, Waker};

/// The latest time that a timer can be armed for, a century away; what lies beyond it never comes.
pub const LATEST: u64 = (1 << 62) - 1;

/// In the lowest bit of an armed word: the sleeper is writing the waker.
const REGISTERING: u64 = 1;
const FIRED: u64 = u64::MAX;
const SHUTDOWN: u64 = u64::MAX - 1;
const CANCELLED: u64 = u64::MAX - 2;
const GONE: u64 = u64::MAX - 3;

const fn armed(when: u64) -> u64 {
    when << 1
}

const fn is_armed(word: u64) -> bool {
    word < GONE
}

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fired {
    /// Its time has come.
    Elapsed,
    /// The runtime ended before.
    Shutdown,
}

/// The sleeper's end of a timer. Dropping it cancels.
pub struct Timer {
    entry: Shared,
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").field("entry", &self.entry).finish()
    }
}

impl Timer {
    /// A timer for `when` that wakes `waker`, and its entry; for [`Timers::start`](crate::Timers::start), which puts that into the queue.
    #[inline]
    pub(crate) fn new_pair(when: u64, waker: Waker) -> (Self, Shared) {
        let entry = Entry { word: AtomicU64::new(armed(when.min(LATEST))), waker: UnsafeCell::new(Some(waker)) };
        let [entry, queued] = Shared::pair(entry);
        (Self { entry }, queued)
    }

    /// How the sleep has ended, if it has.
    #[inline]
    pub fn ended(&self) -> Option<Fired> {
        // ORDERING: acquires what happened before the time came, for a clock is a way to synchronise to some; pairs with the
        // exchange in `Entry::end`.
        match self.entry.word.load(Ordering::Acquire) {
            FIRED => Some(Fired::Elapsed),
            SHUTDOWN => Some(Fired::Shutdown),
            _ => None,
        }
    }

    /// Whether the sleep is over; if not, the context's waker is the one that will be woken.
    pub fn poll(&mut self, cx: &Context<'_>) -> Poll<Fired> {
        if let Some(fired) = self.ended() {
            return Poll::Ready(fired);
        }
        // ORDERING: only this side arms; what the other side may have done the exchange below sees.
        let word = self.entry.word.load(Ordering::Relaxed);
        // Only this side writes a waker while the word is armed, so it may look without further ado: unless it has ended, and
        // then the other side may be taking it. So first the claim.
        if !is_armed(word) || !self.entry.exchange(word, word | REGISTERING) {
            return self.must_have_ended();
        }
        let registering = Registering { entry: &self.entry, word };
        // SAFETY: REGISTERING is set, so the waker is ours.
        let same = self.entry.waker.with(|w| unsafe { &*w }.as_ref().is_some_and(|w| w.will_wake(cx.waker())));
        let old = if same {
            None
        } else {
            // User code, and no lock is held: the other side doesn't wait for us.
            let new = cx.waker().clone();
            // SAFETY: as above.
            self.entry.waker.with_mut(|w| unsafe { &mut *w }.replace(new))
        };
        drop(registering);
        drop(old);
        self.ended().map_or(Poll::Pending, Poll::Ready)
    }

    fn must_have_ended(&self) -> Poll<Fired> {
        match self.ended() {
            Some(fired) => Poll::Ready(fired),
            None => gmp_base::throw!("a timer was cancelled and then polled"),
        }
    }

    /// Arms it for a time that isn't earlier than what it is armed for: an exchange, the queue is not touched. False if it is
    /// earlier, or the sleep has ended: then a new timer is needed.
    #[must_use]
    pub fn rearm_later(&mut self, when: u64) -> bool {
        // ORDERING: as in `poll`.
        let word = self.entry.word.load(Ordering::Relaxed);
        let new = armed(when.min(LATEST));
        is_armed(word) && new >= word & !REGISTERING && self.entry.exchange(word, new)
    }

    /// Cancels it, and returns the waker that nobody will wake now.
    pub fn cancel(mut self) -> Option<Waker> {
        self.cancel_by_ref().map(|(waker, _)| waker)?
    }

    /// As [`cancel`](Self::cancel); the entry can be used again. `None` if the sleep has ended.
    pub fn stop(mut self) -> Option<(Option<Waker>, Dormant)> {
        let (waker, last) = self.cancel_by_ref()?;
        let timer = ManuallyDrop::new(self);
        // SAFETY: the timer isn't used or dropped any more, so the reference is ours. There is nothing else in it.
        let entry = unsafe { ptr::read(&timer.entry) };
        Some((waker, Dormant { entry, last }))
    }

    /// The waker, and the time for which it was armed.
    fn cancel_by_ref(&mut self) -> Option<(Option<Waker>, u64)> {
        if self.ended().is_some() {
            return None;
        }
        // ORDERING: of the two sides one takes the word out of ARMED. Nothing is published: the waker was written by this side, and
        // the other one doesn't look at it once it sees CANCELLED.
        let word = self.entry.word.swap(CANCELLED, Ordering::Relaxed);
        if !is_armed(word) {
            return None;
        }
        // SAFETY: our exchange took the word out of ARMED, and REGISTERING isn't set outside of `poll`.
        let waker = self.entry.waker.with_mut(|w| unsafe { &mut *w }.take());
        Some((waker, word >> 1))
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        drop(self.cancel_by_ref());
    }
}

/// A timer that has been stopped, whose entry the queue has, perhaps. See "Proof: revival".
pub struct Dormant {
    /// Its word is CANCELLED or GONE, and it has no waker.
    entry: Shared,
    last: u64,
}

impl fmt::Debug for Dormant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dormant").field("entry", &self.entry).field("last", &self.last).finish()
    }
}

impl Dormant {
    /// The earliest time for which it can be armed again.
    #[inline]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Arms it again, in the queue where it is.
    ///
    /// # Errors
    /// With the waker, if the queue has let go of it, or the time is earlier than [`last`](Self::last).
    #[inline]
    pub fn revive(self, when: u64, waker: Waker) -> Result<Timer, Waker> {
        let when = when.min(LATEST);
        // ORDERING: a glance; the exchange below decides.
        if when < self.last || self.entry.word.load(Ordering::Relaxed) != CANCELLED {
            return Err(waker);
        }
        // SAFETY: the word isn't armed and this is the sleeper's side, so the waker is ours.
        let before = self.entry.waker.with_mut(|w| unsafe { &mut *w }.replace(waker));
        debug_assert!(before.is_none(), "a cancelled entry had a waker");
        if self.entry.exchange(CANCELLED, armed(when)) {
            return Ok(Timer { entry: self.entry });
        }
        // SAFETY: as above: the other side has made it GONE and looks at it no more.
        match self.entry.waker.with_mut(|w| unsafe { &mut *w }.take()) {
            Some(waker) => Err(waker),
            None => gmp_base::throw!("somebody took the waker of a timer that was not armed"),
        }
    }
}

#[cfg(test)]
impl Timer {
    pub(crate) fn new(when: u64, waker: Waker) -> Self {
        Self::new_pair(when, waker).0
    }

    pub(crate) fn entry(&self) -> Shared {
        self.entry.clone()
    }
}

/// The sleeper's right to the waker, while REGISTERING is set. A guard, for a waker's clone may panic.
struct Registering<'a> {
    entry: &'a Entry,
    /// The word without the bit.
    word: u64,
}

impl Drop for Registering<'_> {
    fn drop(&mut self) {
        if !self.entry.exchange(self.word | REGISTERING, self.word) {
            // It has ended meanwhile, and the waker was left to us.
            // SAFETY: the other side saw REGISTERING and doesn't touch the waker.
            let waker = self.entry.waker.with_mut(|w| unsafe { &mut *w }.take());
            drop(waker);
        }
    }
}

/// What the queue holds of a timer.
pub struct Entry {
    /// When, or what became of it.
    word: AtomicU64,
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: the word is atomic, the waker goes by the proof above.
unsafe impl Sync for Entry {}
// SAFETY: a waker is `Send`, and nothing else belongs to a thread.
unsafe impl Send for Entry {}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // ORDERING: for people.
        match self.word.load(Ordering::Relaxed) {
            FIRED => f.write_str("Fired"),
            SHUTDOWN => f.write_str("Shutdown"),
            CANCELLED => f.write_str("Cancelled"),
            GONE => f.write_str("Gone"),
            word => f.debug_tuple("Armed").field(&(word >> 1)).finish(),
        }
    }
}

/// What the queue is to do with an entry whose time it has.
#[derive(Debug)]
pub(crate) enum Due {
    /// It has been fired: to be woken, if the sleeper isn't looking just now.
    Fired(Option<Waker>),
    /// It has been armed for this later time.
    Later(u64),
    /// It had been cancelled.
    Dead,
}

impl Entry {
    fn exchange(&self, from: u64, to: u64) -> bool {
        // ORDERING: release publishes the waker to who ends the timer. Nothing is acquired: the other side writes no waker, and how it
        // has ended `ended` says.
        self.word.compare_exchange(from, to, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// The queue's side: the time that it is armed for. `None` if it has been cancelled: it will never fire then, and the queue
    /// must let go of it.
    #[inline]
    pub(crate) fn time_or_bury(&self) -> Option<u64> {
        // ORDERING: only the time matters. A sleeper that changes it meanwhile makes it later; what says that it is dead is
        // the exchange.
        let mut word = self.word.load(Ordering::Relaxed);
        while !is_armed(word) {
            word = self.bury(word)?;
        }
        Some(word >> 1)
    }

    /// The queue's side: takes an entry that isn't armed for dead. If it has been revived meanwhile, the new word.
    fn bury(&self, word: u64) -> Option<u64> {
        if word != CANCELLED {
            return None;
        }
        // ORDERING: "Proof: revival" needs one order of the word's changes, no more: who finds GONE reads nothing else, and who finds
        // the entry armed reads the waker behind `end`'s exchange.
        self.word.compare_exchange(CANCELLED, GONE, Ordering::Relaxed, Ordering::Relaxed).err()
    }

    /// The queue's side: its time under the key has come.
    pub(crate) fn fire(&self, now: u64) -> Due {
        self.end(FIRED, Some(now))
    }

    /// The queue's side: the runtime ends.
    pub(crate) fn shut_down(&self) -> Option<Waker> {
        match self.end(SHUTDOWN, None) {
            Due::Fired(waker) => waker,
            Due::Later(_) | Due::Dead => None,
        }
    }

    fn end(&self, to: u64, now: Option<u64>) -> Due {
        // ORDERING: the exchange checks it.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if !is_armed(word) {
                match self.bury(word) {
                    Some(seen) => word = seen,
                    None => return Due::Dead,
                }
                continue;
            }
            let when = word >> 1;
            if now.is_some_and(|now| when > now) {
                return Due::Later(when);
            }
            // ORDERING: acquires the waker, published by the sleeper's exchange; releases what happened before the time came to
            // `ended`.
            match self.word.compare_exchange_weak(word, to, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if word & REGISTERING != 0 => return Due::Fired(None),
                // SAFETY: our exchange took the word out of ARMED without REGISTERING, so the waker is ours.
                Ok(_) => return Due::Fired(self.waker.with_mut(|w| unsafe { &mut *w }.take())),
                Err(seen) => word = seen,
            }
        }
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;

#[cfg(all(test, not(gmp_loom)))]
mod tests;
