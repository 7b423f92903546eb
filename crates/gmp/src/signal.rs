//! Signals that the system sends to the process, for asynchronous code.
//!
//! [`ctrl_c`] waits for the one that most programs know, `unix::signal` listens for any. The first listener for a signal
//! replaces what the system would have done, for the whole process and for good; see [`unix::Signal`].
//!
//! Any number of listeners may wait for the same signal, on any number of runtimes of the process: all of them are told.
//!
//! ```no_run
//! # #[gmp::main]
//! # async fn main() -> std::io::Result<()> {
//! println!("serving until Ctrl-C");
//! gmp::signal::ctrl_c().await?;
//! println!("closing down");
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "signal")]
mod ctrl_c;
mod handler;
mod reader;
pub(crate) mod table;

pub mod unix;

#[cfg(feature = "signal")]
pub use ctrl_c::ctrl_c;

/// Has the current runtime tell of a signal that nobody listens for.
#[cfg(feature = "process")]
pub(crate) fn attend(signal: std::os::raw::c_int) -> std::io::Result<()> {
    reader::ensure(table::enable(signal)?)
}

/// Has all runtimes of the process tell of a signal that nobody listens for.
#[cfg(feature = "process")]
pub(crate) fn attend_everywhere(signal: std::os::raw::c_int) -> std::io::Result<()> {
    reader::ensure_everywhere(table::enable(signal)?);
    Ok(())
}
