//! Tests that the numbers are what a bench relies on.

use super::Random;

#[test]
fn a_seed_is_a_sequence() {
    let numbers = |seed| {
        let mut random = Random::new(seed);
        (0..1_000).map(|_| random.up_to(10)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(7), numbers(7));
    assert_ne!(numbers(7), numbers(8));
    let mut seen: Vec<_> = numbers(7);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
}
