//! That both runtimes do what the trait says.

use super::Drivers;
use crate::runtimes::{Gmp, Tokio};
use std::future;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SHORT: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(3_600);

fn sleeps_and_times_out<R: Drivers>() {
    R::multi_thread(1).run(async {
        let start = Instant::now();
        R::sleep(SHORT).await;
        assert!(start.elapsed() >= SHORT);
        assert_eq!(R::timeout(LONG, future::ready(7)).await, Some(7));
        assert_eq!(R::timeout(SHORT, future::pending::<()>()).await, None);
        let mut sleep = pin!(R::sleep(LONG));
        R::reset(sleep.as_mut(), SHORT);
        sleep.await;
    });
}

fn talks<R: Drivers>() {
    R::multi_thread(1).run(async {
        let (listener, address) = R::listen().await.expect("a port");
        let server = R::spawn(async move {
            let mut stream = R::accept(&listener).await.expect("a connection");
            stream.write_all(b"hello").await.expect("the client reads");
        });
        let mut client = R::connect(address).await.expect("a connection");
        R::set_nodelay(&client).expect("no delay");
        R::set_zero_linger(&client).expect("a reset");
        let mut greeting = String::new();
        client.read_to_string(&mut greeting).await.expect("the server writes");
        assert_eq!(greeting, "hello");
        server.await.expect("the server completes");
    });
}

#[test]
fn gmp_sleeps_and_times_out() {
    sleeps_and_times_out::<Gmp>();
}

#[test]
fn tokio_sleeps_and_times_out() {
    sleeps_and_times_out::<Tokio>();
}

#[test]
fn gmp_talks() {
    talks::<Gmp>();
}

#[test]
fn tokio_talks() {
    talks::<Tokio>();
}
