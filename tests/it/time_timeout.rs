//! [`Timeout`]: the future first, then the time.

use crate::support::{ByHand, Census, current, ms, on_each, panic_of, paused, watched};
use gmp::sync::oneshot;
use gmp::time::{Duration, Instant, advance, sleep, timeout, timeout_at};
use std::future::{IntoFuture, pending, ready};
use std::panic::Location;
use std::pin::pin;
use std::task::Poll;

#[test]
fn in_time_and_too_late() {
    on_each(|rt| {
        let both = async || {
            assert_eq!(timeout(Duration::from_secs(60), async { 1 }).await, Ok(1));
            let slept = timeout(Duration::from_secs(60), async {
                sleep(ms(5)).await;
                2
            });
            assert_eq!(slept.await, Ok(2));
            let begun = Instant::now();
            assert!(timeout(ms(5), pending::<()>()).await.is_err());
            assert!(begun.elapsed() >= ms(5));
            assert!(timeout_at(begun + ms(10), pending::<()>()).await.is_err());
            assert!(begun.elapsed() >= ms(10));
        };
        rt.block_on(async {
            let task = gmp::spawn(both());
            both().await;
            task.await.unwrap();
            let slow = gmp::spawn(pending::<()>());
            assert!(timeout(ms(5), slow).await.is_err());
        });
    });
}

/// What is ready is ready, however late it is.
#[test]
fn the_future_is_polled_first() {
    paused(async || {
        let now = Instant::now();
        assert_eq!(ByHand::new(timeout(Duration::ZERO, ready(1))).poll(), Poll::Ready(Ok(1)));
        assert_eq!(ByHand::new(timeout_at(now, ready(2))).poll(), Poll::Ready(Ok(2)));
        assert_eq!(ByHand::new(timeout_at(now - ms(1000), ready(3))).poll(), Poll::Ready(Ok(3)));
        // Both at the same moment.
        let (tx, rx) = oneshot::channel();
        let mut both = ByHand::new(timeout(ms(100), rx));
        assert!(both.poll().is_pending());
        advance(ms(100)).await;
        tx.send(4).unwrap();
        assert_eq!(both.poll(), Poll::Ready(Ok(Ok(4))));
    });
}

#[test]
fn a_deadline_that_is_past() {
    paused(async || {
        let now = Instant::now();
        for deadline in [now, now - ms(1000)] {
            assert!(ByHand::new(timeout_at(deadline, pending::<()>())).poll().is_ready());
        }
        assert!(ByHand::new(timeout(Duration::ZERO, pending::<()>())).poll().is_ready());
    });
}

#[test]
fn who_is_woken_when() {
    paused(async || {
        let (tx, rx) = oneshot::channel();
        let mut waits = ByHand::new(timeout(ms(100), rx));
        assert!(waits.poll().is_pending());
        advance(ms(99)).await;
        assert!(!waits.is_woken() && waits.poll().is_pending());
        tx.send(()).unwrap();
        assert!(waits.is_woken());
        assert_eq!(waits.poll(), Poll::Ready(Ok(Ok(()))));

        let mut waits = ByHand::new(timeout(ms(100), pending::<()>()));
        assert!(waits.poll().is_pending());
        advance(ms(99)).await;
        assert!(!waits.is_woken() && waits.poll().is_pending());
        advance(ms(1)).await;
        assert!(waits.is_woken());
        assert!(matches!(waits.poll(), Poll::Ready(Err(_))));
    });
}

#[test]
fn no_limit() {
    paused(async || {
        for mut waits in [timeout(Duration::MAX, sleep(ms(5))), timeout(Duration::MAX - ms(1), sleep(ms(5)))] {
            let _ = waits.get_mut();
            assert_eq!(waits.await, Ok(()));
        }
        let far = Instant::now().checked_add(Duration::from_secs(1 << 34)).unwrap();
        assert_eq!(timeout_at(far, sleep(ms(5))).await, Ok(()));
        // One that ends after ten years doesn't, until then.
        let mut waits = ByHand::new(timeout(Duration::MAX, pending::<()>()));
        assert!(waits.poll().is_pending());
        advance(Duration::from_secs(10 * 365 * 86_400)).await;
        assert!(waits.poll().is_pending());
    });
}

/// A future that uses up the budget at each poll: the time is looked at all the same.
#[test]
fn a_future_without_end_that_is_always_ready_inside() {
    use gmp::io::AsyncReadExt;
    on_each(|rt| {
        let reads = async || {
            let forever = async {
                let mut buf = [0; 1];
                loop {
                    let _ = gmp::io::empty().read(&mut buf).await;
                }
            };
            assert!(timeout(ms(5), forever).await.is_err());
        };
        rt.block_on(async {
            reads().await;
            gmp::spawn(reads()).await.unwrap();
        });
    });
}

/// Who comes with no budget looks at the time when there is some again, and isn't lost.
#[test]
fn without_budget_from_the_start() {
    paused(async || {
        let mut waits = ByHand::new(timeout_at(Instant::now(), pending::<()>()));
        while gmp::task::coop::has_budget_remaining() {
            let _ = futures::poll!(pin!(gmp::task::consume_budget()));
        }
        assert!(waits.poll().is_pending());
        gmp::task::yield_now().await;
        assert!(waits.is_woken() || waits.poll().is_ready());
        assert!(waits.poll().is_ready());
    });
}

#[test]
fn nested() {
    paused(async || {
        let begun = Instant::now();
        let inner = timeout(ms(100), pending::<()>());
        assert!(matches!(timeout(ms(200), inner).await, Ok(Err(_))));
        assert_eq!(begun.elapsed(), ms(100));
        let inner = timeout(ms(200), pending::<()>());
        assert!(timeout(ms(100), inner).await.is_err());
        assert_eq!(begun.elapsed(), ms(200));
        // A sleep that ends with the timeout is in time.
        assert_eq!(timeout(ms(100), sleep(ms(100))).await, Ok(()));
    });
}

#[test]
fn the_future_inside() {
    paused(async || {
        let mut limited = timeout(ms(1), ready(1));
        assert_eq!(format!("{:?}", limited.get_ref()), format!("{:?}", ready(1)));
        *limited.get_mut() = ready(2);
        assert_eq!(limited.into_inner().await, 2);
        // Borrowed, it is whole after the time.
        let (tx, mut rx) = oneshot::channel();
        assert!(timeout(ms(1), &mut rx).await.is_err());
        tx.send(3).unwrap();
        assert_eq!(timeout(ms(1), rx).await, Ok(Ok(3)));
    });
}

#[test]
fn what_can_become_a_future() {
    struct Recipe;
    impl IntoFuture for Recipe {
        type Output = u8;
        type IntoFuture = std::future::Ready<u8>;

        fn into_future(self) -> Self::IntoFuture {
            ready(5)
        }
    }
    paused(async || {
        assert_eq!(timeout(ms(1), Recipe).await, Ok(5));
        assert_eq!(timeout_at(Instant::now(), Recipe).await, Ok(5));
    });
}

#[test]
fn dropped_with_its_future() {
    on_each(|rt| {
        let census = Census::default();
        rt.block_on(async {
            let holds = |live| async move {
                let _live = live;
                pending::<()>().await;
            };
            assert!(timeout(ms(1), holds(census.live())).await.is_err());
            census.assert_all_dropped();
            let mut waits = ByHand::new(timeout(Duration::from_secs(3600), holds(census.live())));
            assert!(waits.poll().is_pending());
            assert_eq!((waits.wakers(), census.dropped()), (1, 1));
            drop(waits);
            census.assert_all_dropped();
        });
    });
}

/// Polled after it was over: no panic, as long as its future has none.
#[test]
fn polled_again() {
    paused(async || {
        let mut waits = ByHand::new(timeout(ms(1), pending::<()>()));
        assert!(waits.as_mut().await.is_err());
        assert!(matches!(waits.poll(), Poll::Ready(Err(_))));
    });
}

#[test]
fn the_error() {
    watched(|| {
        let (first, second) = current().block_on(async {
            let elapsed = async || timeout(Duration::ZERO, pending::<()>()).await.unwrap_err();
            (elapsed().await, elapsed().await)
        });
        assert_eq!(first, second);
        assert_eq!(first.to_string(), "deadline has elapsed");
        assert_eq!(format!("{first:?}"), "Elapsed(())");
        let io = std::io::Error::from(first);
        assert_eq!(io.kind(), std::io::ErrorKind::TimedOut);
        let question: Result<(), std::io::Error> = (|| {
            Err(second)?;
            Ok(())
        })();
        assert_eq!(question.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    });
}

#[test]
fn outside_of_a_runtime() {
    let no_runtime = tokio::runtime::Handle::try_current().unwrap_err().to_string();
    #[track_caller]
    fn panics_here<R>(text: &str, f: impl FnOnce() -> R) {
        let caught = panic_of(f);
        assert_eq!((caught.text.as_str(), caught.file.as_str()), (text, file!()));
        assert!(caught.line.abs_diff(Location::caller().line()) < 3, "line {}", caught.line);
    }
    panics_here(&no_runtime, || timeout(ms(1), ready(())));
    panics_here(&no_runtime, || timeout_at(Instant::now(), ready(())));
    // Without a limit there is no need for a timer, in tokio neither.
    crate::support::block_on(timeout(Duration::MAX, ready(()))).unwrap();
}

#[test]
fn debug() {
    current().block_on(async {
        let text = format!("{:?}", timeout(ms(1), ready(7)));
        assert!(text.contains("Timeout") && text.contains('7'), "{text}");
    });
}
