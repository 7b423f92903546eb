//! [`Timers`]: the queue of a P slot, under its own lock.
//!
//! Anyone may add and fire: the slot's M at each turn, an idle M that looks for work, sysmon for an M that is stuck. A lock is
//! right here: it is hardly ever contended, and who holds which P doesn't matter to a timer.
//!
//! Dead entries are trimmed where an entry is added, and purged when the queue is twice as long as after the last purge. So it is
//! never longer than twice the most timers that were alive at a time, or sixty-four, at a price of two looks an addition. Until then a
//! dead entry can come to life again, without the queue's doing (`timer.rs`, "Proof: revival").
//!
//! Go: runtime/time.go (type timers, 136; addHeap, cleanHead, wakeTime, check, run, 292-1230)

use crate::heap::Node;
use crate::queue::Queue;
use crate::timer::{Due, Timer};
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::{AtomicU64, AtomicUsize, Ordering};
use gmp_base::prefetch::prefetch;
use std::fmt;
use std::task::Waker;

/// The earliest time of a queue without timers.
pub const NEVER: u64 = u64::MAX;

/// So many wakers are taken out before the lock is dropped and they are woken.
const BATCH: usize = 32;

/// Queues below this aren't purged.
const PURGE_FROM: usize = 64;

/// The timers of a P slot.
pub struct Timers {
    /// The earliest key in the queue, or [`NEVER`]. Written under the lock.
    earliest: AtomicU64,
    /// How many entries the queue has. Written under the lock.
    len: AtomicUsize,
    state: Lock<State>,
}

struct State {
    queue: Queue,
    next_seq: u64,
    /// The length at which dead entries are looked for.
    purge_at: usize,
    closed: bool,
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers").field("earliest", &self.earliest()).finish_non_exhaustive()
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a new timer is the earliest of its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Somebody may have to be told to wake for it.
    Earliest,
    /// There is an earlier one.
    Later,
}

impl Timers {
    /// Without timers.
    pub fn new() -> Self {
        let state = State { queue: Queue::default(), next_seq: 0, purge_at: PURGE_FROM, closed: false };
        Self { earliest: AtomicU64::new(NEVER), len: AtomicUsize::new(0), state: Lock::new(LockRank::Timers, state) }
    }

    /// The time of the earliest timer, [`NEVER`] if there is none. May be too early, for a timer that was cancelled or armed
    /// anew; is never too late for what was added before (as the caller knows by a fence or by its own addition).
    #[inline]
    pub fn earliest(&self) -> u64 {
        // ORDERING: a hint; where a proof rests on it (`proc/netpoller.rs`) there are fences on both sides.
        self.earliest.load(Ordering::Relaxed)
    }

    /// As [`earliest`](Self::earliest), after a look at what is first in the queue: cancelled and delayed timers don't count. For who
    /// is about to sleep until then.
    pub fn earliest_alive(&self) -> u64 {
        if self.earliest() == NEVER {
            return NEVER;
        }
        let mut state = self.state.lock();
        while let Some(node) = state.queue.peek() {
            match node.entry.time_or_bury() {
                None => drop(state.queue.pop()),
                Some(when) if when > node.when => state.queue.delay_first(when),
                Some(_) => break,
            }
        }
        self.publish(&state)
    }

    /// How many entries there are, dead ones included.
    pub fn len(&self) -> usize {
        // ORDERING: a hint.
        self.len.load(Ordering::Relaxed)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts a timer.
    pub fn start(&self, when: u64, waker: Waker) -> (Timer, Place) {
        let (timer, entry) = Timer::new_pair(when, waker);
        let when = when.min(crate::LATEST);
        let mut state = self.state.lock();
        if state.closed {
            drop(state);
            // The waker isn't woken: who starts a timer polls it.
            drop(entry.shut_down());
            return (timer, Place::Later);
        }
        let seq = state.next_seq;
        state.next_seq += 1;
        if state.queue.len() >= state.purge_at {
            state.queue.purge();
            state.purge_at = PURGE_FROM.max(2 * state.queue.len());
        }
        state.queue.push(Node { when, seq, entry });
        let place = if self.publish(&state) == when { Place::Earliest } else { Place::Later };
        drop(state);
        (timer, place)
    }

    /// Fires what is due at `now`: `wake` gets the wakers, without a lock, and must not panic: others would not be woken. Says
    /// whether there was anything.
    pub fn run(&self, now: u64, wake: impl FnMut(Waker)) -> bool {
        self.run_some(now, usize::MAX, wake)
    }

    /// As [`run`](Self::run), the first `most` of them.
    pub fn run_some(&self, now: u64, most: usize, mut wake: impl FnMut(Waker)) -> bool {
        // Nothing as a rule, for which no batch is laid out.
        if self.earliest() > now {
            return false;
        }
        let mut fired = 0;
        let mut batch = [const { None }; BATCH];
        while fired < most && self.earliest() <= now {
            let room = BATCH.min(most - fired);
            let (count, more) = self.take_due(now, &mut batch[..room]);
            fired += count;
            batch[..count].iter_mut().filter_map(Option::take).for_each(&mut wake);
            if !more {
                break;
            }
        }
        fired > 0
    }

    /// Takes a batch of due timers; says how many, and whether there are more.
    fn take_due(&self, now: u64, batch: &mut [Option<Waker>]) -> (usize, bool) {
        let mut count = 0;
        let mut state = self.state.lock();
        let queue = &mut state.queue;
        while count < batch.len() {
            let Some(node) = queue.due(now) else { break };
            // By its key and not by `now`: one that has been armed for later has a place behind those that come before, due or not.
            match node.entry.fire(node.when) {
                Due::Later(when) => queue.delay_first(when),
                Due::Dead => drop(queue.pop()),
                Due::Fired(waker) => {
                    // What the waker is for hasn't been touched since it went to sleep; while this one is fetched others fire.
                    if let Some(waker) = &waker {
                        prefetch(waker.data());
                    }
                    batch[count] = waker;
                    count += 1;
                    queue.pop();
                }
            }
        }
        let more = self.publish(&state) <= now;
        (count, more)
    }

    /// Ends all timers, and all that are started from now on; `wake` as in [`run`](Self::run).
    pub fn close(&self, mut wake: impl FnMut(Waker)) {
        let mut state = self.state.lock();
        state.closed = true;
        let nodes = state.queue.take();
        self.publish(&state);
        drop(state);
        for node in nodes {
            if let Some(waker) = node.entry.shut_down() {
                wake(waker);
            }
        }
    }

    /// Under the lock, after each change.
    fn publish(&self, state: &State) -> u64 {
        let earliest = state.queue.peek().map_or(NEVER, |node| node.when);
        // ORDERING: see `earliest` and `len`.
        self.earliest.store(earliest, Ordering::Relaxed);
        self.len.store(state.queue.len(), Ordering::Relaxed);
        earliest
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;

#[cfg(all(test, not(gmp_loom)))]
mod tests;
