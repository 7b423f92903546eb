//! [`ctrl_c`].
//!
//! Go: os/signal/signal.go (Notify with os.Interrupt)

use super::unix::{SignalKind, signal};
use std::io;

/// Completes when the process is asked to stop from the keyboard: Ctrl-C, `SIGINT` on Unix.
///
/// Listening begins with the first poll of the future, and only a signal that comes after that completes it.
///
/// From then on Ctrl-C doesn't end the process any more, not even when the future has been dropped: see
/// [`Signal`](super::unix::Signal).
///
/// # Errors
/// What the system says when the handler is installed.
///
/// # Panics
/// If polled outside of a runtime's context.
///
/// # Cancel safety
/// This is cancel safe, but each call listens anew: a signal that comes between two calls isn't seen by the second. To miss none,
/// keep a [`Signal`](super::unix::Signal).
///
/// # Examples
/// Work until Ctrl-C:
/// ```
/// use gmp::time::{Duration, interval};
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut tick = interval(Duration::from_millis(10));
/// let mut ticks = 0;
/// let mut stop = std::pin::pin!(gmp::signal::ctrl_c());
/// loop {
///     gmp::select! {
///         result = &mut stop => break result?,
///         _ = tick.tick() => {
///             ticks += 1;
/// #           if ticks == 3 {
/// #               std::process::Command::new("kill").args(["-INT", &std::process::id().to_string()]).status()?;
/// #           }
///         }
///     }
/// }
/// println!("stopped after {ticks} ticks");
/// # Ok(())
/// # }
/// ```
pub async fn ctrl_c() -> io::Result<()> {
    signal(SignalKind::interrupt())?.recv().await;
    Ok(())
}
