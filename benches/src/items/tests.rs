//! That tokens come out of each queue once and in order, and that nothing is lost at a drop or an overflow.

use super::{Chain, Global, Ring, Token};

fn numbers(tokens: impl Iterator<Item = Token>) -> Vec<u64> {
    tokens.map(|token| token.number()).collect()
}

fn filled(count: u64) -> Ring {
    let ring = Ring::new();
    for number in 0..count {
        assert!(ring.put(Token::new(number), false).is_none());
    }
    ring
}

#[test]
fn a_ring_is_first_in_first_out_but_for_the_next() {
    let ring = filled(3);
    assert!(ring.put(Token::new(7), true).is_none());
    assert_eq!(ring.len(), 3);
    assert_eq!(numbers(std::iter::from_fn(|| ring.get())), [7, 0, 1, 2]);
}

#[test]
fn a_full_ring_gives_its_older_half_away() {
    let ring = filled(Ring::CAPACITY as u64);
    let half = Ring::CAPACITY as u64 / 2;
    let chain = ring.put(Token::new(1000), false).expect("the ring was full");
    let expected: Vec<_> = (0..half).chain([1000]).collect();
    assert_eq!(numbers(chain), expected);
    assert_eq!(ring.len() as u64, half);
}

#[test]
fn a_theft_takes_half() {
    let (victim, thief) = (filled(10), Ring::new());
    let token = thief.steal_half(&victim.victim()).expect("there is something to steal");
    assert_eq!(token.number(), 4);
    assert_eq!(numbers(std::iter::from_fn(|| thief.get())), [0, 1, 2, 3]);
    assert_eq!(numbers(std::iter::from_fn(|| victim.get())), [5, 6, 7, 8, 9]);
}

#[test]
#[should_panic = "a thief's ring must be empty"]
fn a_theft_into_a_ring_with_something_in_it_panics() {
    filled(1).steal_half(&filled(1).victim());
}

#[test]
#[should_panic = "a ring can't steal from itself"]
fn a_theft_from_oneself_panics() {
    let ring = Ring::new();
    ring.steal_half(&ring.victim());
}

#[test]
fn the_global_queue_keeps_the_order_and_what_does_not_fit() {
    let global = Global::new();
    let mut chain = Chain::default();
    (0..5).for_each(|number| chain.push(Token::new(number)));
    global.put_chain(chain);
    global.put(Token::new(5));
    let ring = filled(Ring::CAPACITY as u64 - 2);
    assert!(global.get_batch(4, &ring));
    assert_eq!(ring.len(), Ring::CAPACITY);
    assert_eq!(numbers(std::iter::from_fn(|| global.get())), [4, 5, 2, 3]);
    assert!(!global.get_batch(4, &ring));
}
