//! The queue of all workers: gmp's chains under a lock beside crossbeam's lock-free `Injector`.
//!
//! Measures
//! * `put_get`: one token in and out again, per pair;
//! * `put_batch`: 256 tokens in one by one, as threads outside of the runtime put them, then out in batches to a local
//!   queue and from there, per token;
//! * `overflow`: 129 tokens at once, as a full ring gives them away, then out in batches, per token. gmp puts a chain
//!   in one go, and linking the chain is in the figure; an `Injector` has nothing of the kind and takes them one by
//!   one;
//! * `two_threads`: one thread puts singles, another takes batches until it has all 4096, per token, from the first put
//!   to the last token.
//!
//! Where it says per token, read `thrpt`: `time` is that of the whole lot.
//!
//! Batches are of at most 128 on both sides, but neither gives that much as a rule: gmp makes chains of 32 of singles,
//! an `Injector` gives half of what it has, within one of its blocks of 63.
//!
//! Does NOT measure many threads at a time (how many there can be is up to the machine; see `spawn_remote_4` of
//! gmp-bench), or the wake-ups that come with a put in a scheduler.
//!
//! Go: none.

use criterion::{Criterion, Throughput};
use crossbeam::deque::Injector;
use crossbeam::utils::Backoff;
use gmp_benches::items::{Chain, Global, Token};
use gmp_benches::queues::{GlobalQueue, LocalQueue};
use std::hint::black_box;
use std::iter;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// What a full ring gives away: half of 256, and the one that did not fit.
const OVERFLOW: usize = 129;

/// Tokens in one turn of `put_batch`.
const SINGLES: usize = 256;

/// Tokens in one round of `two_threads`.
const ROUND: usize = 4096;

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();

    let mut group = criterion.benchmark_group("globrunq/put_get");
    put_get::<Global>(&mut group);
    put_get::<Injector<Token>>(&mut group);
    group.finish();

    let mut group = criterion.benchmark_group("globrunq/put_batch");
    group.throughput(Throughput::Elements(SINGLES as u64));
    put_batch::<Global>(&mut group, SINGLES, put_singles);
    put_batch::<Injector<Token>>(&mut group, SINGLES, put_singles);
    group.finish();

    let mut group = criterion.benchmark_group("globrunq/overflow");
    group.throughput(Throughput::Elements(OVERFLOW as u64));
    put_batch::<Global>(&mut group, OVERFLOW, put_chain);
    put_batch::<Injector<Token>>(&mut group, OVERFLOW, put_singles);
    group.finish();

    let mut group = criterion.benchmark_group("globrunq/two_threads");
    group.throughput(Throughput::Elements(ROUND as u64));
    two_threads::<Global>(&mut group);
    two_threads::<Injector<Token>>(&mut group);
    group.finish();

    criterion.final_summary();
}

fn put_get<Q: GlobalQueue>(group: &mut Group<'_>) {
    let queue = Q::new();
    let mut token = Some(Token::new(0));
    group.bench_function(Q::NAME, |b| {
        b.iter(|| {
            if let Some(token) = token.take() {
                queue.put(black_box(token));
            }
            token = black_box(queue.get());
        });
    });
    assert!(token.is_some(), "the token went round");
}

fn put_singles<Q: GlobalQueue>(queue: &Q, tokens: &mut Vec<Token>) {
    tokens.drain(..).for_each(|token| queue.put(token));
}

fn put_chain(queue: &Global, tokens: &mut Vec<Token>) {
    let mut chain = Chain::default();
    tokens.drain(..).for_each(|token| chain.push(token));
    queue.put_chain(chain);
}

fn put_batch<Q: GlobalQueue>(group: &mut Group<'_>, count: usize, put: fn(&Q, &mut Vec<Token>)) {
    let (queue, local) = (Q::new(), Q::Local::new());
    let mut tokens: Vec<_> = (0..count as u64).map(Token::new).collect();
    group.bench_function(Q::NAME, |b| {
        b.iter(|| {
            put(&queue, &mut tokens);
            while queue.get_batch(&local) {
                tokens.extend(iter::from_fn(|| local.get()));
            }
        });
    });
    assert_eq!(tokens.len(), count, "every token came back");
}

fn two_threads<Q: GlobalQueue>(group: &mut Group<'_>) {
    group.bench_function(Q::NAME, |b| b.iter_custom(rounds_of_two::<Q>));
}

/// This thread takes what another puts. The clock runs from the first put, which only the producer can tell, to the
/// last token: neither the waking of the producer is in the figure, nor can a consumer that comes late miss the puts.
fn rounds_of_two<Q: GlobalQueue>(rounds: u64) -> Duration {
    let (queue, local) = (Q::new(), Q::Local::new());
    thread::scope(|scope| {
        let (to_producer, from_consumer) = mpsc::channel::<Vec<Token>>();
        let (to_consumer, from_producer) = mpsc::channel::<Instant>();
        let queue = &queue;
        scope.spawn(move || {
            // Ends when the consumer is through, or has panicked: either drops the sender.
            for mut tokens in from_consumer {
                let start = Instant::now();
                put_singles(queue, &mut tokens);
                to_consumer.send(start).expect("the consumer asks after each round");
            }
        });
        let mut tokens: Vec<_> = (0..ROUND as u64).map(Token::new).collect();
        let mut elapsed = Duration::ZERO;
        for _ in 0..rounds {
            let mut taken = Vec::with_capacity(ROUND);
            to_producer.send(tokens).expect("the producer listens");
            let backoff = Backoff::new();
            while taken.len() < ROUND {
                if queue.get_batch(&local) {
                    taken.extend(iter::from_fn(|| local.get()));
                    backoff.reset();
                } else {
                    backoff.snooze();
                }
            }
            let end = Instant::now();
            elapsed += end - from_producer.recv().expect("the producer has begun");
            tokens = taken;
        }
        elapsed
    })
}
