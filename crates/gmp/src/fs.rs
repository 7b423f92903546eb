//! Files and directories.
//!
//! The functions are those of [`std::fs`] and do what these do, errors included; [`File`] is read and written with tokio's traits.
//! What they cost depends on the runtime:
//! * On a `multi_thread` runtime the system call is made at once, by the thread that polls. What the system has in memory costs no
//!   more than the call itself; if a call takes long, another thread takes over what else there is to do.
//! * On a `current_thread` runtime, where no other thread could, it is made by a thread of the pool behind
//!   [`spawn_blocking`](crate::task::spawn_blocking).
//!
//! ```
//! use gmp::fs;
//!
//! # #[gmp::main]
//! # async fn main() -> std::io::Result<()> {
//! let contents = fs::read_to_string("Cargo.toml").await?;
//! assert_eq!(fs::metadata("Cargo.toml").await?.len(), contents.len() as u64);
//! # Ok(())
//! # }
//! ```
//!
//! # What isn't a file
//! A pipe or a device may let a read wait for ever. On a `multi_thread` runtime that holds a thread, and the runtime's end waits for
//! it; so for pipes there is `net::unix::pipe`, for terminals and the like `io::unix::AsyncFd`, and for the process's own input
//! `io::stdin`.
//!
//! # Panics
//! Outside of a runtime's context.
//!
//! # Cancel safety
//! A call that has begun goes on to its end although its future is dropped. One that hasn't been polled does nothing.
//!
//! Go: package os

mod call;
mod file_times;
mod file;
mod open_options;
mod contents;
mod directories;
mod dir_builder;
mod read_dir;
mod names;
mod properties;

pub use contents::{copy, read, read_to_string, write};
pub use dir_builder::DirBuilder;
pub use directories::{create_dir, create_dir_all, remove_dir, remove_dir_all};
pub use file::File;
pub use file_times::FileTimes;
pub use names::{canonicalize, hard_link, read_link, remove_file, rename, symlink};
pub use open_options::OpenOptions;
pub use properties::{metadata, set_permissions, symlink_metadata, try_exists};
pub use read_dir::{DirEntry, ReadDir, read_dir};
