//! Tests of the intervals against cases whose answer is known, and of what they promise.

use super::{Interval, by_order};
use crate::random::Random;

/// `count` values around 1, as ratios are: above as often as below, sometimes far away.
fn noise(count: usize, random: &mut Random) -> Vec<f64> {
    let mut uniform = || (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
    let mut value = || {
        // A logistic distribution of the logarithm: heavier tails than a normal one.
        let uniform = uniform().clamp(1e-12, 1.0 - 1e-12);
        ((uniform / (1.0 - uniform)).ln() * 0.1).exp()
    };
    (0..count).map(|_| value()).collect()
}

fn ascending(count: u32) -> Vec<f64> {
    (1..=count).map(f64::from).collect()
}

#[test]
fn order_statistics_are_those_of_the_tables() {
    // Conover, table of the sign test: the ranks of the 95 % interval of a median.
    for (count, low, high) in [
        (1, 1, 1),
        (2, 1, 2),
        (5, 1, 5),
        (6, 1, 6),
        (8, 1, 8),
        (9, 2, 8),
        (11, 2, 10),
        (12, 3, 10),
        (20, 6, 15),
        (50, 18, 33),
        (100, 40, 61),
    ] {
        let interval = by_order(&ascending(count));
        assert_eq!(interval, Interval { low: f64::from(low), high: f64::from(high) }, "{count} values");
    }
}

#[test]
fn thousands_of_values_have_one_too() {
    let interval = Interval::of_median(&ascending(10_000));
    // The median is 5,000.5, and its ranks are about 0.98 · √10,000 away from it.
    assert!((4_890.0..4_910.0).contains(&interval.low), "{interval:?}");
    assert!((5_091.0..5_111.0).contains(&interval.high), "{interval:?}");
}

#[test]
fn equal_values_leave_no_doubt() {
    for count in [1, 2, 7, 30] {
        assert_eq!(Interval::of_median(&vec![0.5; count]), Interval { low: 0.5, high: 0.5 });
    }
    assert_eq!(Interval::of_change(&[2.0; 4], &[1.0; 9]), Interval { low: 0.5, high: 0.5 });
}

#[test]
fn the_same_values_have_the_same_interval_in_any_order() {
    let values = [0.9, 1.2, 1.0, 0.8, 1.1, 0.95, 1.05, 1.3, 0.7];
    let mut reversed = values;
    reversed.reverse();
    assert_eq!(Interval::of_median(&values), Interval::of_median(&reversed));
    assert_eq!(Interval::of_median(&values), Interval { low: 0.8, high: 1.2 });
}

#[test]
fn one_outlier_of_nine_moves_nothing() {
    let interval = Interval::of_median(&[0.5, 0.5, 0.5, 0.5, 0.51, 0.51, 0.51, 0.51, 9.0]);
    assert!(interval.high < 0.52, "{interval:?}");
}

/// Fewer than usual, for these tests make thousands of intervals.
const RESAMPLES: usize = 400;

/// How many of a thousand intervals don't hold 1, of which that is the truth. 50 are expected at most, and 71 are three
/// standard deviations more.
fn wrong(mut interval: impl FnMut(&mut Random) -> Interval) -> usize {
    let mut random = Random::new(1);
    (0..1_000).filter(|_| !interval(&mut random).holds(1.0)).count()
}

#[test]
fn equal_sides_are_told_apart_in_one_of_twenty_runs_at_most() {
    for count in [6, 7, 9, 15, 20] {
        let wrong = wrong(|random| Interval::of_median_by(RESAMPLES, &noise(count, random)));
        // Nor is it an interval of anything and everything.
        assert!((5..=71).contains(&wrong), "{wrong} of 1,000 with {count} pairs");
    }
}

#[test]
fn equal_runs_are_told_apart_in_one_of_twenty_comparisons_at_most() {
    for (before, after) in [(6, 6), (9, 9), (9, 20)] {
        let wrong = wrong(|random| Interval::of_change_by(RESAMPLES, &noise(before, random), &noise(after, random)));
        assert!((5..=71).contains(&wrong), "{wrong} of 1,000 with {before} and {after} rounds");
    }
}

#[test]
fn a_difference_is_seen() {
    let mut random = Random::new(2);
    let slower: Vec<f64> = noise(9, &mut random).into_iter().map(|ratio| ratio * 2.0).collect();
    assert!(Interval::of_median(&slower).low > 1.0);
    let change = Interval::of_change(&noise(9, &mut random), &slower);
    assert!(change.low > 1.0 && change.holds(2.0), "{change:?}");
}
