//! [`Idle`]: which Ps and Ms are idle, and how many Ms spin. The protocol of the delicate dance (see [`proc`](super)).
//!
//! # The seat
//! One idle M at a time has *the seat*: it waits not on its note alone but for events and timers of the whole runtime, until the
//! time that is in `until`. It is an idle M like the others, only the last to be taken for a G. Somebody who arms a timer, or
//! goes to sleep leaving one behind, makes sure that the seat's M wakes for it ([`Cover`]):
//!
//! store the timer; full fence; read `until`  ∥  store "for ever" to `until`; full fence; read the timers; store their earliest
//!
//! Of the two fences one is first. If the arming one's is, the seat's M finds the timer. If the seat's is, whoever arms sees
//! "for ever" or a time that was found without its timer; if that is later than the timer it kicks the seat's M, which
//! then looks again. The same holds for the first descriptor that is opened.
//!
//! # How many Ms
//! No more are woken than there are CPUs for, if others keep the machine busy: see `awake.rs` in here.
//!
//! # How many slots
//! Those below `wanted` are in use, and for a moment some that are to go: see `resize.rs` in here.
//!
//! Generic over what stands for an M, so that it can be modelled alone.
//!
//! Go: runtime/proc.go (mput, mget, pidleput, pidleget, pidlegetSpinning, 7251-7495; wakep's first lines)

use gmp_base::CachePadded;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use gmp_queue::Pmask;

mod awake;
mod outcome;
mod resize;

use awake::Awake;
pub use outcome::{Claim, Cover, GiveUp, Leave};

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
    /// GOMAXPROCS: slots below are, or are to be, in use. Changed under the lock.
    wanted: AtomicUsize,
    /// How many slots are in use. Changed under the lock.
    in_use: AtomicUsize,
    /// The other ones: neither idle nor anybody's. Changed under the lock.
    out: Pmask,
    /// How many Ms are to be awake, and which of them don't count.
    awake: Awake,
    /// Until when the M in the seat waits; [`EMPTY_SEAT`] if nobody is there, [`FOR_EVER`] while it looks. Becomes and ceases
    /// to be empty under the lock.
    until: CachePadded<AtomicU64>,
    lists: Lock<Lists<T>>,
}

/// Nobody is in the seat.
pub const EMPTY_SEAT: u64 = 0;
/// Who is in the seat waits for no timer, or is about to look for the earliest.
pub const FOR_EVER: u64 = u64::MAX;

#[derive(Debug)]
struct Lists<T> {
    /// Idle Ms, the last one to go idle at the end.
    midle: Vec<T>,
    /// The idle M in the seat, which isn't among the others.
    seated: Option<T>,
}

impl<T: Copy + PartialEq> Idle<T> {
    /// All slots idle, no Ms.
    pub fn new(procs: usize) -> Self {
        Self::with_room(procs, procs)
    }

    /// As [`new`](Self::new); there may be `room` slots later.
    pub fn with_room(procs: usize, room: usize) -> Self {
        let (mask, out) = (Pmask::new(room), Pmask::new(room));
        for slot in procs..room {
            out.insert(slot);
        }
        for slot in 0..procs {
            mask.insert(slot);
        }
        Self {
            npidle: CachePadded::new(AtomicUsize::new(procs)),
            nmspinning: CachePadded::new(AtomicUsize::new(0)),
            needspinning: AtomicBool::new(false),
            mask,
            wanted: AtomicUsize::new(procs),
            in_use: AtomicUsize::new(procs),
            out,
            awake: Awake::default(),
            until: CachePadded::new(AtomicU64::new(EMPTY_SEAT)),
            lists: Lock::new(LockRank::Sched, Lists { midle: Vec::new(), seated: None }),
        }
    }

    /// The submitter's half of the dance, after it has queued something: is somebody to be woken?
    #[inline]
    pub fn should_wake(&self) -> bool {
        // ORDERING: the dance. Our queueing is before this fence; the sleeper's fence is in `give_up` or
        // `join`, after its P is among the idle, or it among the idle Ms.
        fence(Ordering::SeqCst);
        // ORDERING: the fence is what orders these two.
        self.npidle.load(Ordering::Relaxed) != 0
            && self.nmspinning.load(Ordering::Relaxed) == 0
            && !self.is_left_to_the_awake()
    }

    /// Whether no M is in the seat.
    #[inline]
    pub fn is_seat_empty(&self) -> bool {
        // ORDERING: who relies on it stands behind a full fence.
        self.until.load(Ordering::Relaxed) == EMPTY_SEAT
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
        let lists = self.lists.lock();
        lists.midle.len() + usize::from(lists.seated.is_some())
    }

    /// Calls `f` if all slots are idle: nobody takes one while it runs, and whoever does so afterwards sees what it has stored.
    pub fn if_all_idle(&self, f: impl FnOnce()) -> bool {
        let lists = self.lists.lock();
        let all = self.npidle() == self.in_use();
        if all {
            f();
        }
        drop(lists);
        all
    }

    /// Until when the M in the seat waits.
    #[inline]
    pub fn until(&self) -> u64 {
        // ORDERING: a hint, or behind the caller's fence (`cover`).
        self.until.load(Ordering::Relaxed)
    }

    /// An idle M takes the seat, if it is empty. Says whether it has it now; if not, another one has, or the caller has been
    /// claimed.
    pub fn take_seat(&self, mp: T) -> bool {
        if self.until() != EMPTY_SEAT {
            return false;
        }
        let mut lists = self.lists.lock();
        if lists.seated.is_some() {
            return false;
        }
        let Some(i) = lists.position(mp) else {
            return false;
        };
        lists.midle.remove(i);
        lists.seated = Some(mp);
        self.look_again();
        true
    }

    /// The M in the seat is about to look at all timers. False if it isn't there any more: it has been claimed.
    pub fn look_round(&self, mp: T) -> bool {
        let lists = self.lists.lock();
        if lists.seated != Some(mp) {
            return false;
        }
        self.look_again();
        true
    }

    /// Under the lock.
    fn look_again(&self) {
        // ORDERING: the seat's protocol: before the fence.
        self.until.store(FOR_EVER, Ordering::Relaxed);
        // ORDERING: the seat's protocol; its partner is the fence before `cover`. The timers are read after it.
        fence(Ordering::SeqCst);
    }

    /// The M in the seat has looked, and will wait until then.
    pub fn wait_until(&self, mp: T, until: u64) {
        // Under the lock, to the end: who has claimed it in the meantime has emptied the seat, and another M may be there.
        let lists = self.lists.lock();
        if lists.seated == Some(mp) {
            // ORDERING: read behind a fence; what was stored before is later than this or the same.
            self.until.store(until.max(EMPTY_SEAT + 1), Ordering::Relaxed);
        }
        drop(lists);
    }

    /// Whether the M in the seat wakes for `when`. The caller must have armed the timer and then executed a sequentially
    /// consistent fence. `when` 0: it is to look again in any case.
    pub fn cover(&self, when: u64) -> Cover<T> {
        let until = self.until();
        if until == EMPTY_SEAT {
            return Cover::Empty;
        }
        if until <= when {
            return Cover::Covered;
        }
        match self.lists.lock().seated {
            Some(mp) => Cover::Kick(mp),
            None => Cover::Empty,
        }
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
        let mp = self.take_m(&mut lists, last(slot));
        Some(Claim { slot, mp })
    }

    /// startm for a known slot: an idle M to run it, not counted as spinning.
    pub fn take_idle_m(&self, last: Option<T>) -> Option<T> {
        self.take_m(&mut self.lists.lock(), last)
    }

    /// Takes out the M that went to sleep first of those that `may` go, and isn't in the seat: it isn't needed.
    pub fn take_oldest(&self, may: impl Fn(T) -> bool) -> Option<T> {
        let mut lists = self.lists.lock();
        let i = lists.midle.iter().position(|&mp| may(mp))?;
        Some(lists.midle.remove(i))
    }

    /// A claim that cannot be honoured (no thread to be had). An M that has become idle meanwhile takes it over, still
    /// counted as spinning: it may have looked around before what the claim was made for was queued, and whoever queued
    /// something since relied on the claim. If there is none, the slot is idle again.
    #[must_use]
    pub fn unclaim(&self, slot: usize) -> Option<T> {
        let mut lists = self.lists.lock();
        let mp = self.take_m(&mut lists, None);
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
        let left = self.leave_to_run(mp, prefer);
        if let Leave::WithP(_) = left {
            self.inc_spinning();
        }
        left
    }

    /// As [`leave_with_p`](Self::leave_with_p) for an M that has Gs in its hands: it isn't counted as spinning.
    pub fn leave_to_run(&self, mp: T, prefer: usize) -> Leave {
        let mut lists = self.lists.lock();
        if !lists.contains(mp) {
            return Leave::Claimed;
        }
        let Some(slot) = self.take_slot(Some(prefer)) else {
            return Leave::Stayed;
        };
        self.remove(&mut lists, mp);
        Leave::WithP(slot)
    }

    /// An idle M has been kicked: it leaves the list, with a P if there is one.
    pub fn leave(&self, mp: T, prefer: usize) -> Leave {
        let mut lists = self.lists.lock();
        if !lists.contains(mp) {
            return Leave::Claimed;
        }
        self.remove(&mut lists, mp);
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

    /// A spinner has found work. Says whether it was the last: then it has to look into all queues behind a full fence, and to wake another
    /// one if there is something in them.
    #[must_use]
    pub fn stop_spinning(&self) -> bool {
        // ORDERING: acquire and release, so that spinners' decrements are ordered among each other and with what they
        // found; the fence is the caller's.
        let old = self.nmspinning.fetch_sub(1, Ordering::AcqRel);
        if old == 0 {
            gmp_base::throw!("findrunnable: negative nmspinning");
        }
        old == 1
    }

    /// The idle Ms, to kick them while they stay in the list.
    pub fn idle_ms(&self) -> Vec<T> {
        let lists = self.lists.lock();
        lists.midle.iter().copied().chain(lists.seated).collect()
    }

    /// An idle M to run a P: the preferred one, or the last to go idle, and the one in the seat only if there is no other.
    fn take_m(&self, lists: &mut Lists<T>, prefer: Option<T>) -> Option<T> {
        let i = prefer.and_then(|p| lists.position(p)).or(lists.midle.len().checked_sub(1));
        match i {
            Some(i) => Some(lists.midle.remove(i)),
            None => self.unseat(lists),
        }
    }

    fn unseat(&self, lists: &mut Lists<T>) -> Option<T> {
        let seated = lists.seated.take()?;
        // ORDERING: under the lock. Who still sees the old value relies on an M that has been woken, and will look round.
        self.until.store(EMPTY_SEAT, Ordering::Relaxed);
        Some(seated)
    }

    fn remove(&self, lists: &mut Lists<T>, mp: T) {
        match lists.position(mp) {
            Some(i) => drop(lists.midle.remove(i)),
            None => drop(self.unseat(lists)),
        }
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
        if slot >= self.procs() {
            return self.put_out(slot);
        }
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

    fn contains(&self, mp: T) -> bool {
        self.seated == Some(mp) || self.position(mp).is_some()
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;

#[cfg(all(test, not(gmp_loom)))]
mod tests;
