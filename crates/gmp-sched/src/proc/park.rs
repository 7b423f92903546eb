//! An M without work goes to sleep: stopm, and the second look before it.
//!
//! Go: runtime/proc.go (the end of findRunnable, 3620-3810; stopm, 3007)

use crate::proc::idle::{GiveUp, Leave};
use crate::proc::schedule::Until;
use crate::proc::{acquirep, hog, newm, ready, seat, wakep};
use crate::runtime2::m::{G0, M};
use crate::runtime2::p::P;
use crate::runtime2::schedt::{MPtr, Sched};
use gmp_arch::ticks::nanotime;
use gmp_base::loom::Ordering;
use gmp_queue::GQueue;
use gmp_task::Header;
use gmp_time::NEVER;

/// The M gives its P up and sleeps until it gets one, or is kicked. On return it has a P, or is to ask `until` again.
pub(crate) fn give_up_and_park<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U) {
    let mp = g0.mp;
    let was_spinning = mp.is_spinning();
    let Some(pp) = mp.p() else {
        return park_without_p(sched, g0, until);
    };
    // Nobody but this M looks into `runnext`, and a P that is idle has none: what the last look around has put there comes first.
    // SAFETY: this thread is the record's owner, and looking at a list calls nothing.
    if pp.runq.has_next() || !pp.runq.is_empty() || unsafe { pp.owned(|o| !o.overflow.is_empty()) } {
        return;
    }
    let slot = pp.slot();
    g0.pace.asleep();
    g0.timers_far = NEVER;
    let now = nanotime();
    pp.stats.busy_nanos.add(now.saturating_sub(g0.busy_since));
    if !g0.has_run {
        pp.stats.noops.add(1);
    }
    sched.slots[slot].count_park();
    if acquirep::releasep(sched, mp).is_none() {
        // It had been retired: there is no P to give up, only the M.
        return park_without_p(sched, g0, until);
    }
    match sched.idle.give_up(slot, Some(MPtr::of(mp)), was_spinning) {
        GiveUp::SpinInstead => {
            mp.set_spinning(true);
            acquirep::acquirep(sched, mp, slot);
            return;
        }
        GiveUp::Idle => mp.set_spinning(false),
    }
    second_look_and_sleep(sched, g0, until, slot, now);
}

/// An M that has lost its P, or never had one, joins the idle ones.
pub(crate) fn park_without_p<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U) {
    let mp = g0.mp;
    if mp.is_spinning() {
        // It lost its P while it looked for work: nobody may rely on it any more.
        mp.set_spinning(false);
        let _ = sched.idle.stop_spinning();
    }
    sched.idle.join(MPtr::of(mp));
    second_look_and_sleep(sched, g0, until, 0, nanotime());
}

/// The M is in the list of idle ones, since `now` or a little later, and the fence of the dance is behind it.
fn second_look_and_sleep<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U, slot: usize, now: u64) {
    g0.mp.come_back();
    if !second_look(sched, g0, until, slot) {
        if let Some(hook) = &sched.config.hooks.on_thread_park {
            newm::run_hook(hook);
        }
        mpark(sched, g0, until, slot);
        g0.busy_since = nanotime();
        g0.linger.has_slept(g0.busy_since.saturating_sub(now));
        g0.has_run = false;
        if let Some(hook) = &sched.config.hooks.on_thread_unpark {
            newm::run_hook(hook);
        }
    }
    if g0.mp.p().is_none_or(|pp| pp.slot() != slot) {
        // The slot that we gave up is still idle, for all we know, and whoever is in the seat may not have heard of its timers.
        seat::cover_slot(sched, slot);
    }
}

/// Says whether the M needn't sleep: it has a P, or is to ask `until` again.
fn second_look<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U, slot: usize) -> bool {
    let mp = g0.mp;
    let left = if until.is_kicked(sched, mp) || sched.is_closing() {
        sched.idle.leave(MPtr::of(mp), slot)
    } else if !sched.runq.is_empty() || wakep::any_ring_has_work(sched) || hog::may_run(sched) {
        sched.idle.leave_with_p(MPtr::of(mp), slot)
    } else {
        return false;
    };
    match left {
        Leave::WithP(slot) => take_p(sched, g0, slot),
        Leave::WithoutP => {}
        Leave::Stayed | Leave::Claimed => return false,
    }
    true
}

/// Sleeps until there is a P in `nextp`, or the M is kicked and still in the list, or has found something in the seat.
fn mpark<U: Until>(sched: &Sched, g0: &mut G0<'_>, until: &mut U, slot: usize) {
    let mp = g0.mp;
    let mut seated = false;
    // What has become ready while we had the seat and no P.
    let mut batch = GQueue::new();
    loop {
        if take_nextp(sched, mp) {
            return run_batch(sched, mp, &mut batch);
        }
        if mp.is_dismissed() {
            // Nobody knows of us any more.
            ready::injectglist_globally(sched, &mut batch);
            // Our second look may have found something, and left it to who had taken us out of the list: that wasn't a waker.
            if wakep::leaves_work(sched) {
                wakep::wakep(sched);
            }
            return;
        }
        if until.is_kicked(sched, mp) || sched.is_closing() {
            match sched.idle.leave(MPtr::of(mp), slot) {
                Leave::WithP(slot) => {
                    take_p(sched, g0, slot);
                    return run_batch(sched, mp, &mut batch);
                }
                Leave::WithoutP => return ready::injectglist_globally(sched, &mut batch),
                // A waker is between taking us out of the list and giving us the P: it comes.
                Leave::Stayed | Leave::Claimed => {}
            }
        }
        if !batch.is_empty() {
            match sched.idle.leave_to_run(MPtr::of(mp), slot) {
                Leave::WithP(slot) => {
                    acquirep::acquirep_pinned(sched, mp, slot);
                    return match g0.timers_fired.take() {
                        // SAFETY: this thread's M holds the record, and this is g0; the Gs have become ready in our hands.
                        Some(now) => unsafe { seat::inject_fired(sched, g0, p_of(mp), now, &mut batch) },
                        None => run_batch(sched, mp, &mut batch),
                    };
                }
                // All Ps are busy: their Ms run them.
                Leave::Stayed | Leave::WithoutP => ready::injectglist_globally(sched, &mut batch),
                // As above; they run where we will be.
                Leave::Claimed => {}
            }
        }
        // Who is awake and alone has no use for somebody whom the kernel wakes beside him (`idle/awake.rs`).
        let fresh = !seated && !sched.idle.is_left_to_the_awake() && sched.idle.take_seat(MPtr::of(mp));
        seated |= fresh;
        if !seated {
            // Another M is in the seat, or will be. It is to wake for what we leave behind.
            seat::cover_slot(sched, slot);
            mp.note.sleep();
            continue;
        }
        seated = seat::wait(sched, g0, fresh, &mut batch);
    }
}

/// The M has a P again: what it found without one goes into its ring.
fn run_batch(sched: &Sched, mp: &M, batch: &mut GQueue<Header>) {
    // SAFETY: this thread's M holds the record, and this is g0; the Gs have become ready in our hands.
    unsafe { ready::injectglist(sched, p_of(mp), batch) };
}

fn p_of(mp: &M) -> &P {
    mp.p().unwrap_or_else(|| gmp_base::throw!("mpark: m{} has no p", mp.id))
}

/// Takes the P that the list gave us, counted as spinning.
fn take_p(sched: &Sched, g0: &mut G0<'_>, slot: usize) {
    acquirep::acquirep_pinned(sched, g0.mp, slot);
    g0.mp.set_spinning(true);
    g0.busy_since = nanotime();
}

/// Takes the P that a waker has left.
fn take_nextp(sched: &Sched, mp: &M) -> bool {
    // ORDERING: acquires what the waker knew; pairs with the swap in `hand_over`.
    let nextp = mp.nextp.swap(0, Ordering::AcqRel);
    if nextp == 0 {
        return false;
    }
    acquirep::acquirep_pinned(sched, mp, (nextp >> 1) - 1);
    mp.set_spinning(nextp & 1 != 0);
    true
}
