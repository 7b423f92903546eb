//! The standard streams of the process.
//!
//! Go: os/file.go (Stdin, Stdout, Stderr)

mod output;
mod reader;
mod stdin;
mod stdout;
mod stderr;

pub use stderr::{Stderr, stderr};
pub use stdin::{Stdin, stdin};
pub use stdout::{Stdout, stdout};
