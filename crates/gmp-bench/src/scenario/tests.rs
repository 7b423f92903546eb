//! Tests of scaling and of the figure.

use std::time::Duration;

use super::{Measurement, Params};

fn params(scale: f64) -> Params {
    Params { workers: 2, scale }
}

#[test]
fn counts_scale_and_never_vanish() {
    assert_eq!(params(1.0).count(500_000), 500_000);
    assert_eq!(params(0.05).count(500_000), 25_000);
    assert_eq!(params(2.0).count(10), 20);
    assert_eq!(params(0.0001).count(10), 1);
}

#[test]
fn steps_scale_by_their_base() {
    assert_eq!(params(1.0).steps(6, 10.0), 6);
    assert_eq!(params(0.1).steps(6, 10.0), 5);
    assert_eq!(params(10.0).steps(6, 10.0), 7);
    assert_eq!(params(1e-9).steps(6, 10.0), 1);
}

#[test]
fn a_warm_up_is_a_twentieth() {
    assert_eq!(params(1.0).warm_up().count(1_000), 50);
    assert_eq!(params(1.0).warm_up().workers, 2);
}

#[test]
fn a_time_is_spread_over_its_operations() {
    let measured = Measurement::time(Duration::from_micros(3), 2);
    assert!((measured.value() - 1_500.0).abs() < 1e-9);
}
