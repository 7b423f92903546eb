//! The thread that reads standard input, and what it has read.
//!
//! A read of standard input may never end, and no runtime can wait for that. So it isn't the pool's: the first who asks starts a
//! thread that belongs to nobody and ends with the process. It reads when it is asked to and no more than it is asked for, so that
//! other processes that share the input, and the standard library's handles, find the rest. What it has read when nobody waits any more
//! is there for the next one, whichever handle that has.
//!
//! Go: none — an M that is stuck in a read is left behind by the end of main

use crate::io::ReadBuf;
use crate::io::blocking::buf::{Buf, DEFAULT_MAX_BUF_SIZE};
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// The process's.
static READER: Reader = Reader { state: Mutex::new(State::new()), asked: Condvar::new() };

struct Reader {
    state: Mutex<State>,
    /// The thread waits here.
    asked: Condvar,
}

struct State {
    started: bool,
    /// How many bytes are wanted; 0 if nobody asks.
    wanted: usize,
    /// The thread reads.
    reading: bool,
    found: Buf,
    /// How many reads have ended.
    reads: u64,
    /// How the last read ended, if it has brought no bytes.
    end: Option<End>,
    waiting: Vec<(u64, Waker)>,
    handles: u64,
}

/// The end of the input, or an error.
#[derive(Clone, Copy)]
struct End {
    /// Which read it was.
    read: u64,
    /// Whether somebody has been told.
    told: bool,
    why: Why,
}

#[derive(Clone, Copy)]
enum Why {
    End,
    System(i32),
    Other(io::ErrorKind),
}

/// What a handle remembers.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Its number, once it has waited.
    id: Option<u64>,
    /// How many reads had ended when it asked.
    since: Option<u64>,
}

impl State {
    const fn new() -> Self {
        Self {
            started: false,
            wanted: 0,
            reading: false,
            found: Buf::new(),
            reads: 0,
            end: None,
            waiting: Vec::new(),
            handles: 0,
        }
    }

    /// What there is for a handle.
    fn take(&mut self, place: &mut Place, dst: &mut ReadBuf<'_>) -> Option<io::Result<()>> {
        if !self.found.is_empty() {
            self.found.copy_to(dst);
            place.since = None;
            return Some(Ok(()));
        }
        let end = self.end.as_mut()?;
        // An end is for all who waited for that read; if none of them is left, for who comes next.
        if end.told && place.since.is_none_or(|since| since >= end.read) {
            return None;
        }
        end.told = true;
        place.since = None;
        Some(match end.why {
            Why::End => Ok(()),
            Why::System(code) => Err(io::Error::from_raw_os_error(code)),
            Why::Other(kind) => Err(kind.into()),
        })
    }
}

fn state() -> MutexGuard<'static, State> {
    // Nothing in here panics half-way.
    READER.state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes what has been read, or asks for it: then the waker of `waker` is woken when there is something. `None`: wait.
pub(super) fn read(place: &mut Place, dst: &mut ReadBuf<'_>, waker: &Waker) -> Option<io::Result<()>> {
    if let Some(result) = state().take(place, dst) {
        return Some(result);
    }
    // A waker's functions are user code: none of them is called under the lock.
    let mut waker = Some(waker.clone());
    let mut state = state();
    if let Some(result) = state.take(place, dst) {
        drop(state);
        return Some(result);
    }
    let id = *place.id.get_or_insert_with(|| {
        state.handles += 1;
        state.handles
    });
    place.since.get_or_insert(state.reads);
    match state.waiting.iter_mut().find(|(waiter, _)| *waiter == id) {
        Some((_, before)) => waker = waker.map(|waker| mem::replace(before, waker)),
        None => state.waiting.extend(waker.take().map(|waker| (id, waker))),
    }
    let mut result = None;
    if !state.reading && state.wanted == 0 {
        if !state.started {
            match start() {
                Ok(()) => state.started = true,
                Err(error) => result = Some(Err(error)),
            }
        }
        if state.started {
            state.wanted = dst.remaining().min(DEFAULT_MAX_BUF_SIZE);
            READER.asked.notify_one();
        }
    }
    drop(state);
    // The one from before.
    drop(waker);
    result
}

/// A handle goes.
pub(super) fn leave(place: &Place) {
    let Some(id) = place.id else { return };
    let mut state = state();
    let found = state.waiting.iter().position(|(waiter, _)| *waiter == id);
    let waker = found.map(|i| state.waiting.swap_remove(i));
    drop(state);
    drop(waker);
}

fn start() -> io::Result<()> {
    // An M may be pinned, and a thread inherits that.
    let cpus = gmp_sched::current().and_then(|sched| sched.boot.cpus.clone());
    let thread = std::thread::Builder::new().name("gmp-stdin".to_owned());
    thread.spawn(move || {
        if let Some(cpus) = cpus {
            // Where it may not, it reads where it is.
            let _ = gmp_arch::affinity::set_current(&cpus);
        }
        run();
    })?;
    Ok(())
}

fn run() -> ! {
    let mut buf = Buf::default();
    loop {
        let mut guard = state();
        while guard.wanted == 0 {
            guard = READER.asked.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        let wanted = mem::take(&mut guard.wanted);
        guard.reading = true;
        drop(guard);

        let result = buf.read_from(&mut io::stdin(), wanted);

        let mut guard = state();
        guard.reading = false;
        guard.reads += 1;
        let why = match result {
            Ok(0) => Some(Why::End),
            Ok(_) => None,
            Err(error) => Some(error.raw_os_error().map_or(Why::Other(error.kind()), Why::System)),
        };
        guard.end = why.map(|why| End { read: guard.reads, told: false, why });
        // What was found before has been taken: nobody asks otherwise.
        mem::swap(&mut guard.found, &mut buf);
        let waiting = mem::take(&mut guard.waiting);
        drop(guard);
        for (_, waker) in waiting {
            // One that panics must not end the thread.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}
