//! Listening for any signal, on Unix.

mod kind;

pub use kind::SignalKind;

use super::{reader, table};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::watch;

/// Listens for one kind of signal, until it is dropped.
///
/// # What comes through
/// Signals of the same kind are merged, as the system does: between two times that [`recv`](Self::recv) completes there was at least
/// one signal, maybe several. One that comes after `recv` has completed is never lost: the next call completes.
///
/// Each listener is told of each signal, whichever runtime it is on.
///
/// # The default is gone for good
/// The first listener for a kind of signal installs a handler, **for the whole process and until it ends**. Where the system would have
/// ended the process, as for `SIGINT` and `SIGTERM`, it does nothing from then on but tell the listeners; dropping all of them
/// doesn't bring the old behaviour back. A handler that other code had installed before runs, too.
///
/// # Examples
/// ```
/// use gmp::signal::unix::{SignalKind, signal};
///
/// # #[gmp::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut reload = signal(SignalKind::hangup())?;
/// # std::process::Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status()?;
/// // Somewhere: kill -HUP
/// reload.recv().await;
/// println!("reading the configuration again");
/// # Ok(())
/// # }
/// ```
#[must_use = "a listener does nothing unless polled"]
pub struct Signal {
    kind: SignalKind,
    /// The next one. Kept over calls of `recv` so that their end loses nothing.
    next: Pin<Box<dyn Future<Output = watch::Receiver<()>> + Send + Sync>>,
    /// The runtime that is known to read the pipe.
    served_by: Option<u64>,
}

/// A new listener for a kind of signal.
///
/// It is told of signals that come after this call, merged and together with all other listeners: see [`Signal`], also for what this
/// means for the process.
///
/// # Errors
/// If the signal is one for which there can be no handler (`SIGKILL`, `SIGSTOP`) or none that returns (`SIGILL`, `SIGFPE`, `SIGSEGV`), or
/// isn't a signal; else what the system says.
///
/// # Panics
/// If called outside of a runtime's context.
///
/// # Examples
/// ```
/// use gmp::signal::unix::{SignalKind, signal};
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut terminate = signal(SignalKind::terminate())?;
/// # std::process::Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status()?;
/// terminate.recv().await;
/// assert!(signal(SignalKind::from_raw(9)).is_err(), "nobody can listen for SIGKILL");
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    if gmp_sched::getg::current_runtime().is_none() {
        panic!("{}", crate::runtime::NO_RUNTIME);
    }
    Signal::new(kind)
}

fn next(mut receiver: watch::Receiver<()>) -> Pin<Box<dyn Future<Output = watch::Receiver<()>> + Send + Sync>> {
    Box::pin(async move {
        // Its sender is in the table, which is never dropped.
        let _ = receiver.changed().await;
        receiver
    })
}

impl Signal {
    /// A new listener. Outside of a runtime it hears what others read.
    pub(crate) fn new(kind: SignalKind) -> io::Result<Self> {
        let table = table::enable(kind.as_raw_value())?;
        let next = next(table.listen(kind.as_raw_value()));
        reader::ensure(table)?;
        Ok(Self { kind, next, served_by: gmp_sched::getg::current_runtime() })
    }

    /// Waits for the next signal.
    ///
    /// There is always a next one: this never returns `None`.
    ///
    /// # Cancel safety
    /// This is cancel safe. If the future is dropped before it has completed, no signal is lost.
    ///
    /// # Examples
    /// ```
    /// use gmp::signal::unix::{SignalKind, signal};
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut signals = signal(SignalKind::user_defined1())?;
    /// # std::process::Command::new("kill").args(["-USR1", &std::process::id().to_string()]).status()?;
    /// while let Some(()) = signals.recv().await {
    ///     println!("somebody wants to see the state");
    /// #   break;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv(&mut self) -> Option<()> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Polls for the next signal.
    ///
    /// There is always a next one: this never returns `None`. Only the waker of the last poll is woken.
    ///
    /// # Examples
    /// A future that waits for either of two signals:
    /// ```
    /// use gmp::signal::unix::{Signal, SignalKind, signal};
    /// use std::future::poll_fn;
    /// use std::task::Poll;
    ///
    /// async fn either(one: &mut Signal, other: &mut Signal) {
    ///     poll_fn(|cx| match (one.poll_recv(cx), other.poll_recv(cx)) {
    ///         (Poll::Pending, Poll::Pending) => Poll::Pending,
    ///         _ => Poll::Ready(()),
    ///     })
    ///     .await
    /// }
    ///
    /// # #[gmp::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut one, mut other) = (signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?);
    /// # std::process::Command::new("kill").args(["-USR2", &std::process::id().to_string()]).status()?;
    /// either(&mut one, &mut other).await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        self.see_to_a_reader();
        let receiver = ready!(self.next.as_mut().poll(cx));
        self.next = next(receiver);
        Poll::Ready(Some(()))
    }

    /// The listener may have been made on another runtime than it is polled on, and that one may have ended.
    fn see_to_a_reader(&mut self) {
        let here = gmp_sched::getg::current_runtime();
        if here.is_some() && here != self.served_by {
            // An error is the end of this runtime, or of the descriptors of this process: the readers that there are go on.
            if let Ok(()) = table::table().and_then(reader::ensure) {
                self.served_by = here;
            }
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal").field("kind", &self.kind).finish_non_exhaustive()
    }
}
