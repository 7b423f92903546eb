//! What the benches share: queues that are safe to use, and one name for what both runtimes can do.
//!
//! * [`items`]: gmp's queues, which take raw pointers, behind types that own what is in them. All unsafe code is there.
//! * [`queues`]: gmp's queues and crossbeam's under one trait each, so that a bench is written once.
//! * [`runtimes`]: gmp and tokio under one trait, likewise.
//! * [`drivers`]: their timers and sockets.
//! * [`random`]: numbers that are the same in each run.
//!
//! It leaves out any measuring: that is the bench files' business, and criterion's.

pub mod items;
pub mod queues;
pub mod runtimes;
pub mod drivers;
pub mod random;
