//! [`Sleep`]: when it completes, how it is reset and dropped, and what the end of its runtime does to it.

mod reset;

use crate::support::{
    ByHand, block_on, current, eventually, ms, multi, on_each, on_each_multi, panic_of, paused, watched,
};
use gmp::time::{Duration, Instant, Sleep, advance, sleep, sleep_until};
use std::future::Future;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

const NO_RUNTIME: &str = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";
const SHUTTING_DOWN: &str = "A Tokio 1.x context was found, but it is being shutdown.";
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

#[test]
fn it_is_never_early() {
    on_each(|rt| {
        let on_time = async || {
            for duration in [Duration::ZERO, Duration::from_nanos(1), Duration::from_micros(150), ms(1), ms(12)] {
                let begun = (Instant::now(), std::time::Instant::now());
                sleep(duration).await;
                assert!(begun.0.elapsed() >= duration);
                assert!(begun.1.elapsed() >= duration);
                let deadline = Instant::now() + duration;
                sleep_until(deadline).await;
                assert!(Instant::now() >= deadline);
            }
        };
        rt.block_on(on_time());
        rt.block_on(rt.spawn(on_time())).unwrap();
        rt.block_on(async {
            let tasks: Vec<_> = (0..8).map(|_| gmp::spawn(on_time())).collect();
            on_time().await;
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
}

#[test]
fn on_threads_that_are_in_block_on() {
    on_each_multi(|rt| {
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    let begun = Instant::now();
                    rt.handle().block_on(async { sleep(ms(10)).await });
                    assert!(begun.elapsed() >= ms(10));
                });
            }
        });
        // And while the workers are busy with something else.
        let busy = rt.spawn(async { std::thread::sleep(ms(50)) });
        rt.block_on(async { sleep(ms(10)).await });
        rt.block_on(busy).unwrap();
    });
}

/// A worker that has gone to sleep because of a late timer is told of an early one.
#[test]
fn an_earlier_one_while_all_wait_for_a_later_one() {
    on_each(|rt| {
        rt.block_on(async {
            for late in [Duration::from_secs(3600), CENTURY, Duration::MAX] {
                let late = gmp::spawn(sleep(late));
                sleep(ms(5)).await;
                let early = gmp::spawn(async { sleep(ms(5)).await });
                early.await.unwrap();
                assert!(!late.is_finished());
                late.abort();
                assert!(late.await.unwrap_err().is_cancelled());
            }
        });
    });
}

#[test]
fn it_is_over_at_once_if_its_time_is_past() {
    on_each(|rt| {
        rt.block_on(async {
            let now = Instant::now();
            assert_eq!(ByHand::new(sleep_until(now)).poll(), Poll::Ready(()));
            assert_eq!(ByHand::new(sleep(Duration::ZERO)).poll(), Poll::Ready(()));
            let past = [ms(1), Duration::from_secs(1)].map(|before| now.checked_sub(before));
            for past in past.into_iter().flatten() {
                let mut sleep = ByHand::new(sleep_until(past));
                assert!(!sleep.as_mut().is_elapsed(), "nobody has looked yet");
                assert_eq!(sleep.poll(), Poll::Ready(()));
                assert!(sleep.as_mut().is_elapsed());
                assert_eq!(sleep.wakers(), 0);
            }
        });
    });
}

#[test]
fn it_counts_from_its_making() {
    paused(async || {
        let begun = Instant::now();
        let made = sleep(ms(20));
        advance(ms(30)).await;
        assert_eq!(ByHand::new(made).poll(), Poll::Ready(()));
        // And at its first poll it waits for what is left.
        let made = sleep(ms(20));
        advance(ms(15)).await;
        made.await;
        assert_eq!(begun.elapsed(), ms(50));
    });
    // On the real clock the first poll may leave it to the scheduler.
    watched(|| {
        current().block_on(async {
            let made = sleep(ms(5));
            std::thread::sleep(ms(10));
            made.await;
        });
    });
}

#[test]
fn never() {
    on_each(|rt| {
        rt.block_on(async {
            let mut sleeps = vec![sleep(Duration::MAX), sleep(Duration::MAX - ms(1)), sleep(CENTURY)];
            for years in [1, 2, 100, 100_000_000] {
                sleeps.extend(Instant::now().checked_add(years * CENTURY).map(sleep_until));
            }
            assert!(sleeps.len() > 4);
            for sleep in sleeps {
                // No overflow later either.
                let decades = Instant::now() + CENTURY / 5;
                assert!(sleep.deadline() > decades);
                let mut sleep = ByHand::new(sleep);
                assert_eq!(sleep.poll(), Poll::Pending);
                gmp::time::sleep(ms(1)).await;
                assert!(!sleep.is_woken());
                assert_eq!(sleep.poll(), Poll::Pending);
                // And back to a time that comes.
                sleep.as_mut().reset(Instant::now() + ms(1));
                sleep.as_mut().await;
                let far = Instant::now().checked_add(2 * CENTURY).unwrap();
                sleep.as_mut().reset(far);
                assert_eq!((sleep.as_mut().deadline(), sleep.poll()), (far, Poll::Pending));
            }
        });
    });
}

#[test]
fn dropped_while_it_waits() {
    on_each(|rt| {
        rt.block_on(async {
            let mut by_hand = ByHand::new(());
            for durations in [&[3_600_000][..], &[1, 2, 3], &[5; 500], &[3_600_000; 500]] {
                let mut sleeps: Vec<_> = durations.iter().map(|&d| Box::pin(sleep(ms(d)))).collect();
                let waiting = by_hand.enter(|_, cx| {
                    let waits = |s: &mut Pin<Box<Sleep>>| s.as_mut().poll(cx).is_pending();
                    sleeps.iter_mut().map(waits).filter(|&waits| waits).count()
                });
                if durations[0] > 1_000 {
                    assert_eq!((waiting, by_hand.wakers()), (durations.len(), durations.len()));
                }
                drop(sleeps);
                // A short one may just be waking it.
                eventually("the waker goes with the sleep", || by_hand.wakers() == 0);
            }
            // A task is dropped with its sleep, and others sleep on.
            let task = gmp::spawn(sleep(Duration::from_secs(3600)));
            sleep(ms(1)).await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            sleep(ms(1)).await;
            assert!(!by_hand.is_woken());
            assert_eq!(by_hand.wakers(), 0);
        });
    });
}

/// Wakers are user code: here they drop the sleeps that are still to fire.
#[test]
fn sleeps_dropped_by_a_wake() {
    type Sleeps = Mutex<Vec<Pin<Box<Sleep>>>>;
    struct Dropping(Sleeps, AtomicBool);
    impl Wake for Dropping {
        fn wake(self: Arc<Self>) {
            let sleeps = std::mem::take(&mut *self.0.lock().unwrap());
            self.1.store(true, Ordering::SeqCst);
            drop(sleeps);
        }
    }
    on_each(|rt| {
        rt.block_on(async {
            let shared = Arc::new(Dropping(Sleeps::default(), AtomicBool::new(false)));
            let waker = Waker::from(shared.clone());
            let mut sleeps: Vec<_> = (0..100).map(|_| Box::pin(sleep(ms(2)))).collect();
            for sleep in &mut sleeps {
                let _ = sleep.as_mut().poll(&mut Context::from_waker(&waker));
            }
            shared.0.lock().unwrap().append(&mut sleeps);
            while !shared.1.load(Ordering::SeqCst) {
                sleep(ms(1)).await;
            }
        });
    });
}

/// The waker of one sleep owns another one.
#[test]
fn sleeps_dropped_with_a_waker() {
    struct Owner {
        _sleep: Pin<Box<Sleep>>,
    }
    impl Wake for Owner {
        fn wake(self: Arc<Self>) {}
    }
    on_each(|rt| {
        rt.block_on(async {
            let chain = || {
                let mut waker = Waker::noop().clone();
                for _ in 0..100 {
                    let mut sleep = Box::pin(sleep(Duration::from_secs(3600)));
                    assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
                    waker = Waker::from(Arc::new(Owner { _sleep: sleep }));
                }
                waker
            };
            drop(chain());
            let mut last = Box::pin(sleep(ms(1)));
            let _ = last.as_mut().poll(&mut Context::from_waker(&chain()));
            while !last.is_elapsed() {
                sleep(ms(1)).await;
            }
        });
    });
}

#[test]
fn select_and_join() {
    on_each(|rt| {
        rt.block_on(async {
            let long = || sleep(Duration::from_secs(3600));
            gmp::select! {
                biased;
                () = long() => unreachable!(),
                () = sleep(ms(2)) => {}
            }
            gmp::select! {
                biased;
                () = sleep(ms(2)) => {}
                () = long() => unreachable!(),
            }
            let begun = Instant::now();
            gmp::join!(sleep(ms(5)), sleep(ms(1)), sleep(Duration::ZERO), sleep(ms(10)));
            assert!(begun.elapsed() >= ms(10));
            // One sleep for all rounds.
            let mut timer = pin!(sleep(ms(1)));
            let mut elapsed = 0;
            while elapsed < 5 {
                gmp::select! {
                    () = timer.as_mut() => {
                        elapsed += 1;
                        timer.as_mut().reset(Instant::now() + ms(1));
                    }
                    () = long() => unreachable!(),
                }
            }
        });
    });
}

#[test]
fn thousands() {
    on_each(|rt| {
        rt.block_on(async {
            let tasks: Vec<_> = (0..10_000_u64)
                .map(|i| {
                    gmp::spawn(async move {
                        let deadline = Instant::now() + Duration::from_micros(i * 7919 % 50_000);
                        sleep_until(deadline).await;
                        let late = Instant::now().checked_duration_since(deadline);
                        assert!(late.is_some(), "too early");
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
}

/// As timeouts do: most are never waited for.
#[test]
fn thousands_that_are_dropped() {
    on_each(|rt| {
        rt.block_on(async {
            let kept = gmp::spawn(sleep(ms(30)));
            for i in 0..20_000 {
                let mut sleep = ByHand::new(sleep(Duration::from_secs(60) + Duration::from_micros(i * 31 % 1000)));
                assert!(sleep.poll().is_pending());
                if i % 100 == 0 {
                    gmp::task::yield_now().await;
                }
            }
            kept.await.unwrap();
        });
    });
}

#[test]
fn they_wake_in_order() {
    paused(async || {
        let begun = Instant::now();
        let order = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..500_u64)
            .map(|i| {
                let (order, after) = (order.clone(), ms(i * 7 % 500 + 1));
                gmp::spawn(async move {
                    sleep(after).await;
                    assert_eq!(begun.elapsed(), after);
                    order.lock().unwrap().push(after);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let order = order.lock().unwrap();
        assert_eq!(order.len(), 500);
        assert!(order.is_sorted());
    });
}

/// A loop over sleeps that are over shares the poll budget, so it yields.
#[test]
fn sleeps_that_are_over_yield() {
    watched(|| {
        current().block_on(async {
            let flag = Arc::new(AtomicBool::new(false));
            let set = flag.clone();
            let other = gmp::spawn(async move { set.store(true, Ordering::SeqCst) });
            while !flag.load(Ordering::SeqCst) {
                sleep(Duration::ZERO).await;
            }
            other.await.unwrap();
        });
    });
}

/// A task that wakes itself all the time doesn't keep timers from firing.
#[test]
fn it_fires_while_its_task_is_busy() {
    on_each(|rt| {
        let starve = async || {
            let mut sleep = pin!(sleep(ms(10)));
            std::future::poll_fn(|cx| {
                cx.waker().wake_by_ref();
                sleep.as_mut().poll(cx)
            })
            .await;
        };
        rt.block_on(async {
            starve().await;
            gmp::spawn(starve()).await.unwrap();
        });
    });
}

/// A sleep belongs to the runtime in which it was made.
#[test]
fn polled_elsewhere() {
    watched(|| {
        let (home, away) = (multi(1), current());
        let made = || home.block_on(async { sleep(ms(10)) });
        let begun = Instant::now();
        away.block_on(made());
        block_on(made());
        assert!(begun.elapsed() >= ms(20));
        // Made by entering only.
        let guard = home.enter();
        let entered = sleep(ms(5));
        drop(guard);
        std::thread::spawn(move || block_on(entered)).join().unwrap();
    });
}

#[test]
fn after_the_end_of_its_runtime() {
    for make in [current as fn() -> gmp::runtime::Runtime, || multi(1), || multi(2)] {
        watched(move || {
            let rt = make();
            let [mut armed, mut over, mut new] = rt.block_on(async {
                let mut sleeps = [3_600_000, 1, 3_600_000].map(|d| ByHand::new(sleep(ms(d))));
                assert!(sleeps[0].poll().is_pending());
                sleeps[1].as_mut().await;
                sleeps
            });
            let thread = std::thread::spawn({
                let waits = rt.block_on(async { sleep(Duration::from_secs(3600)) });
                move || panic_of(|| block_on(waits)).text
            });
            std::thread::sleep(ms(10));
            drop(rt);
            assert!(armed.is_woken(), "whoever waits is told");
            assert_eq!(thread.join().unwrap(), SHUTTING_DOWN);
            assert_eq!(panic_of(|| armed.poll()).text, SHUTTING_DOWN);
            assert!(!armed.as_mut().is_elapsed());
            assert_eq!(panic_of(|| new.poll()).text, SHUTTING_DOWN);
            // What is over is over.
            assert!(over.poll().is_ready());
            armed.as_mut().reset(Instant::now() + ms(1));
            assert_eq!(panic_of(|| armed.poll()).text, SHUTTING_DOWN);
        });
    }
}

/// Tasks that sleep when the runtime ends are cancelled, not panicked.
#[test]
fn the_end_while_tasks_sleep() {
    on_each(|rt| {
        let handles: Vec<_> = (0..50)
            .map(|i| {
                rt.spawn(async move {
                    loop {
                        sleep(Duration::from_micros(i * 10)).await;
                    }
                })
            })
            .collect();
        rt.block_on(async { sleep(ms(5)).await });
        drop(rt);
        for handle in handles {
            assert!(block_on(handle).unwrap_err().is_cancelled());
        }
    });
}

#[test]
fn outside_of_a_runtime() {
    #[track_caller]
    fn panics_here<R>(f: impl FnOnce() -> R) {
        let caught = panic_of(f);
        assert_eq!((caught.text.as_str(), caught.file.as_str()), (NO_RUNTIME, file!()));
        assert!(caught.line.abs_diff(Location::caller().line()) < 3, "line {}", caught.line);
    }
    panics_here(|| sleep(ms(1)));
    panics_here(|| sleep(Duration::MAX));
    panics_here(|| sleep_until(Instant::now()));
    // The argument is made before the runtime is entered.
    let rt = current();
    panics_here(|| rt.block_on(sleep(ms(1))));
    rt.block_on(async { sleep(ms(1)).await });
    assert_eq!(panic_of(|| tokio::time::sleep(ms(1))).text, NO_RUNTIME);
}

#[test]
fn debug() {
    current().block_on(async {
        let text = format!("{:?}", sleep(ms(1)));
        assert!(text.contains("Sleep") && text.contains("deadline"), "{text}");
    });
}
