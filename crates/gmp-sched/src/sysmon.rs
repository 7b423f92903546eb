//! sysmon: a thread without a P, which sees that nobody is kept waiting by a poll that doesn't end.
//!
//! No poll can be interrupted. But the P that its M holds can be given to another M (`retire.rs`), so that only the poll itself
//! is late. Sysmon looks at all Ps, and where the same poll is still going on it finds out why before it does something:
//!
//! | the M is | seen as | what is done |
//! |---|---|---|
//! | in a blocking section | its count is the same at two looks | retired, if something waits |
//! | blocked in the kernel | its CPU clock stands, and the kernel says that it sleeps | retired, if something waits |
//! | computing | its CPU clock runs | after the threshold (10 ms): preempt flag, and its queue goes to the global one; when it yields it goes to the hogs (`proc/hog.rs`). Retired only if no P makes progress and something waits, up to a bound, and after three thresholds, or one if its kind is known for that |
//! | preempted, throttled | its clock stands, but it wants a CPU | nothing: one more thread would make it worse |
//!
//! *Something waits*: a queue isn't empty, a timer is due, or nobody is in the seat though there is something to wait for; and
//! no P is idle. If one is, an M is woken to steal instead.
//!
//! It also sees how many CPUs others leave, and so how many Ms are worth waking (`cpus.rs`).
//!
//! # Rhythm
//! Asleep while all Ps are idle, and have been since the look before; the first M to take one wakes it (`rouse`). Then a look every `LONG_TICK`, and every
//! `SHORT_TICK` while a poll is suspected, or one of a kind that has been caught lately runs; `LIMITED_TICK` while little is woken. Go looks after 20 µs and then ever
//! less often: it does so to take Ps from system calls, which here say so themselves and cost nothing until a tick has passed.
//!
//! # Limits
//! Each retirement costs an M. Spare ones are parked in advance, so that it is one futex wake; new threads come from a bucket of
//! tokens; those that nobody has needed for the keep-alive time end; and there are never more than so many records (`MAX_SPARE_RECORDS`). What is denied is counted: that M keeps its P.
//!
//! # Proof: sysmon isn't asleep while a P is held
//! It falls asleep under the lock of the idle list, if all slots are idle, having stored ASLEEP. Who takes a slot takes that lock before or
//! after. Before: not all are idle. After: it sees ASLEEP in `acquirep` and wakes it.
//!
//! Model: `sysmon/loom_tests.rs`.
//!
//! Go: runtime/proc.go (sysmon, retake, 6537-6720)

mod classify;
mod cpus;
mod kinds;
mod watch;
mod report;

use crate::proc::idle::{EMPTY_SEAT, Idle};
use crate::proc::{hog, newm, pin, retire, seat, wakep};
use crate::runtime2::schedt::Sched;
use cpus::Cpus;
use gmp_arch::ticks::nanotime;
use gmp_base::loom::unmodelled::Ordering as Unmodelled;
use gmp_base::loom::{AtomicU32, Ordering};
use gmp_base::note::Note;
use std::sync::Arc;
use std::time::Duration;
use watch::Watch;

pub use report::{StallKind, StalledPoll};

/// Between two looks, in nanoseconds, while nothing is suspicious.
const LONG_TICK: u64 = 5_000_000;
/// Between two looks while a poll is suspected.
const SHORT_TICK: u64 = 1_000_000;
/// Between two looks while what comes is left to the Ms that are awake.
const LIMITED_TICK: u64 = 2_000_000;
/// While all Ps are idle but some Ms are still stuck, whose ends are to be told.
const LAZY_TICK: u64 = 50_000_000;

/// There is none, and there is to be none.
const OFF: u32 = 0;
/// It looks, or will soon.
const AWAKE: u32 = 1;
/// No thread yet.
const UNBORN: u32 = 2;
/// All Ps are idle.
const ASLEEP: u32 = 3;
/// The system refused the thread.
const REFUSED: u32 = 4;

/// The monitor's thread, seen from outside.
#[derive(Debug)]
pub(crate) struct Sysmon {
    state: AtomicU32,
    note: Note,
}

impl Sysmon {
    pub(crate) fn new(wanted: bool) -> Self {
        Self { state: AtomicU32::new(if wanted { UNBORN } else { OFF }), note: Note::new() }
    }

    /// Whether nothing has to be done for it.
    #[inline(always)]
    pub(crate) fn is_awake(&self) -> bool {
        // ORDERING: behind the lock of the idle list (see the module's proof).
        !matches!(self.state.load(Ordering::Relaxed), UNBORN | ASLEEP)
    }

    /// Whether Ps are watched.
    pub(crate) fn is_on(&self) -> bool {
        // ORDERING: changes when a thread is refused only: a hint.
        !matches!(self.state.load(Ordering::Relaxed), OFF | REFUSED)
    }

    /// A thread could be made: one that was refused before may be possible now.
    pub(crate) fn retry(&self) {
        // ORDERING: only the word matters.
        let _ = self.state.compare_exchange(REFUSED, UNBORN, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Its thread is about to sleep, if all slots are idle.
    fn may_sleep<T: Copy + PartialEq>(&self, idle: &Idle<T>) -> bool {
        // ORDERING: under the lock that takers of Ps take (see the module's proof).
        idle.if_all_idle(|| self.state.store(ASLEEP, Ordering::Relaxed))
    }

    /// Whether somebody has taken a P since.
    fn is_roused(&self) -> bool {
        // ORDERING: only the word matters.
        self.state.load(Ordering::Relaxed) == AWAKE
    }

    /// Wakes its thread, if that sleeps.
    fn rouse(&self) -> bool {
        // ORDERING: one of several Ms does it; nothing but the word is published.
        let asleep = self.state.compare_exchange(ASLEEP, AWAKE, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if asleep {
            self.note.wakeup();
        }
        asleep
    }

    /// Interrupts its sleep: the runtime ends, or it is short of Ms.
    pub(crate) fn wakeup(&self) {
        self.note.wakeup();
    }
}

/// An M takes a P, and sysmon doesn't look: it is started, or woken.
#[cold]
#[inline(never)]
pub(crate) fn rouse(sched: &Sched) {
    let state = &sched.sysmon.state;
    // ORDERING: as in `Sysmon::rouse`.
    if !sched.sysmon.rouse() && state.compare_exchange(UNBORN, AWAKE, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
        let of_thread = sched.arc();
        let started = newm::start_thread(sched, Some("gmp-sysmon"), move || {
            run(&of_thread);
            newm::leave(of_thread);
        });
        if started.is_err() {
            // ORDERING: a figure for people; the word, as above.
            sched.stats.thread_failures.fetch_add(1, Unmodelled::Relaxed);
            state.store(REFUSED, Ordering::Relaxed);
        }
    }
}

/// The thread.
fn run(sched: &Arc<Sched>) {
    // Whoever started it may be pinned.
    pin::float(sched);
    let mut watch = Watch::new(sched);
    let mut cpus = Cpus::new(sched);
    let mut tick = SHORT_TICK;
    let mut reaped = nanotime();
    let mut turns = 0;
    while !sched.is_closing() {
        // If something has run since the last look, more will come soon: to be woken for it costs the M that runs it.
        let before = std::mem::replace(&mut turns, all_turns(sched));
        if before != turns || !fall_asleep(sched, &mut watch, &mut cpus) {
            let began = nanotime();
            sched.sysmon.note.sleep_timeout(Duration::from_nanos(tick));
            let now = nanotime();
            let overslept = now.saturating_sub(began) > 2 * tick;
            let suspicious = watch.look(sched, now, overslept);
            let limited = cpus.look(sched, watch.stuck(), now);
            tick = match (suspicious, limited) {
                (true, _) => SHORT_TICK,
                (false, true) => LIMITED_TICK,
                (false, false) => LONG_TICK,
            };
            if now.saturating_sub(reaped) > nanos(sched.config.thread_keep_alive) {
                reaped = now;
                newm::dismiss_surplus(sched);
            }
        }
        // ORDERING: a hint; what is pushed into a retired ring meanwhile is found at the next look, or by an M (`tenure`).
        if sched.nretired.load(Unmodelled::Relaxed) != 0 {
            retire::drain_retired(sched);
        }
    }
}

/// How many turns there have been; records that come and go make it another number, too.
fn all_turns(sched: &Sched) -> u64 {
    sched.used_slots().iter().fold(0, |sum, slot| sum.wrapping_add(slot.record().turn()))
}

/// Whether no M is idle and none may be to be had: a thread has been refused.
fn is_short_of_ms(sched: &Sched) -> bool {
    // ORDERING: who counts a refusal wakes us afterwards.
    sched.stats.thread_failures.load(Unmodelled::Relaxed) != 0 && sched.idle.nmidle() == 0
}

/// All Ps are idle, and so many Ms may be stuck that none is left, with the system refusing others: what the idle ones would see to.
fn stand_in(sched: &Arc<Sched>) {
    // ORDERING: a hint: what a stuck M put into its `runnext` while it was being retired, of which nobody was told.
    if sched.nretired.load(Unmodelled::Relaxed) != 0 {
        retire::drain_retired(sched);
    }
    if sched.idle.until() == EMPTY_SEAT {
        seat::look_for_all(sched);
    }
    // A thread that was refused may be possible now.
    if (!sched.runq.is_empty() || hog::may_run(sched)) && sched.idle.should_wake() {
        wakep::wakep(sched);
    }
}

/// Sleeps if all Ps are idle, until one isn't.
fn fall_asleep(sched: &Arc<Sched>, watch: &mut Watch, cpus: &mut Cpus) -> bool {
    if sched.is_closing() || !sched.sysmon.may_sleep(&sched.idle) {
        return false;
    }
    watch.forget();
    cpus.forget(sched);
    loop {
        if watch.any_stuck() || is_short_of_ms(sched) {
            sched.sysmon.note.sleep_timeout(Duration::from_nanos(LAZY_TICK));
            watch.look_at_stuck(sched, nanotime());
            stand_in(sched);
        } else if newm::surplus(sched) > 0 {
            if !sched.sysmon.note.sleep_timeout(sched.config.thread_keep_alive) {
                newm::dismiss_surplus(sched);
            }
        } else {
            sched.sysmon.note.sleep();
        }
        if sched.is_closing() || sched.sysmon.is_roused() {
            return true;
        }
    }
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;

#[cfg(all(test, gmp_shuttle))]
mod shuttle_tests;
