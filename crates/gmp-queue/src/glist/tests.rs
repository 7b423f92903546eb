//! The list against std's `VecDeque`.

use super::GQueue;
use crate::testing::{Item, take};
use proptest::prelude::*;
use std::collections::VecDeque;

proptest! {
    #[test]
    fn behaves_as_a_deque(ops in prop::collection::vec((0..4_u8, 0..1000_usize), 0..300)) {
        let (mut a, mut b) = (GQueue::new(), GQueue::new());
        let (mut ma, mut mb) = (VecDeque::new(), VecDeque::new());
        for (op, v) in ops {
            match op {
                // SAFETY: a fresh item, queued once.
                0 => { unsafe { a.push_back(Item::leak(v)) }; ma.push_back(v); }
                // SAFETY: as above.
                1 => { unsafe { b.push_back(Item::leak(v)) }; mb.push_back(v); }
                2 => prop_assert_eq!(a.pop_front().map(take), ma.pop_front()),
                _ => { a.append(&mut b); ma.append(&mut mb); }
            }
            prop_assert_eq!((a.len(), b.len()), (ma.len(), mb.len()));
            prop_assert_eq!(a.is_empty(), ma.is_empty());
        }
        prop_assert_eq!(a.map(take).collect::<Vec<_>>(), Vec::from(ma));
        b.map(take).for_each(drop);
    }
}
