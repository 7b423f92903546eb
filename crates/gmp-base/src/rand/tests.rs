//! Every order is a permutation, and the generator covers its range.

use super::{FastRand, RandomOrder};

#[test]
fn every_order_visits_each_number_once() {
    for count in 0..40 {
        let order = RandomOrder::new(count);
        let rand = FastRand::new(count as u64 + 7);
        for _ in 0..50 {
            let mut seen: Vec<usize> = order.start(rand.next_u64()).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }
    }
}

#[test]
fn below_stays_below_and_reaches_every_number() {
    let rand = FastRand::new(1);
    for n in 1..20 {
        let mut hit = vec![false; n];
        for _ in 0..n * 200 {
            hit[rand.below(n)] = true;
        }
        assert!(hit.iter().all(|&h| h), "some number below {n} never came");
    }
}
