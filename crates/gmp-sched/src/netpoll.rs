//! What a G that waits for a descriptor asks of the scheduler: a place in the netpoller.
//!
//! Go: runtime/netpoll.go (poll_runtime_pollServerInit, pollOpen, pollClose)

use crate::proc::seat;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::{Ordering, fence};
use gmp_netpoll::{Interest, Netpoll, PollDesc, Source};
use std::io;
use std::sync::Arc;

/// The netpoller, made if there is none.
///
/// # Errors
/// The system has none left for us.
pub fn init(sched: &Sched) -> io::Result<&Netpoll> {
    if let Some(netpoll) = sched.netpoll.get() {
        return Ok(netpoll);
    }
    let new = Netpoll::new()?;
    let netpoll = sched.netpoll.get_or_init(|| new);
    // ORDERING: the netpoller is there; full fence; the look at `closing`. The end sets `closing`, executes a full fence
    // (`shutdown::begin`), and looks for the netpoller.
    fence(Ordering::SeqCst);
    if sched.is_closing() {
        // The end of the runtime may have found none to shut down. Twice does no harm.
        close(sched);
    }
    Ok(netpoll)
}

/// Registers a source.
///
/// # Errors
/// The system's, or [the runtime's end](gmp_netpoll::is_shutdown_error).
pub fn open<S: Source + ?Sized>(sched: &Sched, source: &mut S, interest: Interest) -> io::Result<Arc<PollDesc>> {
    let netpoll = init(sched)?;
    let (desc, alone) = netpoll.open(source, interest)?;
    // Who waits in the seat on its note, because there was nothing to poll, must come to the netpoller.
    if alone {
        // ORDERING: the seat's protocol (`proc/idle.rs`): the descriptor is counted, `until` is read below.
        fence(Ordering::SeqCst);
        seat::cover(sched, 0);
    }
    Ok(desc)
}

/// Deregisters a source.
///
/// # Errors
/// The system's.
pub fn deregister<S: Source + ?Sized>(sched: &Sched, source: &mut S) -> io::Result<()> {
    match sched.netpoll.get() {
        Some(netpoll) => netpoll.deregister(source),
        None => Ok(()),
    }
}

/// Gives a descriptor back; its owner doesn't use it any more.
pub fn free(sched: &Sched, desc: &PollDesc) {
    if let Some(netpoll) = sched.netpoll.get() {
        netpoll.free(desc);
    }
}

/// The runtime has ended.
pub(crate) fn close(sched: &Sched) {
    if let Some(netpoll) = sched.netpoll.get() {
        netpoll.shut_down(std::task::Waker::wake);
    }
}
