//! Tests of percentiles.

use std::time::Duration;

use super::Latencies;

fn of(micros: impl Iterator<Item = u64>) -> Latencies {
    let mut latencies = Latencies::new();
    micros.for_each(|micros| latencies.add(Duration::from_micros(micros)));
    latencies
}

#[track_caller]
fn assert_close(time: Duration, micros: f64) {
    let off = (time.as_secs_f64() * 1e6 - micros).abs();
    assert!(off <= micros / 500.0, "{time:?} is not about {micros} µs");
}

#[test]
fn percentiles_of_a_ramp() {
    let ramp = of(1..=1_000);
    assert_eq!(ramp.count(), 1_000);
    assert_close(ramp.percentile(50.0), 500.0);
    assert_close(ramp.percentile(99.0), 990.0);
    assert_close(ramp.percentile(100.0), 1_000.0);
}

#[test]
fn one_in_fifty_shows_at_99_and_not_at_50() {
    let rare = of((0..1_000).map(|number| if number % 50 == 0 { 1_000_000 } else { 3 }));
    assert_close(rare.percentile(50.0), 3.0);
    assert_close(rare.percentile(99.0), 1_000_000.0);
}

#[test]
fn one_in_a_thousand_does_not_show_at_99() {
    let rare = of((0..1_000).map(|number| if number == 7 { 1_000_000 } else { 3 }));
    assert_close(rare.percentile(99.0), 3.0);
}

#[test]
fn none_have_no_percentiles_but_zero() {
    assert_eq!(of(std::iter::empty()).percentile(99.0), Duration::ZERO);
}
