//! The scheduler: it distributes ready Gs over Ms.
//!
//! * **G** — a task (`gmp-task`). * **M** — an OS thread. * **P** — the right to run Gs, and what that takes: a run
//!   queue, free cells, random numbers. An M must hold a P to run Gs from queues; it can be without one while it sleeps,
//!   while it is stuck in a poll and sysmon has taken the P (`retire.rs`), or while it is locked to a G and all Ps are busy.
//!
//! # Parking and unparking of Ms
//! Enough Ms should run to use the Ps, and no more: a wake-up costs more than most tasks. The state is distributed (a
//! queue on each P), so nobody can compute the right number. As in Go:
//! * An M that finds its own and the global queue empty *spins*: it looks into the others' queues before it sleeps. At
//!   most half of the busy Ps' Ms spin, beyond that looking costs more than it finds.
//! * Whoever queues a G wakes one M if there is an idle P and nobody spins: the spinner will find the G.
//! * A spinner that finds a G stops spinning, and if it was the last and there is more, wakes another one: so Ms come up one
//!   after the other while there is work for them, and no burst of wake-ups is needed. (Go wakes another one whether
//!   there is more or not: with two Ms and wakes from outside that was two futex calls a wake for nothing.)
//! * Unlike Go, a G that goes into an empty `runnext` wakes nobody: it runs as soon as the current turn is over, and
//!   waking a thief for it costs far more than it gains (measured: spawning and awaiting one at a time took twice as
//!   long). Thieves take it last, after a pause.
//!
//! # Delicate dance
//! Submitting is: put the G into a queue; full fence; is there an idle P and no spinner? Then wake an M.
//! Going to sleep is: put the P among the idle ones, stop spinning; full fence; look into all queues again.
//!
//! Both are a store, a fence, a load of what the other stored. Of two sequentially consistent fences one is first. If the
//! submitter's is, the sleeper's second look finds the G. If the sleeper's is, the submitter sees the idle P, and no
//! spinner, or a spinner that has yet to go through its own fence, about which the same is true. So never is a G queued
//! while all Ms go to sleep. It doesn't matter whether the sleeper was spinning: each one looks again. And the last spinner to find a
//! G goes the same way: stop spinning; full fence; look into all queues, and at the seat.
//!
//! Three more make a P idle or join the idle Ms, and go the same way: who hands a P off with nothing to run (`handoffp`), who
//! finds nobody to run a slot (`strand`), and an M without a P. A claim that comes to nothing (`Idle::unclaim`) is given, under
//! the lock, to an M that has joined meanwhile, for a submitter may have relied on it.
//!
//! What remains is a P that becomes idle *after* a submitter saw none and whose M had looked into the queues *before*
//! the G was there. That M looks again too, for it can't become idle without the fence. Go's `needspinning` is then not
//! what makes this safe, but it spares the detour: a spinner that found work and no idle P to wake another M for sets
//! it, and the next M about to give up its P looks on instead.
//!
//! The protocol's home is `idle.rs`; its model is in `idle/loom_tests.rs`.
//!
//! # What was tried and rejected
//! See ARCHITECTURE.md.
//!
//! Go: runtime/proc.go:25-115

pub mod idle;
pub mod pin;
pub mod acquirep;
pub mod newm;
pub mod template;
pub mod wakep;
pub mod ready;
pub mod newproc;
pub mod steal;
pub(crate) mod closing;
pub mod retire;
pub mod seat;
pub mod procresize;
pub(crate) mod pace;
pub mod park;
pub mod find_runnable;
pub mod hog;
pub mod execute;
pub mod syscall;
pub mod schedule;
pub mod needm;
pub(crate) mod linger;
pub mod lockedm;
#[cfg(all(test, gmp_loom))]
mod testing;
