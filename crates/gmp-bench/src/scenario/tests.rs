//! Tests of scaling, of values and of targets.

use std::time::Duration;

use super::{Bounded, Figure, Measurement, Params, Unit};

fn params(scale: f64) -> Params {
    Params { workers: 2, scale, cold: false }
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
fn a_cold_start_warms_up_with_the_same_whatever_follows() {
    for scale in [0.02, 1.0] {
        let cold = Params { cold: true, ..params(scale) }.warm_up();
        assert_eq!((cold.count(500_000), cold.steps(6, 10.0)), (1, 1));
    }
}

#[test]
fn a_time_is_spread_over_its_operations() {
    let measured = Measurement::time(Duration::from_micros(3), 2);
    assert!((measured.value() - 1_500.0).abs() < 1e-9);
}

#[test]
fn rates_and_times_have_the_units_they_claim() {
    let rate = Measurement::rate(30, Duration::from_millis(500));
    assert!((rate.value() - 60.0).abs() < 1e-9);
    let late = Measurement::micros(Duration::from_nanos(2_500));
    assert!((late.value() - 2.5).abs() < 1e-9);
}

#[test]
fn a_target_bounds_costs_above_and_yields_below() {
    let cost = Figure::only(Unit::CpuNanosPerOp).target(0.6).bound().expect("a target");
    assert!(cost.is_met(0.3) && cost.is_met(0.6) && !cost.is_met(0.61));
    assert_eq!(cost.to_string(), "≤0.60");
    let gain = Figure::only(Unit::PerSecond).target(1.05).bound().expect("a target");
    assert!(gain.is_met(1.2) && gain.is_met(1.05) && !gain.is_met(1.04));
    assert_eq!(gain.to_string(), "≥1.05");
    assert_eq!(Figure::only(Unit::PerSecond).bound(), None);
}

#[test]
fn a_target_can_bound_the_value_itself() {
    let cost = Figure::only(Unit::Micros).target_value(5_000.0).bound().expect("a target");
    assert!(cost.is_met(5_000.0) && !cost.is_met(5_001.0));
    assert_eq!((cost.of(), cost.to_string().as_str()), (Bounded::Value, "gmp≤5000"));
    let gain = Figure::only(Unit::PercentLeft).target_value(85.0).bound().expect("a target");
    assert!(gain.is_met(85.0) && !gain.is_met(84.9));
    let ratio = Figure::only(Unit::PerSecond).target(200.0).bound().expect("a target");
    assert_eq!(ratio.of(), Bounded::Ratio);
}
