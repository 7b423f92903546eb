//! Tests of the sequence.

use super::Random;

#[test]
fn it_is_splitmix64() {
    let mut random = Random::new(1_234_567);
    // The reference values of the generator's authors for this seed.
    let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
    assert_eq!(expected.map(|_| random.next()), expected);
}

#[test]
fn bounds_are_kept_and_reached() {
    let mut random = Random::new(0);
    let mut seen = [0_u32; 11];
    for _ in 0..10_000 {
        seen[random.up_to(10) as usize] += 1;
    }
    assert_eq!(seen[0], 0);
    assert!(seen[1..].iter().all(|&times| (800..1_200).contains(&times)), "{seen:?}");
}
