//! The paused clock: it stands while there is something to do, and moves to the next timer when there isn't.

use std::future::pending;
use std::time::Instant as Wall;
use tokio::sync::oneshot;
use tokio::time::{self, Duration, Instant, MissedTickBehavior, advance, interval, sleep, sleep_until, timeout};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn it_moves_by_itself_to_the_next_timer() {
    let (start, wall) = (Instant::now(), Wall::now());
    sleep(24 * HOUR).await;
    assert_eq!(start.elapsed(), 24 * HOUR);
    let error = timeout(HOUR, pending::<()>()).await.unwrap_err();
    assert_eq!(error.to_string(), "deadline has elapsed");
    assert_eq!(start.elapsed(), 25 * HOUR);
    assert!(wall.elapsed() < HOUR);
}

#[tokio::test(start_paused = true)]
async fn timers_fire_in_their_order() {
    let start = Instant::now();
    let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel();
    for seconds in [5, 1, 4, 2, 3] {
        let tx = tx.clone();
        tokio::spawn(async move {
            sleep(Duration::from_secs(seconds)).await;
            tx.send((seconds, start.elapsed())).unwrap();
        });
    }
    drop(tx);
    for seconds in 1..=5 {
        assert_eq!(rx.recv().await, Some((seconds, Duration::from_secs(seconds))));
    }
}

#[tokio::test(start_paused = true)]
async fn it_stands_while_a_blocking_job_runs() {
    let start = Instant::now();
    let sleeper = tokio::spawn(sleep(HOUR));
    tokio::task::yield_now().await;
    tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(50))).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(!sleeper.is_finished());
    sleeper.await.unwrap();
    assert_eq!(start.elapsed(), HOUR);
}

#[tokio::test(start_paused = true)]
async fn it_stands_while_tasks_have_something_to_do() {
    let start = Instant::now();
    let sleeper = tokio::spawn(sleep(HOUR));
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(!sleeper.is_finished());
}

#[tokio::test(start_paused = true)]
async fn advanced_by_hand() {
    let start = Instant::now();
    let mut early = tokio::spawn(async move {
        sleep(Duration::from_secs(1)).await;
        start.elapsed()
    });
    let late = tokio::spawn(sleep(Duration::from_secs(3)));
    tokio::task::yield_now().await;
    advance(Duration::from_millis(999)).await;
    assert!(!early.is_finished());
    advance(Duration::from_millis(1)).await;
    assert_eq!((&mut early).await.unwrap(), Duration::from_secs(1));
    assert!(!late.is_finished());
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn an_interval_that_was_missed() {
    let start = Instant::now();
    let seen = async |behavior| {
        let start = Instant::now();
        let mut ticks = interval(Duration::from_secs(10));
        ticks.set_missed_tick_behavior(behavior);
        ticks.tick().await;
        advance(Duration::from_secs(35)).await;
        let mut seen = Vec::new();
        for _ in 0..4 {
            ticks.tick().await;
            seen.push(start.elapsed().as_secs());
        }
        seen
    };
    assert_eq!(seen(MissedTickBehavior::Burst).await, [35, 35, 35, 40]);
    assert_eq!(seen(MissedTickBehavior::Delay).await, [35, 45, 55, 65]);
    assert_eq!(seen(MissedTickBehavior::Skip).await, [35, 40, 50, 60]);
    assert_eq!(start.elapsed().as_secs(), 40 + 65 + 60);
}

#[tokio::test]
async fn paused_and_resumed() {
    time::pause();
    let before = Instant::now();
    sleep(HOUR).await;
    time::resume();
    let resumed = Instant::now();
    assert!(resumed - before >= HOUR);
    std::thread::sleep(Duration::from_millis(5));
    assert!(resumed.elapsed() >= Duration::from_millis(5));
}

#[tokio::test(start_paused = true)]
async fn a_retry_with_growing_pauses() {
    let start = Instant::now();
    let mut tries = 0;
    let mut pause = Duration::from_secs(1);
    let answer = loop {
        tries += 1;
        let attempt = async { if tries < 5 { pending().await } else { "at last" } };
        match timeout(Duration::from_secs(2), attempt).await {
            Ok(answer) => break answer,
            Err(_) => sleep(pause).await,
        }
        pause *= 2;
    };
    assert_eq!((answer, tries), ("at last", 5));
    assert_eq!(start.elapsed(), Duration::from_secs(4 * 2 + 1 + 2 + 4 + 8));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_is_moved() {
    let start = Instant::now();
    let deadline = sleep_until(start + Duration::from_secs(1));
    tokio::pin!(deadline);
    let (tx, mut rx) = oneshot::channel();
    tokio::spawn(async move {
        sleep(Duration::from_millis(500)).await;
        tx.send(()).unwrap();
    });
    let mut moved = false;
    loop {
        tokio::select! {
            () = &mut deadline => break,
            result = &mut rx, if !moved => {
                result.unwrap();
                moved = true;
                deadline.as_mut().reset(start + Duration::from_secs(10));
            }
        }
    }
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}
