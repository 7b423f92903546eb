//! Gs that come and go in any order: the list has who waits, and no memory of who did.

use crate::testing::Mock;
use crate::{Id, JoinHandle};
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;

/// A list, and the handles of the Gs in it by their numbers.
struct Waiting {
    mock: Arc<Mock>,
    handles: BTreeMap<Id, JoinHandle<()>>,
}

impl Waiting {
    fn new() -> Self {
        Self { mock: Mock::new(), handles: BTreeMap::new() }
    }

    fn spawn(&mut self, count: usize) {
        for _ in 0..count {
            let handle = self.mock.spawn(pending());
            self.handles.insert(handle.id(), handle);
        }
        self.mock.run_all();
    }

    fn end(&mut self, mut goes: impl FnMut(Id) -> bool) {
        self.handles.retain(|&id, handle| {
            let stays = !goes(id);
            if !stays {
                handle.abort();
            }
            stays
        });
        self.mock.run_all();
    }

    fn check(&self) {
        let mut listed = vec![];
        self.mock.allgs.for_each(|header| {
            assert!(header.allg.is_linked());
            listed.push(header.id());
        });
        listed.sort_unstable();
        assert_eq!(listed, self.handles.keys().copied().collect::<Vec<_>>());
        assert_eq!(self.mock.listed(), listed.len());
    }

    /// For how many Gs there is memory.
    fn memory(&self) -> usize {
        self.mock.allgs.shards.iter().map(|shard| shard.lock()).map(|s| s.gs.capacity() + s.gaps.capacity()).sum()
    }
}

#[test]
fn gs_come_and_go() {
    let mut waiting = Waiting::new();
    let mut random = 1_u64;
    for round in 0..200 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (keep_of_16, seed) = (random >> 60, random);
        waiting.spawn((random >> 40) as usize % 300);
        waiting.check();
        let mut i = seed;
        waiting.end(|_| {
            i = i.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i >> 60 > keep_of_16
        });
        waiting.check();
        if round == 150 {
            waiting.mock.close();
            waiting.handles.clear();
            waiting.check();
            let handle = waiting.mock.spawn(pending::<()>());
            waiting.mock.run_all();
            assert_eq!(waiting.mock.listed(), 0, "the list is closed");
            assert!(handle.is_finished());
            waiting = Waiting::new();
        }
    }
    waiting.end(|_| true);
    waiting.check();
}

/// Those that are left move together, are found where they are then, and leave one by one.
#[test]
fn a_burst_leaves_no_memory() {
    let mut waiting = Waiting::new();
    waiting.spawn(20_000);
    assert!(waiting.memory() >= 20_000);
    let mut i = 0;
    waiting.end(|_| {
        i += 1;
        i % 100 != 0
    });
    waiting.check();
    assert_eq!(waiting.mock.listed(), 200);
    assert!(waiting.memory() <= 8_000, "memory for {} places", waiting.memory());
    waiting.spawn(2_000);
    waiting.check();
    waiting.end(|_| true);
    waiting.check();
    assert!(waiting.memory() <= 8_000, "memory for {} places", waiting.memory());
}

/// Gs that come one after the other take the same place.
#[test]
fn gaps_are_filled() {
    let mut waiting = Waiting::new();
    waiting.spawn(10);
    for round in 0..1_000 {
        waiting.spawn(3);
        let mut i = round * 7;
        waiting.end(|_| {
            i += 1;
            i % 13 < 3
        });
        assert_eq!(waiting.mock.listed(), 10);
    }
    assert_eq!(waiting.mock.allgs.shards[0].lock().gs.len(), 13);
    waiting.check();
}
