//! [`Reader`]: what takes signals out of the pipe, one for each runtime that has had a listener.
//!
//! It is no task but a waker: the netpoller wakes it when there is something in the pipe, and it reads on the spot, tells the
//! listeners, and waits again. A runtime's end wakes it for the last time.
//!
//! Each runtime needs one of its own, for another's may not be running, or may end: the kernel tells the poller of each of
//! something in the pipe, whichever reader is the first then serves all (see [`Table`]), and the others find nothing.
//!
//! Go: os/signal/signal_unix.go (loop)

use super::table::Table;
use crate::io::poll_evented::PollEvented;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_sched::Sched;
use mio::net::UnixStream;
use std::io::{self, Read};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};
use tokio::io::Interest;

/// The runtimes that have a reader, by their numbers.
static READERS: LazyLock<Lock<Vec<u64>>> = LazyLock::new(|| Lock::new(LockRank::Leaf, Vec::new()));

/// Reads the pipe for one runtime, which owns it: it belongs to the waker that is in the netpoller, so nobody else.
struct Reader {
    table: &'static Table,
    runtime: u64,
    pipe: PollEvented<UnixStream>,
}

/// Sees that the current runtime has a reader. Does nothing outside of a runtime.
///
/// # Errors
/// What the system says; the end of the runtime.
pub(super) fn ensure(table: &'static Table) -> io::Result<()> {
    match gmp_sched::getg::current_runtime() {
        Some(runtime) if !READERS.lock().contains(&runtime) => match gmp_sched::current() {
            Some(sched) => ensure_on(table, sched),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Sees that each runtime of the process has a reader, if it can have one.
#[cfg(feature = "process")]
pub(super) fn ensure_everywhere(table: &'static Table) {
    for sched in gmp_sched::dump::all() {
        // One that ends has none, and one that has no descriptors left can't help it.
        let _ = ensure_on(table, sched);
    }
}

fn ensure_on(table: &'static Table, sched: Arc<Sched>) -> io::Result<()> {
    let runtime = sched.id;
    if READERS.lock().contains(&runtime) {
        return Ok(());
    }
    if sched.is_closing() {
        return Err(gmp_netpoll::shutdown_error());
    }
    // A descriptor of its own: the same one can't be in two pollers of this kind, and closing it is the reader's business.
    let pipe = UnixStream::from_std(table.receiver.try_clone()?);
    let pipe = PollEvented::on(sched, pipe, Interest::READABLE)?;
    let reader = Arc::new(Reader { table, runtime, pipe });
    let mut readers = READERS.lock();
    if readers.contains(&runtime) {
        // Another thread was quicker. Ours is dropped behind the lock.
        drop(readers);
        return Ok(());
    }
    readers.push(runtime);
    drop(readers);
    reader.serve();
    Ok(())
}

impl Reader {
    /// Takes out what is there, and has the netpoller wake this when there is more.
    fn serve(self: Arc<Self>) {
        let waker = Waker::from(self.clone());
        let cx = Context::from_waker(&waker);
        loop {
            match self.pipe.registration().poll_read_ready_unbudgeted(&cx) {
                Poll::Pending => return,
                Poll::Ready(Ok(event)) => {
                    self.drain();
                    self.pipe.registration().clear_readiness(event);
                    self.table.tell();
                }
                // The runtime has ended, and nothing holds this any more once it returns.
                Poll::Ready(Err(_)) => return READERS.lock().retain(|&runtime| runtime != self.runtime),
            }
        }
    }

    fn drain(&self) {
        let mut bytes = [0; 128];
        loop {
            match (&*self.pipe).read(&mut bytes) {
                Ok(0) => panic!("the signal pipe has ended: somebody has closed a descriptor that isn't theirs"),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => panic!("the signal pipe can't be read: {error}"),
            }
        }
    }
}

impl Wake for Reader {
    fn wake(self: Arc<Self>) {
        self.serve();
    }
}
