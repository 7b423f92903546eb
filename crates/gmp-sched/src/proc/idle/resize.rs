//! How many slots there are: GOMAXPROCS, while the runtime runs.
//!
//! There is room for more slots than are in use. The others are *out*: neither idle nor held by an M, as if somebody had claimed them
//! for good. Those from `wanted` on are to be out, and each goes as soon as it can:
//!
//! * it is idle, or becomes so: under the lock, at once ([`Idle::want`], `put_slot`);
//! * an M holds its record: that is retired, and no other one takes its place (`procresize.rs`);
//! * it is on its way from one to the other, in the hands of who has claimed it: he sees `wanted` when he has the record.
//!
//! # Proof: no slot stays that is to go
//! Asking is: store `wanted`; full fence; is the slot's record live? Taking a claimed slot is: make its record live; full fence; look at
//! `wanted`. Of the two fences one is first: who has asked finds the record and retires it, or who has taken it sees `wanted` and does the same.
//! A claim that comes to nothing puts the slot back under the lock, and sees `wanted` there.
//!
//! To retire it takes a spare record. If there is none, for too many Ms are stuck, the slot keeps its M for the time being, and is in use though
//! it is to go ([`Idle::in_use`] above [`Idle::procs`]). Sysmon retires it at the first look that finds a record. It looks: a slot that is
//! held isn't idle, so not all are, and it is awake. In a runtime without sysmon the slot stays until its M lets go of it, or somebody asks again;
//! but there none but a resize ever takes a record.
//!
//! # Proof: nothing waits for a slot that is out
//! Submitters don't see it idle, and rely on the Ms that hold Ps. There is at least one slot left, and it is idle (they see that), or held
//! or claimed, for an M that looks into all queues before it sleeps. An M that was counted as spinning when it lost its record says so,
//! joins the idle Ms, and looks again (`park_without_p`). What was queued on the record goes to the global queue, and one is woken.
//!
//! Model: `resize/loom_tests.rs`.
//!
//! Go: runtime/proc.go (procresize, 6081; GOMAXPROCS in debug.go), which stops the world for it

use super::Idle;
use gmp_base::loom::{Ordering, fence};

impl<T: Copy + PartialEq> Idle<T> {
    /// GOMAXPROCS.
    #[inline]
    pub fn procs(&self) -> usize {
        // ORDERING: changed under the lock; a limit or a hint for who reads it without.
        self.wanted.load(Ordering::Relaxed)
    }

    /// How many slots are in use: more than there are to be, for a moment, if some couldn't go yet.
    #[inline]
    pub fn in_use(&self) -> usize {
        // ORDERING: as above.
        self.in_use.load(Ordering::Relaxed)
    }

    /// Whether the slot is seen to be out.
    #[inline]
    pub fn is_out(&self, slot: usize) -> bool {
        self.out.contains(slot)
    }

    /// Whether the slot, whose record the caller has just made live, is to go.
    #[inline]
    pub fn is_unwanted(&self, slot: usize) -> bool {
        // ORDERING: the module's proof; its partner is the fence in `want`.
        fence(Ordering::SeqCst);
        slot >= self.procs()
    }

    /// Says how many slots there are to be, and takes those out that are idle. Those that were out and aren't to be any more are in
    /// use again, and idle; their records must be there. As [`give_up`](Self::give_up): the caller must look into all queues
    /// afterwards, and at the records of slots that are to go.
    pub fn want(&self, procs: usize) {
        let lists = self.lists.lock();
        // ORDERING: under the lock, and the module's proof: before the fence.
        self.wanted.store(procs, Ordering::Relaxed);
        for slot in self.mask.iter().filter(|&slot| slot >= procs) {
            let _ = self.take_slot(Some(slot));
            self.put_out(slot);
        }
        for slot in self.out.iter().filter(|&slot| slot < procs) {
            self.out.remove(slot);
            // ORDERING: under the lock.
            self.in_use.fetch_add(1, Ordering::Relaxed);
            self.put_slot(slot);
        }
        drop(lists);
        // ORDERING: the module's proof, its partner is the fence in `is_unwanted`; and the dance.
        fence(Ordering::SeqCst);
    }

    /// The caller has retired the slot's record without putting another one in its place: it is out, or idle if it is
    /// wanted again.
    pub fn withdraw(&self, slot: usize) {
        let lists = self.lists.lock();
        self.put_slot(slot);
        drop(lists);
    }

    /// Under the lock.
    pub(super) fn put_out(&self, slot: usize) {
        if !self.out.insert(slot) {
            gmp_base::throw!("procresize: p{slot} is out already");
        }
        // ORDERING: under the lock.
        self.in_use.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;
