//! The state of all schedulers of the process, printed when one of our own invariants is broken.
//!
//! Go: runtime/proc.go (schedtrace), runtime/panic.go (what throw prints)

use crate::runtime2::schedt::Sched;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use std::io::{self, Write};
use std::sync::{Arc, OnceLock, Weak};

/// A line to stderr. One that can't be written is lost: whoever reports goes on.
pub(crate) fn report(message: std::fmt::Arguments<'_>) {
    // In one write, so that two reports don't mix.
    let _ = io::stderr().write_all(format!("gmp: {message}\n").as_bytes());
}

/// A task's panic, if there is nobody to learn of it. The panic hook has printed the message; what it doesn't know is which task
/// that was.
pub(crate) fn report_unawaited(
    header: &gmp_task::Header,
    panicked: gmp_task::schedule::Panicked<'_>,
    name: Option<&str>,
) {
    if !panicked.has_join_handle {
        let (before, name, after) = if let Some(name) = name { (" \"", name, "\"") } else { ("", "", "") };
        report(format_args!(
            "task {}{before}{name}{after} (spawned at {}) panicked, and nobody will await it",
            header.id(),
            header.spawned_at(),
        ));
    }
}

fn schedulers() -> &'static Lock<Vec<Weak<Sched>>> {
    static SCHEDULERS: OnceLock<Lock<Vec<Weak<Sched>>>> = OnceLock::new();
    SCHEDULERS.get_or_init(|| Lock::new(LockRank::Leaf, Vec::new()))
}

/// Tells `throw!` how to print.
pub(crate) fn register() {
    gmp_base::throw::set_dump(dump_all);
}

/// Adds a scheduler to those that are printed.
pub(crate) fn add(sched: &Arc<Sched>) {
    let mut all = schedulers().lock();
    all.retain(|s| s.strong_count() > 0);
    all.push(Arc::downgrade(sched));
}

/// The scheduler with this number.
pub(crate) fn find(id: u64) -> Option<Arc<Sched>> {
    let mut others = Vec::new();
    let all = schedulers().lock();
    let found = all.iter().find_map(|sched| match sched.upgrade() {
        Some(sched) if sched.id == id => Some(sched),
        // The last reference may be this one, and is not to be dropped under the lock.
        other => {
            others.extend(other);
            None
        }
    });
    drop(all);
    found
}

/// All schedulers of which something is left.
pub fn all() -> Vec<Arc<Sched>> {
    schedulers().lock().iter().filter_map(Weak::upgrade).collect()
}

/// Never waits for a lock: the thrower may hold it.
fn dump_all(out: &mut dyn Write) {
    let Some(all) = schedulers().try_lock() else {
        return;
    };
    for sched in all.iter().filter_map(Weak::upgrade) {
        // Nothing can be done about a stderr that cannot be written to.
        let _ = dump(&sched, out);
        // Its last reference may be this one, and dropping it here would run the drop's own checks.
        std::mem::forget(sched);
    }
}

/// One line for the scheduler and one for each P, in schedtrace's words.
///
/// # Errors
/// Those of `out`.
pub fn dump(sched: &Sched, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "SCHED runtime={} gomaxprocs={} idleprocs={} threads={} spinningthreads={} needspinning={} runqueue={} crowded={} closing={}",
        sched.id,
        sched.procs(),
        sched.idle.npidle(),
        sched.m_count(),
        sched.idle.nmspinning(),
        u8::from(sched.idle.needs_spinning()),
        sched.runq.len(),
        sched.is_crowded(),
        sched.is_closing(),
    )?;
    for pp in sched.records() {
        writeln!(
            out,
            "  P{}: slot={} {:?} schedtick={} runqsize={} runnext={}",
            pp.id,
            pp.slot(),
            pp.tenure,
            pp.stats.polls.get(),
            pp.runq.len(),
            u8::from(pp.runq.has_next()),
        )?;
    }
    Ok(())
}
