//! M, P and the scheduler: what `gmp`, the facade, stands on.
//!
//! | file | Go |
//! |---|---|
//! | [`rt0`] | `rt0_go`, `check`, `args`, `osinit`, `schedinit` |
//! | [`main_g`] | `runtime.main` |
//! | [`runtime2`] | types `m`, `p`, `schedt` |
//! | [`getg`] | `getg()`, TLS |
//! | [`proc`](mod@proc) | `proc.go`: start with the essay there |
//! | [`shutdown`] | — |
//! | [`blocking`] | — |
//! | [`local`], [`local_runtime`] | — |
//! | [`observe`] | `trace.go`, as far as it tells of goroutines |
//! | [`timer`] | `time.go`: what a sleeping G asks for |
//! | [`sysmon`] | `proc.go` (`sysmon`, `retake`) |
//! | [`netpoll`] | `netpoll.go`: what a G that waits for a descriptor asks for |
//!
//! Internal to gmp: no semver promise. Words here are Go's; the facade's are tokio's.
//!
//! Go: runtime/proc.go, runtime/runtime2.go, runtime/asm_amd64.s

pub mod budget;
pub mod observe;
pub mod runtime2;
pub mod getg;
pub mod blocking;
pub mod shutdown;
pub mod sysmon;
pub mod proc;
pub mod rt0;
pub mod main_g;
pub mod local;
pub mod local_runtime;
pub mod timer;
pub mod netpoll;
pub mod dump;
pub mod metrics;

pub use getg::{EnterGuard, can_hand_off, current, current_task_id, enter, is_driving, is_preempted, start_driving};
pub use observe::TaskMeta;
pub use proc::syscall::{may_block_in_place, section, section_out_of_runtime};
pub use rt0::record::BootRecord;
pub use runtime2::config::{Config, Flavor, Pin, UnhandledPanic};
pub use runtime2::schedt::Sched;
pub use sysmon::{StallKind, StalledPoll};
