//! What sysmon relies on.

use super::{P, PStatsBase};
use gmp_base::loom::unmodelled::Ordering;

/// Sysmon recognises a turn by the record and its number, so no number comes twice, whatever becomes of the record.
#[test]
fn a_turn_is_never_another_one() {
    let (pp, base) = (P::new(0, 0, 1), PStatsBase::default());
    let mut last = pp.turn();
    for _ in 0..3 {
        pp.stats.polls.add(1);
        assert_eq!(pp.turn(), last + 1);
        pp.stats.block_on_polls.add(1);
        assert_eq!(pp.turn(), last + 2);
        pp.fold_stats_into(&base);
        assert_eq!((pp.stats.polls.get(), pp.turn()), (0, last + 2));
        last += 2;
    }
    assert_eq!((base.polls.load(Ordering::Relaxed), base.block_on_polls.load(Ordering::Relaxed)), (3, 3));
}
