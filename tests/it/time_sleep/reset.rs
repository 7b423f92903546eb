//! A sleep that is given another deadline: earlier, later, past; before it fires, while it does, and after.

use crate::support::{ByHand, ms, on_each, paused};
use gmp::time::{Duration, Instant, sleep, sleep_until};
use std::future::Future;
use std::pin::pin;

#[test]
fn is_elapsed() {
    paused(async || {
        let mut sleep = ByHand::new(sleep(ms(10)));
        assert!(!sleep.as_mut().is_elapsed());
        assert!(sleep.poll().is_pending());
        assert!(!sleep.as_mut().is_elapsed());
        gmp::time::sleep(ms(9)).await;
        assert!(!sleep.as_mut().is_elapsed());
        gmp::time::sleep(ms(2)).await;
        // Before it is polled.
        assert!(sleep.is_woken() && sleep.as_mut().is_elapsed());
        assert!(sleep.poll().is_ready());
        assert!(sleep.as_mut().is_elapsed());
        assert!(sleep.poll().is_ready(), "what is over stays over");
        assert!(sleep.as_mut().is_elapsed());
        sleep.as_mut().reset(Instant::now() + ms(1));
        assert!(!sleep.as_mut().is_elapsed());
        gmp::time::sleep(ms(2)).await;
        assert!(sleep.as_mut().is_elapsed(), "one that is reset needs no poll, as in tokio");
    });
}

#[test]
fn reset_later() {
    paused(async || {
        let begun = Instant::now();
        let mut sleep = ByHand::new(sleep(ms(100)));
        sleep.as_mut().reset(begun + ms(150));
        assert_eq!(sleep.as_mut().deadline(), begun + ms(150));
        assert!(sleep.poll().is_pending());
        sleep.as_mut().reset(begun + ms(200));
        sleep_until(begun + ms(199)).await;
        assert!(!sleep.is_woken() && sleep.poll().is_pending());
        // Not polled after this: whoever was to be woken still is.
        sleep.as_mut().reset(begun + ms(300));
        sleep_until(begun + ms(250)).await;
        assert!(!sleep.is_woken());
        sleep.as_mut().reset(begun + ms(300));
        sleep_until(begun + ms(301)).await;
        assert!(sleep.is_woken() && sleep.poll().is_ready());
    });
}

#[test]
fn reset_earlier() {
    paused(async || {
        let begun = Instant::now();
        let mut sleep = ByHand::new(sleep(ms(1000)));
        sleep.as_mut().reset(begun + ms(500));
        assert!(sleep.poll().is_pending());
        sleep.as_mut().reset(begun + ms(100));
        assert_eq!(sleep.as_mut().deadline(), begun + ms(100));
        // Not polled after this either.
        sleep_until(begun + ms(99)).await;
        assert!(!sleep.is_woken());
        sleep_until(begun + ms(101)).await;
        assert!(sleep.is_woken() && sleep.poll().is_ready());
        // The old time is forgotten.
        sleep_until(begun + ms(2000)).await;
        assert!(!sleep.is_woken());
        assert_eq!(sleep.wakers(), 0);
    });
}

#[test]
fn reset_to_the_past() {
    paused(async || {
        let begun = Instant::now();
        sleep(ms(50)).await;
        let mut sleep = ByHand::new(sleep(ms(100)));
        assert!(sleep.poll().is_pending());
        sleep.as_mut().reset(begun + ms(40));
        assert!(sleep.is_woken(), "its time has come");
        assert!(sleep.as_mut().is_elapsed());
        assert!(sleep.poll().is_ready());
        assert_eq!(begun.elapsed(), ms(50));
    });
}

#[test]
fn reset_after_it_was_over() {
    paused(async || {
        let begun = Instant::now();
        let mut sleep = ByHand::new(sleep(ms(10)));
        for round in 2..6 {
            sleep.as_mut().await;
            sleep.as_mut().reset(begun + ms(10) * round);
            assert!(sleep.poll().is_pending());
        }
        sleep.as_mut().await;
        assert_eq!(begun.elapsed(), ms(50));
        // Over, but nobody has polled it since; and the waker is gone.
        sleep.as_mut().reset(begun + ms(60));
        assert!(sleep.poll().is_pending());
        sleep_until(begun + ms(61)).await;
        assert!(sleep.is_woken());
        sleep.as_mut().reset(begun + ms(70));
        assert!(sleep.poll().is_pending() && !sleep.is_woken());
        sleep_until(begun + ms(71)).await;
        assert!(sleep.poll().is_ready());
    });
}

/// On the real clock, where the timer may fire between any two steps.
#[test]
fn resets_race_with_the_time() {
    on_each(|rt| {
        let racing = async || {
            let mut sleep = pin!(sleep(Duration::ZERO));
            for round in 0..400_u64 {
                let deadline = Instant::now() + Duration::from_micros(round % 7 * 20);
                sleep.as_mut().reset(deadline);
                if round % 3 == 0 {
                    // Armed, and reset while it may be firing.
                    let _ = futures::poll!(sleep.as_mut());
                    sleep.as_mut().reset(Instant::now() + Duration::from_micros(round % 5 * 30));
                }
                sleep.as_mut().await;
                assert!(Instant::now() >= sleep.deadline());
            }
        };
        rt.block_on(async {
            let tasks: Vec<_> = (0..4).map(|_| gmp::spawn(racing())).collect();
            racing().await;
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
}

#[test]
fn the_last_waker_is_woken() {
    paused(async || {
        let mut sleep = ByHand::new(sleep(ms(10)));
        assert!(sleep.poll().is_pending());
        assert_eq!(sleep.wakers(), 1);
        // Moved to another task, so to say.
        let mut moved = ByHand::new(std::future::poll_fn(|cx| sleep.as_mut().poll(cx)));
        assert!(moved.poll().is_pending());
        assert_eq!(moved.wakers(), 1);
        gmp::time::sleep(ms(11)).await;
        assert!(moved.is_woken());
        assert!(moved.poll().is_ready());
        assert_eq!(moved.wakers(), 0);
        drop(moved);
        assert_eq!(sleep.wakers(), 0);
        assert!(!sleep.is_woken());
    });
}
