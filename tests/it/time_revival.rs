//! A timer that is started where another has been cancelled takes its place in the queue: nobody may notice but by the length of it.

use crate::support::{ByHand, current, ms, multi, on_each_multi, paused, rounds, watched};
use gmp::runtime::Runtime;
use gmp::time::{Duration, Instant, interval_at, sleep, sleep_until, timeout, timeout_at};
use gmp_sched::Sched;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

const HOUR: Duration = Duration::from_secs(3600);

/// How many entries the runtime's queues have, dead ones included.
fn entries(sched: &Sched) -> usize {
    sched.slots.iter().map(|slot| slot.timers.len()).sum()
}

fn here() -> Arc<Sched> {
    gmp_sched::current().expect("inside of a runtime")
}

/// Each kind of future leaves its place to the next, at whatever later time.
#[test]
fn each_takes_the_place_of_the_one_before() {
    for make in [current as fn() -> Runtime, || multi(1), || multi(2)] {
        watched(move || {
            let rt = make();
            let task = rt.spawn(async {
                let (sched, begun) = (here(), Instant::now());
                // One that waits, so it isn't for want of others that there is one place more.
                let mut other = ByHand::new(sleep(HOUR / 2));
                assert!(other.poll().is_pending());
                let waits = |waiting: bool| assert!(waiting && entries(&sched) == 2);
                for i in 0..100 {
                    let later = begun + HOUR + i * 10 * HOUR;
                    waits(ByHand::new(sleep_until(later)).poll().is_pending());
                    waits(ByHand::new(timeout_at(later + HOUR, pending::<()>())).poll().is_pending());
                    let mut interval = interval_at(later + 2 * HOUR, HOUR);
                    waits(ByHand::new(interval.tick()).poll().is_pending());
                    interval.reset_at(later + 3 * HOUR);
                    waits(ByHand::new(interval.tick()).poll().is_pending());
                }
                assert!(!other.is_woken());
            });
            rt.block_on(task).unwrap();
        });
    }
}

/// In the place of a timer that is never waited for, and fired in its time.
#[test]
fn it_fires_in_its_time() {
    on_each_multi(|rt| {
        let tasks: Vec<_> = (0..50_u64)
            .map(|i| {
                rt.spawn(async move {
                    for j in 0..20 {
                        let _ = timeout(ms(1), gmp::task::yield_now()).await;
                        let time = Duration::from_micros(1_000 + (i * 7919 + j * 104_729) % 3_000);
                        let begun = Instant::now();
                        sleep(time).await;
                        assert!(begun.elapsed() >= time, "too early");
                    }
                })
            })
            .collect();
        for task in tasks {
            rt.block_on(task).unwrap();
        }
    });
}

/// A sleep of another runtime's, dropped here, is no place for one of ours: with the other one it would end.
#[test]
fn not_in_another_runtime() {
    for make in [current as fn() -> Runtime, || multi(1), || multi(2)] {
        watched(move || {
            let (home, away) = (make(), multi(1));
            home.block_on(async move {
                let foreign = {
                    let _entered = away.enter();
                    sleep(ms(1))
                };
                let mut foreign = Box::pin(foreign);
                assert!(ByHand::new(foreign.as_mut()).poll().is_pending());
                drop(foreign);
                let mut ours = pin!(sleep(ms(20)));
                assert!(ByHand::new(ours.as_mut()).poll().is_pending());
                assert_eq!(entries(&here()), 1);
                away.shutdown_background();
                ours.await;
            });
        });
    }
}

/// On a clock that is moved by hand, those of the same time fire in the order of their starts, and dead ones don't move it.
#[test]
fn the_paused_clock() {
    paused(async || {
        let begun = Instant::now();
        let order = Arc::new(Mutex::new(vec![]));
        let mut tasks = vec![];
        for i in 0..20 {
            // Dropped while others wait for the same time.
            assert!(ByHand::new(Box::pin(sleep(ms(5 + i % 2)))).poll().is_pending());
            let order = order.clone();
            tasks.push(gmp::spawn(async move {
                sleep_until(begun + ms(10)).await;
                assert_eq!(begun.elapsed(), ms(10));
                order.lock().unwrap().push(i);
            }));
            gmp::task::yield_now().await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
        assert_eq!(begun.elapsed(), ms(10));
    });
}

/// Tasks and threads that set, cancel, reset and await timers at random, each of which wakes its sleeper, once for one that is
/// polled once: none is slept through, none fires for another.
#[test]
fn stress_set_and_cancelled_everywhere() {
    on_each_multi(|rt| {
        async fn sleeper(seed: u64, rounds: usize) -> usize {
            let mut random = seed;
            let mut next = |below: u64| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (random >> 33) % below
            };
            let mut fired = 0;
            for _ in 0..rounds {
                let time = Duration::from_micros(next(2_000));
                match next(8) {
                    0 => {
                        let begun = Instant::now();
                        sleep(time).await;
                        assert!(begun.elapsed() >= time, "too early");
                        fired += 1;
                    }
                    1 => {
                        let mut sleep = pin!(sleep(time));
                        let polled = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx))).await;
                        let begun = Instant::now();
                        sleep.as_mut().reset(begun + time / 2);
                        if polled.is_pending() {
                            sleep.await;
                            assert!(begun.elapsed() >= time / 2, "too early");
                            fired += 1;
                        }
                    }
                    2 => fired += usize::from(timeout(time, pending::<()>()).await.is_err()),
                    _ => {
                        let long = time * (1 << next(12));
                        let _ = timeout(long, gmp::task::yield_now()).await;
                    }
                }
            }
            fired
        }
        let rounds = rounds(8_000);
        let tasks: Vec<_> = (0..8).map(|seed| rt.spawn(sleeper(seed, rounds))).collect();
        std::thread::scope(|scope| {
            for seed in 8..10 {
                let rt = &rt;
                scope.spawn(move || assert!(rt.block_on(sleeper(seed, rounds / 4)) > 0));
            }
        });
        for task in tasks {
            assert!(rt.block_on(task).unwrap() >= rounds / 8);
        }
    });
}
