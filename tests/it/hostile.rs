//! Sixty hostile cases that a runtime must survive, by their numbers: `case_NN_…`.
//!
//! Left out as long as the API for them is missing: timers, sockets and sysmon (31, 32, 38, 39, 44 to 49, 52, 57, 58, 60).
//! Elsewhere: 5, 9, 14, 36 and 40 have loom models beside the code; here they run on real threads. 37 (ring indices that
//! wrap) is a unit test of gmp-queue, where the indices can be set. 23 (`panic = "abort"`) and 51 (fork) need a build or a
//! process of their own.

mod task_cell; //  1 to 14: the cell of a task, and wakers
mod panics; //     15 to 22
mod shutdown; //   24 to 30
mod scheduling; // 33 to 40
mod limits; //     41 to 43, 50, 59: what the system refuses
mod reentrancy; // 53 to 56
mod io; //         44, 46, 60: descriptors
