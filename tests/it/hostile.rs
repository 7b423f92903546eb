//! Sixty hostile cases that a runtime must survive, by their numbers: `case_NN_…`.
//!
//! In `stalls`: 31, 32. In `stall_stress`, and as models: 38, 39. In `chaos` and `chaos/wire`: 45, 47, 52.
//! Elsewhere: 5, 9, 14, 36 and 40 have loom models beside the code; here they run on real threads. 37 (ring indices that
//! wrap) is a unit test of gmp-queue, where the indices can be set. 23 (`panic = "abort"`) and 51 (fork) need a build or a
//! process of their own.

mod task_cell; //  1 to 14: the cell of a task, and wakers
mod panics; //     15 to 22
mod shutdown; //   24 to 30
mod scheduling; // 33 to 40
mod limits; //     41 to 43, 50, 59: what the system refuses
mod blocking; //   15, 20, 27, 32, 43, 48, 49, 59: with tasks that block their threads
mod reentrancy; // 53 to 56
mod io; //         44, 46, 60: descriptors
mod time; //       33, 48, 57, 58: timers and sockets of a runtime that is busy, stopped, or full
