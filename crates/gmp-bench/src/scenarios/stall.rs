//! What others notice of tasks that keep their threads without saying so.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{own, rt, runtime};
use crate::latency::Latencies;
use crate::random::Random;
use crate::scenario::{Measurement, Params};
use crate::usage::cpu_time_of_thread;

/// How long an offender keeps its thread at a time.
const OFFENCE: Duration = Duration::from_millis(100);

/// How long something is watched at the normal scale, and at least: shorter than a few offences says nothing.
const SECONDS: f64 = 4.0;
const FEWEST_SECONDS: f64 = 0.5;

/// A task sleeps 1 ms again and again beside one offender for each worker: a task that blocks its thread for 100 ms in
/// `std::thread::sleep`, yields, and does so again.
///
/// Measures how late the sleeps end: the median, what 99 of 100 don't exceed, the worst. The first offences of all are in
/// it: there is no warm-up in which a runtime could get to know its offenders. The fourth figure, how many offences there
/// were in a second, tells a runtime that bears its offenders from one that lets them starve: one that can only run as
/// many as it has workers does 10 for each. Ticks that are late are few, so on a runtime that is stalled the percentiles
/// are of some dozens of them.
pub(super) fn stalled_ticker_sleep(params: Params) -> Vec<Measurement> {
    stalled_ticker(params, params.workers, block)
}

/// The same beside two offenders for each worker.
pub(super) fn stalled_ticker_sleep_2x(params: Params) -> Vec<Measurement> {
    stalled_ticker(params, 2 * params.workers, block)
}

/// The same beside one offender for each worker that computes for 100 ms of wall-clock time.
///
/// With as many workers as CPUs the ticker's thread has to share one of them with an offender's, so what the kernel's
/// scheduler makes of that is in the figures. `workers` below the number of CPUs shows the runtime alone.
pub(super) fn stalled_ticker_spin(params: Params) -> Vec<Measurement> {
    stalled_ticker(params, params.workers, spin)
}

/// The same beside two such offenders for each worker.
pub(super) fn stalled_ticker_spin_2x(params: Params) -> Vec<Measurement> {
    stalled_ticker(params, 2 * params.workers, spin)
}

/// Tasks whose polls take 50 to 500 µs and never block, while 8 threads of other work want the CPUs too.
///
/// Measures how often in a second a P is taken from an M that did nothing wrong, but that the kernel lets wait for a
/// CPU: another thread would have to wait as well. The second figure, polls in a second, shows that the tasks ran. There
/// is nothing to compare it with, so it runs on gmp alone.
pub(super) fn false_retakes(params: Params) -> Vec<Measurement> {
    const THREADS: usize = 8;
    const TASKS: u64 = 64;
    let time = watched(params);
    let work = Work::calibrated();
    let runtime = runtime(params);
    let over = Arc::new(AtomicBool::new(false));
    let others: Vec<_> = (0..THREADS)
        .map(|_| {
            let over = over.clone();
            thread::spawn(move || {
                while !is_over(&over) {
                    work.micros(100);
                }
            })
        })
        .collect();

    let before = own::retakes(&runtime);
    let start = Instant::now();
    let mut seeds = Random::new(0);
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (over, mut random) = (over.clone(), Random::new(seeds.next()));
            runtime.spawn(async move {
                let mut polls = 0;
                while !is_over(&over) {
                    work.micros(49 + random.up_to(451));
                    polls += 1;
                    rt::task::yield_now().await;
                }
                polls
            })
        })
        .collect();
    thread::sleep(time);
    let retakes = own::retakes(&runtime) - before;
    let elapsed = start.elapsed();
    end(&over);
    let mut polls = 0;
    for task in tasks {
        polls += runtime.block_on(task).expect("a task completes");
    }
    others.into_iter().for_each(|thread| thread.join().expect("a thread ends"));
    assert!(polls > 0, "the tasks ran");
    vec![Measurement::rate(retakes, elapsed), Measurement::rate(polls, elapsed)]
}

/// Tasks keep all workers busy with polls of some 20 µs, and the monitor's thread watches them.
///
/// Measures the CPU time of that thread, in percent of one CPU, and how often in a second it looked. An idle runtime's
/// monitor sleeps; `idle_cpu` has it. There is nothing to compare it with, so it runs on gmp alone.
pub(super) fn busy_sysmon(params: Params) -> Vec<Measurement> {
    /// What its thread is called.
    const SYSMON: &str = "gmp-sysmon";
    let time = watched(params);
    let work = Work::calibrated();
    let runtime = runtime(params);
    let over = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..4 * params.workers)
        .map(|_| {
            let over = over.clone();
            runtime.spawn(async move {
                while !is_over(&over) {
                    work.micros(20);
                    rt::task::yield_now().await;
                }
            })
        })
        .collect();
    // Its thread is there when the first worker is; who starts a thread waits until that has its name.
    thread::sleep(Duration::from_millis(50));
    let read = || {
        let cpu = cpu_time_of_thread(SYSMON).expect("the monitor's CPU time");
        (Instant::now(), cpu, own::looks(&runtime))
    };
    let before = read();
    thread::sleep(time);
    let after = read();
    end(&over);
    for task in tasks {
        runtime.block_on(task).expect("a task completes");
    }
    let elapsed = after.0 - before.0;
    let percent = (after.1 - before.1).as_secs_f64() * 100.0;
    assert!(after.2 > before.2, "it looked");
    vec![Measurement { amount: percent, per: elapsed.as_secs_f64() }, Measurement::rate(after.2 - before.2, elapsed)]
}

/// Says where a thread's CPU time cannot be read.
pub(super) fn busy_sysmon_unable(_: Params) -> Option<&'static str> {
    if cfg!(target_os = "linux") { None } else { Some("reads /proc/self/task, which only Linux has") }
}

fn stalled_ticker(params: Params, offenders: usize, offend: fn()) -> Vec<Measurement> {
    const TICK: Duration = Duration::from_millis(1);
    let time = watched(params);
    let runtime = runtime(params);
    let ticker = runtime.spawn(async move {
        let over = Arc::new(AtomicBool::new(false));
        // Leaked, so that no reference counting is in the figure.
        let offences: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
        let offenders: Vec<_> = (0..offenders)
            .map(|_| {
                let over = over.clone();
                rt::spawn(async move {
                    while !is_over(&over) {
                        offend();
                        // ORDERING: Relaxed — a count for the figure.
                        offences.fetch_add(1, Ordering::Relaxed);
                        rt::task::yield_now().await;
                    }
                })
            })
            .collect();
        let mut latencies = Latencies::new();
        let start = Instant::now();
        while start.elapsed() < time {
            let tick = Instant::now();
            rt::time::sleep(TICK).await;
            latencies.add(tick.elapsed().checked_sub(TICK).expect("no sleep ends early"));
        }
        // ORDERING: Relaxed — as above.
        let offended = Measurement::rate(offences.load(Ordering::Relaxed), start.elapsed());
        end(&over);
        for offender in offenders {
            offender.await.expect("an offender completes");
        }
        assert!(offended.amount > 0.0, "nobody was an offender");
        let late = [50.0, 99.0, 100.0].map(|percent| Measurement::micros(latencies.percentile(percent)));
        [&late[..], &[offended]].concat()
    });
    runtime.block_on(ticker).expect("the ticker completes")
}

fn watched(params: Params) -> Duration {
    Duration::from_secs_f64((SECONDS * params.scale).max(FEWEST_SECONDS))
}

/// What an async function should not do, and many do by accident.
fn block() {
    thread::sleep(OFFENCE);
}

/// The same with a busy CPU.
fn spin() {
    let start = Instant::now();
    while start.elapsed() < OFFENCE {
        compute(1_000);
    }
}

/// Uses a CPU for so many rounds, of about two nanoseconds each.
pub(super) fn compute(rounds: u64) {
    let mut hash = 1_u64;
    for _ in 0..rounds {
        hash = black_box(hash.rotate_left(5) ^ 0x9e37_79b9);
    }
}

/// Computing that takes a known time of CPU, however often the thread has to wait for one: it looks at no clock.
#[derive(Clone, Copy, Debug)]
struct Work {
    rounds_per_micro: u64,
}

impl Work {
    /// Measures the machine. The fastest of some tries is the one that nothing got in the way of.
    fn calibrated() -> Self {
        const ROUNDS: u64 = 100_000;
        let measure = |_| {
            let start = Instant::now();
            compute(ROUNDS);
            start.elapsed()
        };
        let fastest = (0..20).map(measure).min().expect("there are tries");
        Self { rounds_per_micro: (ROUNDS * 1_000 / (fastest.as_nanos() as u64).max(1)).max(1) }
    }

    fn micros(self, micros: u64) {
        compute(micros * self.rounds_per_micro);
    }
}

fn is_over(over: &AtomicBool) -> bool {
    // ORDERING: Relaxed — a request to stop; joining is what publishes.
    over.load(Ordering::Relaxed)
}

fn end(over: &AtomicBool) {
    // ORDERING: Relaxed — see `is_over`.
    over.store(true, Ordering::Relaxed);
}
