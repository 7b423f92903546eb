//! The run queue of a worker: gmp's ring beside crossbeam's deque (first in, first out).
//!
//! Measures
//! * `put_get`: one token in and out again, per pair; for gmp also by way of `runnext` (`gmp_next`);
//! * `fill_drain`: so many tokens in, then all of them out, per token. A ring has its 256 slots from the start, the
//!   deque starts with 64 and changes its size on the way: 32 stay below that, 256 show it;
//! * `steal_half`: taking 128 of 256 tokens, per theft, with nobody in the way;
//! * `shared`: the owner puts 32 tokens, then takes what it finds, over and over, while a second thread steals half of
//!   what it sees, per token. How much of it was stolen is printed after the figure; read them together, since a thief
//!   that gets nothing disturbs nobody;
//! * `handover`: the owner only puts, the second thread steals everything, per token.
//!
//! Where it says per token, read `thrpt`: `time` is that of the whole lot.
//!
//! It also guards the inlining of the ring across crates: `put_get` far above the deque's says that it is gone.
//!
//! Does NOT measure overflow to the global queue (no queue here gets full), more than one thief, or tasks: a token is
//! an address, and nobody touches what it leads to. In `shared` and `handover` both threads want a CPU each; on a
//! machine that is busy with other things they show its scheduler.
//!
//! Go: none.

use criterion::{BenchmarkId, Criterion, Throughput};
use crossbeam::deque::Worker;
use crossbeam::utils::Backoff;
use gmp_benches::items::{Ring, Token};
use gmp_benches::queues::{LocalQueue, MAX_BATCH};
use std::hint::black_box;
use std::iter;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Tokens that go through the queue in one round of `shared` and `handover`.
const ROUND: usize = 4096;

/// Tokens that the owner puts before it looks after them, in `shared`.
const BURST: usize = 32;

/// Victims that are filled ahead in `steal_half`, so that the clock is read once for so many thefts.
const VICTIMS: u64 = 16;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    put_get(&mut criterion);
    fill_drain(&mut criterion);
    steal_half(&mut criterion);
    shared(&mut criterion);
    handover(&mut criterion);
    criterion.final_summary();
}

fn put_get(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("runq/put_get");
    let ring = Ring::new();
    let mut token = Some(Token::new(0));
    group.bench_function("gmp", |b| b.iter(|| token = turn(&ring, token.take())));
    group.bench_function("gmp_next", |b| {
        b.iter(|| {
            let overflow = token.take().and_then(|token| ring.put(black_box(token), true));
            assert!(overflow.is_none(), "the ring is empty");
            token = black_box(ring.get());
        });
    });
    let deque = Worker::new_fifo();
    group.bench_function("crossbeam", |b| b.iter(|| token = turn(&deque, token.take())));
    assert!(token.is_some(), "the token went round");
    group.finish();
}

#[inline]
fn turn<Q: LocalQueue>(queue: &Q, token: Option<Token>) -> Option<Token> {
    queue.put(black_box(token)?);
    black_box(queue.get())
}

fn fill_drain(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("runq/fill_drain");
    for count in [32, Ring::CAPACITY] {
        group.throughput(Throughput::Elements(count as u64));
        fill_drain_on::<Ring>(&mut group, count);
        fill_drain_on::<Worker<Token>>(&mut group, count);
    }
    group.finish();
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn fill_drain_on<Q: LocalQueue>(group: &mut Group<'_>, count: usize) {
    let queue = Q::new();
    let mut tokens = tokens(count);
    group.bench_function(BenchmarkId::new(Q::NAME, count), |b| {
        b.iter(|| {
            tokens.drain(..).for_each(|token| queue.put(token));
            tokens.extend(iter::from_fn(|| queue.get()));
        });
    });
    assert_eq!(tokens.len(), count, "every token came back");
}

fn steal_half(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("runq/steal_half");
    steal_half_on::<Ring>(&mut group);
    steal_half_on::<Worker<Token>>(&mut group);
    group.finish();
}

fn steal_half_on<Q: LocalQueue>(group: &mut Group<'_>) {
    let pairs: Vec<(Q, Q)> = (0..VICTIMS).map(|_| (Q::new(), Q::new())).collect();
    let victims: Vec<_> = pairs.iter().map(|(victim, _)| victim.thief()).collect();
    let mut tokens = tokens(2 * MAX_BATCH * pairs.len());
    group.bench_function(Q::NAME, |b| {
        b.iter_custom(|mut thefts| {
            let mut elapsed = Duration::ZERO;
            while thefts > 0 {
                let now = thefts.min(VICTIMS) as usize;
                thefts -= now as u64;
                for (victim, _) in &pairs[..now] {
                    tokens.drain(..2 * MAX_BATCH).for_each(|token| victim.put(token));
                }
                let mut first = Vec::with_capacity(now);
                let start = Instant::now();
                for ((_, thief), victim) in pairs[..now].iter().zip(&victims) {
                    first.extend(black_box(thief.steal_half(victim)));
                }
                elapsed += start.elapsed();
                assert_eq!(first.len(), now, "every theft brought something");
                tokens.append(&mut first);
                for (victim, thief) in &pairs[..now] {
                    assert_eq!(victim.queued(), MAX_BATCH, "a theft takes half");
                    tokens.extend(iter::from_fn(|| victim.get()));
                    tokens.extend(iter::from_fn(|| thief.get()));
                }
            }
            elapsed
        });
    });
}

fn shared(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("runq/shared");
    group.throughput(Throughput::Elements(ROUND as u64));
    shared_on::<Ring>(&mut group);
    shared_on::<Worker<Token>>(&mut group);
    group.finish();
}

fn shared_on<Q: LocalQueue>(group: &mut Group<'_>) {
    let (mut stolen, mut all) = (0, 0);
    group.bench_function(Q::NAME, |b| {
        b.iter_custom(|rounds| {
            beside_a_thief(|queue: &Q, loot| {
                let mut tokens = tokens(ROUND);
                let mut elapsed = Duration::ZERO;
                for _ in 0..rounds {
                    let mut own = Vec::with_capacity(ROUND);
                    let start = Instant::now();
                    while !tokens.is_empty() {
                        tokens.drain(tokens.len().saturating_sub(BURST)..).for_each(|token| queue.put(token));
                        own.extend(iter::from_fn(|| queue.get()));
                    }
                    loot.wait_for(ROUND - own.len());
                    elapsed += start.elapsed();
                    stolen += ROUND - own.len();
                    all += ROUND;
                    tokens = own;
                    loot.give_back(&mut tokens);
                }
                elapsed
            })
        });
    });
    if all > 0 {
        println!("{}: {:.1} % of the tokens were stolen", Q::NAME, 100.0 * stolen as f64 / all as f64);
    }
}

fn handover(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("runq/handover");
    group.throughput(Throughput::Elements(ROUND as u64));
    handover_on::<Ring>(&mut group);
    handover_on::<Worker<Token>>(&mut group);
    group.finish();
}

fn handover_on<Q: LocalQueue>(group: &mut Group<'_>) {
    group.bench_function(Q::NAME, |b| {
        b.iter_custom(|rounds| {
            beside_a_thief(|queue: &Q, loot| {
                let mut tokens = tokens(ROUND);
                let mut elapsed = Duration::ZERO;
                for _ in 0..rounds {
                    let start = Instant::now();
                    for token in tokens.drain(..) {
                        let backoff = Backoff::new();
                        while queue.queued() == Ring::CAPACITY {
                            backoff.snooze();
                        }
                        queue.put(token);
                    }
                    loot.wait_for(ROUND);
                    elapsed += start.elapsed();
                    loot.give_back(&mut tokens);
                }
                elapsed
            })
        });
    });
}

fn tokens(count: usize) -> Vec<Token> {
    (0..count as u64).map(Token::new).collect()
}

/// What the thief has taken in a round. The lock is the thief's alone until the round is over.
#[derive(Default)]
struct Loot {
    tokens: Mutex<Vec<Token>>,
    taken: AtomicUsize,
}

impl Loot {
    fn add(&self, first: Token, rest: impl Iterator<Item = Token>) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.push(first);
        tokens.extend(rest);
        // ORDERING: Relaxed — a count; the tokens themselves go through the lock.
        self.taken.store(tokens.len(), Ordering::Relaxed);
    }

    fn wait_for(&self, count: usize) {
        let backoff = Backoff::new();
        // ORDERING: Relaxed — as in `add`.
        while self.taken.load(Ordering::Relaxed) != count {
            backoff.snooze();
        }
    }

    fn give_back(&self, to: &mut Vec<Token>) {
        to.append(&mut self.tokens.lock().unwrap_or_else(PoisonError::into_inner));
        // ORDERING: Relaxed — as in `add`; the thief adds no more before tokens are put again.
        self.taken.store(0, Ordering::Relaxed);
        assert_eq!(to.len(), ROUND, "every token came back");
    }
}

/// Ends the thief also when the owner panics.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        // ORDERING: Relaxed — a flag that publishes nothing; the join of the thread does.
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `owner` with a queue that a second thread steals from all the while.
fn beside_a_thief<Q: LocalQueue>(owner: impl FnOnce(&Q, &Loot) -> Duration) -> Duration {
    let queue = Q::new();
    let victim = queue.thief();
    let (loot, stop) = (Loot::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let (loot, stop) = (&loot, &stop);
        scope.spawn(move || {
            let own = Q::new();
            let backoff = Backoff::new();
            // ORDERING: Relaxed — see `StopOnDrop`.
            while !stop.load(Ordering::Relaxed) {
                match own.steal_half(&victim) {
                    Some(first) => {
                        loot.add(first, iter::from_fn(|| own.get()));
                        backoff.reset();
                    }
                    None => backoff.snooze(),
                }
            }
        });
        let _stop = StopOnDrop(stop);
        owner(&queue, loot)
    })
}
