//! What holds the timers of a worker: gmp's queue beside the standard library's heap and tree.
//!
//! Measures
//! * `set_fire`: so many timers at random times within a second are set, then all of them fire, a millisecond's at a time; per
//!   timer;
//! * `set_cancel`: one is set for some time within a second and cancelled, beside so many that stay; per timer;
//! * `earliest`: a look at the time of the next one, beside so many.
//!
//! gmp's queue is a heap of what is near and a wheel of the rest, with a lock that is held for a step and never while anybody is
//! woken; each timer has an entry of its own, allocated, by which its task moves or cancels it. Beside it stand a `BinaryHeap` and
//! a `BTreeMap`, each under std's `Mutex`, with the time, a number and a waker for a timer. A heap can't take out what isn't its
//! first, so it isn't in `set_cancel`; the tree can, and so needs no entry.
//!
//! Does NOT measure tasks and runtimes (`timers.rs` does), workers that steal each other's timers, or moving one.
//!
//! Go: none — its benchmarks of timers go through the whole runtime, as those in `timers.rs` do.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use gmp_benches::random::Random;
use gmp_time::{Timer, Timers};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};
use std::task::Waker;

/// How far away a timer is at most, and how far the clock goes at a time, in nanoseconds.
const SECOND: u64 = 1_000_000_000;
const STEP: u64 = 1_000_000;

/// How many timers there are.
const COUNTS: [usize; 3] = [100, 10_000, 100_000];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();

    let mut group = criterion.benchmark_group("timer_queue/set_fire");
    for count in COUNTS {
        group.throughput(Throughput::Elements(count as u64));
        set_fire::<Timers>(&mut group, count);
        set_fire::<Heap>(&mut group, count);
        set_fire::<Tree>(&mut group, count);
    }
    group.finish();

    let mut group = criterion.benchmark_group("timer_queue/set_cancel");
    for count in COUNTS {
        set_cancel::<Timers>(&mut group, count);
        set_cancel::<Tree>(&mut group, count);
    }
    group.finish();

    let mut group = criterion.benchmark_group("timer_queue/earliest");
    for count in COUNTS {
        earliest::<Timers>(&mut group, count);
        earliest::<Heap>(&mut group, count);
        earliest::<Tree>(&mut group, count);
    }
    group.finish();
    criterion.final_summary();
}

/// What timers are put into.
trait Queue {
    /// What a report calls it.
    const NAME: &'static str;

    /// What the task has that set the timer.
    type Handle;

    fn empty() -> Self;

    fn set(&self, when: u64) -> Self::Handle;

    /// Takes out what is due at `now`, and says how much that was.
    fn fire(&self, now: u64) -> u64;

    fn next(&self) -> Option<u64>;
}

/// A queue that gives one back.
trait Cancel: Queue {
    fn cancel(&self, handle: Self::Handle);
}

impl Queue for Timers {
    const NAME: &'static str = "gmp";

    type Handle = Timer;

    fn empty() -> Self {
        Timers::new()
    }

    #[inline]
    fn set(&self, when: u64) -> Timer {
        self.start(when, Waker::noop().clone()).0
    }

    #[inline]
    fn fire(&self, now: u64) -> u64 {
        let mut fired = 0;
        self.run(now, |waker| {
            fired += 1;
            waker.wake();
        });
        fired
    }

    #[inline]
    fn next(&self) -> Option<u64> {
        Some(self.earliest()).filter(|when| *when != gmp_time::NEVER)
    }
}

impl Cancel for Timers {
    #[inline]
    fn cancel(&self, timer: Timer) {
        drop(timer.cancel());
    }
}

/// A time, and a number that tells timers of the same time apart.
type Key = (u64, u64);

/// A timer in a heap: the earlier the greater.
struct InHeap {
    key: Reverse<Key>,
    waker: Waker,
}

impl PartialEq for InHeap {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for InHeap {}

impl PartialOrd for InHeap {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for InHeap {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

/// A heap, and the number of the next timer.
#[derive(Default)]
struct Heap(Mutex<(BinaryHeap<InHeap>, u64)>);

impl Queue for Heap {
    const NAME: &'static str = "BinaryHeap";

    type Handle = ();

    fn empty() -> Self {
        Self::default()
    }

    #[inline]
    fn set(&self, when: u64) {
        let waker = Waker::noop().clone();
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.1 += 1;
        let key = Reverse((when, inner.1));
        inner.0.push(InHeap { key, waker });
    }

    #[inline]
    fn fire(&self, now: u64) -> u64 {
        let mut fired = 0;
        loop {
            let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(due) = inner.0.peek_mut().filter(|first| first.key.0.0 <= now) else {
                return fired;
            };
            let due = std::collections::binary_heap::PeekMut::pop(due);
            drop(inner);
            due.waker.wake();
            fired += 1;
        }
    }

    #[inline]
    fn next(&self) -> Option<u64> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0.peek().map(|first| first.key.0.0)
    }
}

/// A tree, and the number of the next timer.
#[derive(Default)]
struct Tree(Mutex<(BTreeMap<Key, Waker>, u64)>);

impl Queue for Tree {
    const NAME: &'static str = "BTreeMap";

    type Handle = Key;

    fn empty() -> Self {
        Self::default()
    }

    #[inline]
    fn set(&self, when: u64) -> Key {
        let waker = Waker::noop().clone();
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.1 += 1;
        let key = (when, inner.1);
        inner.0.insert(key, waker);
        key
    }

    #[inline]
    fn fire(&self, now: u64) -> u64 {
        let mut fired = 0;
        loop {
            let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(due) = inner.0.first_entry().filter(|first| first.key().0 <= now) else {
                return fired;
            };
            let waker = due.remove();
            drop(inner);
            waker.wake();
            fired += 1;
        }
    }

    #[inline]
    fn next(&self) -> Option<u64> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0.first_key_value().map(|(key, _)| key.0)
    }
}

impl Cancel for Tree {
    #[inline]
    fn cancel(&self, key: Key) {
        let removed = self.0.lock().unwrap_or_else(PoisonError::into_inner).0.remove(&key);
        drop(removed);
    }
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Times within a second, the same in each run.
fn times(count: usize) -> Vec<u64> {
    let mut random = Random::new(0);
    (0..count).map(|_| random.up_to(SECOND)).collect()
}

fn set_fire<Q: Queue>(group: &mut Group<'_>, count: usize) {
    let queue = Q::empty();
    let times = times(count);
    // The clock goes on from one iteration to the next, as clocks do.
    let mut base = 0;
    let mut handles = Vec::with_capacity(count);
    group.bench_function(BenchmarkId::new(Q::NAME, count), |b| {
        b.iter(|| {
            handles.extend(times.iter().map(|&time| queue.set(base + time)));
            let mut fired = 0;
            let end = base + SECOND;
            while base < end {
                base += STEP;
                fired += queue.fire(base);
            }
            assert_eq!(fired, count as u64, "every timer fired");
            handles.clear();
        });
    });
}

/// A queue with so many timers that nobody gets to see fire, and what keeps them.
fn filled<Q: Queue>(count: usize) -> (Q, Vec<Q::Handle>) {
    let queue = Q::empty();
    let kept = times(count).into_iter().map(|time| queue.set(time)).collect();
    (queue, kept)
}

fn set_cancel<Q: Cancel>(group: &mut Group<'_>, count: usize) {
    let (queue, kept) = filled::<Q>(count);
    let mut random = Random::new(1);
    group.bench_function(BenchmarkId::new(Q::NAME, count), |b| {
        b.iter(|| {
            let handle = black_box(queue.set(random.up_to(SECOND)));
            queue.cancel(handle);
        });
    });
    drop(kept);
}

fn earliest<Q: Queue>(group: &mut Group<'_>, count: usize) {
    let (queue, kept) = filled::<Q>(count);
    group.bench_function(BenchmarkId::new(Q::NAME, count), |b| {
        b.iter(|| assert!(black_box(&queue).next().is_some(), "there are timers"));
    });
    drop(kept);
}
