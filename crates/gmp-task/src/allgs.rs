//! [`AllGs`]: all Gs of a scheduler that wait or have waited.
//!
//! A G is listed when it is about to wait for the first time, not when it is born: until then it is in a queue or
//! running, where a shutdown finds it, and many a G never waits. So a spawn and a death cost the list nothing.
//!
//! The list is in shards, each under its own lock; a G enters the shard of the P it runs on. A shard is a vector; a G
//! knows its place in it, and leaves a gap for the next one. Its place isn't even looked at then: in a large list it is in no
//! cache, and neither is a G that could be moved there. When nearly all are gaps the others move together.
//!
//! # Proof: close against park
//! [`close`](AllGs::close) marks each shard under its lock, and cancels what is in it. A G that is to be added later
//! finds the mark and is cancelled by its own M. So after a close every G is dead, in a queue (cancelled or not; the
//! drain shuts them all down), or running on an M that will see one of the two.
//!
//! Go: runtime/proc.go (allgs, allgadd, forEachG, 700-765)

use crate::g::{Gp, Header};
use gmp_base::CachePadded;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use std::fmt;

/// The list. See the [module](self).
pub struct AllGs {
    shards: Box<[CachePadded<Lock<Shard>>]>,
}

#[derive(Default)]
struct Shard {
    /// **Invariant:** what isn't in a gap is alive. What is in a gap is nothing any more.
    gs: Vec<Option<Gp>>,
    /// Where the gaps are.
    gaps: Vec<usize>,
    closed: bool,
}

/// Gaps in vectors below this size are left alone.
const COMPACT_FROM: usize = 1024;

impl Shard {
    fn len(&self) -> usize {
        self.gs.len() - self.gaps.len()
    }

    fn iter(&mut self) -> impl Iterator<Item = Gp> {
        for &gap in &self.gaps {
            self.gs[gap] = None;
        }
        self.gs.iter().copied().flatten()
    }

    /// Gives back what a burst made large. Seven of eight have left since the last time, so each pays for a fraction of a
    /// move.
    #[cold]
    fn compact(&mut self, shard: usize) {
        let mut moved = Vec::with_capacity(2 * self.len());
        for gp in self.iter() {
            // SAFETY: a listed G is alive, and its place changes under this lock only.
            unsafe { gp.as_ref() }.allg.set(shard, moved.len());
            moved.push(Some(gp));
        }
        self.gs = moved;
        self.gaps = Vec::new();
    }
}

// SAFETY: the pointers are only followed under the lock, and a listed G is alive: it leaves the list before it dies.
unsafe impl Send for Shard {}

impl fmt::Debug for AllGs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllGs").field("len", &self.len()).finish()
    }
}

impl AllGs {
    /// An empty list with so many shards.
    pub fn new(shards: usize) -> Self {
        Self {
            shards: (0..shards.max(1))
                .map(|_| CachePadded::new(Lock::new(LockRank::AllGs, Shard::default())))
                .collect(),
        }
    }

    /// Lists a G in the given shard; false if the list is closed.
    ///
    /// # Safety
    /// The caller must be running the G, which must not be listed.
    pub unsafe fn add(&self, gp: Gp, shard: usize) -> bool {
        let shard = shard % self.shards.len();
        let mut list = self.shards[shard].lock();
        if list.closed {
            return false;
        }
        let index = match list.gaps.pop() {
            Some(gap) => gap,
            None => {
                list.gs.push(None);
                list.gs.len() - 1
            }
        };
        list.gs[index] = Some(gp);
        // SAFETY: the caller runs the G, so it is alive.
        unsafe { gp.as_ref() }.allg.set(shard, index);
        true
    }

    /// Takes a dying G off the list.
    ///
    /// # Safety
    /// The caller must be running the G, which must be listed here.
    pub unsafe fn remove(&self, gp: Gp) {
        // SAFETY: the caller runs the G, so it is alive.
        let place = unsafe { &gp.as_ref().allg };
        let Some((shard, _)) = place.get() else { gmp_base::throw!("allgremove: not in allgs") };
        let mut list = self.shards[shard].lock();
        // The index may have changed until the lock was ours; the shard never does.
        let Some((_, index)) = place.get() else { gmp_base::throw!("allgremove: not in allgs") };
        debug_assert_eq!(list.gs[index], Some(gp), "allgremove: another g is in its place");
        list.gaps.push(index);
        if list.gs.len() > COMPACT_FROM && list.len() < list.gs.len() / 8 {
            list.compact(shard);
        }
    }

    /// Closes the list and cancels every G in it. The Gs that thereby become runnable are passed to `queue`.
    pub fn close(&self, mut queue: impl FnMut(Gp)) {
        for shard in &self.shards {
            let mut list = shard.lock();
            list.closed = true;
            // Collected under the lock, queued after it: queueing takes other locks. Who has the right to queue a G
            // keeps it from dying.
            let woken: Vec<Gp> = list
                .iter()
                // SAFETY: a listed G is alive.
                .filter(|gp| unsafe { gp.as_ref() }.status.abort())
                .collect();
            drop(list);
            woken.into_iter().for_each(&mut queue);
        }
    }

    /// How many Gs are listed.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|s| s.lock().len()).sum()
    }

    /// Whether none is listed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `f` with every listed G, for dumps. Under the shard's lock: `f` must look and do nothing else.
    pub fn for_each(&self, mut f: impl FnMut(&Header)) {
        for shard in &self.shards {
            for gp in shard.lock().iter() {
                // SAFETY: a listed G is alive, and stays so while the lock is held.
                f(unsafe { gp.as_ref() });
            }
        }
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
