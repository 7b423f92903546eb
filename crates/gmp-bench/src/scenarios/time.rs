//! Timers: many that fire, many that are cancelled, and how late they are.

use std::time::{Duration, Instant};

use super::{on_worker, rt};
use crate::latency::Latencies;
use crate::random::Random;
use crate::scenario::{Measurement, Params};
use crate::usage::cpu_time;

/// Tasks of the scenarios in which each task sleeps again and again.
const SLEEPERS: u64 = 10_000;

/// 200,000 tasks sleep once each, for 1 to 1,000 ms.
///
/// Measures the CPU time of all threads, a sleeper: the spawn, arming a timer, waking up in time and again, the wake of
/// the task, its end. Wall-clock time is the longest sleep and says nothing. The sleepers come in a burst, so the first
/// deadlines pass while the last tasks are spawned. With less work the sleeps are shorter in proportion, so that as many
/// deadlines fall into a millisecond.
///
/// Does not measure precision (`interval_jitter` does), nor the timers alone: what spawning costs is in `spawn_join`.
pub(super) fn sleepers_200k(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let count = params.count(200_000);
        let longest = params.count(1_000);
        let mut random = Random::new(0);
        let millis: Vec<u64> = (0..count).map(|_| random.up_to(longest)).collect();

        let (start, before) = (Instant::now(), cpu_time().expect("the process's CPU time"));
        let sleepers: Vec<_> = millis
            .iter()
            .map(|&millis| {
                rt::spawn(async move {
                    rt::time::sleep(Duration::from_millis(millis)).await;
                    millis
                })
            })
            .collect();
        let mut slept = 0;
        for sleeper in sleepers {
            slept += sleeper.await.expect("a sleeper wakes up");
        }
        let used = cpu_time().expect("the process's CPU time") - before;
        let longest = Duration::from_millis(millis.iter().copied().max().unwrap_or(0));
        assert!(start.elapsed() >= longest, "a sleep of {longest:?} ended early");
        assert_eq!(slept, millis.iter().sum::<u64>(), "every sleeper slept");
        Measurement::cpu(used, count)
    })
}

/// 10,000 tasks sleep 20 times each, for 1 to 50 ms.
///
/// Measures the CPU time of all threads, a sleep: as `sleepers_200k` with near deadlines, and with the spawn spread over
/// 20 sleeps, so nearly the timers alone.
pub(super) fn sleepers_near(params: Params) -> Measurement {
    const LONGEST: u64 = 50;
    on_worker(params, |params| async move {
        // At least so many that the spawn hardly shows: they take a tenth of a second.
        let times = params.count(20).max(4);
        let before = cpu_time().expect("the process's CPU time");
        let mut seeds = Random::new(0);
        let sleepers: Vec<_> = (0..SLEEPERS)
            .map(|_| {
                let mut random = Random::new(seeds.next());
                rt::spawn(async move {
                    for _ in 0..times {
                        rt::time::sleep(Duration::from_millis(random.up_to(LONGEST))).await;
                    }
                    times
                })
            })
            .collect();
        let mut sleeps = 0;
        for sleeper in sleepers {
            sleeps += sleeper.await.expect("a sleeper wakes up");
        }
        let used = cpu_time().expect("the process's CPU time") - before;
        assert_eq!(sleeps, SLEEPERS * times, "every sleeper slept as often as it should");
        Measurement::cpu(used, sleeps)
    })
}

/// 1,000 tasks wait 500 times each for something that is ready at the next turn, with a timeout of 5 s.
///
/// Measures what a timeout costs that never fires, as nearly all do: arm, one turn through the run queue, cancel, per
/// timeout. The turn itself is what `yields` measures. Does not measure a timeout around what is ready at once, which
/// arms nothing.
pub(super) fn timeouts(params: Params) -> Measurement {
    const TASKS: u64 = 1_000;
    const LIMIT: Duration = Duration::from_secs(5);
    on_worker(params, |params| async move {
        let each = params.count(500);
        let start = Instant::now();
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                rt::spawn(async move {
                    let mut in_time = 0;
                    for _ in 0..each {
                        if rt::time::timeout(LIMIT, rt::task::yield_now()).await.is_ok() {
                            in_time += 1;
                        }
                    }
                    in_time
                })
            })
            .collect();
        let mut in_time = 0;
        for task in tasks {
            in_time += task.await.expect("a task completes");
        }
        let elapsed = start.elapsed();
        assert_eq!(in_time, TASKS * each, "no turn takes 5 s");
        Measurement::time(elapsed, in_time)
    })
}

/// 10,000 tasks sleep 1 ms 100 times each, one sleep right after the other.
///
/// Measures by how much a sleep takes longer than 1 ms: the median, and what 99 of 100 don't exceed. Ten million wakes a
/// second are more than a few cores can do, so there is never a pause, and the figures are the time of a turn through
/// all tasks and the fairness of the turns, with the timers' precision on top.
pub(super) fn interval_jitter(params: Params) -> Vec<Measurement> {
    overshoot(params, 100, None)
}

/// 10,000 tasks sleep 1 ms 25 times each, with a sleep of up to 100 ms before each.
///
/// Measures the same where a core has time to be punctual: beside some 400,000 wakes a second. Of the sleeps between,
/// which spread the others out, nothing is in the figures but that load.
pub(super) fn interval_jitter_paced(params: Params) -> Vec<Measurement> {
    overshoot(params, 25, Some(Duration::from_millis(100)))
}

/// One task sleeps for 100 µs 500 times, then for 1 ms 500 times, then for 10 ms 100 times; nothing else is there.
///
/// Measures how much longer each takes: for each length the median, and what 99 of 100 don't exceed. The worker is asleep in the
/// kernel meanwhile, so the kernel's own lateness is in it on both sides; a runtime that counts in milliseconds shows that it
/// does. Does not measure many timers (`interval_jitter` does), nor what they cost.
pub(super) fn timer_precision(params: Params) -> Vec<Measurement> {
    const SLEEPS: [(Duration, u64); 3] =
        [(Duration::from_micros(100), 500), (Duration::from_millis(1), 500), (Duration::from_millis(10), 100)];
    on_worker(params, |params| async move {
        let mut figures = Vec::new();
        for (length, times) in SLEEPS {
            let times = params.count(times).max(5);
            let mut latencies = Latencies::new();
            for _ in 0..times {
                let start = Instant::now();
                rt::time::sleep(length).await;
                latencies.add(start.elapsed().checked_sub(length).expect("no sleep ends early"));
            }
            figures.extend([50.0, 99.0].map(|percent| Measurement::micros(latencies.percentile(percent))));
        }
        figures
    })
}

/// Measures how late sleeps of 1 ms end in each of 10,000 tasks.
fn overshoot(params: Params, ticks: u64, longest_pause: Option<Duration>) -> Vec<Measurement> {
    const TICK: Duration = Duration::from_millis(1);
    on_worker(params, move |params| async move {
        let ticks = params.count(ticks).max(2);
        let mut seeds = Random::new(0);
        let sleepers: Vec<_> = (0..SLEEPERS)
            .map(|_| {
                let mut random = Random::new(seeds.next());
                rt::spawn(async move {
                    let mut late = Vec::with_capacity(ticks as usize);
                    for _ in 0..ticks {
                        if let Some(longest) = longest_pause {
                            let nanos = random.up_to(longest.as_nanos() as u64);
                            rt::time::sleep(Duration::from_nanos(nanos)).await;
                        }
                        let start = Instant::now();
                        rt::time::sleep(TICK).await;
                        late.push(start.elapsed().checked_sub(TICK).expect("no sleep ends early"));
                    }
                    late
                })
            })
            .collect();
        let mut latencies = Latencies::new();
        for sleeper in sleepers {
            sleeper.await.expect("a sleeper wakes up").into_iter().for_each(|late| latencies.add(late));
        }
        assert_eq!(latencies.count(), SLEEPERS * ticks, "every sleep was timed");
        [50.0, 99.0].map(|percent| Measurement::micros(latencies.percentile(percent))).to_vec()
    })
}
