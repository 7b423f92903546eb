//! The mask is a set.

use super::Pmask;
use proptest::prelude::*;
use std::collections::BTreeSet;

proptest! {
    #[test]
    fn behaves_as_a_set(ops in prop::collection::vec((0..3_u8, 0..200_usize), 0..400)) {
        let mask = Pmask::new(200);
        let mut model = BTreeSet::new();
        for (op, i) in ops {
            match op {
                0 => prop_assert_eq!(mask.insert(i), model.insert(i)),
                1 => prop_assert_eq!(mask.remove(i), model.remove(&i)),
                _ => prop_assert_eq!(mask.contains(i), model.contains(&i)),
            }
            prop_assert_eq!(mask.is_empty(), model.is_empty());
        }
        prop_assert_eq!(mask.iter().collect::<Vec<_>>(), model.into_iter().collect::<Vec<_>>());
    }
}
