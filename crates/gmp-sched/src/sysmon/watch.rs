//! What sysmon remembers from one look to the next, and what it does about what it sees.
//!
//! Go: runtime/proc.go (retake, 6623; type sysmontick)

use super::LONG_TICK;
use super::classify::{Class, Sample, classify};
use super::kinds::Kinds;
use super::report::{self, Places, StallKind, StalledPoll};
use crate::proc::idle::EMPTY_SEAT;
use crate::proc::retire::{self, Retired};
use crate::proc::{hog, newm, pin, procresize, seat, wakep};
use crate::runtime2::m::M;
use crate::runtime2::p::P;
use crate::runtime2::schedt::{MPtr, Sched};
use gmp_arch::cpuclock;
use gmp_base::loom::unmodelled::{AtomicU64 as Counter, Ordering};
use gmp_task::Id;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// A kind of poll that was caught is watched closely for so long since, in nanoseconds.
const REMEMBERED: u64 = 1_000_000_000;
/// So many threads may be started at once to take the place of stuck ones ...
const TOKENS: u64 = 64;
/// ... and then one in so many nanoseconds.
const TOKEN_EVERY: u64 = 5_000_000;
/// A poll that blocks loses its P after so long even if nothing waits (Go: 10 ms): when all others are idle, sysmon can sleep.
const LET_GO: u64 = 20_000_000;
/// A poll that computes has its P taken after so many thresholds; the next ones of its kind after one.
const LONG: u64 = 3;
/// So many Ms for each P may compute beside those that have one.
const OVERSUBSCRIBE: usize = 4;
/// Nobody has looked for events for so long: sysmon does.
const NET_UNSEEN: u64 = 10_000_000;

/// What sysmon has seen of one P slot.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// The record and its turn, which both stay the same as long as a poll goes on.
    record: usize,
    turn: u64,
    in_turn: bool,
    /// The M's count of blocking sections.
    section: u32,
    /// When the turn was first seen.
    since: u64,
    /// The M's CPU clock at an earlier look at the same turn.
    sample: Option<Sample>,
    /// The first one of the turn.
    first: Option<Sample>,
    /// What the turn does, if it has been going on for a while.
    stuck: Option<Stuck>,
    /// For how long it has computed, in nanoseconds.
    busy: u64,
    /// The turn has been counted as stalled.
    counted: bool,
    /// Since when all turns have come out of `runnext`: the counts then, and the time.
    chain: (u64, u64, u64),
}

impl Seen {
    /// How much CPU time the turn has used while it was watched.
    fn computed(&self) -> u64 {
        self.sample.zip(self.first).map_or(0, |(last, first)| last.cpu.saturating_sub(first.cpu))
    }
}

/// Why a turn doesn't end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stuck {
    Section,
    Blocked,
    /// For longer than the threshold.
    Busy,
}

/// A turn that was reported or has lost its P, until it is over.
#[derive(Debug)]
struct Caught {
    mp: MPtr,
    record: usize,
    turn: u64,
    since: u64,
    kind: Option<StallKind>,
    id: Option<Id>,
    spawned_at: Option<&'static Location<'static>>,
    /// Its beginning was reported, so its end is too.
    reported: bool,
    retired: bool,
}

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Watch {
    seen: Vec<Seen>,
    caught: Vec<Caught>,
    kinds: Kinds,
    /// One of those has been seen to run.
    kind_seen: u64,
    places: Places,
    tokens: u64,
    tokens_at: u64,
    /// How often somebody has looked for events, and when that was different.
    net_looks: (u64, u64),
}

impl Watch {
    pub(super) fn new(sched: &Sched) -> Self {
        Self {
            seen: vec![Seen::default(); sched.slots.len()],
            caught: Vec::new(),
            kinds: Kinds::default(),
            kind_seen: 0,
            places: Places::default(),
            tokens: TOKENS,
            tokens_at: 0,
            net_looks: (0, 0),
        }
    }

    /// All Ps have been idle.
    pub(super) fn forget(&mut self) {
        self.seen.fill(Seen::default());
    }

    /// Whether turns that were caught aren't over.
    pub(super) fn any_stuck(&self) -> bool {
        !self.caught.is_empty()
    }

    /// How many Ps are held by Ms that are stuck.
    pub(super) fn stuck(&self) -> usize {
        self.seen.iter().filter(|seen| seen.stuck.is_some()).count()
    }

    /// Looks at every P. Says whether it should do so again soon.
    pub(super) fn look(&mut self, sched: &Arc<Sched>, now: u64, overslept: bool) -> bool {
        // ORDERING: a figure for people.
        sched.stats.stalls.looks.fetch_add(1, Ordering::Relaxed);
        self.look_at_stuck(sched, now);
        let mut soon = false;
        let used = sched.used_slots().len();
        for slot in 0..used {
            soon |= self.look_at(sched, slot, now, overslept);
        }
        for slot in 0..used {
            if let Some(stuck) = self.seen[slot].stuck {
                self.rescue(sched, slot, stuck, now);
            }
        }
        self.look_at_net(sched, now);
        if sched.idle.in_use() > sched.idle.procs() {
            procresize::finish(sched);
        }
        soon || now.saturating_sub(self.kind_seen) < REMEMBERED
    }

    /// Looks at one P. Says whether it is suspicious.
    fn look_at(&mut self, sched: &Arc<Sched>, slot: usize, now: u64, overslept: bool) -> bool {
        let pp = sched.slots[slot].record();
        let idle = sched.is_unheld(slot) || !pp.tenure.is_live();
        let Some(mp) = sched.last_m(slot).filter(|_| !idle) else {
            self.seen[slot] = Seen::default();
            return false;
        };
        let (turn, in_turn, section) = (pp.turn(), mp.is_in_turn(), mp.section());
        let seen = &mut self.seen[slot];
        if !in_turn || !seen.in_turn || (seen.record, seen.turn) != (pp.id, turn) {
            *seen = Seen { record: pp.id, turn, in_turn, section, since: now, chain: seen.chain, ..Seen::default() };
            end_of_slice(sched, mp, pp, &mut seen.chain, now);
            let known = in_turn && self.kinds.is_known(mp.turn.kind(), now);
            if known {
                self.kind_seen = now;
                let sample = Sample::take(mp.tid(), now);
                (self.seen[slot].sample, self.seen[slot].first) = (sample, sample);
            }
            return known;
        }
        let lasted = now.saturating_sub(seen.since);
        // ORDERING: a figure for people, with one writer.
        let longest = &sched.stats.stalls.longest;
        longest.store(longest.load(Ordering::Relaxed).max(lasted), Ordering::Relaxed);
        let before = seen.sample;
        let same_section = seen.section == section;
        seen.section = section;
        seen.stuck = None;
        if section % 2 == 1 {
            // It has said itself that it may block.
            seen.stuck = same_section.then_some(Stuck::Section);
            return true;
        }
        seen.sample = Sample::take(mp.tid(), now);
        seen.first = seen.first.or(seen.sample);
        let class = match (before, seen.sample) {
            (Some(before), Some(now)) => classify(before, now, || cpuclock::wants_cpu(mp.tid()), overslept),
            (None, Some(_)) => return true,
            // Threads can't be asked here: only the time says something.
            (_, None) => Class::Busy,
        };
        let threshold = super::nanos(sched.config.stall_threshold);
        // One of several that compute is often without a CPU.
        seen.busy = if class == Class::Starved { seen.computed() } else { lasted };
        seen.stuck = match class {
            Class::Blocked => Some(Stuck::Blocked),
            Class::Busy if lasted >= threshold => Some(Stuck::Busy),
            // It is what it has been all the time.
            Class::Starved if seen.busy >= threshold => Some(Stuck::Busy),
            Class::Busy | Class::Starved => None,
        };
        true
    }

    /// Sees that nobody is kept waiting by a turn that doesn't end.
    fn rescue(&mut self, sched: &Arc<Sched>, slot: usize, stuck: Stuck, now: u64) {
        let pp = sched.slots[slot].record();
        let Some(mp) = sched.last_m(slot) else { return };
        self.count(sched, slot, stuck, mp, pp, now);
        if stuck == Stuck::Busy {
            // It yields at its next await of something of ours, and what it keeps waiting is for all.
            pp.set_preempt(true);
            mp.mark(hog::FOUND);
            if !pp.runq.is_empty() || pp.runq.has_next() {
                retire::share(sched, pp);
            }
        }
        let waits = if sched.idle.npidle() != 0 {
            seat::cover_stuck(sched, slot);
            let own = !pp.runq.is_empty() || pp.runq.has_next();
            if (own || !sched.runq.is_empty() || hog::may_run(sched)) && sched.idle.should_wake() {
                wakep::wakep(sched);
            }
            false
        } else {
            // A spare one is made while it isn't needed yet.
            newm::make_spare(sched);
            something_waits(sched, pp)
        };
        let retire = match stuck {
            Stuck::Busy if waits && self.is_worth_another(sched, slot, mp, now) => retire::retire,
            Stuck::Blocked | Stuck::Section if waits => retire::retire,
            Stuck::Blocked | Stuck::Section if now.saturating_sub(self.seen[slot].since) >= LET_GO => {
                retire::retire_to_idle
            }
            _ => return,
        };
        self.retake(sched, slot, stuck, mp, now, retire);
    }

    /// A poll computes on while others wait. One M more for them makes everybody slower, and whoever is interrupted in the middle of something that
    /// others need (a lock, a place in a channel) stops them for a time slice. So not for a poll that is over soon, as far as is known.
    fn is_worth_another(&mut self, sched: &Sched, slot: usize, mp: &M, now: u64) -> bool {
        let (kind, busy) = (mp.turn.kind(), self.seen[slot].busy);
        let long = busy >= super::nanos(sched.config.stall_threshold).saturating_mul(LONG);
        if long {
            self.kinds.remember(kind, true, now);
        }
        (long || self.kinds.computes(kind, now)) && self.may_oversubscribe(sched)
    }

    /// A P that computes is replaced only if no other one makes progress, and not without end: the CPUs are busy anyway.
    fn may_oversubscribe(&self, sched: &Sched) -> bool {
        let all_stuck = self.seen[..sched.used_slots().len()]
            .iter()
            .enumerate()
            .all(|(slot, seen)| sched.idle.is_out(slot) || seen.stuck.is_some() && !sched.idle.is_idle(slot));
        let busy = self.caught.iter().filter(|c| c.retired && c.kind == Some(StallKind::Busy)).count();
        all_stuck && busy < OVERSUBSCRIBE * sched.procs()
    }

    fn retake(
        &mut self,
        sched: &Arc<Sched>,
        slot: usize,
        stuck: Stuck,
        mp: &M,
        now: u64,
        retire: fn(&Sched, usize) -> Retired,
    ) {
        let stats = &sched.stats.stalls;
        let (record, turn) = (self.seen[slot].record, self.seen[slot].turn);
        // Where no M is idle, one will be made.
        let may = sched.idle.nmidle() != 0 || self.take_token(now);
        let retired = may.then(|| retire(sched, slot));
        let count = match retired {
            Some(Retired::Replaced) => {
                // The thread may be pinned to the slot's CPUs, and must not stand in its successor's way.
                pin::unpin_other(sched, mp);
                if let Some(caught) = self.caught.iter_mut().find(|c| (c.record, c.turn) == (record, turn)) {
                    caught.retired = true;
                }
                self.seen[slot] = Seen::default();
                match stuck {
                    Stuck::Section => &stats.retaken_section,
                    Stuck::Blocked => &stats.retaken_blocked,
                    Stuck::Busy => &stats.retaken_busy,
                }
            }
            // It has come back by itself.
            Some(Retired::NotLive) => return,
            Some(Retired::NoSpare) | None => &stats.denied,
        };
        // ORDERING: a figure for people.
        count.fetch_add(1, Ordering::Relaxed);
    }

    fn take_token(&mut self, now: u64) -> bool {
        let new = now.saturating_sub(self.tokens_at) / TOKEN_EVERY;
        if new > 0 {
            self.tokens = self.tokens.saturating_add(new).min(TOKENS);
            self.tokens_at = now;
        }
        let any = self.tokens > 0;
        self.tokens -= u64::from(any);
        any
    }

    /// Counts and reports a turn that is found stuck, the first time.
    fn count(&mut self, sched: &Arc<Sched>, slot: usize, stuck: Stuck, mp: &M, pp: &P, now: u64) {
        let seen = &mut self.seen[slot];
        if std::mem::replace(&mut seen.counted, true) {
            return;
        }
        let (kind, count): (_, Option<&Counter>) = match stuck {
            // Announced: nothing to be told of.
            Stuck::Section => (None, None),
            Stuck::Blocked => (Some(StallKind::Blocked), Some(&sched.stats.stalls.blocked)),
            Stuck::Busy => (Some(StallKind::Busy), Some(&sched.stats.stalls.busy)),
        };
        let mut caught = Caught {
            mp: MPtr::of(mp),
            record: pp.id,
            turn: seen.turn,
            since: seen.since,
            kind,
            id: mp.turn.id(),
            spawned_at: mp.turn.spawned_at(),
            reported: false,
            retired: false,
        };
        if let Some(count) = count {
            // ORDERING: a figure for people.
            count.fetch_add(1, Ordering::Relaxed);
            self.kinds.remember(mp.turn.kind(), false, now);
            self.kind_seen = now;
            caught.reported = caught.spawned_at.is_some_and(|place| self.places.is_due(place, now));
            if caught.reported {
                caught.report(sched, now, false);
            }
        }
        self.caught.push(caught);
    }

    /// Looks which of the turns that were caught are over.
    pub(super) fn look_at_stuck(&mut self, sched: &Arc<Sched>, now: u64) {
        self.caught.retain(|caught| {
            let same = sched.record(caught.record).is_some_and(|pp| pp.turn() == caught.turn && !pp.tenure.is_idle());
            let lasts = same && caught.mp.get().is_in_turn();
            if lasts && caught.retired {
                // It may have armed a timer just when its record was retired: it told nobody, since it would have looked before it slept.
                if let Some(pp) = sched.record(caught.record) {
                    seat::cover_stuck(sched, pp.slot());
                }
            }
            if !lasts && caught.reported {
                caught.report(sched, now, true);
            }
            lasts
        });
    }

    /// Every M is stuck, or runs a chain of turns without an end: events are sysmon's to find.
    fn look_at_net(&mut self, sched: &Arc<Sched>, now: u64) {
        // ORDERING: a figure.
        let looks = sched.stats.net_looks.load(Ordering::Relaxed);
        if sched.idle.until() != EMPTY_SEAT || self.net_looks.0 != looks {
            self.net_looks = (looks, now);
        } else if now.saturating_sub(self.net_looks.1) >= NET_UNSEEN {
            self.net_looks.1 = now;
            seat::look_for_all(sched);
        }
    }
}

impl Caught {
    fn report(&self, sched: &Arc<Sched>, now: u64, is_over: bool) {
        let (Some(kind), Some(spawned_at)) = (self.kind, self.spawned_at) else { return };
        let duration = Duration::from_nanos(now.saturating_sub(self.since));
        report::report(sched, StalledPoll { id: self.id, spawned_at, kind, duration, is_over });
    }
}

/// Turns have ended on the P. If all of them inherited one time slice, and it is over, the chain of `runnext`s is cut (Go: preemptone).
fn end_of_slice(sched: &Sched, mp: &M, pp: &P, chain: &mut (u64, u64, u64), now: u64) {
    let (turns, inherited) = (pp.stats.polls.get(), pp.stats.inherited.get());
    let others = turns.wrapping_sub(inherited);
    let (others_before, turns_before, since) = *chain;
    if others != others_before || turns == turns_before {
        *chain = (others, turns, now);
    } else if now.saturating_sub(since) >= 2 * LONG_TICK {
        pp.set_preempt(true);
        mp.mark(hog::SLICE);
        // ORDERING: a figure for people.
        sched.stats.stalls.preempted.fetch_add(1, Ordering::Relaxed);
        *chain = (others, turns, now);
    }
}

/// Whether anybody would gain by one more M that runs Gs. All Ps are held.
fn something_waits(sched: &Sched, stuck: &P) -> bool {
    if !sched.runq.is_empty() || stuck.runq.has_next() || wakep::any_ring_has_work(sched) {
        return true;
    }
    let earliest = sched.used_slots().iter().map(|slot| slot.timers.earliest()).min().unwrap_or(gmp_time::NEVER);
    if earliest <= sched.clock.now() {
        return true;
    }
    let waited_for = earliest != gmp_time::NEVER || sched.netpoll.get().is_some_and(|netpoll| netpoll.open_count() > 0);
    sched.idle.until() == EMPTY_SEAT && waited_for
}
