//! The word that says what a task is doing: gmp's status word beside what a small executor has, an `Arc` and a flag.
//!
//! Measures, by one thread, the transitions alone:
//! * `turn`: a task that waits is woken, runs and waits again;
//! * `yield`: it is woken while it runs, and runs again;
//! * `wake_again`: it is woken when it is going to run anyway;
//! * `waker`: a waker is made from another one, wakes, and is gone; with the turn that follows;
//! * `life`: from birth to death, with a join handle that reads the output; gmp's alone;
//!
//! and by two threads
//! * `contended`: one wakes without end, the other lets the task run as often as it can; per turn.
//!
//! The flag is what tutorials build: set by a wake, which queues the task if it was clear, and cleared before the poll. It can't
//! tell running from waiting, so two threads may poll at once unless a lock forbids it, and it knows no join handle, no
//! cancellation and no end. So it is not what gmp could have instead: it is the least that a wake can cost.
//!
//! Does NOT measure wakers as users have them (a call through a table of functions), queues, or polls: `spawn.rs` and
//! `ping_pong.rs` have all that together.
//!
//! Go: none — casgstatus has no benchmark.

use criterion::Criterion;
use gmp_task::status::{Complete, Park, Status, Wake};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for name in ["turn", "yield", "wake_again", "waker"] {
        bench::<Status>(&mut criterion, name);
        bench::<Flag>(&mut criterion, name);
    }
    life(&mut criterion);
    contended::<Status>(&mut criterion);
    contended::<Flag>(&mut criterion);
    criterion.final_summary();
}

/// A word with what both can do. A new one is to run.
trait Word: Send + Sync + 'static {
    /// What a report calls it.
    const NAME: &'static str;

    /// What a waker holds.
    type Reference;

    fn new() -> Self::Reference;

    fn word(reference: &Self::Reference) -> &Self;

    /// The poll begins.
    fn enter(&self);

    /// The poll is over; says whether the task is to run again.
    fn park(&self) -> bool;

    /// Says whether the task is to be queued.
    fn wake(&self) -> bool;

    fn is_woken(&self) -> bool;

    fn add_reference(reference: &Self::Reference) -> Self::Reference;

    /// The same as [`wake`](Self::wake), giving the reference up.
    fn wake_by(reference: Self::Reference) -> bool;
}

impl Word for Status {
    const NAME: &'static str = "gmp";

    /// The word has the count in it. Who makes it has the life reference and that of the join handle, which keep it.
    type Reference = &'static Status;

    fn new() -> &'static Status {
        // Leaked: the cell that a task's word is in isn't part of this.
        Box::leak(Box::new(Status::born()))
    }

    fn word<'a>(reference: &'a &'static Status) -> &'a Status {
        reference
    }

    #[inline]
    fn enter(&self) {
        black_box(Status::enter(self));
    }

    #[inline]
    fn park(&self) -> bool {
        Status::park(self) != Park::Parked
    }

    #[inline]
    fn wake(&self) -> bool {
        self.wake_by_ref().is_submit()
    }

    #[inline]
    fn is_woken(&self) -> bool {
        Status::is_woken(self)
    }

    #[inline]
    fn add_reference(reference: &&'static Status) -> &'static Status {
        reference.ref_inc();
        reference
    }

    #[inline]
    fn wake_by(reference: &'static Status) -> bool {
        reference.wake_by_val() == Wake::Submit
    }
}

/// Whether a task is in a queue.
struct Flag(AtomicBool);

impl Word for Flag {
    const NAME: &'static str = "arc_and_flag";

    type Reference = Arc<Flag>;

    fn new() -> Arc<Flag> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    fn word(reference: &Arc<Flag>) -> &Flag {
        reference
    }

    #[inline]
    fn enter(&self) {
        // ORDERING: acquires what the wakers wrote; releases, as a swap that others acquire.
        self.0.swap(false, Ordering::AcqRel);
    }

    #[inline]
    fn park(&self) -> bool {
        // Who woke it meanwhile has queued it.
        self.is_woken()
    }

    #[inline]
    fn wake(&self) -> bool {
        // ORDERING: releases what the waker wrote to the `enter` that comes.
        !self.0.swap(true, Ordering::AcqRel)
    }

    #[inline]
    fn is_woken(&self) -> bool {
        // ORDERING: Relaxed — a look; `enter` is what acquires.
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    fn add_reference(reference: &Arc<Flag>) -> Arc<Flag> {
        Arc::clone(reference)
    }

    #[inline]
    fn wake_by(reference: Arc<Flag>) -> bool {
        reference.wake()
    }
}

fn bench<W: Word>(criterion: &mut Criterion, name: &str) {
    let mut group = criterion.benchmark_group(format!("task_word/{name}"));
    let reference = W::new();
    let word = W::word(&reference);
    match name {
        "turn" => group.bench_function(W::NAME, |b| {
            b.iter(|| {
                turn(black_box(word));
                assert!(word.wake(), "who wakes it queues it");
            });
        }),
        "yield" => group.bench_function(W::NAME, |b| {
            b.iter(|| {
                black_box(word).enter();
                black_box(word.wake());
                assert!(word.park(), "it has been woken");
            });
        }),
        "wake_again" => group.bench_function(W::NAME, |b| {
            b.iter(|| assert!(!black_box(word).wake(), "it is queued already"));
        }),
        "waker" => group.bench_function(W::NAME, |b| {
            b.iter(|| {
                turn(black_box(word));
                let waker = W::add_reference(black_box(&reference));
                assert!(W::wake_by(waker), "who wakes it queues it");
            });
        }),
        other => unreachable!("{other} is in main's list only"),
    };
    group.finish();
}

#[inline]
fn turn<W: Word>(word: &W) {
    word.enter();
    assert!(!word.park(), "nobody has woken it");
}

fn life(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("task_word/life");
    group.bench_function(Status::NAME, |b| {
        b.iter(|| {
            let status = black_box(Status::born());
            assert!(!black_box(&status).enter(), "nobody has cancelled it");
            assert_eq!(black_box(&status).complete(), Complete::Released, "the output is the join handle's");
            assert!(black_box(&status).ref_dec(), "the join handle's reference is the last");
        });
    });
    group.finish();
}

fn contended<W: Word>(criterion: &mut Criterion)
where
    W::Reference: Send + Sync,
{
    let mut group = criterion.benchmark_group("task_word/contended");
    group.bench_function(W::NAME, |b| b.iter_custom(turns_beside_a_waker::<W>));
    group.finish();
}

/// The time of `n` turns, each of which waits until another thread has woken the task.
fn turns_beside_a_waker<W: Word>(n: u64) -> Duration
where
    W::Reference: Send + Sync,
{
    let reference = W::new();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (reference, over) = (&reference, &over);
        scope.spawn(move || {
            // ORDERING: Relaxed — a request to stop.
            while !over.load(Ordering::Relaxed) {
                black_box(W::word(reference).wake());
            }
        });
        let word = W::word(reference);
        let start = Instant::now();
        for _ in 0..n {
            // With one CPU the waker has to be let in.
            let mut looks = 0_u32;
            while !word.is_woken() {
                looks += 1;
                if looks % 1_024 == 0 {
                    thread::yield_now();
                }
            }
            word.enter();
            black_box(word.park());
        }
        let elapsed = start.elapsed();
        // ORDERING: Relaxed — see above.
        over.store(true, Ordering::Relaxed);
        elapsed
    })
}
