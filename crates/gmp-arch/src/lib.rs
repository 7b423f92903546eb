//! What the machine is: CPU, caches, cores, stacks, clocks, limits.
//!
//! Everything here is a question put to the hardware or the kernel, and nearly all of it is asked
//! once, by the thread that boots a runtime, before anything is pinned:
//!
//! | who | asks |
//! |---|---|
//! | the boot sequence | [`cpuid::host`], [`cpuid::check_build_level`], [`stack`], [`secure`], [`ncpu::count`], [`topology`] |
//! | an M that takes or loses a slot | [`affinity`] |
//! | the system monitor | [`cpuclock`], [`idletime`], [`affinity::set_thread`], [`ticks`] |
//!
//! Rules: nothing here panics on what the machine says, however odd; what can't be found out is
//! `None`, "unknown", or the harmless assumption that the function documents. No state is kept but
//! three caches of facts that cannot change (the CPUID probe, how to read the TSC, the origin of
//! `nanotime`). No policy: how many Ps there are, and whether they are pinned, is decided by the
//! caller.
//!
//! x86-64 Linux is the first class. Whatever isn't portable is a whole file with a twin:
//! [`sys`](self) for the operating system, `cpuid/`, `ticks/` and `affinity/` for the processor;
//! Miri takes the twins. Those files are the only ones in the crate with `unsafe` code.
//!
//! Go: internal/cpu, cpuflags_amd64.go, os_linux.go

#![deny(unsafe_code)]

mod sys;
pub mod features;
pub mod cpuid;
pub mod stack;
pub mod ticks;
pub mod affinity;
pub mod topology;
pub mod ncpu;
pub mod cpuclock;
pub mod idletime;
pub mod secure;

#[cfg(test)]
mod fake_tree;
