//! An async runtime with the scheduler of Go and the API of tokio.
//!
//! A future is a **G**, an OS thread is an **M**, the right to run Gs is a **P**. The program boots the way a Go program
//! boots, and the future of `main` is its first task.
//!
//! ```
//! #[gmp::main]
//! async fn main() {
//!     let handle = gmp::spawn(async { 6 * 7 });
//!     assert_eq!(handle.await.unwrap(), 42);
//! }
//! ```
//!
//! # Coming from tokio
//! Names, signatures, documented behaviour and feature names are tokio's: `tokio = { package = "gmp" }` in a Cargo.toml
//! ports an application's own code. The traits and the runtime-agnostic types (`sync`, the traits and utilities of `io`,
//! `select!`, `join!`, `pin!`, `task_local!`) *are* tokio's, re-exported, so that libraries written for them work.
//!
//! # What is here now
//! Tasks, runtimes of both flavours, `spawn_blocking`, `sync`, `time`, `net`, `io`, `fs`, on Unix `process` and `signal`, the macros. See
//! CHANGELOG.md.
//!
//! # Feature flags
//! | feature | what it adds |
//! |---|---|
//! | `full` (default) | all of the following but `test-util` |
//! | `rt`, `rt-multi-thread` | [`runtime`], [`task`], [`spawn`] |
//! | `macros` | `#[main]`, `#[test]`, `select!`, `join!`, `try_join!`, `pin!` |
//! | `sync` | [`sync`] |
//! | `io-util` | the utilities of [`io`] |
//! | `parking_lot` | parking_lot's locks inside the types of [`sync`] |
//! | `time` | [`time`] |
//! | `test-util` | a clock that can be paused: `time::pause` and its kin, `Builder::start_paused` |
//! | `net` | [`net`] |
//! | `process` | [`process`], on Unix |
//! | `signal` | [`signal`], on Unix |
//! | `fs` | [`fs`] |
//! | `io-std` | `io::stdin`, `io::stdout`, `io::stderr` |

#![deny(unsafe_code)]

// So that `::gmp` in the expansion of our own macros is this crate here too.
extern crate self as gmp;

pub mod io;

#[cfg(feature = "sync")]
pub mod sync;

#[cfg(feature = "rt")]
pub mod runtime;

#[cfg(feature = "rt")]
pub mod task;

/// Tasks. All of it needs the feature `rt`.
#[cfg(not(feature = "rt"))]
pub mod task {}

#[cfg(feature = "time")]
pub mod time;

#[cfg(feature = "net")]
pub mod net;

#[cfg(not(feature = "net"))]
#[path = "net/without_sockets.rs"]
pub mod net;

#[cfg(all(feature = "full", any(doc, doctest)))]
pub mod migrate;

/// Streams are in crates of their own: tokio-stream's adapters work here, but for those that use tokio's timers or sockets, and
/// so does all of futures.
pub mod stream {}

#[cfg(all(unix, feature = "process"))]
pub mod process;

#[cfg(all(unix, feature = "signal"))]
pub mod signal;

// Children need it where the kernel has no descriptors for processes.
#[cfg(all(unix, feature = "process", not(feature = "signal")))]
#[allow(dead_code, unreachable_pub, unnameable_types, reason = "it is for others with the feature `signal` only")]
pub(crate) mod signal;

#[cfg(feature = "fs")]
pub mod fs;

#[cfg(feature = "rt")]
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "rt")]
pub use task::spawn;

#[cfg(all(feature = "macros", feature = "rt-multi-thread"))]
pub use gmp_macros::{main, test};
#[cfg(all(feature = "macros", not(feature = "rt-multi-thread")))]
pub use gmp_macros::{main_rt as main, test_rt as test};

pub use tokio::pin;
#[cfg(feature = "rt")]
pub use tokio::task_local;
#[cfg(feature = "macros")]
pub use tokio::{join, select, try_join};
