//! [`Idle`]: which Ps and Ms are idle, and how many Ms spin. The protocol of the delicate dance (see [`proc`](super)).
//!
//! Generic over what stands for an M, so that it can be modelled alone.
//!
//! Go: runtime/proc.go (mput, mget, pidleput, pidleget, pidlegetSpinning, 7251-7495; wakep's first lines)

use gmp_base::CachePadded;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::{AtomicBool, AtomicUsize, Ordering, fence};
use gmp_queue::Pmask;

/// Idle Ps, idle Ms, spinning Ms.
#[derive(Debug)]
pub struct Idle<T> {
    /// How many P slots are idle. Written under the lock at park and unpark, read by submitters: read-mostly.
    npidle: CachePadded<AtomicUsize>,
    /// How many Ms spin, or are being woken to.
    nmspinning: CachePadded<AtomicUsize>,
    /// A spinner found work and no idle P; see [`proc`](super).
    needspinning: AtomicBool,
    /// The idle slots; changed under the lock.
    mask: Pmask,
    lists: Lock<Lists<T>>,
}

#[derive(Debug)]
struct Lists<T> {
    /// Idle Ms, the last one to go idle at the end.
    midle: Vec<T>,
}

/// A P slot that is no longer idle, for an M that is counted as spinning.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub struct Claim<T> {
    /// The slot.
    pub slot: usize,
    /// An M that was idle; if there was none, one has to be made.
    pub mp: Option<T>,
}

/// What became of an M's attempt to give its P up.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// The P is idle now. The caller must look into all queues again.
    Idle,
    /// The caller keeps its P and is counted as spinning: somebody asked for one.
    SpinInstead,
}

/// What became of an M's attempt to leave the list of idle Ms on its own.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub enum Leave {
    /// It has left the list, and takes this slot, counted as spinning.
    WithP(usize),
    /// It has left the list; there is no idle P.
    WithoutP,
    /// It is still in the list; there is no idle P.
    Stayed,
    /// It isn't in the list: a waker has taken it out and will give it a P.
    Claimed,
}

impl<T: Copy + PartialEq> Idle<T> {
    /// All slots idle, no Ms.
    pub fn new(procs: usize) -> Self {
        let mask = Pmask::new(procs);
        for slot in 0..procs {
            mask.insert(slot);
        }
        Self {
            npidle: CachePadded::new(AtomicUsize::new(procs)),
            nmspinning: CachePadded::new(AtomicUsize::new(0)),
            needspinning: AtomicBool::new(false),
            mask,
            lists: Lock::new(LockRank::Sched, Lists { midle: Vec::new() }),
        }
    }

    /// The submitter's half of the dance, after it has queued something: is somebody to be woken?
    #[inline]
    pub fn should_wake(&self) -> bool {
        // ORDERING: the dance. Our queueing is before this fence; the sleeper's fence is in `give_up` or
        // `join`, after its P is among the idle, or it among the idle Ms.
        fence(Ordering::SeqCst);
        // ORDERING: the fence is what orders these two.
        self.npidle.load(Ordering::Relaxed) != 0 && self.nmspinning.load(Ordering::Relaxed) == 0
    }

    /// How many slots are idle.
    #[inline]
    pub fn npidle(&self) -> usize {
        // ORDERING: a hint.
        self.npidle.load(Ordering::Relaxed)
    }

    /// How many Ms spin.
    #[inline]
    pub fn nmspinning(&self) -> usize {
        // ORDERING: a hint.
        self.nmspinning.load(Ordering::Relaxed)
    }

    /// Whether the slot is seen idle.
    #[inline]
    pub fn is_idle(&self, slot: usize) -> bool {
        self.mask.contains(slot)
    }

    /// Whether a spinner has asked for another one.
    pub fn needs_spinning(&self) -> bool {
        // ORDERING: a hint.
        self.needspinning.load(Ordering::Relaxed)
    }

    /// How many Ms are in the list.
    pub fn nmidle(&self) -> usize {
        self.lists.lock().midle.len()
    }

    /// wakep: if nobody spins, takes an idle P and an idle M to run it, preferably the one that `last` names for it.
    /// The M is counted as spinning from now on, so that nobody else wakes one for the same G.
    pub fn claim_spinning(&self, last: impl Fn(usize) -> Option<T>) -> Option<Claim<T>> {
        // ORDERING: of several submitters one wakes. What they queued is found by way of the fences, not of this.
        self.nmspinning.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed).ok()?;
        let mut lists = self.lists.lock();
        let Some(slot) = self.take_slot(None) else {
            // Both under the lock: an M that gives its P up later sees the flag, and a submitter that sees our count is one
            // whose G that M's second look will find. (Outside of the lock the count could outlast that look, and the
            // submitter would rely on a spinner that isn't one: the model found it.)
            // ORDERING: the lock orders it.
            self.needspinning.store(true, Ordering::Relaxed);
            self.dec_spinning();
            return None;
        };
        let mp = lists.take_m(last(slot));
        Some(Claim { slot, mp })
    }

    /// startm for a known slot: an idle M to run it, not counted as spinning.
    pub fn take_idle_m(&self, last: Option<T>) -> Option<T> {
        self.lists.lock().take_m(last)
    }

    /// A claim that cannot be honoured (no thread to be had). An M that has become idle meanwhile takes it over, still
    /// counted as spinning: it may have looked around before what the claim was made for was queued, and whoever queued
    /// something since relied on the claim. If there is none, the slot is idle again.
    #[must_use]
    pub fn unclaim(&self, slot: usize) -> Option<T> {
        let mut lists = self.lists.lock();
        let mp = lists.take_m(None);
        if mp.is_none() {
            self.put_slot(slot);
            self.dec_spinning();
        }
        mp
    }

    /// The sleeper's half of the dance: the caller's P becomes idle, and the caller one of the idle Ms if `mp` is given.
    /// `was_spinning` says whether the caller is counted as spinning; afterwards it isn't, unless it has to spin instead.
    pub fn give_up(&self, slot: usize, mp: Option<T>, was_spinning: bool) -> GiveUp {
        let mut lists = self.lists.lock();
        // ORDERING: written under the same lock.
        if !was_spinning && mp.is_some() && self.needspinning.load(Ordering::Relaxed) {
            self.inc_spinning();
            return GiveUp::SpinInstead;
        }
        self.put_slot(slot);
        if let Some(mp) = mp {
            lists.midle.push(mp);
        }
        drop(lists);
        if was_spinning {
            self.dec_spinning();
        }
        // ORDERING: the dance. The stores above are before it, the caller's second look at the queues after it.
        fence(Ordering::SeqCst);
        GiveUp::Idle
    }

    /// An idle M has found something to do: it leaves the list if it can have a P for it. If not it stays: whoever holds
    /// the Ps looks for work before giving one up, or finds this M in the list.
    pub fn leave_with_p(&self, mp: T, prefer: usize) -> Leave {
        let mut lists = self.lists.lock();
        let Some(i) = lists.position(mp) else {
            return Leave::Claimed;
        };
        let Some(slot) = self.take_slot(Some(prefer)) else {
            return Leave::Stayed;
        };
        lists.midle.remove(i);
        self.inc_spinning();
        Leave::WithP(slot)
    }

    /// An idle M has been kicked: it leaves the list, with a P if there is one.
    pub fn leave(&self, mp: T, prefer: usize) -> Leave {
        let mut lists = self.lists.lock();
        let Some(i) = lists.position(mp) else {
            return Leave::Claimed;
        };
        lists.midle.remove(i);
        match self.take_slot(Some(prefer)) {
            Some(slot) => {
                self.inc_spinning();
                Leave::WithP(slot)
            }
            None => Leave::WithoutP,
        }
    }

    /// An M without a P joins the idle ones; it has to look into the queues again before it sleeps.
    pub fn join(&self, mp: T) {
        self.lists.lock().midle.push(mp);
        // ORDERING: the dance, as in `give_up`: a P may have become idle for which there was no M in the list.
        fence(Ordering::SeqCst);
    }

    /// Takes an idle slot, preferably this one. The caller isn't counted as spinning.
    pub fn acquire(&self, prefer: usize) -> Option<usize> {
        if self.npidle() == 0 {
            return None;
        }
        let _lists = self.lists.lock();
        self.take_slot(Some(prefer))
    }

    /// The caller begins to look for work.
    pub fn become_spinning(&self) {
        self.inc_spinning();
    }

    /// A spinner has found work. Says whether it was the last, and then has to wake another one.
    #[must_use]
    pub fn stop_spinning(&self) -> bool {
        // ORDERING: acquire and release, so that spinners' decrements are ordered among each other and with what they
        // found; that the last wakes another one is what keeps the chain going, no fence is needed for that.
        let old = self.nmspinning.fetch_sub(1, Ordering::AcqRel);
        if old == 0 {
            gmp_base::throw!("findrunnable: negative nmspinning");
        }
        old == 1
    }

    /// The idle Ms, to kick them while they stay in the list.
    pub fn idle_ms(&self) -> Vec<T> {
        self.lists.lock().midle.clone()
    }

    fn inc_spinning(&self) {
        // ORDERING: seen by submitters after their fence; too late a sight of it wakes one M too many.
        self.nmspinning.fetch_add(1, Ordering::AcqRel);
        // ORDERING: whoever asked for a spinner has one now.
        self.needspinning.store(false, Ordering::Relaxed);
    }

    fn dec_spinning(&self) {
        // ORDERING: before the caller's fence.
        let old = self.nmspinning.fetch_sub(1, Ordering::AcqRel);
        if old == 0 {
            gmp_base::throw!("findrunnable: negative nmspinning");
        }
    }

    /// Under the lock.
    fn put_slot(&self, slot: usize) {
        if !self.mask.insert(slot) {
            gmp_base::throw!("pidleput: p{slot} is idle already");
        }
        // ORDERING: before the fence in `give_up`.
        self.npidle.fetch_add(1, Ordering::AcqRel);
    }

    /// Under the lock.
    fn take_slot(&self, prefer: Option<usize>) -> Option<usize> {
        let slot = match prefer {
            Some(slot) if self.mask.contains(slot) => slot,
            _ => self.mask.iter().next()?,
        };
        if !self.mask.remove(slot) {
            gmp_base::throw!("pidleget: p{slot} is not idle");
        }
        // ORDERING: submitters that still see it idle wake one M too many.
        self.npidle.fetch_sub(1, Ordering::AcqRel);
        Some(slot)
    }
}

impl<T: Copy + PartialEq> Lists<T> {
    fn position(&self, mp: T) -> Option<usize> {
        self.midle.iter().rposition(|&m| m == mp)
    }

    fn take_m(&mut self, prefer: Option<T>) -> Option<T> {
        if let Some(i) = prefer.and_then(|p| self.midle.iter().rposition(|&m| m == p)) {
            return Some(self.midle.remove(i));
        }
        self.midle.pop()
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;

#[cfg(all(test, not(gmp_loom)))]
mod tests;
