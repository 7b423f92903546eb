//! Where the next G comes from: every source, in Go's order.
//!
//! | | source | when |
//! |---|---|---|
//! | 1 | own timers | each fourth turn, or more seldom where many wait or the earliest is far |
//! | 2 | netpoll without waiting, timers of idle slots; global queue: one G, and as many as wait in the ring | each 61st turn |
//! | 3 | `runnext`, then the ring | |
//! | 4 | global queue, a batch | |
//! | 5 | netpoll without waiting | if the last wait for events was none |
//! | 6 | timers: own and idle slots', overdue ones of others | |
//! | 7 | the other Ps | if spinning is allowed |
//! | 8 | a hog (`hog.rs`); at the 61st turn too | |
//! | 9 | wait in the seat for events and timers, or sleep | |
//!
//! At each 16th of those 61st turns it also looks whether another P has more in its ring.
//!
//! Go looks for events before it steals, each time. Here an M that will wait for them next doesn't: the look costs a
//! system call, and the wait finds the same. But one that has found before that something comes right after looks a little longer, events
//! included, before it sleeps (`linger.rs`).
//!
//! While nothing but 3 has anything to give, and nothing else is due, an M doesn't come here: `schedule.rs`.
//!
//! Go: runtime/proc.go (findRunnable, 3404-3840)

use crate::proc::hog;
use crate::proc::linger::SHORT_SLEEP;
use crate::proc::park;
use crate::proc::pin;
use crate::proc::ready;
use crate::proc::schedule::Until;
use crate::proc::seat;
use crate::proc::steal;
use crate::proc::wakep;
use crate::runtime2::m::G0;
use crate::runtime2::p::P;
use crate::runtime2::schedt::Sched;
use gmp_arch::ticks::nanotime;
use gmp_base::loom::spin_loop;
use gmp_queue::runq::CAPACITY;
use gmp_task::Gp;

/// At one of so many looks around an M sees whether another one has more to do.
const EVEN_OUT: u32 = 16;
/// How long a lingering M pauses between two looks: long enough for a producer to have put more than one G there.
const LINGER_PAUSES: usize = 32;
/// In one of so many looks it looks for events, too, which is a system call.
const LINGER_EVENTS: u32 = 4;

/// The next G to run. `None`: the M has been kicked, has slept or has lost its P; ask `until`, then ask again.
#[inline]
pub(crate) fn find_runnable<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U) -> Option<Gp> {
    let mp = g0.mp;
    let Some(pp) = mp.p() else {
        park::park_without_p(sched, g0, until);
        return None;
    };
    if sched.slots[pp.slot()].timers.earliest() < g0.timers_far {
        // SAFETY: this thread's M holds the record, and this is g0.
        unsafe { seat::check_timers(sched, g0, pp) };
    }
    if g0.event_tick >= sched.config.event_interval {
        g0.restart_event_tick();
        pin::settle(sched, mp, pp.slot(), &mut g0.treatment);
        // SAFETY: as above.
        unsafe { look_around(sched, g0, pp) };
    }
    if g0.tick >= sched.config.global_queue_interval || pp.is_preempted() {
        g0.tick = 0;
        pp.set_preempt(false);
        // SAFETY: this thread's M holds the record.
        if let Some(gp) = unsafe { every_61st(sched, pp) } {
            return Some(gp);
        }
        if let Some(gp) = hog::take(sched, g0) {
            return Some(gp);
        }
    }
    // SAFETY: this thread's M holds the record.
    if let Some(gp) = unsafe { runqget(sched, pp) } {
        return Some(gp);
    }
    // SAFETY: this thread's M holds the record.
    if let Some(gp) = unsafe { globrunqget(sched, pp) } {
        return Some(gp);
    }
    pp.stats.dry.add(1);
    // SAFETY: this thread's M holds the record, and this is g0.
    unsafe { look_elsewhere(sched, g0, pp) };
    // Whatever that found: a waker that isn't ours may have queued something, too.
    // SAFETY: this thread's M holds the record.
    if let Some(gp) = unsafe { runqget(sched, pp) } {
        return Some(gp);
    }
    // SAFETY: this thread's M holds the record, whose ring is empty now.
    if let Some(gp) = unsafe { spin(sched, g0, pp) } {
        return Some(gp);
    }
    if let Some(gp) = hog::take(sched, g0) {
        return Some(gp);
    }
    // A look that spares the way to bed and back, for a `block_on` future that has yielded.
    if !until.is_kicked(sched, mp) {
        park::give_up_and_park(sched, g0, until);
    }
    None
}

/// Under saturation nobody waits for events and idle slots' timers: so they are looked at now and then.
///
/// # Safety
/// The calling thread's M must hold the record and be on g0.
#[cold]
unsafe fn look_around(sched: &Sched, g0: &mut G0<'_>, pp: &P) {
    // SAFETY: the caller's promise.
    unsafe { seat::netpoll_now(sched, pp) };
    // SAFETY: as above.
    unsafe { seat::check_all_timers(sched, g0, pp) };
    g0.looks_around = g0.looks_around.wrapping_add(1);
    if g0.looks_around % EVEN_OUT == 0 && !sched.fifo {
        // SAFETY: as above.
        unsafe { even_out(sched, pp) };
    }
}

/// Gs that yield stay where they are, and where no M runs dry nobody steals: of two Ps with rings of different length the Gs of the one would have fewer turns
/// for ever. So an M looks at one other P now and then, and takes half of what that has more. (Go's Gosched puts each G into the global queue.)
///
/// # Safety
/// As [`look_around`].
unsafe fn even_out(sched: &Sched, pp: &P) {
    let slots = sched.used_slots();
    let victim = slots[pp.rand.next_u64() as usize % slots.len()].record();
    if std::ptr::eq(victim, pp) {
        return;
    }
    let own = pp.runq.len();
    let more = victim.runq.len().saturating_sub(own);
    if own == 0 || more <= own / 16 + 1 {
        return;
    }
    let mut taken = 0;
    while taken < (more / 2).min(CAPACITY / 8) {
        let Some(gp) = victim.runq.take_oldest() else { break };
        taken += 1;
        // SAFETY: the caller's promise; it was in a queue and is in none now.
        unsafe { ready::runqput_quiet(sched, pp, gp) };
    }
    if taken == 0 {
        return;
    }
    pp.stats.steals.add(taken as u64);
    pp.stats.steal_operations.add(1);
    // While they were in our hands nobody could see them.
    if sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

/// The queues are empty: events, if they are near, and timers may put something there.
///
/// # Safety
/// As [`look_around`].
#[inline]
unsafe fn look_elsewhere(sched: &Sched, g0: &mut G0<'_>, pp: &P) {
    if g0.events_near {
        // SAFETY: the caller's promise.
        if unsafe { seat::netpoll_now(sched, pp) } {
            return g0.restart_event_tick();
        }
        g0.events_near = false;
    }
    // SAFETY: the caller's promise.
    unsafe { seat::check_all_timers(sched, g0, pp) };
}

/// Fairness: without this two Gs that wake each other through `runnext` would keep everyone else waiting.
///
/// # Safety
/// The calling thread's M must hold the record.
#[cold]
unsafe fn every_61st(sched: &Sched, pp: &P) -> Option<Gp> {
    // To the tail with it: the slice of this chain of `runnext`s is over. If nobody waits behind it, it may go on.
    if !pp.runq.is_empty() {
        if let Some(next) = pp.runq.take_next() {
            // SAFETY: the caller's promise; the G was in our queue and is in none now.
            unsafe { ready::runqput_quiet(sched, pp, next) };
        }
    }
    let first = sched.runq.get()?;
    if !sched.fifo && !sched.runq.is_empty() {
        // SAFETY: the caller's promise.
        unsafe { take_more(sched, pp) };
    }
    Some(first)
}

/// More Gs wait globally. As many as wait here come along: where Gs that yield keep the ring from ever being empty, one in 61 turns would be
/// a small share.
///
/// # Safety
/// The calling thread's M must hold the record.
unsafe fn take_more(sched: &Sched, pp: &P) {
    let fair = sched.runq.len().div_ceil(sched.procs());
    for _ in 0..pp.runq.len().min(fair).min(CAPACITY / 8) {
        let Some(gp) = sched.runq.get() else { break };
        // SAFETY: the caller's promise; it was in a queue and is in none now.
        unsafe { ready::runqput_quiet(sched, pp, gp) };
    }
    // While they were in our hands nobody could see them.
    if sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

/// # Safety
/// The calling thread's M must hold the record.
#[inline(always)]
pub(crate) unsafe fn runqget(sched: &Sched, pp: &P) -> Option<Gp> {
    // SAFETY: the caller's promise.
    if let Some((gp, inherit_time)) = unsafe { pp.runq.get() } {
        if inherit_time {
            pp.stats.inherited.add(1);
        }
        return Some(gp);
    }
    if sched.fifo {
        // SAFETY: the caller's promise; taking from a list calls nothing.
        return unsafe { pp.owned(|o| o.overflow.pop_front()) };
    }
    None
}

/// A fair share of the global queue: one to run, the others into the ring, which is empty.
///
/// # Safety
/// The calling thread's M must hold the record.
unsafe fn globrunqget(sched: &Sched, pp: &P) -> Option<Gp> {
    let len = sched.runq.len();
    if len == 0 {
        return None;
    }
    // Go: min(128, len/gomaxprocs + 1). A batch that overflowed from a ring, half of it and one, isn't cut up: if that is
    // more than a share, the others steal their half of it.
    let mut batch = sched.runq.get_batch(CAPACITY / 2 + 1);
    let first = batch.pop_front();
    // SAFETY: the caller's promise.
    unsafe { pp.runq.put_batch(&mut batch) };
    if !pp.runq.is_empty() && sched.idle.should_wake() {
        // While the batch was in our hands nobody could see it.
        wakep::wakep(sched);
    }
    // The ring was empty and half of it is more than the batch; had it been otherwise, nothing would be lost.
    sched.runq.put_batch(&mut batch);
    first
}

/// Looks at the other Ps, if not too many do already.
///
/// # Safety
/// The calling thread's M must hold the record, whose ring must be empty.
unsafe fn spin(sched: &Sched, g0: &mut G0<'_>, pp: &P) -> Option<Gp> {
    let (mp, procs) = (g0.mp, sched.procs());
    if procs == 1 {
        return None;
    }
    if !mp.is_spinning() {
        // At most half of the busy Ps' Ms look (Go: 2*nmspinning < gomaxprocs-npidle).
        if 2 * sched.idle.nmspinning() >= procs - sched.idle.npidle().min(procs) {
            return None;
        }
        mp.set_spinning(true);
        sched.idle.become_spinning();
    }
    // SAFETY: the caller's promise.
    if let Some(gp) = unsafe { steal::stealwork(sched, pp) } {
        return Some(gp);
    }
    if g0.linger.is_due() && !sched.idle.is_limited() {
        // SAFETY: the caller's promise.
        return unsafe { linger(sched, g0, pp) };
    }
    None
}

/// Looks a little longer, if that has been worth it ([`Linger`](super::linger::Linger)): a producer that makes work a little slower than we do it
/// would otherwise wake us for every second task, at a price of many tasks; and an event that comes right after we have gone to wait
/// for it would cost two switches. Not where others want the CPU.
///
/// # Safety
/// As [`spin`].
#[cold]
unsafe fn linger(sched: &Sched, g0: &mut G0<'_>, pp: &P) -> Option<Gp> {
    let until = nanotime() + SHORT_SLEEP;
    // Timers are fired by who waits for them, when it is worth it.
    let timer = seat::next_wake(sched);
    let mut looks = 0_u32;
    let mut found = None;
    while found.is_none() && nanotime() < until && !sched.is_closing() {
        if timer <= sched.clock.now() {
            return None;
        }
        for _ in 0..LINGER_PAUSES {
            spin_loop();
        }
        looks += 1;
        // SAFETY: the caller's promise.
        found = unsafe { look_again(sched, pp, looks % LINGER_EVENTS == 0) };
    }
    g0.linger.has_looked(found.is_some());
    found
}

/// A lingering M looks at what may have come: what is queued, and now and then `events`.
///
/// # Safety
/// As [`spin`].
unsafe fn look_again(sched: &Sched, pp: &P, events: bool) -> Option<Gp> {
    if !sched.runq.is_empty() {
        // SAFETY: the caller's promise.
        if let Some(gp) = unsafe { globrunqget(sched, pp) } {
            return Some(gp);
        }
    }
    if wakep::any_ring_has_work(sched) {
        // SAFETY: the caller's promise.
        if let Some(gp) = unsafe { steal::stealwork(sched, pp) } {
            return Some(gp);
        }
    }
    if !events {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { seat::netpoll_now(sched, pp) };
    // As in `find_runnable`.
    // SAFETY: the caller's promise.
    unsafe { runqget(sched, pp) }
}
