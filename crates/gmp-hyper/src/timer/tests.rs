//! On a clock that stands still, so that times are exact.

use crate::GmpTimer;
use gmp::runtime::{Builder, Runtime};
use hyper::rt::{Sleep, Timer};
use std::pin::Pin;
use std::ptr::from_ref;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3_600);

fn paused() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// How long it takes on the runtime's clock, to the millisecond.
async fn time_of(sleep: Pin<Box<dyn Sleep>>) -> Duration {
    let start = GmpTimer::new().now();
    sleep.await;
    let took = GmpTimer::new().now() - start;
    Duration::from_millis(took.as_millis() as u64)
}

/// The address of what the box holds.
fn address(sleep: &Pin<Box<dyn Sleep>>) -> *const () {
    from_ref::<dyn Sleep>(&**sleep).cast()
}

#[test]
fn sleeps_take_their_time() {
    paused().block_on(async {
        let timer = GmpTimer::new();
        assert_eq!(time_of(timer.sleep(HOUR)).await, HOUR);
        assert_eq!(time_of(timer.sleep_until(timer.now() + HOUR)).await, HOUR);
        assert_eq!(time_of(timer.sleep(Duration::ZERO)).await, Duration::ZERO);
        assert_eq!(time_of(timer.sleep_until(timer.now())).await, Duration::ZERO);
    });
}

#[test]
fn now_is_the_runtimes() {
    paused().block_on(async {
        let timer = GmpTimer::new();
        let before = timer.now();
        gmp::time::advance(HOUR).await;
        assert_eq!(timer.now() - before, HOUR);
    });
}

#[test]
fn reset_moves_a_sleep_in_its_place() {
    paused().block_on(async {
        let timer = GmpTimer::new();
        for (first, then) in [(HOUR, 2 * HOUR), (2 * HOUR, HOUR), (HOUR, HOUR)] {
            // Before its first poll, and after it.
            for polled in [false, true] {
                let mut sleep = timer.sleep(first);
                let place = address(&sleep);
                if polled {
                    std::future::poll_fn(|cx| {
                        assert!(sleep.as_mut().poll(cx).is_pending());
                        Poll::Ready(())
                    })
                    .await;
                }
                timer.reset(&mut sleep, timer.now() + then);
                assert_eq!(address(&sleep), place, "it was made anew");
                assert_eq!(time_of(sleep).await, then);
            }
        }
    });
}

#[test]
fn reset_after_the_end_begins_again() {
    paused().block_on(async {
        let timer = GmpTimer::new();
        let mut sleep = timer.sleep(HOUR);
        sleep.as_mut().await;
        timer.reset(&mut sleep, timer.now() + HOUR);
        assert_eq!(time_of(sleep).await, HOUR);
    });
}

#[test]
fn reset_replaces_the_sleep_of_another_timer() {
    struct Theirs;
    impl Future for Theirs {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            Poll::Pending
        }
    }
    impl Sleep for Theirs {}

    paused().block_on(async {
        let timer = GmpTimer::new();
        let mut sleep: Pin<Box<dyn Sleep>> = Box::pin(Theirs);
        timer.reset(&mut sleep, timer.now() + HOUR);
        assert_eq!(time_of(sleep).await, HOUR);
    });
}

#[test]
fn outside_of_a_runtime_now_is_the_systems() {
    let before = Instant::now();
    let now = GmpTimer::new().now();
    assert!(before <= now && now <= Instant::now());
}
