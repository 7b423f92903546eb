//! The seat: where one idle M waits for all events and timers of the runtime. And the looks that busy Ms spare for them.
//!
//! | who | looks at | when |
//! |---|---|---|
//! | an M with a P | its slot's timers | each few turns, and when it has nothing else to run |
//! | an M with a P | events, without waiting; timers of idle slots | each 61st turn; and when it has nothing to run, if events are near |
//! | the M in the seat | everything | waits for it |
//!
//! While somebody waits in the seat the kernel wakes him for an event, so the others don't look. When the seat is empty, all
//! Ms that are awake run Gs.
//!
//! Timers of a slot whose M is busy are that M's to fire: it does so in time as a rule. Others leave it a millisecond.
//!
//! Go: runtime/proc.go (findRunnable's netpoll parts, 3495-3530, 3720-3800; wakeNetPoller, 4017), time.go (check)

use crate::proc::idle::{Cover, FOR_EVER};
use crate::proc::{lockedm, ready, wakep};
use crate::runtime2::m::{G0, M};
use crate::runtime2::p::P;
use crate::runtime2::schedt::{MPtr, Sched};
use gmp_base::loom::unmodelled::Ordering as Unmodelled;
use gmp_base::loom::{Ordering, fence};
use gmp_queue::GQueue;
use gmp_queue::runq::CAPACITY;
use gmp_task::poll::drop_payload;
use gmp_task::{Header, waker};
use gmp_time::NEVER;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::task::Waker;
use std::time::Duration;

/// How long after its time a timer of a busy P is left to that P, in nanoseconds.
const GRACE: u64 = 1_000_000;
/// Where timers fall close together the M in the seat wakes at most once in so many nanoseconds: waking costs more than most of
/// what it is for.
pub(super) const SPACING: u64 = 1_000_000;
/// Timers are close together if so many wakes in a row came at intervals below a sixteenth of that ...
const CROWD_WAKES: usize = 8;
/// ... and stay so while a wake finds so many of them.
const CROWD_FIRED: usize = 8;
/// To sleep until a timer that is further away than this, in nanoseconds, it needn't be known whether it is still alive: most waits
/// end before, and one that doesn't looks closely then.
const FAR: u64 = 16_000_000;
/// A wait for events below this, in nanoseconds, was none.
const EVENTS_NEAR: u64 = 5_000;

/// Collects the Gs of wakers that fire together; other wakers are woken at once.
struct Batch<'a> {
    sched: NonNull<()>,
    ready: &'a mut GQueue<Header>,
}

impl<'a> Batch<'a> {
    fn new(sched: &Sched, ready: &'a mut GQueue<Header>) -> Self {
        Self { sched: NonNull::from(sched).cast(), ready }
    }

    fn wake(&mut self, waker: Waker) {
        gmp_base::lockrank::assert_no_locks();
        match waker::into_ready(waker, self.sched) {
            // SAFETY: who has the right to queue a G keeps it alive. As in `ready`.
            Ok(Some(gp)) if unsafe { gp.as_ref() }.status.is_locked() => unsafe { lockedm::ready_locked(gp) },
            // SAFETY: the right to queue it is ours, and it is in no queue.
            Ok(Some(gp)) => unsafe { self.ready.push_back(gp) },
            Ok(None) => {}
            // Somebody else's code, on g0: a panic of its must take neither the M with it nor what we have in our hands.
            Err(waker) => {
                if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
                    drop_payload(payload);
                }
            }
        }
    }
}

/// An M with a P that has timers has run a turn of its span, in which so many are `left`. Says whether it is time to see which timers are
/// due: every few turns.
#[inline(always)]
pub(crate) fn is_timer_turn(sched: &Sched, g0: &G0<'_>, left: u32) -> bool {
    g0.unlooked_turns_with(left) >= g0.timer_interval || sched.clock.is_virtual()
}

/// An M with a P that has timers: fires those that are due, every few turns.
///
/// # Safety
/// The calling thread's M must hold the record and be on g0.
#[inline]
pub(crate) unsafe fn check_timers(sched: &Sched, g0: &mut G0<'_>, pp: &P) {
    if g0.unlooked_turns() >= g0.timer_interval || sched.clock.is_virtual() {
        // SAFETY: the caller's promise.
        unsafe { fire_own(sched, g0, pp) };
    }
}

/// # Safety
/// As [`check_timers`].
#[cold]
#[inline(never)]
unsafe fn fire_own(sched: &Sched, g0: &mut G0<'_>, pp: &P) {
    let now = sched.clock.now();
    let mut fired = GQueue::new();
    let mut batch = Batch::new(sched, &mut fired);
    sched.slots[pp.slot()].timers.run_some(now, room(pp), |waker| batch.wake(waker));
    // SAFETY: the caller's promise; they have just become ready.
    unsafe { inject_fired(sched, g0, pp, now, &mut fired) };
}

/// An M has fired these Gs' timers, or has looked for due ones in vain: it will run them, or another one with it.
///
/// # Safety
/// The calling thread's M must hold the record and be on g0; the Gs must be the caller's to queue.
pub(crate) unsafe fn inject_fired(sched: &Sched, g0: &mut G0<'_>, pp: &P, now: u64, fired: &mut GQueue<Header>) {
    let count = fired.len();
    // SAFETY: the caller's promise.
    let others = unsafe { ready::inject_quietly(sched, pp, fired) };
    let waiting = pp.runq.len();
    g0.pace.look(now, g0.unlooked_turns());
    g0.looked_tick = g0.event_tick;
    if count >= CROWD_FIRED {
        g0.pace.start(sched.clock.now());
    }
    g0.timer_interval = g0.pace.next_look(waiting);
    g0.timers_far = far(sched, g0, now);
    let last = sched.slots[pp.slot()].timers.earliest() == NEVER;
    if g0.pace.is_behind(now, if others { count } else { 0 }, waiting, last) && sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

/// From which time on an M that has looked at `now` needn't look at its own timers before it looks at all, at its 61st turn. Turns
/// may become longer than they were, so this is only for who has others to rely on, who fire what is overdue.
fn far(sched: &Sched, g0: &G0<'_>, now: u64) -> u64 {
    if sched.fifo || !sched.sysmon.is_on() || sched.clock.is_virtual() {
        return NEVER;
    }
    now.saturating_add(g0.pace.far(sched.config.event_interval))
}

/// How many timers an M fires at a time: those whose Gs find room in half of its ring. The others stay in the heap, which keeps
/// them in order; from the ring what doesn't fit would go to the global queue, and be overtaken by all timers that come after.
/// One is fired in any case: less than the M runs until the next look, so that a full ring gets shorter.
fn room(pp: &P) -> usize {
    (CAPACITY / 2).saturating_sub(pp.runq.len()).max(1)
}

/// An M with a P and nothing to run, or at its 61st turn: fires what is due here and at idle slots, and what is overdue at busy
/// ones. The M looks into its queue next: a waker that isn't ours puts there what it wakes.
///
/// # Safety
/// The calling thread's M must hold the record and be on g0.
pub(crate) unsafe fn check_all_timers(sched: &Sched, g0: &mut G0<'_>, pp: &P) {
    if sched.used_slots().iter().all(|slot| slot.timers.earliest() == NEVER) {
        return;
    }
    let mut fired = GQueue::new();
    let now = sched.clock.now();
    run_timers(sched, now, Some(pp.slot()), room(pp), &mut fired);
    count_fired(sched, now, fired.len());
    // SAFETY: the caller's promise; they have just become ready.
    unsafe { inject_fired(sched, g0, pp, now, &mut fired) };
}

fn run_timers(sched: &Sched, now: u64, own: Option<usize>, most: usize, fired: &mut GQueue<Header>) {
    let mut batch = Batch::new(sched, fired);
    for (i, slot) in sched.used_slots().iter().enumerate() {
        let earliest = slot.timers.earliest();
        if earliest <= now && (own == Some(i) || sched.is_unheld(i) || earliest.saturating_add(GRACE) <= now) {
            slot.timers.run_some(now, most.saturating_sub(batch.ready.len()).max(1), |waker| batch.wake(waker));
        }
    }
}

/// An M with a P looks for events without waiting, unless somebody waits for them. Says whether there was something for a G of ours; the M looks
/// into its queue next in any case, as after [`check_all_timers`].
///
/// # Safety
/// The calling thread's M must hold the record and be on g0.
pub(crate) unsafe fn netpoll_now(sched: &Sched, pp: &P) -> bool {
    let mut found = GQueue::new();
    netpoll_without_waiting(sched, &mut found);
    let any = !found.is_empty();
    // SAFETY: the caller's promise; they have just become ready.
    unsafe { ready::injectglist(sched, pp, &mut found) };
    any
}

/// Looks for events without waiting, unless somebody else does.
fn netpoll_without_waiting(sched: &Sched, found: &mut GQueue<Header>) {
    let Some(netpoll) = sched.netpoll.get().filter(|netpoll| netpoll.open_count() > 0) else {
        return;
    };
    // ORDERING: see `stop_polling`.
    if sched.idle.until() != crate::proc::idle::EMPTY_SEAT || sched.polling_net.swap(true, Ordering::AcqRel) {
        return;
    }
    let mut batch = Batch::new(sched, found);
    let polled = netpoll.netpoll(Some(Duration::ZERO), sched.config.max_io_events_per_tick, |waker| batch.wake(waker));
    stop_polling(sched, None);
    // ORDERING: a figure.
    sched.stats.net_looks.fetch_add(1, Unmodelled::Relaxed);
    if let Err(error) = polled {
        gmp_base::throw!("netpoll: {error}");
    }
}

/// Sysmon: nobody has looked for a while. What is found goes to the global queue.
pub(crate) fn look_for_all(sched: &Sched) {
    let mut found = GQueue::new();
    netpoll_without_waiting(sched, &mut found);
    if !sched.clock.is_virtual() {
        run_timers(sched, sched.clock.now(), None, CAPACITY / 2, &mut found);
    }
    ready::injectglist_globally(sched, &mut found);
}

/// The caller's thread has left the selector. One thread is in it at a time: a break is one event, which any thread there could
/// take from the one that it is meant for. Who takes the seat meanwhile waits on its note, and is told now.
fn stop_polling(sched: &Sched, myself: Option<MPtr>) {
    // ORDERING: the store, a fence, the look at the seat; its partner is the fence in `look_round`, behind which the M in the seat
    // tries to set the flag.
    sched.polling_net.store(false, Ordering::Release);
    fence(Ordering::SeqCst);
    match sched.idle.cover(0) {
        Cover::Kick(mp) if Some(mp) != myself => mp.get().wakeup(),
        Cover::Kick(_) | Cover::Covered | Cover::Empty => {}
    }
}

/// Sees that somebody wakes for a timer that has been armed for `when` (0: for a first descriptor). The caller must have executed
/// a sequentially consistent fence since. Go: wakeNetPoller.
pub(crate) fn cover(sched: &Sched, when: u64) {
    match sched.idle.cover(if when == 0 { 0 } else { spaced(sched, when) }) {
        Cover::Covered => {}
        Cover::Kick(mp) => mp.get().wakeup(),
        Cover::Empty => {
            if sched.idle.should_wake() {
                wakep::wakep(sched);
            }
        }
    }
}

/// The slot's M doesn't come to look at its timers, of which it told nobody: sees that somebody wakes for them.
pub(crate) fn cover_stuck(sched: &Sched, slot: usize) {
    let when = sched.slots[slot].timers.earliest();
    if when != NEVER {
        // ORDERING: the seat's protocol (`idle.rs`): the timer has been armed, `until` is read below.
        fence(Ordering::SeqCst);
        cover(sched, when.saturating_add(GRACE));
    }
}

/// A P is idle now whose slot may have timers, and its M doesn't take the seat: sees that somebody wakes for them, and for events. And
/// for other slots' timers, if the seat is empty: they may have been left to this M (`idle/awake.rs`).
pub(crate) fn cover_slot(sched: &Sched, slot: usize) {
    let of = |slot: &crate::runtime2::p::Slot| slot.timers.earliest();
    let when = if sched.clock.is_virtual() {
        // A clock that stands still is moved only when all Ps are idle: maybe now.
        0
    } else if sched.idle.is_seat_empty() {
        sched.used_slots().iter().map(|slot| of(slot)).min().unwrap_or(NEVER)
    } else {
        of(&sched.slots[slot])
    };
    if when != NEVER || sched.netpoll.get().is_some_and(|netpoll| netpoll.open_count() > 0) {
        cover(sched, when);
    }
}

/// The M in the seat waits once: for its note, an event or a timer. What has become ready is in `batch`.
///
/// `fresh`: it has just taken the seat, so that a look round has begun. False if it has lost the seat: somebody has claimed it.
pub(crate) fn wait(sched: &Sched, g0: &mut G0<'_>, fresh: bool, batch: &mut GQueue<Header>) -> bool {
    let mp = g0.mp;
    if !fresh && !sched.idle.look_round(MPtr::of(mp)) {
        return false;
    }
    let began = sched.clock.now();
    let near = if g0.looks_closely || sched.clock.is_virtual() { NEVER } else { began.saturating_add(FAR) };
    let earliest = spaced(sched, earliest(sched, near));
    sched.idle.wait_until(MPtr::of(mp), earliest);
    if sched.clock.is_paused() {
        wait_paused(sched, mp, earliest, batch);
    } else {
        let delay = match earliest {
            FOR_EVER => None,
            when => Some(Duration::from_nanos(when.saturating_sub(began))),
        };
        wait_for(sched, mp, delay, batch);
    }
    let now = sched.clock.now();
    g0.events_near = !batch.is_empty() && now.saturating_sub(began) < EVENTS_NEAR && !sched.clock.is_paused();
    g0.timers_fired = None;
    if earliest != FOR_EVER {
        let before = batch.len();
        run_timers(sched, now, None, CAPACITY / 2, batch);
        count_fired(sched, now, batch.len() - before);
        g0.timers_fired = (before == 0).then_some(now);
    }
    g0.timers_far = far(sched, g0, now);
    // What it has waited for is dead.
    g0.looks_closely = earliest <= now && batch.is_empty();
    true
}

/// When the M in the seat would wake for a timer, if there were one.
pub(super) fn next_wake(sched: &Sched) -> u64 {
    // A dead one only ends what is done until then.
    let earliest = sched.used_slots().iter().map(|slot| slot.timers.earliest()).min();
    spaced(sched, earliest.filter(|&when| when != NEVER).unwrap_or(FOR_EVER))
}

/// The time of the earliest timer; those of busy slots count later. From `near` on the timer may be a dead one.
fn earliest(sched: &Sched, near: u64) -> u64 {
    let when = |i: usize| {
        let timers = &sched.slots[i].timers;
        let when = match timers.earliest() {
            when if when < near => timers.earliest_alive(),
            when => when,
        };
        match when {
            NEVER => FOR_EVER,
            when if sched.is_unheld(i) => when,
            when => when.saturating_add(GRACE),
        }
    };
    (0..sched.used_slots().len()).map(when).min().unwrap_or(FOR_EVER)
}

/// Many timers a short time apart are fired together, a little late; few are fired in time. On a clock that is moved by hand there
/// is nothing to be gained.
fn spaced(sched: &Sched, earliest: u64) -> u64 {
    // ORDERING: hints, written by Ms that had nothing to run.
    if earliest == FOR_EVER || sched.crowd.load(Ordering::Relaxed) < CROWD_WAKES || sched.clock.is_virtual() {
        return earliest;
    }
    earliest.max(sched.timers_fired.load(Ordering::Relaxed) + SPACING)
}

/// An M that had nothing to run has fired so many timers.
fn count_fired(sched: &Sched, now: u64, count: usize) {
    if count == 0 {
        return;
    }
    // ORDERING: hints for who is in the seat next.
    let near = now.saturating_sub(sched.timers_fired.swap(now, Ordering::Relaxed)) < SPACING / 16;
    let crowd = match count {
        CROWD_FIRED.. => CROWD_WAKES,
        _ if near => sched.crowd.load(Ordering::Relaxed) + 1,
        _ => 0,
    };
    sched.crowd.store(crowd, Ordering::Relaxed);
}

/// Says whether the M has been woken by its note.
fn wait_for(sched: &Sched, mp: &M, delay: Option<Duration>, ready: &mut GQueue<Header>) -> bool {
    let netpoll = sched.netpoll.get().filter(|netpoll| netpoll.open_count() > 0);
    // ORDERING: see `stop_polling`.
    let Some(netpoll) = netpoll.filter(|_| !sched.polling_net.swap(true, Ordering::AcqRel)) else {
        // There is nothing to poll, or another thread is still there and will tell.
        return match delay {
            Some(delay) => mp.note.sleep_timeout(delay),
            None => {
                mp.note.sleep();
                true
            }
        };
    };
    if !mp.note.start_polling() {
        stop_polling(sched, Some(MPtr::of(mp)));
        return true;
    }
    let mut batch = Batch::new(sched, ready);
    let polled = netpoll.netpoll(delay, sched.config.max_io_events_per_tick, |waker| batch.wake(waker));
    let woken = mp.note.stop_polling();
    stop_polling(sched, Some(MPtr::of(mp)));
    if let Err(error) = polled {
        gmp_base::throw!("netpoll: {error}");
    }
    woken
}

/// The clock stands still: if there is nothing else to wait for, it is moved to the earliest timer.
fn wait_paused(sched: &Sched, mp: &M, earliest: u64, ready: &mut GQueue<Header>) {
    if wait_for(sched, mp, Some(Duration::ZERO), ready) || !ready.is_empty() {
        return;
    }
    // Another thread may run the one P.
    let idle = sched.idle.npidle() == sched.idle.in_use();
    if earliest == FOR_EVER || !idle || !sched.clock.advance_to(earliest) {
        wait_for(sched, mp, None, ready);
    }
}
