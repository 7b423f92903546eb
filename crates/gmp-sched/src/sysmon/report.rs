//! Telling of stalled polls: the hook, and `GMP_DEBUG=stall=1`.
//!
//! Both may block (a log on a full disk, a terminal that nobody reads), so a thread of the blocking pool does it and sysmon goes on.
//!
//! Go: none — Go has no such report

use crate::blocking;
use crate::dump;
use crate::runtime2::schedt::Sched;
use gmp_task::Id;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// One place is reported at most once in so many nanoseconds.
pub(super) const REPORT_EVERY: u64 = 1_000_000_000;
/// So many places are remembered.
const PLACES: usize = 256;

/// What a stalled poll does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StallKind {
    /// It blocks its thread: in a system call, or waiting for a lock.
    Blocked,
    /// It computes, and has for longer than the threshold.
    Busy,
}

impl fmt::Display for StallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StallKind::Blocked => "blocked",
            StallKind::Busy => "busy",
        })
    }
}

/// A poll that kept its thread to itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StalledPoll {
    /// The task; `None` if it is the future that was given to `block_on`.
    pub id: Option<Id>,
    /// Where the task was spawned, or `block_on` called.
    pub spawned_at: &'static Location<'static>,
    /// What it does.
    pub kind: StallKind,
    /// How long the poll has lasted so far, or lasted: a few milliseconds less than the truth.
    pub duration: Duration,
    /// The poll is over.
    pub is_over: bool,
}

impl fmt::Display for StalledPoll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "task {id} (spawned at {})", self.spawned_at)?,
            None => write!(f, "the future of block_on (called at {})", self.spawned_at)?,
        }
        let verb = if self.is_over { "was" } else { "has been" };
        write!(f, " {verb} {} in one poll for {:.1?}", self.kind, self.duration)
    }
}

/// When each place was last reported.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<(&'static Location<'static>, u64)>);

impl Places {
    /// Whether the place is to be reported now.
    pub(super) fn is_due(&mut self, place: &'static Location<'static>, now: u64) -> bool {
        match self.0.iter_mut().find(|(known, _)| *known == place) {
            Some((_, last)) if now.saturating_sub(*last) < REPORT_EVERY => return false,
            Some((_, last)) => *last = now,
            None => {
                if self.0.len() == PLACES {
                    // The one that was reported longest ago goes.
                    let oldest = (0..PLACES).min_by_key(|&i| self.0[i].1).unwrap_or(0);
                    self.0.swap_remove(oldest);
                }
                self.0.push((place, now));
            }
        }
        true
    }
}

/// Tells whoever wants to know.
pub(super) fn report(sched: &Arc<Sched>, stalled: StalledPoll) {
    let hook = sched.config.hooks.on_stalled_poll.clone();
    let print = sched.boot.debug.stall;
    if hook.is_none() && !print {
        return;
    }
    // Nobody awaits it, and a panic of the hook's is reported as any task's.
    drop(blocking::spawn_blocking(sched, move || {
        if print {
            dump::report(format_args!("{stalled}"));
        }
        if let Some(hook) = hook {
            hook(&stalled);
        }
    }));
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
