//! Tests of the figures that the table shows.

use super::interval::Interval;
use super::{Ratio, Round, Summary, Verdict, median};
use crate::scenario::Better;

fn pair(left: f64, right: f64) -> Round {
    Round(vec![Some(left), Some(right)])
}

#[test]
fn median_of_odd_even_and_none() {
    assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
    assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), Some(2.5));
    assert_eq!(median([7.0].into_iter()), Some(7.0));
    assert_eq!(median(std::iter::empty()), None);
}

#[test]
fn ratio_is_the_median_within_pairs_not_of_medians() {
    // The machine got slower: the medians' ratio would be 20 / 40, while two of three pairs say 1.
    let summary = Summary::of(&[pair(10.0, 10.0), pair(20.0, 40.0), pair(100.0, 100.0)], 2, 0.0);
    assert_eq!(summary.medians, [Some(20.0), Some(40.0)]);
    let interval = Interval { low: 0.5, high: 1.0 };
    let expected = Ratio { median: 1.0, min: 0.5, max: 1.0, interval, pairs: 3, within: None };
    assert_eq!(summary.ratios, [Some(expected)]);
}

#[test]
fn half_a_pair_counts_for_its_side_only() {
    let half = Round(vec![None, Some(9.0)]);
    let summary = Summary::of(&[pair(2.0, 1.0), half], 2, 0.0);
    assert_eq!(summary.medians, [Some(2.0), Some(5.0)]);
    assert_eq!(summary.ratios[0].map(|ratio| ratio.median), Some(2.0));
}

#[test]
fn nothing_is_divided_by_zero() {
    assert_eq!(pair(3.0, 0.0).ratio(1, 0.0), None);
    assert_eq!(pair(0.0, 3.0).ratio(1, 0.0), Some(0.0));
    let summary = Summary::of(&[pair(3.0, 0.0)], 2, 0.0);
    assert_eq!(summary.ratios, [None]);
    assert_eq!(summary.medians[0], Some(3.0));
}

#[test]
fn nothing_is_divided_by_noise() {
    assert_eq!(pair(500.0, 10.0).ratio(1, 10.0), None);
    assert_eq!(pair(500.0, 20.0).ratio(1, 10.0), Some(25.0));
    assert_eq!(pair(1.0, 20.0).ratio(1, 10.0), Some(0.05));
    let summary = Summary::of(&[pair(500.0, 0.2), pair(500.0, 50.0)], 2, 10.0);
    assert_eq!(summary.ratios[0].map(|ratio| ratio.median), Some(10.0));
    assert_eq!(summary.medians[0], Some(500.0));
}

#[test]
fn no_rounds_have_no_figures() {
    let summary = Summary::of(&[], 2, 0.0);
    assert_eq!((&summary.medians[..], &summary.ratios[..]), (&[None, None][..], &[None][..]));
}

#[test]
fn the_first_side_is_set_beside_each_of_the_others() {
    // The third one has the scenario in the second round only.
    let rounds = [Round(vec![Some(1.0), Some(2.0), None]), Round(vec![Some(1.0), Some(4.0), Some(0.5)])];
    let summary = Summary::of(&rounds, 3, 0.0);
    assert_eq!(summary.medians, [Some(1.0), Some(3.0), Some(0.5)]);
    let medians: Vec<_> = summary.ratios.iter().map(|ratio| ratio.map(|ratio| (ratio.median, ratio.pairs))).collect();
    assert_eq!(medians, [Some((0.375, 2)), Some((2.0, 1))]);
    // A side that has it not at all.
    assert_eq!(Summary::of(&rounds[..1], 3, 0.0).ratios[1], None);
}

#[test]
fn a_verdict_needs_an_interval_without_1_and_enough_pairs() {
    let verdict = |ratios: &[f64], better| Ratio::of(ratios).expect("a ratio").verdict(better);
    assert_eq!(verdict(&[0.5; 6], Better::Less), Verdict::Left);
    assert_eq!(verdict(&[0.5; 6], Better::More), Verdict::Right);
    assert_eq!(verdict(&[2.0; 6], Better::Less), Verdict::Right);
    assert_eq!(verdict(&[2.0; 6], Better::More), Verdict::Left);
    assert_eq!(verdict(&[0.5; 5], Better::Less), Verdict::TooFew);
    assert_eq!(verdict(&[0.5, 0.6, 0.5, 0.5, 1.1, 0.5], Better::Less), Verdict::NoDifference);
    assert_eq!(verdict(&[1.0; 20], Better::Less), Verdict::NoDifference);
    assert_eq!(verdict(&[0.9, 1.1], Better::More), Verdict::NoDifference);
}

#[test]
fn a_verdict_names_the_winner() {
    assert_eq!(Verdict::Left.words("gmp", "tokio"), "gmp ahead");
    assert_eq!(Verdict::Right.words("gmp", "tokio"), "tokio ahead");
    assert_eq!(Verdict::NoDifference.words("gmp", "tokio"), "no difference seen");
}
