//! [`Netpoll`]: the selector of a runtime.
//!
//! Go: runtime/netpoll.go (netpollinit, netpollopen, netpollclose, netpollBreak, netpoll)

use crate::poll_cache::{self, PollCache};
use crate::poll_desc::PollDesc;
use crate::ready::Ready;
use crate::sys::Selector;
use gmp_base::loom::unmodelled::{AtomicU64, AtomicUsize, Ordering};
use mio::event::Source;
use mio::{Interest, Token};
use std::io;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

/// The selector, and all descriptors.
#[derive(Debug)]
pub struct Netpoll {
    selector: Selector,
    breaker: mio::Waker,
    cache: PollCache,
    /// Descriptors that are open.
    open: AtomicUsize,
    /// Figures for people.
    pub stats: Stats,
}

/// What has been counted.
#[derive(Debug, Default)]
pub struct Stats {
    /// Descriptors registered so far.
    pub registered: AtomicU64,
    /// Descriptors deregistered so far.
    pub deregistered: AtomicU64,
    /// Events so far.
    pub ready: AtomicU64,
}

/// What came of a poll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Polled {
    /// Events of descriptors.
    pub events: usize,
    /// It was broken off by [`Netpoll::netpoll_break`], or has seen a break that was meant for another thread.
    pub broken: bool,
}

/// What the kernel said of a token.
pub(crate) type Event = (Token, Ready);

impl Netpoll {
    /// Go: netpollinit.
    ///
    /// # Errors
    /// The system has no selector left for us.
    pub fn new() -> io::Result<Self> {
        let selector = Selector::new()?;
        let breaker = mio::Waker::new(selector.registry(), poll_cache::BREAK)?;
        Ok(Self { selector, breaker, cache: PollCache::new(), open: AtomicUsize::new(0), stats: Stats::default() })
    }

    /// Registers a source; says too whether it is the only one. Go: netpollopen.
    ///
    /// # Errors
    /// The kernel can't watch it, or [the runtime ends](is_shutdown_error).
    pub fn open<S: Source + ?Sized>(&self, source: &mut S, interest: Interest) -> io::Result<(Arc<PollDesc>, bool)> {
        let desc = self.cache.alloc().ok_or_else(shutdown_error)?;
        if let Err(error) = self.selector.registry().register(source, poll_cache::token(&desc), interest) {
            self.cache.free(&desc);
            return Err(error);
        }
        // ORDERING: the one that makes it more than none tells who sleeps without polling (`gmp_sched::netpoll::open`), behind a
        // fence of its own. The rest are figures.
        let alone = self.open.fetch_add(1, Ordering::Relaxed) == 0;
        self.stats.registered.fetch_add(1, Ordering::Relaxed);
        Ok((desc, alone))
    }

    /// Takes a source out of the kernel's set. Go: netpollclose.
    ///
    /// # Errors
    /// The kernel's.
    pub fn deregister<S: Source + ?Sized>(&self, source: &mut S) -> io::Result<()> {
        self.selector.registry().deregister(source)
    }

    /// Gives a descriptor back: the last use that its owner makes of it. Go: pollCache.free.
    pub fn free(&self, desc: &PollDesc) {
        self.cache.free(desc);
        // ORDERING: a hint from here on; and a figure.
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.stats.deregistered.fetch_add(1, Ordering::Relaxed);
    }

    /// How many descriptors are open.
    #[inline]
    pub fn open_count(&self) -> usize {
        // ORDERING: as in `open`.
        self.open.load(Ordering::Relaxed)
    }

    /// Waits until something is ready, `delay` is over (`None`: never) or it is broken off; takes at most `max` events and
    /// passes who waited for them to `wake`.
    ///
    /// # Errors
    /// None that a caller could do something about; EINTR is an empty result.
    pub fn netpoll(&self, delay: Option<Duration>, max: usize, mut wake: impl FnMut(Waker)) -> io::Result<Polled> {
        let mut polled = Polled::default();
        self.selector.wait(delay, max, |(token, ready)| {
            if token == poll_cache::BREAK {
                polled.broken = true;
            } else {
                polled.events += 1;
                if let Some((desc, generation)) = self.cache.find(token) {
                    desc.set_ready(generation, ready, &mut wake);
                }
            }
        })?;
        if polled.events > 0 {
            // ORDERING: a figure for people.
            self.stats.ready.fetch_add(polled.events as u64, Ordering::Relaxed);
        }
        Ok(polled)
    }

    /// Breaks off a poll that waits, or the next one.
    pub fn netpoll_break(&self) {
        if let Err(error) = self.breaker.wake() {
            gmp_base::throw!("netpollBreak: {error}");
        }
    }

    /// The runtime ends: nothing is opened any more, and nobody waits.
    pub fn shut_down(&self, mut wake: impl FnMut(Waker)) {
        for desc in self.cache.close() {
            desc.shut_down(&mut wake);
        }
    }
}

const SHUTDOWN_TEXT: &str = "A Tokio 1.x context was found, but it is being shutdown.";

/// What operations on descriptors return once their runtime has ended, in tokio's words.
#[cold]
pub fn shutdown_error() -> io::Error {
    io::Error::other(RuntimeShutdown)
}

/// Whether an error is that one.
pub fn is_shutdown_error(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<RuntimeShutdown>())
}

struct RuntimeShutdown;

/// As tokio's, which is a string: it stands in the debug output of the error.
impl std::fmt::Debug for RuntimeShutdown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{SHUTDOWN_TEXT:?}")
    }
}

impl std::fmt::Display for RuntimeShutdown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(SHUTDOWN_TEXT)
    }
}

impl std::error::Error for RuntimeShutdown {}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
