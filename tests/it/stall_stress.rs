//! A thousand tasks that block their threads at random, with wakes from everywhere, while Ps are taken away and given back.
//!
//! Each task waits for tokens. For each one it does something for a while (mostly what it should not: it blocks its thread
//! for up to 50 ms) and then passes the token on to another task, from a place that is different each time: its poll, a
//! timer, the blocking pool, a child, a thread outside, another runtime. Tokens are neither made nor lost, so at the end,
//! when nobody passes them on any more, each has to be used up without anybody's help: a wake-up that is lost leaves one
//! over.
//!
//! `GMP_STRESS_SECONDS` says how long each of these goes on (1 by itself; minutes find more).

mod hardship;

use crate::support::{Census, PATIENCE, current, eventually, multi_builder, threads_called, watched};
use gmp::runtime::{Handle, Runtime};
use gmp::task::JoinHandle;
use gmp_sched::proc::retire::{drain_retired, retire};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

const TASKS: usize = 1_000;

/// Threads of the blocking pool at most.
const POOL: usize = 8;

/// Threads that are stuck at most (`MAX_SPARE_RECORDS`), those of the pool, and a few that have a P or are spare.
const MOST_THREADS: usize = 512 + POOL + 8;

#[test]
fn no_task_is_lost_on_two_workers() {
    stress(runtime("stress-two", 2, true), "stress-two", || {});
}

#[test]
fn no_task_is_lost_on_four_workers() {
    stress(runtime("stress-four", 4, true), "stress-four", || {});
}

/// Ps are taken away at random, from threads that did nothing as from those that block.
#[test]
fn no_task_is_lost_when_ps_are_taken_for_no_reason() {
    // One at a time may take them.
    let runtime = runtime("stress-villain", 3, false);
    let sched = {
        let _guard = runtime.enter();
        gmp_sched::current().expect("inside of a runtime")
    };
    let mut random = Random(0);
    stress(runtime, "stress-villain", move || {
        for _ in 0..4 {
            let _ = retire(&sched, random.below(sched.procs() as u64) as usize);
            drain_retired(&sched);
        }
    });
}

#[test]
fn no_task_survives_a_runtime_that_ends_in_the_middle() {
    watched(|| {
        let begun = Instant::now();
        loop {
            let runtime = runtime("stress-end", 3, true);
            let census = Census::default();
            let (world, tasks) = World::begin(&runtime, &census);
            let outside = Outside::begin(&world, &runtime);
            thread::sleep(Duration::from_millis(150));
            drop(runtime);
            // Not even the ones that were blocked while it ended.
            census.assert_all_dropped();
            assert!(tasks.iter().all(JoinHandle::is_finished));
            world.check();
            outside.end();
            if begun.elapsed() >= seconds().min(PATIENCE / 4) {
                break;
            }
        }
    });
}

/// `meanwhile` is called all the time.
fn stress(runtime: Runtime, name: &str, mut meanwhile: impl FnMut()) {
    let census = Census::default();
    let (world, tasks) = World::begin(&runtime, &census);
    let outside = Outside::begin(&world, &runtime);

    let begun = Instant::now();
    let (mut most_threads, mut progress) = (0, Progress::new());
    while begun.elapsed() < seconds() {
        meanwhile();
        most_threads = most_threads.max(threads_called(name));
        progress.expect(&world);
        world.check();
        thread::sleep(Duration::from_millis(2));
    }

    // From here on tokens are not passed on, and nobody wakes anybody from outside.
    world.is_over.store(true, Ordering::SeqCst);
    outside.end();
    while world.tokens.load(Ordering::SeqCst) > 0 {
        meanwhile();
        most_threads = most_threads.max(threads_called(name));
        progress.expect(&world);
        thread::sleep(Duration::from_millis(1));
    }
    world.end.store(true, Ordering::SeqCst);
    world.slots.iter().for_each(Slot::wake);

    let (done, all_done) = mpsc::channel();
    let retired = runtime.metrics().retired_count();
    thread::spawn(move || {
        for task in tasks {
            runtime.block_on(task).expect("a task completes");
        }
        let metrics = runtime.metrics();
        eventually("nothing is alive", || metrics.num_alive_tasks() == 0);
        drop(runtime);
        let _ = done.send(());
    });
    all_done.recv_timeout(PATIENCE).expect("all tasks complete, and the runtime ends");
    world.check();
    census.assert_all_dropped();
    let used = world.used.load(Ordering::SeqCst);
    println!("{used} turns, {retired} Ps taken away, {most_threads} threads at most");
    assert!(used >= TASKS as u64, "each task has had a turn or more");
    assert!(most_threads <= MOST_THREADS, "{most_threads} threads");
}

fn seconds() -> Duration {
    let seconds = std::env::var("GMP_STRESS_SECONDS").ok();
    Duration::from_secs_f64(seconds.map_or(1.0, |text| text.parse().expect("GMP_STRESS_SECONDS is a number")))
}

/// Its threads have that name, so that those of other tests are not counted.
fn runtime(name: &str, workers: usize, is_watched: bool) -> Runtime {
    let mut builder = multi_builder(workers);
    builder.stall_detection(is_watched).thread_name(name).max_blocking_threads(POOL).build().expect("a runtime")
}

/// What all have in common.
struct World {
    slots: Vec<Slot>,
    /// Tokens are no longer passed on.
    is_over: AtomicBool,
    /// Tasks end when they have none left.
    end: AtomicBool,
    /// How many tokens there are, in slots and on the way.
    tokens: AtomicU64,
    /// How often one has been used.
    used: AtomicU64,
    /// Tasks that were polled by two threads at once.
    twice: AtomicUsize,
    /// Where tokens go that a thread outside, or another runtime, is to pass on.
    to_outside: Mutex<Option<mpsc::Sender<usize>>>,
}

/// A task's place.
#[derive(Default)]
struct Slot {
    tokens: AtomicU64,
    waker: Mutex<Option<Waker>>,
}

impl Slot {
    fn wake(&self) {
        // In a statement of its own: a waker is not to be called under the lock.
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl World {
    /// Spawns the tasks and gives each a token.
    fn begin(runtime: &Runtime, census: &Census) -> (Arc<Self>, Vec<JoinHandle<()>>) {
        let world = Arc::new(Self {
            slots: (0..TASKS).map(|_| Slot::default()).collect(),
            is_over: AtomicBool::new(false),
            end: AtomicBool::new(false),
            tokens: AtomicU64::new(TASKS as u64),
            used: AtomicU64::new(0),
            twice: AtomicUsize::new(0),
            to_outside: Mutex::default(),
        });
        let tasks = (0..TASKS)
            .map(|index| {
                let (own, live) = (world.clone(), census.live());
                runtime.spawn(Once::new(&world, async move {
                    let _live = live;
                    task(own, index).await;
                }))
            })
            .collect();
        (0..TASKS).for_each(|index| world.give(index));
        (world, tasks)
    }

    fn give(&self, to: usize) {
        self.slots[to].tokens.fetch_add(1, Ordering::SeqCst);
        self.slots[to].wake();
    }

    /// How many tokens wait in slots for their tasks.
    fn waiting(&self) -> u64 {
        self.slots.iter().map(|slot| slot.tokens.load(Ordering::SeqCst)).sum()
    }

    /// Takes a token of that task, or waits for one; `false` at the end.
    fn poll_token(&self, of: usize, cx: &mut Context<'_>) -> Poll<bool> {
        let slot = &self.slots[of];
        let before = slot.waker.lock().unwrap_or_else(PoisonError::into_inner).replace(cx.waker().clone());
        drop(before);
        // Only this task takes from it.
        if slot.tokens.load(Ordering::SeqCst) > 0 {
            slot.tokens.fetch_sub(1, Ordering::SeqCst);
            return Poll::Ready(true);
        }
        if self.end.load(Ordering::SeqCst) { Poll::Ready(false) } else { Poll::Pending }
    }

    #[track_caller]
    fn check(&self) {
        assert_eq!(self.twice.load(Ordering::SeqCst), 0, "polled by two threads at once");
    }
}

/// A task: a token after the other.
async fn task(world: Arc<World>, index: usize) {
    let mut random = Random(index as u64 + 1);
    while std::future::poll_fn(|cx| world.poll_token(index, cx)).await {
        offend(&mut random);
        world.used.fetch_add(1, Ordering::SeqCst);
        if world.is_over.load(Ordering::SeqCst) {
            world.tokens.fetch_sub(1, Ordering::SeqCst);
        } else {
            pass_on(&world, &mut random).await;
        }
    }
}

/// Keeps the thread, one way or the other.
fn offend(random: &mut Random) {
    match random.below(8) {
        0 => thread::sleep(Duration::from_micros(random.below(50_000))),
        1 => gmp::task::block_in_place(|| thread::sleep(Duration::from_micros(random.below(50_000)))),
        2 => spin(Duration::from_micros(random.below(500))),
        _ => {}
    }
}

fn spin(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Gives a token to another task, from somewhere.
async fn pass_on(world: &Arc<World>, random: &mut Random) {
    let to = random.below(TASKS as u64) as usize;
    match random.below(16) {
        0 => gmp::time::sleep(Duration::from_micros(random.below(3_000))).await,
        1 => gmp::task::yield_now().await,
        2 => {
            let world = world.clone();
            let blocks = random.below(4) == 0;
            let job = gmp::task::spawn_blocking(move || {
                world.give(to);
                if blocks {
                    thread::sleep(Duration::from_millis(1));
                }
            });
            // Without an `expect`: at the end of the runtime it may not run any more. A token that is lost shows anyway.
            return drop(job.await);
        }
        3 => {
            let (own, mut random) = (world.clone(), Random(random.next() | 1));
            let child = gmp::spawn(Once::new(world, async move {
                offend(&mut random);
                gmp::task::yield_now().await;
                own.give(to);
            }));
            return drop(child.await);
        }
        4 => {
            // The wake comes first, the offence after it: what was woken is behind it in its queue.
            world.give(to);
            return offend(random);
        }
        5 => drop(gmp::fs::read("Cargo.toml").await.expect("a file of this package")),
        6 => {
            let sender = world.to_outside.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if sender.is_some_and(|sender| sender.send(to).is_ok()) {
                return;
            }
        }
        _ => {}
    }
    world.give(to);
}

/// A thread outside and another runtime, which pass on what they get.
struct Outside {
    world: Arc<World>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Outside {
    fn begin(world: &Arc<World>, runtime: &Runtime) -> Self {
        let (to_thread, tokens) = mpsc::channel();
        *world.to_outside.lock().unwrap_or_else(PoisonError::into_inner) = Some(to_thread);
        let (to_other, mut others) = gmp::sync::mpsc::unbounded_channel();
        let passes_on = world.clone();
        let handle = runtime.handle().clone();
        let thread = thread::spawn(move || {
            for (number, to) in tokens.into_iter().enumerate() {
                match number % 3 {
                    0 => passes_on.give(to),
                    1 => to_other.send(to).expect("the other runtime listens"),
                    _ => spawn_from_outside(&handle, &passes_on, to),
                }
            }
        });
        let passes_on = world.clone();
        let other = thread::spawn(move || {
            current().block_on(async move {
                while let Some(to) = others.recv().await {
                    passes_on.give(to);
                }
            });
        });
        Self { world: world.clone(), threads: vec![thread, other] }
    }

    /// Returns when they have passed on all that they had.
    fn end(self) {
        let sender = self.world.to_outside.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(sender);
        self.threads.into_iter().for_each(|thread| thread.join().expect("it doesn't panic"));
    }
}

fn spawn_from_outside(handle: &Handle, world: &Arc<World>, to: usize) {
    let own = world.clone();
    handle.spawn(Once::new(world, async move { own.give(to) }));
}

/// A future that finds out if two threads poll it at once.
struct Once<F> {
    future: Pin<Box<F>>,
    is_polled: AtomicBool,
    world: Arc<World>,
}

impl<F: Future> Once<F> {
    fn new(world: &Arc<World>, future: F) -> Self {
        Self { future: Box::pin(future), is_polled: AtomicBool::new(false), world: world.clone() }
    }
}

impl<F: Future> Future for Once<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if self.is_polled.swap(true, Ordering::SeqCst) {
            // Not by a panic: that of one of the two would be all that is seen.
            self.world.twice.fetch_add(1, Ordering::SeqCst);
        }
        let poll = self.future.as_mut().poll(cx);
        self.is_polled.store(false, Ordering::SeqCst);
        poll
    }
}

/// Knows whether anything is moving.
struct Progress {
    used: u64,
    last: Instant,
}

impl Progress {
    fn new() -> Self {
        Self { used: 0, last: Instant::now() }
    }

    /// Fails if nothing has been used for a minute.
    #[track_caller]
    fn expect(&mut self, world: &World) {
        let used = world.used.load(Ordering::SeqCst);
        if used != self.used {
            *self = Self { used, last: Instant::now() };
        }
        let (left, waiting) = (world.tokens.load(Ordering::SeqCst), world.waiting());
        let is_moving = self.last.elapsed() < PATIENCE;
        assert!(is_moving, "nothing moves after {used} turns; of {left} tokens {waiting} wait for their tasks");
    }
}

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
