//! `Orders`: whom each slot steals from first, for one number of Ps.
//!
//! Made when it is first asked for, and kept: an M may be looking through one while the number of Ps changes.
//!
//! Go: runtime/proc.go (stealOrder, randomOrder, 8050-8092)

use crate::rt0::record::BootRecord;
use gmp_base::rand::RandomOrder;

/// Slots at the same distance, and the random orders over them.
#[derive(Debug)]
pub struct Tier {
    pub(crate) slots: Box<[usize]>,
    pub(crate) order: RandomOrder,
}

/// For each slot the other ones, nearest first: SMT sibling, same cache, the rest.
#[derive(Debug)]
pub(crate) struct Orders(Box<[Box<[Tier]>]>);

impl Orders {
    pub(crate) fn new(boot: &BootRecord, procs: usize) -> Self {
        // Who floats has no neighbours: all others are alike. So are slots beyond those that were placed at boot.
        let topology = boot.topology.as_ref().filter(|_| boot.pinning.as_ref().is_some_and(|p| p.is_pinned()));
        let placed = topology.filter(|_| procs <= boot.procs);
        let homes: Vec<usize> = (0..procs).map(|slot| boot.home(slot)).collect();
        let tiers_of = |slot: usize| match placed {
            Some(topology) => topology.steal_tiers(&homes, slot),
            None => vec![(0..procs).filter(|&other| other != slot).collect()],
        };
        let tier = |slots: Vec<usize>| Tier { order: RandomOrder::new(slots.len()), slots: slots.into_boxed_slice() };
        Self((0..procs).map(|slot| tiers_of(slot).into_iter().map(tier).collect()).collect())
    }

    /// A slot that isn't one of those has nobody to steal from.
    pub(crate) fn of(&self, slot: usize) -> &[Tier] {
        self.0.get(slot).map_or(&[], |tiers| tiers)
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
