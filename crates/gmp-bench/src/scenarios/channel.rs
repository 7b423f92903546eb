//! Channels between tasks. gmp takes its channels from tokio, so what differs there is the runtime around them. smol and Go
//! have channels of their own.

use std::hint::black_box;
use std::time::Instant;

use super::rt::sync::mpsc;
use super::{on_worker, rt, sum_to};
use crate::scenario::{Measurement, Params};

/// Tasks that send.
const PRODUCERS: u64 = 4;

/// Messages of all producers together.
const MESSAGES: u64 = 400_000;

/// Four producers send 400k numbers to one consumer through a channel of capacity 100.
///
/// Measures waking with back-pressure, per message: producers wait for room, the consumer for messages. Does not
/// compare channels beside tokio, since gmp uses the same.
pub(super) fn mpsc_4_1(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let each = params.count(MESSAGES / PRODUCERS);
        let start = Instant::now();
        let (sender, mut receiver) = mpsc::channel(100);
        for producer in 0..PRODUCERS {
            let sender = sender.clone();
            drop(rt::spawn(async move {
                for number in numbers_of(producer, each) {
                    sender.send(number).await.expect("the consumer listens");
                }
            }));
        }
        drop(sender);
        let consumer = rt::spawn(async move {
            let mut sum = 0;
            while let Some(number) = receiver.recv().await {
                sum += black_box(number);
            }
            sum
        });
        let sum = consumer.await.expect("the consumer completes");
        finish(start, each, sum)
    })
}

/// The same through an unbounded channel.
///
/// Measures one-sided waking: producers never wait, so they run until the runtime takes their turn away. Does not
/// bound memory: how long the queue gets depends on the order in which the runtime runs the five tasks.
pub(super) fn mpsc_unbounded_4_1(params: Params) -> Measurement {
    on_worker(params, |params| async move {
        let each = params.count(MESSAGES / PRODUCERS);
        let start = Instant::now();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        for producer in 0..PRODUCERS {
            let sender = sender.clone();
            drop(rt::spawn(async move {
                for number in numbers_of(producer, each) {
                    sender.send(number).expect("the consumer listens");
                }
            }));
        }
        drop(sender);
        let consumer = rt::spawn(async move {
            let mut sum = 0;
            while let Some(number) = receiver.recv().await {
                sum += black_box(number);
            }
            sum
        });
        let sum = consumer.await.expect("the consumer completes");
        finish(start, each, sum)
    })
}

/// The numbers that one producer sends; together the producers send 1, 2, … without gaps.
fn numbers_of(producer: u64, each: u64) -> std::ops::RangeInclusive<u64> {
    producer * each + 1..=(producer + 1) * each
}

fn finish(start: Instant, each: u64, sum: u64) -> Measurement {
    let elapsed = start.elapsed();
    assert_eq!(sum, sum_to(PRODUCERS * each), "every message arrived once");
    Measurement::time(elapsed, PRODUCERS * each)
}
