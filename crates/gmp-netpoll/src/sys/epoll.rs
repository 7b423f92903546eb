//! Linux: mio registers, we wait. mio's wait rounds up to milliseconds and wants to be alone; the system call is precise to the
//! nanosecond and may be made by any number of threads at a time.
//!
//! Relied on here, and pinned by a test: mio's selector is an epoll descriptor, and a token is the event's 64 bits of data.
//!
//! Go: runtime/netpoll_epoll.go (netpoll, 95-190)

use crate::netpoll::Event;
use crate::ready::Ready;
use gmp_base::loom::unmodelled::{AtomicBool, Ordering};
use mio::{Poll, Registry, Token};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Most events a call (Go: 128).
const MOST: usize = 256;

#[derive(Debug)]
pub(crate) struct Selector {
    poll: Poll,
    /// The kernel has no `epoll_pwait2`, or the container forbids it.
    old_wait: AtomicBool,
}

impl Selector {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { poll: Poll::new()?, old_wait: AtomicBool::new(false) })
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    pub(crate) fn wait(&self, delay: Option<Duration>, max: usize, mut f: impl FnMut(Event)) -> io::Result<()> {
        let mut events = [const { MaybeUninit::<libc::epoll_event>::uninit() }; MOST];
        let max = max.clamp(1, MOST);
        let count = match self.epoll_wait(&mut events[..max], delay) {
            Ok(count) => count,
            // A signal, perhaps a debugger's: the caller looks at the clock and comes again.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        for event in &events[..count] {
            // SAFETY: the kernel has written the first `count`.
            let event = unsafe { event.assume_init() };
            f((Token(event.u64 as usize), ready(event.events)));
        }
        Ok(())
    }

    fn epoll_wait(&self, events: &mut [MaybeUninit<libc::epoll_event>], delay: Option<Duration>) -> io::Result<usize> {
        let (epfd, len) = (self.poll.as_raw_fd(), events.len() as libc::c_int);
        // ORDERING: only the flag matters.
        if delay.is_some_and(|d| !d.is_zero()) && !self.old_wait.load(Ordering::Relaxed) {
            let timeout = delay.map(|d| libc::timespec {
                tv_sec: libc::time_t::try_from(d.as_secs()).unwrap_or(libc::time_t::MAX),
                tv_nsec: d.subsec_nanos().into(),
            });
            let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
            let no_mask = std::ptr::null::<libc::sigset_t>();
            // SAFETY: the events are ours to write and `len` long; the timeout is null or a local that outlives the call; a
            // null mask changes none, whatever size is said.
            let count = unsafe {
                libc::syscall(libc::SYS_epoll_pwait2, epfd, events.as_mut_ptr(), len, timeout, no_mask, 0_usize)
            };
            match usize::try_from(count) {
                Ok(count) => return Ok(count),
                Err(_) => match io::Error::last_os_error() {
                    error if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => {
                        // ORDERING: as above.
                        self.old_wait.store(true, Ordering::Relaxed);
                    }
                    error => return Err(error),
                },
            }
        }
        let millis = match delay {
            None => -1,
            // Up: never before the time.
            Some(d) => libc::c_int::try_from(d.as_nanos().div_ceil(1_000_000)).unwrap_or(libc::c_int::MAX),
        };
        // SAFETY: as above.
        let count = unsafe { libc::epoll_wait(epfd, events.as_mut_ptr().cast(), len, millis) };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }
}

/// What epoll's bits mean; as mio reads them.
#[inline]
fn ready(bits: u32) -> Ready {
    const IN: u32 = libc::EPOLLIN as u32;
    const OUT: u32 = libc::EPOLLOUT as u32;
    match bits {
        IN => Ready::READABLE,
        OUT => Ready::WRITABLE,
        bits if bits == IN | OUT => Ready::READABLE | Ready::WRITABLE,
        _ => ready_of_any(bits),
    }
}

fn ready_of_any(bits: u32) -> Ready {
    let has = |flag: libc::c_int| bits & flag as u32 != 0;
    let mut ready = Ready::EMPTY;
    let mut add = |condition, what| {
        if condition {
            ready = ready | what;
        }
    };
    add(has(libc::EPOLLIN | libc::EPOLLPRI), Ready::READABLE);
    add(has(libc::EPOLLOUT), Ready::WRITABLE);
    add(has(libc::EPOLLHUP) || (has(libc::EPOLLIN) && has(libc::EPOLLRDHUP)), Ready::READ_CLOSED);
    let only_error = bits == libc::EPOLLERR as u32;
    add(has(libc::EPOLLHUP) || (has(libc::EPOLLOUT) && has(libc::EPOLLERR)) || only_error, Ready::WRITE_CLOSED);
    add(has(libc::EPOLLPRI), Ready::PRIORITY);
    add(has(libc::EPOLLERR), Ready::ERROR);
    ready
}
