//! [`Table`]: which signals have come, and who listens for them. One for the process.
//!
//! ```text
//! handler:   flag of the signal, then a byte into the pipe
//! a reader:  all bytes out of the pipe, then all flags; tells the listeners of those that were set
//! ```
//!
//! Each runtime with a listener has a [reader](super::reader), and any reader serves the listeners of all. No signal is lost: its
//! flag is set before its byte is written, or before the pipe is found full; somebody takes that byte, or the ones that filled the
//! pipe, out later, and looks at the flags after that.
//!
//! Go: runtime/sigqueue.go (sig, sigsend, signal_recv), os/signal/signal.go (process)

use super::handler;
use std::io::{self, Write};
use std::os::raw::c_int;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// The signals of the process.
pub(crate) struct Table {
    /// By number, from 1.
    signals: Box<[Entry]>,
    /// What the handler writes to.
    sender: UnixStream,
    /// What readers have duplicates of.
    pub(super) receiver: UnixStream,
}

struct Entry {
    came: AtomicBool,
    listeners: watch::Sender<()>,
    /// The outcome of installing the handler, once that has been tried: the error's number, if it has one.
    handler: OnceLock<Result<(), Option<i32>>>,
}

impl Default for Entry {
    fn default() -> Self {
        Self { came: AtomicBool::new(false), listeners: watch::Sender::new(()), handler: OnceLock::new() }
    }
}

/// The highest signal that there is.
fn last_signal() -> usize {
    #[cfg(any(target_os = "linux", target_os = "illumos"))]
    let last = libc::SIGRTMAX() as usize;
    #[cfg(not(any(target_os = "linux", target_os = "illumos")))]
    let last = 33;
    last
}

/// The table, made if there is none yet.
pub(super) fn table() -> io::Result<&'static Table> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    if let Some(table) = TABLE.get() {
        return Ok(table);
    }
    let new = Table::new()?;
    Ok(TABLE.get_or_init(|| new))
}

/// Whether a handler must not be installed, in the system's opinion or because it couldn't be one that returns.
fn is_forbidden(signal: c_int) -> bool {
    signal <= 0 || signal_hook_registry::FORBIDDEN.contains(&signal)
}

/// Has the listeners of a signal told of it from now on, as long as a runtime has a reader.
pub(super) fn enable(signal: c_int) -> io::Result<&'static Table> {
    if is_forbidden(signal) {
        return Err(io::Error::other(format!("Refusing to register signal {signal}")));
    }
    let table = table()?;
    let Some(entry) = table.entry(signal) else { return Err(io::Error::other("signal too large")) };
    let installed = entry.handler.get_or_init(|| handler::install(table, signal).map_err(|error| error.raw_os_error()));
    match installed {
        Ok(()) => Ok(table),
        Err(Some(code)) => Err(io::Error::from_raw_os_error(*code)),
        Err(None) => Err(io::Error::other("registering signal handler failed")),
    }
}

impl Table {
    fn new() -> io::Result<Self> {
        let (receiver, sender) = UnixStream::pair()?;
        receiver.set_nonblocking(true)?;
        sender.set_nonblocking(true)?;
        let signals = std::iter::repeat_with(Entry::default).take(last_signal()).collect();
        Ok(Self { signals, sender, receiver })
    }

    fn entry(&self, signal: c_int) -> Option<&Entry> {
        self.signals.get(usize::try_from(signal).ok()?.checked_sub(1)?)
    }

    /// A signal has come. Runs in its handler.
    pub(super) fn came(&self, signal: c_int) {
        let Some(entry) = self.entry(signal) else { return };
        // ORDERING: released to the reader that takes it; the byte behind it is a system call on both sides.
        entry.came.store(true, Ordering::SeqCst);
        // A full pipe has whoever is to be woken woken already.
        let _ = (&self.sender).write(&[1]);
    }

    /// Tells the listeners of all signals that have come. The caller has just emptied the pipe.
    pub(super) fn tell(&self) {
        for (signal, entry) in (1..).zip(&self.signals) {
            // ORDERING: acquires the handler's store. Two readers may look at the same time: one takes it.
            if entry.came.swap(false, Ordering::SeqCst) {
                entry.listeners.send_replace(());
                if signal == libc::SIGCHLD {
                    #[cfg(feature = "process")]
                    crate::process::orphans::reap();
                }
            }
        }
    }

    /// A listener for a signal that is enabled: for what comes from now on.
    pub(super) fn listen(&self, signal: c_int) -> watch::Receiver<()> {
        match self.entry(signal) {
            Some(entry) => entry.listeners.subscribe(),
            None => gmp_base::throw!("signal {signal} is enabled and not in the table"),
        }
    }
}
