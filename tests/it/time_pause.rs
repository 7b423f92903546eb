//! The clock that is paused: moved by hand, and by itself when there is nothing to do.

use crate::support::{ByHand, current, ms, multi, panic_of, paused, watched};
use gmp::runtime::{Builder, Handle};
use gmp::sync::oneshot;
use gmp::time::{self, Duration, Instant, sleep, sleep_until, timeout};
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

const OUTSIDE: &str = "time cannot be frozen from outside the Tokio runtime";
const FROZEN: &str = "time is already frozen";
const NOT_FROZEN: &str = "time is not frozen";
const NOT_HERE: &str = "`time::pause()` requires the `current_thread` Tokio runtime. This is the default Runtime used by \
                        `#[tokio::test].";
const HOUR: Duration = Duration::from_secs(3600);

#[gmp::test(start_paused = true)]
async fn a_test_that_starts_paused() {
    let now = Instant::now();
    for _ in 0..5 {
        std::thread::sleep(ms(1));
        assert_eq!(Instant::now(), now);
    }
    sleep(HOUR).await;
    assert_eq!(now.elapsed(), HOUR);
}

#[gmp::test]
async fn a_test_that_pauses() {
    time::pause();
    let now = Instant::now();
    gmp::spawn(sleep(HOUR)).await.unwrap();
    assert_eq!(now.elapsed(), HOUR);
}

#[gmp::test]
async fn a_task_that_pauses() {
    gmp::spawn(async { time::pause() }).await.unwrap();
    let now = Instant::now();
    std::thread::sleep(ms(1));
    assert_eq!(Instant::now(), now);
}

#[test]
fn advance_moves_it_exactly() {
    paused(async || {
        for micros in [51_592, 1, 1_000, 3_141_592, 3_123_456, 0] {
            let (by, before) = (Duration::from_micros(micros), Instant::now());
            time::advance(by).await;
            assert_eq!(before.elapsed(), by);
        }
        let before = Instant::now();
        time::advance(Duration::from_nanos(1)).await;
        assert_eq!(before.elapsed(), Duration::from_nanos(1));
    });
}

#[test]
fn advance_fires_what_is_due() {
    paused(async || {
        let mut due = ByHand::new(sleep(ms(1)));
        let mut later = ByHand::new(sleep(ms(300)));
        assert!(due.poll().is_pending() && later.poll().is_pending());
        for _ in 0..3 {
            time::advance(Duration::from_micros(250)).await;
            assert!(!due.is_woken() && due.poll().is_pending());
        }
        time::advance(Duration::from_micros(250)).await;
        assert!(due.is_woken() && due.poll().is_ready());
        assert!(!later.is_woken() && later.poll().is_pending());
        time::advance(HOUR).await;
        assert!(later.is_woken() && later.poll().is_ready());
    });
}

/// Sleeps that aren't polled before the clock moves.
#[test]
fn advance_past_a_sleep_that_is_new() {
    paused(async || {
        let start = Instant::now();
        let mut sleep = ByHand::new(sleep_until(start + ms(300)));
        time::advance(ms(299)).await;
        assert!(sleep.poll().is_pending());
        time::advance(ms(1)).await;
        assert!(sleep.is_woken() && sleep.poll().is_ready());
        let mut sleep = ByHand::new(sleep_until(start + ms(400)));
        time::advance(ms(300)).await;
        assert!(sleep.poll().is_ready());
    });
}

#[test]
fn advance_yields() {
    paused(async || {
        let ran = Arc::new(AtomicBool::new(false));
        let sets = ran.clone();
        let task = gmp::spawn(async move { sets.store(true, Ordering::SeqCst) });
        time::advance(Duration::ZERO).await;
        assert!(ran.load(Ordering::SeqCst));
        task.await.unwrap();
    });
}

/// In one jump: all that is due sees the new time.
#[test]
fn advance_in_tasks() {
    paused(async || {
        let start = Instant::now();
        let tasks: Vec<_> = (1..=30)
            .map(|i| {
                gmp::spawn(async move {
                    sleep(ms(i)).await;
                    start.elapsed()
                })
            })
            .collect();
        // All of them come to wait.
        gmp::task::yield_now().await;
        time::advance(ms(100)).await;
        for task in tasks {
            assert_eq!(task.await.unwrap(), ms(100));
        }
    });
}

#[test]
fn it_moves_to_the_next_sleep_when_idle() {
    paused(async || {
        let start = Instant::now();
        for duration in [ms(1), Duration::from_nanos(1), HOUR, Duration::from_micros(1_001), Duration::ZERO] {
            let before = Instant::now();
            sleep(duration).await;
            assert_eq!(before.elapsed(), duration);
        }
        // Each at its time.
        let tasks: Vec<_> = (1..=50)
            .rev()
            .map(|i| {
                let at = start + HOUR * (i + 1);
                gmp::spawn(async move {
                    sleep_until(at).await;
                    assert_eq!(Instant::now(), at);
                    gmp::task::yield_now().await;
                    assert_eq!(Instant::now(), at);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(start.elapsed(), HOUR * 51);
    });
}

#[test]
fn decades() {
    paused(async || {
        let year = Duration::from_secs(365 * 86_400);
        let start = Instant::now();
        for _ in 0..5 {
            sleep(year).await;
        }
        sleep_until(start + year * 10).await;
        assert_eq!(start.elapsed(), year * 10);
        // Others aren't disturbed by one that lasts longer than any of them.
        let long = gmp::spawn(sleep(ms(10 << 36)));
        time::advance(ms((1 << 30) - 1)).await;
        let before = Instant::now();
        sleep(ms(10)).await;
        assert_eq!(before.elapsed(), ms(10));
        long.abort();
    });
    // As in tokio, a sleep that is for ever on the real clock ends on this one.
    paused(async || sleep(Duration::MAX).await);
    paused(async || sleep(Duration::MAX - ms(1)).await);
}

/// As long as something runs it doesn't move.
#[test]
fn it_stands_while_tasks_run() {
    paused(async || {
        let start = Instant::now();
        let mut hour = ByHand::new(sleep(HOUR));
        assert!(hour.poll().is_pending());
        let busy = gmp::spawn(async {
            for _ in 0..1_000 {
                gmp::task::yield_now().await;
            }
        });
        busy.await.unwrap();
        let (tx, rx) = oneshot::channel();
        let sends = gmp::spawn(async move { tx.send(()).unwrap() });
        rx.await.unwrap();
        sends.await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(!hour.is_woken());
    });
}

#[test]
fn it_stands_while_a_blocking_job_runs() {
    paused(async || {
        let start = Instant::now();
        let mut hour = ByHand::new(sleep(HOUR));
        assert!(hour.poll().is_pending());
        let job = gmp::task::spawn_blocking(|| {
            std::thread::sleep(ms(20));
            42
        });
        assert_eq!(job.await.unwrap(), 42);
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(!hour.is_woken());

        // Several at a time, one of which panics: until the last one ends.
        let (done, jobs) = mpsc::channel();
        for i in 0..3 {
            let done = done.clone();
            gmp::task::spawn_blocking(move || {
                std::thread::sleep(ms(i * 10));
                done.send(Instant::now()).unwrap();
                assert!(i != 1, "on purpose");
            });
        }
        sleep(HOUR).await;
        assert_eq!(start.elapsed(), HOUR);
        assert_eq!(jobs.try_iter().collect::<Vec<_>>(), [start; 3], "the sleep ends when the jobs have");

        // One that is aborted before it begins holds nothing.
        let aborted = gmp::task::spawn_blocking(|| {});
        aborted.abort();
        let _ = aborted.await;
        sleep(HOUR).await;
        assert_eq!(start.elapsed(), HOUR * 2);
    });
}

/// Nothing to move to: whoever is waited for is outside, and takes real time.
#[test]
fn it_stands_if_nobody_sleeps() {
    paused(async || {
        let start = Instant::now();
        let (tx, rx) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(ms(20));
            tx.send(()).unwrap();
        });
        rx.await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        thread.join().unwrap();
        // Sleeps that are gone are no reason to move either.
        let mut gone = ByHand::new(sleep(HOUR));
        assert!(gone.poll().is_pending());
        drop(gone);
        let (tx, rx) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(ms(20));
            tx.send(()).unwrap();
        });
        rx.await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        thread.join().unwrap();
    });
}

/// It moves to where a sleep is, not to where it was when it was armed.
#[test]
fn it_moves_to_where_a_sleep_was_reset_to() {
    paused(async || {
        let start = Instant::now();
        let mut sleep = ByHand::new(sleep(ms(10)));
        assert!(sleep.poll().is_pending());
        sleep.as_mut().reset(start + HOUR);
        sleep.as_mut().await;
        assert_eq!(start.elapsed(), HOUR);
        sleep.as_mut().reset(start + HOUR * 3);
        assert!(sleep.poll().is_pending());
        sleep.as_mut().reset(start + HOUR * 2);
        sleep.as_mut().await;
        assert_eq!(start.elapsed(), HOUR * 2);
    });
}

#[test]
fn the_same_run_twice() {
    fn run() -> Vec<Duration> {
        let rt = Builder::new_current_thread().start_paused(true).build().unwrap();
        rt.block_on(async {
            let (start, mut seed, mut times) = (Instant::now(), 1_u64, Vec::new());
            for _ in 0..2_000 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let task = gmp::spawn(sleep(Duration::from_micros(seed >> 45)));
                sleep(Duration::from_micros(seed >> 40 & 0xf_ffff)).await;
                task.await.unwrap();
                times.push(start.elapsed());
            }
            times
        })
    }
    watched(|| assert_eq!(run(), run()));
}

#[test]
fn timeouts_in_no_time() {
    paused(async || {
        let start = Instant::now();
        assert!(timeout(HOUR, sleep(HOUR * 2)).await.is_err());
        assert_eq!(start.elapsed(), HOUR);
        assert!(timeout(HOUR * 2, gmp::spawn(sleep(HOUR))).await.is_ok());
        assert_eq!(start.elapsed(), HOUR * 2);
    });
}

#[test]
fn resume_goes_on_from_where_it_stands() {
    paused(async || {
        let start = Instant::now();
        sleep(HOUR).await;
        time::resume();
        std::thread::sleep(ms(10));
        let went = start.elapsed();
        assert!(went >= HOUR + ms(10) && went < HOUR * 2, "{went:?}");
        let real = std::time::Instant::now();
        sleep(ms(10)).await;
        assert!(real.elapsed() >= ms(10));
        time::pause();
        let stands = Instant::now();
        assert!(stands.duration_since(start) >= HOUR + ms(20));
        std::thread::sleep(ms(5));
        assert_eq!(Instant::now(), stands);
        sleep(HOUR).await;
        assert_eq!(stands.elapsed(), HOUR);
    });
}

/// A sleep that waits on the real clock goes on when that is paused.
#[test]
fn paused_while_a_sleep_waits() {
    watched(|| {
        current().block_on(async {
            let start = Instant::now();
            let task = gmp::spawn(sleep(HOUR));
            sleep(ms(2)).await;
            time::pause();
            task.await.unwrap();
            assert!(start.elapsed() >= HOUR);
        });
    });
}

#[test]
fn each_runtime_has_its_clock() {
    watched(|| {
        let paused = Builder::new_current_thread().start_paused(true).build().unwrap();
        let not = Builder::new_current_thread().start_paused(true).start_paused(false).build().unwrap();
        let workers = multi(1);
        let before = (Instant::now(), std::time::Instant::now());
        paused.block_on(async {
            let before = Instant::now();
            sleep(HOUR).await;
            assert_eq!(before.elapsed(), HOUR);
            // Its blocking threads have its clock too.
            let now = gmp::task::spawn_blocking(Instant::now).await.unwrap();
            assert_eq!(now, Instant::now());
        });
        for rt in [&not, &workers] {
            rt.block_on(async {
                let before = (Instant::now(), std::time::Instant::now());
                sleep(ms(5)).await;
                assert!(before.0.elapsed() >= ms(5) && before.1.elapsed() >= ms(5));
            });
        }
        // Outside it is the real time.
        assert!(before.0.elapsed() < HOUR);
        let std = Instant::now().into_std();
        assert!(std >= before.1 && std <= std::time::Instant::now());
        let guard = paused.enter();
        let stands = Instant::now();
        std::thread::sleep(ms(1));
        assert_eq!(Instant::now(), stands);
        drop(guard);
        assert!(Instant::now() < stands);
    });
}

#[test]
fn between_two_block_ons() {
    watched(|| {
        let rt = Builder::new_current_thread().start_paused(true).build().unwrap();
        let start = rt.block_on(async { Instant::now() });
        let task = rt.spawn(async move {
            sleep(HOUR).await;
            start.elapsed()
        });
        std::thread::sleep(ms(2));
        assert_eq!(rt.block_on(async { start.elapsed() }), Duration::ZERO);
        assert_eq!(rt.block_on(task).unwrap(), HOUR);
    });
}

/// Runs `f`, which has to panic with `text`, and with this file as the place.
#[track_caller]
fn panics_here<R>(text: &str, f: impl FnOnce() -> R) {
    let caught = panic_of(f);
    assert_eq!((caught.text.as_str(), caught.file.as_str()), (text, file!()));
    assert!(caught.line.abs_diff(Location::caller().line()) < 3, "line {}", caught.line);
}

#[test]
fn callers_mistakes() {
    panics_here(OUTSIDE, || time::pause());
    panics_here(OUTSIDE, || time::resume());
    assert_eq!(panic_of(|| ByHand::new(time::advance(ms(1))).poll()).text, OUTSIDE);
    watched(|| {
        current().block_on(async {
            panics_here(NOT_FROZEN, || time::resume());
            assert_eq!(panic_of(|| ByHand::new(time::advance(ms(1))).poll()).text, NOT_FROZEN);
            time::pause();
            panics_here(FROZEN, || time::pause());
            time::resume();
            panics_here(NOT_FROZEN, || time::resume());
            time::pause();
            // Nothing has been broken by all this.
            let before = Instant::now();
            sleep(HOUR).await;
            assert_eq!(before.elapsed(), HOUR);
        });
    });
    paused(async || panics_here(FROZEN, || time::pause()));
}

#[test]
fn only_in_current_thread() {
    watched(|| {
        let rt = multi(1);
        rt.block_on(async {
            panics_here(NOT_HERE, || time::pause());
            assert!(gmp::spawn(async { time::pause() }).await.unwrap_err().is_panic());
            panics_here(NOT_FROZEN, || time::resume());
        });
        panics_here(NOT_HERE, || Builder::new_multi_thread().start_paused(true).build());
        assert!(Builder::new_multi_thread().start_paused(false).build().is_ok());
    });
}

#[test]
fn too_far_to_advance() {
    paused(async || {
        let text = panic_of(|| ByHand::new(time::advance(Duration::MAX)).poll()).text;
        let std = panic_of(|| std::time::Instant::now() + Duration::MAX).text;
        assert_eq!(text, std);
        // And the clock is where it was.
        let before = Instant::now();
        sleep(HOUR).await;
        assert_eq!(before.elapsed(), HOUR);
    });
}

/// A thread outside moves the clock of a runtime that waits.
#[test]
fn advanced_from_another_thread() {
    paused(async || {
        let start = Instant::now();
        let (handle, begun) = (Handle::current(), Arc::new(AtomicBool::new(false)));
        let sees = begun.clone();
        // The job keeps the clock from moving by itself.
        let job = gmp::task::spawn_blocking(move || {
            while !sees.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            std::thread::sleep(ms(10));
            handle.block_on(time::advance(HOUR));
        });
        begun.store(true, Ordering::SeqCst);
        sleep(HOUR).await;
        assert_eq!(start.elapsed(), HOUR);
        job.await.unwrap();
    });
}
